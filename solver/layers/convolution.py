"""Convolution layers, which compute cross-correlations: the kernel is not flipped.

C_in, C_out  channels      K, K_h, K_w  kernel sizes      g  groups      x, w, b  input, weights, bias
H_in, W_in, H_out, W_out   sizes before and after
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import ClassVar, final

from solver.derivation import DoesNotFit, Quantity, Rule, formula, value_of
from solver.layers.base import (
    AXES,
    SIZES,
    Field,
    Hyper,
    Layer,
    PerAxis,
    channels_first,
    per_axis,
    spatial,
    whole,
)
from solver.layers.grid import Grid
from solver.layers.window import GUIDE, Window, output_sizes, reached, taps
from solver.values import Shape

PADDING_MODES = ("zeros", "replicate")

OUTPUT_CHANNELS = formula(
    "convolution.channels", "m", symbol="C_out", source=GUIDE, channels_kept="C_in", one_channel="1"
)


def _parameters(axes: int, grouped: bool, biased: bool) -> Rule:
    kernel = "*".join(f"K{axis}" for axis in AXES[axes])
    channels = "C_in/g*C_out" if grouped else "C_in*C_out"
    weights = f"{channels}*{kernel}"
    slips = {"channels_forgotten": f"C_out*{kernel}", "filters_forgotten": f"C_in*{kernel}"}
    if axes > 1:
        slips["kernel_not_squared"] = f"{channels}*K{AXES[axes][0]}"
    if grouped:
        slips["groups_ignored"] = f"C_in*C_out*{kernel}"
    if biased:
        slips = {slip: f"{said} + C_out" for slip, said in slips.items()}
        slips |= {"biases_forgotten": weights, "one_bias": f"{weights} + 1"}
    else:
        slips["biases_counted"] = f"{weights} + C_out"
    name = "convolution.parameters" if biased else "convolution.weights"
    taught = f"{weights} + C_out" if biased else weights
    return formula(name, taught, symbol="N", source=GUIDE, **slips)


def _multiplications(axes: int, grouped: bool) -> Rule:
    kernel = "*".join(f"K{axis}" for axis in AXES[axes])
    after = "*".join(f"{size}_out" for size in SIZES[axes])
    before = "*".join(f"{size}_in" for size in SIZES[axes])
    channels = "C_in/g" if grouped else "C_in"
    return formula(
        "convolution.multiplications",
        f"{kernel}*{channels}*{after}*C_out",
        symbol="M",
        source="one multiplication a weight use",
        input_positions=f"{kernel}*{channels}*{before}*C_out",
        positions_forgotten=f"{kernel}*{channels}*C_out",
        channels_forgotten=f"{kernel}*{after}*C_out",
        filters_forgotten=f"{kernel}*{channels}*{after}",
    )


PARAMETERS = {key: _parameters(*key) for key in product((1, 2, 3), (False, True), (False, True))}
MULTIPLICATIONS = {key: _multiplications(*key) for key in product((1, 2, 3), (False, True))}


@cache
def correlation(channels: int, cells: int, biased: bool) -> Rule:
    """The value under a window of so many cells in each of so many channels: x_1 w_1 + x_2 w_2 + ... + b."""

    def said(order: range) -> str:
        places = [(c * cells, place) for c in range(channels) for place in range(cells)]
        products = [f"x_{c + place + 1}*w_{c + order[place] + 1}" for c, place in places]
        return " + ".join(products)

    straight, flipped = said(range(cells)), said(range(cells)[::-1])
    slips = {"kernel_flipped": flipped + (" + b" if biased else "")}
    if biased:
        slips["bias_not_added"] = straight
    taught = straight + (" + b" if biased else "")
    return formula("convolution.value", taught, symbol="z", source="tutorial 11, 1D layer", **slips)


@dataclass(frozen=True)
class Conv(Layer):
    """C_out kernels of size k slide over C_in channels: w * x + b, with torch's arguments.

    Sizes may be symbols. Raises DoesNotFit for arguments that torch refuses.
    """

    out_channels: Hyper
    kernel_size: PerAxis
    stride: PerAxis = 1
    padding: PerAxis = 0
    dilation: PerAxis = 1
    groups: Hyper = 1
    bias: bool = True
    padding_mode: str = "zeros"

    axes: ClassVar[int]

    def __post_init__(self) -> None:
        for argument in ("kernel_size", "stride", "padding", "dilation"):
            object.__setattr__(self, argument, per_axis(getattr(self, argument), self.axes, argument))
        least = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}
        for argument, smallest in least.items():
            values = getattr(self, argument)
            if any(isinstance(value, int) and value < smallest for value in values):
                raise DoesNotFit(self.kind, {argument: values})
        if self.padding_mode not in PADDING_MODES:
            raise DoesNotFit(self.kind, {"padding_mode": self.padding_mode})

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = self._read(shape)
        after = output_sizes(sizes, self.window, self.name)
        made = OUTPUT_CHANNELS(self.name, m=self.out_channels, C_in=channels)
        return channels_first(made, after, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        channels, _ = self._read(shape)
        kernel = {f"K{axis}": k for axis, k in zip(AXES[self.axes], self.window.kernel, strict=True)}
        groups = {} if self.groups == 1 else {"g": self.groups}
        rule = PARAMETERS[self.axes, self.groups != 1, self.bias]
        return rule(self.name, C_in=channels, C_out=self.out_channels, **kernel, **groups)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        channels, before = self._read(shape)
        made, after = spatial(output, self.axes, self.kind)
        kernel = {f"K{axis}": k for axis, k in zip(AXES[self.axes], self.window.kernel, strict=True)}
        positions = {f"{axis}_out": size for axis, size in zip(SIZES[self.axes], after, strict=True)}
        positions |= {f"{axis}_in": size for axis, size in zip(SIZES[self.axes], before, strict=True)}
        groups = {} if self.groups == 1 else {"g": self.groups}
        rule = MULTIPLICATIONS[self.axes, self.groups != 1]
        return rule(self.name, **kernel, C_in=channels, **positions, C_out=made, **groups)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.multiplications(shape, output)

    def reach(self, field: Field) -> Field:
        return reached(field, self.window, self.name)

    def compute(self, x: Grid, weight: Grid, bias: tuple[Quantity, ...] = ()) -> Grid:
        """z[c, i] = sum over the window of x[., i s - p + m d] w[c, ., m] + b[c], cell by cell.

        x is (C_in, sizes), weight (C_out, C_in/g, kernel), bias (C_out,) or empty.
        """
        shape = self.output(Shape(x.sizes))
        _, sizes = spatial(shape, self.axes, self.kind)
        window = self.window
        stride, padding, dilation = (tuple(map(whole, v)) for v in (window.stride, window.padding, window.dilation))
        groups, kernel = whole(self.groups), weight.sizes[2:]
        filters, inside = weight.sizes[0], weight.sizes[1]
        cells = taps(kernel, dilation)
        rule = correlation(inside, len(cells), bool(bias))
        after = tuple(whole(value_of(size)) for size in sizes)

        def cell(channel: int, place: tuple[int, ...]) -> Quantity:
            group = channel // (filters // groups)
            corner = [i * s - p for i, s, p in zip(place, stride, padding, strict=True)]
            seen: dict[str, Quantity] = {}
            for source, (m, offset) in product(range(inside), enumerate(cells)):
                where = tuple(start + step for start, step in zip(corner, offset, strict=True))
                spot = (group * inside + source, *where)
                seen[f"x_{source * len(cells) + m + 1}"] = x.padded_at(spot, self.padding_mode)
            used = weight.cells[channel * inside * len(cells) : (channel + 1) * inside * len(cells)]
            seen |= {f"w_{index + 1}": value for index, value in enumerate(used)}
            return rule(self.name, **seen, **({"b": bias[channel]} if bias else {}))

        made = (cell(channel, place) for channel in range(filters) for place in product(*map(range, after)))
        return Grid((filters, *after), tuple(made))

    def _read(self, shape: Quantity) -> tuple[Quantity, tuple[Quantity, ...]]:
        channels, sizes = spatial(shape, self.axes, self.kind)
        before, groups, after = value_of(channels), self.groups, self.out_channels
        if isinstance(before, int) and isinstance(groups, int) and before % groups:
            raise DoesNotFit(self.kind, {"in_channels": before, "groups": groups})
        if isinstance(after, int) and isinstance(groups, int) and after % groups:
            raise DoesNotFit(self.kind, {"out_channels": after, "groups": groups})
        return channels, sizes

    @cached_property
    def window(self) -> Window:
        """The window that the kernel slides as."""
        values = (self.kernel_size, self.stride, self.padding, self.dilation)
        return Window(*(per_axis(value, self.axes, self.kind) for value in values))


@final
@dataclass(frozen=True)
class Conv1d(Conv):
    """A convolution layer on (C, L)."""

    axes = 1


@final
@dataclass(frozen=True)
class Conv2d(Conv):
    """A convolution layer on (C, H, W)."""

    axes = 2


@final
@dataclass(frozen=True)
class Conv3d(Conv):
    """A convolution layer on (C, D, H, W)."""

    axes = 3
