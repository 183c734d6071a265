"""What an expression stands for, and what is assigned to: names, attributes, entries."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Iterator, Sequence
from typing import Any

from solver.networks.interpreter.library import Library
from solver.networks.interpreter.limits import MOST_ITEMS, MOST_LETTERS, MOST_ROUNDS
from solver.networks.interpreter.natives import said
from solver.networks.interpreter.operations import BINARY, UNARY
from solver.networks.interpreter.stopped import Stopped, Unknown, Unread
from solver.networks.interpreter.values import Function, Scope, Scopes


class Expressions(Library):
    """One method reads any expression; those behind it read what has parts of its own."""

    def value(self, node: ast.expr, scopes: Scopes) -> Any:
        """What an expression stands for."""
        self.step(node)
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self.name(name, scopes)
            case ast.Attribute(of, name):
                return self.resolved(self.attribute(self.value(of, scopes), name))
            case ast.Call():
                return self._called(node, scopes)
            case ast.BinOp(left, how, right):
                return self.operate(BINARY.get(type(how)), self.value(left, scopes), self.value(right, scopes))
            case ast.UnaryOp(ast.Not(), operand):
                return not self.truth(self.value(operand, scopes))
            case ast.UnaryOp(how, operand):
                return self.operate(UNARY.get(type(how)), self.value(operand, scopes))
            case ast.BoolOp(how, values):
                return self._junction(isinstance(how, ast.And), values, scopes)
            case ast.Compare(left, hows, rights):
                return self._compared(left, hows, rights, scopes)
            case ast.IfExp(test, body, orelse):
                return self.value(body if self.truth(self.value(test, scopes)) else orelse, scopes)
            case ast.Tuple(items):
                return tuple(self._listed(items, scopes))
            case ast.List(items) | ast.Set(items):
                return self._listed(items, scopes)
            case ast.Dict(keys, values):
                return self._dictionary(keys, values, scopes)
            case ast.Subscript(of, index):
                return self.subscript(self.value(of, scopes), self.value(index, scopes))
            case ast.Slice(lower, upper, by):
                return slice(*(None if each is None else self.value(each, scopes) for each in (lower, upper, by)))
            case ast.ListComp(element, parts) | ast.GeneratorExp(element, parts) | ast.SetComp(element, parts):
                return [self.value(element, inner) for inner in self._comprehended(parts, scopes)]
            case ast.DictComp(key, value, parts):
                inners = self._comprehended(parts, scopes)
                return {self.hashed(self.value(key, inner)): self.value(value, inner) for inner in inners}
            case ast.Lambda(wanted, body):
                owner = self.frames[-1][0] if self.frames else None
                defaults = self.defaults(wanted, scopes)
                inside = lambda inner: self.value(body, inner)  # noqa: E731  # as short as what it reads
                return Function("lambda", wanted, inside, scopes, defaults, owner, line=node.lineno)
            case ast.JoinedStr(values):
                return self._text("".join(self._formatted(each, scopes) for each in values))
            case ast.Yield(value):
                self.yielded[-1].append(None if value is None else self.value(value, scopes))
            case ast.YieldFrom(value):
                self.yielded[-1] += self.items(self.value(value, scopes))
            case ast.NamedExpr(target, value):
                made = self.value(value, scopes)
                self.assign(target, made, scopes)
                return made
            case _:
                raise Unread("construct", self.line, type(node).__name__)
        return None

    def name(self, name: str, scopes: Scopes) -> Any:
        """What a name stands for, the innermost scope first."""
        for scope in (*reversed(scopes), self.module):
            if name in scope:
                value = scope[name]
                if isinstance(value, Unknown):
                    raise value.stopped
                return value
        module = next((each for each in self.starred if self.world.exports(each, name)), None)
        if module is not None:
            return self.imported(f"{module}.{name}")
        if self.starred and not hasattr(builtins, name):
            raise Unread("unknown_name", self.line, name)
        return self.builtin(name)

    def imported(self, name: str) -> Any:
        """What a dotted name stands for."""
        return self.resolved(self.world.imported(name, self.line))

    def attempt(self, node: ast.expr, scopes: Scopes) -> Any:
        """A value, or what is unknown of it."""
        try:
            return self.value(node, scopes)
        except Stopped as stopped:
            return Unknown(stopped)

    def defaults(self, wanted: ast.arguments, scopes: Scopes) -> dict[str, Any]:
        """The defaults of a function's parameters, which are computed where it is made."""
        positional = [each.arg for each in (*wanted.posonlyargs, *wanted.args)]
        last = positional[len(positional) - len(wanted.defaults) :]
        said: list[tuple[str, ast.expr | None]] = list(zip(last, wanted.defaults, strict=True))
        said += zip((each.arg for each in wanted.kwonlyargs), wanted.kw_defaults, strict=True)
        return {name: self.attempt(node, scopes) for name, node in said if node is not None}

    # --- expressions with parts

    def _called(self, node: ast.Call, scopes: Scopes) -> Any:
        """The value of a call."""
        function = self.value(node.func, scopes)
        given = self._listed(node.args, scopes)
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scopes)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                named |= value
            else:
                self.refuse("**")
        self.line = node.lineno
        return self.call(function, given, named)

    def _listed(self, items: Sequence[ast.expr], scopes: Scopes) -> list[Any]:
        """The values of several expressions, starred ones spread out."""
        made: list[Any] = []
        for item in items:
            if isinstance(item, ast.Starred):
                made += self.items(self.value(item.value, scopes))
            else:
                made.append(self.value(item, scopes))
        if len(made) > MOST_ITEMS:
            self.refuse(reason="too_many_steps")
        return made

    def _dictionary(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], scopes: Scopes) -> Any:
        """A dictionary, other ones spread out in it."""
        made: dict[Any, Any] = {}
        for key, node in zip(keys, values, strict=True):
            value = self.value(node, scopes)
            if key is not None:
                made[self.hashed(self.value(key, scopes))] = value
            elif isinstance(value, dict):
                made |= value
            else:
                self.refuse("**")
        return made

    def _formatted(self, node: ast.expr, scopes: Scopes) -> str:
        """A part of an f-string."""
        match node:
            case ast.Constant(value):
                return str(value)
            case ast.FormattedValue(value, _, how):
                made = self.value(value, scopes)
                spec = "" if how is None else self.value(how, scopes)
                return str(self.bounded(lambda: said(made, spec)))
            case _:
                raise Unread("construct", self.line, type(node).__name__)

    def _text(self, made: str) -> str:
        """A text, not too long."""
        if len(made) > MOST_LETTERS:
            self.refuse(reason="too_many_steps")
        return made

    def _comprehended(self, parts: Sequence[ast.comprehension], scopes: Scopes) -> Iterator[Scopes]:
        """The scopes in which a comprehension's element is computed."""
        inner = (*scopes, Scope())

        def each(depth: int) -> Iterator[Scopes]:
            if depth == len(parts):
                yield inner
                return
            for number, item in enumerate(self.items(self.value(parts[depth].iter, inner))):
                if number >= MOST_ROUNDS:
                    self.refuse(reason="too_many_steps")
                self.assign(parts[depth].target, item, inner)
                if all(self.truth(self.value(test, inner)) for test in parts[depth].ifs):
                    yield from each(depth + 1)

        return each(0)

    def _junction(self, both: bool, values: Sequence[ast.expr], scopes: Scopes) -> Any:
        """`and` or `or`, as Python computes them."""
        for node in values[:-1]:
            made = self.value(node, scopes)
            if self.truth(made) is not both:
                return made
        return self.value(values[-1], scopes)

    def _compared(self, left: ast.expr, hows: Sequence[ast.cmpop], rights: Sequence[ast.expr], scopes: Scopes) -> Any:
        """A chain of comparisons."""
        before = self.value(left, scopes)
        answer: Any = True
        for how, node in zip(hows, rights, strict=True):
            after = self.value(node, scopes)
            answer = self.comparison(how, before, after)
            if answer is False:
                return False
            before = after
        return answer

    # --- what is assigned to

    def assign(self, target: ast.expr, value: Any, scopes: Scopes) -> None:
        """Gives a value to a name, an attribute, an entry or several of these."""
        match target:
            case ast.Name(name):
                scope = scopes[-1]
                scope.elsewhere.get(name, scope)[name] = value
            case ast.Attribute(of, name):
                self.set_attribute(self.value(of, scopes), name, value)
            case ast.Subscript(of, index):
                self._set_entry(self.value(of, scopes), self.value(index, scopes), value)
            case ast.Tuple(targets) | ast.List(targets):
                self._unpack(targets, self.items(value), scopes)
            case _:
                self.refuse(type(target).__name__)

    def _set_entry(self, container: Any, at: Any, value: Any) -> None:
        if isinstance(container, list | dict):
            self.bounded(lambda: operator.setitem(container, at, value))
        elif self.own("__setitem__", container, at, value) is not NotImplemented:
            return
        elif self.world.operated("__setitem__", (container, at, value)) is NotImplemented:
            self.refuse("[] =", "unknown_operation")

    def _unpack(self, targets: list[ast.expr], values: list[Any], scopes: Scopes) -> None:
        """Gives values to several targets, one of which may take what is left."""
        starred = next((at for at, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        if starred is not None and len(values) >= len(targets) - 1:
            behind = len(values) - (len(targets) - starred - 1)
            values = [*values[:starred], values[starred:behind], *values[behind:]]
        if len(values) != len(targets):
            self.broken("wrong_type", f"{len(targets)} != {len(values)}")
        for target, value in zip(targets, values, strict=True):
            self.assign(target.value if isinstance(target, ast.Starred) else target, value, scopes)
