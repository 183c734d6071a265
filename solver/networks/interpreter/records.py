"""Classes whose constructor Python writes: dataclasses, named tuples; and enumerations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from solver.networks.interpreter.expressions import Expressions
from solver.networks.interpreter.values import Class, Dotted, Function, Instance, Scopes


class Records(Expressions):
    """What a class gets beyond what its body says."""

    def completed(self, made: Class, node: ast.ClassDef, scopes: Scopes) -> Class:
        """The class with what Python writes for it."""
        bases = {each.last for each in made.order() if isinstance(each, Dotted)}
        marks = {ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list}
        if marks & {"dataclass", "dataclasses.dataclass"} or "NamedTuple" in bases:
            made.body["__fields__"] = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            if "__init__" not in made.body:
                made.body["__init__"] = self._initial(made, scopes)
        if bases & {"Enum", "IntEnum", "StrEnum"}:
            for name, value in list(made.body.items()):
                if not isinstance(value, Function) and not name.startswith("_"):
                    made.body[name] = Instance(made, {"name": name, "value": value})
        return made

    def _initial(self, made: Class, scopes: Scopes) -> Function:
        """A constructor that assigns its arguments, and calls __post_init__."""
        names = list(dict.fromkeys(_fields(made)))
        defaults = {name: value for name in names if (value := self.found(made, name, None)) is not NotImplemented}

        def body(inner: Scopes) -> None:
            given = inner[-1]
            of = given["self"]
            for name in names:
                self.set_attribute(of, name, self._fresh(given[name]))
            after = self.found(made, "__post_init__", of)
            if after is not NotImplemented:
                self.call(after, [], {})

        wanted = ast.arguments([], [ast.arg("self"), *map(ast.arg, names)], None, [], [], None, [])
        return Function("__init__", wanted, body, scopes, defaults, made, line=made.line)

    def _fresh(self, value: Any) -> Any:
        """A field's value: what `field(default_factory=…)` makes is made anew."""
        if not isinstance(value, Instance) or value.kind != Dotted("dataclasses.field"):
            return value
        if "default_factory" in value.fields:
            return self.call(value.fields["default_factory"], [], {})
        return value.fields.get("default")


def _fields(made: Class) -> Iterator[str]:
    """The fields of a class, those of its bases first."""
    for kind in reversed([each for each in made.order() if isinstance(each, Class)]):
        for each in kind.body.get("__fields__", ()):
            if isinstance(each.target, ast.Name):
                yield each.target.id
