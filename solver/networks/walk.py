"""A walk through a network's own code: signals without numbers go in, and every step that they take is recorded.

A `Ghost` stands for a tensor. What is done to it becomes a step of a graph, whose shape, counts and field are those of
its layer; what the layer has said for one shape is not asked for again. This module knows nothing of torch.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, final

from solver.derivation import DoesNotFit
from solver.frozen import frozen
from solver.layers.base import WHOLE, Field, Layer, Row, input_field
from solver.layers.composite import Graph, Node
from solver.networks.conditions import Conditions, times
from solver.networks.guarded import guarded
from solver.networks.moves import Constant, Permute, Reshape
from solver.networks.remembered import Facts, Step, one_of, step
from solver.networks.reshaping import MIXED, Roles, grouped, merged
from solver.networks.steps import Mixed, renamed
from solver.networks.weights import Weights
from solver.values import Shape


class CannotFollow(Exception):
    """A network that cannot be followed without numbers: why, at which operation, in which module and line.

    Reasons: needs_values (what happens next depends on numbers), needs_size (it depends on a size that is a symbol),
    unknown_operation (torch itself cannot say what shape an operation gives), undecided (it depends on which of two
    symbols is larger), not_initialised (parameters have no shape yet), compiled (a module without Python code),
    raised (its own code raised an exception), not_a_signal (what comes out is no tensor).
    """

    def __init__(self, reason: str, operation: str, path: str = "", place: str = "", detail: str = "") -> None:
        super().__init__(reason, operation, path, place, detail)
        self.reason, self.operation, self.path, self.place, self.detail = reason, operation, path, place, detail

    def __str__(self) -> str:
        where = f" in {self.path}" if self.path else ""
        line = f" ({self.place})" if self.place else ""
        return f"{self.reason}: {self.operation}{where}{line}{': ' if self.detail else ''}{self.detail}"


@final
@frozen(slots=True)
class WithoutFormula:
    """An operation whose cost nobody knows: where it is, the symbol that its cost is, the shapes that torch gave."""

    name: str
    operation: str
    module: str
    place: str
    cost: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


class Ghost:
    """A tensor without numbers: its signal's number, its shape with and without the batch axis, what it sees.

    `element` is the type of its numbers, for code that asks.
    """

    walk: Walk
    index: int
    sizes: Shape
    batched: bool
    field: Field
    roles: Roles
    element: Any

    @property
    def full(self) -> tuple[Any, ...]:
        """The sizes with the batch axis, which has size 1."""
        return (1, *self.sizes) if self.batched else tuple(self.sizes)

    def become(self, other: Ghost) -> None:
        """Stands for what another ghost stands for, as after an operation in place."""
        self.__dict__.update(other.__dict__)


class Pair(NamedTuple):
    """What torch gives where it gives values and their places."""

    values: Any
    indices: Any


Record: TypeAlias = "tuple[Step, tuple[int, ...], tuple[Shape, ...], str, bool, Facts, Field]"


@dataclass
class Walk:
    """What has been recorded so far; `ghost` makes a ghost of what a `Ghost` holds."""

    ghost: Callable[..., Ghost]
    place: Callable[[], str] = lambda: ""
    elements: Mapping[str, Any] = field(default_factory=dict)
    """The types of numbers that operations make: truth, integer."""
    path: str = ""
    symbolic: bool = False
    """Whether any size of the inputs is a symbol."""
    inputs: list[Ghost] = field(default_factory=list)
    given: int = 0
    """How many inputs there are; what the first step makes has this number."""
    records: list[Record] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    without_formula: list[WithoutFormula] = field(default_factory=list)
    modules: dict[int, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    """Module, by its id, outer ones first -> its path and the ids of its own parameters."""
    called: set[int] = field(default_factory=set)
    conditions: Conditions = field(default_factory=Conditions)
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        self.conditions.where = lambda: self.path

    # --- signals

    def input(self, sizes: Shape, element: Any = None) -> Ghost:
        """A signal that the network is given; before the first step."""
        seen = one_of(input_field(len(sizes) - 1))
        made = self.ghost(self, self.given, sizes, True, seen, natural(len(sizes)), element)
        self.inputs.append(made)
        self.given += 1
        return made

    def layer(self, step: Step, x: Ghost, name: str, learned: bool = True) -> Ghost:
        """The signal after a layer that keeps the meaning of the axes, or flattens them."""
        sizes, before = x.sizes, x.field
        facts = step.facts.get(sizes) or self._asked(step.learn, name, sizes)
        if self.symbolic and step.demanding:
            self._granted(step.layer, sizes, name)
        if step.keeps or not before:
            after = before
        else:
            key = (id(before), sizes) if step.by_shape else id(before)
            _, after = step.fields.get(key) or self._asked(step.look, name, key, before, sizes)
        made, records = facts[0], self.records
        index = len(records) + self.given
        records.append((step, (x.index,), (sizes,), name, learned, facts, after))
        roles = x.roles if len(made) == len(sizes) else (merged(x.roles),) * len(made)
        return self.ghost(self, index, made, x.batched, after, roles, x.element)

    def join(
        self, step: Step, signals: Sequence[Ghost], name: str, batched: bool = True, learned: bool = True
    ) -> Ghost:
        """The signal after a join."""
        shapes = tuple([x.sizes for x in signals])
        facts = step.facts.get(shapes) or self._asked(step.learn, name, shapes)
        fields = tuple([x.field for x in signals])
        key = tuple(map(id, fields))
        said = step.fields.get(key)
        _, after = said or self._asked(step.look, name, key, _alike(fields), shapes)
        index = len(self.records) + self.given
        self.records.append((step, tuple([x.index for x in signals]), shapes, name, learned, facts, after))
        return self.ghost(self, index, facts[0], batched, after, together(signals, len(facts[0])), signals[0].element)

    def arranged(self, layer: Layer, x: Ghost, operation: str, batched: bool, roles: Roles) -> Ghost:
        """The signal after a step that moves numbers, and so says anew which axis is which."""
        made = self.layer(step(layer), x, self.unique(operation))
        made.batched, made.roles = batched, roles
        return made

    def window(self, step: Step, x: Ghost, name: str, learned: bool = True) -> Ghost:
        """As `layer`, for one that takes the axes behind the channels for those of the field."""
        if x.field != WHOLE and not step.by_position and x.roles != natural(len(x.sizes)):
            x = self.whole(x, "mixed")
        return self.layer(step, x, name, learned)

    def partly(self, step: Step, x: Ghost, name: str, weights: Iterable[Any]) -> Ghost:
        """The signal after a layer some of whose weights were used before: the others have a row of their own."""
        fresh, count = self.weights.take(weight for weight in weights if weight is not None)
        self.constant(Shape((count,)), count, x, self.again(fresh))
        return self.layer(step, x, self.again(name), learned=False)

    def whole(self, x: Ghost, why: str) -> Ghost:
        """The signal, seeing the whole input."""
        return x if x.field == WHOLE else self.layer(step(Mixed(why)), x, self.unique(why))

    def constant(self, sizes: Shape, learned: int, beside: Ghost, name: str, batched: bool = False) -> Ghost:
        """Numbers that do not depend on the input, beside a signal."""
        made = self.layer(step(Constant(tuple(sizes), learned)), beside, name)
        made.batched, made.roles = batched, (None,) * len(sizes)
        return made

    def signals(self, values: Sequence[Any]) -> list[Ghost]:
        """Signals for tensors: those that are none are constants beside the first that is."""
        beside = next((value for value in values if isinstance(value, Ghost)), self.inputs[0])
        return [self.signal(value, beside) for value in values]

    def signal(self, value: Any, beside: Any = None) -> Ghost:
        """The signal that a tensor is, or the constant."""
        if isinstance(value, Ghost):
            return value
        if id(value) in self.weights.signals:
            return self.weights.signals[id(value)]
        full = tuple(value.shape)
        batched = len(full) > 1 and full[0] == 1
        name, count = self.weights.take((value,))
        near = beside if isinstance(beside, Ghost) else self.inputs[0]
        name = self.again(name) if name else self.unique("constant")
        return self.constant(Shape(full[1:] if batched else full), count, near, name, batched)

    def is_number(self, value: Any) -> bool:
        """Whether a tensor is one number that is not learned."""
        return not isinstance(value, Ghost) and times(value.shape) == 1 and not self.weights.learned(value)

    def pair(self, values: Ghost, indices: Ghost) -> Pair:
        """Values and where they were found."""
        return Pair(values, indices)

    def fitted(self, signals: Sequence[Ghost], skip: int | None = None) -> list[Ghost]:
        """The signals with one form for sizes that are equal under a condition, which is noted; but for one axis."""
        if not self.symbolic:
            return list(signals)
        axes = max(len(x.sizes) for x in signals)
        wide = [[None] * (axes - len(x.sizes)) + list(x.sizes) for x in signals]
        for axis in range(axes):
            known = [sizes[axis] for sizes in wide if sizes[axis] not in (None, 1)]
            if axis != skip and known:
                form = min(known, key=_plainness)
                for x, sizes in zip(signals, wide, strict=True):
                    if sizes[axis] not in (None, 1):
                        self._fit(sizes[axis], form, x)
                        sizes[axis] = form
        return [self.resized(x, sizes[axes - len(x.sizes) :]) for x, sizes in zip(signals, wide, strict=True)]

    def _fit(self, size: Any, form: Any, x: Ghost) -> None:
        if not self.conditions.fit(form, size):
            misfit = DoesNotFit("join.agreed", {"n_1": form, "n_2": size, "shape": x.sizes})
            misfit.about = self.path
            raise misfit

    def _granted(self, layer: Any, sizes: Shape, name: str) -> None:
        """Notes what a layer demands of sizes that are not known; raises DoesNotFit where no input satisfies it."""
        if not all(self.conditions.demand(*each) for each in layer.demands(sizes)):
            misfit = layer.misfit(shape=sizes)
            misfit.about = name
            raise misfit

    def resized(self, x: Ghost, sizes: Sequence[Any]) -> Ghost:
        """The same signal with its sizes written in another form."""
        return self.ghost(self, x.index, Shape(sizes), x.batched, x.field, x.roles, x.element)

    def _asked(self, ask: Callable[..., Any], name: str, *about: Any) -> Any:
        try:
            return ask(*about)
        except DoesNotFit as misfit:
            misfit.about = name
            raise

    # --- names

    def unique(self, operation: str) -> str:
        """A name of its own for an operation in the module that is running."""
        return self.again(f"{self.path}.{operation}" if self.path else operation)

    def again(self, name: str) -> str:
        """A name, numbered from its second use on: conv, conv#2."""
        count = self.uses.get(name, 0) + 1
        self.uses[name] = count
        return name if count == 1 else f"{name}#{count}"

    # --- axes

    def axis(self, x: Ghost, dim: int) -> int:
        """The axis of our shape that torch calls `dim`; -1 for the batch axis."""
        return self.place_of(x, dim) - x.batched

    def place_of(self, x: Ghost, dim: int, more: int = 0) -> int:
        """The place of `dim` among the axes, the batch axis and `more` behind the last among them."""
        full = max(len(x.sizes) + x.batched + more, 1)
        if not -full <= dim < full:
            raise DoesNotFit("axis", {"dim": dim, "shape": x.sizes})
        return dim % full

    def reshaped(self, x: Ghost, full: Sequence[Any], operation: str) -> Ghost:
        """The signal with these sizes, the batch axis among them and -1 for what is left."""
        wanted = tuple(full)
        batched = bool(wanted) and wanted[0] == 1
        target = wanted[1:] if batched else wanted
        if not batched and wanted and wanted[0] == -1 and times(wanted[1:]) == times(x.sizes):
            batched, target = True, wanted[1:]
        if x.sizes == target and x.batched == batched:
            return x
        if wanted.count(-1) > 1 or any(isinstance(size, int) and size < -1 for size in wanted):
            raise DoesNotFit("reshaped", {"shape": x.sizes, "sizes": wanted})
        grouping, roles = grouped(x.sizes, target, x.roles, self.conditions)
        return self.arranged(Reshape(grouping), x, operation, batched, roles)

    def permuted(self, x: Ghost, order: Sequence[int], operation: str) -> Ghost:
        """The axes, the batch axis among them, in another order."""
        full = len(order)
        axes = [self.place_of(x, axis) for axis in order]
        if len(set(axes)) < full or full != len(x.full):
            raise DoesNotFit("axis", {"dims": tuple(order), "shape": x.sizes})
        if not x.batched or axes[0] == 0:
            inner = tuple(axis - x.batched for axis in (axes[1:] if x.batched else axes))
            if inner == tuple(range(len(inner))):
                return x
            made = self.arranged(Permute(inner), x, operation, x.batched, tuple(x.roles[axis] for axis in inner))
        else:
            x = self.unbatched(x, operation)
            made = self.arranged(Permute(tuple(axes)), x, operation, False, tuple(x.roles[axis] for axis in axes))
        return made if made.batched or len(axes) < 2 else self.reshaped(made, made.full, "squeeze")

    def unbatched(self, x: Ghost, operation: str) -> Ghost:
        """The signal with its batch axis as an axis like the others."""
        if not x.batched:
            return x
        grouping = (((), (1,)), *(((axis,), (-1,)) for axis in range(len(x.sizes))))
        return self.arranged(Reshape(grouping), x, operation, False, (None, *x.roles))

    def without_batch(self, x: Ghost) -> Ghost:
        """The same signal, the batch axis gone."""
        return self.ghost(self, x.index, x.sizes, False, x.field, x.roles, x.element)

    def guarded(self, size: Any) -> Any:
        """A size as the network's code sees it."""
        return size if isinstance(size, int) else guarded(size, self.conditions)

    # --- what has been walked

    def graph(self, outputs: Iterable[Ghost], name: str = "") -> Graph:
        """The network as a graph of layers."""
        nodes = tuple(
            Node(renamed(step.layer, name), inputs, shared=not learned)
            for step, inputs, _, name, learned, _, _ in self.records
        )
        return Graph(nodes, tuple(x.index for x in outputs), self.given, name=name)

    def rows(self) -> tuple[Row, ...]:
        """A row for each step, with its facts."""
        with undisturbed():
            return tuple(map(_row, self.records))

    def unused(self) -> Iterator[tuple[str, int]]:
        """The outermost modules of which nothing was used, parameters of others, and how many numbers they have."""
        owners, used = self.weights.owners, self.weights.used
        alive: set[str] = set()
        for key, (path, own) in self.modules.items():
            if key in self.called or path in self.uses or not used.isdisjoint(own):
                steps = path.split(".")
                alive.update(".".join(steps[:end]) for end in range(len(steps) + 1))
        dead: set[str] = set()
        for path, own in self.modules.values():
            if path in alive:
                yield from (owners[key] for key in own if key not in used)
                continue
            dead.add(path)
            if path.rpartition(".")[0] not in dead:
                inside = (keys for other, keys in self.modules.values() if f"{other}.".startswith(f"{path}."))
                yield path, sum(owners[key][1] for key in dict.fromkeys(k for keys in inside for k in keys))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Garbage is collected afterwards: what is made here stays, and looking through it takes as long as making it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _row(record: Record) -> Row:
    """A row that need not ask its layer again: its facts are cached properties, which live in its dictionary."""
    step, _, shapes, name, learned, (after, parameters, multiplications, macs, held), seen = record
    row: Row = object.__new__(Row)
    row.__dict__.update(
        layer=renamed(step.layer, name), inputs=shapes, output=after, field=seen, learns=learned,
        parameters=parameters if learned else 0, multiplications=multiplications, macs=macs,
        activations=held,
    )  # fmt: skip
    return row


def _plainness(size: Any) -> tuple[int, int]:
    """Numbers before sizes, sizes with small divisors first."""
    return (0, 0) if isinstance(size, int) else (1, getattr(size, "divisor", 1) * abs(getattr(size, "outer", 1)))


NATURAL: Final = tuple((None, *range(axes - 1)) if axes else () for axes in range(8))


def natural(axes: int) -> Roles:
    """Channels first, then the axes of the field."""
    return NATURAL[axes] if axes < len(NATURAL) else (None, *range(axes - 1))


def together(signals: Sequence[Ghost], axes: int) -> Roles:
    """The roles after a join that broadcasts: those that the signals with more than one number there agree on."""
    first = signals[0].roles
    if len(first) == axes and all(x.roles is first for x in signals):
        return first
    made: list[int | None] = []
    for back in range(axes, 0, -1):
        here = {x.roles[-back] for x in signals if back <= len(x.sizes) and x.sizes[-back] != 1}
        known = here - {None}
        made.append(None if not known else known.pop() if len(known) == 1 else MIXED)
    return tuple(made)


def _alike(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Fields that can be united: where signals have different numbers of axes, each sees the whole input."""
    return fields if len(set(map(len, fields))) == 1 else (WHOLE,) * len(fields)
