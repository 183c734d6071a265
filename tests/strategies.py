"""Layers, windows and networks for hypothesis; wild enough that some do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.activation import Dropout, ReLU
from solver.layers.adaptive import AdaptiveAvgPool2d
from solver.layers.base import Layer
from solver.layers.composite import Chain, Composite, Concat, Graph, Node, Sum
from solver.layers.convolution import Conv1d, Conv2d, Conv3d
from solver.layers.dense import Linear
from solver.layers.joins import Add, Concatenate
from solver.layers.normalisation import BatchNorm2d, GroupNorm
from solver.layers.padding import ZeroPad2d
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from solver.layers.resampling import Upsample
from solver.layers.reshape import Flatten
from solver.layers.transposed import ConvTranspose2d
from solver.values import Shape
from tests.calls import FAMILIES

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


WHOLE_NETWORKS = (
    "convolution convolution convolution pooling pooling transposed adaptive norm group_norm response_norm padding "
    "upsampling shuffle activation along_axis prelu dropout layer_norm dense"
).split()
"""Families of tests/calls.py whose layers stand in drawn networks, some more often."""

LINEAR_IN_POSITIONS = ("convolution", "convolution", "pooling", "transposed", "padding", "adaptive", "upsampling")


def _layer(draw: st.DrawFn, families: Sequence[str]) -> Layer | None:
    """A layer of one of these families; None where its arguments are refused."""
    call = FAMILIES[draw(st.sampled_from(families))].made(draw, 2)
    try:
        made: Layer = kinds()[call.kind](**call.arguments)
    except DoesNotFit:
        return None
    return made


@st.composite
def whole_networks(draw: st.DrawFn, families: Sequence[str] = WHOLE_NETWORKS, steps: int = 6) -> tuple[Graph, Shape]:
    """A graph of layers, joins, branches and layers that are used again, and the shape of its input.

    Whatever does not fit is put back at most once: then the network ends there, and nobody should accept it.
    """
    shape = Shape((draw(st.sampled_from((2, 4, 4))), draw(st.integers(4, 12)), draw(st.integers(4, 12))))
    made, nodes = [shape], list[Node]()
    for _ in range(draw(st.integers(2, steps))):
        recent = st.integers(max(0, len(made) - 3), len(made) - 1)
        node = draw(st.sampled_from((_drawn_layer, _drawn_layer, _drawn_layer, _drawn_join, _drawn_branches, _again)))(
            draw, families, made, nodes, recent
        )
        if node is None:
            continue
        taken = tuple(made[index] for index in node.inputs)
        try:
            step: Any = node.operation
            after = step.output(taken[0] if isinstance(step, Layer) else taken)
        except DoesNotFit:
            if draw(st.integers(0, 3)):
                continue
            nodes.append(node)
            break
        if prod(after) > 5_000:
            continue
        nodes.append(node)
        made.append(after)
    return Graph(tuple(nodes), (len(nodes),)), shape


def _drawn_layer(draw: st.DrawFn, families: Sequence[str], made: Any, nodes: Any, recent: Any) -> Node | None:
    layer = _layer(draw, families)
    return None if layer is None else Node(layer, (draw(recent),))


def _drawn_join(draw: st.DrawFn, families: Sequence[str], made: Any, nodes: Any, recent: Any) -> Node:
    """Mostly of two signals of one shape."""
    first = draw(recent)
    alike = [index for index, shape in enumerate(made) if shape == made[first]]
    second = draw(st.sampled_from(alike) if draw(st.integers(0, 5)) else recent)
    return Node(draw(st.sampled_from((Add(), Concatenate()))), (first, second))


def _drawn_branches(draw: st.DrawFn, families: Sequence[str], made: Any, nodes: Any, recent: Any) -> Node | None:
    """A residual block, or two paths side by side."""
    path = _layer(draw, families)
    if path is None:
        return None
    other = draw(st.sampled_from((Chain(), Chain((path, ReLU())))))
    return Node(draw(st.sampled_from((Sum, Concat)))((path, other)), (draw(recent),))


def _again(draw: st.DrawFn, families: Sequence[str], made: Any, nodes: Any, recent: Any) -> Node | None:
    """An earlier layer with the same weights, on a signal of the same shape."""
    if not nodes:
        return None
    earlier = draw(st.sampled_from(nodes))
    alike = [index for index, shape in enumerate(made) if shape == made[earlier.inputs[0]]]
    usable = isinstance(earlier.operation, Layer) and not isinstance(earlier.operation, Composite)
    return Node(earlier.operation, (draw(st.sampled_from(alike)),), shared=True) if usable else None
