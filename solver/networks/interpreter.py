"""A bounded interpreter of the part of Python in which networks are written: code is read as data and never executed.

It walks the tree that Python's own parser makes and computes with whole numbers, texts, lists and the stand-ins of
`solver.networks.stand_ins`; what a name stands for that code imports is its dotted name. It is total: it ends within
`MOST_STEPS`, `MOST_CALLS` and `MOST_ROUNDS`, and whatever it does not know stops it with the line and the reason.

    Unread   we cannot read this: our limit, which costs nobody a mark
    Broken   Python or torch would refuse this: a mistake of the code's, with its line
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias, final

MOST_CHARACTERS = 100_000
MOST_STEPS = 200_000
MOST_CALLS = 60
MOST_ROUNDS = 2_000
MOST_ITEMS = 5_000
MOST_LETTERS = 10_000
LARGEST = 10**15


class Stopped(Exception):
    """Reading ends here: why, in which line, at which word."""

    def __init__(self, reason: str, line: int = 0, word: str = "") -> None:
        super().__init__(reason, line, word)
        self.reason, self.line, self.word = reason, line, word


@final
class Unread(Stopped):
    """What we cannot read.

    Reasons: syntax, too_long, too_deep, too_many_steps, construct (a statement or expression outside our part of
    Python), unknown_name (something imported or made elsewhere), unknown_operation (an operation without a rule),
    needs_values (what happens next depends on numbers), no_network (no class of a network in it), needs_arguments
    (a network's constructor wants what nobody says).
    """


@final
class Broken(Stopped):
    """What Python or torch refuses.

    Reasons: missing_name, missing_attribute, wrong_arguments, not_whole (a size that is no whole number),
    no_super_init, not_callable, raised (the code's own raise or assert), wrong_type, misfit (a layer and its input;
    then `misfit` and `made_by` say more).
    """

    misfit: Any = None
    made_by: str = ""


@final
@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that nobody knows, and why."""

    stopped: Stopped


@final
@dataclass(frozen=True, slots=True)
class Dotted:
    """What an imported name stands for: `torch.nn.Conv2d`."""

    name: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or lambda of the code, with the scopes around it."""

    node: ast.FunctionDef | ast.Lambda
    scopes: tuple[dict[str, Any], ...]
    defaults: tuple[Any, ...]
    keyword_defaults: tuple[Any, ...]
    owner: Class | None = None
    how: str = ""
    """property, staticmethod or classmethod."""

    @property
    def name(self) -> str:
        """What the code calls it."""
        return getattr(self.node, "name", "lambda")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the code."""

    name: str
    bases: tuple[Any, ...]
    body: dict[str, Any]
    line: int

    def order(self) -> Iterator[Any]:
        """The class and those that it is built on, each once."""
        seen: set[int] = set()
        stack: list[Any] = [self]
        while stack:
            kind = stack.pop(0)
            if id(kind) not in seen:
                seen.add(id(kind))
                yield kind
                stack += kind.bases if isinstance(kind, Class) else ()


@dataclass(eq=False)
class Instance:
    """An object of a class of the code: what has been assigned to it, in order."""

    kind: Any
    fields: dict[str, Any] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method and its object."""

    function: Function
    of: Any


@final
@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """An object seen as one of the classes after this one."""

    of: Any
    after: Class


@final
@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """A function or method that we know, under its name."""

    name: str
    call: Callable[..., Any]


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


Scope: TypeAlias = "dict[str, Any]"

UNARY: Final[dict[type[ast.AST], tuple[str, Callable[[Any], Any]]]] = {
    ast.USub: ("__neg__", operator.neg),
    ast.UAdd: ("__pos__", operator.pos),
    ast.Invert: ("__invert__", operator.invert),
    ast.Not: ("", operator.not_),
}
BINARY: Final[dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Add: ("__add__", operator.add),
    ast.Sub: ("__sub__", operator.sub),
    ast.Mult: ("__mul__", operator.mul),
    ast.Div: ("__truediv__", operator.truediv),
    ast.FloorDiv: ("__floordiv__", operator.floordiv),
    ast.Mod: ("__mod__", operator.mod),
    ast.Pow: ("__pow__", operator.pow),
    ast.MatMult: ("__matmul__", operator.matmul),
    ast.BitOr: ("__or__", operator.or_),
    ast.BitAnd: ("__and__", operator.and_),
}
COMPARED: Final[dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Eq: ("__eq__", operator.eq),
    ast.NotEq: ("__ne__", operator.ne),
    ast.Lt: ("__lt__", operator.lt),
    ast.LtE: ("__le__", operator.le),
    ast.Gt: ("__gt__", operator.gt),
    ast.GtE: ("__ge__", operator.ge),
}
PLAIN: Final = (int, float, str, list, tuple, dict, type(None), range)


class World(ABC):
    """What code meets beyond Python: how its imports are called, what their attributes are, what is an operator's."""

    interpreter: Interpreter

    @abstractmethod
    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """The value of a call of something that is no function of the code."""

    def attribute(self, value: Any, name: str) -> Any:
        """An attribute of something that is not the code's own; NotImplemented where it has none that we know."""
        return NotImplemented

    def made(self, kind: Class) -> Instance:
        """An empty object of a class."""
        return Instance(kind)

    def assigned(self, of: Instance, name: str, value: Any) -> None:  # noqa: B027  # a world need not care
        """Notices what is assigned to an attribute."""

    def operated(self, name: str, operands: Sequence[Any]) -> Any:
        """The value of an operator on operands one of which is not plain; NotImplemented for plain ones."""
        return NotImplemented

    def items(self, value: Any) -> Iterable[Any] | None:
        """What a loop over something that is not plain goes through; None where nobody knows."""
        return None


@dataclass
class Interpreter:
    """One reading of one piece of code."""

    world: World
    line: int = 0
    steps: int = 0
    calls: list[str] = field(default_factory=list)
    owners: list[tuple[Class | None, Any]] = field(default_factory=list)
    module: Scope = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.interpreter = self

    # --- the whole piece

    def load(self, source: str) -> None:
        """Goes through the code's outermost statements; one that cannot be read leaves its names unknown."""
        for statement in parse(source).body:
            try:
                self.statement(statement, (self.module,))
            except Stopped as stopped:
                for name in _assigned(statement):
                    self.module[name] = Unknown(stopped)
            except (_Return, _Break, _Continue):
                raise Unread("syntax", statement.lineno) from None

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

    # --- statements

    def block(self, body: Sequence[ast.stmt], scopes: tuple[Scope, ...]) -> None:
        """One statement after the other."""
        for statement in body:
            self.statement(statement, scopes)

    def statement(self, node: ast.stmt, scopes: tuple[Scope, ...]) -> None:
        """One statement."""
        self.step(node)
        match node:
            case ast.Expr(value):
                if not isinstance(value, ast.Constant):
                    self.value(value, scopes)
            case ast.Assign(targets, value):
                made = self.value(value, scopes)
                for target in targets:
                    self.assign(target, made, scopes)
            case ast.AnnAssign(target, _, value):
                if value is not None:
                    self.assign(target, self.value(value, scopes), scopes)
            case ast.AugAssign(target, how, value):
                before = self.value(_loaded(target), scopes)
                self.assign(target, self.operate(BINARY.get(type(how)), before, self.value(value, scopes)), scopes)
            case ast.Return(value):
                raise _Return(None if value is None else self.value(value, scopes))
            case ast.If(test, body, orelse):
                self.block(body if self.truth(self.value(test, scopes)) else orelse, scopes)
            case ast.For(target, iterated, body, orelse):
                self.loop(((target, item) for item in self.items(self.value(iterated, scopes))), body, orelse, scopes)
            case ast.While(test, body, orelse):
                self.loop(self.again(test, scopes), body, orelse, scopes)
            case ast.FunctionDef():
                scopes[-1][node.name] = self.function(node, scopes, None)
            case ast.ClassDef():
                scopes[-1][node.name] = self.class_of(node, scopes)
            case ast.Import(names):
                for alias in names:
                    first = alias.name.partition(".")[0]
                    scopes[-1][alias.asname or first] = Dotted(alias.name if alias.asname else first)
            case ast.ImportFrom(module, names):
                for alias in names:
                    scopes[-1][alias.asname or alias.name] = Dotted(f"{module}.{alias.name}")
            case ast.With(items, body):
                for item in items:
                    entered = self.value(item.context_expr, scopes)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, entered, scopes)
                self.block(body, scopes)
            case ast.Try(body, _, orelse, final_body):
                self.block([*body, *orelse, *final_body], scopes)
            case ast.Assert(test):
                self.asserted(test, scopes)
            case ast.Raise(raised):
                self.broken("raised", ast.unparse(raised)[:80] if raised is not None else "raise")
            case ast.Pass() | ast.Global() | ast.Nonlocal():
                pass
            case ast.Delete(targets):
                for target in targets:
                    self.delete(target, scopes)
            case ast.Break():
                raise _Break
            case ast.Continue():
                raise _Continue
            case _:
                self.refuse(type(node).__name__)

    def asserted(self, test: ast.expr, scopes: tuple[Scope, ...]) -> None:
        """A condition of the code's own: false is a refusal, and what nobody knows is passed over."""
        try:
            held = self.truth(self.value(test, scopes))
        except Unread:
            return
        if not held:
            self.broken("raised", f"assert {ast.unparse(test)}"[:80])

    def loop(
        self, rounds: Iterable[tuple[Any, Any]], body: list[ast.stmt], orelse: list[ast.stmt],
        scopes: tuple[Scope, ...],
    ) -> None:  # fmt: skip
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

    def again(self, test: ast.expr, scopes: tuple[Scope, ...]) -> Iterator[tuple[None, None]]:
        """A round as long as a condition holds."""
        while self.truth(self.value(test, scopes)):
            yield None, None

    def assign(self, target: ast.expr, value: Any, scopes: tuple[Scope, ...]) -> None:
        """Gives a value to a name, an attribute, an entry or several of these."""
        match target:
            case ast.Name(name):
                scopes[-1][name] = value
            case ast.Attribute(of, name):
                self.set_attribute(self.value(of, scopes), name, value)
            case ast.Subscript(of, index):
                container, at = self.value(of, scopes), self.value(index, scopes)
                if not isinstance(container, list | dict):
                    made = self.world.operated("__setitem__", (container, at, value))
                    if made is NotImplemented:
                        self.refuse(ast.unparse(target)[:40])
                    return
                self.bounded(lambda: operator.setitem(container, at, value))
            case ast.Tuple(targets) | ast.List(targets):
                self.unpack(targets, list(self.items(value)), scopes)
            case _:
                self.refuse(type(target).__name__)

    def unpack(self, targets: list[ast.expr], values: list[Any], scopes: tuple[Scope, ...]) -> None:
        """Gives values to several targets, one of which may take what is left."""
        starred = next((at for at, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        if starred is not None and len(values) >= len(targets) - 1:
            behind = len(targets) - starred - 1
            middle = values[starred : len(values) - behind]
            values = [*values[:starred], middle, *values[len(values) - behind :]]
        if len(values) != len(targets):
            self.broken("wrong_type", f"{len(targets)} != {len(values)}")
        for target, value in zip(targets, values, strict=True):
            self.assign(target.value if isinstance(target, ast.Starred) else target, value, scopes)

    def delete(self, target: ast.expr, scopes: tuple[Scope, ...]) -> None:
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

    def set_attribute(self, of: Any, name: str, value: Any) -> None:
        """Assigns to an attribute of an object of the code."""
        if not isinstance(of, Instance):
            if isinstance(of, Class | Unknown | Dotted) or of is None:
                self.refuse(name)
            return
        self.world.assigned(of, name, value)
        of.fields[name] = value

    def function(self, node: ast.FunctionDef | ast.Lambda, scopes: tuple[Scope, ...], owner: Class | None) -> Function:
        """A function with its defaults, which are computed here."""
        defaults = tuple(self.attempt(each, scopes) for each in node.args.defaults)
        keyword = tuple(None if each is None else self.attempt(each, scopes) for each in node.args.kw_defaults)
        marks = {name for each in getattr(node, "decorator_list", ()) for name in _names(each)}
        how = next((mark for mark in ("property", "staticmethod", "classmethod") if mark in marks), "")
        return Function(node, scopes, defaults, keyword, owner, how)

    def attempt(self, node: ast.expr, scopes: tuple[Scope, ...]) -> Any:
        """A value, or what is unknown of it."""
        try:
            return self.value(node, scopes)
        except Stopped as stopped:
            return Unknown(stopped)

    def class_of(self, node: ast.ClassDef, scopes: tuple[Scope, ...]) -> Class:
        """A class with its methods and attributes."""
        made = Class(node.name, tuple(self.value(base, scopes) for base in node.bases), {}, node.lineno)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                made.body[statement.name] = self.function(statement, scopes, made)
            elif not isinstance(statement, ast.Expr | ast.Pass):
                self.statement(statement, (*scopes, made.body))
        return made

    # --- expressions

    def value(self, node: ast.expr, scopes: tuple[Scope, ...]) -> Any:
        """What an expression stands for."""
        self.step(node)
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self.name(name, scopes)
            case ast.Attribute(of, name):
                return self.attribute(self.value(of, scopes), name)
            case ast.Call(called, args, keywords):
                return self.called(node, called, args, keywords, scopes)
            case ast.BinOp(left, how, right):
                return self.operate(BINARY.get(type(how)), self.value(left, scopes), self.value(right, scopes))
            case ast.UnaryOp(how, operand):
                value = self.value(operand, scopes)
                if isinstance(how, ast.Not):
                    return not self.truth(value)
                return self.operate(UNARY.get(type(how)), value)
            case ast.BoolOp(how, values):
                return self.junction(isinstance(how, ast.And), values, scopes)
            case ast.Compare(left, hows, rights):
                return self.compared(left, hows, rights, scopes)
            case ast.IfExp(test, body, orelse):
                return self.value(body if self.truth(self.value(test, scopes)) else orelse, scopes)
            case ast.Tuple(items):
                return tuple(self.listed(items, scopes))
            case ast.List(items) | ast.Set(items):
                return self.listed(items, scopes)
            case ast.Dict(keys, values):
                return self.dictionary(keys, values, scopes)
            case ast.Subscript(of, index):
                return self.subscript(self.value(of, scopes), self.value(index, scopes))
            case ast.Slice(lower, upper, by):
                return slice(*(None if each is None else self.value(each, scopes) for each in (lower, upper, by)))
            case ast.ListComp(element, generators) | ast.GeneratorExp(element, generators):
                return [self.value(element, inner) for inner in self.comprehended(generators, scopes)]
            case ast.SetComp(element, generators):
                return [self.value(element, inner) for inner in self.comprehended(generators, scopes)]
            case ast.DictComp(key, value, generators):
                inner_scopes = self.comprehended(generators, scopes)
                return {self.hashed(self.value(key, inner)): self.value(value, inner) for inner in inner_scopes}
            case ast.Lambda():
                return self.function(node, scopes, self.owners[-1][0] if self.owners else None)
            case ast.JoinedStr(values):
                return self.text("".join(self.formatted(each, scopes) for each in values))
            case ast.NamedExpr(target, value):
                made = self.value(value, scopes)
                self.assign(target, made, scopes)
                return made
            case _:
                raise Unread("construct", self.line, type(node).__name__)

    def name(self, name: str, scopes: tuple[Scope, ...]) -> Any:
        """What a name stands for, the innermost scope first."""
        for scope in (*reversed(scopes), self.module):
            if name in scope:
                value = scope[name]
                if isinstance(value, Unknown):
                    raise value.stopped
                return value
        if name in BUILTINS:
            return Native(name, BUILTINS[name])
        if name in ("super", "isinstance", "setattr", "getattr", "hasattr", "callable", "type", "map", "print", "sum"):
            return Native(name, getattr(self, f"_{name}"))
        if name in vars(builtins):
            raise Unread("unknown_name", self.line, name)
        raise Broken("missing_name", self.line, name)

    def attribute(self, of: Any, name: str) -> Any:
        """An attribute of whatever it is."""
        if isinstance(of, Unknown):
            raise of.stopped
        if isinstance(of, Dotted):
            return Dotted(f"{of.name}.{name}")
        if isinstance(of, Instance):
            if name in of.fields:
                return of.fields[name]
            found = self.found(of.kind, name, of)
            if found is not NotImplemented:
                return found
        if isinstance(of, Super):
            order = list(of.of.kind.order())
            for kind in order[order.index(of.after) + 1 :]:
                if isinstance(kind, Class) and name in kind.body:
                    return self.bound(kind.body[name], of.of)
            return self.known(of, name)
        if isinstance(of, Class):
            found = self.found(of, name, None)
            if found is not NotImplemented:
                return found
        if isinstance(of, list | dict | str | tuple):
            return self.method(of, name)
        return self.known(of, name)

    def known(self, of: Any, name: str) -> Any:
        """An attribute that the world knows."""
        found = self.world.attribute(of, name)
        if found is NotImplemented:
            if isinstance(of, Instance | Super):
                self.broken("missing_attribute", name)
            self.refuse(name, "unknown_operation")
        return found

    def found(self, kind: Any, name: str, of: Any) -> Any:
        """A method or attribute of a class, bound to an object if there is one."""
        if isinstance(kind, Class):
            for one in kind.order():
                if isinstance(one, Class) and name in one.body:
                    return self.bound(one.body[name], of)
        return NotImplemented

    def bound(self, value: Any, of: Any) -> Any:
        """A function of a class as a method of an object."""
        if not isinstance(value, Function) or of is None or value.how == "staticmethod":
            return value
        if value.how == "property":
            return self.run(value, [of], {})
        return Bound(value, of)

    def method(self, of: Any, name: str) -> Native:
        """A method of a list, dictionary or text."""
        kind = next(kind for kind in METHODS if isinstance(of, kind))
        if name not in METHODS[kind]:
            if not hasattr(of, name):
                self.broken("missing_attribute", name)
            self.refuse(name, "unknown_operation")
        if name in ("append", "extend", "insert"):
            if len(of) > MOST_ITEMS:
                self.refuse(reason="too_many_steps")
            if name == "extend":
                return Native(name, lambda more: of.extend(self.items(more)))
        return Native(name, getattr(of, name))

    def called(
        self, node: ast.Call, called: ast.expr, args: list[ast.expr], keywords: list[ast.keyword],
        scopes: tuple[Scope, ...],
    ) -> Any:  # fmt: skip
        """The value of a call."""
        function = self.value(called, scopes)
        given = self.listed(args, scopes)
        named: dict[str, Any] = {}
        for keyword in keywords:
            value = self.value(keyword.value, scopes)
            if keyword.arg is None:
                if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
                    self.refuse("**")
                named |= value
            else:
                named[keyword.arg] = value
        self.line = node.lineno
        return self.call(function, given, named)

    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """Calls whatever it is."""
        match function:
            case Unknown(stopped):
                raise stopped
            case Function():
                return self.run(function, args, named)
            case Bound(inner, of):
                return self.run(inner, [of, *args], named)
            case Class():
                return self.construct(function, args, named)
            case Native(name, call):
                line = self.line
                return self.bounded(lambda: call(*args, **named), name, line)
            case _:
                return self.world.call(function, args, named)

    def construct(self, kind: Class, args: list[Any], named: dict[str, Any]) -> Any:
        """A new object of a class of the code."""
        made = self.world.made(kind)
        initial = self.found(kind, "__init__", made)
        if initial is NotImplemented:
            initial = self.world.attribute(Super(made, kind), "__init__")
        if initial is NotImplemented:
            if args or named:
                self.broken("wrong_arguments", kind.name)
        else:
            self.call(initial, args, named)
        return made

    def run(self, function: Function, args: list[Any], named: dict[str, Any]) -> Any:
        """The value of a function of the code on these arguments."""
        if len(self.calls) >= MOST_CALLS:
            self.refuse(function.name, "too_deep")
        scope = self.arguments(function, args, named)
        scopes = (*function.scopes, scope)
        line = self.line
        self.calls.append(function.name)
        self.owners.append((function.owner, args[0] if args else None))
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, scopes)
            self.block(function.node.body, scopes)
        except _Return as returned:
            return returned.value
        finally:
            self.calls.pop()
            self.owners.pop()
            self.line = line
        return None

    def arguments(self, function: Function, args: list[Any], named: dict[str, Any]) -> Scope:
        """What the parameters of a function stand for in a call."""
        wanted = function.node.args
        parameters = [each.arg for each in (*wanted.posonlyargs, *wanted.args)]
        scope: Scope = dict(zip(parameters, args, strict=False))
        rest = args[len(parameters) :]
        if wanted.vararg is not None:
            scope[wanted.vararg.arg] = tuple(rest)
        elif rest:
            self.broken("wrong_arguments", function.name)
        only = [each.arg for each in wanted.kwonlyargs]
        more = {name: value for name, value in named.items() if name not in parameters and name not in only}
        if wanted.kwarg is not None:
            scope[wanted.kwarg.arg] = more
        elif more:
            self.broken("wrong_arguments", f"{function.name}({next(iter(more))}=…)")
        taken = {name: value for name, value in named.items() if name not in more}
        if set(taken) & set(scope):
            self.broken("wrong_arguments", function.name)
        scope |= taken
        defaults = dict(zip(parameters[len(parameters) - len(function.defaults) :], function.defaults, strict=True))
        known = zip(only, function.keyword_defaults, wanted.kw_defaults, strict=True)
        defaults |= {name: value for name, value, node in known if node is not None}
        missing = [name for name in (*parameters, *only) if name not in scope and name not in defaults]
        if missing:
            self.broken("wrong_arguments", f"{function.name}: {', '.join(missing)}")
        return defaults | scope

    # --- small things

    def listed(self, items: Sequence[ast.expr], scopes: tuple[Scope, ...]) -> list[Any]:
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

    def dictionary(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], scopes: tuple[Scope, ...]) -> Any:
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

    def hashed(self, key: Any) -> Any:
        """A key of a dictionary."""
        if not isinstance(key, int | float | str | bool | tuple | type(None)):
            self.refuse("dict")
        return key

    def formatted(self, node: ast.expr, scopes: tuple[Scope, ...]) -> str:
        """A part of an f-string."""
        match node:
            case ast.Constant(value):
                return str(value)
            case ast.FormattedValue(value):
                made = self.value(value, scopes)
                return str(made) if isinstance(made, int | str | float) else "…"
            case _:
                raise Unread("construct", self.line, type(node).__name__)

    def text(self, made: str) -> str:
        """A text, not too long."""
        if len(made) > MOST_LETTERS:
            self.refuse(reason="too_many_steps")
        return made

    def comprehended(self, generators: Sequence[ast.comprehension], scopes: tuple[Scope, ...]) -> Iterator[Any]:
        """The scopes in which a comprehension's element is computed."""
        inner = (*scopes, {})

        def each(depth: int) -> Iterator[tuple[Scope, ...]]:
            if depth == len(generators):
                yield inner
                return
            generator = generators[depth]
            for number, item in enumerate(self.items(self.value(generator.iter, inner))):
                if number >= MOST_ROUNDS:
                    self.refuse(reason="too_many_steps")
                self.assign(generator.target, item, inner)
                if all(self.truth(self.value(test, inner)) for test in generator.ifs):
                    yield from each(depth + 1)

        return each(0)

    def junction(self, both: bool, values: Sequence[ast.expr], scopes: tuple[Scope, ...]) -> Any:
        """`and` or `or`, as Python computes them."""
        made: Any = None
        for node in values:
            made = self.value(node, scopes)
            if self.truth(made) is not both:
                break
        return made

    def compared(
        self, left: ast.expr, hows: Sequence[ast.cmpop], rights: Sequence[ast.expr], scopes: tuple[Scope, ...]
    ) -> Any:
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

    def comparison(self, how: ast.cmpop, left: Any, right: Any) -> Any:
        """One comparison."""
        match how:
            case ast.Is() | ast.IsNot():
                same = left is right or (isinstance(left, Dotted) and left == right)
                return same is isinstance(how, ast.Is)
            case ast.In() | ast.NotIn():
                if not isinstance(right, list | tuple | dict | str | range):
                    self.refuse("in")
                return self.bounded(lambda: left in right) is isinstance(how, ast.In)
            case _:
                if isinstance(left, Dotted) or isinstance(right, Dotted):
                    return (left == right) is isinstance(how, ast.Eq)
                return self.operate(COMPARED.get(type(how)), left, right)

    def operate(self, how: tuple[str, Callable[..., Any]] | None, *operands: Any) -> Any:
        """An operator on plain values, or on what the world knows."""
        if how is None:
            self.refuse("operator")
        name, plain = how
        for operand in operands:
            if isinstance(operand, Unknown):
                raise operand.stopped
        made = self.world.operated(name, operands)
        if made is not NotImplemented:
            return made
        if not all(isinstance(operand, PLAIN) for operand in operands):
            self.refuse(name.strip("_"), "unknown_operation")
        self._affordable(name, operands)
        return self.bounded(lambda: plain(*operands), name.strip("_"))

    def _affordable(self, name: str, operands: tuple[Any, ...]) -> None:
        """Refuses products and powers that would fill the memory."""
        whole = [operand for operand in operands if isinstance(operand, int)]
        if any(abs(operand) > LARGEST for operand in whole):
            self.refuse(reason="too_many_steps")
        if name == "__pow__" and len(whole) == 2 and (whole[1] > 64 or whole[1] < -64):
            self.refuse(reason="too_many_steps")
        if name in ("__mul__", "__mod__", "__add__"):
            sized = [operand for operand in operands if isinstance(operand, str | list | tuple)]
            many = max(whole) if sized and whole else len(sized)
            if sized and max(map(len, sized)) * max(many, 1) > MOST_ITEMS:
                self.refuse(reason="too_many_steps")

    def bounded(self, compute: Callable[[], Any], name: str = "", line: int = 0) -> Any:
        """A plain value; what Python would raise is a mistake of the code's."""
        try:
            made = compute()
        except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError, AttributeError) as error:
            raise Broken("wrong_type", line or self.line, f"{type(error).__name__}: {error}"[:120]) from None
        if isinstance(made, int) and not isinstance(made, bool) and abs(made) > LARGEST:
            self.refuse(name, "too_many_steps")
        if isinstance(made, str | list | tuple | dict) and len(made) > MOST_LETTERS:
            self.refuse(name, "too_many_steps")
        return made

    def subscript(self, of: Any, index: Any) -> Any:
        """An entry or a slice."""
        if isinstance(of, Unknown):
            raise of.stopped
        if isinstance(of, list | tuple | dict | str | range):
            return self.bounded(lambda: of[index])
        made = self.world.operated("__getitem__", (of, index))
        if made is NotImplemented:
            self.refuse("[]", "unknown_operation")
        return made

    def truth(self, value: Any) -> bool:
        """Whether a condition holds; what depends on numbers nobody knows stops the reading."""
        if isinstance(value, Unknown):
            raise value.stopped
        if isinstance(value, PLAIN):
            return bool(value)
        if isinstance(value, Instance | Function | Class | Bound):
            return True
        made = self.world.operated("__bool__", (value,))
        if made is NotImplemented:
            self.refuse("if", "needs_values")
        return bool(made)

    def items(self, value: Any) -> list[Any]:
        """What a loop goes through."""
        if isinstance(value, Unknown):
            raise value.stopped
        if isinstance(value, range) and len(value) > MOST_ITEMS:
            self.refuse(reason="too_many_steps")
        if isinstance(value, list | tuple | dict | str | range):
            return list(value)
        found = self.world.items(value)
        if found is None:
            if isinstance(value, int | float) or value is None:
                self.broken("wrong_type", f"for … in {value}")
            self.refuse("for", "needs_values")
        return list(found)

    # --- Python's own functions that look at objects

    def _super(self, *given: Any) -> Super:
        owner, of = self.owners[-1] if self.owners else (None, None)
        if len(given) == 2:
            owner, of = given
        if not isinstance(owner, Class) or not isinstance(of, Instance):
            self.refuse("super")
        return Super(of, owner)

    def _isinstance(self, value: Any, kinds: Any) -> Any:
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        answers = [self._is_one(value, kind) for kind in wanted]
        return any(answers)

    def _is_one(self, value: Any, kind: Any) -> bool:
        if isinstance(kind, Class):
            return isinstance(value, Instance) and isinstance(value.kind, Class) and kind in value.kind.order()
        if isinstance(kind, Native):
            plain = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict, "bool": bool}
            return kind.name in plain and isinstance(value, plain[kind.name])
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


