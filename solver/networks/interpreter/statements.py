"""Statements, and the whole piece of code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, final

from solver.networks.interpreter.expressions import Expressions
from solver.networks.interpreter.limits import MOST_ROUNDS
from solver.networks.interpreter.operations import BINARY
from solver.networks.interpreter.stopped import Stopped, Unknown, Unread
from solver.networks.interpreter.syntax import assigned, loaded, names, parse
from solver.networks.interpreter.values import Class, Dotted, Function, Instance, Scopes


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


@final
class Interpreter(Expressions):
    """One reading of one piece of code."""

    def load(self, source: str) -> None:
        """Goes through the code's outermost statements; one that cannot be read leaves its names unknown."""
        for statement in parse(source).body:
            try:
                self.statement(statement, (self.module,))
            except Stopped as stopped:
                for name in assigned(statement):
                    self.module[name] = Unknown(stopped)
            except (_Return, _Break, _Continue):
                raise Unread("syntax", statement.lineno) from None

    def block(self, body: Sequence[ast.stmt], scopes: Scopes) -> None:
        """One statement after the other."""
        for statement in body:
            self.statement(statement, scopes)

    def statement(self, node: ast.stmt, scopes: Scopes) -> None:
        """One statement."""
        self.step(node)
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass() | ast.Global() | ast.Nonlocal() | ast.AnnAssign(value=None):
                pass
            case ast.Expr(value):
                self.value(value, scopes)
            case ast.Assign(targets, value):
                made = self.value(value, scopes)
                for target in targets:
                    self.assign(target, made, scopes)
            case ast.AnnAssign(target, _, ast.expr() as value):
                self.assign(target, self.value(value, scopes), scopes)
            case ast.AugAssign(target, how, value):
                before = self.value(loaded(target), scopes)
                self.assign(target, self.operate(BINARY.get(type(how)), before, self.value(value, scopes)), scopes)
            case ast.Return(value):
                raise _Return(None if value is None else self.value(value, scopes))
            case ast.If(test, body, orelse):
                self.block(body if self.truth(self.value(test, scopes)) else orelse, scopes)
            case ast.For(target, iterated, body, orelse):
                self._loop(((target, item) for item in self.items(self.value(iterated, scopes))), body, orelse, scopes)
            case ast.While(test, body, orelse):
                self._loop(self._again(test, scopes), body, orelse, scopes)
            case ast.FunctionDef(name):
                scopes[-1][name] = self._function(node, scopes, None)
            case ast.ClassDef(name):
                scopes[-1][name] = self._class(node, scopes)
            case ast.Import(imported):
                for alias in imported:
                    first = alias.name.partition(".")[0]
                    scopes[-1][alias.asname or first] = Dotted(alias.name if alias.asname else first)
            case ast.ImportFrom(module, imported):
                for alias in imported:
                    scopes[-1][alias.asname or alias.name] = Dotted(f"{module}.{alias.name}")
            case ast.With(items, body):
                for item in items:
                    entered = self.value(item.context_expr, scopes)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, entered, scopes)
                self.block(body, scopes)
            case ast.Try(body, _, orelse, last):
                self.block([*body, *orelse, *last], scopes)
            case ast.Assert(test):
                self._asserted(test, scopes)
            case ast.Raise(raised):
                self.broken("raised", "raise" if raised is None else ast.unparse(raised)[:80])
            case ast.Delete(targets):
                for target in targets:
                    self._delete(target, scopes)
            case ast.Break():
                raise _Break
            case ast.Continue():
                raise _Continue
            case _:
                self.refuse(type(node).__name__)

    def _asserted(self, test: ast.expr, scopes: Scopes) -> None:
        """A condition of the code's own: false is a refusal, and what nobody knows is passed over."""
        try:
            held = self.truth(self.value(test, scopes))
        except Unread:
            return
        if not held:
            self.broken("raised", f"assert {ast.unparse(test)}"[:80])

    def _loop(
        self, rounds: Iterable[tuple[Any, Any]], body: list[ast.stmt], orelse: list[ast.stmt], scopes: Scopes
    ) -> None:
        """The body once for each round."""
        for number, (target, item) in enumerate(rounds):
            if number >= MOST_ROUNDS:
                self.refuse(reason="too_many_steps")
            if target is not None:
                self.assign(target, item, scopes)
            try:
                self.block(body, scopes)
            except _Continue:
                continue
            except _Break:
                return
        self.block(orelse, scopes)

    def _again(self, test: ast.expr, scopes: Scopes) -> Iterator[tuple[None, None]]:
        """A round as long as a condition holds."""
        while self.truth(self.value(test, scopes)):
            yield None, None

    def _delete(self, target: ast.expr, scopes: Scopes) -> None:
        """Forgets a name or an attribute."""
        match target:
            case ast.Name(name):
                scopes[-1].pop(name, None)
            case ast.Attribute(of, name):
                instance = self.value(of, scopes)
                if isinstance(instance, Instance):
                    instance.fields.pop(name, None)
            case _:
                self.refuse("del")

    def _function(self, node: ast.FunctionDef, scopes: Scopes, owner: Class | None) -> Function:
        """A function, which is called later."""

        def body(inner: Scopes) -> Any:
            try:
                self.block(node.body, inner)
            except _Return as returned:
                return returned.value
            return None

        marks = {name for each in node.decorator_list for name in names(each)}
        how = next((mark for mark in ("property", "staticmethod", "classmethod") if mark in marks), "")
        return Function(node.name, node.args, body, scopes, self.defaults(node.args, scopes), owner, how)

    def _class(self, node: ast.ClassDef, scopes: Scopes) -> Class:
        """A class with its methods and attributes."""
        made = Class(node.name, tuple(self.value(base, scopes) for base in node.bases), {}, node.lineno)
        inside = (*scopes, made.body)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                made.body[statement.name] = self._function(statement, scopes, made)
            elif not isinstance(statement, ast.Expr | ast.Pass):
                self.statement(statement, inside)
        return made
