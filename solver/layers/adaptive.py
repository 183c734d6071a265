"""Adaptive pooling: the output's sizes are given, the windows follow.

n, m  size of one axis before and after: output o pools floor(o n/m) .. ceil((o + 1) n/m) - 1
"""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, TypeAlias

from solver.derivation import Quantity, value_of
from solver.frozen import frozen
from solver.layers.base import (
    WHOLE,
    AxisField,
    Field,
    Hyper,
    Layer,
    Reads,
    channels_first,
    every,
    family,
    lengths,
    spatial,
)
from solver.layers.phases import scaled_taps, tapped
from solver.layers.pooling import per_output
from solver.layers.window import FIELD_JUMP, FIELD_SIZE
from solver.values import Shape

Wanted: TypeAlias = "Hyper | None"


@frozen
class AdaptivePool(Layer):
    """Windows that cover the input are pooled to an output of this size, None for the input's own."""

    output_size: Hyper | tuple[Wanted, ...]

    axes: ClassVar[int]

    def __post_init__(self) -> None:
        given = self.output_size
        if not isinstance(given, tuple):
            given = (given,) * self.axes
        known = tuple(size for size in given if size is not None)
        lacking = self.output_size is None or (self.axes == 1 and not known)
        if lacking or len(given) != self.axes or not every(known, 1):
            raise self.misfit(output_size=self.output_size)
        object.__setattr__(self, "output_size", given)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The size after it along each axis."""
        return self.output_size if isinstance(self.output_size, tuple) else (self.output_size,) * self.axes

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, self.axes, self.kind)
        after = [n if m is None else m for n, m in zip(sizes, self.wanted, strict=True)]
        return channels_first(channels, after, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return 0

    def reach(self, field: Field) -> Field:
        if field == WHOLE or all(m == 1 for m in self.wanted):
            return WHOLE
        if all(m is None for m in self.wanted):
            return field
        raise self.misfit(output_size=self.wanted)

    def seen(self, field: Field, shape: Quantity) -> Field:
        """By phases; the whole input where everything is pooled, or where the ratio of the sizes is not known."""
        _, sizes = spatial(shape, self.axes, self.kind)
        if field == WHOLE or all(m == 1 for m in self.wanted) or not all(map(_known, sizes, self.wanted)):
            return WHOLE
        return tuple(self._axis(*one) for one in zip(field, sizes, self.wanted, strict=True))

    def reads(self, shape: Shape) -> Reads:
        axes = zip(lengths(shape), lengths(self.output(shape)), strict=True)
        return tuple(tuple(tuple(range(o * n // m, -(-(o + 1) * n // m))) for o in range(m)) for n, m in axes)

    def _axis(self, axis: AxisField, size: Quantity, wanted: Wanted) -> AxisField:
        n, m = value_of(size), wanted
        if m is None or not isinstance(n, int) or not isinstance(m, int) or m == n:
            return axis
        taps, advance = scaled_taps(n, m, spread=True)
        jump = FIELD_JUMP(self.name, j=axis.jump, s=Fraction(n, m) if n % m else n // m)
        if n % m or axis.phases != ():
            return tapped(axis, taps, advance, jump, self.name)
        return AxisField(FIELD_SIZE(self.name, r=axis.size, k=n // m, d=1, j=axis.jump), jump, axis.start)


def _known(size: Quantity, wanted: Wanted) -> bool:
    return wanted is None or (isinstance(value_of(size), int) and isinstance(wanted, int)) or value_of(size) == wanted


@frozen
class AdaptiveAvgPool(AdaptivePool):
    """The average over windows that cover the input, of the output's size or None: one division an output."""

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return per_output(self, self.axes, shape, output)


@frozen
class AdaptiveMaxPool(AdaptivePool):
    """The largest value in each of the windows that cover the input, of the output's size or None."""

    return_indices: bool = False

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def output(self, shape: Quantity) -> Quantity:
        if self.return_indices:
            raise self.misfit(return_indices=True)
        return super().output(shape)


AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = family(AdaptiveAvgPool)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = family(AdaptiveMaxPool)
