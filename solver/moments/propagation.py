"""How second moments pass through a network, forward and backward: E[x^2] of each layer, E[d^2] of its gradient.

A layer with weights has fan_in n and fan_out m: v = sum of n terms w x, and each x is used in m sums. So

    E[v^2] = n Var(w) E[x^2] + Var(b)            E[d_x^2] = m Var(w) E[d_v^2]

which holds at every width: weights have mean 0, are uncorrelated and independent of what they multiply; the x may
depend on one another as they like. An activation multiplies by E[s(v)^2]/E[v^2] and E[s'(v)^2]. Results are labelled:

    exact        at every width: signs of weights may be turned without changing their law, so that v is symmetric
    mean field   in the limit of wide layers, where v is normal and what meets in a sum is independent
    numeric      the same, and integrated numerically

    n, m  fan_in, fan_out      V  Var(w)      c, c'  gains, forward and backward, of what follows a layer
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, reduce
from itertools import takewhile
from math import prod
from typing import Any, Literal, TypeAlias, final

import mpmath
import numpy as np
import sympy
from mpmath import mp
from sympy import Expr, Rational, Symbol, asin, pi, sqrt
from sympy.core.function import AppliedUndef

from solver.derivation import DoesNotFit, Quantity, value_of
from solver.layers.base import Join, Layer, Operation
from solver.layers.composite import Chain, Composite, Concat, Graph, Sum
from solver.layers.joins import Add, Concatenate
from solver.layers.repeated import Repeat
from solver.moments.activations import (
    FACTS,
    ActivationMoments,
    E,
    Fact,
    NoMoments,
    activation_moments,
    largest_moment,
    y,
)
from solver.symbols import expression
from solver.values import Shape

Label: TypeAlias = Literal["exact", "mean field", "numeric"]
LABELS: tuple[Label, ...] = ("exact", "mean field", "numeric")
Triple: TypeAlias = "tuple[Expr, Expr, Expr]"

DIGITS = 15
MOST_OPERATIONS = 40
"""A number that takes more operations to write than this is given by its digits."""

ASSUMPTIONS = {
    "weights_centred": "weights have mean 0, are uncorrelated and independent of the layer's input",
    "weights_symmetric": "turning the sign of a row of weights does not change their law",
    "no_atom": "no pre-activation is exactly where the derivative jumps",
    "gaussian": "wide layers: pre-activations are normal",
    "gradients_independent": "what the gradient meets on its way back is independent of it",
    "branches_independent": "what meets in a sum or a product is independent",
    "positions_independent": "positions under a window are independent",
    "interior": "no window reaches into the padding",
    "batch_statistics": "normalised by the statistics of the data, epsilon left out",
    "dropout_on": "as in training",
    "taken_as_normal": "a law that is not followed is taken to be normal with its mean and variance",
    "weights_reused": "the same weights are used again, as if they were others",
    "unknown": "moments that are not known have a symbol",
    "input": "the input is centred, with the second moment that is given",
}
"""What a result may rest on, by the name that catalogs know it by."""


def worse(*labels: Label) -> Label:
    """The weakest of several labels."""
    return max(labels, key=LABELS.index, default="exact")


def tidy(value: Any) -> Expr:
    """A number that is long to write as its digits; anything else as it is."""
    value = sympy.sympify(value)
    if not value.is_number or value.is_Rational or value.is_Float:
        return value
    if value.has(sympy.Float):
        return value.evalf(DIGITS)
    return value.evalf(DIGITS + 5) if value.count_ops() > MOST_OPERATIONS else value


def ratio(top: Expr, bottom: Expr) -> Expr:
    """top/bottom, cancelled where that does not take long: products of sizes and variances, short numbers."""
    quotient = top / bottom
    if quotient.count_ops() > 2 * MOST_OPERATIONS:
        return tidy(quotient)
    plain = all(isinstance(function, AppliedUndef) for function in quotient.atoms(sympy.Function))
    whole = all(power.exp.is_Integer for power in quotient.atoms(sympy.Pow))
    return tidy(sympy.cancel(quotient) if quotient.is_number or (plain and whole) else sympy.powsimp(quotient))


# --- what is known of one number of a signal


@final
@dataclass(frozen=True, eq=False)
class Image:
    """The law of s(y), y ~ N(0, q)."""

    activation: ActivationMoments
    variance: Expr


@final
@dataclass(frozen=True, eq=False)
class Nodes:
    """A law as weighted points."""

    values: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]


@final
@dataclass(frozen=True, eq=False)
class Law:
    """The law of base + N(0, spread), the two independent; without a base it is normal."""

    base: Image | Nodes | None
    spread: Expr


@final
@dataclass(frozen=True, eq=False)
class State:
    """What is known of one number of a signal.

    fresh    weights whose sign turns the sign of the signal: where there are any, it is symmetric at every width
    rests    all weights that it depends on
    law      its law where layers are wide; None where it is not followed
    label    how far `second` holds
    """

    mean: Expr
    second: Expr
    law: Law | None = None
    fresh: frozenset[int] = frozenset()
    rests: frozenset[int] = frozenset()
    nonnegative: bool = False
    label: Label = "exact"
    assumptions: tuple[str, ...] = ()

    @property
    def variance(self) -> Expr:
        """E[x^2] - E[x]^2"""
        return self.second - self.mean**2

    def now(self, label: Label = "exact", *assumptions: str, **changes: Any) -> State:
        """The state with changes, its label no better than this one."""
        said = tuple(dict.fromkeys((*self.assumptions, *assumptions)))
        if "second" in changes:
            changes["second"] = tidy(changes["second"])
        return replace(self, label=worse(self.label, label), assumptions=said, **changes)


@final
@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a layer: how many terms a sum has, how many sums a number is in, their variance."""

    fan_in: Expr
    fan_out: Expr
    variance: Expr
    bias_variance: Expr
    torch: Expr | None = None
    number: int = 0


@final
@dataclass(frozen=True, eq=False)
class Step:
    """What a rule says of a layer: the state after it, and the gain of gradients to each of its inputs.

    Where a layer is not followed, its state has symbols and `reason` says why.
    """

    state: State
    back: tuple[Expr | None, ...]
    back_label: Label = "exact"
    back_assumptions: tuple[str, ...] = ()
    weights: Weights | None = None
    reason: str = ""


# --- rows and the table


@final
@dataclass(frozen=True, eq=False)
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


