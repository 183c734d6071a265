"""Which input pixels a unit depends on, exactly: how often each is used, gaps of dilation and clipping included.

A box, as `receptive_field` gives it, may have holes, and over branches it is the hull of a union. Here the uses are
counted: one is put on a unit of the output and pulled back through the network, from the outputs of each layer to its
inputs, until it lies on pixels. Along one axis a layer is a matrix T with T[i, q] the number of times that output i
reads input q; counts c on the outputs become T_h' c T_w on the inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from solver.derivation import DoesNotFit, value_of
from solver.layers.base import WHOLE, Layer, Operation, input_field, whole
from solver.layers.composite import Branches, Chain, Composite, Graph, Repeat
from solver.layers.window import Window
from solver.questions import output_size
from solver.values import Shape

Counts: TypeAlias = NDArray[np.int64]
"""Over the positions of a shape, channels left out."""


@final
@dataclass(frozen=True)
class Support:
    """How often a unit uses each input pixel (along all paths together)."""

    uses: Counts

    @property
    def pixels(self) -> int:
        """How many pixels it depends on."""
        return int(np.count_nonzero(self.uses))

    @property
    def box(self) -> tuple[range, ...]:
        """Along each axis, from the first pixel to the last."""
        places = np.nonzero(self.uses)
        return tuple(range(int(axis.min()), int(axis.max()) + 1) for axis in places)

    @property
    def full(self) -> bool:
        """Whether it depends on every pixel of its box."""
        return self.pixels == int(np.prod([len(axis) for axis in self.box]))


def support(network: Layer, shape: tuple[int, ...], unit: tuple[int, ...] | None = None) -> Support:
    """The input pixels that a unit of the output depends on, clipped at the border; the middle unit if none is given.

    Raises DoesNotFit for a unit that does not exist or a layer whose reach is not known.

    >>> from solver.layers.convolution import Conv2d
    >>> one = support(Conv2d(1, kernel_size=3, dilation=2), (1, 9, 9))
    >>> one.pixels, one.box, one.full
    (9, (range(2, 7), range(2, 7)), False)
    """
    sizes = _sizes(Shape(shape))
    after = _sizes(output_size(network, shape))
    chosen = tuple(size // 2 for size in after) if unit is None else unit
    if len(chosen) != len(after) or any(not 0 <= i < size for i, size in zip(chosen, after, strict=True)):
        raise DoesNotFit("support", {"unit": chosen, "output": after})
    counts = np.zeros(after, np.int64)
    counts[chosen] = 1
    return Support(pull(network, counts, Shape(shape)).reshape(sizes))


def pull(network: Operation, counts: Counts, shape: Shape) -> Counts:
    """Counts on a network's output positions, pulled back to the positions of its input of this shape."""
    match network:
        case Chain(layers):
            return _through(layers, counts, shape)
        case Repeat(layer, int() as times):
            return _through((layer,) * times, counts, shape)
        case Branches(paths):
            pulled = [pull(path, counts, shape) for path in paths]
            return np.sum(pulled, axis=0)  # type: ignore[no-any-return]  # counts all
        case Graph():
            return _through_graph(network, counts, shape)
        case Composite():
            raise DoesNotFit("support", {"layer": network.kind})
        case Layer():
            return _pulled(network, counts, shape)
        case _:
            raise DoesNotFit("support", {"layer": network.kind})


def _through(layers: Sequence[Layer], counts: Counts, shape: Shape) -> Counts:
    shapes = [shape]
    for layer in layers:
        shapes.append(_shape(output_size(layer, shapes[-1])))
    for layer, before in zip(reversed(layers), reversed(shapes[:-1]), strict=True):
        counts = pull(layer, counts, before)
    return counts


def _through_graph(graph: Graph, counts: Counts, shape: Shape) -> Counts:
    made: list[Shape] = [shape]
    for node in graph.nodes:
        taken = tuple(made[index] for index in node.inputs)
        after = node.operation.output(taken[0]) if isinstance(node.operation, Layer) else node.operation.output(taken)
        made.append(_shape(after))
    held: list[Any] = [np.zeros(_sizes(each), np.int64) for each in made]
    held[graph.outputs[0]] = held[graph.outputs[0]] + counts
    for index in range(len(graph.nodes), 0, -1):
        node = graph.nodes[index - 1]
        for source in node.inputs:
            if isinstance(node.operation, Layer):
                held[source] = held[source] + pull(node.operation, held[index], made[source])
            else:
                held[source] = held[source] + _broadcast(held[index], made[source])
    return np.asarray(held[0])


def _broadcast(counts: Counts, shape: Shape) -> Counts:
    """Counts on a join, on one of its inputs: where that has a size of 1, all of them come together."""
    sizes = _sizes(shape)
    for axis, size in enumerate(sizes):
        if size == 1 and counts.shape[axis] != 1:
            counts = counts.sum(axis=axis, keepdims=True)
    return counts


def _pulled(layer: Layer, counts: Counts, shape: Shape) -> Counts:
    sizes = _sizes(shape)
    window = getattr(layer, "window", None)
    if isinstance(window, Window):
        matrices = [
            _windows(size, after, *map(whole, axis))
            for size, after, axis in zip(sizes, counts.shape, window.axes, strict=True)
        ]
        return _applied(matrices, counts)
    pixel = input_field(len(sizes))
    if layer.reach(pixel) == WHOLE:
        return np.full(sizes, counts.sum(), np.int64)
    if layer.reach(pixel) == pixel and counts.size == np.prod(sizes):
        return counts.reshape(sizes)
    raise DoesNotFit("support", {"layer": layer.kind})


def _windows(size: int, after: int, k: int, s: int, p: int, d: int) -> Counts:
    """T of a window along one axis: output i reads the inputs i s - p + m d that are not padding."""
    matrix = np.zeros((after, size), np.int64)
    for i, m in product(range(after), range(k)):
        place = i * s - p + m * d
        if 0 <= place < size:
            matrix[i, place] += 1
    return matrix


def _applied(matrices: Sequence[Counts], counts: Counts) -> Counts:
    """T_h' c T_w, along any number of axes."""
    for axis, matrix in enumerate(matrices):
        counts = np.moveaxis(np.tensordot(matrix.T, counts, axes=(1, axis)), 0, axis)
    return counts


def _sizes(shape: object) -> tuple[int, ...]:
    """The sizes behind the channels; a vector has one position for each feature."""
    sizes = _shape(shape)
    return tuple(map(whole, sizes[1:] if len(sizes) > 1 else sizes))


def _shape(shape: object) -> Shape:
    value = value_of(shape)
    if not isinstance(value, Shape):
        raise DoesNotFit("support", {"shape": value})
    return value
