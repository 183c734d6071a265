"""Dense layers: every output is connected to every input.

D_in, D_out  features before and after      P  positions: the product of all axes but the last
D_1, D_2  features of the two inputs of a bilinear layer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from solver.derivation import Quantity, component, formula, rank, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, Field, Hyper, Join, Layer, every
from solver.layers.counts import positions
from solver.layers.joins import ALIKE, agreed
from solver.values import Value

SOURCE = "tutorial 11, 1D layer"

FEATURES = formula("dense.features", "m", symbol="D_out", source=SOURCE, features_kept="D_in")

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

BILINEAR_WEIGHTS = formula(
    "bilinear.weights", "D_1*D_2*D_out", symbol="N", source="torch, Bilinear", biases_counted="D_1*D_2*D_out + D_out"
)

BILINEAR_PARAMETERS = formula(
    "bilinear.parameters",
    "D_1*D_2*D_out + D_out",
    symbol="N",
    source="torch, Bilinear",
    biases_forgotten="D_1*D_2*D_out",
    inputs_side_by_side="(D_1 + D_2)*D_out + D_out",
)

BILINEAR_MULTIPLICATIONS = formula(
    "bilinear.multiplications",
    "P*D_1*D_2*D_out",
    symbol="M",
    source="one multiplication a weight use",
    positions_forgotten="D_1*D_2*D_out",
    inputs_side_by_side="P*(D_1 + D_2)*D_out",
)


@final
@frozen
class Linear(Layer):
    """W x + b along the last axis; in_features is inferred."""

    out_features: Hyper
    bias: bool = True

    def __post_init__(self) -> None:
        if not every(self.out_features, 1):
            raise self.misfit(out_features=self.out_features)

    def output(self, shape: Quantity) -> Quantity:
        last = rank(shape) - 1
        sizes = {str(axis): component(shape, axis) for axis in range(last)}
        made = FEATURES(self.name, m=self.out_features, D_in=component(shape, last))
        return shape_of(sizes | {"D_out": made}, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        rule = PARAMETERS if self.bias else WEIGHTS
        return rule(self.name, D_in=component(shape, rank(shape) - 1), D_out=self.out_features)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        last = rank(shape) - 1
        features = {"D_in": component(shape, last), "D_out": self.out_features}
        if last == 0:
            return MULTIPLICATIONS(self.name, **features)
        return MULTIPLICATIONS_EACH(self.name, P=positions(shape, self.name), **features)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.multiplications(shape, output)

    def reach(self, field: Field) -> Field:
        return WHOLE

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return {"in_features": value_of(component(shape, rank(shape) - 1))}


@final
@frozen
class Bilinear(Join):
    """x_1' W x_2 + b along the last axes of two inputs; in1_features and in2_features are inferred."""

    out_features: Hyper
    bias: bool = True

    def __post_init__(self) -> None:
        if not every(self.out_features, 1):
            raise self.misfit(out_features=self.out_features)

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        first, second = self._read(shapes)
        sizes = agreed((first, second), self.name, skip=rank(first) - 1, rule=ALIKE)[:-1]
        return shape_of({str(axis): size for axis, size in enumerate(sizes)} | {"D_out": self.out_features}, self.name)

    def parameters(self, shapes: tuple[Quantity, ...]) -> Quantity:
        rule = BILINEAR_PARAMETERS if self.bias else BILINEAR_WEIGHTS
        return rule(self.name, **self._features(shapes), D_out=self.out_features)

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        each = positions(shapes[0], self.name)
        return BILINEAR_MULTIPLICATIONS(self.name, P=each, **self._features(shapes), D_out=self.out_features)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.multiplications(shapes, output)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE

    def inferred(self, shapes: tuple[Quantity, ...]) -> Mapping[str, Value]:
        features = self._features(shapes)
        return {"in1_features": value_of(features["D_1"]), "in2_features": value_of(features["D_2"])}

    def _features(self, shapes: tuple[Quantity, ...]) -> dict[str, Quantity]:
        first, second = self._read(shapes)
        return {"D_1": component(first, rank(first) - 1), "D_2": component(second, rank(second) - 1)}

    def _read(self, shapes: tuple[Quantity, ...]) -> tuple[Quantity, Quantity]:
        if len(shapes) != 2 or rank(shapes[0]) != rank(shapes[1]):
            raise self.misfit(shapes=tuple(map(value_of, shapes)))
        return shapes[0], shapes[1]
