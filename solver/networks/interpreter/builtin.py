"""Python's own functions: on plain values, and those that look at objects of the code or call them."""

from __future__ import annotations

import ast
import builtins
from typing import Any, Final

from solver.networks.interpreter.natives import BUILTINS
from solver.networks.interpreter.operations import BINARY, Operations
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Bound, Class, Dotted, Function, Instance, Native, Super

KINDS: Final = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict, "bool": bool}
REFLECTING: Final = "super isinstance issubclass setattr getattr hasattr callable type map filter print sum".split()
"""The methods of `Builtins` that names of Python's stand for, each behind an underscore."""


class Builtins(Operations):
    """What a name stands for that nobody in the code has given a value to."""

    def builtin(self, name: str) -> Any:
        """A function of Python's own; one of plain values is given objects as lists of what a loop goes through."""
        if name in BUILTINS:
            plain = BUILTINS[name]
            return Native(name, lambda *given, **named: plain(*map(self._plainly, given), **named))
        if name in REFLECTING:
            return Native(name, getattr(self, f"_{name}"))
        if isinstance(vars(builtins).get(name), type):  # object, exceptions, kinds that networks do without
            return Dotted(f"builtins.{name}")
        if name in vars(builtins):
            raise Unread("unknown_name", self.line, name)
        raise Broken("missing_name", self.line, name)

    def _plainly(self, value: Any) -> Any:
        iterated = isinstance(value, Instance) or self.world.items(value) is not None
        return self.items(value) if iterated and not hasattr(value, "__next__") else value

    def _super(self, *given: Any) -> Super:
        owner, of = self.frames[-1] if self.frames else (None, None)
        if len(given) == 2:
            owner, of = given
        if not isinstance(owner, Class) or not isinstance(of, Instance):
            self.refuse("super")
        return Super(of, owner)

    def _isinstance(self, value: Any, kinds: Any) -> bool:
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        return any(self._is_one(value, kind) for kind in wanted)

    def _is_one(self, value: Any, kind: Any) -> bool:
        if isinstance(kind, Class):
            return isinstance(value, Instance) and isinstance(value.kind, Class) and kind in value.kind.order()
        if isinstance(kind, Native):
            return kind.name in KINDS and isinstance(value, KINDS[kind.name])
        made = self.world.operated("isinstance", (value, kind))
        if made is NotImplemented:
            self.refuse("isinstance")
        return bool(made)

    def _issubclass(self, kind: Any, of: Any) -> bool:
        if not isinstance(kind, Class):
            self.refuse("issubclass")
        return of in kind.order()

    def _setattr(self, of: Any, name: Any, value: Any) -> None:
        self.set_attribute(of, str(name), value)

    def _getattr(self, of: Any, name: Any, *default: Any) -> Any:
        if default and not self._hasattr(of, name):
            return default[0]
        return self.attribute(of, str(name))

    def _hasattr(self, of: Any, name: Any) -> bool:
        try:
            self.attribute(of, str(name))
        except Broken:
            return False
        return True

    def _callable(self, value: Any) -> bool:
        return isinstance(value, Function | Bound | Class | Native)

    def _type(self, value: Any, *more: Any) -> Any:
        if more or not isinstance(value, Instance):
            self.refuse("type")
        return value.kind

    def _map(self, function: Any, *lists: Any) -> list[Any]:
        return [self.call(function, list(items), {}) for items in zip(*map(self.items, lists), strict=False)]

    def _filter(self, function: Any, items: Any) -> list[Any]:
        return [
            item for item in self.items(items)
            if self.truth(item if function is None else self.call(function, [item], {}))
        ]  # fmt: skip

    def _sum(self, items: Any, start: Any = 0) -> Any:
        made = start
        for number, item in enumerate(self.items(items)):
            made = item if number == 0 and start == 0 else self.operate(BINARY[ast.Add], made, item)
        return made

    def _print(self, *values: Any, **more: Any) -> None:
        return None
