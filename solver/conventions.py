"""Who counts what: the numbers that other counters print for a network, item by item, from the same rows.

All of them begin from multiply-accumulates. They differ in what they add (biases, normalisation, pooling, activations)
and in whether they multiply by two. An item is a kind of step and how much a counter adds for it; what nobody has
measured is not here.

    E_in, E_out  elements before and after a step      C  channels
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any, TypeAlias, final

from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import Row
from solver.values import Value

Amount: TypeAlias = Callable[[Row], Any]


def _elements(shape: Any) -> Any:
    sizes: Any = value_of(shape)
    return prod(sizes, start=1)


def _before(row: Row) -> Any:
    return _elements(row.inputs[0])


def _after(row: Row) -> Any:
    return _elements(row.output)


def _kind(row: Row) -> str:
    return row.layer.kind.rstrip("123").removesuffix("d").rstrip("123")


def _bias(row: Row) -> Any:
    """One addition for each output of a layer of weights that has a bias."""
    return _after(row) if getattr(row.layer, "bias", False) is True and _kind(row) in WEIGHTED else 0


def _of(kinds: Iterable[str], amount: Amount) -> Amount:
    wanted = frozenset(kinds)
    return lambda row: amount(row) if _kind(row) in wanted else 0


WEIGHTED = ("Conv", "ConvTranspose", "Linear")
BATCH_NORMS = ("BatchNorm",)
ADAPTIVE = ("AdaptiveAvgPool", "AdaptiveMaxPool")
POOLS = ("MaxPool", "AvgPool", *ADAPTIVE)
TWICE = ("ReLU", "PReLU", "ELU", "GELU")
ONCE = ("ReLU6", "LeakyReLU", "SiLU")
"""Activations that ptflops counts as a module and again as a function, and those of which it knows one of the two."""


@final
@frozen
class Convention:
    """A counter: what it adds to the multiply-accumulates, by item, and the factor that it prints them with."""

    name: str
    items: Mapping[str, Amount]
    factor: int = 1
    source: str = ""


CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention("macs", {}, source="convolution, dense and matrix products"),
        Convention("torchvision", {}, source="published with its weights: half of torch's own counter"),
        Convention("torch", {}, factor=2, source="torch.utils.flop_counter on meta tensors"),
        Convention(
            "fvcore",
            {
                "batch_norm": _of(BATCH_NORMS, lambda row: 2 * _before(row)),
                "layer_norm": _of(("LayerNorm", "GroupNorm"), lambda row: 5 * _before(row)),
                "adaptive_pooling": _of(ADAPTIVE, _before),
                "upsampling": _of(("Upsample",), lambda row: 4 * _after(row)),
            },
            source="fvcore 0.1.5, FlopCountAnalysis",
        ),
        Convention(
            "ptflops",
            {
                "biases": _bias,
                "batch_norm": _of(BATCH_NORMS, lambda row: 2 * _before(row)),
                "activations_twice": _of(TWICE, lambda row: 2 * _after(row)),
                "activations": _of(ONCE, _after),
                "pooling_twice": _of(POOLS, lambda row: 2 * _before(row)),
            },
            source="ptflops 0.7.5, pytorch backend: a module and the function that it calls are both counted",
        ),
        Convention(
            "thop",
            {
                "batch_norm": _of(BATCH_NORMS, lambda row: 4 * _before(row)),
                "adaptive_pooling": _of(("AdaptiveAvgPool",), lambda row: _before(row) + _after(row)),
                "average_pooling": _of(("AvgPool",), _after),
            },
            source="thop 0.1.1",
        ),
        Convention(
            "torchinfo",
            {
                "biases": _bias,
                "batch_norm": _of(BATCH_NORMS, lambda row: row.parameters),
            },
            source="torchinfo 1.8.0, mult-adds",
        ),
    )
}


@final
@frozen
class Counted:
    """What a convention counts: multiply-accumulates, the items added to them, and what it prints."""

    convention: Convention
    macs: Value
    items: Mapping[str, Value]

    @property
    def total(self) -> Any:
        """What the counter prints."""
        return self.convention.factor * sum(self.items.values(), self.macs)


def counted(rows: Iterable[Row], convention: Convention) -> Counted:
    """A network's rows as a counter counts them; items that are nothing are left out."""
    listed = list(rows)
    macs: Any = sum((value_of(row.macs) for row in listed), 0)
    items = {item: sum((value_of(amount(row)) for row in listed), 0) for item, amount in convention.items.items()}
    return Counted(convention, macs, {item: value for item, value in items.items() if value != 0})
