"""What code does to signals: each operation becomes a step of the walk, with the line that makes it.

Tensors that are no signals have a shape alone: what is done to them is tried on signals of their shape, aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, Final

from solver.derivation import DoesNotFit
from solver.networks.conditions import Undecided
from solver.networks.interpreter.machine import RAISED
from solver.networks.interpreter.statements import Interpreter
from solver.networks.interpreter.stopped import Broken, Stopped, Unread
from solver.networks.interpreter.values import Dotted, Native
from solver.networks.interpreter.world import World
from solver.networks.operations import sequence
from solver.networks.stand_ins import tensors
from solver.networks.stand_ins.names import IN_PLACE
from solver.networks.stand_ins.objects import EachOf, SourceGhost, Tensor, ghost, holds
from solver.networks.table import OPERATIONS
from solver.networks.walk import CannotFollow, Ghost, Walk, natural
from solver.values import Shape

SIZED: Final = frozenset(("view", "reshape"))
MERGING: Final = SIZED | {"flatten", "ravel"}
ELEMENTS: Final = {"truth": "bool", "integer": "int64", "float": "float"}


class Signals(World):
    """Signals of one reading.

    walk    what records the steps, once the network is there
    lines   record of the walk -> the line that made it
    """

    def __init__(self) -> None:
        self.interpreter = Interpreter(self)
        self.walk: Walk | None = None
        self.lines: dict[int, int] = {}

    @property
    def line(self) -> int:
        """Where the reading is."""
        return self.interpreter.line

    def new_walk(self) -> Walk:
        """A walk that nothing has been recorded in."""
        return Walk(ghost, lambda: str(self.line), ELEMENTS)

    def operation(self, name: str, args: list[Any], named: dict[str, Any]) -> Any:
        """What a function or method of torch's does to signals."""
        walk = self.walk
        if walk is None:
            raise Unread("needs_values", self.line, name)
        in_place = name.endswith("_") and not name.startswith("__")
        plain = name.rstrip("_") if in_place and name not in OPERATIONS else name
        handler = OPERATIONS.get(plain)
        made = NotImplemented
        if handler is not None:
            made = self.recorded(walk, lambda: handler(walk, plain, *args, **named), args)
        if made is NotImplemented:
            raise Unread("unknown_operation", self.line, name.strip("_"))
        self.marked(made, args, merging=plain in MERGING, kept=plain not in SIZED or _keeps_the_batch(args[1:]))
        if plain == "linear":
            self.refuse_merged(args[0], plain)
        if in_place and isinstance(args[0], SourceGhost) and isinstance(made, Ghost):
            args[0].become(made)
            return args[0]
        return made

    def marked(self, made: Any, args: Sequence[Any], merging: bool, kept: bool = True) -> None:
        """Notes where a batch and all other axes become one, and what is computed from that number by number."""
        x = next((each for each in args if isinstance(each, SourceGhost)), None)
        if x is None or not isinstance(made, SourceGhost) or made is x:
            return
        if made.batched:
            made.merged = x.batched and (not kept if merging else x.merged)
        else:
            made.merged = tuple(made.sizes) != (1,) and len(made.sizes) == 1 and (x.merged or (merging and x.batched))

    def refuse_merged(self, x: Any, name: str) -> None:
        """A layer of a fixed width does not take a whole batch as one row."""
        if isinstance(x, SourceGhost) and x.merged:
            raise Broken("batch_merged", self.line, name)

    def recorded(self, walk: Walk, ask: Callable[[], Any], given: Sequence[Any]) -> Any:
        """What a step gives; the line of all that it records is noted. Refusals are said with the line."""
        before, line = len(walk.records), self.line
        try:
            made = ask()
        except DoesNotFit as misfit:
            raise self._misfit(walk, misfit, given) from None
        except CannotFollow as error:
            reason = error.reason if error.reason == "unknown_operation" else "needs_values"
            raise Unread(reason, line, error.operation) from None
        except Undecided:
            raise Unread("needs_values", line) from None
        except RAISED as error:
            raise Broken("wrong_arguments", line, f"{type(error).__name__}: {error}"[:100]) from None
        self.lines |= dict.fromkeys(range(before, len(walk.records)), line)
        return made

    def _misfit(self, walk: Walk, misfit: DoesNotFit, given: Sequence[Any]) -> Broken:
        """A layer and an input that do not fit, and what made the input."""
        broken = Broken("misfit", self.line, str(misfit.about or misfit.rule))
        broken.misfit = misfit
        broken.made_by = _maker(walk, next((each for each in given if isinstance(each, SourceGhost)), None))
        return broken

    # --- tensors that are no signals

    @contextmanager
    def beside(self) -> Iterator[Walk]:
        """Another walk for what is tried; what has been recorded stays as it is."""
        kept, self.walk, lines, self.lines = self.walk, self.new_walk(), self.lines, {}
        try:
            yield self.walk
        finally:
            self.walk, self.lines = kept, lines

    def computed(self, name: str, args: list[Any], named: dict[str, Any]) -> Any:
        """What a function gives on tensors that are no signals: of the shape that signals would have."""
        if name in tensors.DECIDING:
            raise Unread("needs_values", self.line, name.strip("_"))
        given = [each for each in args if isinstance(each, Tensor)]
        if name in IN_PLACE and given:
            return given[0]
        made = self.aside(lambda _, args, named: self.operation(name, args, named), args, named, (False, True))
        for each in made if isinstance(made, tuple) else (made,):
            if isinstance(each, Tensor):
                each.learned = any(one.learned for one in given)
                if self.walk is not None:
                    self.walk.weights.rests(each, (self.walk.weights.sources(one) for one in given))
        return made

    def aside(
        self, ask: Callable[[Walk, list[Any], dict[str, Any]], Any], args: list[Any], named: dict[str, Any],
        batched: tuple[bool, bool],
    ) -> Any:  # fmt: skip
        """What is asked of signals of the tensors' shapes, whose first axis is taken for the batch or not, or both."""
        first = next((each.shape for each in (*args, *named.values()) if isinstance(each, Tensor)), ())
        for last, how in enumerate(batched):
            try:
                with self.beside() as walk:
                    made = ask(walk, lifted(walk, args, how), lifted(walk, named, how))
                    return lowered(made, first[:1] if how else (1,))
            except Stopped:
                if last:
                    raise
        return NotImplemented

    def of_tensor(self, of: Tensor, name: str) -> Any:
        """What a tensor that is no signal says of itself."""
        said = tensors.said(of, name)
        if said is not NotImplemented:
            return said
        if name == "requires_grad_":
            return Native(name, of.requires_grad_)
        if name == "T":
            return self.computed("transpose", [of, -2, -1], {})
        asked = tensors.asked(of, name)
        if asked is not NotImplemented:
            return Native(name, asked)
        return Native(name, lambda *args, **named: self.computed(name, [of, *args], named))

    def of_signal(self, of: SourceGhost, name: str) -> Any:
        """What a signal says of itself."""
        match name:
            case "shape":
                return of.shape
            case "ndim":
                return len(of.full)
            case "numel" | "nelement":
                return Native(name, lambda: prod(of.shape))
            case "T" | "mT":
                return self.operation("transpose", [of, -2, -1], {})
            case "data":
                return of
            case "dtype":
                return Dotted(f"torch.{of.element}")
            case "device" | "is_cuda" | "requires_grad":
                return False
            case _ if name in OPERATIONS or name.rstrip("_") in OPERATIONS:
                return Native(name, lambda *args, **named: self.operation(name, [of, *args], named))
            case _:
                return NotImplemented


