"""Which layers a fully connected network can imitate with a layer of its own, and how its units are connected.

An affine layer is a dense layer with some weights equal and most of them zero; an element-wise one is itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from solver.derivation import DoesNotFit, Given, Quantity, formula, law
from solver.layers.base import Layer
from solver.questions import analyze
from solver.values import Value

AFFINE = ("Conv1d", "Conv2d", "Conv3d", "AvgPool1d", "AvgPool2d", "Linear", "Flatten")
ELEMENTWISE = ("ReLU", "Tanh", "Sigmoid", "Identity")


def _all(premises: Mapping[str, Value]) -> Value:
    return all(premises.values())


REPRESENTS = law("mlp.represents", _all, source="tutorial 11, exercise 11.1 (5)")

ORDER_IGNORED = formula(
    "order.ignored",
    "c = n",
    source="tutorial 11: the outputs see all inputs, each with a weight of its own",
)

SAME_COUNT = formula("sharing.same_count", "N_1 = N_2", source="tutorial 11, 1D layer")


def represents(network: Layer, shape: Quantity) -> Quantity:
    """Whether a fully connected network can compute what this one computes, layer by layer."""
    kinds = dict.fromkeys(row.layer.kind for row in analyze(network, shape).rows)
    unknown = [kind for kind in kinds if kind not in AFFINE + ELEMENTWISE]
    if unknown:
        raise DoesNotFit("mlp.represents", {"layer": unknown[0]})
    return REPRESENTS("mlp", **{kind: Given(kind, True) for kind in kinds})
