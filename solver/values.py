"""What a rule computes with and concludes: numbers, sizes, shapes, tuples of these, and SymPy expressions.

Plain integers, `Size` and `Polynomial` are the fast path; SymPy enters only where a hyper-parameter is a symbol.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, final

from solver.notation.tree import Div, Formula, Group, Name, Neg, Number, number
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


@final
class Rounded(Fraction):
    """An exact number that is written to so many places; what is computed from it is exact.

    >>> as_formula(Rounded(Fraction(1, 8), 2)), Rounded(Fraction(1, 8), 2) * 8
    (Number(value=Fraction(1, 8), written='0.12'), Fraction(1, 1))
    """

    __slots__ = ("places",)
    places: int

    def __new__(cls, value: int | Fraction, places: int) -> Rounded:
        made: Rounded = super().__new__(cls, value)
        made.places = places
        return made

    def __reduce__(self) -> tuple[type[Rounded], tuple[Fraction, int]]:
        return Rounded, (Fraction(self), self.places)


def rounded(value: Fraction, places: int) -> str:
    """An exact number to so many places, halves to the even digit.

    >>> rounded(Fraction(18926669, 10**6), 2), rounded(Fraction(-7192, 10**4), 2)
    ('18.93', '-0.72')
    """
    digits = str(round(abs(value) * 10**places)).rjust(places + 1, "0")
    sign = "-" if value < 0 and int(digits) else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


Value: TypeAlias = "int | Fraction | bool | Size | Polynomial | Shape | Expr | tuple[Value, ...]"


def as_formula(value: Value) -> Formula:
    """A value as the formula that is printed for it."""
    match value:
        case bool():
            return Name("true" if value else "false")
        case int():
            return number(value)
        case Rounded():
            size = Number(abs(Fraction(value)), rounded(abs(value), value.places))
            return Neg(size) if value < 0 else size
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
            from solver.notation.bridge import from_sympy  # SymPy, which has made the value

            return from_sympy(value)


def closed_form(value: Value) -> Value:
    """A SymPy expression with its nested floors collapsed; numbers and sizes are so already.

    >>> H, S = symbol("H"), symbol("S")
    >>> closed_form(((H - 1)//S + 1)//2), closed_form((H - 1)//2 + 1)
    (floor((H + S - 1)/(2*S)), ceiling(H/2))
    """
    if not hasattr(value, "atoms"):
        return value
    from solver.closed_forms import closed  # SymPy, which has made the value

    return closed(value)


def symbol(name: str) -> Expr:
    """A positive whole number that is not known: a symbol for a hyper-parameter."""
    from solver.symbols import size_symbol  # SymPy, only where a symbol is made

    return size_symbol(name)
