"""Between the formula tree and SymPy, by objects alone: SymPy never sees a text.

What comes back from SymPy is put into one fixed order: in a product numbers, then sizes and other symbols, brackets,
functions, Var, Cov, E; in a sum high degrees first and numbers last, but a positive term before all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, Final, TypeAlias

import sympy
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.integers import RoundFunction

from solver.notation.naming import canonical
from solver.notation.printing import ascii_text
from solver.notation.tree import (
    Add,
    Call,
    Comparison,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Partial,
    Pow,
    Relation,
    number,
    product_of,
)
from solver.symbols import Cov, D, E, Var, indicator, size_symbol

Expr: TypeAlias = Any

_FUNCTIONS: Final[Mapping[str, Callable[..., Expr]]] = {
    "floor": sympy.floor,
    "ceil": sympy.ceiling,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "sqrt": sympy.sqrt,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log": sympy.log,
    "max": sympy.Max,
    "min": sympy.Min,
    **{name: getattr(sympy, name) for name in "sin cos tan sec csc cot asin acos atan".split()},
    **{name: getattr(sympy, name) for name in "sinh cosh tanh sech csch coth asinh acosh atanh".split()},
    "erf": sympy.erf,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "relu": lambda x: sympy.Max(x, 0),
    "factorial": sympy.factorial,
    "binomial": sympy.binomial,
    "mod": sympy.Mod,
    "delta": sympy.KroneckerDelta,
    "indicator": lambda condition: sympy.Piecewise((1, condition), (0, True)),
    "E": E,
    "Var": Var,
    "Cov": Cov,
    "std": lambda x: sympy.sqrt(Var(x)),
}
_RELATIONS: Final[Mapping[str, Callable[[Expr, Expr], Expr]]] = {
    "=": sympy.Eq,
    "!=": sympy.Ne,
    "<": sympy.Lt,
    ">": sympy.Gt,
    "<=": sympy.Le,
    ">=": sympy.Ge,
}
_FOLDS: Final[Mapping[str, Callable[..., Expr]]] = {
    "sum": sympy.Sum,
    "prod": sympy.Product,
    "int": sympy.Integral,
}
_CONSTANTS: Final[Mapping[str, Expr]] = {"pi": sympy.pi, "e": sympy.E, "infinity": sympy.oo}
_SPELLED: Final[Mapping[Any, str]] = {
    sympy.ceiling: "ceil",
    sympy.Abs: "abs",
    sympy.log: "ln",
    sympy.Max: "max",
    sympy.Min: "min",
    sympy.Mod: "mod",
    sympy.KroneckerDelta: "delta",
}
_RANKS: Final[Mapping[str, int]] = {"Var": 5, "Cov": 6, "std": 7, "E": 8}


# --- to SymPy


def to_sympy(
    formula: Formula,
    symbols: Mapping[str, Expr] | None = None,
    functions: Mapping[str, Callable[..., Expr]] | None = None,
) -> Expr:
    """A formula as a SymPy object. Names not among `symbols` are sizes; functions that SymPy does not know are opaque.

    >>> from solver.notation.reading import formula
    >>> to_sympy(formula("floor((n + 2*p - k)/s) + 1"), {"p": 0, "s": 1})
    -k + n + 1
    """
    return _Translation(symbols or {}, {**_FUNCTIONS, **(functions or {})}).expr(formula)


class _Translation:
    def __init__(self, symbols: Mapping[str, Expr], functions: Mapping[str, Callable[..., Expr]]) -> None:
        self.symbols = symbols
        self.functions = functions

    def expr(self, formula: Formula) -> Expr:
        match formula:
            case Number(value, _):
                return sympy.Rational(value.numerator, value.denominator)
            case Name(text):
                return sympy.sympify(self.symbol(text))
            case Neg(body):
                return -self.expr(body)
            case Add(terms):
                return sympy.Add(*map(self.expr, terms))
            case Mul(factors):
                return sympy.Mul(*map(self.expr, factors))
            case Div(top, bottom):
                return self.expr(top) / self.expr(bottom)
            case Pow(base, exponent):
                return self.expr(base) ** self.expr(exponent)
            case Call(function, arguments):
                return self.function(function)(*map(self.expr, arguments))
            case Fold(kind, body, variable, low, high):
                bound = sympy.Symbol(variable, integer=kind != "int")
                inner = _Translation({**self.symbols, variable: bound}, self.functions)
                return _FOLDS[kind](inner.expr(body), (bound, self.expr(low), self.expr(high)))
            case Partial(of, by):
                return sympy.Derivative(self.expr(of), self.expr(by), evaluate=False)
            case Group(items, _):
                return sympy.Tuple(*map(self.expr, items))
            case Relation(sides, operators):
                each = [self.expr(side) for side in sides]
                links = zip(each[:-1], operators, each[1:], strict=True)
                return sympy.And(*(_RELATIONS[operator](left, right) for left, operator, right in links))

    def symbol(self, name: str) -> Expr:
        if name in self.symbols:
            return self.symbols[name]
        return _CONSTANTS[name] if name in _CONSTANTS else size_symbol(name)

    def function(self, name: str) -> Callable[..., Expr]:
        if name == "log":
            return lambda value, base=sympy.E: sympy.log(value, base)
        return self.functions.get(name) or sympy.Function(name)


def symbols_of(expr: Expr) -> dict[str, Expr]:
    """The symbols and indexed names of an expression by the names that they are printed with.

    >>> from solver.symbols import family
    >>> symbols_of(family("w")[1] + size_symbol("n"))
    {'n': n, 'w_1': w[1]}
    """
    indexed = expr.atoms(sympy.Indexed)
    bases = {symbol for one in indexed for symbol in one.base.free_symbols}
    found = {ascii_text(from_sympy(atom)): atom for atom in (expr.free_symbols - bases - indexed) | indexed}
    return dict(sorted(found.items()))


# --- from SymPy


def from_sympy(expr: Expr) -> Formula:
    """A SymPy object as a formula, in the fixed order.

    >>> n, H = sympy.symbols("n H", integer=True, positive=True)
    >>> w, x = sympy.symbols("w x")
    >>> E, Var = sympy.Function("E"), sympy.Function("Var")
    >>> ascii_text(from_sympy(E(x**2)*Var(w)*n/2)), ascii_text(from_sympy(1 - n + H))
    ('n*Var(w)*E[x^2]/2', 'H - n + 1')
    >>> ascii_text(from_sympy(sympy.floor((H + 31)/32))), ascii_text(from_sympy(sympy.sqrt(2/n)))
    ('ceil(H/32)', 'sqrt(2/n)')
    """
    match expr:
        case bool() | sympy.logic.boolalg.BooleanTrue() | sympy.logic.boolalg.BooleanFalse():
            return Name("true" if expr else "false")
        case int() | Fraction() | sympy.Rational():
            return _rational(expr)
        case sympy.Float():
            value = Fraction(str(expr)) if "e" not in str(expr) else Fraction(float(expr))
            return Neg(Number(-value, str(-expr))) if value < 0 else Number(value, str(expr))
        case sympy.Symbol():
            return Name(canonical(expr.name))
        case sympy.Add():
            return _sum(expr)
        case sympy.Mul() | sympy.Pow():
            return _product(expr)
        case sympy.exp():
            return Call("exp", (from_sympy(expr.args[0]),))
        case RoundFunction():
            return _rounded(expr, 0)
        case sympy.Indexed():
            indices = ",".join(ascii_text(from_sympy(index)) for index in expr.indices)
            return Name(f"{canonical(str(expr.base))}_{indices}")
        case sympy.Sum() | sympy.Product() | sympy.Integral():
            return _fold(expr)
        case sympy.Derivative() if len(expr.variables) == 1:
            return Partial(from_sympy(expr.expr), from_sympy(expr.variables[0]))
        case D(args=(of, by)):
            return Partial(from_sympy(of), from_sympy(by))
        case sympy.core.relational.Relational():
            return Relation((from_sympy(expr.lhs), from_sympy(expr.rhs)), (_comparison(expr),))
        case sympy.Piecewise() if len(expr.args) == 2 and [arm.expr for arm in expr.args] == [1, 0]:
            return Call("indicator", (from_sympy(expr.args[0].cond),))
        case tuple() | list() | sympy.Tuple():
            return Group(tuple(map(from_sympy, expr)), "(")
        case sympy.Function() | sympy.Max() | sympy.Min() | AppliedUndef():
            name = _SPELLED.get(expr.func) or canonical(str(expr.func.__name__))
            arguments = sorted(expr.args, key=_term_key) if isinstance(expr, sympy.Max | sympy.Min) else expr.args
            return Call(name, tuple(map(from_sympy, arguments)))
        case _:
            for name, constant in _CONSTANTS.items():
                if expr == constant:
                    return Name(name)
            if expr == -sympy.oo:
                return Neg(Name("infinity"))
            raise TypeError(f"no formula for the SymPy type {type(expr).__name__}; add a case to from_sympy")


def _rational(value: Any) -> Formula:
    top, bottom = (value.p, value.q) if isinstance(value, sympy.Rational) else (value.numerator, value.denominator)
    said: Formula = Number(abs(int(top)))
    if bottom != 1:
        said = Div(said, Number(int(bottom)))
    return Neg(said) if top < 0 else said


def _sum(expr: Expr) -> Formula:
    terms = expr.args
    rounded = [term for term in terms if isinstance(term, RoundFunction)]
    if len(terms) == 2 and len(rounded) == 1 and terms[0].is_Integer:
        return _rounded(rounded[0], int(terms[0]))
    ordered = sorted(terms, key=_term_key)
    first = next((term for term in ordered if not _is_negative(term)), ordered[0])
    return Add(tuple(map(from_sympy, [first, *(term for term in ordered if term is not first)])))


def _is_negative(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0].is_negative)


def _term_key(term: Expr) -> tuple[bool, int, str]:
    """Numbers last, high degree before low, Kronecker's delta behind its equals."""
    last = "~" if isinstance(term, sympy.KroneckerDelta) else ""
    return bool(term.is_number), -_degree(term), last + ascii_text(from_sympy(term)).lower().lstrip("-")


