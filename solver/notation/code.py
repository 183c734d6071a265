"""A formula of ours as a Python function, for rules that are computed many times.

The function is put together from Python's own syntax nodes, never from text, and only formulas written by authors come
here; answers of students are evaluated by walking their tree. What it computes is what `evaluation.evaluate` computes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, TypeAlias

from solver.notation.evaluation import FUNCTIONS, compiled, divided, linked, power
from solver.notation.tree import Add, Call, Div, Formula, Mul, Name, Neg, Number, Pow, Relation

Function: TypeAlias = Callable[[Mapping[str, Any]], Any]

_GLOBALS: Final[dict[str, Any]] = {
    "__builtins__": {},
    "Fraction": Fraction,
    "divided": divided,
    "linked": linked,
    "power": power,
    **{f"f_{name}": function for name, function in FUNCTIONS.items()},
}


class _NotCode(Exception):
    """A node that has no expression of its own in Python."""


def function(formula: Formula) -> Function:
    """The formula as a function of a mapping from its names to values.

    >>> from solver.notation.reading import formula
    >>> function(formula("floor((n + 2*p - d*(k - 1) - 1)/s) + 1"))({"n": 13, "p": 0, "d": 1, "k": 4, "s": 1})
    10
    """
    try:
        body = _expression(formula)
    except _NotCode:
        return compiled(formula)
    values = ast.arguments(posonlyargs=[], args=[ast.arg("values")], kwonlyargs=[], kw_defaults=[], defaults=[])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(values, body)))
    made: Function = eval(compile(tree, "<formula>", "eval"), dict(_GLOBALS))
    return made


def _expression(formula: Formula) -> ast.expr:
    match formula:
        case Number(int() as value, _):
            return ast.Constant(value)
        case Number(value, _):
            return _call("Fraction", ast.Constant(value.numerator), ast.Constant(value.denominator))
        case Name(text) if text not in ("pi", "e", "infinity"):
            return ast.Subscript(_name("values"), ast.Constant(text), ast.Load())
        case Neg(body):
            return ast.UnaryOp(ast.USub(), _expression(body))
        case Add(terms):
            return _added(terms)
        case Mul(factors):
            product = _expression(factors[0])
            for factor in factors[1:]:
                product = ast.BinOp(product, ast.Mult(), _expression(factor))
            return product
        case Div(top, bottom):
            return _call("divided", _expression(top), _expression(bottom))
        case Pow(base, exponent):
            return _call("power", _expression(base), _expression(exponent))
        case Call("floor", (Div(top, bottom),)):
            return ast.BinOp(_expression(top), ast.FloorDiv(), _expression(bottom))
        case Call("ceil", (Div(top, bottom),)):
            down = ast.BinOp(ast.UnaryOp(ast.USub(), _expression(top)), ast.FloorDiv(), _expression(bottom))
            return ast.UnaryOp(ast.USub(), down)
        case Call(name, arguments) if name in FUNCTIONS:
            return _call(f"f_{name}", *map(_expression, arguments))
        case Relation((left, right), (operator,)):
            return _call("linked", _expression(left), ast.Constant(operator), _expression(right))
        case _:
            raise _NotCode


def _added(terms: tuple[Formula, ...]) -> ast.expr:
    total = _expression(terms[0])
    for term in terms[1:]:
        if isinstance(term, Neg):
            total = ast.BinOp(total, ast.Sub(), _expression(term.body))
        else:
            total = ast.BinOp(total, ast.Add(), _expression(term))
    return total


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_name(name), list(arguments), [])
