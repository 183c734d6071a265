"""Python's own functions that look at objects of the code, or call them: super, isinstance, getattr, map."""

from __future__ import annotations

import ast
import builtins
from typing import Any, Final

from solver.networks.interpreter.natives import BUILTINS
from solver.networks.interpreter.objects import Objects
from solver.networks.interpreter.operations import BINARY
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Bound, Class, Function, Instance, Native, Super

KINDS: Final = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict, "bool": bool}
REFLECTING: Final = "super isinstance setattr getattr hasattr callable type map print sum".split()
"""The methods of `Reflection` that names of Python's stand for, each behind an underscore."""


class Reflection(Objects):
    """What a name stands for that nobody in the code has given a value to."""

    def builtin(self, name: str) -> Any:
        """A function of Python's own."""
        if name in BUILTINS:
            return Native(name, BUILTINS[name])
        if name in REFLECTING:
            return Native(name, getattr(self, f"_{name}"))
        if name in vars(builtins):
            raise Unread("unknown_name", self.line, name)
        raise Broken("missing_name", self.line, name)

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

    def _sum(self, items: Any, start: Any = 0) -> Any:
        made = start
        for number, item in enumerate(self.items(items)):
            made = item if number == 0 and start == 0 else self.operate(BINARY[ast.Add], made, item)
        return made

    def _print(self, *values: Any, **more: Any) -> None:
        return None