@final
@dataclass(frozen=True, eq=False)
class Row:
    """One layer: moments after it, its gains, its weights, and the variances that keep the signal at its size.

    gradient          E[d^2] of the layer's output where that of the network's output is 1
    weight_gradient   E[(dC/dw)^2] of one of its weights, on the same scale
    """

    operation: Operation
    inputs: tuple[int, ...]
    output: int
    shapes: tuple[Shape, ...]
    shape: Shape
    before: tuple[State, ...]
    step: Step
    times: Expr = sympy.S.One
    inside: tuple[Row, ...] = ()
    gradient: Expr | None = None
    following: tuple[Expr, Expr] | None = None
    activated: Expr | None = None
    normalised: bool = False
    recommended: Scheme | None = None

    @property
    def name(self) -> str:
        """The name of the layer, or its kind."""
        return self.operation.name or self.operation.kind

    @property
    def kind(self) -> str:
        """The kind of the layer."""
        return self.operation.kind

    @property
    def mean(self) -> Expr:
        """E[x] after the layer."""
        return self.step.state.mean

    @property
    def second(self) -> Expr:
        """E[x^2] after the layer."""
        return self.step.state.second

    @property
    def label(self) -> Label:
        """How far the moments hold."""
        return self.step.state.label

    @property
    def width(self) -> Literal["any", "infinite"]:
        """At which width they hold."""
        return "any" if self.label == "exact" else "infinite"

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the moments rest on, as names of ASSUMPTIONS."""
        return self.step.state.assumptions

    @property
    def forward(self) -> Expr | None:
        """The gain of the second moment: E[x_out^2]/E[x_in^2], of the earliest input where there are several."""
        if self.step.reason:
            return None
        return ratio(self.second, self.before[self.inputs.index(min(self.inputs))].second)

    @property
    def backward(self) -> Expr | None:
        """The gain of the gradient's second moment, to the first input."""
        return self.step.back[0]

    @property
    def backward_label(self) -> Label:
        """How far the gain of the gradient holds."""
        return self.step.back_label

    @property
    def fan_in(self) -> Expr | None:
        """How many terms a sum of the layer has."""
        return self.step.weights.fan_in if self.step.weights else None

    @property
    def fan_out(self) -> Expr | None:
        """In how many sums a number is."""
        return self.step.weights.fan_out if self.step.weights else None

    @property
    def variance(self) -> Expr | None:
        """Var(w)"""
        return self.step.weights.variance if self.step.weights else None

    @property
    def weight_gradient(self) -> Expr | None:
        """P E[d^2] E[x^2] for P positions that use the weight."""
        if self.step.weights is None or self.gradient is None:
            return None
        return tidy(positions_of(self) * self.gradient * self.before[0].second)

    @property
    def keeps_forward(self) -> Expr | None:
        """The Var(w) for which the layer and what follows it keep the second moment: n V c = 1."""
        return self._keeping(self.fan_in, 0)

    @property
    def keeps_backward(self) -> Expr | None:
        """The Var(w) for which they keep that of the gradient: m V c' = 1."""
        return self._keeping(self.fan_out, 1)

    def _keeping(self, fan: Expr | None, direction: int) -> Expr | None:
        if fan is None or self.following is None or self.following[direction] == 0:
            return None
        return keeping(fan, self.following[direction])

    @property
    def default(self) -> Expr | None:
        """torch's Var(w) where nothing is asked for: kaiming_uniform with a = sqrt(5), which is 1/(3 fan_in)."""
        return self.step.weights.torch if self.step.weights else None

    @property
    def default_gain(self) -> Expr | None:
        """The gain of the layer and what follows it with torch's default: n V c, 1/6 before ReLU."""
        if self.default is None or self.fan_in is None or self.following is None:
            return None
        return tidy(self.fan_in * self.default * self.following[0])


@final
@dataclass(frozen=True, eq=False)
class Table:
    """A row a layer, and the gains of the whole network up to the last layer that is followed."""

    network: Layer
    input: State
    rows: tuple[Row, ...]
    output: State
    input_gradient: Expr | None

    @cached_property
    def forward(self) -> Expr:
        """E[output^2]/E[input^2]"""
        return ratio(self.output.second, self.input.second)

    @property
    def backward(self) -> Expr | None:
        """E[d_input^2]/E[d_output^2]"""
        return self.input_gradient

    @property
    def label(self) -> Label:
        """How far the moments of the output hold."""
        return self.output.label

    @property
    def backward_label(self) -> Label:
        """How far the gradients' moments hold."""
        users: dict[int, int] = {}
        for row in self.rows:
            for signal in row.inputs:
                users[signal] = users.get(signal, 0) + 1
        split: Label = "mean field" if any(count > 1 for count in users.values()) else "exact"
        return worse(split, *(row.step.back_label for row in self.rows))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the table rests on, as names of ASSUMPTIONS."""
        said = [self.output.assumptions, *(row.step.back_assumptions for row in self.rows)]
        return tuple(dict.fromkeys(name for names in said for name in names))

    @property
    def weighted(self) -> tuple[Row, ...]:
        """The rows of layers with weights, those of one block where a symbol says how often it is repeated."""
        every = (inner for row in self.rows for inner in (row, *row.inside))
        return tuple(row for row in every if row.step.weights is not None)

    def __getitem__(self, name: str) -> Row:
        """The row of the layer with this name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)


# --- schemes: solutions of one equation


def keeping(fan: Any, gain: Any = 1) -> Expr:
    """The V that solves fan V gain = 1: what the layer adds up, times what follows, keeps its size.

    >>> keeping(Symbol("n")), keeping(Symbol("n"), Rational(1, 2))
    (1/n, 2/n)
    """
    v = Symbol("V", positive=True)
    (solution,) = sympy.solve(sympy.sympify(fan) * v * sympy.sympify(gain) - 1, v)
    return solution


V = Symbol("V", positive=True)

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
@dataclass(frozen=True)
class Edge:
    """Where neither signals nor gradients grow or die: n Var(w), Var(b), and the variance that stays, None for each."""

    weights: Any
    biases: Any
    variance: Any
    label: Label


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
        return Edge(1 / _homogeneous_gain(held), biases, None, "exact")
    slope = held.definition.derivative.subs(y, 0)
    if biases == 0 and held.expression.subs(y, 0) == 0 and slope.is_number:
        return Edge(1 / slope**2, biases, sympy.S.Zero, "mean field")
    with mp.workdps(digits + 10):
        wanted = mpmath.mpf(biases.evalf(mp.dps))

        def excess(at: Any) -> Any:
            _, second, derivative = held.numeric(at, digits + 8)
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


