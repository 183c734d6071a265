"""Statements, and the whole piece of code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, final

from solver.networks.interpreter.limits import MOST_ROUNDS
from solver.networks.interpreter.operations import BINARY
from solver.networks.interpreter.patterns import Patterns
from solver.networks.interpreter.stopped import Broken, Stopped, Unknown, Unread
from solver.networks.interpreter.syntax import assigned, loaded, parse, root, yields
from solver.networks.interpreter.values import Class, Dotted, Function, Instance, Scope, Scopes


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


@final
class Interpreter(Patterns):
    """One reading of one piece of code."""

    def load(self, source: str) -> None:
        """Goes through the code's outermost statements; one that cannot be read leaves its names unknown.

        Code that imports nothing is a piece of something: what it needs was imported above it, by its usual name.
        """
        tree = parse(source)
        if not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)):
            self.module |= {name: self.imported(meant) for name, meant in self.world.usual.items()}
        self._outermost(tree.body)

    def _outermost(self, body: Sequence[ast.stmt]) -> None:
        outer = (self.module,)
        for statement in body:
            try:
                match statement:
                    case ast.If(test, then, orelse):
                        self._outermost(then if self.truth(self.value(test, outer)) else orelse)
                    case _:
                        self.statement(statement, outer)
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
            case ast.Expr(ast.Constant()) | ast.Pass() | ast.AnnAssign(value=None):
                pass
            case ast.Global(declared):
                scopes[-1].elsewhere |= dict.fromkeys(declared, self.module)
            case ast.Nonlocal(declared):
                scopes[-1].elsewhere |= {name: _holder(name, scopes) for name in declared}
            case ast.Expr(value):
                self._done(value, scopes)
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
            case ast.ImportFrom(module, [ast.alias("*")]):
                self.starred.append(str(module))
            case ast.ImportFrom(module, imported):
                for alias in imported:
                    scopes[-1][alias.asname or alias.name] = self.imported(f"{module}.{alias.name}")
            case ast.With(items, body):
                for item in items:
                    entered = self.value(item.context_expr, scopes)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, entered, scopes)
                self.block(body, scopes)
            case ast.Match(subject, cases):
                value = self.value(subject, scopes)
                fits = next((each for each in cases if self._fits(each, value, scopes)), None)
                self.block(fits.body if fits else [], scopes)
            case ast.Try():
                self._tried(node, scopes)
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

    def _fits(self, case: ast.match_case, value: Any, scopes: Scopes) -> bool:
        """Whether a value is one that a case is for."""
        guard = case.guard
        return self.matches(case.pattern, value, scopes) and (guard is None or self.truth(self.value(guard, scopes)))

    def _done(self, node: ast.expr, scopes: Scopes) -> None:
        """An expression whose value nobody uses: what a library that we do not know does there is passed over."""
        try:
            self.value(node, scopes)
        except Unread:
            name = root(node)
            here = next((scope[name] for scope in reversed(scopes) if name in scope), None)
            elsewhere = isinstance(here, Unknown) or (isinstance(here, Dotted) and not here.name.startswith("torch"))
            if not elsewhere and (here is not None or name != "print"):
                raise

    def _tried(self, node: ast.Try, scopes: Scopes) -> None:
        """A block, and what is done where Python would raise in it."""
        try:
            self.block([*node.body, *node.orelse], scopes)
        except Broken as broken:
            handler = next((each for each in node.handlers if _catches(each, broken)), None)
            if handler is None:
                raise
            if handler.name is not None:
                scopes[-1][handler.name] = str(broken.word)
            try:
                self.block(handler.body, scopes)
            except Broken as again:
                raise broken if again.word == "raise" else again from None
        finally:
            self.block(node.finalbody, scopes)

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
            case ast.Subscript(of, index):
                container, at = self.value(of, scopes), self.value(index, scopes)
                if isinstance(container, list | dict):
                    self.bounded(lambda: operator.delitem(container, at))
                elif self.world.operated("__delitem__", (container, at)) is NotImplemented:
                    self.refuse("del")
            case _:
                self.refuse("del")

    def _function(self, node: ast.FunctionDef, scopes: Scopes, owner: Class | None) -> Any:
        """A function, which is called later; the code's own decorators are called here."""

        def body(inner: Scopes) -> Any:
            try:
                self.block(node.body, inner)
            except _Return as returned:
                return returned.value
            return None

        def generator(inner: Scopes) -> Any:
            self.yielded.append([])
            try:
                body(inner)
            finally:
                made = self.yielded.pop()
            return made

        inside = generator if yields(node) else body
        marks = {ast.unparse(each) for each in node.decorator_list}
        how = next((mark for mark in ("property", "staticmethod", "classmethod") if mark in marks), "")
        how = "property" if marks & {"cached_property", "functools.cached_property"} else how
        defaults = self.defaults(node.args, scopes)
        made: Any = Function(node.name, node.args, inside, scopes, defaults, owner, how, node.lineno)
        for decorator in reversed(node.decorator_list):
            value = None if ast.unparse(decorator) == how else self.attempt(decorator, scopes)
            if isinstance(value, Function):
                made = self.call(value, [made], {})
        return made

    def _class(self, node: ast.ClassDef, scopes: Scopes) -> Class:
        """A class with its methods and attributes."""
        made = Class(node.name, tuple(self.value(base, scopes) for base in node.bases), Scope(), node.lineno)
        inside = (*scopes, made.body)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                if any(ast.unparse(each).endswith((".setter", ".deleter")) for each in statement.decorator_list):
                    self.refuse(statement.name)
                made.body[statement.name] = self._function(statement, scopes, made)
            elif not isinstance(statement, ast.Expr | ast.Pass):
                self.statement(statement, inside)
        return self.completed(made, node, scopes)


def _holder(name: str, scopes: Scopes) -> Scope:
    """The scope around that has a name."""
    return next((scope for scope in reversed(scopes[:-1]) if name in scope), scopes[0])


def _catches(handler: ast.ExceptHandler, broken: Broken) -> bool:
    """Whether a handler is for what Python would raise."""
    if handler.type is None:
        return True
    named = {each.id for each in ast.walk(handler.type) if isinstance(each, ast.Name)}
    return bool(named & {broken.raises, "Exception", "BaseException"})
