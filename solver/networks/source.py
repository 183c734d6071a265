"""A network from source code that is read and not run: a student's class, a notebook's cell, a file with `net = Net()`.

    read_source(code, (1, 28, 28))                      the network that the code makes, on inputs of this shape
    read_source(code, (8,), wanted="ResBlockMLP", arguments=(8, 4))      the class of this name, made with these

Parameters are those of the modules that are registered, shapes those of the modules that are called, as in torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, final

from solver.frozen import frozen
from solver.networks.imported import Imported, Registered
from solver.networks.interpreter.statements import Interpreter
from solver.networks.interpreter.stopped import Broken, Stopped, Unknown, Unread
from solver.networks.interpreter.syntax import parse
from solver.networks.interpreter.values import Class, Dotted, Function
from solver.networks.stand_ins.listings import LISTINGS, register
from solver.networks.stand_ins.objects import Leaf, Module, SourceGhost, is_module
from solver.networks.stand_ins.torch_world import TorchWorld
from solver.values import Shape, Size

MOST_NOTEBOOK = 5_000_000
OTHER_LANGUAGES = tuple(
    f"%%{name}" for name in "bash sh script html javascript js latex markdown svg perl ruby".split()
)
"""How cells begin that are not Python."""


@final
@frozen
class CodeNetwork:
    """A network that code describes.

    imported      what it says on the inputs' shapes: rows, totals, graph
    name          the class's name
    signature     the parameters that a call of its constructor, of its forward, has to give
    lines         name of a row -> the line of the code that makes the step
    made          name of a module -> the line of the code that makes it
    loose         modules that are called and not registered (kept in a plain list)
    """

    imported: Imported
    name: str
    signature: tuple[tuple[str, ...], tuple[str, ...]]
    lines: Mapping[str, int]
    made: Mapping[str, int] = field(default_factory=dict)
    loose: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """Numbers that are registered, shared ones once, as torch's `numel` over `parameters()` gives."""
        return self.imported.registered.parameters

    @property
    def output(self) -> Shape:
        """The shape that comes out."""
        return self.imported.output

    @cached_property
    def rows(self) -> tuple[Any, ...]:
        """A row for each step."""
        return self.imported.rows


def read_source(
    code: str, *inputs: Sequence[int | str], wanted: str = "", arguments: Sequence[Any] = (),
    named: Mapping[str, Any] | None = None,
) -> CodeNetwork:  # fmt: skip
    """The network that code describes, on inputs of these shapes without a batch axis; raises Unread or Broken.

    Of several networks it is the class called `wanted`, made with these arguments; else the last object that the code
    makes at its outermost level (as `net = Net()`); else its last class of a network.

    >>> net = read_source('''
    ... import torch.nn as nn
    ... class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.conv = nn.Conv2d(1, 6, 5)
    ...         self.fc = nn.Linear(6*24*24, 10)
    ...     def forward(self, x):
    ...         return self.fc(self.conv(x).relu().flatten(1))
    ... ''', (1, 28, 28))
    >>> net.parameters, net.output
    (34726, 10)
    """
    if not inputs:
        raise ValueError("the shape of each input is missing, as in read_source(code, (1, 28, 28))")
    world = TorchWorld()
    interpreter = world.interpreter
    try:
        interpreter.load(from_notebook(code, wanted))
        network = _network(interpreter, wanted, list(arguments), dict(named or {}))
        return _walked(world, interpreter, network, inputs)
    except RecursionError:
        raise Unread("too_deep", interpreter.line) from None


def from_notebook(text: str, wanted: str = "") -> str:
    """The code of a notebook, its cells one after the other; other text is itself.

    Cells after the last that names what is wanted are left out, and cells that are no Python and define nothing.
    """
    if not text.lstrip().startswith("{") or len(text) > MOST_NOTEBOOK:
        return text
    try:
        cells = json.loads(text)["cells"]
        codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    last = max((at for at, code in enumerate(codes) if wanted and wanted in code), default=len(codes) - 1)
    return "\n\n".join(code for code in codes[: last + 1] if _is_code(code))


def _is_code(cell: str) -> bool:
    """Whether a cell is Python, or means to define something: then its mistake has to be told."""
    if cell.lstrip().startswith(OTHER_LANGUAGES):
        return False
    try:
        parse(cell)
    except Stopped:
        return any(line.lstrip().startswith(("class ", "def ")) for line in cell.split("\n"))
    return True