def _degree(term: Expr) -> int:
    match term:
        case sympy.Mul():
            return sum(map(_degree, term.args))
        case sympy.Pow() if term.exp.is_Integer:
            return int(term.exp) * _degree(term.base)
        case _:
            return 0 if term.is_number else 1


def _product(expr: Expr) -> Formula:
    """±(numbers, symbols, brackets, functions, Var, Cov, E)/(the same), roots under one root."""
    coefficient, rest = expr.as_coeff_Mul()
    tops: list[Expr] = []
    bottoms: list[Expr] = []
    root_tops: list[Expr] = []
    root_bottoms: list[Expr] = []
    for factor in sympy.Mul.make_args(rest):
        base, exponent = factor.as_base_exp() if isinstance(factor, sympy.Pow) else (factor, sympy.Integer(1))
        if base == sympy.E:
            tops.append(factor)
        elif exponent == sympy.Rational(1, 2):
            root_tops.append(base)
        elif exponent == sympy.Rational(-1, 2):
            root_bottoms.append(base)
        elif exponent.could_extract_minus_sign():
            bottoms.append(base**-exponent)
        else:
            tops.append(factor)
    front, under = [from_sympy(abs(coefficient))], []
    if isinstance(coefficient, sympy.Rational):
        front, under = _unless_one(coefficient.p), _unless_one(coefficient.q)
    above = [*front, *map(_power, sorted(tops, key=_factor_key)), *_root(root_tops, root_bottoms)]
    below = [*under, *map(_power, sorted(bottoms, key=_factor_key))]
    top = product_of(above) if above else Number(1)
    said = Div(top, product_of(below)) if below else top
    return Neg(said) if coefficient < 0 else said


