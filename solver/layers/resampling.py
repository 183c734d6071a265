"""Upsampling, and numbers moved between channels and positions.

n  length of one axis      f  factor, f = u/v where it is no integer      C  channels
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from math import floor, gcd
from typing import Any, TypeAlias, cast, final

from solver.derivation import Quantity, component, formula, rank, value_of
from solver.frozen import frozen
from solver.layers.base import (
    WHOLE,
    AxisField,
    Demand,
    Elementwise,
    Field,
    Hyper,
    Layer,
    NotFollowed,
    Reads,
    channels_first,
    every,
    lengths,
    per_axis,
    sizes_of,
    spatial,
)
from solver.layers.phases import Taps, tapped, transposed
from solver.layers.window import FIELD_JUMP, Window, reached
from solver.values import Shape, Value

Factor: TypeAlias = "int | float | Fraction | Hyper"

UPSAMPLED = formula("upsample.size", "f*n", symbol="n_out", size_kept="n", factor_added="n + f")

RESCALED = formula("upsample.rescaled", "floor(u*n/v)", symbol="n_out", source="torch", rounded_up="ceil(u*n/v)")

SHUFFLED_CHANNELS = formula(
    "pixel_shuffle.channels",
    "C/f**2",
    symbol="C_out",
    source="Shi et al. 2016, Efficient sub-pixel convolution",
    needs="mod(C, f**2) = 0",
    channels_kept="C",
    factor_once="C/f",
)

UNSHUFFLED_CHANNELS = formula(
    "pixel_unshuffle.channels", "C*f**2", symbol="C_out", channels_kept="C", factor_once="C*f"
)

UNSHUFFLED_SIZE = formula("pixel_unshuffle.size", "floor(n/f)", symbol="n_out", needs="mod(n, f) = 0", size_kept="n")

Scale: TypeAlias = "tuple[int, int]"
"""(v, u): u outputs for v inputs."""


def _around(place: Fraction, before: int, behind: int) -> tuple[int, ...]:
    """The inputs that interpolation at a place between inputs takes."""
    first = floor(place)
    return (first,) if place == first else tuple(range(first - before, first + behind + 1))


def _half(o: int, v: int, u: int) -> Fraction:
    return Fraction(2 * o + 1, 2) * Fraction(v, u)


MODES: dict[str, tuple[tuple[int, ...], Callable[[int, int, int], tuple[int, ...]]]] = {
    "nearest": ((1, 2, 3), lambda o, v, u: (o * v // u,)),
    "nearest-exact": ((1, 2, 3), lambda o, v, u: (floor(_half(o, v, u)),)),
    "linear": ((1,), lambda o, v, u: _around(_half(o, v, u) - Fraction(1, 2), 0, 1)),
    "bilinear": ((2,), lambda o, v, u: _around(_half(o, v, u) - Fraction(1, 2), 0, 1)),
    "trilinear": ((3,), lambda o, v, u: _around(_half(o, v, u) - Fraction(1, 2), 0, 1)),
    "bicubic": ((2,), lambda o, v, u: _around(_half(o, v, u) - Fraction(1, 2), 1, 2)),
    "area": ((1, 2, 3), lambda o, v, u: tuple(range(o * v // u, -(-(o + 1) * v // u)))),
}
"""torch's mode -> the numbers of axes it is for, and the inputs that output o takes where u outputs lie on v inputs."""

ALIGNABLE = {"linear": (0, 1), "bilinear": (0, 1), "trilinear": (0, 1), "bicubic": (1, 2)}
"""Modes that know align_corners -> how many inputs they take before and behind a place."""


