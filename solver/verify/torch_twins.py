"""Oracles that ask torch: each rule's premises become a real module, and torch says what it makes of them.

Sizes and values are those of an executed module, parameters what the module registers, multiplications half of what
torch's own counter counts, fields the pixels whose gradient is not zero. A twin answers None where torch cannot say.
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


def _transposed(premises: Premises) -> nn.Module:
    kernel = _kernel(premises)
    build = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}[len(kernel)]
    with torch.device("meta"):
        groups = premises.get("g", 1)
        return build(premises["C_in"], premises["C_out"], kernel, groups=groups, bias=False)


def _length(module: nn.Module, *shape: int) -> int:
    """The last size of what a module makes of zeros."""
    return int(module(torch.zeros(1, *shape)).shape[-1])


def _channels(module: nn.Module, *shape: int) -> int:
    """The channels of what a module makes of zeros."""
    return int(module(torch.zeros(1, *shape)).shape[1])


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


def output_size_ceil(premises: Premises) -> int | None:
    """The length that nn.MaxPool1d gives with ceil_mode."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    return None if 2 * p > k else _length(nn.MaxPool1d(k, s, p, d, ceil_mode=True), 1, n)


def output_size_uneven(premises: Premises) -> int:
    """The length that nn.Conv1d gives behind nn.ConstantPad1d."""
    n, k, s, d = (premises[letter] for letter in "nksd")
    padded = nn.ConstantPad1d((premises["p_1"], premises["p_2"]), 0.0)(torch.zeros(1, 1, n))
    return int(nn.Conv1d(1, 1, k, s, 0, d)(padded).shape[-1])


def same_padding(premises: Premises) -> list[int]:
    """What nn.Conv1d pads before and behind to keep the size."""
    module = nn.Conv1d(1, 1, premises["k"], padding="same", dilation=premises["d"], device="meta")
    return list(module._reversed_padding_repeated_twice)


def transposed_size(premises: Premises) -> int | None:
    """The length that nn.ConvTranspose1d gives, where it takes this output padding."""
    n, k, s, p, d, more = (premises[letter] for letter in ("n", "k", "s", "p", "d", "p_o"))
    return None if more >= max(s, d) else _length(nn.ConvTranspose1d(1, 1, k, s, p, more, dilation=d), 1, n)


def transposed_multiplications(premises: Premises) -> int:
    """Half of what torch's counter counts on this input."""
    before = [premises[name] for name in ("D_in", "H_in", "W_in") if name in premises]
    return _multiplied(_transposed(premises), (premises["C_in"], *before))