def _rounded(value: float, digits: int | None = None) -> Any:
    return round(value, digits) if digits is None or abs(digits) < 20 else value


def _sized(value: Any) -> int:
    if isinstance(value, Instance):
        value = [key for key in value.fields if key.isdigit()]
    return len(value)


BUILTINS: Final[Mapping[str, Callable[..., Any]]] = {
    "len": _sized,
    "range": lambda *bounds: range(*bounds),
    "enumerate": lambda items, start=0: list(enumerate(_through(items), start)),
    "zip": lambda *lists, strict=False: list(zip(*map(_through, lists), strict=strict)),
    "list": lambda items=(): list(_through(items)),
    "tuple": lambda items=(): tuple(_through(items)),
    "set": lambda items=(): list(dict.fromkeys(_through(items))),
    "dict": lambda items=(), **named: dict(items, **named),
    "reversed": lambda items: list(_through(items))[::-1],
    "sorted": lambda items: sorted(_through(items)),
    "min": lambda *items: min(*items) if len(items) > 1 else min(_through(items[0])),
    "max": lambda *items: max(*items) if len(items) > 1 else max(_through(items[0])),
    "any": lambda items: any(_through(items)),
    "all": lambda items: all(_through(items)),
    "abs": abs,
    "round": _rounded,
    "int": lambda value=0: int(value),
    "float": lambda value=0: float(value),
    "bool": lambda value=False: bool(value),
    "str": lambda value="": str(value) if isinstance(value, int | float | str) else "…",
}
"""Python's functions on plain values."""

