"""Moments through a network, layer by layer, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, TypeAlias, final

import sympy
from sympy import Expr, Symbol, sqrt

from solver.derivation import DoesNotFit, Quantity, value_of
from solver.layers.base import Join, Layer, Operation
from solver.layers.composite import Chain, Composite, Concat, Graph, Sum
from solver.layers.joins import Add, Concatenate
from solver.layers.repeated import Repeat
from solver.moments.activations import NoMoments, activation_moments
from solver.moments.propagation.backward import BEFORE_A_SLOPE, Gradient, assumptions_of, gradients
from solver.moments.propagation.images import gains
from solver.moments.propagation.layers import NONNEGATIVE, Place, exact_number
from solver.moments.propagation.recommending import with_schemes
from solver.moments.propagation.rules import rule_of
from solver.moments.propagation.schemes import scheme
from solver.moments.propagation.state import Image, Law, State, Step, Unfollowed, Weights, ratio, tidy, worse
from solver.moments.propagation.table import Row, Table
from solver.networks.text import network_of
from solver.symbols import expression
from solver.values import Shape, Size

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
    numbers: dict[str | int, tuple[int, int]] = field(default_factory=dict)
    drawn: int = 0
    used: int = 0
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
                raise NoMoments(operation.kind, why="layer", kind=operation.kind)
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
                raise NoMoments(f"the layer {operation.kind}", why="layer", kind=operation.kind)
            return rule(operation, states, place)
        except NoMoments as reason:
            return self._unknown(states, reason)

    def _unknown(self, states: tuple[State, ...], reason: NoMoments) -> Step:
        self.unknown += 1
        mean, second = Symbol(f"m_{self.unknown}", real=True), Symbol(f"r_{self.unknown}", positive=True)
        label = worse("mean field", *(state.label for state in states))
        rests = frozenset().union(*(state.rests for state in states))
        sources = frozenset().union(*(state.sources for state in states))
        said = tuple(dict.fromkeys(name for state in states for name in (*state.assumptions, "unknown")))
        after = State(mean, second, rests=rests, sources=sources, label=label, assumptions=said)
        return Step(after, (None,) * len(states), "mean field", ("unknown",), reason=reason)

    def _drawn(
        self, operation: Operation, fan_in: Expr, fan_out: Expr, torch: Expr | None, again: bool
    ) -> tuple[int, Weights]:
        own = operation.name.partition("#")[0] or id(operation)  # a#2 is the second use of the weights of a
        if not (again and own in self.numbers):
            self.named += 1
            self.drawn += 1
            self.numbers[own] = self.drawn, self.named
        drawn, named = self.numbers[own]
        variance = _variance(self.weights, operation, fan_in, fan_out, torch, "w", named)
        biased = getattr(operation, "bias", False)
        bias = _variance(self.biases, operation, fan_in, fan_out, torch, "b", named) if biased else sympy.S.Zero
        self.used += 1
        return drawn, Weights(fan_in, fan_out, variance, bias, torch, named, self.used)

    def _in_closed_form(self, repeat: Repeat, signal: int) -> int:
        try:
            return self._closed(repeat, signal)
        except NoMoments as reason:
            state, shape = self.signals[signal], self.shapes[signal]
            step = self._unknown((state,), reason)
            output = self.put(step.state, shape)
            self.rows.append(Row(repeat, (signal,), output, (shape,), shape, (state,), step, expression(repeat.times)))
            return output

    def _closed(self, repeat: Repeat, signal: int) -> int:
        """L blocks in closed form: the first, and L - 1 whose gain no longer changes."""
        start, shape = self.signals[signal], self.shapes[signal]
        blocks = []
        ends = [start]
        for _ in range(3):
            walk = replace(self, signals=[], shapes=[], rows=[])
            last = walk.through(repeat.layer, (walk.put(ends[-1], shape),))
            if [*map(expression, walk.shapes[last])] != [*map(expression, shape)]:
                raise DoesNotFit("Repeat", {"shape": shape, "after": walk.shapes[last]})
            blocks.append((walk, last))
            ends.append(walk.signals[last])
            self.drawn, self.used = walk.drawn, walk.used
        self.named = blocks[0][0].named
        growth = [ratio(ends[i + 1].second, ends[i].second) for i in range(3)]
        came = [gradients(walk.rows, last, len(walk.signals)) for walk, last in blocks]
        backs = [found[0].second for found in came]
        walk, last = blocks[1]
        followed_by_slope = gradients(walk.rows, last, len(walk.signals), BEFORE_A_SLOPE)
        ends_in_slopes = any(found.assumptions for found in followed_by_slope)
        begins_with_slopes = came[1][0].has_met_slopes
        unlike = sympy.simplify(growth[1] - growth[2]) != 0 or (ends_in_slopes and begins_with_slopes)
        if unlike or any(back is None for back in backs):
            said = f"{repeat.times} layers in closed form: the gain is not the same at each depth"
            raise NoMoments(said, why="depth", times=repeat.times)
        more = expression(repeat.times) - 1
        factor = growth[1] ** (more - 2)
        second = ends[0].second * _power(growth[0], growth[1], more)
        after = replace(ends[3], second=second, law=_scaled(ends[3].law, factor))
        after = replace(after, mean=ends[3].mean * sqrt(factor))
        step = Step(
            after,
            (tidy(_power(backs[0], backs[1], more)),),
            came[1][0].label,
            assumptions_of(came[1]),
            passing=(Unfollowed(varies=True),) if begins_with_slopes else (),
            averages=not ends_in_slopes,
        )
        output = self.put(after, shape)
        inside = with_schemes(_labelled(walk.rows, came[1]))
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
            names = (operation.name, operation.name.partition("#")[0], str(number))
            found = next((given[name] for name in names if name in given), None)
            if found is None and operation.kind == "Embedding":  # drawn as torch does, which its rule says
                return sympy.S.One
            if found is None:
                layer = operation.name or operation.kind
                raise NoMoments(f"a variance for {layer}, layer {number} with weights", why="no_variance", layer=layer)
            return exact_number(found)
        case _ if callable(given) and not isinstance(given, Expr):
            return exact_number(given(fan_in, fan_out))
        case _:
            return exact_number(given)


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
    activation s that it is `fed_by`. The network is a text, one of solver/layers, an imported one or a torch module.

    >>> from solver.layers.activation import ReLU
    >>> from solver.layers.composite import Chain
    >>> from solver.layers.repeated import Repeat
    >>> from solver.layers.dense import Linear
    >>> n, L = sympy.symbols("n L", integer=True, positive=True)
    >>> block = Chain((Linear(n), ReLU()))
    >>> propagate(Repeat(block, L), (n,)).forward
    (n*Var(w_1)/2)**L
    >>> propagate("Linear(100) ReLU Linear(10)", (50,)).forward
    2500*Var(w_1)*Var(w_2)
    >>> table = propagate(Repeat(block, L), (n,), "he")
    >>> table.forward, table.backward, table.label, table.backward_label
    (1, 1, 'exact', 'exact')
    """
    if isinstance(network, str):
        network = network_of(network)
    if not isinstance(network, Layer):
        network = _imported(network, shape)
    if weights == "recommended":
        weights = _recommended(propagate(network, shape, None, biases, second=second, fed_by=fed_by))
    start = _input(exact_number(second), fed_by)
    walk = Walk(weights, biases)
    first = walk.put(start, Shape(shape))
    last = _followed(walk, walk.through(network, (first,)))
    back = gradients(walk.rows, last, len(walk.signals))
    rows = tuple(replace(row, gradient=back[row.output].second) for row in _labelled(walk.rows, back))
    said = assumptions_of(back)
    return Table(network, start, with_schemes(rows), walk.signals[last], back[first].second, back[first].label, said)


