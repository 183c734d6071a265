"""What a rule computes with and concludes: numbers, sizes, shapes, tuples of these, and SymPy expressions.

Plain integers, `Size` and `Polynomial` are the fast path; SymPy enters only where a hyper-parameter is a symbol.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, final

from solver.notation.tree import Div, Formula, Group, Name, Number, number
from solver.sizes import Polynomial as Polynomial
from solver.sizes import Size as Size

if TYPE_CHECKING:
    from sympy import Expr


@final
class Shape(tuple["Value", ...]):
    """The sizes of a tensor, channels first, without a batch axis: (C, H, W), (C, L) or (D,).

    >>> Shape((3, 10, 10))
    3x10x10
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "x".join(map(str, self))


Value: TypeAlias = "int | Fraction | bool | Size | Polynomial | Shape | Expr | tuple[Value, ...]"


def as_formula(value: Value) -> Formula:
    """A value as the formula that is printed for it."""
    match value:
        case bool():
            return Name("true" if value else "false")
        case int():
            return number(value)
        case Fraction():
            top = number(value.numerator)
            return top if value.denominator == 1 else Div(top, Number(value.denominator))
        case Size() | Polynomial():
            return value.formula()
        case Shape():
            return Group(tuple(map(as_formula, value)), "x")
        case tuple():
            return Group(tuple(map(as_formula, value)), "(")
        case _:
            from solver.notation.bridge import from_sympy

            return from_sympy(value)


def closed_form(value: Value) -> Value:
    """A SymPy expression with its nested floors collapsed; numbers and sizes are so already.

    >>> H, S = symbol("H"), symbol("S")
    >>> closed_form(((H - 1)//S + 1)//2), closed_form((H - 1)//2 + 1)
    (floor((H + S - 1)/(2*S)), ceiling(H/2))
    """
    if not hasattr(value, "atoms"):
        return value
    from solver.closed_forms import closed

    return closed(value)


def symbol(name: str) -> Expr:
    """A positive whole number that is not known: a symbol for a hyper-parameter."""
    from solver.symbols import size_symbol

    return size_symbol(name)
