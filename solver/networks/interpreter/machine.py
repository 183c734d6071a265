"""What a reading holds, and how it stops."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from solver.networks.interpreter.limits import LARGEST, MOST_LETTERS, MOST_STEPS
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Class, Scope
from solver.networks.interpreter.world import World

RAISED: Final = (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError, AttributeError)
"""What Python raises where an operation on plain values is wrong."""


@dataclass
class Machine:
    """One reading of one piece of code: where it is, how long it has taken.

    frames   the calls that are being followed: the class whose method it is, and the object
    """

    world: World
    line: int = 0
    steps: int = 0
    frames: list[tuple[Class | None, Any]] = field(default_factory=list)
    module: Scope = field(default_factory=dict)

    def refuse(self, word: str = "", reason: str = "construct") -> NoReturn:
        """Stops here: we cannot read this."""
        raise Unread(reason, self.line, word)

    def broken(self, reason: str, word: str = "") -> NoReturn:
        """Stops here: Python would not take this."""
        raise Broken(reason, self.line, word)

    def step(self, node: ast.AST) -> None:
        """Counts a step and notes the line."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Unread("too_many_steps", self.line)
        self.line = getattr(node, "lineno", self.line)

    def bounded(self, compute: Callable[[], Any], name: str = "", line: int = 0) -> Any:
        """A plain value; what Python would raise is a mistake of the code's."""
        try:
            made = compute()
        except RAISED as error:
            raise Broken("wrong_type", line or self.line, f"{type(error).__name__}: {error}"[:120]) from None
        if isinstance(made, int) and abs(made) > LARGEST:
            self.refuse(name, "too_many_steps")
        if isinstance(made, str | list | tuple | dict) and len(made) > MOST_LETTERS:
            self.refuse(name, "too_many_steps")
        return made
