"""Convolution layers, which compute cross-correlations: the kernel is not flipped.

C_in, C_out  channels      K, K_h, K_w  kernel sizes      g  groups      x, w, b  input, weights, bias
H_in, W_in, H_out, W_out   sizes before and after
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from itertools import product
from typing import ClassVar, cast

from solver.derivation import Quantity, Rule, component, formula, value_of
from solver.frozen import frozen
from solver.layers.base import (
    AXES,
    SIZES,
    Demand,
    Field,
    Hyper,
    Layer,
    PerAxis,
    Reads,
    channels_first,
    denied,
    every,
    family,
    lengths,
    per_axis,
    spatial,
    whole,
)
from solver.layers.grid import Grid
from solver.layers.window import GUIDE, SAME_BEFORE, Window, cells_read, output_sizes, reached, taps
from solver.values import Shape, Value

PADDING_MODES = {"zeros": None, "replicate": None, "reflect": 1, "circular": 0}
"""Padding mode -> how many cells more than the padding the input has to have, if it has to."""

MOST_CELLS = 64
"""Of how many cells a value is still written out as a formula."""

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
    slips = {"groups_ignored": f"{kernel}*C_in*{after}*C_out"} if grouped else {}
    return formula(
        "convolution.multiplications",
        f"{kernel}*{channels}*{after}*C_out",
        symbol="M",
        source="one multiplication a weight use",
        input_positions=f"{kernel}*{channels}*{before}*C_out",
        positions_forgotten=f"{kernel}*{channels}*C_out",
        channels_forgotten=f"{kernel}*{after}*C_out",
        filters_forgotten=f"{kernel}*{channels}*{after}",
        biases_multiplied=f"({kernel}*{channels} + 1)*{after}*C_out",
        **slips,
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


@frozen
class Conv(Layer):
    """C_out kernels of size k slide over C_in channels: w * x + b.

    padding may be "valid" (none) or "same" (so much that the size is kept, which needs stride 1).
    """

    out_channels: Hyper
    kernel_size: PerAxis
    stride: PerAxis = 1
    padding: PerAxis | str = 0
    dilation: PerAxis = 1
    groups: Hyper = 1
    bias: bool = True
    padding_mode: str = "zeros"

    axes: ClassVar[int]

    def __post_init__(self) -> None:
        arguments = ("kernel_size", "stride", "dilation", *(() if isinstance(self.padding, str) else ("padding",)))
        for argument in arguments:
            values = per_axis(getattr(self, argument), self.axes, argument)
            if not every(values, 0 if argument == "padding" else 1):
                raise self.misfit(**{argument: values})
            object.__setattr__(self, argument, values)
        if not every((self.out_channels, self.groups), 1):
            raise self.misfit(out_channels=self.out_channels, groups=self.groups)
        if self.padding_mode not in PADDING_MODES:
            raise self.misfit(padding_mode=self.padding_mode)
        if isinstance(self.padding, str) and self.padding not in ("valid", "same"):
            raise self.misfit(padding=self.padding)
        if self.padding == "same" and any(s != 1 for s in self.window.stride):
            raise self.misfit(padding=self.padding, stride=self.stride)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        """Groups divide channels; what is mirrored or wrapped around is long enough."""
        channels, sizes = spatial(shape, self.axes, self.kind)
        yield from (("|", self.groups, count) for count in (value_of(channels), self.out_channels))
        more = PADDING_MODES[self.padding_mode]
        if more is not None:
            for n, (k, _, p, d) in zip(map(value_of, sizes), self.window.axes, strict=True):
                yield ">=", n, (d * (k - 1) - p if self.window.same else p) + more

    def output(self, shape: Quantity) -> Quantity:
        channels, sizes = self._read(shape)
        if denied(self.demands(shape)):
            raise self.misfit(padding_mode=self.padding_mode, shape=value_of(shape), padding=self.padding)
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

    def reads(self, shape: Shape) -> Reads:
        return cells_read(lengths(shape), lengths(self.output(shape)), self.window, self.padding_mode)

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return {"in_channels": value_of(component(shape, 0))}

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
        if inside * len(cells) > MOST_CELLS:
            raise self.misfit(cells=inside * len(cells))
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
        check_groups(self, value_of(channels), self.out_channels, self.groups)
        return channels, sizes

    @cached_property
    def window(self) -> Window:
        """The window that the kernel slides as."""
        sliding = (self.kernel_size, self.stride, self.dilation)
        kernel, stride, dilation = (per_axis(value, self.axes, self.kind) for value in sliding)
        if not isinstance(self.padding, str):
            return Window(kernel, stride, per_axis(self.padding, self.axes, "padding"), dilation)
        if self.padding == "valid":
            return Window(kernel, stride, (0,) * self.axes, dilation)
        before = tuple(SAME_BEFORE.conclude({"d": d, "k": k}) for d, k in zip(dilation, kernel, strict=True))
        return Window(kernel, stride, cast("tuple[Hyper, ...]", before), dilation, same=True)


def check_groups(layer: Layer, before: Value, after: Hyper, groups: Hyper) -> None:
    """Raises DoesNotFit where the groups do not divide the channels before or after."""
    for channels, what in ((before, "in_channels"), (after, "out_channels")):
        if isinstance(channels, int) and isinstance(groups, int) and channels % groups:
            raise layer.misfit(**{what: channels, "groups": groups})


Conv1d, Conv2d, Conv3d = family(Conv)
