"""Equality of formulas with roots, exponentials and logarithms: intervals that surely contain the values.

Where the difference's interval leaves 0 out the formulas differ, which is proved; where it is thinner than 2^-100
around 0 at every point they agree as far as anyone can see; a wide interval decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, final

from mpmath import iv, mp

from solver.notation.arithmetic import Arithmetic, Chance, Undefined
from solver.notation.evaluation import NotComputable
from solver.notation.sampling import Domain, Exact, Fractions, Sampled, points
from solver.notation.tree import Fold, Formula

Interval = Any

PRECISION: Final = 200
THIN: Final = 100
POINTS: Final = 12
_TOLD: Final = 40
"""Digits by which arguments of functions that are not known are told apart."""
_LARGEST: Final = 4_000
"""Of an exponent of e, in bits: beyond it a number is too large to be told from another."""


def enclosed(left: Formula, right: Formula, chance: Chance, assume: Mapping[str, Domain], seed: str) -> Sampled | None:
    """Comparison by intervals at several points; None where that decides nothing.

    >>> from solver.notation.reading import formula
    >>> enclosed(formula("sqrt(x^2)"), formula("x"), Chance(), {}, "").differ
    True
    >>> enclosed(formula("sin(x)^2 + cos(x)^2"), formula("1"), Chance(), {}, "").differ
    False
    """
    compared = alone = 0
    without: list[Intervals] = []  # where the left formula has no value
    for place, point in enumerate(points((left, right), chance, assume, seed)):
        at = Intervals(point, f"{seed} {place}", chance)
        mine = at.if_defined(left)
        if mine is None:
            without.append(at)
            continue
        other = at.if_defined(right)
        if other is None:
            alone += 1
            continue
        difference = mine - other
        if 0 not in difference:
            return Sampled(True, compared + 1)
        width = abs(difference).b
        if not width < mp.mpf(2) ** -THIN:
            continue
        compared += 1
        if compared == POINTS:
            break
    if not compared:
        return None
    skipped = len(without) + alone
    alone += sum(at.if_defined(right) is not None for at in without)
    return Sampled(False, compared, skipped, alone=alone)


@final
class Intervals(Arithmetic[Interval]):
    """Formulas over intervals, at a given point."""

    def __init__(self, point: Mapping[str, Exact], seed: str, chance: Chance) -> None:
        super().__init__(chance)
        self.exact = Fractions(point, seed, chance)
        iv.prec = PRECISION

    def if_defined(self, formula: Formula) -> Interval | None:
        """Its value, where it has one that can be computed."""
        try:
            return self.value(formula)
        except (ZeroDivisionError, NotComputable, OverflowError, Undefined, ValueError):
            return None

    def draw(self, key: str) -> Interval:
        return self.number(self.exact.draw(key))

    def number(self, value: Exact) -> Interval:
        return iv.mpf(value.numerator) / value.denominator

    def unknown(self, name: str) -> Interval:
        match name:
            case "pi":
                return +iv.pi
            case "e":
                return +iv.e
            case _:
                return self.number(self.exact.unknown(name))

    def plus(self, left: Interval, right: Interval) -> Interval:
        return left + right

    def times(self, left: Interval, right: Interval) -> Interval:
        return left * right

    def over(self, top: Interval, bottom: Interval) -> Interval:
        if 0 in bottom:
            raise Undefined("a divisor that may be 0")
        return top / bottom

    def raised(self, base: Interval, exponent: Formula) -> Interval:
        by = self._constant(exponent)
        if by is not None and by.denominator == 1:
            return base ** int(by) if by >= 0 else self.over(iv.mpf(1), base ** -int(by))
        if by is not None and by.denominator % 2 and base.b < 0:
            sign = -1 if by.numerator % 2 else 1
            return sign * self._exponential(iv.log(-base) * self.number(by))
        if not base.a > 0:
            if by is not None and by > 0 and base.a == 0 == base.b:
                return iv.mpf(0)
            raise Undefined("a root or a power of what may be negative")
        if by == Fraction(1, 2):
            return iv.sqrt(base)
        return self._exponential(iv.log(base) * self.value(exponent))

    def _constant(self, exponent: Formula) -> Fraction | None:
        try:
            value = Fraction(self.exact.beside(self).value(exponent))
        except (ZeroDivisionError, NotComputable, OverflowError, Undefined):
            return None
        return value if abs(value) <= _LARGEST else None

    def _exponential(self, value: Interval) -> Interval:
        if not abs(value).b < _LARGEST:
            raise Undefined("an exponential that is too large")
        return iv.exp(value)

    def applied(self, function: str, arguments: list[Interval]) -> Interval:
        match function, arguments:
            case "ln", [body]:
                if not body.a > 0:
                    raise Undefined("a logarithm of what may be negative")
                return iv.log(body)
            case "sin", [body]:
                return iv.sin(body)
            case "cos", [body]:
                return iv.cos(body)
            case "tan", [body]:
                return self.over(iv.sin(body), iv.cos(body))
            case (("sinh" | "cosh" | "tanh"), [body]):
                return self._hyperbolic(function, body)
            case "erf", [body]:
                return self._error_function(body)
            case "abs", [body]:
                return abs(body)
            case "max", _:
                return iv.mpf([max(each.a for each in arguments).a, max(each.b for each in arguments).b])
            case "min", _:
                return iv.mpf([min(each.a for each in arguments).a, min(each.b for each in arguments).b])
            case "floor", [body]:
                return self._floor(body)
            case ("conjugate" | "re"), [body]:
                return body
            case "im", [_]:
                return iv.mpf(0)
            case "sign", [body]:
                return self.holds(body, ">", iv.mpf(0)) - self.holds(body, "<", iv.mpf(0))
            case (("asin" | "acos" | "atan" | "factorial" | "binomial" | "delta" | "gcd" | "lcm" | "arg"), _):
                raise Undefined("beside roots and exponentials this is not computed")
            case _:
                return self.draw(f"{function} {[mp.nstr(mp.mpf(body.mid), _TOLD) for body in arguments]}")

    def _hyperbolic(self, function: str, body: Interval) -> Interval:
        up, down = self._exponential(body), self._exponential(-body)
        match function:
            case "sinh":
                return (up - down) / 2
            case "cosh":
                return (up + down) / 2
            case _:
                return (up - down) / (up + down)

    def _error_function(self, body: Interval) -> Interval:
        """erf is increasing: its values at the ends, and a little more."""
        with mp.workprec(PRECISION + 20):
            low, high = _ends(body)
            slack = mp.mpf(2) ** -(PRECISION - 10)
            return iv.mpf([mp.erf(low) - slack, mp.erf(high) + slack])

    def _floor(self, body: Interval) -> Interval:
        with mp.workprec(PRECISION):
            low, high = map(mp.floor, _ends(body))
            if low != high:
                raise Undefined("a floor of what may be on either side of a whole number")
            return iv.mpf(low)

    def holds(self, left: Interval, operator: str, right: Interval) -> Interval:
        difference = left - right
        if 0 in difference:
            raise Undefined("a comparison of what may be equal")
        true = ("!=", ">", ">=") if difference.a > 0 else ("!=", "<", "<=")
        return iv.mpf(int(operator in true))

    def opaque_fold(self, fold: Fold, body: Interval) -> Interval:
        raise Undefined("an integral, or a sum whose limits are no whole numbers")

    def whole(self, formula: Formula) -> int | None:
        return self.exact.beside(self).whole(formula)


def _ends(body: Interval) -> tuple[Any, Any]:
    """The ends of an interval, unrounded."""
    low, high = body._mpi_
    return mp.make_mpf(low), mp.make_mpf(high)