# --- moments of an activation on a law


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
    closed: list[Expr | None] = [_short(held, fact) for fact in FACTS]
    if None in closed:
        others = held.numeric(variance, DIGITS) if variance.is_number else [_later(held, f)(variance) for f in FACTS]
        closed = [_digits(other) if value is None else value for value, other in zip(closed, others, strict=True)]
    mean, second, derivative = (sympy.sympify(value).subs(_Q, variance) for value in closed)
    return tidy(mean), ratio(second, variance), tidy(derivative)


def _digits(value: Any) -> Expr:
    return sympy.Float(value, DIGITS) if isinstance(value, mpmath.mpf) else value


_Q = Symbol("q", positive=True)


def _homogeneous_gain(held: ActivationMoments) -> Expr:
    """(s_-^2 + s_+^2)/2"""
    assert held.derivative_second is not None
    return held.derivative_second


def rectified_sum(variance: Any, spread: Any) -> Triple:
    """E, E[.^2] and P(> 0) of relu(x + v) for x = relu(g), g ~ N(0, q) and v ~ N(0, u) independent.

    Where g < 0, half of v is left: u/4. Where g > 0 and g + v > 0, two normal numbers with correlation
    c = sqrt(q/(q + u)) are positive: P = 1/4 + asin(c)/(2 pi), and E[(g + v)^2; both] = (q + u) P + sqrt(q u)/(2 pi).

    >>> mean, second, positive = rectified_sum(1, Rational(1, 2))
    >>> (2*second).evalf(12), positive.evalf(12)
    (1.68120916502, 0.652043361992)
    >>> sympy.simplify(2*rectified_sum(1, 1)[1])
    1/pi + 2
    """
    q, u = sympy.sympify(variance), sympy.sympify(spread)
    together = Rational(1, 4) + asin(sqrt(q / (q + u))) / (2 * pi)
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
        raise NoMoments(f"a law of width {high - low:.3g} with detail of {width:.3g}")
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


def _as_nodes(law: Law, breaks: Iterable[float] = ()) -> Nodes:
    match law.base:
        case None:
            base = CENTRE
        case Nodes():
            base = law.base
        case Image(held, variance):
            base = _mapped(held, Nodes(np.zeros(1), np.ones(1)), float(variance))[0]
    spread = float(law.spread)
    return _density_nodes(base, spread, breaks) if spread > 0 else base


def _mapped(held: ActivationMoments, base: Nodes, spread: float) -> tuple[Nodes, Triple]:
    """The law of s(base + N(0, spread)), and E[s], E[s^2], E[s'^2]."""
    nodes = _density_nodes(base, spread, map(float, held.definition.breaks)) if spread > 0 else base
    values = _floating(held.expression)(nodes.values)
    slopes = _floating(held.definition.derivative)(nodes.values)
    moments = [sympy.Float(float(f @ nodes.weights), DIGITS) for f in (values, values**2, slopes**2)]
    distinct, which = np.unique(values, return_inverse=True)
    return Nodes(distinct, np.bincount(which, weights=nodes.weights)), (moments[0], moments[1], moments[2])


# --- rules: one for each family of layers


@final
@dataclass(frozen=True)
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


def _size(shape: Shape, axis: int) -> Expr:
    return expression(shape[axis])


def _elements(shape: Shape) -> Expr:
    return sympy.Mul(*map(expression, shape))