@frozen
class Resampled(Elementwise):
    """A layer that reads each channel at other places: to a given size, or to f times as many positions.

    Interpolation has fixed weights, which are not counted as multiplications (torch's counter does not either).
    """

    @property
    @abstractmethod
    def wanted(self) -> tuple[object, object, str, bool]:
        """Size, factor, mode and align_corners."""

    def output(self, shape: Quantity) -> Quantity:
        axes = rank(shape) - 1
        size, factor, mode, _ = self.wanted
        if mode not in MODES or axes not in MODES[mode][0]:
            raise self.misfit(mode=mode, shape=value_of(shape))
        channels, sizes = spatial(shape, axes, self.kind)
        if size is not None:
            after = list(_each(self, size, axes, "size"))
            return channels_first(channels, [int(m) if isinstance(m, float) else m for m in after], self.name)
        factors = _each(self, factor, axes, "scale_factor")
        return channels_first(channels, [self._scaled(n, f) for n, f in zip(sizes, factors, strict=True)], self.name)

    def _scaled(self, n: Quantity, f: Factor) -> Quantity:
        if not isinstance(f, float | Fraction):
            return UPSAMPLED(self.name, f=f, n=n)
        exact = as_torch_multiplies(f, value_of(n))
        if exact.denominator == 1:
            return UPSAMPLED(self.name, f=int(exact), n=n)
        return RESCALED(self.name, u=exact.numerator, n=n, v=exact.denominator)

    def reach(self, field: Field) -> Field:
        """Where it does not depend on the sizes: a factor, and corners that are not aligned."""
        size, factor, mode, aligned = self.wanted
        if field == WHOLE:
            return WHOLE
        if size is not None or aligned or mode not in MODES:
            raise self.misfit(size=size, mode=mode)
        factors = _each(self, factor, len(field), "scale_factor")
        return tuple(self._by_factor(axis, f, mode) for axis, f in zip(field, factors, strict=True))

    def seen(self, field: Field, shape: Quantity) -> Field:
        """By phases; the whole input where the ratio of the sizes is not known."""
        size, factor, mode, aligned = self.wanted
        if field == WHOLE or (size is None and not aligned and mode != "area"):
            return self.reach(field)
        axes = len(field)
        before = [value_of(n) for n in spatial(shape, axes, self.kind)[1]]
        after = [value_of(n) for n in spatial(self.output(shape), axes, self.kind)[1]]
        if not all(isinstance(n, int) for n in (*before, *after)):
            whole_factor = size is None and not aligned and every(_each(self, factor, axes, "scale_factor"), 1)
            return self.reach(field) if whole_factor else WHOLE
        return tuple(self._by_sizes(*one, mode, aligned) for one in zip(field, before, after, strict=True))  # type: ignore[arg-type]

    def reads(self, shape: Shape) -> Reads:
        """Inputs that interpolation takes with a weight of 0 are left out; at the border it takes the last ones."""
        size, factor, mode, aligned = self.wanted
        before, after = lengths(shape), lengths(self.output(shape))
        factors: Sequence[Any] = (None,) * len(before)
        if size is None and mode != "area":
            factors = _each(self, factor, len(before), "scale_factor")
        takers = map(partial(_taker, mode, aligned), before, after, factors)
        axes = zip(before, after, takers, strict=True)
        return tuple(tuple(_clamped(taken(o), n) for o in range(m)) for n, m, taken in axes)

    def _by_factor(self, axis: AxisField, f: Factor, mode: str) -> AxisField:
        if mode == "nearest" and not isinstance(f, float | Fraction):
            return transposed(axis, (f, f, 0, 1), self.name)
        if not isinstance(f, int | float | Fraction):
            raise NotFollowed("field.phases", {"scale_factor": f, "mode": mode})
        exact = as_written(f)
        return self._tapped(axis, (exact.denominator, exact.numerator), MODES[mode][1])

    def _by_sizes(self, axis: AxisField, n: int, m: int, mode: str, aligned: bool) -> AxisField:
        if n == m:
            return axis
        if not aligned:
            return self._tapped(axis, (n // gcd(n, m), m // gcd(n, m)), MODES[mode][1])
        if m == 1:
            return AxisField(axis.size, FIELD_JUMP(self.name, j=axis.jump, s=n), axis.start)
        if n == 1:
            return self._tapped(axis, (1, m), lambda o, v, u: (0,))
        common = gcd(n - 1, m - 1)
        around = ALIGNABLE[mode]
        v, u = (n - 1) // common, (m - 1) // common
        return self._tapped(axis, (v, u), lambda o, v, u: _around(Fraction(o * v, u), *around))

    def _tapped(self, axis: AxisField, scale: Scale, taken: Callable[[int, int, int], tuple[int, ...]]) -> AxisField:
        v, u = scale
        taps: Taps = tuple(taken(o, v, u) for o in range(u))
        jump = FIELD_JUMP(self.name, j=axis.jump, s=Fraction(v, u) if v % u else v // u)
        return tapped(axis, taps, v, jump, self.name)


def _taker(mode: str, aligned: bool, n: int, m: int, factor: Factor | None) -> Callable[[int], tuple[int, ...]]:
    """The inputs that output o takes where n become m, some of them perhaps beyond the border."""
    if aligned:
        step = Fraction(n - 1, m - 1) if m > 1 else Fraction(0)
        return lambda o: _around(o * step, *ALIGNABLE[mode])
    scale = Fraction(m, n) if factor is None else as_written(cast("float", factor))
    return lambda o: MODES[mode][1](o, scale.denominator, scale.numerator)


def _clamped(units: Sequence[int], n: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(min(max(unit, 0), n - 1) for unit in units))


def _each(layer: Layer, given: object, axes: int, what: str) -> tuple[Hyper, ...]:
    values = per_axis(given, axes, layer.kind)
    for value in values:
        if isinstance(value, bool) or (isinstance(value, int | float | Fraction) and value <= 0):
            raise layer.misfit(**{what: values})
    return values


def as_written(factor: float | Fraction) -> Fraction:
    """The factor as it was written: 1.3 is 13/10."""
    return Fraction(str(factor)) if isinstance(factor, float) else Fraction(factor)


def as_torch_multiplies(factor: float | Fraction, n: Value) -> Fraction:
    """The factor as it was written, or as it is stored where torch's product is rounded down."""
    exact = as_written(factor)
    if isinstance(n, int) and floor(float(n) * float(factor)) != floor(n * exact):
        return Fraction(float(factor))
    return exact


@final
@frozen
class Upsample(Resampled):
    """Each channel read at other places: the nearest input, or interpolated between inputs."""

    size: Hyper | tuple[Hyper, ...] | None = None
    scale_factor: Factor | tuple[Factor, ...] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def __post_init__(self) -> None:
        if (self.size is None) == (self.scale_factor is None) or self.mode not in MODES:
            raise self.misfit(size=self.size, scale_factor=self.scale_factor, mode=self.mode)
        if self.align_corners is not None and self.mode not in ALIGNABLE:
            raise self.misfit(align_corners=self.align_corners, mode=self.mode)
        if self.recompute_scale_factor and self.size is not None:
            raise self.misfit(size=self.size, recompute_scale_factor=True)

    @property
    def wanted(self) -> tuple[object, object, str, bool]:
        return self.size, self.scale_factor, self.mode, bool(self.align_corners)

    def seen(self, field: Field, shape: Quantity) -> Field:
        if not self.recompute_scale_factor or field == WHOLE:
            return super().seen(field, shape)
        sizes = tuple(value_of(n) for n in spatial(self.output(shape), len(field), self.kind)[1])
        return Upsample(sizes, None, self.mode, self.align_corners, name=self.name).seen(field, shape)

    def reads(self, shape: Shape) -> Reads:
        if not self.recompute_scale_factor:
            return super().reads(shape)
        return Upsample(lengths(self.output(shape)), None, self.mode, self.align_corners).reads(shape)


@frozen
class Upsampling2d(Resampled):
    """Upsampling of (C, H, W) in one mode."""

    size: Hyper | tuple[Hyper, ...] | None = None
    scale_factor: Factor | tuple[Factor, ...] | None = None

    def __post_init__(self) -> None:
        if (self.size is None) == (self.scale_factor is None):
            raise self.misfit(size=self.size, scale_factor=self.scale_factor)


@final
class UpsamplingNearest2d(Upsampling2d):
    """Each output is the nearest input."""

    @property
    def wanted(self) -> tuple[object, object, str, bool]:
        return self.size, self.scale_factor, "nearest", False


@final
class UpsamplingBilinear2d(Upsampling2d):
    """Interpolation between inputs, the corners' centres aligned."""

    @property
    def wanted(self) -> tuple[object, object, str, bool]:
        return self.size, self.scale_factor, "bilinear", True


@final
@frozen
class PixelShuffle(Elementwise):
    """(C f^2, H, W) -> (C, f H, f W): each f^2 channels become the f x f positions of one."""

    upscale_factor: int

    def __post_init__(self) -> None:
        if not every(self.upscale_factor, 1):
            raise self.misfit(upscale_factor=self.upscale_factor)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        yield "|", self.upscale_factor**2, value_of(component(shape, 0))

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, 2, self.kind)
        f = self.upscale_factor
        after = [UPSAMPLED(self.name, f=f, n=n) for n in sizes]
        return channels_first(SHUFFLED_CHANNELS(self.name, C=channels, f=f), after, self.name)

    def reach(self, field: Field) -> Field:
        f = self.upscale_factor
        return tuple(transposed(axis, (f, f, 0, 1), self.name) for axis in field)

    def reads(self, shape: Shape) -> Reads:
        f = self.upscale_factor
        return tuple(tuple((o // f,) for o in range(n * f)) for n in lengths(shape))


@final
@frozen
class PixelUnshuffle(Elementwise):
    """(C, f H, f W) -> (C f^2, H, W): the f x f positions of one channel become channels.

    The field is the box around all those channels.
    """

    downscale_factor: int

    def __post_init__(self) -> None:
        if not every(self.downscale_factor, 1):
            raise self.misfit(downscale_factor=self.downscale_factor)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        return (("|", self.downscale_factor, value_of(size)) for size in sizes_of(shape)[1:])

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = spatial(shape, 2, self.kind)
        f = self.downscale_factor
        after = [UNSHUFFLED_SIZE(self.name, n=n, f=f) for n in sizes]
        return channels_first(UNSHUFFLED_CHANNELS(self.name, C=channels, f=f), after, self.name)

    def reach(self, field: Field) -> Field:
        f = self.downscale_factor
        return reached(field, Window((f, f), (f, f), (0, 0), (1, 1)), self.name)

    def reads(self, shape: Shape) -> Reads:
        f = self.downscale_factor
        return tuple(tuple(tuple(range(o * f, o * f + f)) for o in range(n // f)) for n in lengths(shape))
