"""The public vocabulary: what one asks of a network. Shapes may be values (answers) or derivations (explanations).

analyze(network, shape)      a row a layer, and totals
output_size, parameters, multiplications, macs, activations, receptive_field      one fact each
"""

from __future__ import annotations

from functools import cached_property
from typing import final

from solver.derivation import Given, Quantity, rank
from solver.frozen import frozen
from solver.layers.base import AxisField, Field, Layer, Row, Signal, input_field
from solver.layers.composite import summed
from solver.values import Shape


@final
@frozen
class Analysis:
    """A network on an input of one shape: its rows share the shapes that they rest on."""

    network: Layer
    input: Quantity
    rows: tuple[Row, ...]
    output: Quantity
    field: Field

    @cached_property
    def parameters(self) -> Quantity:
        """All learned numbers."""
        return summed(self.rows, "parameters", self.network.name)

    @cached_property
    def multiplications(self) -> Quantity:
        """All scalar multiplications at inference, as the course counts them."""
        return summed(self.rows, "multiplications", self.network.name)

    @cached_property
    def macs(self) -> Quantity:
        """All multiply-accumulates."""
        return summed(self.rows, "macs", self.network.name)

    @cached_property
    def activations(self) -> Quantity:
        """All numbers that its layers put out: none where a layer, as Flatten, only shows its input anew."""
        return summed(self.rows, "activations", self.network.name)

    def __getitem__(self, name: str) -> Row:
        """The row of the layer with this name."""
        for row in self.rows:
            if row.layer.name == name:
                return row
        raise KeyError(name)


def analyze(network: Layer, shape: Quantity | tuple[int, ...]) -> Analysis:
    """Every fact of every layer in one pass; raises DoesNotFit, naming the layer."""
    given = Shape(shape) if isinstance(shape, tuple) else shape
    passed = network.pass_through(Signal(given, input_field(rank(given) - 1)))
    return Analysis(network, given, passed.rows, passed.shape, passed.field)


def output_size(network: Layer, shape: Quantity | tuple[int, ...]) -> Quantity:
    """The shape after the network.

    >>> from solver.layers.convolution import Conv2d
    >>> output_size(Conv2d(3, kernel_size=4), (1, 13, 13))
    3x10x10
    """
    return analyze(network, shape).output


def parameters(network: Layer, shape: Quantity | tuple[int, ...]) -> Quantity:
    """How many numbers the network learns."""
    return analyze(network, shape).parameters


def multiplications(network: Layer, shape: Quantity | tuple[int, ...]) -> Quantity:
    """How many scalar multiplications one input costs, as the course counts them."""
    return analyze(network, shape).multiplications


def macs(network: Layer, shape: Quantity | tuple[int, ...]) -> Quantity:
    """How many multiply-accumulates one input costs."""
    return analyze(network, shape).macs


def activations(network: Layer, shape: Quantity | tuple[int, ...]) -> Quantity:
    """How many numbers the network's layers put out, all together.

    >>> from solver.layers.convolution import Conv2d
    >>> from solver.values import Size
    >>> activations(Conv2d(8, 3, stride=2, padding=1), Shape((3, Size.symbol("H"), Size.symbol("W"))))
    8*ceil(H/2)*ceil(W/2)
    """
    return analyze(network, shape).activations


def receptive_field(network: Layer, axes: int = 2, *, derived: bool = False) -> tuple[Quantity, ...]:
    """The size, along each axis, of the region of the input that one output depends on.

    >>> from solver.layers.composite import Chain
    >>> from solver.layers.convolution import Conv2d
    >>> receptive_field(Chain((Conv2d(1, 3),) * 3))
    (7, 7)
    """
    pixel = input_field(axes)
    if derived:
        pixel = tuple(AxisField(Given("r", 1), Given("j", 1), Given("a", 0)) for _ in pixel)
    return tuple(axis.size for axis in network.reach(pixel))
