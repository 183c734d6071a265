"""Pooling layers: a fixed function of each window, channel by channel; nothing is learned.

C  channels      K  kernel      H_out, W_out  sizes after      x  cells under the window      q  a divisor of its own
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cache, cached_property
from itertools import product
from typing import ClassVar

from solver.derivation import Quantity, Rule, formula, value_of
from solver.frozen import frozen
from solver.layers.base import (
    SIZES,
    Field,
    Layer,
    PerAxis,
    Reads,
    channels_first,
    every,
    family,
    lengths,
    per_axis,
    spatial,
    whole,
)
from solver.layers.grid import Grid
from solver.layers.window import Window, cells_read, output_sizes, reached, taps
from solver.values import Shape

MOST_CELLS = 64
"""Of how many cells a value is still written out as a formula."""

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


@cache
def divided(cells: int) -> Rule:
    """The sum of the values under a window over a divisor that was asked for."""
    added = " + ".join(f"x_{index + 1}" for index in range(cells))
    taught, source = f"({added})/q", "torch, average pooling with divisor_override"
    return formula("average_pooling.divided", taught, symbol="z", source=source, divided_by_cells=f"({added})/{cells}")


def per_output(layer: Layer, axes: int, shape: Quantity, output: Quantity) -> Quantity:
    """One division an output."""
    channels, before = spatial(shape, axes, layer.kind)
    _, after = spatial(output, axes, layer.kind)
    sizes = {f"{axis}_out": size for axis, size in zip(SIZES[axes], after, strict=True)}
    sizes |= {f"{axis}_in": size for axis, size in zip(SIZES[axes], before, strict=True)}
    return MULTIPLICATIONS[axes](layer.name, C=channels, **sizes)


@frozen
class Pool(Layer):
    """A window slides over each channel; the stride is the kernel size unless it is given."""

    axes: ClassVar[int]
    filled: ClassVar[tuple[int, ...]] = ()
    """In how many dimensions torch wants an input that is no smaller than the kernel, whatever the padding."""

    def __post_init__(self) -> None:
        kernel, stride, padding, dilation, _ = self._window()
        stride = kernel if stride is None else stride
        least = {"kernel_size": (kernel, 1), "stride": (stride, 1), "padding": (padding, 0), "dilation": (dilation, 1)}
        for argument, (value, smallest) in least.items():
            values = per_axis(value, self.axes, argument)
            if not every(values, smallest):
                raise self.misfit(**{argument: values})
            if hasattr(self, argument):
                object.__setattr__(self, argument, values)
        for k, _, p, _ in self.window.axes:
            if isinstance(k, int) and isinstance(p, int) and 2 * p > k:
                raise self.misfit(kernel_size=k, padding=p)

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, self.axes, self.kind)
        if self.axes in self.filled:
            for n, k in zip(map(value_of, sizes), self.window.kernel, strict=True):
                if isinstance(n, int) and isinstance(k, int) and n < k:
                    raise self.misfit(n=n, kernel_size=k)
        return channels_first(channels, output_sizes(sizes, self.window, self.name), self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return 0

    def reach(self, field: Field) -> Field:
        return reached(field, self.window, self.name)

    def reads(self, shape: Shape) -> Reads:
        return cells_read(lengths(shape), lengths(self.output(shape)), self.window)

    def compute(self, x: Grid) -> Grid:
        """The pooled values, cell by cell; x is (C, sizes) without padding."""
        _, sizes = spatial(self.output(Shape(x.sizes)), self.axes, self.kind)
        after = tuple(whole(value_of(size)) for size in sizes)
        window = self.window
        steps = taps(tuple(map(whole, window.kernel)), tuple(map(whole, window.dilation)))
        if len(steps) > MOST_CELLS:
            raise self.misfit(cells=len(steps))
        corners = [
            [i * whole(s) - whole(p) for i, s, p in zip(place, window.stride, window.padding, strict=True)]
            for place in product(*map(range, after))
        ]
        made = []
        for channel, corner in product(range(x.sizes[0]), corners):
            cells = [(channel, *(c + step for c, step in zip(corner, offset, strict=True))) for offset in steps]
            made.append(self._value(x, cells))
        return Grid((x.sizes[0], *after), tuple(made))

    @cached_property
    def window(self) -> Window:
        """The window that is pooled."""
        kernel, stride, padding, dilation, ceil = self._window()
        stride = kernel if stride is None else stride
        sliding = [per_axis(value, self.axes, self.kind) for value in (kernel, stride, padding, dilation)]
        return Window(sliding[0], sliding[1], sliding[2], sliding[3], ceil=ceil)

    @abstractmethod
    def _window(self) -> tuple[PerAxis, PerAxis | None, PerAxis, PerAxis, bool]:
        """Kernel, stride, padding, dilation and ceil_mode, as given."""

    @abstractmethod
    def _value(self, x: Grid, cells: list[tuple[int, ...]]) -> Quantity:
        """The value under a window whose cells are these, some of them in the padding."""


def _inside(x: Grid, cells: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [cell for cell in cells if all(0 <= place < size for place, size in zip(cell, x.sizes, strict=True))]


def _seen(cells: list[Quantity]) -> dict[str, Quantity]:
    return {f"x_{m + 1}": cell for m, cell in enumerate(cells)}


@frozen
class MaxPool(Pool):
    """max over the window, where padding never is the largest; comparisons are not multiplications."""

    kernel_size: PerAxis
    stride: PerAxis | None = None
    padding: PerAxis = 0
    dilation: PerAxis = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def output(self, shape: Quantity) -> Quantity:
        if self.return_indices:
            raise self.misfit(return_indices=True)
        return super().output(shape)

    def _window(self) -> tuple[PerAxis, PerAxis | None, PerAxis, PerAxis, bool]:
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode

    def _value(self, x: Grid, cells: list[tuple[int, ...]]) -> Quantity:
        seen = [x.at(cell) for cell in _inside(x, cells)]
        if not seen:
            raise self.misfit(cells=0)
        return largest(len(seen))(self.name, **_seen(seen))


@frozen
class AvgPool(Pool):
    """The average over the window, one division an output; padding counts as zeros unless count_include_pad is off."""

    kernel_size: PerAxis
    stride: PerAxis | None = None
    padding: PerAxis = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    filled = (3,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.divisor_override == 0 or (self.axes == 1 and self.divisor_override is not None):
            raise self.misfit(divisor_override=self.divisor_override)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return per_output(self, self.axes, shape, output)

    def _window(self) -> tuple[PerAxis, PerAxis | None, PerAxis, PerAxis, bool]:
        return self.kernel_size, self.stride, self.padding, 1, self.ceil_mode

    def _value(self, x: Grid, cells: list[tuple[int, ...]]) -> Quantity:
        if self.divisor_override is not None:
            inside = [x.at(cell) for cell in _inside(x, cells)]
            return divided(len(inside))(self.name, **_seen(inside), q=self.divisor_override)
        counted = self._padded(x, cells) if self.count_include_pad else _inside(x, cells)
        seen = [x.padded_at(cell, "zeros") for cell in counted]
        return average(len(seen))(self.name, **_seen(seen))

    def _padded(self, x: Grid, cells: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Without what a last part window has behind the padding."""
        padding = (0, *map(whole, self.window.padding))
        return [c for c in cells if all(i < n + p for i, n, p in zip(c, x.sizes, padding, strict=True))]


@frozen
class LPPool(Pool):
    """(sum over the window of x^p)^(1/p), p the norm_type; powers are functions, as activations are."""

    norm_type: int | float
    kernel_size: PerAxis
    stride: PerAxis | None = None
    ceil_mode: bool = False

    filled = (3,)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def _window(self) -> tuple[PerAxis, PerAxis | None, PerAxis, PerAxis, bool]:
        return self.kernel_size, self.stride, 0, 1, self.ceil_mode

    def _value(self, x: Grid, cells: list[tuple[int, ...]]) -> Quantity:
        raise self.misfit(norm_type=self.norm_type)


MaxPool1d, MaxPool2d, MaxPool3d = family(MaxPool)
AvgPool1d, AvgPool2d, AvgPool3d = family(AvgPool)
LPPool1d, LPPool2d, LPPool3d = family(LPPool)
