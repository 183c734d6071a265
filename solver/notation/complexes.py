"""Values over the complex numbers, to 75 digits: for roots of negative numbers, inverse functions and i.

Where two formulas agree at every point they agree as far as anyone can see; a difference in the tenth digit is one.
Roots and logarithms are principal values. Of formulas without i only real values count: a point at which one of them is
not real is outside the domain, and formulas that are real in different places are different.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Final, final

from mpmath import mp

from solver.notation.arithmetic import UNIT, Arithmetic, Chance, Undefined
from solver.notation.evaluation import NotComputable
from solver.notation.naming import spelling
from solver.notation.sampling import Domain, Exact, Fractions, Sampled, points
from solver.notation.tree import Fold, Formula, Name, subformulas

Complex = Any

DIGITS: Final = 75
SAME: Final = 40
"""How many digits have to agree."""
POINTS: Final = 16
_LARGEST: Final = 1_000
_PRINCIPAL: Final = frozenset("sin cos tan sinh cosh tanh asin acos atan".split())


@contextmanager
def precision() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


def agreeing(
    left: Formula, right: Formula, chance: Chance, assume: Mapping[str, Domain], seed: str, strict: bool = False
) -> Sampled | None:
    """Comparison at several points; None where they do not decide. `strict`: values that are not real count too.

    >>> from solver.notation.reading import formula
    >>> agreeing(formula("sqrt(11 + 6*sqrt(2))"), formula("3 + sqrt(2)"), Chance(), {}, "").differ
    False
    >>> agreeing(formula("sqrt(x - 3)"), formula("sqrt(3 - x)"), Chance(), {}, "").differ
    True
    """
    within = frozenset(spelling(name) for name, domain in assume.items() if domain == "complex")
    complex_ones = strict or bool(within) or any(Name(UNIT) in subformulas(side) for side in (left, right))
    agreed = outside = 0
    real = True
    with precision():
        for place, point in enumerate(points((left, right), chance, assume, seed)):
            at = Complexes(point, f"{seed} {place}", chance, within)
            try:
                mine, other = mp.mpc(at.value(left)), mp.mpc(at.value(right))
            except (ZeroDivisionError, NotComputable, OverflowError, Undefined, ValueError, mp.NoConvergence):
                continue
            if not (mp.isfinite(mine) and mp.isfinite(other)):
                continue
            real = real and (complex_ones or is_real(mine))
            both = is_real(mine) and is_real(other)
            if not complex_ones and not both and (is_real(mine) or is_real(other) or not same(mine, other)):
                outside += 1
            elif same(mine, other):
                agreed += 1
            else:
                return Sampled(True, agreed + 1, real=real)
            if agreed == POINTS:
                break
    if outside:
        return Sampled(True, outside, real=real) if agreed <= 1 < outside else None
    return Sampled(False, agreed, real=real) if agreed else None


def same(left: Complex, right: Complex) -> bool:
    return bool(abs(left - right) <= mp.mpf(10) ** -SAME * (1 + abs(left) + abs(right)))


def is_real(value: Complex) -> bool:
    return bool(abs(mp.im(value)) <= mp.mpf(10) ** -SAME * (1 + abs(value)))


@final
class Complexes(Arithmetic[Complex]):
    """Formulas over the complex numbers, at a given point."""

    def __init__(self, point: Mapping[str, Exact], seed: str, chance: Chance, within: Container[str] = ()) -> None:
        """`within`: the names that take complex values."""
        super().__init__(chance)
        self.exact = Fractions(point, seed, chance)
        self.within = within

    def draw(self, key: str) -> Complex:
        return self.number(self.exact.draw(key))

    def number(self, value: Exact) -> Complex:
        return mp.mpf(value.numerator) / value.denominator

    def unknown(self, name: str) -> Complex:
        match name:
            case "pi":
                return +mp.pi
            case "e":
                return +mp.e
            case "infinity":
                return mp.inf
            case _ if name == UNIT:
                return mp.mpc(0, 1)
            case _:
                value = self.number(self.exact.unknown(name))
                return mp.mpc(value, self.draw(f"imaginary {name}")) if name in self.within else value

    def plus(self, left: Complex, right: Complex) -> Complex:
        return left + right

    def times(self, left: Complex, right: Complex) -> Complex:
        return left * right

    def over(self, top: Complex, bottom: Complex) -> Complex:
        if abs(bottom) <= mp.mpf(10) ** -SAME:
            raise Undefined("a divisor that may be 0")
        return top / bottom

    def raised(self, base: Complex, exponent: Formula) -> Complex:
        try:
            by: Fraction | None = Fraction(self.exact.beside(self).value(exponent))
        except (ZeroDivisionError, NotComputable, OverflowError, Undefined):
            by = None
        if by is not None and by.denominator % 2 and is_real(base) and mp.re(base) < 0 and abs(by) <= _LARGEST:
            size = mp.power(-mp.re(base), self.number(by))
            return -size if by.numerator % 2 else size
        power = self.value(exponent)
        if abs(power) > _LARGEST:
            raise Undefined("an exponent that is too large")
        if abs(base) <= mp.mpf(10) ** -SAME:
            if mp.re(power) > 0:
                return mp.mpf(0)
            raise Undefined("a power of 0")
        return mp.power(base, power)

    def applied(self, function: str, arguments: list[Complex]) -> Complex:
        if function in _PRINCIPAL and len(arguments) == 1:
            if abs(arguments[0]) > _LARGEST * 10:
                raise Undefined("an argument that is too large")
            return getattr(mp, function)(arguments[0])
        match function, arguments:
            case "ln", [body]:
                if abs(body) <= mp.mpf(10) ** -SAME:
                    raise Undefined("a logarithm of 0")
                return mp.log(body)
            case "abs", [body]:
                return abs(body)
            case "sign", [body]:
                return mp.sign(body)
            case "conjugate", [body]:
                return mp.conj(body)
            case "re", [body]:
                return mp.re(body)
            case "im", [body]:
                return mp.im(body)
            case "arg", [body]:
                return mp.arg(body)
            case ("max" | "min"), _ if all(map(is_real, arguments)):
                return (max if function == "max" else min)(map(mp.re, arguments))
            case "floor", [body] if is_real(body):
                return mp.floor(mp.re(body))
            case "erf", [body]:
                return mp.erf(body)
            case "factorial", [body] if abs(body) < _LARGEST:
                return mp.factorial(body)
            case "binomial", [top, bottom] if abs(top) < _LARGEST:
                return mp.binomial(top, bottom)
            case ("floor" | "max" | "min" | "factorial" | "binomial" | "delta" | "gcd" | "lcm"), _:
                raise Undefined("of complex numbers this is not computed")
            case _:
                return self.draw(f"{function} {[mp.nstr(argument, SAME) for argument in arguments]}")

    def holds(self, left: Complex, operator: str, right: Complex) -> Complex:
        """1 where a comparison holds: sides that agree are taken to be equal."""
        if same(left, right):
            return mp.mpf(int(operator in ("=", "<=", ">=")))
        if operator in ("=", "!="):
            return mp.mpf(int(operator == "!="))
        if not (is_real(left) and is_real(right)):
            raise Undefined("complex numbers have no order")
        return mp.mpf(int((mp.re(left) < mp.re(right)) == (operator in ("<", "<="))))

    def opaque_fold(self, fold: Fold, body: Complex) -> Complex:
        raise Undefined("an integral, or a sum whose limits are no whole numbers")

    def whole(self, formula: Formula) -> int | None:
        return self.exact.beside(self).whole(formula)