METHODS: Final[Mapping[type, frozenset[str]]] = {
    list: frozenset("append extend insert pop index count reverse copy clear remove".split()),
    dict: frozenset("get items keys values pop update setdefault copy".split()),
    str: frozenset("format lower upper startswith endswith strip split join replace isdigit".split()) - {"format"},
    tuple: frozenset(("index", "count")),
}
"""Methods of plain values; texts are not formatted, which reaches into objects."""

MATHEMATICS: Final[Mapping[str, Any]] = {
    "math.sqrt": math.sqrt, "math.floor": math.floor, "math.ceil": math.ceil, "math.log2": math.log2,
    "math.log": math.log, "math.prod": math.prod, "math.pi": math.pi, "numpy.prod": math.prod,
    "numpy.sqrt": math.sqrt, "numpy.floor": math.floor, "numpy.ceil": math.ceil, "math.inf": math.inf,
}  # fmt: skip


def _through(items: Any) -> Any:
    """What Python goes through, of something plain; objects of the code's own go through their numbered fields."""
    if isinstance(items, Instance):
        return [value for key, value in items.fields.items() if key.isdigit()]
    if not isinstance(items, list | tuple | dict | str | range) and not hasattr(items, "__next__"):
        raise TypeError(f"{type(items).__name__} is not iterable")
    if isinstance(items, range) and len(items) > MOST_ITEMS:
        raise OverflowError("range")
    return items


def parse(source: str) -> ast.Module:
    """Python's own tree of the code. Raises Unread."""
    if len(source) > MOST_CHARACTERS:
        raise Unread("too_long")
    kept = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n"))
    try:
        with _quiet():
            return ast.parse(kept)
    except SyntaxError as error:
        raise Unread("syntax", error.lineno or 0, (error.text or "").strip()[:40]) from None
    except (RecursionError, MemoryError, ValueError):
        raise Unread("too_deep") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Python's warnings about the code's own texts are nobody's business here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _assigned(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement would give values to."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _loaded(target: ast.expr) -> ast.expr:
    """A target of an assignment as something to read."""
    match target:
        case ast.Name(name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(of, name):
            return ast.copy_location(ast.Attribute(of, name, ast.Load()), target)
        case ast.Subscript(of, index):
            return ast.copy_location(ast.Subscript(of, index, ast.Load()), target)
        case _:
            return target
