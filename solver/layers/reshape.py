"""Layers that only arrange numbers anew.

C, D, H, W  sizes of a shape; n_1, n_2, ... those of some of its axes      K_h, K_w  kernel sizes of a sliding window
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod
from typing import ClassVar, final

from solver.derivation import Quantity, Rule, component, formula, rank, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import (
    WHOLE,
    Demand,
    Elementwise,
    Field,
    Hyper,
    PerAxis,
    Reads,
    axis_of,
    denied,
    every,
    lengths,
    named,
    per_axis,
    sizes_of,
    spatial,
    whole,
)
from solver.layers.counts import POSITIONS
from solver.layers.window import Window, cells_read, output_sizes, reached
from solver.values import Shape

NAMES = {2: ("C", "D"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}

FLATTENED = {
    rank: formula("flatten.features", "*".join(sizes), symbol="D", channels_not_flattened="*".join(sizes[1:]))
    for rank, sizes in NAMES.items()
}


@cache
def merged(axes: int) -> Rule:
    """The size of some axes in one."""
    sizes = [f"n_{axis + 1}" for axis in range(axes)]
    return formula("flatten.some", "*".join(sizes), symbol="n_out", sizes_added=" + ".join(sizes))


REST = formula("unflatten.rest", "floor(n/m)", symbol="n_out", needs="mod(n, m) = 0", size_kept="n")

PATCH = formula("unfold.channels", "C*K_h*K_w", symbol="C_out", channels_forgotten="K_h*K_w", cells_forgotten="C")


@final
@frozen
class Flatten(Elementwise):
    """(C, H, W) -> (C H W,): the numbers of the axes start_dim to end_dim in one row, the batch axis being 0."""

    start_dim: int = 1
    end_dim: int = -1

    view: ClassVar[bool] = True

    def output(self, shape: Quantity) -> Quantity:
        axes = rank(shape)
        first, last = axis_of(self.start_dim, axes, self.kind), axis_of(self.end_dim, axes, self.kind)
        if first > last:
            raise self.misfit(start_dim=self.start_dim, end_dim=self.end_dim)
        if first == last:
            return shape
        sizes = sizes_of(shape)
        if last - first == axes - 1 and axes in NAMES:
            return shape_of({"D": FLATTENED[axes](self.name, **dict(zip(NAMES[axes], sizes, strict=True)))}, self.name)
        some = {f"n_{index}": size for index, size in enumerate(sizes[first : last + 1], start=1)}
        return shape_of(named([*sizes[:first], merged(len(some))(self.name, **some), *sizes[last + 1 :]]), self.name)


@final
@frozen
class Unflatten(Elementwise):
    """One axis becomes several, the batch axis being 0; one of their sizes may be -1, whatever is left over."""

    dim: int
    unflattened_size: tuple[Hyper, ...]

    view: ClassVar[bool] = True

    def __post_init__(self) -> None:
        sizes = self.unflattened_size
        if not isinstance(sizes, tuple) or not sizes or sizes.count(-1) > 1:
            raise self.misfit(unflattened_size=sizes)
        if not every(tuple(size for size in sizes if size != -1), 1):
            raise self.misfit(unflattened_size=sizes)

    @property
    def product(self) -> Hyper:
        """How many numbers the sizes that are known are for."""
        return prod(size for size in self.unflattened_size if size != -1)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        n = value_of(component(shape, axis_of(self.dim, rank(shape), self.kind)))
        yield ("|", self.product, n) if -1 in self.unflattened_size else ("=", n, self.product)

    def output(self, shape: Quantity) -> Quantity:
        sizes = sizes_of(shape)
        axis = axis_of(self.dim, len(sizes), self.kind)
        if -1 not in self.unflattened_size and denied(self.demands(shape)):
            raise self.misfit(n=value_of(sizes[axis]), unflattened_size=self.unflattened_size)
        made = [REST(self.name, n=sizes[axis], m=self.product) if m == -1 else m for m in self.unflattened_size]
        return shape_of(named([*sizes[:axis], *made, *sizes[axis + 1 :]]), self.name)

    def reach(self, field: Field) -> Field:
        """The positions of the new axes are not followed: the whole input is sure."""
        return WHOLE


@final
@frozen
class ChannelShuffle(Elementwise):
    """Channels of g groups are dealt out anew: channel (i, j) of g x C/g becomes channel (j, i)."""

    groups: int

    def __post_init__(self) -> None:
        if not every(self.groups, 1):
            raise self.misfit(groups=self.groups)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        yield "|", self.groups, value_of(component(shape, 0))

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) < 2 or denied(self.demands(shape)):
            raise self.misfit(groups=self.groups, shape=value_of(shape))
        return shape


@frozen
class Patches(Elementwise):
    """What a sliding window on (C, H, W) sees, as a column for each of its positions."""

    def slid(self, given: tuple[PerAxis, PerAxis, PerAxis, PerAxis]) -> Window:
        """The window, from kernel, dilation, padding and stride in torch's order."""
        kernel, dilation, padding, stride = (per_axis(value, 2, self.kind) for value in given)
        if not every((*kernel, *dilation, *stride), 1) or not every(padding, 0):
            raise self.misfit(kernel_size=kernel, dilation=dilation, padding=padding, stride=stride)
        return Window(kernel, stride, padding, dilation)


