"""Normalisation: every number is shifted and scaled, by statistics and then by what is learned.

C  channels      D, H, W  sizes      n_1, n_2, ...  the sizes that are normalised together
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from typing import ClassVar, cast, final

from solver.derivation import Quantity, Rule, component, formula, rank, value_of
from solver.frozen import frozen
from solver.layers.base import SIZES, WHOLE, Demand, Elementwise, Field, Hyper, denied, every, family, numbers, sizes_of
from solver.layers.counts import multiplied_each
from solver.values import Value

BATCH_NORM = "Ioffe & Szegedy 2015, Batch normalization"

def _pairs(axes: int) -> Rule:
    slips = {"shifts_forgotten": "C", "statistics_counted": "4*C"}
    if axes:
        slips["pair_for_each_position"] = "*".join(("2*C", *SIZES[axes]))
    return formula("normalisation.parameters", "2*C", symbol="N", source=f"{BATCH_NORM}, section 3.2", **slips)


PARAMETERS = {axes: _pairs(axes) for axes in (0, 1, 2, 3)}

SCALES = formula("normalisation.scales", "C", symbol="N", source="torch, bias=False", shifts_counted="2*C")

BUFFERS = formula(
    "normalisation.buffers",
    "2*C + 1",
    symbol="N",
    source="torch: a running mean and a running variance for each channel, and a counter of batches",
    counter_forgotten="2*C",
)


@cache
def normalised_parameters(axes: int, biased: bool) -> Rule:
    """A scale, and if it is biased a shift, for each of the numbers that are normalised together."""
    scales = "*".join(f"n_{axis + 1}" for axis in range(axes))
    if not biased:
        return formula("layer_norm.scales", scales, symbol="N", source="torch", shifts_counted=f"2*{scales}")
    slips = {"shifts_forgotten": scales, "one_pair": "2"}
    source = "Ba, Kiros & Hinton 2016, Layer normalization"
    return formula("layer_norm.parameters", f"2*{scales}", symbol="N", source=source, **slips)


@frozen
class Norm(Elementwise):
    """A layer that shifts and scales every number: one multiplication an element."""

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return multiplied_each(shape, self.name)

    def for_channels(self, shape: Quantity, affine: bool, bias: bool) -> Quantity:
        """What is learned where each channel has a scale and a shift."""
        if not affine:
            return 0
        channels, *rest = sizes_of(shape)
        if not bias:
            return SCALES(self.name, C=channels)
        names = SIZES.get(len(rest), ())
        return PARAMETERS[len(names)](self.name, C=channels, **dict(zip(names, rest, strict=False)))

    def has_channels(self, shape: Quantity, said: Hyper | None) -> None:
        """Raises DoesNotFit where the number of channels that was said is not the input's."""
        channels = value_of(component(shape, 0))
        if said is not None and isinstance(channels, int) and channels != said:
            raise self.misfit(num_features=said, in_channels=channels)


@frozen
class ChannelNorm(Norm):
    """A scale and a shift for each channel; without running statistics every output depends on all of the input."""

    num_features: Hyper | None = None
    eps: float = 1e-05
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: bool = field(default=True, kw_only=True)

    def parameters(self, shape: Quantity) -> Quantity:
        return self.for_channels(shape, self.affine, self.bias)

    def buffers(self, shape: Quantity) -> Quantity:
        return BUFFERS(self.name, C=component(shape, 0)) if self.track_running_stats else 0

    def reach(self, field: Field) -> Field:
        return field if self.track_running_stats else WHOLE

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        if self.num_features is not None and (self.affine or self.track_running_stats):
            yield "=", value_of(component(shape, 0)), self.num_features

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return {"num_features": value_of(component(shape, 0))}


@frozen
class BatchNorm(ChannelNorm):
    """(x - mean)/sqrt(variance + eps)*scale + shift for each channel, at inference by the running statistics."""

    axes: ClassVar[int]

    def output(self, shape: Quantity) -> Quantity:
        least = 1 if self.axes == 1 else self.axes + 1
        if not least <= rank(shape) <= self.axes + 1:
            raise self.misfit(shape=value_of(shape), axes=self.axes + 1)
        if self.affine or self.track_running_stats:
            self.has_channels(shape, self.num_features)
        return shape


