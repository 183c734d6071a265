"""Schemes of initialisation: each a solution of one equation in Var(w)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import mpmath
import sympy
from mpmath import mp
from sympy import Expr, Symbol, sqrt

from solver.frozen import frozen
from solver.moments.activations import ActivationMoments, NoMoments, activation_moments, y
from solver.moments.activations.integrals import a
from solver.moments.propagation.images import gains, homogeneous_gain
from solver.moments.propagation.state import DIGITS, Label


@final
@frozen(eq=False)
class Scheme:
    """A variance of weights, by its name, and the equation that it solves."""

    name: str
    variance: Expr
    equation: Expr
    source: str = ""

    @property
    def std(self) -> Expr:
        """sqrt(Var(w))"""
        return sqrt(self.variance)


V = Symbol("V", positive=True)


def keeping(fan: Any, gain: Any = 1) -> Expr | None:
    """The V that solves fan V gain = 1: what the layer adds up, times what follows, keeps its size.

    None where nothing comes through, whatever V is.

    >>> keeping(Symbol("n")), keeping(Symbol("n"), sympy.Rational(1, 2)), keeping(3, 0)
    (1/n, 2/n, None)
    """
    return next(iter(sympy.solve(sympy.sympify(fan) * V * sympy.sympify(gain) - 1, V)), None)

SCHEMES: dict[str, tuple[Callable[[Expr, Expr, Expr, Expr], Expr], str]] = {
    "lecun": (lambda n, m, c, back: n * V - 1, "LeCun et al. 1998, Efficient backprop: the forward gain n V is 1"),
    "xavier": (
        lambda n, m, c, back: (n + m) / 2 * V - 1,
        "Glorot & Bengio 2010, Understanding the difficulty: the mean of the gains n V and m V is 1",
    ),
    "he": (lambda n, m, c, back: n * V * c - 1, "He et al. 2015, Delving deep into rectifiers: n V c = 1"),
    "he_fan_out": (lambda n, m, c, back: m * V * back - 1, "He et al. 2015: backward, m V c' = 1"),
    "torch": (lambda n, m, c, back: 3 * n * V - 1, "torch's reset_parameters: kaiming_uniform with a = sqrt(5)"),
}
"""Name -> the equation in V = Var(w), of fan_in n, fan_out m and the gains c, c' of the activation; its source."""


def scheme(name: str, fan_in: Any, fan_out: Any = None, activation: str = "relu", **parameters: Any) -> Scheme:
    """A scheme as the solution of its equation; "he" looks at the activation, at q = 1 where that matters.

    >>> n, m = sympy.symbols("n m", positive=True)
    >>> [scheme(name, n, m).variance for name in ("lecun", "xavier", "he", "torch")]
    [1/n, 2/(m + n), 2/n, 1/(3*n)]
    """
    if name not in SCHEMES:
        raise NoMoments(f"the scheme {name!r}", tuple(SCHEMES))
    equation, source = SCHEMES[name]
    _, gain, back = gains(activation_moments(activation, **parameters), sympy.S.One)
    fans = [sympy.sympify(fan_in), sympy.sympify(fan_in if fan_out is None else fan_out)]
    said = equation(fans[0], fans[1], gain, back)
    (variance,) = sympy.solve(said, V)
    return Scheme(name, variance, sympy.Eq(said + 1, 1), source)


def fixup(blocks: Any, layers: int = 2) -> Expr:
    """a = L^(-1/(2m - 2)), a factor on the standard deviation of the weights of L blocks with m weight layers each.

    The last layer of a block starts at 0; its first update is proportional to what the m - 1 others hand it, whose
    second moment is a^(2 (m - 1)) of that without a. The updates of L blocks come to that of one: L a^(2 (m - 1)) = 1.

    >>> fixup(Symbol("L", positive=True)), fixup(16, layers=3)
    (1/sqrt(L), 1/2)
    """
    factor = Symbol("a", positive=True)
    (solution,) = sympy.solve(sympy.sympify(blocks) * factor ** (2 * (layers - 1)) - 1, factor)
    return solution


@final
@frozen
class Edge:
    """Where neither signals nor gradients grow or die: n Var(w), Var(b), and the variance that stays, None for each."""

    weights: Any
    biases: Any
    variance: Any
    label: Label


def _slope_at_zero(held: ActivationMoments) -> Expr:
    """The limit of E[s'(y)^2] for small y: the mean of the squared slopes on both sides of 0."""
    parts = held.definition.even_parts("derivative_second")
    return parts[0].subs(a, 0) if parts else held.definition.derivative.subs(y, 0) ** 2


def edge_of_chaos(name: str, biases: Any = 0, digits: int = DIGITS, **parameters: Any) -> Edge:
    """n Var(w) = 1/E[s'(y)^2] for the q that stays: q = n Var(w) E[s(y)^2] + Var(b), y ~ N(0, q).

    >>> edge = edge_of_chaos("tanh", 0.05)
    >>> [mpmath.nstr(value, 12) for value in (edge.weights, edge.variance)]
    ['1.76095463961', '0.570047881641']
    """
    held = activation_moments(name, **parameters)
    biases = sympy.Rational(str(biases)) if isinstance(biases, float) else sympy.sympify(biases)
    if held.slopes is not None:
        if biases != 0:
            raise NoMoments(f"an edge of chaos of {name} with biases: every step adds Var(b)")
        return Edge(1 / homogeneous_gain(held), biases, None, "exact")
    if biases == 0 and held.expression.subs(y, 0) == 0 and (slope := _slope_at_zero(held)).is_number:
        if slope == 0:
            raise NoMoments(f"an edge of chaos of {name} at Var(b) = 0: it is flat at 0")
        return Edge(1 / slope, biases, sympy.S.Zero, "mean field")
    with mp.workdps(digits + 10):
        wanted = mpmath.mpf(biases.evalf(mp.dps))

        def excess(at: Any) -> Any:
            _, second, derivative = held.numeric(at, digits + 8)
            if derivative == 0:
                raise NoMoments(f"an edge of chaos of {name}, whose derivative is 0")
            return at - second / derivative - wanted

        low = high = mpmath.mpf(1) / 2
        while excess(low) > 0:
            low /= 4
            if low < mpmath.mpf(10) ** -20:
                raise NoMoments(f"an edge of chaos of {name} at Var(b) = {biases}")
        while excess(high) < 0:
            high *= 2
            if high > mpmath.mpf(10) ** 6:
                raise NoMoments(f"an edge of chaos of {name} at Var(b) = {biases}")
        stays = mpmath.findroot(excess, (low, high), solver="anderson", tol=mpmath.mpf(10) ** -(2 * digits))
        weights = 1 / held.numeric(stays, digits + 5)[2]
    with mp.workdps(digits):
        return Edge(+weights, biases, +stays, "numeric")
