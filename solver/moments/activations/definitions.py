"""What an activation is, from which its moments follow. Four families of definitions:

    Pieces   polynomials times exponentials between break points    integration by parts, the square completed
    Normal   polynomials in y, Phi(y) and phi(y)                    Stein's lemma; the orthant law for E[Phi^2]
    Ratio    polynomials in 1/(1 + |y|) on each side of 0           integration by parts
    Smooth   whatever else                                          no closed form is known: integrated numerically
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, TypeAlias, final

import sympy
from sympy import Abs, Expr, Symbol, erf, exp, oo, pi, sqrt

from solver.frozen import frozen
from solver.moments.activations.integrals import P, a, normal_moment, p, q, r, reciprocal_moment, truncated, y

Fact: TypeAlias = Literal["mean", "second", "derivative_second"]

FACTS: tuple[Fact, ...] = ("mean", "second", "derivative_second")


class Definition(ABC):
    """What an activation is: a function of y, and what its family knows of the moments."""

    @property
    @abstractmethod
    def expression(self) -> Expr:
        """s(y)"""

    @property
    @abstractmethod
    def derivative(self) -> Expr:
        """s'(y), wherever there is one."""

    @abstractmethod
    def moment(self, fact: Fact) -> Expr | None:
        """A moment in closed form, or None."""

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        """(g(a) + g(-a))/2 for a > 0 and g = s, s^2 or s'^2, from one break point to the next; None if not known."""
        return None

    @property
    def breaks(self) -> tuple[Expr, ...]:
        """Where the derivative or the function jumps."""
        return ()


def _fact(f: Expr, derivative: Expr, fact: Fact) -> Expr:
    match fact:
        case "mean":
            return f
        case "second":
            return f**2
        case _:
            return derivative**2


@final
@frozen
class Pieces(Definition):
    """Polynomials times exponentials: (low, high, f(y)) from left to right; values for the symbols in them."""

    pieces: tuple[tuple[Expr, Expr, Expr], ...]
    constants: tuple[tuple[Symbol, Expr], ...] = ()

    @property
    def expression(self) -> Expr:
        return self._piecewise([f for _, _, f in self.pieces])

    @property
    def derivative(self) -> Expr:
        return self._piecewise([sympy.diff(f, y) for _, _, f in self.pieces])

    def _piecewise(self, values: list[Expr]) -> Expr:
        upper = [(value, y < high) for value, (_, high, _) in zip(values[:-1], self.pieces, strict=False)]
        return (sympy.Piecewise(*upper, (values[-1], True)) if upper else values[0]).subs(self.constants)

    def moment(self, fact: Fact) -> Expr:
        return sympy.Add(
            *(
                coefficient * truncated(k, b, low, high)
                for low, high, f in self.pieces
                for coefficient, k, b in exponential_terms(_fact(f, sympy.diff(f, y), fact))
            )
        ).subs(self.constants)

    @property
    def breaks(self) -> tuple[Expr, ...]:
        return tuple(high for _, high, _ in self.pieces[:-1])

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        ends = sorted({Abs(end) for end in self.breaks} - {sympy.S.Zero}, key=sympy.default_sort_key)
        if not all(end.is_number for end in ends) and len(ends) > 1:
            return None
        starts = [sympy.S.Zero, *(sorted(ends) if len(ends) > 1 else ends)]
        parts = []
        for start, end in pairwise([*starts, oo]):
            middle = (start + end) / 2 if end != oo else start + 1
            sides = [_fact(f, sympy.diff(f, y), fact) for f in (self._at(middle), self._at(-middle))]
            parts.append(sympy.expand((sides[0].subs(y, a) + sides[1].subs(y, -a)) / 2).subs(self.constants))
        return parts

    def _at(self, point: Expr) -> Expr:
        return next(f for _, high, f in self.pieces if high == oo or point < high)