def _unless_one(value: int) -> list[Formula]:
    return [] if abs(value) == 1 else [Number(abs(int(value)))]


def _root(tops: list[Expr], bottoms: list[Expr]) -> list[Formula]:
    if not tops and not bottoms:
        return []
    top = from_sympy(sympy.Mul(*tops))
    return [Call("sqrt", (Div(top, from_sympy(sympy.Mul(*bottoms))) if bottoms else top,))]


def _power(factor: Expr) -> Formula:
    """One factor of a product."""
    if isinstance(factor, sympy.Pow) and factor.base != sympy.E:
        return Pow(from_sympy(factor.base), from_sympy(factor.exp))
    return from_sympy(factor)


def _factor_key(factor: Expr) -> tuple[int, str]:
    base = factor.base if isinstance(factor, sympy.Pow) else factor
    said = ascii_text(from_sympy(base)).lower()
    if base.is_number:
        return 0, said
    if isinstance(base, D | indicator):
        return 1, "" if isinstance(base, D) and base.args[0].is_Symbol else f"~{isinstance(base, D):d}{said}"
    if base.is_Symbol or isinstance(base, sympy.Indexed):
        return 1, said
    if base.is_Add:
        return 2, said
    return _RANKS.get(getattr(base.func, "__name__", ""), 3), said


def _rounded(expr: Expr, offset: int) -> Formula:
    """floor(u/M) + offset over one fraction of whole numbers, and ceil where that is simpler."""
    up = isinstance(expr, sympy.ceiling)
    if up and offset:
        return Add((_rounded(expr, 0), number(offset)))
    inside = sympy.expand(expr.args[0])
    constant, rest = inside.as_coeff_Add()
    parts = [constant, *(term.as_coeff_Mul()[0] for term in sympy.Add.make_args(rest))]
    if not all(part.is_Rational for part in parts):
        said: Formula = Call("ceil" if up else "floor", (from_sympy(expr.args[0]),))
        return said if offset == 0 else Add((said, number(offset)))
    divisor = reduce(sympy.ilcm, (part.q for part in parts), 1)
    whole, shift = rest * divisor, int(constant * divisor) + int(divisor) * offset
    integral = bool(whole.is_integer)
    if up and integral:
        up, shift = False, shift + int(divisor) - 1
    if integral and shift == divisor - 1 and divisor > 1:
        up, shift = True, 0
    top = from_sympy(sympy.expand(whole) + shift)
    return Call("ceil" if up else "floor", (top if divisor == 1 else Div(top, Number(int(divisor))),))


def _fold(expr: Expr) -> Formula:
    kind: Any = {sympy.Sum: "sum", sympy.Product: "prod", sympy.Integral: "int"}[expr.func]
    said = from_sympy(expr.function)
    for variable, low, high in expr.limits:
        said = Fold(kind, said, canonical(variable.name), from_sympy(low), from_sympy(high))
    return said


def _comparison(expr: Expr) -> Comparison:
    signs: dict[str, Comparison] = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
    return signs[expr.rel_op]
