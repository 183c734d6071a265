"""Moments as numbers, to as many digits as are asked for: closed forms evaluated, the others integrated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import sympy
from mpmath import mp
from sympy import Expr, Rational, Symbol

from solver.moments.activations.definitions import Definition, Fact
from solver.moments.activations.integrals import q, y


def _number(value: Expr) -> Any:
    """A SymPy number as an mpmath number of the current precision."""
    return mpmath.mpf(value.p) / value.q if isinstance(value, Rational) else mpmath.mpf(value.evalf(mp.dps))


@cache
def _called(expression: Expr, argument: Symbol) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = sympy.lambdify(argument, expression, "mpmath", cse=True)
    return function


def _settled(compute: Callable[[], Any], digits: int) -> Any:
    """A value whose digits no longer change with the working precision, or of which nothing is left at 400 digits."""
    precision, before = digits + 10, None
    while True:
        with mp.workdps(precision):
            value = mpmath.re(compute())
            if before is not None and abs(value - before) <= abs(value) * mpmath.mpf(10) ** -(digits + 2):
                return value
            if precision > 400:
                return value if abs(value) > mpmath.mpf(10) ** -350 else mpmath.mpf(0)
        precision, before = 2 * precision, value


def evaluated(expression: Expr, variance: Expr, digits: int) -> Any:
    """An expression in q at a variance, to so many digits."""
    return _settled(lambda: _called(expression, q)(_number(variance)), digits)


def integrated(definition: Definition, fact: Fact, variance: Expr, digits: int) -> Any:
    """The integral of (g(y) + g(-y)) times the density over y > 0, panel by panel; once more where digits cancel."""
    precision = digits + 10
    while True:
        with mp.workdps(precision):
            s = sqrt_of(variance)
            g = _even_part(definition, fact)
            weight = 1 / (s * mpmath.sqrt(2 * mpmath.pi))
            value, error = mpmath.quad(
                lambda at: g(at) * mpmath.exp(-((at / s) ** 2) / 2) * weight,  # noqa: B023  # called at once
                panels(s),
                method="gauss-legendre",
                error=True,
            )
            lost = error + mpmath.mpf(10) ** -(precision - 2) * _size(definition, fact, s)
            if lost <= abs(value) * mpmath.mpf(10) ** -(digits + 1):
                return value
        precision *= 2


def _even_part(definition: Definition, fact: Fact) -> Callable[[Any], Any]:
    """y -> g(y) + g(-y)"""
    if fact == "derivative_second":
        slope = _called(definition.derivative, y)
        return lambda at: slope(at) ** 2 + slope(-at) ** 2
    function = _called(definition.expression, y)
    if fact == "second":
        return lambda at: function(at) ** 2 + function(-at) ** 2
    return lambda at: function(at) + function(-at)


def _size(definition: Definition, fact: Fact, s: Any) -> Any:
    """How large g is where the density is: what digits can cancel from."""
    function = _called(definition.derivative if fact == "derivative_second" else definition.expression, y)
    values = [abs(function(at)) ** (1 if fact == "mean" else 2) for at in (-s, s)]
    return max(values)


def sqrt_of(variance: Expr) -> Any:
    """The standard deviation, in the current precision."""
    return mpmath.sqrt(_number(variance))


def panels(s: Any) -> list[Any]:
    """Ends of panels over y > 0 that are fine at the scale of the function, 1, and at that of the density, s."""
    last = s * mpmath.sqrt(2 * mpmath.log(10) * (mp.dps + 5))
    ends, step = [mpmath.mpf(0)], min(s, mpmath.mpf(1))
    while ends[-1] < last:
        ends.append(ends[-1] + step)
        step = min(2 * max(ends[-1], step), 2 * s) if ends[-1] > 0 else step
    return ends
