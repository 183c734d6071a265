"""Layers made of layers: a network is a layer. Layers that are repeated are in solver/layers/repeated.py."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import final

from solver.derivation import DoesNotFit, Quantity, rank, total, value_of
from solver.frozen import frozen
from solver.layers.base import Field, Join, Layer, Row, Signal, Trail, followed, input_field
from solver.layers.joins import Add, Concatenate


@frozen
class Composite(Layer):
    """A layer whose facts are those of its parts."""

    @abstractmethod
    def pass_through(self, signal: Signal) -> Signal:
        """The signal after all parts, with a row for each."""

    def in_a_row(self) -> tuple[Layer, ...] | None:
        """The layers that it is one after the other; None where it is more than that."""
        return None

    def output(self, shape: Quantity) -> Quantity:
        return self.pass_through(Signal(shape, input_field(rank(shape) - 1))).shape

    def parameters(self, shape: Quantity) -> Quantity:
        return summed(self.rows(shape), "parameters", self.name)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return summed(self.rows(shape), "multiplications", self.name)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return summed(self.rows(shape), "macs", self.name)

    def buffers(self, shape: Quantity) -> Quantity:
        return summed(self.rows(shape), "buffers", self.name)

    def seen(self, field: Field, shape: Quantity) -> Field:
        return self.pass_through(Signal(shape, field)).field

    def rows(self, shape: Quantity) -> tuple[Row, ...]:
        """A row for each of its parts on an input of this shape."""
        return self.pass_through(Signal(shape, input_field(rank(shape) - 1))).rows


@final
@frozen
class Chain(Composite):
    """One layer after the other. A chain of nothing changes nothing; chains of chains are chains."""

    layers: tuple[Layer, ...] = ()

    def in_a_row(self) -> tuple[Layer, ...]:
        return self.layers

    def pass_through(self, signal: Signal) -> Signal:
        for layer in self.layers:
            signal = layer.pass_through(signal)
        return signal

    def reach(self, field: Field) -> Field:
        for layer in self.layers:
            field = layer.reach(field)
        return field


@frozen
class Branches(Composite):
    """Several paths from one signal, put together again."""

    paths: tuple[Layer, ...]

    def pass_through(self, signal: Signal) -> Signal:
        passed = []
        trail = signal.trail
        for path in self.paths:
            after = path.pass_through(Signal(signal.shape, signal.field, trail))
            trail = after.trail
            passed.append(after)
        return joined(self.join(), tuple(passed), trail)

    def reach(self, field: Field) -> Field:
        return self.join().reach(tuple(path.reach(field) for path in self.paths))

    @abstractmethod
    def join(self) -> Join:
        """How the paths are put together."""


@final
@frozen
class Sum(Branches):
    """path(x) + path(x) + ...; a residual block is the sum of its inner path and Chain()."""

    def join(self) -> Join:
        return Add(name=self.name)


@final
@frozen
class Concat(Branches):
    """path(x), path(x), ... one behind the other along the channels."""

    def join(self) -> Join:
        return Concatenate(name=self.name)


@final
@frozen(slots=True)
class Node:
    """A step of a graph, the signals that it takes, and whether it uses the weights of an earlier step again."""

    operation: Layer | Join
    inputs: tuple[int, ...]
    shared: bool = False


@final
@frozen
class Graph(Composite):
    """A network that is no term: signals are numbered, first the inputs, then what each node makes."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    inputs: int = 1

    def run(self, signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
        """The outputs' signals; all rows are on the trail of each."""
        if len(signals) != self.inputs:
            raise DoesNotFit("Graph", {"inputs": self.inputs, "given": len(signals)})
        made = list(signals)
        trail = signals[-1].trail
        for node in self.nodes:
            taken = tuple(made[index] for index in node.inputs)
            after = stepped(node, taken, trail)
            trail = after.trail
            made.append(after)
        return tuple(Signal(made[index].shape, made[index].field, trail) for index in self.outputs)

    def pass_through(self, signal: Signal) -> Signal:
        return self.run((signal,))[0]

    def reach(self, field: Field) -> Field:
        made = [field] * self.inputs
        for node in self.nodes:
            taken = tuple(made[index] for index in node.inputs)
            step = node.operation
            made.append(step.reach(taken[0]) if isinstance(step, Layer) else step.reach(taken))
        return made[self.outputs[0]]


def flattened(network: Layer) -> Graph:
    """The same network as one graph of layers and joins: a node for each row, in the order of the rows."""
    nodes: list[Node] = []

    def put(layer: Layer, signal: int, shared: bool) -> int:
        match layer:
            case Composite() if (parts := layer.in_a_row()) is not None:
                for inner in parts:
                    signal = put(inner, signal, shared)
                return signal
            case Branches(paths):
                ends = tuple(put(path, signal, shared) for path in paths)
                nodes.append(Node(layer.join(), ends, shared))
            case Graph():
                return put_graph(layer, (signal,), shared)[0]
            case _:
                nodes.append(Node(layer, (signal,), shared))
        return inputs + len(nodes) - 1

    def put_graph(graph: Graph, signals: tuple[int, ...], shared: bool) -> tuple[int, ...]:
        made = list(signals)
        for node in graph.nodes:
            taken = tuple(made[index] for index in node.inputs)
            if isinstance(node.operation, Layer):
                made.append(put(node.operation, taken[0], shared or node.shared))
            else:
                nodes.append(Node(node.operation, taken, shared or node.shared))
                made.append(inputs + len(nodes) - 1)
        return tuple(made[index] for index in graph.outputs)

    inputs = network.inputs if isinstance(network, Graph) else 1
    given = tuple(range(inputs))
    ends = put_graph(network, given, False) if isinstance(network, Graph) else (put(network, 0, False),)
    return Graph(tuple(nodes), ends, inputs, name=network.name)


def stepped(node: Node, taken: tuple[Signal, ...], trail: Trail) -> Signal:
    """The signal that a node makes."""
    before = () if node.shared else trail
    if isinstance(node.operation, Join):
        after = joined(node.operation, taken, before)
    else:
        after = node.operation.pass_through(Signal(taken[0].shape, taken[0].field, before))
    if not node.shared:
        return after
    for row in after.rows:
        trail = (trail, replace(row, learns=False))
    return Signal(after.shape, after.field, trail)


def joined(join: Join, signals: tuple[Signal, ...], trail: Trail) -> Signal:
    """The signal after a join, with a row about it."""
    shapes = tuple(signal.shape for signal in signals)
    after, seen = join.output(shapes), followed(join.reach, tuple(signal.field for signal in signals))
    return Signal(after, seen, (trail, Row(join, shapes, after, seen)))


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
