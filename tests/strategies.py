"""Layers, windows and networks for hypothesis; wild enough that some do not fit."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from solver.layers.activation import Dropout, ReLU
from solver.layers.adaptive import AdaptiveAvgPool2d
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv1d, Conv2d, Conv3d
from solver.layers.dense import Linear
from solver.layers.normalisation import BatchNorm2d, GroupNorm
from solver.layers.padding import ZeroPad2d
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from solver.layers.resampling import Upsample
from solver.layers.reshape import Flatten
from solver.layers.transposed import ConvTranspose2d

CONV = {1: Conv1d, 2: Conv2d, 3: Conv3d}
POOL = {1: (MaxPool1d, AvgPool1d), 2: (MaxPool2d, AvgPool2d)}


@st.composite
def convolutions(draw: st.DrawFn, axes: int = 2, in_channels: int = 4) -> Layer:
    """A convolution layer; its groups divide the channels in and out."""

    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    groups = draw(st.sampled_from([g for g in (1, 2, 4) if in_channels % g == 0]))
    return CONV[axes](
        groups * draw(st.integers(1, 3)),
        each(1, 4),
        stride=each(1, 3),
        padding=each(0, 2),
        dilation=each(1, 2),
        groups=groups,
        bias=draw(st.booleans()),
    )


@st.composite
def pools(draw: st.DrawFn, axes: int = 2) -> Layer:
    """A pooling layer with a padding that torch allows."""
    kernel = draw(st.integers(1, 4))
    stride = draw(st.none() | st.integers(1, 3))
    pool: Any = draw(st.sampled_from(POOL[axes]))
    return pool(kernel, stride, draw(st.integers(0, kernel // 2)))  # type: ignore[no-any-return]  # a layer


EXTRAS: tuple[Layer, ...] = (
    BatchNorm2d(),
    GroupNorm(1),
    Dropout(),
    Upsample(scale_factor=2),
    Upsample(size=9, mode="bilinear"),
    ZeroPad2d((1, 0, 2, 1)),
    AdaptiveAvgPool2d((4, None)),
    MaxPool2d(3, 2, 1, ceil_mode=True),
    ConvTranspose2d(4, 3, 2, 1, output_padding=1),
)
"""What may stand between a convolution and what follows it."""


@st.composite
def networks(draw: st.DrawFn) -> Chain:
    """Convolutions, activations, pools and whatever else, then perhaps dense layers."""
    layers: list[Layer] = []
    channels = 4
    for _ in range(draw(st.integers(1, 4))):
        convolution = draw(convolutions(in_channels=channels))
        channels = convolution.out_channels  # type: ignore[attr-defined]  # a convolution has them
        layers += [convolution, ReLU()]
        if draw(st.booleans()):
            layers.append(draw(st.sampled_from(EXTRAS)))
            channels = getattr(layers[-1], "out_channels", channels)
        if draw(st.booleans()):
            layers.append(draw(pools()))
    if draw(st.booleans()):
        layers += [Flatten(), Linear(draw(st.integers(1, 9)), bias=draw(st.booleans())), ReLU(), Linear(3)]
    return Chain(tuple(layers))
