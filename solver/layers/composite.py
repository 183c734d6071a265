"""Layers made of layers: a network is a layer.

L  how many times a layer is repeated      e  by how much one of them widens a field of one pixel      s  its stride
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import final

from solver.derivation import DoesNotFit, Quantity, formula, rank, total, value_of
from solver.layers.base import AxisField, Field, Hyper, Layer, Row, Signal, input_field
from solver.values import Value

FIELD_REPEATED = formula(
    "field.repeated",
    "r + L*(k - 1)*d*j",
    symbol="r_out",
    source="Araujo, Norris & Sim 2019, equation 2, summed over equal layers of stride 1",
    whole_kernel_added="r + L*k*d*j",
    kernels_added_up="r - 1 + L*k*d*j",
    one_layer_too_few="r + (L - 1)*(k - 1)*d*j",
    pixel_itself_forgotten="r - 1 + L*(k - 1)*d*j",
)


@dataclass(frozen=True)
class Composite(Layer):
    """A layer whose facts are those of its parts."""

    @abstractmethod
    def pass_through(self, signal: Signal) -> Signal:
        """The signal after all parts, with a row for each."""

    def output(self, shape: Quantity) -> Quantity:
        return self.pass_through(Signal(shape, input_field(rank(shape) - 1))).shape

    def parameters(self, shape: Quantity) -> Quantity:
        return summed(self._rows(shape), "parameters", self.name)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return summed(self._rows(shape), "multiplications", self.name)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return summed(self._rows(shape), "macs", self.name)

    def _rows(self, shape: Quantity) -> tuple[Row, ...]:
        return self.pass_through(Signal(shape, input_field(rank(shape) - 1))).rows


@final
@dataclass(frozen=True)
class Chain(Composite):
    """One layer after the other. A chain of nothing changes nothing; chains of chains are chains."""

    layers: tuple[Layer, ...] = ()

    def pass_through(self, signal: Signal) -> Signal:
        for layer in self.layers:
            signal = layer.pass_through(signal)
        return signal

    def reach(self, field: Field) -> Field:
        for layer in self.layers:
            field = layer.reach(field)
        return field


@final
@dataclass(frozen=True)
class Repeat(Composite):
    """The same kind of layer L times in a row, each with weights of its own; L may be a symbol.

    With a symbolic L the field has a closed form where the layer is one window of stride 1.
    """

    layer: Layer
    times: Hyper

    def pass_through(self, signal: Signal) -> Signal:
        return Chain(self._layers()).pass_through(signal)

    def reach(self, field: Field) -> Field:
        if isinstance(self.times, int):
            return Chain(self._layers()).reach(field)
        return tuple(self._repeated(axis, index) for index, axis in enumerate(field))

    def _repeated(self, axis: AxisField, index: int) -> AxisField:
        window = {argument: self._argument(argument, index) for argument in ("kernel_size", "stride", "dilation")}
        if window["stride"] != 1 or self._argument("padding", index) != 0:
            raise DoesNotFit("Repeat", {"times": self.times, "layer": self.layer.kind})
        size = FIELD_REPEATED(
            self.name, r=axis.size, L=self.times, k=window["kernel_size"], d=window["dilation"], j=axis.jump
        )
        return AxisField(size, axis.jump, axis.start)

    def _argument(self, argument: str, axis: int) -> Value:
        values = getattr(self.layer, argument, None)
        if not isinstance(values, tuple):
            raise DoesNotFit("Repeat", {"times": self.times, "layer": self.layer.kind})
        value: Value = values[axis]
        return value

    def _layers(self) -> tuple[Layer, ...]:
        if not isinstance(self.times, int):
            raise DoesNotFit("Repeat", {"times": self.times, "layer": self.layer.kind})
        return (self.layer,) * self.times


def summed(rows: tuple[Row, ...], fact: str, about: str = "") -> Quantity:
    """The sum of a fact over the rows that have some of it, each term named after its layer."""
    terms: dict[str, Quantity] = {}
    for row in rows:
        term: Quantity = getattr(row, fact)
        if value_of(term) != 0:
            name = row.layer.name or row.layer.kind
            unique = name if name not in terms else f"{name}_{len(terms) + 1}"
            terms[unique] = term
    return total(terms, about)
