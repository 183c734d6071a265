"""What a rule computes with and concludes: numbers, sizes, shapes, tuples of these, and SymPy expressions.

Plain integers and `Size` are the fast path; SymPy enters only where a hyper-parameter is itself a symbol.

    n  the symbol of a size         a, b  outer and inner factor        A, M, B  shift, divisor, offset
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, TypeAlias, final

from solver.notation.printing import ascii_text
from solver.notation.tree import Add, Call, Div, Formula, Group, Mul, Name, Number, number

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
@dataclass(frozen=True, slots=True)
class Size:
    """a floor((b n + A)/M) + B: a size along a network as a function of one symbol n, in normal form.

    Closed under adding and multiplying by integers and under floor division where the result has this form
    (floor((floor((n + A)/M) + c)/k) = floor((n + A + M c)/(M k)) for positive M, k). Whatever leaves the form becomes
    a SymPy expression. Two sizes are the same function of n exactly when they are equal.

    >>> H = Size.symbol("H")
    >>> ((H + 2*3 - 7)//2 + 1, ((H + 1)//2 + 1)//2)
    (ceil(H/2), floor((H + 3)/4))
    """

    name: str
    outer: int = 1
    inner: int = 1
    shift: int = 0
    divisor: int = 1
    offset: int = 0

    @staticmethod
    def symbol(name: str) -> Size:
        """The size n itself."""
        return Size(name)

    @staticmethod
    def normal(name: str, outer: int, inner: int, shift: int, divisor: int, offset: int) -> Size:
        """The normal form of outer*floor((inner*n + shift)/divisor) + offset; inner, divisor > 0, outer != 0.

        b and M are coprime, 0 <= A < M, and a = 1 where M = 1: then the factor belongs to n.
        """
        common = gcd(inner, divisor)
        inner, shift, divisor = inner // common, shift // common, divisor // common
        whole, shift = divmod(shift, divisor)
        offset += outer * whole
        if divisor == 1 and outer > 0:
            outer, inner = 1, outer * inner
        return Size(name, outer, inner, shift, divisor, offset)

    def at(self, n: int) -> int:
        """The size where the symbol is the integer n."""
        return self.outer * ((self.inner * n + self.shift) // self.divisor) + self.offset

    def __repr__(self) -> str:
        return ascii_text(self.formula())

    def formula(self) -> Formula:
        """The size as it is written: ceil(H/32), floor((H + 3)/4), 2*floor(H/4) + 1."""
        symbol = Name(self.name)
        shift, offset = self.shift, self.offset
        if self.outer == 1:
            shift, offset = shift + offset * self.divisor, 0
        scaled = symbol if self.inner == 1 else Mul((Number(self.inner), symbol))
        if self.divisor == 1:
            floor: Formula = scaled if shift == 0 else Add((scaled, number(shift)))
        elif shift == self.divisor - self.inner and self.inner == 1:
            floor = Call("ceil", (Div(symbol, Number(self.divisor)),))
        else:
            top = scaled if shift == 0 else Add((scaled, number(shift)))
            floor = Call("floor", (Div(top, Number(self.divisor)),))
        if self.outer != 1:
            floor = Mul((number(self.outer), floor))
        return floor if offset == 0 else Add((floor, number(offset)))

    def expression(self) -> Expr:
        """The size as a SymPy expression in a positive integer symbol."""
        from solver.symbols import floored, size_symbol

        inside = (self.inner * size_symbol(self.name) + self.shift) / self.divisor
        return self.outer * floored(inside) + self.offset

    def __add__(self, other: object) -> Value:
        match other:
            case bool():
                return NotImplemented
            case int():
                return Size.normal(
                    self.name, self.outer, self.inner, self.shift, self.divisor, self.offset + other
                )
            case Size() if self._same_floor(other):
                outer, offset = self.outer + other.outer, self.offset + other.offset
                return (
                    Size.normal(self.name, outer, self.inner, self.shift, self.divisor, offset) if outer else offset
                )
            case Size():
                return self.expression() + other.expression()
            case _:
                return self.expression() + other

    def __mul__(self, other: object) -> Value:
        match other:
            case bool():
                return NotImplemented
            case 0:
                return 0
            case int():
                return Size.normal(
                    self.name, self.outer * other, self.inner, self.shift, self.divisor, self.offset * other
                )
            case Size():
                return self.expression() * other.expression()
            case _:
                return self.expression() * other

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: object) -> Value:
        return self + (-other)  # type: ignore[operator]  # any number, size or expression has a minus

    def __rsub__(self, other: object) -> Value:
        return -self + other  # type: ignore[operator]  # as above

    def __floordiv__(self, other: object) -> Value:
        if isinstance(other, int) and other > 0:
            if self.outer == 1:
                shift = self.shift + self.divisor * self.offset
                return Size.normal(self.name, 1, self.inner, shift, self.divisor * other, 0)
            if self.outer == -1:  # floor(-q/k) = -floor((q + k - 1)/k)
                return -((-self + (other - 1)) // other)
            if self.outer % other == 0:
                whole = self.offset // other
                return Size.normal(
                    self.name, self.outer // other, self.inner, self.shift, self.divisor, whole
                )
            if other % self.outer == 0 and self.outer > 0:
                core = Size.normal(self.name, 1, self.inner, self.shift, self.divisor, self.offset // self.outer)
                return core // (other // self.outer)
        return self.expression() // (other.expression() if isinstance(other, Size) else other)

    def __truediv__(self, other: object) -> Value:
        return self if other == 1 else self.expression() / other

    def __pow__(self, other: object) -> Value:
        return self.expression() ** other

    def _same_floor(self, other: Size) -> bool:
        mine = (self.name, self.inner, self.shift, self.divisor)
        return mine == (other.name, other.inner, other.shift, other.divisor)


Value: TypeAlias = "int | Fraction | bool | Size | Shape | Expr | tuple[Value, ...]"


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
        case Size():
            return value.formula()
        case Shape():
            return Group(tuple(map(as_formula, value)), "x")
        case tuple():
            return Group(tuple(map(as_formula, value)), "(")
        case _:
            from solver.notation.bridge import from_sympy

            return from_sympy(value)


def symbol(name: str) -> Expr:
    """A positive whole number that is not known: a symbol for a hyper-parameter."""
    from solver.symbols import size_symbol

    return size_symbol(name)
