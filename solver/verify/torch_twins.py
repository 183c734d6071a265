"""Oracles that ask torch: each rule's premises become a real module, and torch says what it makes of them.

Sizes and values are those of an executed module, parameters what the module registers, multiplications half of what
torch's own counter counts, fields the pixels whose gradient is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from solver.verify.loops import Oracle, Premises

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
MOST_CELLS = 4_000_000


def _kernel(premises: Premises) -> tuple[int, ...]:
    names = [name for name in ("K", "K_d", "K_h", "K_w") if name in premises]
    return tuple(premises[name] for name in names)


def _convolution(premises: Premises, bias: bool) -> nn.Module:
    kernel = _kernel(premises)
    with torch.device("meta"):
        return CONV[len(kernel)](premises["C_in"], premises["C_out"], kernel, groups=premises.get("g", 1), bias=bias)


def _learned(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _multiplied(module: nn.Module, shape: tuple[int, ...]) -> int:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, *shape))
    return int(counter.get_total_flops()) // 2


def output_size(premises: Premises) -> int:
    """The length that nn.Conv1d gives."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    with torch.device("meta"):
        return int(nn.Conv1d(1, 1, k, s, p, d)(torch.empty(1, 1, n)).shape[-1])


def convolution_multiplications(premises: Premises) -> int:
    """Half of what torch's counter counts, on the input that gives these output positions at stride 1."""
    kernel = _kernel(premises)
    after = [premises[name] for name in ("D_out", "H_out", "W_out") if name in premises]
    before = tuple(size + k - 1 for size, k in zip(after, kernel, strict=True))
    return _multiplied(_convolution(premises, bias=False), (premises["C_in"], *before))


def field_size(premises: Premises) -> int | None:
    """How far the pixels with a gradient lie apart, behind windows of size r and jump j and then of size k."""
    r, k, d, j = (premises[letter] for letter in ("r", "k", "d", "j"))
    behind = r + (k - 1) * d * j
    if behind > MOST_CELLS:
        return None
    x = torch.zeros(1, 1, 2 * behind + 1, requires_grad=True, dtype=torch.float64)
    first, then = nn.Conv1d(1, 1, r, j, bias=False), nn.Conv1d(1, 1, k, 1, 0, d, bias=False)
    for layer in (first, then):
        nn.init.ones_(layer.weight)
        layer.double()
    then(first(x))[0, 0, 0].backward()
    assert x.grad is not None
    marked = x.grad[0, 0].nonzero()
    return int(marked.max() - marked.min()) + 1


def correlated(premises: Premises) -> Fraction:
    """nn.functional.conv1d on the window, in integers scaled to a common denominator."""
    x, w = (_cells(premises, letter) for letter in "xw")
    product = torch.nn.functional.conv1d(_row(x), _row(w))
    return Fraction(product.item()) + Fraction(premises.get("b", 0))


def pooled(premises: Premises, pool: type[nn.MaxPool1d] | type[nn.AvgPool1d]) -> Fraction:
    """A pooling module on the window."""
    cells = _cells(premises, "x")
    return Fraction(pool(len(cells))(_row(cells)).item()).limit_denominator(10**6)


def _cells(premises: Premises, letter: str) -> list[Any]:
    found = [(int(name[2:]), value) for name, value in premises.items() if name.startswith(letter + "_")]
    return [value for _, value in sorted(found)]


def _row(cells: list[Any]) -> torch.Tensor:
    return torch.tensor([[[float(cell) for cell in cells]]], dtype=torch.float64)


def _linear(premises: Mapping[str, Any], bias: bool) -> nn.Module:
    with torch.device("meta"):
        return nn.Linear(premises["D_in"], premises["D_out"], bias=bias)


TWINS: dict[str, Oracle] = {
    "window.output_size": output_size,
    "field.size": field_size,
    "convolution.weights": lambda at: _learned(_convolution(at, bias=False)),
    "convolution.parameters": lambda at: _learned(_convolution(at, bias=True)),
    "convolution.multiplications": convolution_multiplications,
    "convolution.value": correlated,
    "max_pooling.value": lambda at: pooled(at, nn.MaxPool1d),
    "average_pooling.value": lambda at: pooled(at, nn.AvgPool1d),
    "dense.weights": lambda at: _learned(_linear(at, bias=False)),
    "dense.parameters": lambda at: _learned(_linear(at, bias=True)),
    "dense.multiplications": lambda at: _multiplied(_linear(at, bias=False), (at["D_in"],)),
    "dense.multiplications_each": lambda at: _multiplied(_linear(at, bias=False), (at["P"], at["D_in"])),
    "flatten.features": lambda at: nn.Flatten()(torch.empty(1, *at.values(), device="meta")).shape[-1],
}
