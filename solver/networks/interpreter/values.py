"""What names stand for beyond numbers, texts and lists: functions, classes and objects of the code, imported names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, final

from solver.frozen import frozen


class Scope(dict[str, Any]):
    """Names and what they stand for; `elsewhere` has those that belong to another scope (global, nonlocal)."""

    def __init__(self, *known: Any, **named: Any) -> None:
        super().__init__(*known, **named)
        self.elsewhere: dict[str, Scope] = {}


Scopes: TypeAlias = "tuple[Scope, ...]"
"""The scopes that a piece of code sees, the innermost last."""

PLAIN: Final = (int, float, str, list, tuple, dict, type(None), range)
"""Values of Python's own, with which the interpreter computes itself."""


@final
@frozen(slots=True)
class Dotted:
    """What an imported name stands for: `torch.nn.Conv2d`."""

    name: str

    @property
    def last(self) -> str:
        """The name without what it is part of."""
        return self.name.rpartition(".")[2]


@final
@frozen(eq=False, slots=True)
class Function:
    """A function or lambda of the code.

    wanted     its parameters, as Python's parser gives them
    body       what it gives in these scopes, the last of which holds its arguments
    scopes     those around it
    defaults   parameter -> its value where a call says none
    owner      the class that it is a method of
    how        property, staticmethod, classmethod or ""
    line       where it is written
    """

    name: str
    wanted: ast.arguments
    body: Callable[[Scopes], Any]
    scopes: Scopes
    defaults: Mapping[str, Any]
    owner: Class | None = None
    how: str = ""
    line: int = 0

    @property
    def positional(self) -> list[str]:
        """Parameters that a call may give by place."""
        return [each.arg for each in (*self.wanted.posonlyargs, *self.wanted.args)]

    @property
    def by_name(self) -> list[str]:
        """Parameters that a call gives by name alone."""
        return [each.arg for each in self.wanted.kwonlyargs]


@final
@frozen(eq=False, slots=True)
class Class:
    """A class of the code."""

    name: str
    bases: tuple[Any, ...]
    body: Scope
    line: int

    def order(self) -> Iterator[Any]:
        """The class and those that it is built on, each once."""
        seen: set[int] = set()
        waiting: list[Any] = [self]
        while waiting:
            kind = waiting.pop(0)
            if id(kind) not in seen:
                seen.add(id(kind))
                yield kind
                waiting += kind.bases if isinstance(kind, Class) else ()


@dataclass(eq=False)
class Instance:
    """An object of a class of the code: what has been assigned to it, in order."""

    kind: Any
    fields: dict[str, Any] = field(default_factory=dict)


@final
@frozen(eq=False, slots=True)
class Bound:
    """A method and its object, or its class."""

    function: Function
    of: Any


@final
@frozen(eq=False, slots=True)
class Super:
    """An object seen as one of the classes after this one."""

    of: Any
    after: Class


@final
@frozen(eq=False, slots=True)
class Native:
    """A function or method that we know, under its name."""

    name: str
    call: Callable[..., Any]
