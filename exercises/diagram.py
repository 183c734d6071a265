"""Diagrams of networks as values: which layers on which shapes, and which unit is looked at.

They hold what the engine is asked about; sizes, cells that are read and fields are found when they are drawn.
"""

from __future__ import annotations

from typing import TypeAlias, final

from exercises.exercise import Text
from solver.derivation import Quantity, value_of
from solver.frozen import frozen
from solver.layers.base import Layer


def sized(shape: Quantity) -> str:
    """A shape as figures say it.

    >>> from solver.values import Shape
    >>> sized(Shape((3, 10, 10)))
    '3×10×10'
    """
    return str(value_of(shape)).replace("x", "×")


@final
@frozen(slots=True)
class Neuron:
    """A neuron with inputs x_1, x_2, …, x_n; where `activation` names a function, x_i is the function of y_i."""

    title: Text
    description: Text
    activation: str = ""
    name: str = ""


@final
@frozen(slots=True)
class Shared:
    """A one-dimensional convolution as neurons that share their weights, on one channel of this length."""

    title: Text
    description: Text
    layer: Layer
    length: int
    name: str = ""


@final
@frozen(slots=True)
class Sliding:
    """A one-dimensional layer on channels of cells: what one output reads, padding, stride and dilation included.

    `values` are printed in the cells of input, kernel and output where they are given.
    """

    title: Text
    description: Text
    layer: Layer
    shape: tuple[int, int]
    position: int = 0
    channel: int = 0
    values: tuple[tuple[str, ...], ...] = ((), (), ())
    name: str = ""


@final
@frozen(slots=True)
class Planes:
    """What one unit of a chain of two-dimensional layers reads in each signal below it, channel by channel.

    Of one layer it is a convolution or a pooling at a position; of several it is a field that grows to the input.
    """

    title: Text
    description: Text
    network: Layer
    shape: tuple[int, int, int]
    position: tuple[int, int] | None = None
    channel: int = 0
    name: str = ""


@final
@frozen(slots=True)
class Volumes:
    """A network as a row of volumes with their sizes, or, beside a question about them, with that of its input."""

    title: Text
    description: Text
    network: Layer
    shape: tuple[int, ...]
    name: str = ""
    sizes: bool = True


@final
@frozen(slots=True)
class Block:
    """A network with branches: its layers as boxes, skips as arcs; without `sizes` only its input has one."""

    title: Text
    description: Text
    network: Layer
    shape: tuple[int, ...]
    name: str = ""
    sizes: bool = True


@final
@frozen(slots=True)
class Units:
    """A network of dense layers as its units and all their connections."""

    title: Text
    description: Text
    network: Layer
    inputs: int
    name: str = ""


Diagram: TypeAlias = Neuron | Shared | Sliding | Planes | Volumes | Block | Units
