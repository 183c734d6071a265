"""The dense layer: every output is connected to every input.

D_in, D_out  features before and after      P  positions: the product of all axes but the last
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from solver.derivation import Quantity, component, formula, rank
from solver.derivation import shape as shape_of
from solver.layers.base import WHOLE, Field, Hyper, Layer

SOURCE = "tutorial 11, 1D layer"

WEIGHTS = formula("dense.weights", "D_in*D_out", symbol="N", source=SOURCE, biases_counted="D_in*D_out + D_out")

PARAMETERS = formula(
    "dense.parameters",
    "D_in*D_out + D_out",
    symbol="N",
    source=SOURCE,
    biases_forgotten="D_in*D_out",
    one_bias="D_in*D_out + 1",
    biases_of_inputs="D_in*D_out + D_in",
)

MULTIPLICATIONS = formula(
    "dense.multiplications",
    "D_in*D_out",
    symbol="M",
    source="one multiplication a weight use",
    biases_multiplied="D_in*D_out + D_out",
)

MULTIPLICATIONS_EACH = formula(
    "dense.multiplications_each",
    "P*D_in*D_out",
    symbol="M",
    source="one multiplication a weight use",
    positions_forgotten="D_in*D_out",
)

POSITIONS = formula("product", "a*b", symbol="P")


@final
@dataclass(frozen=True)
class Linear(Layer):
    """W x + b along the last axis; in_features is inferred."""

    out_features: Hyper
    bias: bool = True

    def output(self, shape: Quantity) -> Quantity:
        last = rank(shape) - 1
        sizes = {str(axis): component(shape, axis) for axis in range(last)}
        return shape_of(sizes | {"D_out": self.out_features}, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        rule = PARAMETERS if self.bias else WEIGHTS
        return rule(self.name, D_in=component(shape, rank(shape) - 1), D_out=self.out_features)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        last = rank(shape) - 1
        features = {"D_in": component(shape, last), "D_out": self.out_features}
        if last == 0:
            return MULTIPLICATIONS(self.name, **features)
        positions: Quantity = 1
        for axis in range(last):
            positions = POSITIONS(self.name, a=positions, b=component(shape, axis))
        return MULTIPLICATIONS_EACH(self.name, P=positions, **features)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.multiplications(shape, output)

    def reach(self, field: Field) -> Field:
        return WHOLE
