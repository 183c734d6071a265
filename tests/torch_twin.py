"""The torch module that a layer of `solver.layers` stands for, built by name and arguments alone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from solver.derivation import DoesNotFit
from solver.layers.base import Layer
from solver.layers.composite import Chain, Node, flattened
from solver.questions import output_size
from solver.values import Shape
from tests.calls import Call

TOLD = {
    "Conv": ("in_channels", 0, 0),
    "ConvTranspose": ("in_channels", 0, 0),
    "BatchNorm": ("num_features", 0, 0),
    "InstanceNorm": ("num_features", 0, 0),
    "GroupNorm": ("num_channels", 0, 0),
    "Linear": ("in_features", 0, -1),
    "Bilinear": ("in1_features", 0, -1, "in2_features", 1, -1),
}
"""Kind -> arguments that torch wants to be told: name, which input, which of its sizes."""

REFUSALS = (RuntimeError, ValueError, AssertionError, TypeError, IndexError, NotImplementedError, ZeroDivisionError)


def told(kind: str, shapes: tuple[tuple[int, ...], ...]) -> dict[str, int]:
    """What torch wants to be told of the inputs."""
    wanted: Any = TOLD.get(re.sub(r"\dd$", "", kind), ())
    return {wanted[i]: shapes[wanted[i + 1]][wanted[i + 2]] for i in range(0, len(wanted), 3)}


def built(kind: str, arguments: Mapping[str, Any], shapes: tuple[tuple[int, ...], ...]) -> nn.Module:
    """torch's module of this kind."""
    named = "MultiheadAttention" if kind == "CrossAttention" else kind
    given = {**told(kind, shapes), **arguments}
    module: nn.Module = getattr(nn, named)(**given)
    return module.eval()


def run(module: nn.Module, kind: str, shapes: tuple[tuple[int, ...], ...], device: str = "cpu") -> torch.Tensor:
    """The module on zeros: two of a batch, but for attention, whose sequences have no batch axis here."""
    if "Attention" in kind:
        sequences = [torch.zeros(shape, device=device) for shape in shapes]
        return module(*(sequences * 3 if len(sequences) == 1 else sequences))[0]
    batch = [
        torch.zeros(2, *shape, device=device, dtype=torch.long if kind == "Embedding" else None) for shape in shapes
    ]
    return module(*batch)


def facts(call: Call) -> tuple[tuple[int, ...], int, int, int] | None:
    """Output, parameters, buffers and multiply-accumulates as torch has them; None where torch refuses."""
    attends = "Attention" in call.kind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = built(call.kind, call.arguments, call.shapes)
            made = run(module, call.kind, call.shapes)
        except REFUSALS:
            return None
        with FlopCounterMode(display=False) as counter:
            if attends:  # torch's counter sees it on meta tensors only
                run(built(call.kind, call.arguments, call.shapes).to("meta"), call.kind, call.shapes, "meta")
            else:
                run(module, call.kind, call.shapes)
    sizes = tuple(made.shape if attends else made.shape[1:])
    if 0 in sizes:
        return None
    macs = counter.get_total_flops() // (2 if attends else 4)  # two of a batch
    learned = sum(parameter.numel() for parameter in module.parameters())
    return sizes, learned, sum(buffer.numel() for buffer in module.buffers()), macs


def twin(network: Chain, shape: tuple[int, ...]) -> nn.Module:
    """A Sequential of torch's own layers; channels and features in are passed on from layer to layer."""
    modules: list[nn.Module] = []
    here: Any = Shape(shape)
    for layer in network.layers:
        modules.append(module_of(layer, here))
        try:
            here = output_size(layer, here)
        except DoesNotFit:
            break
    return nn.Sequential(*modules)


def module_of(layer: Layer, shape: Any) -> nn.Module:
    """torch's module of a layer on inputs of this shape; its arguments are the layer's fields."""
    arguments = {name: value for name, value in layer.arguments.items() if value is not None}
    return built(layer.kind, arguments, (tuple(shape),))


JOINED = {"Add": lambda signals: sum(signals[1:], signals[0]), "Concatenate": lambda signals: torch.cat(signals, 1)}


class GraphTwin(nn.Module):
    """A graph of layers and joins as torch runs it; modules are made for the shapes that they meet."""

    def __init__(self, network: Layer) -> None:
        super().__init__()
        self.graph = flattened(network)
        self.steps = nn.ModuleList()
        self.made: dict[int, int] = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        held = [x]
        for number, node in enumerate(self.graph.nodes):
            taken = [held[index] for index in node.inputs]
            if not isinstance(node.operation, Layer):
                held.append(JOINED[node.operation.kind](taken))
                continue
            held.append(self.module(number, node, tuple(taken[0].shape[1:]))(taken[0]))
            if 0 in held[-1].shape:
                raise ValueError("an empty output")
        return held[self.graph.outputs[0]]

    def module(self, number: int, node: Node, shape: tuple[int, ...]) -> nn.Module:
        """The module of a node; one that shares weights has that of the first node with this operation."""
        first = number
        if node.shared:
            first = next(index for index, other in enumerate(self.graph.nodes) if other.operation is node.operation)
        if first not in self.made:
            self.made[first] = len(self.steps)
            made = module_of(node.operation, shape)  # type: ignore[arg-type]  # a layer
            self.steps.append(made.to(torch.get_default_dtype()))
        return self.steps[self.made[first]]
