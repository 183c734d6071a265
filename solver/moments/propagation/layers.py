"""What each family of layers does to second moments, forward and backward: a rule for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias, final

import mpmath
import numpy as np
import sympy
from mpmath import mp
from sympy import Expr, Rational, sqrt

from solver.frozen import frozen
from solver.moments.activations import (
    ActivationMoments,
    NoMoments,
    activation_moments,
    largest_moment,
    selu_constants,
    y,
)
from solver.moments.propagation.images import as_float, as_nodes, gains, mapped, rectified_sum
from solver.moments.propagation.state import (
    DIGITS,
    Factor,
    Image,
    Label,
    Largest,
    Law,
    Nodes,
    Slope,
    State,
    Step,
    Unfollowed,
    Weights,
    tidy,
    worse,
)
from solver.symbols import E, expression
from solver.values import Shape


@final
@frozen
class Place:
    """Where a rule is asked: the shapes before and after, and the weights' number and variances."""

    shapes: tuple[Shape, ...]
    shape: Shape
    weight: Callable[[Expr, Expr, Expr | None], tuple[int, Weights]]

    @property
    def positions(self) -> bool:
        """Whether weights are used at several positions."""
        return len(self.shape) > 1 and any(size != 1 for size in self.shape[1:])


Rule: TypeAlias = Callable[[Any, tuple[State, ...], Place], Step]


def size_along(shape: Shape, axis: int) -> Expr:
    return expression(shape[axis])


def elements(shape: Shape) -> Expr:
    return sympy.Mul(*map(expression, shape))