def exponential_terms(f: Expr) -> Iterator[tuple[Expr, int, Expr]]:
    """c y^k e^(b y) for each term of f, as (c, k, b).

    >>> sorted(exponential_terms((y + exp(y))**2), key=str)
    [(1, 0, 2), (1, 2, 0), (2, 1, 1)]
    """
    for term in sympy.Add.make_args(sympy.expand(f.rewrite(exp))):
        coefficient, k, b = sympy.S.One, 0, sympy.S.Zero
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if not factor.has(y):
                coefficient *= factor
            elif base == y:
                k += int(power)
            else:
                slope, start = power.coeff(y, 1), power.coeff(y, 0)
                coefficient, b = coefficient * exp(start), b + slope
        yield coefficient, k, b


@final
@frozen
class Normal(Definition):
    """A polynomial in u, Phi(u) and phi(u), u = scale y."""

    f: Expr
    scale: Expr = sympy.S.One

    @property
    def expression(self) -> Expr:
        return self._spelled(self.f)

    @property
    def derivative(self) -> Expr:
        return self._spelled(self.slope)

    @property
    def slope(self) -> Expr:
        """s'(y): dPhi/du = phi, dphi/du = -u phi."""
        along = sympy.diff(self.f, y) + sympy.diff(self.f, P) * p - sympy.diff(self.f, p) * y * p
        return self.scale * along

    def moment(self, fact: Fact) -> Expr | None:
        polynomial = sympy.Poly(_fact(self.f, self.slope, fact), y, P, p)
        variance = self.scale**2 * q
        parts = [(c, normal_moment(k, m, n, variance)) for (k, m, n), c in polynomial.terms()]
        return sympy.Add(*(c * part for c, part in parts)) if all(part is not None for _, part in parts) else None

    def _spelled(self, f: Expr) -> Expr:
        u = self.scale * y
        return f.subs({y: u, P: (1 + erf(u / sqrt(2))) / 2, p: exp(-(u**2) / 2) / sqrt(2 * pi)}, simultaneous=True)


@final
@frozen
class Ratio(Definition):
    """Polynomials in r = 1/(1 + |y|) for y > 0 and for y < 0."""

    above: Expr
    below: Expr

    @property
    def expression(self) -> Expr:
        return self._spelled(self.above, self.below)

    @property
    def derivative(self) -> Expr:
        return self._spelled(*self._slopes())

    def moment(self, fact: Fact) -> Expr:
        slopes = self._slopes()
        sides = [_fact(f, slope, fact) for f, slope in zip((self.above, self.below), slopes, strict=True)]
        polynomial = sympy.Poly((sides[0] + sides[1]) / 2, r)
        return sympy.expand(sympy.Add(*(c * reciprocal_moment(k) if k else c for (k,), c in polynomial.terms())))

    def _slopes(self) -> tuple[Expr, Expr]:
        """dr/da = -r^2 for a = |y|."""
        return -(r**2) * sympy.diff(self.above, r), r**2 * sympy.diff(self.below, r)

    def _spelled(self, above: Expr, below: Expr) -> Expr:
        near = 1 / (1 + Abs(y))
        return sympy.Piecewise((below.subs(r, near), y < 0), (above.subs(r, near), True))

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        return [sympy.cancel((self.above + self.below) / 2)] if fact == "mean" else None


@final
@frozen
class Smooth(Definition):
    """Any smooth function; `centre` is c where s(y) + s(-y) = 2 c, as 0 for an odd one."""

    f: Expr
    centre: Expr | None = None

    @property
    def expression(self) -> Expr:
        return self.f

    @property
    def derivative(self) -> Expr:
        return sympy.diff(self.f, y)

    def moment(self, fact: Fact) -> Expr | None:
        return self.centre if fact == "mean" else None

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        return [self.centre] if fact == "mean" and self.centre is not None else None


def pieces(first: object, *rest: tuple[object, object]) -> Pieces:
    """The function `first` up to the first break point, and after each break point the function beside it."""
    ends = [-oo, *(sympy.sympify(end) for end, _ in rest), oo]
    functions = [sympy.sympify(f) for f in (first, *(f for _, f in rest))]
    kept = [piece for piece in zip(ends, ends[1:], functions, strict=False) if piece[0] != piece[1]]
    return Pieces(tuple(kept))