def transposed_field(premises: Premises) -> int | None:
    """How far pixels with a gradient lie apart at most, behind windows of size r and jump j, then transposed ones."""
    r, k, s, j = (premises[letter] for letter in "rksj")
    units = 2 * (k // s) + 3
    if units * j + r > MOST_CELLS:
        return None
    first, then = nn.Conv1d(1, 1, r, j, bias=False), nn.ConvTranspose1d(1, 1, k, s, bias=False)
    for layer in (first, then):
        nn.init.ones_(layer.weight)
        layer.double()
    widest = 0
    for unit in range(s):
        x = torch.zeros(1, 1, (units - 1) * j + r, requires_grad=True, dtype=torch.float64)
        made = then(first(x))[0, 0]
        made[(k // s + 1) * s + unit].backward()
        assert x.grad is not None
        marked = x.grad[0, 0].nonzero()
        widest = max(widest, int(marked.max() - marked.min()) + 1)
    return widest


def attention(premises: Premises, bias: bool) -> nn.Module:
    """nn.MultiheadAttention with these features."""
    features = premises["E"]
    kdim, vdim = (premises.get(name, features) for name in ("E_k", "E_v"))
    separate = {} if kdim == vdim == features else {"kdim": kdim, "vdim": vdim}
    return nn.MultiheadAttention(features, premises.get("h", 1), bias=bias, device="meta", **separate)


def attention_multiplications(premises: Premises) -> int | None:
    """Half of what torch's counter counts; keys are appended as torch can append them, two at most."""
    queries, features = premises["L"], premises["E"]
    keys, kdim, vdim = premises.get("S", queries), premises.get("E_k", features), premises.get("E_v", features)
    more = premises["T"] - keys
    if not 0 <= more <= 2 or features % premises.get("h", 1):
        return None
    module = nn.MultiheadAttention(
        features, premises.get("h", 1), add_bias_kv=more > 0, add_zero_attn=more > 1, kdim=kdim, vdim=vdim
    )
    sequences = (torch.empty(positions, size) for positions, size in ((queries, features), (keys, kdim), (keys, vdim)))
    with FlopCounterMode(display=False) as counter:
        module.to("meta")(*(sequence.to("meta") for sequence in sequences))
    return int(counter.get_total_flops()) // 2


def matrix_product(premises: Premises) -> int:
    """Half of what torch's counter counts for a product of matrices."""
    many, n, q, m = (premises[letter] for letter in "Pnqm")
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        torch.empty(many, n, q) @ torch.empty(many, q, m)
    return int(counter.get_total_flops()) // 2


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
    "window.output_size_ceil": output_size_ceil,
    "window.output_size_uneven": output_size_uneven,
    "padding.same_before": lambda at: same_padding(at)[0],
    "padding.same_behind": lambda at: same_padding(at)[1],
    "padding.output_size": lambda at: _length(nn.ConstantPad1d((at["p_1"], at["p_2"]), 0.0), 1, at["n"]),
    "transposed.output_size": transposed_size,
    "transposed.multiplications": transposed_multiplications,
    "field.size": field_size,
    "field.transposed_size": transposed_field,
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
    "bilinear.weights": lambda at: _learned(nn.Bilinear(at["D_1"], at["D_2"], at["D_out"], False, device="meta")),
    "bilinear.parameters": lambda at: _learned(nn.Bilinear(at["D_1"], at["D_2"], at["D_out"], device="meta")),
    "matrix_product.multiplications": matrix_product,
    "normalisation.parameters": lambda at: _learned(nn.BatchNorm1d(at["C"], device="meta")),
    "normalisation.scales": lambda at: _learned(nn.LayerNorm(at["C"], bias=False, device="meta")),
    "normalisation.buffers": lambda at: sum(kept.numel() for kept in nn.BatchNorm1d(at["C"], device="meta").buffers()),
    "layer_norm.parameters": lambda at: _learned(nn.LayerNorm(tuple(at.values()), device="meta")),
    "layer_norm.scales": lambda at: _learned(nn.RMSNorm(tuple(at.values()), device="meta")),
    "prelu.parameters": lambda at: _learned(nn.PReLU(at["m"], device="meta")),
    "glu.size": lambda at: _length(nn.GLU(), at["n"]),
    "embedding.parameters": lambda at: _learned(nn.Embedding(at["V"], at["E"], device="meta")),
    "attention.weights": lambda at: _learned(attention(at, bias=False)),
    "attention.parameters": lambda at: _learned(attention(at, bias=True)),
    "attention.multiplications": attention_multiplications,
    "upsample.size": lambda at: _length(nn.Upsample(scale_factor=at["f"]), 1, at["n"]),
    "upsample.rescaled": lambda at: _length(nn.Upsample(scale_factor=at["u"] / at["v"]), 1, at["n"]),
    "pixel_shuffle.channels": lambda at: _channels(nn.PixelShuffle(at["f"]), at["C"], 1, 1),
    "pixel_unshuffle.channels": lambda at: _channels(nn.PixelUnshuffle(at["f"]), at["C"], at["f"], at["f"]),
    "pixel_unshuffle.size": lambda at: _length(nn.PixelUnshuffle(at["f"]), 1, at["f"], at["n"]),
    "unfold.channels": lambda at: _channels(nn.Unfold((at["K_h"], at["K_w"])), at["C"], at["K_h"], at["K_w"]),
    "flatten.features": lambda at: nn.Flatten()(torch.empty(1, *at.values(), device="meta")).shape[-1],
}