def _network(interpreter: Interpreter, wanted: str, arguments: list[Any], named: dict[str, Any]) -> Module | Leaf:
    """The network that is meant."""
    scope = interpreter.module
    classes = [each for each in scope.values() if isinstance(each, Class) and is_module(each)]
    chosen = next((each for each in classes if each.name == wanted), None)
    factory = scope.get(wanted) if wanted else None
    if chosen is None and wanted and classes:
        chosen = next((each for each in classes if each.name.casefold() == wanted.casefold()), None)
    if chosen is not None and (arguments or named):
        return _constructed(interpreter, chosen, arguments, named)
    if isinstance(factory, Function):
        made = interpreter.call(factory, list(arguments), named)
        if isinstance(made, Module | Leaf):
            return made
    objects = [each for each in scope.values() if isinstance(each, Module | Leaf) and _is_network(each)]
    if chosen is not None:
        own = [each for each in objects if each.kind is chosen]
        return own[-1] if own else _constructed(interpreter, chosen, [], {})
    if objects:
        return _outermost(objects)
    unknown = [each for name, each in scope.items() if isinstance(each, Unknown) and name in ("net", "model", wanted)]
    if unknown:
        raise unknown[-1].stopped
    if not classes:
        stopped = next((each.stopped for each in scope.values() if isinstance(each, Unknown)), None)
        raise stopped or _foreign(scope) or Unread("no_network")
    return _constructed(interpreter, classes[-1], arguments, named)


def _foreign(scope: Mapping[str, Any]) -> Unread | None:
    """Why a class that may be a network's is none that we know: it is built on something from elsewhere."""
    for each in scope.values():
        if isinstance(each, Class) and each.name in scope and "forward" in each.body:
            base = next((one.name for one in each.order() if isinstance(one, Dotted)), "")
            return Unread("unknown_name", each.line, base) if base else Unread("no_network", each.line, each.name)
    return None


def _outermost(objects: list[Module | Leaf]) -> Module | Leaf:
    """The last object that is no part of another."""
    inner = {id(part) for each in objects for part in LISTINGS["modules"](each) if part is not each}
    return [each for each in objects if id(each) not in inner][-1]


def _is_network(value: Module | Leaf) -> bool:
    return not (isinstance(value, Leaf) and value.layer is None)


def _constructed(interpreter: Interpreter, kind: Class, arguments: list[Any], named: dict[str, Any]) -> Module | Leaf:
    """The object of a class."""
    interpreter.line = kind.line
    try:
        made = interpreter.construct(kind, arguments, named)
    except Broken as broken:
        if broken.reason == "missing_arguments" and broken.word.startswith("__init__:") and not arguments:
            raise Unread("needs_arguments", kind.line, broken.word.partition(": ")[2]) from None
        raise
    if not isinstance(made, Module):
        raise Unread("no_network", kind.line, kind.name)
    return made


def _walked(
    world: TorchWorld, interpreter: Interpreter, network: Any, inputs: Sequence[Sequence[int | str]]
) -> CodeNetwork:
    """The network followed on its inputs."""
    walk = world.new_walk()
    trained, frozen = register(walk, network)
    given = [walk.input(Shape(Size.symbol(s) if isinstance(s, str) else s for s in sizes)) for sizes in inputs]
    walk.symbolic = any(not isinstance(size, int) for x in walk.inputs for size in x.sizes)
    world.walk = walk
    interpreter.steps = 0
    forward = interpreter.found(network.kind, "forward", None)
    interpreter.line = forward.line if isinstance(forward, Function) else interpreter.line
    try:
        made = world.module(network, list(given), {})
    except Stopped as stopped:
        stopped.line = stopped.line or interpreter.line
        raise
    parts = made if isinstance(made, list | tuple) else [made]
    outputs = [each for each in parts if isinstance(each, SourceGhost)]
    if not outputs:
        if isinstance(parts[0] if parts else None, Unknown):
            raise parts[0].stopped
        raise Broken("no_output", interpreter.line, "forward")
    for each in outputs:
        world.refuse_merged(each, "forward")
    name = network.kind.name.rpartition(".")[2]
    shapes = tuple(x.sizes for x in walk.inputs)
    late = _lazy(network)
    learned_late: Any = sum(record[5][1] for record in walk.records if record[3] in late)
    registered = Registered(trainable=trained + learned_late, frozen=frozen)
    imported = Imported(name, shapes, registered, walk, tuple(outputs))
    lines = {record[3]: world.lines.get(number, 0) for number, record in enumerate(walk.records)}
    loose = tuple(path for path, _ in walk.modules.values() if path.startswith("unregistered_"))
    return CodeNetwork(imported, name, _signature(interpreter, network), lines, _lines(network), loose)


def _lazy(network: Any) -> set[str]:
    """The modules that learn from their first input how many parameters they have."""
    named = LISTINGS["named_modules"](network)
    return {path for path, each in named if isinstance(each, Leaf) and each.kind.name.startswith("torch.nn.Lazy")}


def _lines(network: Any) -> dict[str, int]:
    """Where each of torch's modules is made."""
    return {path: module.line for path, module in LISTINGS["named_modules"](network) if isinstance(module, Leaf)}


def _signature(interpreter: Interpreter, network: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parameters without a default of the constructor and of forward, without self."""
    said = []
    for method in ("__init__", "forward"):
        found = interpreter.found(network.kind, method, None)
        wanted = found.positional[1:] if isinstance(found, Function) else ()
        said.append(tuple(name for name in wanted if name not in found.defaults))
    return said[0], said[1]
