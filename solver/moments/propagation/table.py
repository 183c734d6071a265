"""The table of a network: a row a layer, with its gains, its weights and what they should be drawn with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Literal, final

import sympy
from sympy import Expr

from solver.frozen import frozen
from solver.layers.base import Layer, Operation
from solver.moments.propagation.layers import elements
from solver.moments.propagation.schemes import Scheme, fixup, keeping
from solver.moments.propagation.state import Label, State, Step, ratio, tidy
from solver.moments.propagation.telling import shown, whole_gain
from solver.notation.printing import plain
from solver.tabled import table_html, table_lines
from solver.values import Shape, as_formula

COLUMNS = ("name", "kind", "output", "fan_in", "fan_out", "mean", "second", "forward", "backward", "label")


@final
@frozen(eq=False)
class Row:
    """One layer: moments after it, its gains, its weights, and the variances that keep the signal at its size.

    following         c, c' of all that follows up to the next weights;     activated   of what works on each number
    gradient          E[d^2] of the layer's output where that of the network's output is 1
    backward_label    how far that of its inputs holds
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
    backward_label: Label = "exact"
    following: tuple[Expr, Expr] | None = None
    activated: tuple[Expr, Expr] | None = None
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
        before = self.before[self.inputs.index(min(self.inputs))].second
        return None if self.step.reason or before == 0 else ratio(self.second, before)

    @property
    def backward(self) -> Expr | None:
        """The gain to the first input of a gradient that comes from weights; `gradient` counts slopes together."""
        return self.step.back[0]

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
        """The Var(w) for which the layer and what follows keep the second moment, n V c = 1; None where any does."""
        return self._keeping(self.fan_in, 0)

    @property
    def keeps_backward(self) -> Expr | None:
        """The Var(w) for which they keep that of the gradient: m V c' = 1."""
        return self._keeping(self.fan_out, 1)

    def _keeping(self, fan: Expr | None, direction: int) -> Expr | None:
        if fan is None or self.normalised or self.following is None:
            return None
        return keeping(fan, self.following[direction])

    @property
    def default(self) -> Expr | None:
        """torch's Var(w) where nothing is asked for: kaiming_uniform with a = sqrt(5), which is 1/(3 fan_in)."""
        return self.step.weights.torch if self.step.weights else None

    @property
    def default_gain(self) -> Expr | None:
        """The gain of the layer and what follows with torch's default: n V c, 1/6 before ReLU; None if normalised."""
        if self.default is None or self.fan_in is None or self.following is None or self.normalised:
            return None
        return tidy(self.fan_in * self.default * self.following[0])


@final
@frozen(eq=False)
class Table:
    """A row a layer, and the gains of the whole network up to the last layer that is followed."""

    network: Layer
    input: State
    rows: tuple[Row, ...]
    output: State
    input_gradient: Expr | None
    backward_label: Label
    backward_assumptions: tuple[str, ...] = ()

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
    def assumptions(self) -> tuple[str, ...]:
        """What the table rests on, as names of ASSUMPTIONS."""
        without = any(getattr(row.operation, "bias", False) and _has_no_bias(row) for row in self.weighted)
        biases = ("biases_zero",) if without else ()
        said = [self.output.assumptions, biases, *(row.step.back_assumptions for row in self.rows)]
        said.append(self.backward_assumptions)
        return tuple(dict.fromkeys(name for names in said for name in names))

    @property
    def fixup(self) -> tuple[int, int, Expr] | None:
        """How many blocks have a skip, how many layers with weights each, and Fixup's factor; None where it has none.

        Fixup is for blocks that are not normalised, all with the same number m >= 2 of layers with weights.
        """
        blocks = [path for row in self.rows if (path := _block(row, self.rows))]
        sizes = {sum(row.step.weights is not None for row in path) for path in blocks}
        if len(sizes) != 1 or any(row.normalised for path in blocks for row in path):
            return None
        (layers,) = sizes
        return (len(blocks), layers, fixup(len(blocks), layers)) if layers >= 2 else None

    @property
    def weighted(self) -> tuple[Row, ...]:
        """The rows of layers with weights, those of one block where a symbol says how often it is repeated."""
        every = (inner for row in self.rows for inner in (row, *row.inside))
        return tuple(row for row in every if row.step.weights is not None)

    def __str__(self) -> str:
        """A line a layer, and the gains of the whole network."""
        return "\n".join([*table_lines(COLUMNS, map(_cells, self.rows)), "", *self._below()])

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        below = "".join(f"<div>{escape(line)}</div>" for line in self._below())
        return f'<div dir="ltr">{table_html(COLUMNS, map(_cells, self.rows))}{below}</div>'

    def _below(self) -> Iterator[str]:
        for way, label in (("forward", self.label), ("backward", self.backward_label)):
            if (gain := whole_gain(getattr(self, way))) is not None:
                yield f"{way}: {shown(gain)} ({label})"

    def __getitem__(self, name: str) -> Row:
        """The row of the layer with this name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)


def _has_no_bias(row: Row) -> bool:
    return row.step.weights is not None and row.step.weights.bias_variance == 0


def _block(row: Row, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows of the path beside a skip that ends in this sum; none for other rows."""
    if row.kind != "Add" or len(row.inputs) != 2:
        return ()
    made = {other.output: other for other in rows}
    paths: list[list[int]] = []
    for signal in row.inputs:
        path = [signal]
        while path[-1] in made and len(made[path[-1]].inputs) == 1:
            path.append(made[path[-1]].inputs[0])
        paths.append(path)
    start = next((signal for signal in paths[0] if signal in paths[1]), None)
    if start is None:
        return ()
    longest = max((path[: path.index(start)] for path in paths), key=len)
    return tuple(made[signal] for signal in longest)


def positions_of(row: Row) -> Expr:
    """At how many positions a weight of the layer is used."""
    shape = row.shape
    spatial = shape[:-1] if row.kind == "Linear" else shape[1:]
    return elements(Shape(spatial)) if spatial else sympy.S.One


def _cells(row: Row) -> tuple[str, ...]:
    """A row as text, a cell for each of COLUMNS; nothing where a layer has none, or is not followed."""
    told = {"name": row.name, "kind": row.kind, "output": plain(as_formula(row.shape))}
    if row.step.reason is None:
        values = {name: getattr(row, name) for name in COLUMNS[3:-1]}
        told |= {name: shown(value) for name, value in values.items() if value is not None}
        told["label"] = row.label
    return tuple(told.get(column, "") for column in COLUMNS)