def kept(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Numbers are only moved."""
    return Step(states[0], (sympy.S.One,))


def moved(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Numbers change places: what stands where another stood has its moments, and is not the same."""
    return Step(replace(states[0]), (sympy.S.One,))


def summed(
    state: State, place: Place, fan_in: Expr, fan_out: Expr, torch: Expr, *assumptions: str, back: tuple[str, ...] = ()
) -> Step:
    """E[v^2] = n Var(w) E[x^2] + Var(b)"""
    number, weights = place.weight(fan_in, fan_out, torch)
    second = tidy(fan_in * weights.variance * state.second + weights.bias_variance)
    again = number in state.rests
    after = state.now(
        "mean field" if again else "exact",
        "weights_centred",
        *assumptions,
        *(("weights_reused",) if again else ()),
        mean=sympy.S.Zero,
        second=second,
        law=Law(None, second),
        fresh=frozenset() if again else frozenset({number}),
        rests=state.rests | {number},
        sources=frozenset({weights.use}),
        nonnegative=False,
    )
    back_label: Label = "mean field" if again else "exact"
    said = ("weights_centred", *assumptions, *back)
    return Step(after, (tidy(fan_out * weights.variance),), back_label, said, weights, averages=True)


def linear(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    n, m = size_along(place.shapes[0], -1), expression(layer.out_features)
    return summed(states[0], place, n, m, 1 / (3 * n))


def convolution(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """n = C_in K^2/g, m = C_out K^2/(g s^2): a number is in K/s windows along each axis, or in all that there are."""
    windows, overlap = windows_over(layer.window, place)
    groups = expression(layer.groups)
    n = size_along(place.shapes[0], 0) / groups * sympy.Mul(*layer.window.kernel)
    m = expression(layer.out_channels) / groups * windows
    inside = () if all(p == 0 for p in layer.window.padding) and not layer.window.same else ("interior",)
    return summed(states[0], place, n, m, 1 / (3 * n), *inside, back=overlap)


def windows_over(window: Any, place: Place) -> tuple[Expr, tuple[str, ...]]:
    """In how many windows a number in the middle is: K/s along each axis, and no more than there are windows."""
    found, even = sympy.S.One, True
    for k, s, before, after in zip(window.kernel, window.stride, place.shapes[0][1:], place.shape[1:], strict=True):
        there, made = expression(before), expression(after)
        count = sympy.sympify(k) / s
        if count.is_number and made.is_number:
            count = min(count, made)
        found, even = found * count, even and count * there == k * made
    return found, () if even else ("overlap",)


def transposed(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """The fans of the convolution, exchanged; torch takes C_out K^2/g for fan_in."""
    kernel, stride = (sympy.Mul(*values) for values in (layer.kernel_size, layer.stride))
    groups = expression(layer.groups)
    n = size_along(place.shapes[0], 0) / groups * kernel / stride
    m = expression(layer.out_channels) / groups * kernel
    return summed(states[0], place, n, m, 1 / (3 * m), "interior")


NONNEGATIVE = frozenset("relu relu6 squared_relu abs sigmoid step hardsigmoid exp softplus".split())
"""Activations with no negative value."""


def _activated(held: ActivationMoments, state: State, place: Place) -> Step:
    """E[s(v)^2] and E[s'(v)^2]"""
    if held.slopes == (1, 1) or (state.nonnegative and held.slopes is not None and held.slopes[1] == 1):
        return Step(state, (sympy.S.One,))
    mean, second, derivative, law, label = _moments_on(held, state)
    always = held.any_symmetric
    exact = bool(state.fresh) and _of_the_second(always.get("second"))
    centred = bool(state.fresh) and always.get("mean") is not None and always["mean"].is_number
    said = ("weights_symmetric",) if exact or centred else ()
    after = state.now(
        "exact" if exact else label,
        *said,
        *(() if exact else ("gaussian",)),
        *(("taken_as_normal",) if state.law is None and not exact else ()),
        mean=mean,
        second=second,
        law=law,
        fresh=state.fresh if always.get("mean") == 0 else frozenset(),
        nonnegative=held.name in NONNEGATIVE,
    )
    back_exact = bool(state.fresh) and held.slopes is not None and not place.positions
    back: Label = "exact" if back_exact else worse(label, "mean field")
    said_back = ("no_atom", *(() if back_exact else ("gradients_independent",)))
    return Step(after, (derivative,), back, said_back, passing=(Slope(held, state.law),))


def _law_before(state: State) -> Law | None:
    """The law of a signal; a centred one whose law is not followed is taken to be normal."""
    return Law(None, state.second) if state.law is None and state.mean == 0 else state.law


def _of_the_second(statement: Expr | None) -> bool:
    """Whether E[s(y)^2] is a + b E[y^2] for every symmetric law."""
    return statement is not None and not (statement - statement.coeff(E(y**2)) * E(y**2)).has(E)


def _moments_on(held: ActivationMoments, state: State) -> tuple[Expr, Expr, Expr, Law | None, Label]:
    """E[s], E[s^2], E[s'^2], the law after it, and how these were found."""
    law = _law_before(state)
    if law is not None and law.base is None:
        mean, gain, derivative = gains(held, law.spread)
        found: Label = "mean field" if held.label == "exact" else "numeric"
        return mean, tidy(gain * law.spread), derivative, Law(Image(held, law.spread), sympy.S.Zero), found
    rectifies = law is not None and isinstance(law.base, Image) and law.base.activation.name == held.name == "relu"
    if rectifies and law is not None and isinstance(law.base, Image):
        mean, second, positive = rectified_sum(law.base.variance, law.spread)
        after = None
        if sympy.sympify(law.spread + law.base.variance).is_number:
            after = Law(mapped(held, as_nodes(Law(law.base, sympy.S.Zero)), float(law.spread))[0], sympy.S.Zero)
        return mean, second, positive, after, "mean field"
    if law is None:
        law = Law(Nodes(np.array([as_float(state.mean)]), np.ones(1)), state.variance)
    base = as_nodes(replace(law, spread=sympy.S.Zero))
    nodes, (mean, second, derivative) = mapped(held, base, as_float(law.spread))
    return mean, second, derivative, Law(nodes, sympy.S.Zero), "numeric"


_PARAMETERS = {
    "leaky_relu": ("negative_slope",),
    "rrelu": ("lower", "upper"),
    "elu": ("alpha",),
    "celu": ("alpha",),
    "hardtanh": ("min_val", "max_val"),
    "hardshrink": ("lambd",),
    "softshrink": ("lambd",),
    "threshold": ("threshold", "value"),
    "softplus": ("beta",),
    "prelu": ("init",),
}


def moments_of_layer(layer: Any) -> ActivationMoments:
    """The moments of an activation layer, with its arguments."""
    name = "prelu" if layer.kind == "PReLU" else layer.function
    if name == "gelu" and layer.approximate == "tanh":
        name = "gelu_tanh"
    return activation_moments(name, **{key: getattr(layer, key) for key in _PARAMETERS.get(name, ())})


def activation(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return _activated(moments_of_layer(layer), states[0], place)


def function(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """A function of an imported network, by torch's name: exp, sin. What it was called with is not known."""
    held = activation_moments(layer.function)
    if held.parameters:
        raise NoMoments(layer.function, why="layer", kind=layer.function)
    return _activated(held, states[0], place)


def exact_number(value: Any) -> Expr:
    return Rational(str(value)) if isinstance(value, float) else sympy.sympify(value)


def dropout(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[x^2]/(1 - p): what is kept is divided by 1 - p."""
    (state,), keep = states, 1 - exact_number(layer.p)
    if keep == 1:
        return Step(state, (sympy.S.One,))
    gain = 1 / keep if keep != 0 else sympy.S.Zero
    after = state.now("exact", "dropout_on", second=state.second * gain, mean=state.mean if keep else keep, law=None)
    kept = Unfollowed() if keep == 0 else Factor(1 / keep)
    return Step(after, (gain,), "exact", ("dropout_on",), passing=(kept,))


def alpha_dropout(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """a (x d + t (1 - d)) + b with t = -lambda alpha: keeps mean 0 and variance 1."""
    (state,), p = states, exact_number(layer.p)
    alpha, scale = selu_constants()
    floor = -(alpha * scale).evalf(DIGITS + 5)
    factor = 1 / ((1 - p) * (1 + p * floor**2)) if p != 1 else sympy.S.Zero
    mean = sqrt(factor) * (1 - p) * state.mean
    mixed, square = (1 - p) * state.mean + p * floor, (1 - p) * state.second + p * floor**2
    second = factor * (square - mixed**2) + mean**2
    after = state.now("exact", "dropout_on", mean=mean, second=second, law=None, fresh=frozenset(), nonnegative=False)
    return Step(after, (tidy(factor * (1 - p)),), "exact", ("dropout_on",), passing=(Unfollowed(),))


def normalised(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """(x - E[x])/sqrt(Var(x)): second moment 1, whatever came in; gradients are divided by Var(x)."""
    (state,) = states
    law = Law(None, sympy.S.One) if state.law is not None and state.law.base is None else None
    after = state.now("exact", "batch_statistics", mean=sympy.S.Zero, second=sympy.S.One, law=law, nonnegative=False)
    after = replace(after, label="exact", assumptions=("batch_statistics",))
    back: Label = worse("mean field", state.label)
    passing = Factor(1 / sqrt(state.variance), state.mean)
    return Step(after, (tidy(1 / state.variance),), back, ("batch_statistics",), passing=(passing,))


def root_mean_square(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """x/sqrt(E[x^2])"""
    (state,) = states
    law = Law(None, sympy.S.One) if state.law is not None and state.law.base is None else None
    after = replace(
        state.now("exact", "batch_statistics", mean=state.mean / sqrt(state.second), second=sympy.S.One, law=law),
        label="exact",
        assumptions=("batch_statistics",),
    )
    back: Label = worse("mean field", state.label)
    passing = Factor(1 / sqrt(state.second))
    return Step(after, (tidy(1 / state.second),), back, ("batch_statistics",), passing=(passing,))


def local_response(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """x/(k + alpha E[x^2])^beta"""
    (state,) = states
    k, alpha, beta = (exact_number(getattr(layer, name)) for name in ("k", "alpha", "beta"))
    gain = tidy((k + alpha * state.second) ** (-2 * beta))
    after = state.now("mean field", "positions_independent", second=state.second * gain, law=None)
    after = after.now(mean=state.mean * sqrt(gain))
    return Step(after, (gain,), "mean field", ("gradients_independent",), passing=(Unfollowed(),))


def _averaged(
    state: State, cells: Expr, divisor: Expr, windows: Expr, *assumptions: str, back: tuple[str, ...] = ()
) -> Step:
    """E[x]^2 + Var(x)/k for the mean of k numbers; each gets the gradient of so many `windows`, over k^2."""
    if cells == 1 and divisor == 1:
        return Step(state.now("exact", *assumptions), (tidy(windows),), "exact", (*assumptions, *back))
    share = cells / divisor
    normal = state.law is not None and state.law.base is None
    second = tidy((state.mean**2 + state.variance / cells) * share**2)
    after = state.now(
        "mean field",
        "positions_independent",
        *assumptions,
        mean=tidy(state.mean * share),
        second=second,
        law=Law(None, second) if normal else None,
    )
    said = ("gradients_independent", *assumptions, *back)
    return Step(after, (tidy(windows / divisor**2),), "mean field", said, passing=(Unfollowed(),))


def _inside(layer: Any) -> tuple[str, ...]:
    return () if all(p == 0 for p in layer.window.padding) else ("interior",)


def average_pool(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells = sympy.Mul(*layer.window.kernel)
    windows, overlap = windows_over(layer.window, place)
    divisor = cells if layer.divisor_override is None else sympy.Integer(layer.divisor_override)
    return _averaged(states[0], cells, divisor, windows, *_inside(layer), back=overlap)


def _adaptive_cells(place: Place) -> Expr:
    """How many numbers a window has: n/m along each axis. A number is in one window."""
    return elements(Shape(place.shapes[0][1:])) / elements(Shape(place.shape[1:]))


def adaptive_average(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells = _adaptive_cells(place)
    return _averaged(states[0], cells, cells, sympy.S.One)


def mean_over_axes(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    if layer.function not in ("mean",):
        raise NoMoments(layer.function, why="layer", kind=layer.function)
    cells = elements(place.shapes[0]) / elements(place.shape)
    return _averaged(states[0], cells, cells, sympy.S.One)


def _largest(state: State, cells: Expr, windows: Expr, *assumptions: str, back: tuple[str, ...] = ()) -> Step:
    """The largest of k numbers; it gets the gradient: a number is the largest in one of k of its `windows`."""
    if cells == 1:
        return Step(state.now("exact", *assumptions), (windows,), "exact", (*assumptions, *back))
    mean, second, label = _largest_of(state, cells)
    after = state.now(
        label,
        "gaussian",
        "positions_independent",
        *(("taken_as_normal",) if state.law is None else ()),
        *assumptions,
        mean=tidy(mean),
        second=second,
        law=None,
        fresh=frozenset(),
    )
    said = ("gradients_independent", *assumptions, *back)
    return Step(after, (tidy(windows / cells),), "mean field", said, passing=(Largest(cells, state.law),))


def _largest_of(state: State, cells: Expr) -> tuple[Expr, Expr, Label]:
    law = _law_before(state)
    if not isinstance(cells, sympy.Integer) or law is None or (law.spread != 0 and law.base is not None):
        raise NoMoments(f"the largest of {cells} numbers whose law is not followed", why="largest", count=cells)
    if law.base is None:
        mean, second, label = _extremes(int(cells), positive=False)
        return mean * sqrt(law.spread), second * law.spread, label
    if isinstance(law.base, Image) and law.base.activation.name == "relu":
        mean, second, label = _extremes(int(cells), positive=True)
        return mean * sqrt(law.base.variance), second * law.base.variance, label
    nodes = law.base if isinstance(law.base, Nodes) else as_nodes(law)
    order = np.argsort(nodes.values)
    below = np.concatenate([[0.0], np.cumsum(nodes.weights[order])])
    weights = np.diff(np.clip(below, 0, 1) ** int(cells))
    values = nodes.values[order]
    return sympy.Float(float(values @ weights), 6), sympy.Float(float(values**2 @ weights), 6), "numeric"


@cache
def _extremes(cells: int, positive: bool) -> tuple[Expr, Expr, Label]:
    """E[max], E[max^2] of k standard normal numbers, or of max(max, 0)."""
    closed = [largest_moment(cells, power, positive=positive) for power in (1, 2)]
    if all(value is not None for value in closed):
        return closed[0], closed[1], "mean field"
    with mp.workdps(DIGITS + 10):
        points = ([] if positive else [-14, -6, -3]) + [0, 1, 2, 3, 5, 8, 14]
        values = [
            mpmath.quad(lambda t: cells * t**power * mpmath.ncdf(t) ** (cells - 1) * mpmath.npdf(t), points)  # noqa: B023
            for power in (1, 2)
        ]
    return sympy.Float(values[0], DIGITS), sympy.Float(values[1], DIGITS), "numeric"


def max_pool(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    windows, overlap = windows_over(layer.window, place)
    return _largest(states[0], sympy.Mul(*layer.window.kernel), windows, *_inside(layer), back=overlap)


def adaptive_max(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return _largest(states[0], _adaptive_cells(place), sympy.S.One)


def upsampled(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Each number is copied: it gets the gradients of all its copies."""
    mode = layer.wanted[2]
    if mode not in ("nearest", "nearest-exact"):
        raise NoMoments(f"upsampling by {mode} interpolation", why="interpolation", mode=mode)
    copies = elements(place.shape) / elements(place.shapes[0])
    return Step(states[0], (copies,), "mean field", ("gradients_independent",))


def unfolded(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Each number is copied into every window over it."""
    copies = elements(place.shape) / elements(place.shapes[0])
    return Step(states[0].now("exact", "interior"), (copies,), "mean field", ("gradients_independent",))


def padded(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return Step(states[0].now("exact", "interior"), (sympy.S.One,), "exact", ("interior",))


def embedding(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """torch draws the vectors from N(0, 1)."""
    one = sympy.S.One
    number, weights = place.weight(one, one, one)
    fresh, source = frozenset({number}), frozenset({weights.use})
    return Step(State(sympy.S.Zero, one, Law(None, one), fresh, states[0].rests | fresh, source), (None,))


def gated(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[(a sigmoid(b))^2] = E[a^2] E[sigmoid(b)^2] for halves a and b."""
    (state,) = states
    if state.mean != 0:
        raise NoMoments("GLU of numbers whose mean is not 0", why="layer", kind="GLU")
    _, gain, slope = gains(activation_moments("sigmoid"), state.second)
    second = tidy(state.second**2 * gain)
    back = tidy((state.second * gain + state.second * slope) / 2)
    after = state.now("numeric", "gaussian", "branches_independent", second=second, law=None)
    return Step(after, (back,), "numeric", ("gradients_independent",), passing=(Unfollowed(varies=True),))