def _labelled(rows: Iterable[Row], back: list[Gradient]) -> tuple[Row, ...]:
    """Rows with how far the gradients of their inputs hold."""
    return tuple(replace(row, backward_label=worse(row.step.back_label, back[row.output].label)) for row in rows)


def _imported(network: Any, shape: tuple[Any, ...]) -> Layer:
    """The graph of an imported network, or of a torch module followed on this shape."""
    if not hasattr(network, "graph"):
        from solver.networks.torch_module import read_module  # torch, which has made the module

        network = read_module(network, tuple(size.name if isinstance(size, Size) else size for size in shape))
    graph: Layer = network.graph
    return graph


INPUT = frozenset({0})
"""What the input is a function of: itself."""


def _input(second: Expr, fed_by: str) -> State:
    if not fed_by:
        return State(sympy.S.Zero, second, sources=INPUT, assumptions=("input",))
    held = activation_moments(fed_by)
    mean, gain, _ = gains(held, second)
    law = Law(Image(held, second), sympy.S.Zero)
    nonnegative = held.name in NONNEGATIVE
    return State(mean, tidy(gain * second), law, sources=INPUT, nonnegative=nonnegative, assumptions=("input",))


def _followed(walk: Walk, last: int) -> int:
    """The signal before the layers at the end that are not followed, as a softmax."""
    made = {row.output: row for row in walk.rows}
    while last in made and made[last].step.reason and len(made[last].inputs) == 1:
        (last,) = made[last].inputs
    return last


def _recommended(table: Table) -> dict[str, Expr]:
    return {
        str(row.step.weights.number): row.recommended.variance
        for row in reversed(table.weighted)  # of weights that are used again, what their first use asks for
        if row.recommended is not None and row.step.weights is not None
    }
