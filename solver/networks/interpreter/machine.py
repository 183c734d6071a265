"""What a reading holds, and how it stops."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from solver.networks.interpreter.limits import ITEMS_A_STEP, LARGEST, MOST_LETTERS, MOST_STEPS
from solver.networks.interpreter.natives import TooMuch
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Class, Scope
from solver.networks.interpreter.world import World

RAISED: Final = (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError, AttributeError)
"""What Python raises where an operation on plain values is wrong."""


@dataclass
class Machine:
    """One reading of one piece of code: where it is, how long it has taken.

    frames   the calls that are being followed: the class whose method it is, and the object
    module   the outermost names
    starred  modules all of whose names are imported
    yielded  what the generators that are being followed have given
    """

    world: World
    line: int = 0
    steps: int = 0
    frames: list[tuple[Class | None, Any]] = field(default_factory=list)
    module: Scope = field(default_factory=lambda: Scope(__name__="__main__"))
    starred: list[str] = field(default_factory=list)
    yielded: list[list[Any]] = field(default_factory=lambda: [[]])

    def refuse(self, word: str = "", reason: str = "construct") -> NoReturn:
        """Stops here: we cannot read this."""
        raise Unread(reason, self.line, word)

    def broken(self, reason: str, word: str = "") -> NoReturn:
        """Stops here: Python would not take this."""
        raise Broken(reason, self.line, word)

    def step(self, node: ast.AST) -> None:
        """Counts a step and notes the line."""
        self._count(1)
        self.line = getattr(node, "lineno", self.line)

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise Unread("too_many_steps", self.line)

    def bounded(self, compute: Callable[[], Any], name: str = "", line: int = 0) -> Any:
        """A plain value; what Python would raise is a mistake of the code's."""
        try:
            made = compute()
        except TooMuch:
            self.refuse(name, "too_many_steps")
        except RAISED as error:
            raise Broken("wrong_type", line or self.line, f"{type(error).__name__}: {error}"[:120]) from None
        if isinstance(made, int) and abs(made) > LARGEST:
            self.refuse(name, "too_many_steps")
        if isinstance(made, str | list | tuple | dict):
            if len(made) > MOST_LETTERS:
                self.refuse(name, "too_many_steps")
            self._count(len(made) // ITEMS_A_STEP)
        return made
