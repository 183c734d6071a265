"""The torch module that a network of `solver.layers` stands for, built by name and arguments alone."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from torch import nn

from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv
from solver.layers.dense import Linear
from solver.layers.pooling import Pool
from solver.questions import output_size
from solver.values import Shape


def twin(network: Chain, shape: tuple[int, ...]) -> nn.Module:
    """A Sequential of torch's own layers; channels and features in are passed on from layer to layer."""
    modules: list[nn.Module] = []
    here: Any = Shape(shape)
    for layer in network.layers:
        modules.append(_module(layer, here))
        here = output_size(layer, here) if not isinstance(here, str) and _fits(layer, here) else "unknown"
        if here == "unknown":
            break
    return nn.Sequential(*modules)


def _fits(layer: Layer, shape: Any) -> bool:
    from solver.derivation import DoesNotFit

    try:
        output_size(layer, shape)
    except DoesNotFit:
        return False
    return True


def _module(layer: Layer, shape: Any) -> nn.Module:
    build = getattr(nn, layer.kind)
    match layer:
        case Conv():
            arguments = {each.name: getattr(layer, each.name) for each in fields(layer) if each.name not in ("name", "out_channels")}
            return build(shape[0], layer.out_channels, **arguments)
        case Pool():
            return build(layer.kernel_size, layer.stride, layer.padding)
        case Linear():
            return build(shape[-1], layer.out_features, layer.bias)
        case _:
            return build()
