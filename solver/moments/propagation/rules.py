"""Which rule is for which layer."""

from __future__ import annotations

from typing import Any

from solver.moments.activations import NoMoments
from solver.moments.propagation.joins import add, bilinear, concatenated, matrix_product, multiply, subtract
from solver.moments.propagation.layers import (
    Place,
    Rule,
    activation,
    adaptive_average,
    adaptive_max,
    alpha_dropout,
    average_pool,
    convolution,
    dropout,
    embedding,
    function,
    gated,
    kept,
    linear,
    local_response,
    max_pool,
    mean_over_axes,
    moved,
    normalised,
    padded,
    root_mean_square,
    transposed,
    unfolded,
    upsampled,
)
from solver.moments.propagation.state import State, Step


def tokenwise(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """A layer along the last axis, at each position by itself."""
    inner = rule_of(layer.layer)
    if inner is None:
        raise NoMoments(f"the layer {layer.kind}", why="layer", kind=layer.kind)
    return inner(layer.layer, states, place)


RULES: dict[str, Rule] = {
    "Linear": linear,
    "Conv": convolution,
    "ConvTranspose": transposed,
    "Embedding": embedding,
    "Bilinear": bilinear,
    "Activation": activation,
    "PReLU": activation,
    "Function": function,
    "Tokenwise": tokenwise,
    "AlphaDropout": alpha_dropout,
    "FeatureAlphaDropout": alpha_dropout,
    "Drop": dropout,
    "BatchNorm": normalised,
    "InstanceNorm": normalised,
    "GroupNorm": normalised,
    "LayerNorm": normalised,
    "RMSNorm": root_mean_square,
    "LocalResponseNorm": local_response,
    "AvgPool": average_pool,
    "AdaptiveAvgPool": adaptive_average,
    "MaxPool": max_pool,
    "AdaptiveMaxPool": adaptive_max,
    "Reduce": mean_over_axes,
    "Resampled": upsampled,
    "Unfold": unfolded,
    "ZeroPad": padded,
    "ReflectionPad": padded,
    "ReplicationPad": padded,
    "CircularPad": padded,
    "Flatten": kept,
    "Unflatten": kept,
    "ChannelShuffle": moved,
    "PixelShuffle": moved,
    "PixelUnshuffle": moved,
    "Permute": moved,
    "Reshape": kept,
    "GLU": gated,
    "Add": add,
    "Subtract": subtract,
    "Multiply": multiply,
    "Concatenate": concatenated,
    "Stack": concatenated,
    "MatMul": matrix_product,
}
"""The class of a layer, or one that it is built on -> its rule; the nearest counts."""

UNFOLLOWED = frozenset(
    "Softmax LogSoftmax Softmin Softmax2d MultiheadAttention CrossAttention Divide Fold LPPool ConstantPad".split()
)
"""Layers whose moments depend on more than those of their inputs: what comes out of them has symbols of its own."""


def rule_of(operation: Any) -> Rule | None:
    """The rule of the nearest class that has one."""
    return next((RULES[kind.__name__] for kind in type(operation).__mro__ if kind.__name__ in RULES), None)
