"""What an imported network says: its graph, a row for each step, totals, what is not known, and which inputs fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, final

from solver.derivation import Quantity
from solver.frozen import frozen
from solver.layers.base import Field, Row, Signal, input_field
from solver.layers.composite import Graph
from solver.networks.conditions import Condition, Domain, symbols
from solver.networks.walk import Ghost, Walk, WithoutFormula
from solver.questions import Analysis
from solver.values import Shape, Value


@final
@frozen(slots=True)
class Registered:
    """How many numbers a module has registered: learned ones, frozen ones and buffers, shared ones once."""

    trainable: int = 0
    frozen: int = 0
    buffers: int = 0

    @property
    def parameters(self) -> int:
        """Trainable and frozen ones."""
        return self.trainable + self.frozen


@final
@frozen(slots=True)
class Unused:
    """A module, or a parameter, that the network has and did not use, and how many parameters are in it."""

    name: str
    parameters: int


@final
@frozen
class Imported:
    """A network that was followed on inputs of these shapes.

    rows            a row for each step in the order in which they were made; names are paths of modules
    registered      what the module has registered; the rows' parameters are the ones that were used
    without_formula the operations whose cost nobody knows; each cost is a symbol of the totals
    unused          modules and parameters that were not used
    walk            what was recorded
    """

    name: str
    input: tuple[Shape, ...]
    registered: Registered
    walk: Walk = field(repr=False)
    made: tuple[Ghost, ...] = field(repr=False)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """A row for each step."""
        return self.walk.rows()

    @cached_property
    def graph(self) -> Graph:
        """The network as a graph of layers, which computes and explains the same facts."""
        return self.walk.graph(self.made, self.name)

    @cached_property
    def unused(self) -> tuple[Unused, ...]:
        """The outermost modules of which nothing was used, and parameters of others that were not."""
        return tuple(Unused(*one) for one in self.walk.unused())

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """The shapes that come out."""
        return tuple(x.sizes for x in self.made)

    @property
    def output(self) -> Shape:
        """The shape that comes out first."""
        return self.outputs[0]

    @property
    def field(self) -> Field:
        """What a unit of the first output sees of the input."""
        return self.made[0].field

    @cached_property
    def analysis(self) -> Analysis:
        """The same as `analyze` says of the graph."""
        return Analysis(self.graph, self.input[0], self.rows, self.output, self.field)

    @cached_property
    def parameters(self) -> Value:
        """All parameters that were used, each once."""
        return self._total("parameters")

    @cached_property
    def multiplications(self) -> Value:
        """All scalar multiplications at inference, as the course counts them."""
        return self._total("multiplications")

    @cached_property
    def macs(self) -> Value:
        """All multiply-accumulates."""
        return self._total("macs")

    @cached_property
    def activations(self) -> Value:
        """All numbers that come out of its steps, the inputs not among them."""
        return self._total("activations")

    @property
    def without_formula(self) -> tuple[WithoutFormula, ...]:
        """The operations whose cost nobody knows."""
        return tuple(self.walk.without_formula)

    @cached_property
    def domains(self) -> Mapping[str, Domain]:
        """For each symbol of the input, the numbers that fit."""
        conditions = self.walk.conditions
        for row in self.rows:
            for size in row.output:  # type: ignore[union-attr]  # a shape
                conditions.positive(size)
        return {name: conditions.domains.get(name, Domain()) for name in self.symbols}

    @property
    def symbols(self) -> list[str]:
        """The symbols of the input, those that turned out to be one number among them."""
        given = {name for shape in self.input for size in shape for name in symbols(size)}
        return sorted(given | self.walk.conditions.domains.keys())

    @cached_property
    def conditions(self) -> list[str]:
        """What sizes of the input have to satisfy: ["16 | H", "W >= 32"]."""
        said = [text for name, domain in self.domains.items() for text in domain.written(name)]
        return [*said, *dict.fromkeys(str(condition) for condition in self.equations)]

    @property
    def equations(self) -> tuple[Condition, ...]:
        """The conditions that tie several symbols."""
        return tuple(self.walk.conditions.left)

    @cached_property
    def smallest(self) -> Mapping[str, int] | None:
        """The smallest input that fits; None where none was found."""
        return self.walk.conditions.smallest(self.domains)

    def __getitem__(self, name: str) -> Row:
        """The row of this name."""
        for row in self.rows:
            if row.layer.name == name:
                return row
        raise KeyError(name)

    def run(self, *shapes: Quantity) -> tuple[Signal, ...]:
        """The graph on inputs of these shapes, values or derivations: its outputs' signals and their rows."""
        given = zip(shapes, self.input, strict=True)
        return self.graph.run(tuple(Signal(shape, input_field(len(own) - 1)) for shape, own in given))

    def _total(self, fact: str) -> Any:
        return sum(getattr(row, fact) for row in self.rows)
