"""`solver.analyze`: all that is known of a network on inputs of given shapes, as values, as data and as a table.

A network is a layer, a short text, or a live torch module. A size is a number or a symbol: 224, "H", sympy.Symbol("H").
With numbers alone SymPy is not imported, and without a module torch is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from html import escape
from itertools import chain
from typing import Any, Final, cast, final

from solver.derivation import Given as Premise
from solver.derivation import shape as derived_shape
from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import AxisField, Field, Layer, Operation, Row, Signal
from solver.layers.base import named as naming
from solver.layers.base import numbers as elements
from solver.layers.composite import Composite, Graph, Node
from solver.networks.imported import Imported, Unused
from solver.networks.layered import labelled, read_layers
from solver.networks.text import NotANetwork as NotANetwork
from solver.networks.text import network_of
from solver.networks.walk import WithoutFormula
from solver.questions import analyze as analyze_layers
from solver.rows import (
    COLUMNS,
    COUNTS,
    Group,
    cells,
    field_data,
    field_text,
    listed,
    plain_number,
    plus,
    row_data,
    sizes_in,
    sum_of,
    written,
)
from solver.shapes import Given, inputs_of, shapes_of
from solver.shapes import NotAShape as NotAShape
from solver.tabled import table_html, table_lines
from solver.values import Polynomial, Shape, Size, Value

BYTES: Final = 4
"""A number takes so many, unless something else is said: float32."""

@final
@frozen
class Memory:
    """Bytes: of the input, of the outputs of all steps together, of what is learned, and of what is kept beside it."""

    bytes_each: int
    input: Value
    activations: Value
    parameters: Value
    buffers: Value

    @property
    def total(self) -> Any:
        """All of them."""
        return sum((self.input, self.activations, self.parameters, self.buffers), 0)


@final
@frozen(eq=False)
class NetworkAnalysis:
    """A network on inputs of these shapes.

    inputs, outputs     shapes, channels first, without a batch axis; `input` and `output` are the first ones
    rows                a row for each step: name, kind, output, parameters, multiplications, macs, field
    field               what a unit of the first output sees of the input, axis by axis; () is the whole input
    parameters          all that is learned, shared ones once: trainable and frozen; buffers are kept beside them
    conditions          what symbols of the input have to satisfy; `smallest` is the smallest input that fits
    unused              modules and parameters that the network has and did not use
    without_formula     operations whose cost nobody knows; each is a symbol in the totals
    """

    name: str
    inputs: tuple[Shape, ...]
    rows: tuple[Row, ...]
    outputs: tuple[Shape, ...]
    field: Field
    trainable: Value
    frozen: int = 0
    buffers: Value = 0
    bytes_each: int = BYTES
    imported: Imported | None = None
    layers: Layer | None = None
    kinds: Callable[[], Mapping[str, str]] = dict
    """The classes of modules and composites by their paths."""

    @property
    def input(self) -> Shape:
        """The shape that goes in first."""
        return self.inputs[0]

    @property
    def output(self) -> Shape:
        """The shape that comes out first."""
        return self.outputs[0]

    @property
    def parameters(self) -> Value:
        """All learned numbers, trainable and frozen."""
        return plus((self.trainable, self.frozen))

    @cached_property
    def multiplications(self) -> Value:
        """All scalar multiplications at inference, as the course counts them."""
        return sum_of(self.rows, "multiplications")

    @cached_property
    def macs(self) -> Value:
        """All multiply-accumulates of convolution, dense and matrix products."""
        return sum_of(self.rows, "macs")

    @cached_property
    def memory(self) -> Memory:
        """What the network holds, in bytes."""
        each = self.bytes_each
        numbers = (
            plus(map(elements, self.inputs)),
            sum_of(self.rows, "activations"),
            self.parameters,
            self.buffers,
        )
        return Memory(each, *(each * number for number in numbers))

    @property
    def network(self) -> Layer:
        """The network as a layer: what it was given as, or the graph of a module."""
        if self.layers is not None:
            return self.layers
        assert self.imported is not None
        return self.imported.graph

    @property
    def unused(self) -> tuple[Unused, ...]:
        """Modules and parameters that the network has and did not use."""
        return self.imported.unused if self.imported is not None and self.layers is None else ()

    @property
    def without_formula(self) -> tuple[WithoutFormula, ...]:
        """Operations whose cost nobody knows; each is a symbol in the totals."""
        return self.imported.without_formula if self.imported is not None else ()

    @cached_property
    def conditions(self) -> list[str]:
        """What the symbols of the input have to satisfy: ["16 | H", "W >= 32"]."""
        known = self.imported.conditions if self.imported is not None else []
        told = [f"{written(size)} >= 1" for size in self._expressions if not _is_positive(size)]
        return [*(said for said in known if not (self._expressions and said.endswith(">= 1"))), *told]

    @cached_property
    def smallest(self) -> Mapping[str, int] | None:
        """For each symbol of the input its value in the smallest input that fits; None where none was found."""
        if self.imported is None or not self._symbolic:
            return {}
        return None if self._expressions else self.imported.smallest

    def grouped(self, depth: int) -> tuple[Group, ...]:
        """The steps of each module so deep as one, in the order in which they were first used."""
        kinds, together = self.kinds(), dict[str, list[Row]]()
        for row in self.rows:
            together.setdefault(".".join(row.name.split(".")[:depth]), []).append(row)

        def kind(path: str, rows: list[Row]) -> str:
            whole = len(rows) == 1 and rows[0].name == path
            return rows[0].kind if whole else kinds.get(path, rows[0].kind)

        return tuple(Group(path, kind(path, rows), tuple(rows)) for path, rows in together.items())

    def __getitem__(self, name: str) -> Row:
        """The row of the layer with this name; if there is none, of the first whose name ends so, or of this kind."""
        for fits in (_named, _ending, _of_kind):
            for row in self.rows:
                if fits(row, name):
                    return row
        raise KeyError(name)

    @cached_property
    def _expressions(self) -> list[Any]:
        """The sizes in which there are symbols for hyper-parameters, each once; a view has none of its own."""
        shapes = (sizes_in(row.output) for row in self.rows if not row.layer.view)
        sizes = (size for shape in shapes for size in shape[1:] or shape)
        return list(dict.fromkeys(size for size in sizes if not isinstance(size, int | Size | Polynomial)))

    @property
    def _symbolic(self) -> bool:
        return self.imported is not None and bool(self.imported.symbols)

    def data(self, depth: int | None = None) -> dict[str, Any]:
        """All of it as lists, dictionaries, numbers and texts; a formula is a text."""
        rows = self.rows if depth is None else self.grouped(depth)
        counts = ("trainable", "frozen", "buffers", *COUNTS)
        return {
            "network": self.name,
            "input": listed(self.input),
            "inputs": [listed(shape) for shape in self.inputs],
            "layers": [row_data(row, self.input) for row in rows],
            "total": {
                **{count: plain_number(getattr(self, count)) for count in counts},
                "output": listed(self.output),
                "outputs": [listed(shape) for shape in self.outputs],
                "field": field_data(self.field, self.input),
                "memory": {
                    part: plain_number(getattr(self.memory, part))
                    for part in ("bytes_each", "input", "activations", "parameters", "buffers", "total")
                },
            },
            "conditions": self.conditions,
            "smallest_input": dict(self.smallest) if self.smallest is not None else None,
            "unused": [{"name": one.name, "parameters": one.parameters} for one in self.unused],
            "without_formula": [{"name": one.name, "operation": one.operation} for one in self.without_formula],
        }

    def to_json(self, depth: int | None = None) -> str:
        """The data as JSON."""
        return json.dumps(self.data(depth), indent=1)

    def explained(self, name: str) -> Row:
        """The row of a layer, derived: each fact is a tree of rules. Raises KeyError where there is no such layer."""
        wanted = self[name].name
        return next(row for row in self.derived().rows if row.name == wanted)

    def derived(self) -> Signal:
        """The same network on shapes that are derivations; the signal has the rows behind it."""
        signals = []
        for number, shape in enumerate(self.inputs, start=1):
            mark = "" if len(self.inputs) == 1 else f"_{number}"
            sizes = {f"{axis}{mark}": size for axis, size in naming(shape).items()}
            whole = derived_shape({axis: Premise(axis, value_of(size)) for axis, size in sizes.items()})
            pixel = (AxisField(Premise("r", 1), Premise("j", 1), Premise("a", 0)),) * (len(shape) - 1)
            signals.append(Signal(whole, pixel))
        network = self.network
        return network.run(tuple(signals))[0] if isinstance(network, Graph) else network.pass_through(signals[0])

    def totals(self, say: Callable[[Any], str], whole: str = "whole input") -> Iterator[tuple[str, str]]:
        """What all rows come to, by name, as text."""
        yield "output", "; ".join(map(say, self.outputs))
        for count in COUNTS[:1] + (("trainable", "frozen") if self.frozen else ()) + COUNTS[1:]:
            yield count, say(getattr(self, count))
        yield "field", field_text(self.field, say, whole)

    def __str__(self) -> str:
        """The rows and the totals as a table of text."""
        table = table_lines(COLUMNS, map(cells, self.rows))
        return "\n".join([*table, "", *(f"{name}: {value}" for name, value in self._below())])

    def _below(self) -> Iterator[tuple[str, str]]:
        yield from self.totals(written)
        yield from (("condition", each) for each in self.conditions)

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        below = "".join(f"<div>{name}: <b>{escape(value)}</b></div>" for name, value in self._below())
        return f'<div dir="ltr">{table_html(COLUMNS, map(cells, self.rows))}{below}</div>'


# --- asking


def analyze(network: Any, *shapes: Given, bytes_each: int = BYTES) -> NetworkAnalysis:
    """Every fact of every step of a network on inputs of these shapes, one for each input.

    Raises NotANetwork for a text that is none, NotAShape for a shape that is none, DoesNotFit where a layer does not
    fit what comes to it, and CannotFollow where a module's code needs numbers.

    >>> said = analyze("Conv2d(3, 4, bias=False) ReLU AvgPool2d(2) Flatten Linear(4, bias=False)", (1, 13, 13))
    >>> said.parameters, said.multiplications, said["AvgPool2d"].output, [axis.size for axis in said["2"].field]
    (348, 5175, 3x5x5, [5, 5])
    """
    if isinstance(network, str):
        network = network_of(network)
    if not shapes:
        raise NotAShape("a network needs the shape of an input, as (3, 224, 224)")
    if isinstance(network, Layer):
        return _of_layers(network, shapes_of(shapes), bytes_each)
    return _of_module(network, shapes, bytes_each)


def _of_layers(network: Layer, shapes: tuple[Shape, ...], bytes_each: int) -> NetworkAnalysis:
    named = labelled(network)
    symbolic = any(not isinstance(size, int) for shape in shapes for size in shape) or _has_symbols(named)
    imported: Imported | None = None
    outputs: tuple[Shape, ...]
    if not symbolic and len(shapes) == 1 and not (isinstance(named, Graph) and len(named.outputs) > 1):
        plain = analyze_layers(named, shapes[0])
        rows, outputs, seen = plain.rows, (cast("Shape", plain.output),), plain.field
    else:
        imported = read_layers(named, *shapes, symbolic=symbolic)
        rows, outputs, seen = imported.rows, imported.outputs, imported.field
    return NetworkAnalysis(
        network.name or network.kind, shapes, rows, outputs, seen,
        trainable=sum_of(rows, "parameters"), buffers=sum_of(rows, "buffers"), bytes_each=bytes_each,
        imported=imported, layers=named, kinds=lambda: dict(_composites(named)),
    )  # fmt: skip


def _of_module(module: Any, shapes: tuple[Any, ...], bytes_each: int) -> NetworkAnalysis:
    from solver.networks.torch_module import read_module  # torch, which whoever has a module has loaded

    if not hasattr(module, "graph_module") and not hasattr(module, "named_modules"):
        raise TypeError(f"a network is a layer, a text or a torch module, and not {type(module).__name__}")
    imported = read_module(module, *inputs_of(shapes))
    registered = imported.registered
    return NetworkAnalysis(
        imported.name, imported.input, imported.rows, imported.outputs, imported.field,
        trainable=registered.trainable, frozen=registered.frozen, buffers=registered.buffers, bytes_each=bytes_each,
        imported=imported,
        kinds=lambda: {path: type(inner).__name__ for path, inner in module.named_modules()},
    )  # fmt: skip


def _has_symbols(value: Any) -> bool:
    """Whether a hyper-parameter of a network is a symbol."""
    match value:
        case int() | float() | str() | None:
            return False
        case tuple():
            return any(map(_has_symbols, value))
        case Node():
            return _has_symbols(value.operation)
        case Operation():
            return any(map(_has_symbols, vars(value).values()))
        case _:
            return hasattr(value, "free_symbols")


def _is_positive(size: Any) -> bool:
    """Whether a size is at least 1 whatever its symbols are, a padding of 0 among them."""
    from sympy import Symbol  # loaded: the size is one of its expressions

    weaker = {name: Symbol(name.name, integer=True, nonnegative=True) for name in size.free_symbols}
    return bool(size.xreplace(weaker).is_positive)


# --- names


def _composites(network: Layer) -> Iterable[tuple[str, str]]:
    """The names of layers made of layers, and their kinds."""
    if isinstance(network, Composite):
        kind = type(network).__name__
        parts = getattr(network, "layers", getattr(network, "paths", ()))
        yield network.name, "Sequential" if kind == "Chain" else kind
        yield from chain.from_iterable(map(_composites, parts))


def _named(row: Row, name: str) -> bool:
    return row.name == name


def _ending(row: Row, name: str) -> bool:
    return row.name.endswith(f".{name}")


def _of_kind(row: Row, name: str) -> bool:
    return row.kind == name