@final
@frozen
class Unfold(Patches):
    """(C, H, W) -> (C K_h K_w, L): the cells under each of the L positions of a window, as a column."""

    kernel_size: PerAxis
    dilation: PerAxis = 1
    padding: PerAxis = 0
    stride: PerAxis = 1

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, 2, self.kind)
        window = self._window()
        height, width = output_sizes(sizes, window, self.name)
        rows = PATCH(self.name, C=channels, K_h=window.kernel[0], K_w=window.kernel[1])
        return shape_of(named([rows, POSITIONS(self.name, a=height, b=width)]), self.name)

    def reach(self, field: Field) -> Field:
        """Each column sees a window; columns are numbered row by row."""
        return reached(field, self._window(), self.name)

    def columns(self, shape: Shape) -> Reads:
        """The cells under each position of the window, row by row and column by column."""
        _, sizes = spatial(shape, 2, self.kind)
        window = self._window()
        after = [whole(value_of(size)) for size in output_sizes(sizes, window, self.name)]
        return cells_read(lengths(shape), after, window)

    def _window(self) -> Window:
        return self.slid((self.kernel_size, self.dilation, self.padding, self.stride))


@final
@frozen
class Fold(Patches):
    """(C K_h K_w, L) -> (C, H, W): columns are put back where Unfold took them from, and added."""

    output_size: PerAxis
    kernel_size: PerAxis
    dilation: PerAxis = 1
    padding: PerAxis = 0
    stride: PerAxis = 1

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) != 2:
            raise self.misfit(shape=value_of(shape))
        window = self.slid((self.kernel_size, self.dilation, self.padding, self.stride))
        sizes = per_axis(self.output_size, 2, self.kind)
        if not every(sizes, 1):
            raise self.misfit(output_size=sizes)
        if denied(self.demands(shape)):
            raise self.misfit(shape=value_of(shape), output_size=sizes)
        return shape_of(named([REST(self.name, n=sizes_of(shape)[0], m=prod(window.kernel)), *sizes]), self.name)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        """A column for each position of the window, and its cells for each channel."""
        window = self.slid((self.kernel_size, self.dilation, self.padding, self.stride))
        height, width = map(value_of, output_sizes(per_axis(self.output_size, 2, self.kind), window, self.name))
        rows, columns = map(value_of, sizes_of(shape))
        yield "|", prod(window.kernel), rows
        yield "=", columns, height * width  # type: ignore[operator]  # numbers and expressions multiply

    def reach(self, field: Field) -> Field:
        """The positions of columns are not followed: the whole input is sure."""
        return WHOLE