def _kept(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Numbers are only moved."""
    return Step(states[0], (sympy.S.One,))


def _summed(state: State, place: Place, fan_in: Expr, fan_out: Expr, torch: Expr, *assumptions: str) -> Step:
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
        nonnegative=False,
    )
    return Step(after, (tidy(fan_out * weights.variance),), "exact", ("weights_centred", *assumptions), weights)


def _linear(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    n, m = _size(place.shapes[0], -1), expression(layer.out_features)
    return _summed(states[0], place, n, m, 1 / (3 * n))


def _convolution(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """n = C_in K^2/g, m = C_out K^2/(g s^2): windows overlap s times less often along each axis."""
    kernel, stride = sympy.Mul(*layer.window.kernel), sympy.Mul(*layer.window.stride)
    groups = expression(layer.groups)
    n = _size(place.shapes[0], 0) / groups * kernel
    m = expression(layer.out_channels) / groups * kernel / stride
    inside = () if all(p == 0 for p in layer.window.padding) and not layer.window.same else ("interior",)
    return _summed(states[0], place, n, m, 1 / (3 * n), *inside)


def _transposed(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """The fans of the convolution, exchanged; torch takes C_out K^2/g for fan_in."""
    kernel, stride = (sympy.Mul(*values) for values in (layer.kernel_size, layer.stride))
    groups = expression(layer.groups)
    n = _size(place.shapes[0], 0) / groups * kernel / stride
    m = expression(layer.out_channels) / groups * kernel
    return _summed(states[0], place, n, m, 1 / (3 * m), "interior")


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
    return Step(after, (derivative,), back, ("no_atom", *(() if back_exact else ("gradients_independent",))))


def _of_the_second(statement: Expr | None) -> bool:
    """Whether E[s(y)^2] is a + b E[y^2] for every symmetric law."""
    return statement is not None and not (statement - statement.coeff(E(y**2)) * E(y**2)).has(E)


def _moments_on(held: ActivationMoments, state: State) -> tuple[Expr, Expr, Expr, Law | None, Label]:
    """E[s], E[s^2], E[s'^2], the law after it, and how these were found."""
    law = state.law
    if law is None and state.mean == 0:
        law = Law(None, state.second)
    if law is not None and law.base is None:
        mean, gain, derivative = gains(held, law.spread)
        found: Label = "mean field" if held.label == "exact" else "numeric"
        return mean, tidy(gain * law.spread), derivative, Law(Image(held, law.spread), sympy.S.Zero), found
    rectifies = law is not None and isinstance(law.base, Image) and law.base.activation.name == held.name == "relu"
    if rectifies and law is not None and isinstance(law.base, Image):
        mean, second, positive = rectified_sum(law.base.variance, law.spread)
        after = None
        if sympy.sympify(law.spread + law.base.variance).is_number:
            after = Law(_mapped(held, _as_nodes(Law(law.base, sympy.S.Zero)), float(law.spread))[0], sympy.S.Zero)
        return mean, second, positive, after, "mean field"
    if law is None:
        law = Law(Nodes(np.array([_float(state.mean)]), np.ones(1)), state.variance)
    _float(law.spread + (law.base.variance if isinstance(law.base, Image) else 0))
    base = _as_nodes(replace(law, spread=sympy.S.Zero))
    nodes, (mean, second, derivative) = _mapped(held, base, float(law.spread))
    return mean, second, derivative, Law(nodes, sympy.S.Zero), "numeric"


def _float(value: Expr) -> float:
    if not sympy.sympify(value).is_number:
        raise NoMoments(f"a law whose variance is the symbol {value}; give the variances of the weights")
    return float(value)


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


def _activation(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return _activated(moments_of_layer(layer), states[0], place)


def _function(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """A function of an imported network, by torch's name: exp, sin."""
    return _activated(activation_moments(layer.function), states[0], place)


def _tokenwise(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """A layer along the last axis, at each position by itself."""
    inner = rule_of(layer.layer)
    if inner is None:
        raise NoMoments(f"the layer {layer.kind}")
    return inner(layer.layer, states, place)


def _exact_number(value: Any) -> Expr:
    return Rational(str(value)) if isinstance(value, float) else sympy.sympify(value)


def _dropout(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[x^2]/(1 - p): what is kept is divided by 1 - p."""
    (state,), keep = states, 1 - _exact_number(layer.p)
    if keep == 1:
        return Step(state, (sympy.S.One,))
    gain = 1 / keep if keep != 0 else sympy.S.Zero
    after = state.now("exact", "dropout_on", second=state.second * gain, mean=state.mean if keep else keep, law=None)
    return Step(after, (gain,), "exact", ("dropout_on",))


def _alpha_dropout(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """a (x d + t (1 - d)) + b with t = -lambda alpha: keeps mean 0 and variance 1."""
    from solver.moments.activations import selu_constants

    (state,), p = states, _exact_number(layer.p)
    alpha, scale = selu_constants()
    floor = -(alpha * scale).evalf(DIGITS + 5)
    factor = 1 / ((1 - p) * (1 + p * floor**2)) if p != 1 else sympy.S.Zero
    mean = sqrt(factor) * (1 - p) * state.mean
    mixed, square = (1 - p) * state.mean + p * floor, (1 - p) * state.second + p * floor**2
    second = factor * (square - mixed**2) + mean**2
    after = state.now("exact", "dropout_on", mean=mean, second=second, law=None, fresh=frozenset(), nonnegative=False)
    return Step(after, (tidy(factor * (1 - p)),), "exact", ("dropout_on",))


def _normalised(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """(x - E[x])/sqrt(Var(x)): second moment 1, whatever came in; gradients are divided by Var(x)."""
    (state,) = states
    law = Law(None, sympy.S.One) if state.law is not None and state.law.base is None else None
    after = state.now("exact", "batch_statistics", mean=sympy.S.Zero, second=sympy.S.One, law=law, nonnegative=False)
    after = replace(after, label="exact", assumptions=("batch_statistics",))
    back: Label = worse("mean field", state.label)
    return Step(after, (tidy(1 / state.variance),), back, ("batch_statistics",))


def _root_mean_square(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """x/sqrt(E[x^2])"""
    (state,) = states
    law = Law(None, sympy.S.One) if state.law is not None and state.law.base is None else None
    after = replace(
        state.now("exact", "batch_statistics", mean=state.mean / sqrt(state.second), second=sympy.S.One, law=law),
        label="exact",
        assumptions=("batch_statistics",),
    )
    return Step(after, (tidy(1 / state.second),), worse("mean field", state.label), ("batch_statistics",))


def _local_response(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """x/(k + alpha E[x^2])^beta"""
    (state,) = states
    k, alpha, beta = (_exact_number(getattr(layer, name)) for name in ("k", "alpha", "beta"))
    gain = tidy((k + alpha * state.second) ** (-2 * beta))
    after = state.now("mean field", "positions_independent", second=state.second * gain, law=None)
    return Step(after.now(mean=state.mean * sqrt(gain)), (gain,), "mean field", ("gradients_independent",))


def _averaged(state: State, cells: Expr, divisor: Expr, windows: Expr, *assumptions: str) -> Step:
    """E[x]^2 + Var(x)/k for the mean of k numbers; each gets the gradient of k `windows` means, over k^2."""
    if cells == 1 and divisor == 1:
        return Step(state.now("exact", *assumptions), (tidy(windows),))
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
    return Step(after, (tidy(windows * cells / divisor**2),), "mean field", ("gradients_independent", *assumptions))


def _inside(layer: Any) -> tuple[str, ...]:
    return () if all(p == 0 for p in layer.window.padding) else ("interior",)


def _average_pool(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells, stride = sympy.Mul(*layer.window.kernel), sympy.Mul(*layer.window.stride)
    divisor = cells if layer.divisor_override is None else sympy.Integer(layer.divisor_override)
    return _averaged(states[0], cells, divisor, 1 / stride, *_inside(layer))


def _adaptive_cells(place: Place) -> Expr:
    """How many numbers a window has, and by how much there are fewer windows: both are n/m along each axis."""
    return _elements(Shape(place.shapes[0][1:])) / _elements(Shape(place.shape[1:]))


def _adaptive_average(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells = _adaptive_cells(place)
    return _averaged(states[0], cells, cells, 1 / cells)


def _mean_over_axes(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    if layer.function not in ("mean",):
        raise NoMoments(layer.function)
    cells = _elements(place.shapes[0]) / _elements(place.shape)
    return _averaged(states[0], cells, cells, 1 / cells)


def _largest(state: State, cells: Expr, windows: Expr, *assumptions: str) -> Step:
    """The largest of k numbers; the gradient goes to that one: there are `windows` of them for each number."""
    if cells == 1:
        return Step(state.now("exact", *assumptions), (windows,))
    mean, second, label = _largest_of(state, cells)
    after = state.now(
        label,
        "gaussian",
        "positions_independent",
        *assumptions,
        mean=tidy(mean),
        second=second,
        law=None,
        fresh=frozenset(),
    )
    return Step(after, (tidy(windows),), "mean field", ("gradients_independent", *assumptions))


def _largest_of(state: State, cells: Expr) -> tuple[Expr, Expr, Label]:
    law = Law(None, state.second) if state.law is None and state.mean == 0 else state.law
    if not isinstance(cells, sympy.Integer) or law is None or (law.spread != 0 and law.base is not None):
        raise NoMoments(f"the largest of {cells} numbers whose law is not followed")
    if law.base is None:
        mean, second, label = _extremes(int(cells), positive=False)
        return mean * sqrt(law.spread), second * law.spread, label
    if isinstance(law.base, Image) and law.base.activation.name == "relu":
        mean, second, label = _extremes(int(cells), positive=True)
        return mean * sqrt(law.base.variance), second * law.base.variance, label
    nodes = law.base if isinstance(law.base, Nodes) else _as_nodes(law)
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


def _max_pool(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells, stride = sympy.Mul(*layer.window.kernel), sympy.Mul(*layer.window.stride)
    return _largest(states[0], cells, 1 / stride, *_inside(layer))


def _adaptive_max(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    cells = _adaptive_cells(place)
    return _largest(states[0], cells, 1 / cells)


def _upsampled(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Each number is copied: it gets the gradients of all its copies."""
    mode = layer.wanted[2]
    if mode not in ("nearest", "nearest-exact"):
        raise NoMoments(f"upsampling by {mode} interpolation")
    copies = _elements(place.shape) / _elements(place.shapes[0])
    return Step(states[0], (copies,), "mean field", ("gradients_independent",))


def _unfolded(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """Each number is copied into every window over it."""
    copies = _elements(place.shape) / _elements(place.shapes[0])
    return Step(states[0].now("exact", "interior"), (copies,), "mean field", ("gradients_independent",))


def _padded(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return Step(states[0].now("exact", "interior"), (sympy.S.One,), "exact", ("interior",))


def _embedding(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """torch draws the vectors from N(0, 1)."""
    number, _ = place.weight(sympy.S.One, sympy.S.One, None)
    one = sympy.S.One
    fresh = frozenset({number})
    return Step(State(sympy.S.Zero, one, Law(None, one), fresh, states[0].rests | fresh), (None,))


def _gated(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[(a sigmoid(b))^2] = E[a^2] E[sigmoid(b)^2] for halves a and b."""
    (state,) = states
    if state.mean != 0:
        raise NoMoments("GLU of numbers whose mean is not 0")
    _, gain, slope = gains(activation_moments("sigmoid"), state.second)
    second = tidy(state.second**2 * gain)
    back = tidy((state.second * gain + state.second * slope) / 2)
    after = state.now("numeric", "gaussian", "branches_independent", second=second, law=None)
    return Step(after, (back,), "numeric", ("gradients_independent",))


# --- joins


def _independent(first: State, second: State) -> bool:
    """Whether signs can be turned that turn one of the two signals and leave the other as it is."""
    turns = (first.fresh and not first.fresh & second.rests) or (second.fresh and not second.fresh & first.rests)
    return bool(turns)


def _fresh_together(states: tuple[State, ...]) -> frozenset[int]:
    """Weights whose signs turn all the signals at once."""
    fresh = frozenset().union(*(state.fresh for state in states))
    turns = all(state.fresh and not (fresh - state.fresh) & state.rests for state in states)
    return fresh if turns else frozenset()


def _together(states: tuple[State, ...], label: Label, *assumptions: str, **changes: Any) -> State:
    said = tuple(dict.fromkeys(name for state in states for name in state.assumptions))
    merged = replace(
        states[0],
        label=worse(*(state.label for state in states)),
        assumptions=said,
        rests=frozenset().union(*(state.rests for state in states)),
        fresh=_fresh_together(states),
        nonnegative=all(state.nonnegative for state in states),
    )
    return merged.now(label, *assumptions, **changes)


def _added_laws(states: tuple[State, ...]) -> Law | None:
    """Normal parts add their variances; at most one part may be of another kind."""
    laws = [state.law for state in states]
    known = [law for law in laws if law is not None]
    bases = [law.base for law in known if law.base is not None]
    if len(known) < len(laws) or len(bases) > 1:
        return None
    return Law(bases[0] if bases else None, tidy(sympy.Add(*(law.spread for law in known))))


def _add(layer: Any, states: tuple[State, ...], place: Place, sign: int = 1) -> Step:
    """E[(x + y)^2] = E[x^2] + E[y^2] + 2 E[x y], and E[x y] = 0 where the sign of one can be turned by itself."""
    ones = (sympy.S.One,) * len(states)
    if all(state is states[0] for state in states[1:]) and len(states) > 1:
        factor = len(states) if sign > 0 else 2 - len(states)
        after = states[0].now(second=factor**2 * states[0].second, mean=factor * states[0].mean, law=None)
        return Step(after, ones)
    pairs = [(x, z) for i, x in enumerate(states) for z in states[i + 1 :]]
    apart = all(_independent(x, z) for x, z in pairs)
    cross = sympy.S.Zero if apart else sympy.Add(*(2 * sign * x.mean * z.mean for x, z in pairs))
    second = sympy.Add(*(state.second for state in states)) + cross
    mean = states[0].mean + sympy.Add(*(sign * state.mean for state in states[1:]))
    after = _together(
        states,
        "exact" if apart else "mean field",
        *(() if apart else ("branches_independent",)),
        mean=tidy(mean),
        second=second,
        law=_added_laws(states) if sign > 0 else None,
    )
    return Step(after if sign > 0 else replace(after, nonnegative=False), ones)


def _subtract(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return _add(layer, states, place, -1)


def _multiply(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[x^2 y^2] = E[x^2] E[y^2] for independent x and y."""
    seconds = [state.second for state in states]
    backs = tuple(tidy(prod(seconds[:i] + seconds[i + 1 :])) for i in range(len(states)))
    after = _together(
        states,
        "mean field",
        "branches_independent",
        mean=tidy(prod(state.mean for state in states)),
        second=prod(seconds),
        law=None,
        fresh=frozenset(),
    )
    return Step(after, backs, "mean field", ("gradients_independent",))


def _concatenated(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """The mean over all numbers, those of each part by their share."""
    parts = [_elements(shape) for shape in place.shapes]
    whole = sympy.Add(*parts)
    second = sympy.Add(*(part * state.second for part, state in zip(parts, states, strict=True))) / whole
    mean = sympy.Add(*(part * state.mean for part, state in zip(parts, states, strict=True))) / whole
    normal = all(state.law is not None and state.law.base is None for state in states)
    alike = normal and len({state.second for state in states}) == 1
    after = _together(
        states, "exact", mean=tidy(mean), second=tidy(second), law=Law(None, states[0].second) if alike else None
    )
    return Step(after, (sympy.S.One,) * len(states))


def _bilinear(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[v^2] = D_1 D_2 Var(w) E[x_1^2] E[x_2^2]"""
    first, second = states
    sizes = [_size(shape, -1) for shape in place.shapes]
    n, m = sizes[0] * sizes[1], expression(layer.out_features)
    product = _multiply(layer, states, place)
    step = _summed(product.state, place, n, m, 1 / (3 * sizes[0]))
    assert step.weights is not None
    backs = (m * sizes[1] * step.weights.variance * second.second, m * sizes[0] * step.weights.variance * first.second)
    return replace(step, back=tuple(map(tidy, backs)), back_label="mean field")


def _matrix_product(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[(sum of n products)^2] = n E[x^2] E[y^2] + n (n - 1) E[x]^2 E[y]^2"""
    first, second = states
    n = _size(place.shapes[0], -1)
    means = first.mean**2 * second.mean**2
    moment = n * first.second * second.second + n * (n - 1) * means
    after = _together(states, "mean field", "branches_independent", mean=n * first.mean * second.mean, second=moment)
    after = replace(after, law=Law(None, after.second) if after.mean == 0 else None, fresh=frozenset())
    columns, rows = _size(place.shapes[1], -1), _size(place.shapes[0], -2)
    return Step(
        after, (tidy(columns * second.second), tidy(rows * first.second)), "mean field", ("gradients_independent",)
    )


RULES: dict[str, Rule] = {
    "Linear": _linear,
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Embedding": _embedding,
    "Bilinear": _bilinear,
    "Activation": _activation,
    "PReLU": _activation,
    "Function": _function,
    "Tokenwise": _tokenwise,
    "AlphaDropout": _alpha_dropout,
    "FeatureAlphaDropout": _alpha_dropout,
    "Drop": _dropout,
    "BatchNorm": _normalised,
    "InstanceNorm": _normalised,
    "GroupNorm": _normalised,
    "LayerNorm": _normalised,
    "RMSNorm": _root_mean_square,
    "LocalResponseNorm": _local_response,
    "AvgPool": _average_pool,
    "AdaptiveAvgPool": _adaptive_average,
    "MaxPool": _max_pool,
    "AdaptiveMaxPool": _adaptive_max,
    "Reduce": _mean_over_axes,
    "Resampled": _upsampled,
    "Unfold": _unfolded,
    "ZeroPad": _padded,
    "ReflectionPad": _padded,
    "ReplicationPad": _padded,
    "CircularPad": _padded,
    "Flatten": _kept,
    "Unflatten": _kept,
    "ChannelShuffle": _kept,
    "PixelShuffle": _kept,
    "PixelUnshuffle": _kept,
    "Permute": _kept,
    "Reshape": _kept,
    "GLU": _gated,
    "Add": _add,
    "Subtract": _subtract,
    "Multiply": _multiply,
    "Concatenate": _concatenated,
    "Stack": _concatenated,
    "MatMul": _matrix_product,
}
"""The class of a layer, or one that it is built on -> its rule; the nearest counts."""

UNFOLLOWED = frozenset(
    "Softmax LogSoftmax Softmin Softmax2d MultiheadAttention CrossAttention Divide Fold LPPool ConstantPad".split()
)
"""Layers whose moments depend on more than those of their inputs: what comes out of them has symbols of its own."""


def rule_of(operation: Any) -> Rule | None:
    """The rule of the nearest class that has one."""
    return next((RULES[kind.__name__] for kind in type(operation).__mro__ if kind.__name__ in RULES), None)


# --- through the network

Variances: TypeAlias = "str | Expr | int | float | Mapping[str, Any] | Callable[[Expr, Expr], Any] | None"


@final
@dataclass(eq=False)
class Walk:
    """Signals passed so far, the rows behind them, and the numbers that weights were given."""

    weights: Variances
    biases: Variances
    signals: list[State] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    drawn: int = 0
    named: int = 0
    unknown: int = 0

    def put(self, state: State, shape: Quantity) -> int:
        """The number of a new signal."""
        found = value_of(shape)
        assert isinstance(found, Shape)
        self.signals.append(state)
        self.shapes.append(found)
        return len(self.signals) - 1

    def through(self, operation: Operation, inputs: tuple[int, ...], again: bool = False) -> int:
        """The signal after an operation."""
        match operation:
            case Chain(layers):
                return reduce(lambda signal, layer: self.through(layer, (signal,), again), layers, inputs[0])
            case Repeat(layer, times) if isinstance(times, int):
                return self._repeated(layer, times, inputs[0], again)
            case Repeat():
                return self._in_closed_form(operation, inputs[0])
            case Sum(paths):
                ends = tuple(self.through(path, inputs, again) for path in paths)
                return self.through(Add(name=operation.name), ends)
            case Concat(paths):
                ends = tuple(self.through(path, inputs, again) for path in paths)
                return self.through(Concatenate(name=operation.name), ends)
            case Graph():
                return self._graph(operation, inputs)
            case Composite():
                raise NoMoments(operation.kind)
            case _:
                return self._step(operation, inputs, again)

    def _repeated(self, layer: Layer, times: int, signal: int, again: bool) -> int:
        """Each copy has weights of its own and the variances of the first."""
        named = self.named
        for _ in range(times):
            self.named = named
            signal = self.through(layer, (signal,), again)
        return signal

    def _graph(self, graph: Graph, inputs: tuple[int, ...]) -> int:
        made = list(inputs)
        for node in graph.nodes:
            made.append(self.through(node.operation, tuple(made[index] for index in node.inputs), node.shared))
        return made[graph.outputs[0]]

    def _step(self, operation: Operation, inputs: tuple[int, ...], again: bool) -> int:
        states, shapes = tuple(self.signals[i] for i in inputs), tuple(self.shapes[i] for i in inputs)
        after = _shape_after(operation, shapes)

        def weight(fan_in: Expr, fan_out: Expr, torch: Expr | None) -> tuple[int, Weights]:
            return self._drawn(operation, fan_in, fan_out, torch, again)

        step = self._said(operation, states, Place(shapes, after, weight))
        output = self.put(step.state, after)
        self.rows.append(Row(operation, inputs, output, shapes, after, states, step))
        return output

    def _said(self, operation: Operation, states: tuple[State, ...], place: Place) -> Step:
        rule = rule_of(operation)
        try:
            if rule is None:
                raise NoMoments(f"the layer {operation.kind}")
            return rule(operation, states, place)
        except NoMoments as reason:
            return self._unknown(states, str(reason))

    def _unknown(self, states: tuple[State, ...], reason: str) -> Step:
        self.unknown += 1
        mean, second = Symbol(f"m_{self.unknown}", real=True), Symbol(f"r_{self.unknown}", positive=True)
        label = worse("mean field", *(state.label for state in states))
        rests = frozenset().union(*(state.rests for state in states))
        said = tuple(dict.fromkeys(name for state in states for name in (*state.assumptions, "unknown")))
        after = State(mean, second, rests=rests, label=label, assumptions=said)
        return Step(after, (None,) * len(states), "mean field", ("unknown",), reason=reason)

    def _drawn(
        self, operation: Operation, fan_in: Expr, fan_out: Expr, torch: Expr | None, again: bool
    ) -> tuple[int, Weights]:
        self.named += 1
        variance = _variance(self.weights, operation, fan_in, fan_out, torch, "w", self.named)
        biased = getattr(operation, "bias", False)
        bias = _variance(self.biases, operation, fan_in, fan_out, torch, "b", self.named) if biased else sympy.S.Zero
        if not (again and id(operation) in self.numbers):
            self.drawn += 1
            self.numbers[id(operation)] = self.drawn
        return self.numbers[id(operation)], Weights(fan_in, fan_out, variance, bias, torch, self.named)

    def _in_closed_form(self, repeat: Repeat, signal: int) -> int:
        try:
            return self._closed(repeat, signal)
        except NoMoments as reason:
            state, shape = self.signals[signal], self.shapes[signal]
            step = self._unknown((state,), str(reason))
            output = self.put(step.state, shape)
            self.rows.append(Row(repeat, (signal,), output, (shape,), shape, (state,), step, expression(repeat.times)))
            return output

    def _closed(self, repeat: Repeat, signal: int) -> int:
        """L blocks in closed form: the first, and L - 1 whose gain no longer changes."""
        start, shape = self.signals[signal], self.shapes[signal]
        blocks = []
        ends = [start]
        for _ in range(3):
            walk = Walk(self.weights, self.biases, numbers=self.numbers, drawn=self.drawn, named=self.named)
            last = walk.through(repeat.layer, (walk.put(ends[-1], shape),))
            if walk.shapes[last] != shape:
                raise DoesNotFit("Repeat", {"shape": shape, "after": walk.shapes[last]})
            blocks.append((walk, last))
            ends.append(walk.signals[last])
            self.drawn = walk.drawn
        self.named = blocks[0][0].named
        growth = [ratio(ends[i + 1].second, ends[i].second) for i in range(3)]
        backs = [gradients(walk.rows, last, len(walk.signals))[0] for walk, last in blocks]
        if sympy.simplify(growth[1] - growth[2]) != 0 or any(back is None for back in backs):
            raise NoMoments(f"{repeat.times} layers in closed form: the gain is not the same at each depth")
        more = expression(repeat.times) - 1
        factor = growth[1] ** (more - 2)
        second = ends[0].second * _power(growth[0], growth[1], more)
        after = replace(ends[3], second=second, law=_scaled(ends[3].law, factor))
        after = replace(after, mean=ends[3].mean * sqrt(factor))
        walk, _ = blocks[1]
        label = worse(*(row.step.back_label for row in walk.rows))
        step = Step(after, (tidy(_power(backs[0], backs[1], more)),), label)
        output = self.put(after, shape)
        inside = _judged(tuple(walk.rows))
        row = Row(repeat, (signal,), output, (shape,), shape, (start,), step, expression(repeat.times), inside)
        self.rows.append(row)
        return output


def _power(first: Expr, then: Expr, more: Expr) -> Expr:
    """first times then^more"""
    return then ** (more + 1) if sympy.simplify(first - then) == 0 else first * then**more


def _scaled(law: Law | None, factor: Expr) -> Law | None:
    match law:
        case Law(None, spread):
            return Law(None, spread * factor)
        case Law(Image(held, variance), spread) if held.slopes is not None:
            return Law(Image(held, variance * factor), spread * factor)
        case _:
            return None


def _shape_after(operation: Operation, shapes: tuple[Shape, ...]) -> Shape:
    if isinstance(operation, Layer):
        after = value_of(operation.output(shapes[0]))
    else:
        assert isinstance(operation, Join)
        after = value_of(operation.output(shapes))
    assert isinstance(after, Shape)
    return after


def _variance(
    given: Variances, operation: Operation, fan_in: Expr, fan_out: Expr, torch: Expr | None, letter: str, number: int
) -> Expr:
    match given:
        case None:
            return sympy.Function("Var", positive=True)(Symbol(f"{letter}_{number}"))
        case "torch":
            return torch if torch is not None else sympy.S.One
        case str():
            return scheme(given, fan_in, fan_out).variance
        case Mapping():
            found = given.get(operation.name, given.get(str(number)))
            if found is None:
                raise NoMoments(f"a variance for {operation.name or operation.kind}, layer {number} with weights")
            return _exact_number(found)
        case _ if callable(given) and not isinstance(given, Expr):
            return _exact_number(given(fan_in, fan_out))
        case _:
            return _exact_number(given)


def gradients(rows: Iterable[Row], output: int, count: int) -> list[Expr | None]:
    """E[d^2] of each signal where that of the output is 1: what comes back along each use is added up."""
    found: list[Expr | None] = [sympy.S.Zero] * count
    found[output] = sympy.S.One
    for row in reversed(list(rows)):
        here = found[row.output]
        for signal, gain in zip(row.inputs, row.step.back, strict=True):
            found[signal] = _more(found[signal], here, gain)
    return found


def _more(there: Expr | None, here: Expr | None, gain: Expr | None) -> Expr | None:
    """there + here gain; nothing comes back from where nothing arrives."""
    if here == 0:
        return there
    return None if there is None or here is None or gain is None else tidy(there + here * gain)


def positions_of(row: Row) -> Expr:
    """At how many positions a weight of the layer is used."""
    shape = row.shape
    spatial = shape[:-1] if row.kind == "Linear" else shape[1:]
    return _elements(Shape(spatial)) if spatial else sympy.S.One


def propagate(
    network: Any,
    shape: tuple[Any, ...],
    weights: Variances = None,
    biases: Variances = 0,
    *,
    second: Any = 1,
    fed_by: str = "",
) -> Table:
    """The moments of every layer, forward and backward, with symbols Var(w_1), Var(w_2), ... or given variances.

    `weights` may be a scheme ("he", "xavier", "lecun", "torch", "recommended"), a number, a function of fan_in and
    fan_out, or variances by layer. The input is centred with E[x^2] = `second`, or s(g) for g ~ N(0, second) and the
    activation s that it is `fed_by`. The network is one of solver/layers or a torch module.

    >>> from solver.layers.activation import ReLU
    >>> from solver.layers.composite import Chain
from solver.layers.repeated import Repeat
    >>> from solver.layers.dense import Linear
    >>> n, L = sympy.symbols("n L", integer=True, positive=True)
    >>> block = Chain((Linear(n), ReLU()))
    >>> propagate(Repeat(block, L), (n,)).forward
    (n*Var(w_1)/2)**L
    >>> table = propagate(Repeat(block, L), (n,), "he")
    >>> table.forward, table.backward, table.label, table.backward_label
    (1, 1, 'exact', 'exact')
    """
    if not isinstance(network, Layer):
        from solver.networks.torch_module import read_module

        network = read_module(network, shape).graph
    if weights == "recommended":
        weights = _recommended(propagate(network, shape, None, biases, second=second, fed_by=fed_by))
    start = _input(_exact_number(second), fed_by)
    walk = Walk(weights, biases)
    first = walk.put(start, Shape(shape))
    last = _followed(walk, walk.through(network, (first,)))
    back = gradients(walk.rows, last, len(walk.signals))
    rows = _judged(tuple(replace(row, gradient=back[row.output]) for row in walk.rows))
    return Table(network, start, rows, walk.signals[last], back[first])


def _input(second: Expr, fed_by: str) -> State:
    if not fed_by:
        return State(sympy.S.Zero, second, assumptions=("input",))
    held = activation_moments(fed_by)
    mean, gain, _ = gains(held, second)
    law = Law(Image(held, second), sympy.S.Zero)
    return State(mean, tidy(gain * second), law, nonnegative=held.name in NONNEGATIVE, assumptions=("input",))


def _followed(walk: Walk, last: int) -> int:
    """The signal before the layers at the end that are not followed, as a softmax."""
    made = {row.output: row for row in walk.rows}
    while last in made and made[last].step.reason and len(made[last].inputs) == 1:
        (last,) = made[last].inputs
    return last


def _recommended(table: Table) -> dict[str, Expr]:
    return {
        str(row.step.weights.number): row.recommended.variance
        for row in table.weighted
        if row.recommended is not None and row.step.weights is not None
    }


# --- what to draw weights with


def _judged(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows with the gains of what follows each layer with weights, and a scheme for it."""
    users: dict[int, list[Row]] = {}
    for row in rows:
        for signal in row.inputs:
            users.setdefault(signal, []).append(row)
    blocks = sum(row.kind == "Add" for row in rows)
    judged: dict[int, Row] = {}
    for row in rows:
        judged[row.output] = _with_scheme(row, users, judged, blocks) if row.step.weights else row
    return tuple(judged[row.output] for row in rows)


def _with_scheme(row: Row, users: Mapping[int, list[Row]], before: Mapping[int, Row], blocks: int) -> Row:
    follow, end = _stage(row, users)
    normalised = any(_normalises(step.operation) for step in follow)
    alone = list(takewhile(lambda step: rule_of(step.operation) in (_activation, _kept, _normalised), follow))
    activated, _ = _stage_gains(alone)
    judged = replace(row, following=_stage_gains(follow), activated=activated, normalised=normalised)
    if end is not None and end.kind == "Add" and not normalised and (users[row.output][0] is end or follow):
        return replace(judged, recommended=_residual_scheme(judged, _arriving(row, users, before), blocks))
    return replace(judged, recommended=_scheme_for(judged))


def _arriving(row: Row, users: Mapping[int, list[Row]], before: Mapping[int, Row]) -> Expr:
    """E[x^2] of a layer at the end of a path, where the path starts with 1 and its other layers have their schemes."""
    path: list[Row] = []
    (signal,) = row.inputs[:1]
    while signal in before and len(users.get(signal, [])) == 1 and len(before[signal].inputs) == 1:
        path.insert(0, before[signal])
        (signal,) = before[signal].inputs
    if len(users.get(signal, [])) == 1:
        return sympy.S.One
    arriving, _ = _stage_gains(list(takewhile(lambda step: step.step.weights is None, path)))
    for step in path:
        if step.normalised and step.following is not None:
            arriving = step.following[0]
    return arriving


def _stage(row: Row, users: Mapping[int, list[Row]]) -> tuple[list[Row], Row | None]:
    """What follows a layer up to the next one with weights or to a join, and that one."""
    follow: list[Row] = []
    here = row
    while len(after := users.get(here.output, [])) == 1:
        (step,) = after
        if step.step.weights is not None or len(step.inputs) > 1 or step.inside:
            return follow, step
        follow.append(step)
        here = step
    return follow, after[0] if after else None


def _normalises(operation: Operation) -> bool:
    return rule_of(operation) in (_normalised, _root_mean_square)


def _stage_gains(follow: list[Row]) -> tuple[Expr, Expr]:
    """c and c': the gains of what follows on normal numbers of variance 1."""
    one = sympy.S.One
    state = State(sympy.S.Zero, one, Law(None, one), frozenset({0}), frozenset({0}))
    back: Expr = one
    for step in follow:
        rule = rule_of(step.operation)
        if rule is None or step.step.reason:
            break
        said = rule(step.operation, (state,), Place(step.shapes, step.shape, _no_weights))
        back, state = back * (said.back[0] or one), said.state
    return _snapped(tidy(state.second)), _snapped(tidy(back))


def _snapped(gain: Expr) -> Expr:
    """1 and 1/2 where the digits say so: SELU's gain at its fixed point is 1."""
    if gain.is_number and not gain.is_Rational:
        near = [exact for exact in (sympy.S.One, Rational(1, 2)) if abs(gain.evalf(20) - exact) < 1e-14]
        return near[0] if near else gain
    return gain


def _no_weights(fan_in: Expr, fan_out: Expr, torch: Expr | None) -> tuple[int, Weights]:
    raise NoMoments("weights where none are expected")


def _residual_scheme(row: Row, arriving: Expr, blocks: int) -> Scheme:
    """A variance with which each of B paths beside a skip adds 1/B of what the skip brings."""
    assert row.fan_in is not None and row.activated is not None
    gain = row.activated * arriving
    said = sympy.Eq(row.fan_in * V * gain, Rational(1, blocks))
    return Scheme("residual", keeping(row.fan_in * blocks, gain), said, "(1 + 1/B)^B < e for B blocks")


def _scheme_for(row: Row) -> Scheme:
    """A variance that keeps the forward gain at 1, under the name that it goes by."""
    assert row.fan_in is not None and row.activated is not None
    gain = row.activated
    names = {sympy.S.One: "lecun", Rational(1, 2): "he"}
    name = "any" if row.normalised else names.get(gain, "he" if gain.is_Rational else "gain")
    return Scheme(name, keeping(row.fan_in, gain), sympy.Eq(row.fan_in * V * gain, 1), SCHEMES["he"][1])
