"""Checks steps about normal variables by integrating both sides against the normal density.

One variable, under polynomials and ReLU: SymPy integrates over y > 0 and y < 0 with a symbol for the variance. Equal
results are a proof. Everything else: both sides are numbers at several variances and correlations, by the trapezoid
rule, whose error for functions without singularities near the real line falls off faster than any power, and for two
variables by Mehler's expansion, E[f(u) g(v)] = sum of a_k b_k rho^k. Agreement to DIGITS digits is evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from time import perf_counter
from typing import Any, Final, TypeAlias

import mpmath
import sympy

from solver.derivation import Derived
from solver.moments.assumptions import Expr
from solver.notation.printing import ascii_text
from solver.symbols import Cov, E, Var, Variable, relu
from solver.values import as_formula
from solver.verify.check import Check

Point: TypeAlias = "tuple[Fraction, Fraction, Fraction]"

DIGITS: Final = 15
STEP: Final = Fraction(1, 6)
REACH: Final = 110
TERMS: Final = 60
POINTS: Final[tuple[Point, ...]] = (
    (Fraction(1), Fraction(1), Fraction(1, 3)),
    (Fraction(1, 2), Fraction(3, 2), Fraction(-2, 5)),
)
"""Variances of the first and of further variables, and the covariance of two."""


class NotIntegrable(Exception):
    """An expression that is neither integrated in closed form nor smooth."""


def check_step(node: Derived) -> Check:
    """Both sides of a step, integrated: verified, or refuted by a variance at which they differ."""
    started = perf_counter()
    claim = f"{node.rule.name} = {ascii_text(as_formula(node.result))}"
    before, after = node.premises["expression"].result, node.result
    try:
        sides = [_closed(side) for side in (before, after)]
        if None not in sides:
            same = sympy.simplify(sides[0] - sides[1]) == 0  # type: ignore[operator]  # both are expressions
            verdict = "verified" if same else "refuted"
            because = "integrated" if same else ""
            return Check(claim, "integrals", verdict, None, perf_counter() - started, because=because)  # type: ignore[arg-type]
        apart = next((point for point in POINTS if not _agree(before, after, point)), None)
    except NotIntegrable:
        return Check(claim, "integrals_evidence", "inconclusive", None, perf_counter() - started)
    scope = "" if apart is None else f"Var = {apart[0]}"
    verdict = "verified" if apart is None else "refuted"
    return Check(claim, "integrals_evidence", verdict, None, perf_counter() - started, scope)  # type: ignore[arg-type]


# --- in closed form


def _closed(expr: Expr) -> Expr | None:
    """An expression without E, the variance a symbol for each variable; None where an integral is not elementary."""
    if expr.has(sympy.Derivative, Cov):
        return None
    found: dict[Expr, Expr] = {}
    for moment in expr.atoms(E):
        value = _integral(moment.args[0])
        if value is None:
            return None
        found[moment] = value
    return expr.xreplace(found).replace(Var, lambda one: _variance(one))


def _integral(body: Expr) -> Expr | None:
    """E of a polynomial in y and relu(y), over y > 0 and y < 0 by themselves."""
    inside = body.atoms(sympy.Indexed, Variable)
    if len(inside) != 1:
        return None
    (y,) = inside
    t, q = sympy.Symbol("t", positive=True), _variance(y)
    sides = [body.xreplace({relu(y): positive, y: value}) for positive, value in ((t, t), (sympy.S.Zero, -t))]
    if not all(side.is_polynomial(t) for side in sides):
        return None
    density = sympy.exp(-(t**2) / (2 * q)) / sympy.sqrt(2 * sympy.pi * q)
    return sympy.Add(*(sympy.integrate(sympy.expand(side) * density, (t, 0, sympy.oo)) for side in sides))


def _variance(y: Expr) -> Expr:
    return sympy.Symbol(f"q_{y}", positive=True)


# --- at points


def _agree(before: Expr, after: Expr, point: Point) -> bool:
    with mpmath.workdps(2 * DIGITS):
        left, right = (_number(side, point) for side in (before, after))
        return bool(abs(left - right) <= mpmath.mpf(10) ** -DIGITS * max(1, abs(left)))


def _number(expr: Expr, point: Point) -> Any:
    """An expression at variances and a covariance."""
    match expr:
        case sympy.Derivative():
            return _by_covariance(expr.expr, point)
        case E():
            return _mean(expr.args[0], point)
        case Var():
            return mpmath.mpf(point[0].numerator) / point[0].denominator
        case sympy.Add():
            return mpmath.fsum(_number(one, point) for one in expr.args)
        case sympy.Mul():
            return mpmath.fprod(_number(one, point) for one in expr.args)
        case sympy.Pow():
            return _number(expr.base, point) ** _number(expr.exp, point)
        case _ if expr.is_number:
            return mpmath.mpf(expr.evalf(mpmath.mp.dps))
        case _:
            raise NotIntegrable(str(expr))


def _by_covariance(moment: Expr, point: Point) -> Any:
    """The derivative by the covariance c of sum a_k b_k rho^k, where rho = c/sqrt(q r)."""
    left, right = _coefficients(moment.args[0], point)
    rho, scale = _correlation(point)
    return mpmath.fsum(k * left[k] * right[k] * rho ** (k - 1) / scale for k in range(1, TERMS))


def _mean(body: Expr, point: Point) -> Any:
    """E of a smooth function of one normal variable, or of the product of two functions of correlated ones."""
    if len(body.atoms(sympy.Indexed, Variable)) == 1:
        return _hermite(body, 1, point[0])[0]
    left, right = _coefficients(body, point)
    rho, _ = _correlation(point)
    return mpmath.fsum(a * b * rho**k for k, (a, b) in enumerate(zip(left, right, strict=True)))


def _correlation(point: Point) -> tuple[Any, Any]:
    q, r, c = (mpmath.mpf(value.numerator) / value.denominator for value in point)
    return c / mpmath.sqrt(q * r), mpmath.sqrt(q * r)


def _coefficients(body: Expr, point: Point) -> tuple[list[Any], list[Any]]:
    """The Hermite coefficients of f and g, where the body is f(u) g(v): Mehler's expansion of E[f(u) g(v)]."""
    inside = sorted(body.atoms(sympy.Indexed, Variable), key=str)
    parts = [sympy.Mul(*(one for one in sympy.Mul.make_args(body) if one.has(y))) for y in inside]
    if len(inside) != 2 or any(part.has(other) for part, other in zip(parts, inside[::-1], strict=True)):
        raise NotIntegrable(str(body))
    rest = sympy.cancel(body / sympy.Mul(*parts))
    return _hermite(rest * parts[0], TERMS, point[0]), _hermite(parts[1], TERMS, point[1])


@cache
def _hermite(body: Expr, terms: int, variance: Fraction) -> list[Any]:
    """a_k = E[f(sqrt(q) z) h_k(z)] for the first normalised Hermite polynomials, z ~ N(0, 1)."""
    if body.has(relu):
        raise NotIntegrable(str(body))
    (y,) = body.atoms(sympy.Indexed, Variable)
    function: Callable[[Any], Any] = sympy.lambdify(y, body, "mpmath")
    with mpmath.workdps(2 * DIGITS):
        scale = mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator)
        step = mpmath.mpf(STEP.numerator) / STEP.denominator
        nodes = [k * step for k in range(-REACH, REACH + 1)]
        held = [function(scale * z) * mpmath.exp(-(z**2) / 2) * step / mpmath.sqrt(2 * mpmath.pi) for z in nodes]
        before, now = [mpmath.mpf(0)] * len(nodes), [mpmath.mpf(1)] * len(nodes)
        found = []
        for k in range(terms):
            found.append(mpmath.fdot(held, now))
            root, after = mpmath.sqrt(k), mpmath.sqrt(k + 1)
            before, now = now, [(z * h - root * g) / after for z, h, g in zip(nodes, now, before, strict=True)]
        return found
