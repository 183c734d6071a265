"""Moments of an activation s(y), and its law, where y is normal or has a law that is followed as points."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Rational, Symbol, asin, pi, sqrt

from solver.moments.activations import FACTS, ActivationMoments, Fact, NoMoments, y
from solver.moments.propagation.state import DIGITS, MOST_OPERATIONS, Image, Law, Nodes, Triple, ratio, tidy


class OfActivation(sympy.Function):
    """A moment that has no closed form, of a variance that is not known yet; evaluates to digits once it is."""

    held: ActivationMoments
    fact: Fact

    def _eval_evalf(self, precision: int) -> Expr | None:
        (variance,) = self.args
        value = variance.evalf(DIGITS + 5)
        if not value.is_number:
            return None
        return sympy.Float(self.held.numeric(value)[FACTS.index(self.fact)], DIGITS)


@cache
def _later(held: ActivationMoments, fact: Fact) -> Any:
    spelled = f"{held.name}_{fact}"
    return type(spelled, (OfActivation,), {"held": held, "fact": fact, "nargs": 1, "is_positive": fact != "mean"})


def _short(held: ActivationMoments, fact: Fact) -> Expr | None:
    """A moment in closed form, where there is one and it is not long."""
    closed = getattr(held, fact)
    return closed if closed is not None and closed.count_ops() <= 2 * MOST_OPERATIONS else None


def gains(held: ActivationMoments, variance: Expr) -> Triple:
    """E[s], E[s^2]/q and E[s'^2] at q = variance: closed, or numbers, or functions of a variance that is a symbol."""
    if variance == 0:
        said = f"{held.name} at variance 0"
        raise NoMoments(said, why="variance", activation=held.name, variance=0)
    closed: list[Expr | None] = [_short(held, fact) for fact in FACTS]
    if None in closed:
        others = held.numeric(variance, DIGITS) if variance.is_number else [_later(held, f)(variance) for f in FACTS]
        closed = [_digits(other) if value is None else value for value, other in zip(closed, others, strict=True)]
    mean, second, derivative = (sympy.sympify(value).subs(_Q, variance) for value in closed)
    return tidy(mean), ratio(second, variance), tidy(derivative)


def _digits(value: Any) -> Expr:
    return sympy.Float(value, DIGITS) if isinstance(value, mpmath.mpf) else value


_Q = Symbol("q", positive=True)


def homogeneous_gain(held: ActivationMoments) -> Expr:
    """(s_-^2 + s_+^2)/2"""
    assert held.derivative_second is not None
    return held.derivative_second


def both_positive(variance: Any, spread: Any) -> Expr:
    """P(g > 0 and g + v > 0) = 1/4 + asin(c)/(2 pi), c = sqrt(q/(q + u)), for independent g ~ N(0, q), v ~ N(0, u).

    >>> both_positive(1, 1)
    3/8
    """
    q, u = sympy.sympify(variance), sympy.sympify(spread)
    return Rational(1, 4) + asin(sqrt(q / (q + u))) / (2 * pi)


def rectified_sum(variance: Any, spread: Any) -> Triple:
    """E, E[.^2] and P(> 0) of relu(x + v) for x = relu(g), g ~ N(0, q) and v ~ N(0, u) independent.

    Where g < 0, half of v is left: u/4. Where g > 0 and g + v > 0, two normal numbers with correlation
    c = sqrt(q/(q + u)) are positive with probability P, and E[(g + v)^2; both] = (q + u) P + sqrt(q u)/(2 pi).

    >>> mean, second, positive = rectified_sum(1, Rational(1, 2))
    >>> (2*second).evalf(12), positive.evalf(12)
    (1.68120916502, 0.652043361992)
    >>> sympy.simplify(2*rectified_sum(1, 1)[1])
    1/pi + 2
    """
    q, u = sympy.sympify(variance), sympy.sympify(spread)
    together = both_positive(q, u)
    mean = (sqrt(u) + sqrt(q) + sqrt(q + u)) / (2 * sqrt(2 * pi))
    return mean, u / 4 + (q + u) * together + sqrt(q * u) / (2 * pi), Rational(1, 4) + together


PANEL = 16
MOST_NODES = 20_000


def _density_nodes(base: Nodes, spread: float, breaks: Iterable[float]) -> Nodes:
    """The law base + N(0, spread) as points: Gauss's rule on panels no wider than sqrt(spread), cut at break points."""
    width = float(np.sqrt(spread))
    low, high = base.values.min() - 9 * width, base.values.max() + 9 * width
    count = int(np.ceil((high - low) / width))
    if count * PANEL > MOST_NODES:
        raise NoMoments(f"a law of width {high - low:.3g} with detail of {width:.3g}", why="fine_law")
    cuts = [at for at in breaks if low < at < high]
    ends = np.unique(np.concatenate([np.linspace(low, high, count + 1), cuts]))
    points, weights = np.polynomial.legendre.leggauss(PANEL)
    half = np.diff(ends)[:, None] / 2
    at = ((ends[:-1, None] + ends[1:, None]) / 2 + half * points).ravel()
    weight = (half * weights).ravel()
    density = np.exp(-(((at[:, None] - base.values) / width) ** 2) / 2) @ base.weights / (width * np.sqrt(2 * np.pi))
    return Nodes(at, weight * density)


CENTRE = Nodes(np.zeros(1), np.ones(1))


@cache
def _floating(formula: Expr) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    called = sympy.lambdify(y, formula, "mpmath")
    return lambda at: np.array([float(called(mpmath.mpf(value))) for value in at])


def as_float(value: Expr) -> float:
    """A variance that has to be a number here."""
    if not sympy.sympify(value).is_number:
        said = f"a law whose variance is the symbol {value}; give the variances of the weights"
        raise NoMoments(said, why="symbolic_law")
    return float(value)


def spread_out(base: Nodes, spread: float, breaks: Iterable[Any] = ()) -> Nodes:
    """The law base + N(0, spread) as points, cut at break points."""
    return _density_nodes(base, spread, map(float, breaks)) if spread > 0 else base


def base_and_spread(law: Law) -> tuple[Nodes, float]:
    """A law as points and the variance of the normal part beside them."""
    match law.base:
        case None:
            base = CENTRE
        case Nodes():
            base = law.base
        case Image(held, variance):
            base = mapped(held, CENTRE, as_float(variance))[0]
    return base, as_float(law.spread)


def as_nodes(law: Law) -> Nodes:
    return spread_out(*base_and_spread(law))


def _images(held: ActivationMoments, nodes: Nodes) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """s and s' at each point"""
    if held.expression.free_symbols != {y}:
        raise NoMoments(f"{held.name} as numbers, with {dict(held.parameters)}")
    if held.slopes is not None:
        below, above = map(float, held.slopes)
        slopes = np.where(nodes.values > 0, above, below)
        return slopes * nodes.values, slopes
    return _floating(held.expression)(nodes.values), _floating(held.definition.derivative)(nodes.values)


def _gathered(values: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> Nodes:
    distinct, which = np.unique(values, return_inverse=True)
    return Nodes(distinct, np.bincount(which, weights=weights))


def mapped(held: ActivationMoments, base: Nodes, spread: float) -> tuple[Nodes, Triple]:
    """The law of s(base + N(0, spread)), and E[s], E[s^2], E[s'^2]."""
    nodes = spread_out(base, spread, held.definition.breaks)
    values, slopes = _images(held, nodes)
    moments = [sympy.Float(float(f @ nodes.weights), DIGITS) for f in (values, values**2, slopes**2)]
    return _gathered(values, nodes.weights), (moments[0], moments[1], moments[2])


def sloped(held: ActivationMoments, base: Nodes, spread: float) -> Nodes:
    """The same points s(y), each weighted by the s'(y)^2 that led to it."""
    nodes = spread_out(base, spread, held.definition.breaks)
    values, slopes = _images(held, nodes)
    return _gathered(values, nodes.weights * slopes**2)


FINE = np.linspace(-9, 9, 200)


def share_below(law: Law, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """P(s(g) < value) for g ~ N(0, q), and half of what lies at the value itself; to four digits or five."""
    match law:
        case Law(None, variance):
            held = None
        case Law(Image(held, variance), spread) if spread == 0:
            pass
        case _:
            raise NoMoments("how much lies below a value, of a law known at points only", why="other")
    normal = as_float(variance)
    nodes = spread_out(CENTRE, normal, FINE * np.sqrt(normal))
    nodes = _gathered(nodes.values if held is None else _images(held, nodes)[0], nodes.weights)
    return np.asarray(np.interp(values, nodes.values, np.cumsum(nodes.weights) - nodes.weights / 2))
