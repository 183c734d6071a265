"""Padding as a layer of its own: cells are added at the ends of each axis, or taken away where the padding is negative.

n  length of one axis      p_1, p_2  cells added before and behind it
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from solver.derivation import Quantity, formula, value_of
from solver.frozen import frozen
from solver.layers.base import (
    WHOLE,
    AxisField,
    Demand,
    Elementwise,
    Field,
    Hyper,
    PerAxis,
    Reads,
    channels_first,
    denied,
    family,
    lengths,
    spatial,
    whole,
)
from solver.layers.grid import repeated
from solver.layers.phases import counted, tapped
from solver.layers.window import FIELD_START
from solver.values import Shape

OUTPUT_SIZE = formula(
    "padding.output_size",
    "n + p_1 + p_2",
    symbol="n_out",
    needs="n + p_1 + p_2 >= 1",
    padded_once="n + p_1",
)


@frozen
class Pad(Elementwise):
    """Cells are added around each channel: one number for all ends, or a pair for each axis, the last axis first."""

    padding: PerAxis

    axes: ClassVar[int]
    more: ClassVar[int | None] = None
    """By how much an input has to be longer than its padding, if it has to."""
    mode: ClassVar[str] = "zeros"
    """What the cells that are added repeat."""

    def __post_init__(self) -> None:
        ends = self.padding if isinstance(self.padding, tuple) else (self.padding,) * (2 * self.axes)
        if len(ends) != 2 * self.axes or any(isinstance(end, bool | float) for end in ends):
            raise self.misfit(padding=self.padding)
        object.__setattr__(self, "padding", ends)

    @property
    def ends(self) -> list[tuple[Hyper, Hyper]]:
        """Before and behind each axis, the first axis first."""
        ends = self.padding if isinstance(self.padding, tuple) else (self.padding,) * (2 * self.axes)
        return list(zip(ends[::2], ends[1::2], strict=True))[::-1]

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        """An input is long enough for what is taken from it, away or to be repeated."""
        _, sizes = spatial(shape, self.axes, self.kind)
        for n, ends in zip(map(value_of, sizes), self.ends, strict=True):
            yield ">=", n, -sum(p for p in ends if isinstance(p, int) and p < 0)
            if self.more is not None:
                yield from ((">=", n, p + self.more) for p in ends)

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, self.axes, self.kind)
        if denied(self.demands(shape)):
            raise self.misfit(shape=value_of(shape), padding=self.padding)
        after = [OUTPUT_SIZE(self.name, n=n, p_1=p, p_2=q) for n, (p, q) in zip(sizes, self.ends, strict=True)]
        return channels_first(channels, after, self.name)

    def reach(self, field: Field) -> Field:
        if field == WHOLE:
            return WHOLE
        return tuple(self._shifted(axis, before) for axis, (before, _) in zip(field, self.ends, strict=True))

    def reads(self, shape: Shape) -> Reads:
        axes = zip(lengths(shape), lengths(self.output(shape)), self.ends, strict=True)
        return tuple(
            tuple(repeated((o - whole(before),), n, self.mode) for o in range(after)) for n, after, (before, _) in axes
        )

    def _shifted(self, axis: AxisField, before: Hyper) -> AxisField:
        if axis.phases != ():
            (cells,) = counted(before)
            return tapped(axis, ((-cells,),), 1, axis.jump, self.name)
        return AxisField(axis.size, axis.jump, FIELD_START(self.name, a=axis.start, p=before, j=axis.jump))


@frozen
class ZeroPad(Pad):
    """Zeros around each channel."""


@frozen
class ConstantPad(Pad):
    """The same number around each channel."""

    value: float


@frozen
class ReflectionPad(Pad):
    """What lies inside the border, mirrored at the last cell; the padding has to be smaller than the input."""

    more = 1
    mode = "reflect"


@frozen
class ReplicationPad(Pad):
    """The last cell again and again."""

    mode = "replicate"


@frozen
class CircularPad(Pad):
    """The other end of the input; the padding must not be larger than the input."""

    more = 0
    mode = "circular"


ZeroPad1d, ZeroPad2d, ZeroPad3d = family(ZeroPad)
ConstantPad1d, ConstantPad2d, ConstantPad3d = family(ConstantPad)
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = family(ReflectionPad)
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = family(ReplicationPad)
CircularPad1d, CircularPad2d, CircularPad3d = family(CircularPad)
