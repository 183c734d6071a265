"""Pooling layers: a fixed function of each window, channel by channel; nothing is learned.

C  channels      K  kernel      H_out, W_out  sizes after      x  cells under the window
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import ClassVar, final

from solver.derivation import DoesNotFit, Quantity, Rule, formula, value_of
from solver.layers.base import SIZES, Field, Layer, PerAxis, channels_first, per_axis, spatial, whole
from solver.layers.grid import Grid
from solver.layers.window import Window, output_sizes, reached, taps
from solver.values import Shape

MULTIPLICATIONS = {
    axes: formula(
        "average_pooling.multiplications",
        "*".join(("C", *(f"{size}_out" for size in SIZES[axes]))),
        symbol="M",
        source="tutorial 11, exercise 11.1: one division an output",
        divisions_forgotten="0",
        division_per_input="*".join(("C", *(f"{size}_in" for size in SIZES[axes]))),
    )
    for axes in (1, 2, 3)
}


@cache
def largest(cells: int) -> Rule:
    """The largest value under a window."""
    inside = ", ".join(f"x_{index + 1}" for index in range(cells))
    added = " + ".join(f"x_{index + 1}" for index in range(cells))
    slips = {"average_for_max": f"({added})/{cells}"} if cells > 1 else {}
    return formula("max_pooling.value", f"max({inside})", symbol="z", source="tutorial 11, pooling", **slips)


@cache
def average(cells: int) -> Rule:
    """The average of the values under a window."""
    inside = ", ".join(f"x_{index + 1}" for index in range(cells))
    added = " + ".join(f"x_{index + 1}" for index in range(cells))
    slips = {"max_for_average": f"max({inside})", "sum_for_average": added} if cells > 1 else {}
    taught = f"({added})/{cells}"
    return formula("average_pooling.value", taught, symbol="z", source="tutorial 11, pooling", **slips)


@dataclass(frozen=True)
class Pool(Layer):
    """A window of size k slides over each channel; the stride is the kernel size unless it is given."""

    kernel_size: PerAxis
    stride: PerAxis | None = None
    padding: PerAxis = 0

    axes: ClassVar[int]

    def __post_init__(self) -> None:
        stride = self.kernel_size if self.stride is None else self.stride
        window = {"kernel_size": self.kernel_size, "stride": stride, "padding": self.padding}
        for argument, value in window.items():
            values = per_axis(value, self.axes, argument)
            least = 0 if argument == "padding" else 1
            if any(isinstance(size, int) and size < least for size in values):
                raise DoesNotFit(self.kind, {argument: values})
            object.__setattr__(self, argument, values)
        for k, _, p, _ in self.window.axes:
            if isinstance(k, int) and isinstance(p, int) and 2 * p > k:
                raise DoesNotFit(self.kind, {"kernel_size": k, "padding": p})

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, self.axes, self.kind)
        return channels_first(channels, output_sizes(sizes, self.window, self.name), self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return 0

    def reach(self, field: Field) -> Field:
        return reached(field, self.window, self.name)

    def compute(self, x: Grid) -> Grid:
        """The pooled values, cell by cell; x is (C, sizes) without padding."""
        _, sizes = spatial(self.output(Shape(x.sizes)), self.axes, self.kind)
        window = self.window
        if any(p != 0 for p in window.padding):
            raise DoesNotFit(self.kind, {"padding": window.padding})
        kernel, stride, dilation = (tuple(map(whole, v)) for v in (window.kernel, window.stride, window.dilation))
        cells = taps(kernel, dilation)
        rule = self._value(len(cells))
        after = tuple(whole(value_of(size)) for size in sizes)
        made = []
        for channel, *place in product(range(x.sizes[0]), *map(range, after)):
            corner = [i * s for i, s in zip(place, stride, strict=True)]
            seen = {
                f"x_{m + 1}": x.at((channel, *(start + step for start, step in zip(corner, offset, strict=True))))
                for m, offset in enumerate(cells)
            }
            made.append(rule(self.name, **seen))
        return Grid((x.sizes[0], *after), tuple(made))

    @abstractmethod
    def _value(self, cells: int) -> Rule:
        """The rule for the value under a window."""

    @cached_property
    def window(self) -> Window:
        """The window that is pooled."""
        values = (self.kernel_size, self.stride or 1, self.padding, 1)
        return Window(*(per_axis(value, self.axes, self.kind) for value in values))


@dataclass(frozen=True)
class MaxPool(Pool):
    """max over the window; comparisons are not multiplications."""

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def _value(self, cells: int) -> Rule:
        return largest(cells)


@dataclass(frozen=True)
class AvgPool(Pool):
    """The average over the window: one division an output."""

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        channels, before = spatial(shape, self.axes, self.kind)
        _, after = spatial(output, self.axes, self.kind)
        sizes = {f"{axis}_out": size for axis, size in zip(SIZES[self.axes], after, strict=True)}
        sizes |= {f"{axis}_in": size for axis, size in zip(SIZES[self.axes], before, strict=True)}
        return MULTIPLICATIONS[self.axes](self.name, C=channels, **sizes)

    def _value(self, cells: int) -> Rule:
        return average(cells)


@final
@dataclass(frozen=True)
class MaxPool1d(MaxPool):
    """Max pooling on (C, L)."""

    axes = 1


@final
@dataclass(frozen=True)
class MaxPool2d(MaxPool):
    """Max pooling on (C, H, W)."""

    axes = 2


@final
@dataclass(frozen=True)
class AvgPool1d(AvgPool):
    """Average pooling on (C, L)."""

    axes = 1


@final
@dataclass(frozen=True)
class AvgPool2d(AvgPool):
    """Average pooling on (C, H, W)."""

    axes = 2