@frozen
class InstanceNorm(ChannelNorm):
    """(x - mean)/sqrt(variance + eps) for each channel of each input, over all its positions.

    With running statistics they serve at inference instead.
    """

    affine: bool = False
    track_running_stats: bool = False

    axes: ClassVar[int]

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) != self.axes + 1:
            raise self.misfit(shape=value_of(shape), axes=self.axes + 1)
        if self.affine or self.track_running_stats:
            self.has_channels(shape, self.num_features)
        if denied(self.demands(shape)):
            raise self.misfit(shape=value_of(shape))
        return shape

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        """One number alone has no variance."""
        yield from super().demands(shape)
        if not self.track_running_stats:
            yield ">=", numbers(cast("tuple[Value, ...]", value_of(shape))[1:]), 2


BatchNorm1d, BatchNorm2d, BatchNorm3d = family(BatchNorm)
InstanceNorm1d, InstanceNorm2d, InstanceNorm3d = family(InstanceNorm)


@final
@frozen
class GroupNorm(Norm):
    """(x - mean)/sqrt(variance + eps)*scale + shift, the statistics over all positions of a group of channels."""

    num_groups: Hyper
    num_channels: Hyper | None = None
    eps: float = 1e-05
    affine: bool = True
    bias: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if not every(self.num_groups, 1):
            raise self.misfit(num_groups=self.num_groups)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        channels = value_of(component(shape, 0))
        yield "|", self.num_groups, channels
        if self.num_channels is not None:
            yield "=", channels, self.num_channels

    def output(self, shape: Quantity) -> Quantity:
        self.has_channels(shape, self.num_channels)
        if denied(self.demands(shape)):
            raise self.misfit(num_groups=self.num_groups, num_channels=value_of(component(shape, 0)))
        return shape

    def parameters(self, shape: Quantity) -> Quantity:
        return self.for_channels(shape, self.affine, self.bias)

    def reach(self, field: Field) -> Field:
        return WHOLE

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return {"num_channels": value_of(component(shape, 0))}


@frozen
class LastAxes(Norm):
    """A layer that normalises the last axes together."""

    normalized_shape: Hyper | tuple[Hyper, ...]

    @property
    def normalised(self) -> tuple[Hyper, ...]:
        """The sizes that are normalised together."""
        given = self.normalized_shape
        return given if isinstance(given, tuple) else (given,)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        last = self.normalised
        sizes = map(value_of, sizes_of(shape)[-len(last) :])
        return (("=", size, said) for size, said in zip(sizes, last, strict=True))

    def output(self, shape: Quantity) -> Quantity:
        last = self.normalised
        if not last or len(last) > rank(shape) or denied(self.demands(shape)):
            raise self.misfit(normalized_shape=last, shape=value_of(shape))
        return shape

    def seen(self, field: Field, shape: Quantity) -> Field:
        return field if rank(shape) == 1 else WHOLE

    def reach(self, field: Field) -> Field:
        return WHOLE

    def learned(self, shape: Quantity, biased: bool) -> Quantity:
        """A scale, and perhaps a shift, for each number."""
        last = sizes_of(shape)[-len(self.normalised) :]
        sizes = {f"n_{axis}": size for axis, size in enumerate(last, start=1)}
        return normalised_parameters(len(sizes), biased)(self.name, **sizes)


@final
@frozen
class LayerNorm(LastAxes):
    """(x - mean)/sqrt(variance + eps)*scale + shift, the statistics over the last axes."""

    eps: float = 1e-05
    elementwise_affine: bool = True
    bias: bool = True

    def parameters(self, shape: Quantity) -> Quantity:
        return self.learned(shape, self.bias) if self.elementwise_affine else 0


@final
@frozen
class RMSNorm(LastAxes):
    """x/sqrt(mean of x^2 + eps)*scale, the mean over the last axes."""

    eps: float | None = None
    elementwise_affine: bool = True

    def parameters(self, shape: Quantity) -> Quantity:
        return self.learned(shape, False) if self.elementwise_affine else 0


@final
@frozen
class LocalResponseNorm(Norm):
    """x/(k + alpha*(mean of x^2 over neighbouring channels))^beta."""

    size: int
    alpha: float = 0.0001
    beta: float = 0.75
    k: float = 1.0

    def __post_init__(self) -> None:
        if not every(self.size, 1):
            raise self.misfit(size=self.size)

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) < 2:
            raise self.misfit(shape=value_of(shape))
        return shape
