"""Transposed convolution: each input position spreads a kernel over the output.

n  length of one axis      k, s, p, p_o, d  kernel, stride, padding, output padding, dilation of one axis
C_in, C_out  channels      K, K_h, K_w  kernel sizes      g  groups
H_in, W_in, H_out, W_out   sizes before and after
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import ClassVar

from solver.derivation import Quantity, Rule, component, formula, value_of
from solver.frozen import frozen
from solver.layers.base import (
    AXES,
    SIZES,
    WHOLE,
    Demand,
    Field,
    Hyper,
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
from solver.layers.convolution import OUTPUT_CHANNELS, PARAMETERS, check_groups
from solver.layers.grid import repeated
from solver.layers.phases import GUIDE, transposed
from solver.values import Shape, Value

OUTPUT_SIZE = formula(
    "transposed.output_size",
    "(n - 1)*s - 2*p + d*(k - 1) + p_o + 1",
    symbol="n_out",
    source=f"{GUIDE}, relationship 13; torch, ConvTranspose",
    needs="(n - 1)*s + d*(k - 1) + p_o >= 2*p",
    output_padding_forgotten="(n - 1)*s - 2*p + d*(k - 1) + 1",
    no_plus_one="(n - 1)*s - 2*p + d*(k - 1) + p_o",
    dilation_ignored="(n - 1)*s - 2*p + (k - 1) + p_o + 1",
    padding_added="(n - 1)*s + 2*p + d*(k - 1) + p_o + 1",
    padded_once="(n - 1)*s - p + d*(k - 1) + p_o + 1",
    all_positions_spread="n*s - 2*p + d*(k - 1) + p_o + 1",
    as_convolution="floor((n + 2*p - d*(k - 1) - 1)/s) + 1",
)


def _multiplications(axes: int, grouped: bool) -> Rule:
    kernel = "*".join(f"K{axis}" for axis in AXES[axes])
    before = "*".join(f"{size}_in" for size in SIZES[axes])
    after = "*".join(f"{size}_out" for size in SIZES[axes])
    channels = "C_out/g" if grouped else "C_out"
    slips = {
        "output_positions": f"{kernel}*{channels}*{after}*C_in",
        "positions_forgotten": f"{kernel}*{channels}*C_in",
        "channels_forgotten": f"{kernel}*{channels}*{before}",
    }
    if grouped:
        slips["groups_ignored"] = f"{kernel}*C_out*{before}*C_in"
    taught, source = f"{kernel}*{channels}*{before}*C_in", "each input position is multiplied by each weight"
    return formula("transposed.multiplications", taught, symbol="M", source=source, **slips)


MULTIPLICATIONS = {key: _multiplications(*key) for key in product((1, 2, 3), (False, True))}


@frozen
class ConvTranspose(Layer):
    """The transpose of a convolution: input i adds x w to the outputs i s - p + m d, 0 <= m < k."""

    out_channels: Hyper
    kernel_size: PerAxis
    stride: PerAxis = 1
    padding: PerAxis = 0
    output_padding: PerAxis = 0
    groups: Hyper = 1
    bias: bool = True
    dilation: PerAxis = 1
    padding_mode: str = "zeros"

    axes: ClassVar[int]

    def __post_init__(self) -> None:
        least = {"kernel_size": 1, "stride": 1, "dilation": 1, "padding": 0, "output_padding": 0}
        for argument, smallest in least.items():
            values = per_axis(getattr(self, argument), self.axes, argument)
            if not every(values, smallest):
                raise self.misfit(**{argument: values})
            object.__setattr__(self, argument, values)
        if not every((self.out_channels, self.groups), 1):
            raise self.misfit(out_channels=self.out_channels, groups=self.groups)
        if self.padding_mode != "zeros":
            raise self.misfit(padding_mode=self.padding_mode)
        for _, s, _, d, more in self.spread:
            if all(isinstance(number, int) for number in (s, d, more)) and more >= s and more >= d:
                raise self.misfit(output_padding=more, stride=s, dilation=d)

    @property
    def spread(self) -> list[tuple[Hyper, ...]]:
        """k, s, p, d and output padding of each axis."""
        given = (self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        return list(zip(*(per_axis(value, self.axes, self.kind) for value in given), strict=True))

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        return (("|", self.groups, count) for count in (value_of(component(shape, 0)), self.out_channels))

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = self._read(shape)
        after = [
            OUTPUT_SIZE(self.name, n=n, s=s, p=p, d=d, k=k, p_o=more)
            for n, (k, s, p, d, more) in zip(sizes, self.spread, strict=True)
        ]
        made = OUTPUT_CHANNELS(self.name, m=self.out_channels, C_in=channels)
        return channels_first(made, after, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        channels, _ = self._read(shape)
        rule = PARAMETERS[self.axes, self.groups != 1, self.bias]
        return rule(self.name, C_in=channels, C_out=self.out_channels, **self._kernel())

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        channels, before = self._read(shape)
        made, after = spatial(output, self.axes, self.kind)
        sizes = {f"{axis}_in": size for axis, size in zip(SIZES[self.axes], before, strict=True)}
        sizes |= {f"{axis}_out": size for axis, size in zip(SIZES[self.axes], after, strict=True)}
        rule = MULTIPLICATIONS[self.axes, self.groups != 1]
        return rule(self.name, **sizes, C_in=channels, C_out=made, **self._kernel())

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.multiplications(shape, output)

    def reach(self, field: Field) -> Field:
        if field == WHOLE:
            return WHOLE
        return tuple(
            transposed(axis, (k, s, p, d), self.name) for axis, (k, s, p, d, _) in zip(field, self.spread, strict=True)
        )

    def reads(self, shape: Shape) -> Reads:
        made = []
        for n, after, axis in zip(lengths(shape), lengths(self.output(shape)), self.spread, strict=True):
            k, s, p, d, _ = map(whole, axis)
            reaching = [[(o + p - m * d) // s for m in range(k) if (o + p - m * d) % s == 0] for o in range(after)]
            made.append(tuple(repeated(units, n, "zeros") for units in reaching))
        return tuple(made)

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return {"in_channels": value_of(component(shape, 0))}

    def _kernel(self) -> dict[str, Quantity]:
        kernels = per_axis(self.kernel_size, self.axes, self.kind)
        kernel: dict[str, Quantity] = {f"K{axis}": k for axis, k in zip(AXES[self.axes], kernels, strict=True)}
        return kernel if self.groups == 1 else kernel | {"g": self.groups}

    def _read(self, shape: Quantity) -> tuple[Quantity, tuple[Quantity, ...]]:
        channels, sizes = spatial(shape, self.axes, self.kind)
        check_groups(self, value_of(channels), self.out_channels, self.groups)
        return channels, sizes


ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = family(ConvTranspose)