def _keeps_the_batch(given: Sequence[Any]) -> bool:
    """Whether sizes that a signal is given begin with the batch: with its size, or with -1 for what is left."""
    sizes = sequence(tuple(given)) or (-1,)
    return isinstance(sizes[0], EachOf) or (sizes[0] != 1 and not holds(EachOf, sizes[1:]))


def _maker(walk: Walk, x: SourceGhost | None) -> str:
    """The last step with weights before a signal."""
    index = -1 if x is None else x.index - walk.given
    while index >= 0:
        _, inputs, _, name, _, facts, _ = walk.records[index]
        if facts[1]:
            return name
        index = inputs[0] - walk.given
    return ""


def lifted(walk: Walk, values: Any, batched: bool) -> Any:
    """Arguments with signals of their shapes for tensors, whose first axis is the batch or one like the others."""
    match values:
        case Tensor(shape):
            inner = batched and bool(shape)
            made = walk.input(Shape(shape[1:] if inner else shape))
            made.batched = inner
            made.roles = natural(len(made.sizes)) if inner else (None,) * len(made.sizes)
            return made
        case list() | tuple():
            return type(values)(lifted(walk, each, batched) for each in values)
        case dict():
            return {name: lifted(walk, each, batched) for name, each in values.items()}
        case _:
            return values


def lowered(made: Any, batch: tuple[int, ...]) -> Any:
    """What was made, with tensors for signals; `batch` is the size of the batch axis."""
    if isinstance(made, SourceGhost):
        sizes: tuple[Any, ...] = tuple(made.sizes)
        return Tensor((*batch, *sizes) if made.batched else sizes)
    return tuple(lowered(each, batch) for each in made) if isinstance(made, list | tuple) else made
