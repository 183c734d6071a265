"""A network of layers on an input with symbols: walked as a torch module is, so that what has to fit is noted.

`questions.analyze` asks layers one after the other, and refuses a sum of H and 2 floor(H/2). Here such sizes are made
equal, and the network says when they are: where 2 | H.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from solver.layers.base import Join, Layer, Operation
from solver.layers.composite import Branches, Chain, Composite, Graph
from solver.layers.joins import Broadcast, Concatenate, Stack
from solver.layers.repeated import Repeat
from solver.networks.imported import Imported, Registered
from solver.networks.remembered import step
from solver.networks.steps import Combine
from solver.networks.walk import Ghost, Walk
from solver.values import Shape


def labelled(network: Layer, name: str = "") -> Layer:
    """The network whose layers have the names that torch gives them: "0", "1", and "3.0.1" within the fourth.

    A layer with a name of its own keeps it, below the name of what it is in. Layers that are repeated are written out.
    """
    prefix = f"{name}." if name else ""

    def below(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return tuple(labelled(layer, prefix + (layer.name or str(place))) for place, layer in enumerate(layers))

    match network:
        case Chain(layers):
            return Chain(below(layers), name=name)
        case Branches(paths):
            return type(network)(below(paths), name=name)
        case Repeat(layer, int() as times):
            return Chain(below((layer,) * times), name=name)
        case Graph():
            nodes = (
                replace(node, operation=replace(node.operation, name=prefix + (node.operation.name or str(place))))
                for place, node in enumerate(network.nodes)
            )
            return replace(network, nodes=tuple(nodes), name=name)
        case _:
            return replace(network, name=name)


@final
@dataclass
class LayerWalk(Walk):
    """A walk through layers."""

    def through(self, operation: Operation, signals: tuple[Ghost, ...], learned: bool = True) -> Ghost:
        """The signal after a layer or a join."""
        match operation:
            case Chain(layers):
                (x,) = signals
                for layer in layers:
                    x = self.through(layer, (x,), learned)
                return x
            case Repeat(layer, int() as times):
                return self.through(Chain((layer,) * times), signals, learned)
            case Branches(paths):
                made = tuple(self.through(path, signals, learned) for path in paths)
                return self.through(operation.join(), made, learned)
            case Graph() if operation.inputs == len(signals):
                return self.graphed(operation, signals)[0]
            case Join():
                known = self._alike(operation, signals)
                return self.join(step(operation), known, self.again(operation.name or operation.kind), learned=learned)
            case Layer() if isinstance(operation, Repeat) or not isinstance(operation, Composite):
                return self.layer(step(operation), signals[0], self.again(operation.name or operation.kind), learned)
            case _:
                raise operation.misfit(layer=operation.kind, signals=len(signals))

    def _alike(self, join: Join, signals: tuple[Ghost, ...]) -> Sequence[Ghost]:
        """The signals, with one form for each size in which the join wants them to agree."""
        match join:
            case Concatenate(axis):
                return self.fitted(signals, skip=axis % len(signals[0].sizes))
            case Broadcast() | Combine() | Stack():
                return self.fitted(signals)
            case _:
                return signals

    def graphed(self, graph: Graph, signals: tuple[Ghost, ...]) -> tuple[Ghost, ...]:
        """The outputs of a graph."""
        made = list(signals)
        for node in graph.nodes:
            taken = tuple(made[index] for index in node.inputs)
            made.append(self.through(node.operation, taken, not node.shared))
        return tuple(made[index] for index in graph.outputs)


def read_layers(network: Layer, *shapes: Shape, symbolic: bool) -> Imported:
    """What a network says of inputs of these shapes, some of whose sizes, or sizes within, may be symbols."""
    walk = LayerWalk(_ghost)
    given = tuple(walk.input(shape) for shape in shapes)
    walk.symbolic = symbolic
    multiple = isinstance(network, Graph) and network.inputs == len(given)
    made = walk.graphed(network, given) if isinstance(network, Graph) and multiple else (walk.through(network, given),)
    return Imported(network.name, shapes, Registered(), walk, made)


def _ghost(walk: Walk, index: int, sizes: Shape, batched: bool, seen: Any, roles: Any, element: Any = None) -> Ghost:
    made = Ghost()
    made.walk, made.index, made.sizes, made.batched = walk, index, sizes, batched
    made.field, made.roles, made.element = seen, roles, element
    return made
