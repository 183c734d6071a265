"""Objects of the code: their attributes, and calls of functions, methods and classes."""

from __future__ import annotations

from math import prod
from typing import Any, Final

from solver.networks.interpreter.limits import MOST_CALLS, MOST_ITEMS
from solver.networks.interpreter.machine import Machine
from solver.networks.interpreter.natives import METHODS, fillable, filled, replaced
from solver.networks.interpreter.stopped import Unknown
from solver.networks.interpreter.values import Bound, Class, Dotted, Function, Instance, Native, Scope, Super

BARE: Final = (Dotted("builtins.object"), Dotted("abc.ABC"))
"""Bases that bring no constructor."""


class Objects(Machine):
    """What objects have, and what calls give."""

    # --- attributes

    def attribute(self, of: Any, name: str) -> Any:
        """An attribute of whatever it is."""
        match of:
            case Unknown(stopped):
                raise stopped
            case Dotted(whole):
                return self.world.imported(f"{whole}.{name}", self.line)
            case Native(whole):  # a function of a library that has functions of its own: chain.from_iterable
                return Dotted(f"{whole}.{name}")
            case Instance(kind, fields):
                found = fields[name] if name in fields else self.found(kind, name, of)
            case Super(inner, after):
                found = self._inherited(inner, after, name)
            case Class():
                found = self.found(of, name, None)
            case tuple() if name in getattr(of, "_fields", ()):  # values and indices, as torch's max gives them
                return getattr(of, name)
            case tuple() if name == "numel":  # a torch.Size
                return Native(name, lambda: prod(of))
            case list() | dict() | str() | tuple():
                return self.method(of, name)
            case _:
                found = NotImplemented
        return self.known(of, name) if found is NotImplemented else found

    def known(self, of: Any, name: str) -> Any:
        """An attribute that the world knows."""
        found = self.world.attribute(of, name)
        if found is NotImplemented:
            if isinstance(of, Instance) and self.found(of.kind, "__getattr__", of) is not NotImplemented:
                self.refuse("__getattr__")
            if isinstance(of, Instance | Super):
                self.broken("missing_attribute", name)
            self.refuse(name, "unknown_operation")
        return found

    def found(self, kind: Any, name: str, of: Any) -> Any:
        """A method or attribute of a class, bound to an object if there is one."""
        for one in kind.order() if isinstance(kind, Class) else ():
            if isinstance(one, Class) and name in one.body:
                return self._bound(one.body[name], of, kind)
        return NotImplemented

    def _inherited(self, of: Any, after: Class, name: str) -> Any:
        """The same, of the classes after one."""
        order = list(of.kind.order())
        for kind in order[order.index(after) + 1 :]:
            if isinstance(kind, Class) and name in kind.body:
                return self._bound(kind.body[name], of, kind)
        return NotImplemented

    def _bound(self, value: Any, of: Any, kind: Class) -> Any:
        """A function of a class as a method of an object, or of the class."""
        if isinstance(value, Function) and value.how == "classmethod":
            return Bound(value, kind if of is None else of.kind)
        if not isinstance(value, Function) or of is None or value.how == "staticmethod":
            return value
        if value.how == "property":
            return self.run(value, [of], {})
        return Bound(value, of)

    def set_attribute(self, of: Any, name: str, value: Any) -> None:
        """Assigns to an attribute of an object of the code."""
        if isinstance(of, Class | Unknown | Dotted) or of is None:
            self.refuse(name)
        self.world.assigned(of, name, value)
        if isinstance(of, Instance):
            of.fields[name] = value

    def method(self, of: Any, name: str) -> Native:
        """A method of a list, dictionary or text."""
        known = next(methods for kind, methods in METHODS.items() if isinstance(of, kind))
        if name not in known:
            if not hasattr(of, name):
                self.broken("missing_attribute", name)
            self.refuse(name, "unknown_operation")
        if name in ("append", "extend", "insert") and len(of) > MOST_ITEMS:
            self.refuse(reason="too_many_steps")
        if name == "replace":
            return Native(name, lambda *given: replaced(of, *given))
        if name == "format":
            if not fillable(of):
                self.refuse(name, "unknown_operation")
            return Native(name, lambda *given, **named: filled(of, *given, **named))
        return Native(name, getattr(of, name))

    # --- calls

    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """Calls whatever it is. What nobody knows may be handed on to the code's own functions alone."""
        match function:
            case Unknown(stopped):
                raise stopped
            case Function():
                return self.run(function, args, named)
            case Bound(inner, of):
                return self.run(inner, [of, *args], named)
            case Class():
                return self.construct(function, args, named)
        for given in (*args, *named.values()):
            if isinstance(given, Unknown):
                raise given.stopped
        match function:
            case Native(name, call):
                return self.bounded(lambda: call(*args, **named), name, self.line)
            case Instance(kind) if (method := self.found(kind, "__call__", function)) is not NotImplemented:
                return self.call(method, args, named)
            case _:
                return self.world.call(function, args, named)

    def construct(self, kind: Class, args: list[Any], named: dict[str, Any]) -> Any:
        """A new object of a class of the code."""
        made = self.world.made(kind)
        initial = self.found(kind, "__init__", made)
        if initial is NotImplemented:
            initial = self.world.attribute(Super(made, kind), "__init__")
        if initial is not NotImplemented:
            self.call(initial, args, named)
        elif args or named:
            if any(not isinstance(each, Class) and each not in BARE for each in kind.order()):
                self.refuse(kind.name)
            self.broken("wrong_arguments", kind.name)
        return made

    def run(self, function: Function, args: list[Any], named: dict[str, Any]) -> Any:
        """The value of a function of the code on these arguments."""
        if len(self.frames) >= MOST_CALLS:
            self.refuse(function.name, "too_deep")
        scope = self._arguments(function, args, named)
        line = self.line
        self.frames.append((function.owner, args[0] if args else None))
        try:
            return function.body((*function.scopes, scope))
        finally:
            self.frames.pop()
            self.line = line

    def _arguments(self, function: Function, args: list[Any], named: dict[str, Any]) -> Scope:
        """What the parameters of a function stand for in a call."""
        wanted, positional, by_name = function.wanted, function.positional, function.by_name
        scope = Scope(zip(positional, args, strict=False))
        rest = args[len(positional) :]
        if wanted.vararg is not None:
            scope[wanted.vararg.arg] = tuple(rest)
        elif rest:
            self.broken("wrong_arguments", function.name)
        more = {name: value for name, value in named.items() if name not in positional and name not in by_name}
        if wanted.kwarg is not None:
            scope[wanted.kwarg.arg] = more
        elif more:
            self.broken("wrong_arguments", f"{function.name}({next(iter(more))}=…)")
        taken = {name: value for name, value in named.items() if name not in more}
        if set(taken) & set(scope):
            self.broken("wrong_arguments", function.name)
        scope = Scope({**function.defaults, **scope, **taken})
        missing = [name for name in (*positional, *by_name) if name not in scope]
        if missing:
            self.broken("missing_arguments", f"{function.name}: {', '.join(missing)}")
        return scope
