"""Which input pixels a unit depends on, exactly: how often each is used, gaps of dilation and clipping included.

A box, as `receptive_field` gives it, may have holes, and over branches it is the hull of a union. Here the uses are
counted: one is put on a unit of any layer and pulled back, from the outputs of each step to its inputs, until it lies
on pixels. Along one axis a layer is the list of inputs that each output reads (`Layer.reads`); paths add up.

Counts have an axis for each of a shape's, of size 1 where all units along it are used alike, as those of all channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from solver.derivation import DoesNotFit, value_of
from solver.frozen import frozen
from solver.layers.activation import AlongAxis
from solver.layers.base import WHOLE, Field, Join, Layer, Row, Signal, axis_of, input_field, lengths, whole
from solver.layers.composite import Graph, flattened
from solver.layers.dense import Linear
from solver.layers.joins import Broadcast, Concatenate, Stack
from solver.layers.normalisation import LastAxes
from solver.layers.reshape import ChannelShuffle, Flatten, Unflatten, Unfold
from solver.networks import moves, steps
from solver.values import Shape

Counts: TypeAlias = NDArray[Any]
"""Integers, as numpy's or, where these are too small, as Python's."""

LARGEST = 1 << 62


@final
@frozen
class Support:
    """How often a unit uses each input pixel (along all paths together, channels left out).

    `whole` says that it uses the whole input because some layer on its way mixes all positions, however many.
    """

    uses: Counts
    whole: bool = False

    @property
    def pixels(self) -> int:
        """How many pixels it depends on."""
        return int(np.count_nonzero(self.uses))

    @property
    def box(self) -> tuple[range, ...]:
        """Along each axis, from the first pixel to the last; empty where it depends on none."""
        places = np.nonzero(self.uses)
        return tuple(range(int(axis.min()), int(axis.max()) + 1) if axis.size else range(0) for axis in places)

    @property
    def full(self) -> bool:
        """Whether it depends on every pixel of its box."""
        return self.pixels == int(np.prod([len(axis) for axis in self.box]))


def support(
    network: Layer, shape: tuple[Any, ...], unit: tuple[int, ...] | None = None, layer: str | int | None = None
) -> Support:
    """The input pixels that a unit of a layer depends on, clipped at the border.

    The middle unit of the output if none is given. A layer is named, or is the number of its row in `analyze`. The
    shape of a network of several inputs is a tuple of shapes; its pixels are those of the first. Raises DoesNotFit for
    a unit that does not exist or a layer of which it is not known what it reads.

    >>> from solver.layers.convolution import Conv2d
    >>> one = support(Conv2d(1, kernel_size=3, dilation=2), (1, 9, 9))
    >>> one.pixels, one.box, one.full
    (9, (range(2, 7), range(2, 7)), False)
    """
    return Traced.of(network, shape).support(unit, layer)


@final
@frozen
class Traced:
    """A network as one graph, and a row for each of its nodes."""

    graph: Graph
    inputs: tuple[Shape, ...]
    rows: tuple[Row, ...]

    @staticmethod
    def of(network: Layer, shape: tuple[Any, ...]) -> Traced:
        """A network on inputs of these shapes."""
        graph = flattened(network)
        shapes = tuple(map(Shape, shape)) if isinstance(shape[0], tuple) else (Shape(shape),)
        rows = graph.run(tuple(Signal(one, input_field(len(one) - 1)) for one in shapes))[0].rows
        return Traced(graph, shapes, rows)

    def signal(self, layer: str | int | None) -> int:
        """The signal that a layer makes: the last one of this name, the output where none is named."""
        if layer is None:
            return self.graph.outputs[0]
        named = [index for index, row in enumerate(self.rows) if layer in (row.layer.name, index)]
        if not named:
            raise DoesNotFit("support", {"layer": layer})
        return len(self.inputs) + named[-1]

    def shape(self, signal: int) -> Shape:
        """The shape of a signal."""
        given = len(self.inputs)
        return self.inputs[signal] if signal < given else _shape(self.rows[signal - given].output)

    def field(self, signal: int) -> Field:
        """What a unit of a signal sees, as the recursion says."""
        given = len(self.inputs)
        return input_field(len(self.inputs[signal]) - 1) if signal < given else self.rows[signal - given].field

    def unit(self, position: tuple[int, ...] | None, signal: int) -> tuple[int, ...]:
        """A position of a signal, channels left out; the middle one if none is given. Raises DoesNotFit."""
        sizes = _positions(self.shape(signal))
        chosen = tuple(size // 2 for size in sizes) if position is None else position
        if len(chosen) != len(sizes) or any(not 0 <= i < size for i, size in zip(chosen, sizes, strict=True)):
            raise DoesNotFit("support", {"unit": chosen, "output": sizes})
        return chosen

    def support(self, position: tuple[int, ...] | None = None, layer: str | int | None = None) -> Support:
        """The pixels of the first input that a unit of a layer depends on."""
        signal = self.signal(layer)
        sizes = _positions(self.shape(signal))
        counts = np.zeros(sizes, np.int64)
        counts[self.unit(position, signal)] = 1
        return self.pulled(signal, counts.reshape((1, *sizes) if len(self.shape(signal)) > 1 else sizes))

    def pulled(self, signal: int, counts: Counts) -> Support:
        """Counts on a signal, pulled back to the pixels of the first input."""
        held = {signal: counts}
        given, mixed = len(self.inputs), False
        for number in range(signal, given - 1, -1):
            if number not in held:
                continue
            node, row, here = self.graph.nodes[number - given], self.rows[number - given], held.pop(number)
            before = tuple(map(_shape, row.inputs))
            for place, source in enumerate(node.inputs):
                part = _back(node.operation, place, here, before)
                if part is None:
                    continue
                mixed = mixed or (row.field == WHOLE != self.field(source) and bool(np.all(part != 0)))
                held[source] = _sum(held[source], part) if source in held else part
        sizes = _positions(self.inputs[0])
        uses = held.get(0, np.zeros((1,) * len(self.inputs[0]), np.int64))
        uses = uses.max(axis=0) if len(self.inputs[0]) > 1 else uses
        return Support(np.broadcast_to(uses, sizes).copy(), mixed)


def _back(operation: Layer | Join, place: int, counts: Counts, before: tuple[Shape, ...]) -> Counts | None:
    """Counts on what a step makes, on what it makes it from; None where it does not use it."""
    shape = before[place]
    match operation:
        case Concatenate(axis=axis):
            start = sum(whole(one[axis]) for one in before[:place])
            return _cut(counts, axis % len(shape), range(start, start + whole(shape[axis])))
        case Stack(axis=axis):
            axis %= counts.ndim
            return _cut(counts, axis, range(place, place + 1)).reshape(_without(counts.shape, axis))
        case Broadcast() | steps.Combine():
            return _shrunk(counts, shape)
        case Layer():
            return _through(operation, counts, shape)
        case Join() if operation.reach((input_field(1),) * len(before)) == WHOLE:
            return _everywhere(counts, shape)
        case _:
            raise DoesNotFit("support", {"layer": operation.kind})


def _through(layer: Layer, counts: Counts, shape: Shape) -> Counts | None:
    match layer:
        case moves.Constant():
            return None
        case steps.Tokenwise(layer=Layer() as inner):
            return _through(inner, counts, shape)
        case Flatten() | Unflatten() | moves.Reshape():
            return _regrouped(counts, shape, _shape(layer.output(shape)), _grouping(layer, shape))
        case ChannelShuffle():
            return counts.max(axis=0, keepdims=True)  # type: ignore[no-any-return]  # counts
        case moves.Permute(order=order):
            return counts.transpose(np.argsort(order))
        case moves.Slice(cuts=cuts):
            for axis, start, stop, step in cuts:
                counts = _put(counts, axis, range(*slice(start, stop, step).indices(whole(shape[axis]))), shape)
            return counts
        case moves.Pad(sides=sides):
            for axis, ahead, _ in sides:
                counts = _cut(counts, axis, range(ahead, ahead + whole(shape[axis])))
            return counts
        case moves.Expand():
            return _shrunk(counts, shape)
        case steps.Reduce(axes=axes, kept=kept):
            return counts if kept else np.expand_dims(counts, axes)
        case Linear() | LastAxes() | AlongAxis():
            return _added(counts, _mixed_axes(layer, shape))
        case Unfold():
            return _unfolded(layer, counts, shape)
    read = layer.reads(shape)
    if read is not None:
        return _by_axis(counts, read, shape)
    pixel = input_field(len(shape) - 1)
    seen = layer.seen(pixel, shape)
    if seen == pixel and layer.output(shape) == shape:
        return counts
    if seen == WHOLE:
        return _everywhere(counts, shape)
    raise DoesNotFit("support", {"layer": layer.kind})


def _by_axis(counts: Counts, reads: Sequence[Sequence[Sequence[int]]], shape: Shape) -> Counts:
    """Counts on outputs, along each axis behind the channels on the inputs that they read."""
    counts = counts.max(axis=0, keepdims=True)
    for axis, (outputs, size) in enumerate(zip(reads, lengths(shape), strict=True), start=1):
        pairs = np.array([(o, i) for o, inputs in enumerate(outputs) for i in inputs], np.intp).reshape(-1, 2)
        most = int(np.bincount(pairs[:, 1], minlength=1).max())
        here = np.moveaxis(_wide(_safe(counts, most), axis, len(outputs)), axis, 0)
        made = np.zeros((size, *here.shape[1:]), here.dtype)
        np.add.at(made, pairs[:, 1], here[pairs[:, 0]])
        counts = np.moveaxis(made, 0, axis)
    return counts


def _unfolded(layer: Unfold, counts: Counts, shape: Shape) -> Counts:
    reads = layer.columns(shape)
    columns = _wide(counts, 1, int(np.prod([len(axis) for axis in reads])))
    return _by_axis(columns.reshape(-1, *map(len, reads)), reads, shape)


Groups: TypeAlias = "list[tuple[tuple[int, ...], int]]"
"""Runs of axes before, and how many axes they become."""


def _grouping(layer: Layer, shape: Shape) -> Groups:
    match layer:
        case moves.Reshape(grouping=grouping):
            return [(axes, len(sizes)) for axes, sizes in grouping]
        case Flatten(start_dim=start, end_dim=end):
            first, last = (axis_of(dim, len(shape), layer.kind) for dim in (start, end))
            merged: Groups = [(tuple(range(first, last + 1)), 1)]
        case Unflatten(dim=dim, unflattened_size=sizes):
            first = last = axis_of(dim, len(shape), layer.kind)
            merged = [((first,), len(sizes))]
        case _:
            merged, first, last = [], len(shape), len(shape)
    head, tail = ([((axis,), 1) for axis in axes] for axes in (range(first), range(last + 1, len(shape))))
    return [*head, *merged, *tail]


def _regrouped(counts: Counts, shape: Shape, after: Shape, groups: Groups) -> Counts:
    """Counts on runs of axes as they were before; a run all of which is used alike stays so."""
    wide: list[int] = []
    made: list[int] = []
    for axes, many in groups:
        here = range(len(wide), len(wide) + many)
        alike = all(counts.shape[axis] == 1 for axis in here)
        wide += [1 if alike else whole(after[axis]) for axis in here]
        made += [1 if alike else whole(shape[axis]) for axis in axes]
    return np.broadcast_to(counts, wide).reshape(made)


def _mixed_axes(layer: Layer, shape: Shape) -> tuple[int, ...]:
    """The axes along which each output of a layer depends on every input."""
    match layer:
        case AlongAxis():
            return (layer.along(len(shape)),)
        case LastAxes():
            return tuple(range(len(shape) - len(layer.normalised), len(shape)))
        case _:
            return (len(shape) - 1,)


def _added(counts: Counts, axes: tuple[int, ...]) -> Counts:
    """Counts along axes put together: there each input is used by every output."""
    for axis in axes:
        if counts.shape[axis] > 1:
            counts = _safe(counts, counts.shape[axis]).sum(axis=axis, keepdims=True)
    return counts


def _everywhere(counts: Counts, shape: Shape) -> Counts:
    """As many uses of every input as there are counts."""
    many = _added(counts, tuple(range(counts.ndim)))
    return many.reshape((1,) * len(shape))


def _shrunk(counts: Counts, shape: Shape) -> Counts:
    """Counts on a tensor that was broadcast: where it has a size of 1, all of them come together."""
    ahead = counts.ndim - len(shape)
    counts = _added(counts, tuple(range(ahead))).reshape(counts.shape[ahead:])
    return _added(counts, tuple(axis for axis, size in enumerate(shape) if size == 1))


def _cut(counts: Counts, axis: int, places: range) -> Counts:
    """The counts at these places along an axis."""
    return counts if counts.shape[axis] == 1 else np.take(counts, places, axis)


def _put(counts: Counts, axis: int, places: range, shape: Shape) -> Counts:
    """Counts along an axis at these places of a longer one; channels that are used alike stay so."""
    if counts.shape[axis] == 1 and (axis == 0 or len(places) == shape[axis]):
        return counts
    made = np.zeros((*counts.shape[:axis], whole(shape[axis]), *counts.shape[axis + 1 :]), counts.dtype)
    np.moveaxis(made, axis, 0)[places] = np.moveaxis(_wide(counts, axis, len(places)), axis, 0)
    return made


def _wide(counts: Counts, axis: int, size: int) -> Counts:
    """Counts with every place along an axis written out."""
    return np.repeat(counts, size, axis) if counts.shape[axis] == 1 and size != 1 else counts


def _sum(first: Counts, second: Counts) -> Counts:
    return _safe(first, 2) + _safe(second, 2)


def _safe(counts: Counts, times: int) -> Counts:
    """Counts that stay exact when so many of them are added."""
    if counts.dtype == object or int(counts.max(initial=0)) * times < LARGEST:
        return counts
    return counts.astype(object)


def _without(sizes: Sequence[int], axis: int) -> tuple[int, ...]:
    return (*sizes[:axis], *sizes[axis + 1 :])


def _positions(shape: Shape) -> tuple[int, ...]:
    """The sizes behind the channels; a vector has one position for each feature."""
    return lengths(shape) if len(shape) > 1 else tuple(map(whole, shape))


def _shape(shape: object) -> Shape:
    value = value_of(shape)
    if not isinstance(value, Shape):
        raise DoesNotFit("support", {"shape": value})
    return value
