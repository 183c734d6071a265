"""What code does to signals: each operation becomes a step of the walk, with the line that makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from solver.derivation import DoesNotFit
from solver.networks.arithmetic import OPERATIONS as ARITHMETIC
from solver.networks.arranging import OPERATIONS as ARRANGING
from solver.networks.conditions import Undecided
from solver.networks.interpreter.machine import RAISED
from solver.networks.interpreter.statements import Interpreter
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Dotted, Native
from solver.networks.interpreter.world import World
from solver.networks.stand_ins.objects import SourceGhost
from solver.networks.walk import CannotFollow, Ghost, Walk

OPERATIONS: Final = ARITHMETIC | ARRANGING


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
        if in_place and isinstance(args[0], SourceGhost) and isinstance(made, Ghost):
            args[0].become(made)
            return args[0]
        return made

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

    def of_signal(self, of: SourceGhost, name: str) -> Any:
        """What a signal says of itself."""
        match name:
            case "shape":
                return of.shape
            case "ndim":
                return len(of.full)
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


def _maker(walk: Walk, x: SourceGhost | None) -> str:
    """The last step with weights before a signal."""
    index = -1 if x is None else x.index - walk.given
    while index >= 0:
        _, inputs, _, name, _, facts, _ = walk.records[index]
        if facts[1]:
            return name
        index = inputs[0] - walk.given
    return ""
