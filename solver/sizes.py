"""Sizes along a network, and counts as polynomials over them, as functions of the symbols of an input: H, W.

    n  the symbol of a size         a, b  outer and inner factor        A, M, B  shift, divisor, offset

Integers in, integers out: SymPy is met only where a value leaves these forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import TYPE_CHECKING, Any, TypeAlias, final

from solver.frozen import frozen
from solver.notation.printing import ascii_text
from solver.notation.tree import Add, Call, Div, Formula, Mul, Name, Neg, Number, number

if TYPE_CHECKING:
    from sympy import Expr

Monomial: TypeAlias = "tuple[Size, ...]"


@final
@frozen(slots=True)
class Size:
    """a floor((b n + A)/M) + B: a size along a network as a function of one symbol n, in normal form.

    Closed under adding and multiplying by integers and under floor division where the result has this form
    (floor((floor((n + A)/M) + c)/k) = floor((n + A + M c)/(M k)) for positive M, k). Sums and products of different
    floors are polynomials; whatever leaves these becomes a SymPy expression. Two sizes are the same function of n
    exactly when they are equal.

    >>> H = Size.symbol("H")
    >>> ((H + 2*3 - 7)//2 + 1, ((H + 1)//2 + 1)//2)
    (ceil(H/2), ceil(H/4))
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
        from solver.symbols import floored, size_symbol  # SymPy, which most sizes never meet

        inside = (self.inner * size_symbol(self.name) + self.shift) / self.divisor
        return self.outer * floored(inside) + self.offset

    def __add__(self, other: object) -> Any:
        match other:
            case bool():
                return NotImplemented
            case int():
                return Size.normal(self.name, self.outer, self.inner, self.shift, self.divisor, self.offset + other)
            case Size() if self._same_floor(other):
                outer, offset = self.outer + other.outer, self.offset + other.offset
                return Size.normal(self.name, outer, self.inner, self.shift, self.divisor, offset) if outer else offset
            case Size():
                return Polynomial.of(_terms_of(self)) + other
            case Polynomial():
                return other + self
            case _:
                return self.expression() + other

    def __mul__(self, other: object) -> Any:
        match other:
            case bool():
                return NotImplemented
            case 0:
                return 0
            case int():
                return Size.normal(
                    self.name, self.outer * other, self.inner, self.shift, self.divisor, self.offset * other
                )
            case Size() | Polynomial():
                return Polynomial.of(_terms_of(self)) * other
            case _:
                return self.expression() * other

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __floordiv__(self, other: object) -> Any:
        if isinstance(other, int) and other > 0:
            if self.outer == 1:
                shift = self.shift + self.divisor * self.offset
                return Size.normal(self.name, 1, self.inner, shift, self.divisor * other, 0)
            if self.outer == -1:  # floor(-q/k) = -floor((q + k - 1)/k)
                return -((-self + (other - 1)) // other)
            if self.outer % other == 0:
                whole = self.offset // other
                return Size.normal(self.name, self.outer // other, self.inner, self.shift, self.divisor, whole)
            if other % self.outer == 0 and self.outer > 0:
                core = Size.normal(self.name, 1, self.inner, self.shift, self.divisor, self.offset // self.outer)
                return core // (other // self.outer)
        return self.expression() // _expression(other)

    def __truediv__(self, other: object) -> Any:
        return self if other == 1 else self.expression() / _expression(other)

    def __pow__(self, other: object) -> Any:
        return Polynomial.of(_terms_of(self)) ** other

    def _same_floor(self, other: Size) -> bool:
        mine = (self.name, self.inner, self.shift, self.divisor)
        return mine == (other.name, other.inner, other.shift, other.divisor)


@final
@frozen(slots=True)
class Polynomial:
    """A sum of integer multiples of products of floors: 9408*ceil(H/2)*ceil(W/2) + 2048000.

    The floors are floor((b n + A)/M) with 0 <= A < M, or the symbols themselves, in a fixed order, and no factor is 0;
    so equal polynomials over the same floors are equal values.

    >>> H, W = Size.symbol("H"), Size.symbol("W")
    >>> 3*(H + 1)*W + 2*W + H//2
    3*H*W + floor(H/2) + 5*W
    """

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(terms: Mapping[Monomial, int] | None) -> Any:
        """The polynomial with these terms, or the integer that it is."""
        kept = {monomial: factor for monomial, factor in (terms or {}).items() if factor}
        if not kept:
            return 0
        if len(kept) == 1 and () in kept:
            return kept[()]
        return Polynomial(tuple(sorted(kept.items(), key=_order)))

    def at(self, point: Mapping[str, int]) -> int:
        """The count where the symbols are integers."""
        value = 0
        for monomial, factor in self.terms:
            for size in monomial:
                factor *= size.at(point[size.name])
            value += factor
        return value

    @property
    def symbols(self) -> set[str]:
        """The symbols of its sizes."""
        return {size.name for monomial, _ in self.terms for size in monomial}

    def formula(self) -> Formula:
        """The polynomial as it is written, largest sizes first and the constant last."""
        terms = tuple(_term(monomial, factor) for monomial, factor in self.terms)
        return terms[0] if len(terms) == 1 else Add(terms)

    def expression(self) -> Expr:
        """The polynomial as a SymPy expression."""
        value: Any = 0
        for monomial, factor in self.terms:
            product: Any = factor
            for size in monomial:
                product = product * size.expression()
            value = value + product
        return value

    def __repr__(self) -> str:
        return ascii_text(self.formula())

    def __add__(self, other: object) -> Any:
        terms = _terms_of(other)
        if terms is None:
            return self.expression() + other
        sums = dict(self.terms)
        for monomial, factor in terms.items():
            sums[monomial] = sums.get(monomial, 0) + factor
        return Polynomial.of(sums)

    def __mul__(self, other: object) -> Any:
        terms = _terms_of(other)
        if terms is None:
            return self.expression() * other
        products: dict[Monomial, int] = {}
        for mine, factor in self.terms:
            for theirs, other_factor in terms.items():
                both = tuple(sorted(mine + theirs, key=_size_order))
                products[both] = products.get(both, 0) + factor * other_factor
        return Polynomial.of(products)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __pow__(self, exponent: object) -> Any:
        if not isinstance(exponent, int) or exponent < 0:
            return self.expression() ** exponent
        value: Any = 1
        for _ in range(exponent):
            value = self * value
        return value

    def __floordiv__(self, other: object) -> Any:
        if isinstance(other, int) and other > 0 and all(factor % other == 0 for _, factor in self.terms):
            return Polynomial(tuple((monomial, factor // other) for monomial, factor in self.terms))
        return self.expression() // _expression(other)

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, int) and other and all(factor % other == 0 for _, factor in self.terms):
            return Polynomial(tuple((monomial, factor // other) for monomial, factor in self.terms))
        return self.expression() / _expression(other)


def _terms_of(value: object) -> dict[Monomial, int] | None:
    """A value as multiples of products of floors, if it is one."""
    match value:
        case bool():
            return None
        case int():
            return {(): value}
        case Polynomial():
            return dict(value.terms)
        case Size():
            floor = Size(value.name, 1, value.inner, value.shift, value.divisor, 0)
            if value.divisor == 1:
                return {(Size(value.name),): value.outer * value.inner, (): value.offset}
            return {(floor,): value.outer, (): value.offset}
        case _:
            return None


def _expression(value: Any) -> Any:
    return value.expression() if isinstance(value, Size | Polynomial) else value


def _term(monomial: Monomial, factor: int) -> Formula:
    floors = tuple(size.formula() for size in monomial)
    if not floors:
        return number(factor)
    product = (*((Number(abs(factor)),) if abs(factor) != 1 else ()), *floors)
    body = product[0] if len(product) == 1 else Mul(product)
    return Neg(body) if factor < 0 else body


def _size_order(size: Size) -> tuple[object, ...]:
    return (size.name, size.divisor, size.inner, size.shift)


def _order(term: tuple[Monomial, int]) -> tuple[object, ...]:
    monomial, _ = term
    return (-len(monomial), [_size_order(size) for size in monomial])
