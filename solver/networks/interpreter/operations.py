"""Operators, comparisons, entries, truth, what a loop goes through: on plain values here, on others in the world."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any, Final

from solver.networks.interpreter.limits import LARGEST, LARGEST_EXPONENT, MOST_ITEMS
from solver.networks.interpreter.objects import Objects
from solver.networks.interpreter.stopped import Unknown, Unread
from solver.networks.interpreter.values import PLAIN, Bound, Class, Dotted, Function, Instance

Operator = tuple[str, Callable[..., Any]]
"""The name of a method of Python's, and what it does to plain values."""

UNARY: Final[dict[type[ast.AST], Operator]] = {
    ast.USub: ("__neg__", operator.neg),
    ast.UAdd: ("__pos__", operator.pos),
    ast.Invert: ("__invert__", operator.invert),
}
BINARY: Final[dict[type[ast.AST], Operator]] = {
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
    ast.LShift: ("__lshift__", operator.lshift),
    ast.RShift: ("__rshift__", operator.rshift),
}
COMPARED: Final[dict[type[ast.AST], Operator]] = {
    ast.Eq: ("__eq__", operator.eq),
    ast.NotEq: ("__ne__", operator.ne),
    ast.Lt: ("__lt__", operator.lt),
    ast.LtE: ("__le__", operator.le),
    ast.Gt: ("__gt__", operator.gt),
    ast.GtE: ("__ge__", operator.ge),
}
ON_PLAIN: Final = {name: plain for table in (UNARY, BINARY, COMPARED) for name, plain in table.values()}
"""The name of a method of Python's -> what it does to plain values."""
WIDE: Final = re.compile(r"%[^a-zA-Z%]*(\d{3}|\*)")
"""A place of an old-fashioned text that is more than 99 letters wide, or as wide as it is told."""


class Operations(Objects):
    """What Python's signs do."""

    def operate(self, how: Operator | None, *operands: Any) -> Any:
        """An operator on plain values, or on what the world knows."""
        if how is None:
            self.refuse("operator")
        name, plain = how
        if all(isinstance(operand, PLAIN) for operand in operands):
            self._affordable(name, operands)
            return self.bounded(lambda: plain(*operands), name.strip("_"))
        for operand in operands:
            if isinstance(operand, Unknown):
                raise operand.stopped
        made = self.own(name, *operands)
        if made is NotImplemented:
            made = self.world.operated(name, operands)
        if made is not NotImplemented:
            return made
        if name in ("__eq__", "__ne__") and any(isinstance(operand, Instance) for operand in operands):
            return (operands[0] is operands[1]) is (name == "__eq__")
        raise Unread("unknown_operation", self.line, name.strip("_"))

    def own(self, name: str, of: Any, *more: Any) -> Any:
        """What an object's own method with a name of Python's gives; NotImplemented where its class has none."""
        method = self.found(of.kind, name, of) if isinstance(of, Instance) else NotImplemented
        return method if method is NotImplemented else self.call(method, list(more), {})

    def _affordable(self, name: str, operands: tuple[Any, ...]) -> None:
        """Refuses products and powers that would fill the memory."""
        whole = [operand for operand in operands if isinstance(operand, int)]
        if any(not -LARGEST <= operand <= LARGEST for operand in whole):
            self.refuse(reason="too_many_steps")
        if name in ("__pow__", "__lshift__") and len(whole) == 2 and abs(whole[1]) > LARGEST_EXPONENT:
            self.refuse(reason="too_many_steps")
        if name == "__mod__" and isinstance(operands[0], str) and WIDE.search(operands[0]):
            self.refuse("%", "too_many_steps")
        if name in ("__mul__", "__add__"):
            sized = [operand for operand in operands if isinstance(operand, str | list | tuple)]
            many = max(whole) if sized and whole else len(sized)
            if sized and max(map(len, sized)) * max(many, 1) > MOST_ITEMS:
                self.refuse(reason="too_many_steps")

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

    def subscript(self, of: Any, index: Any) -> Any:
        """An entry or a slice."""
        if isinstance(of, Unknown):
            raise of.stopped
        if isinstance(of, list | tuple | dict | str | range):
            return self.bounded(lambda: of[index])
        made = self.own("__getitem__", of, index)
        if made is NotImplemented:
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
        if isinstance(value, list | tuple | dict | str | range):
            return list(value)
        own = self.own("__iter__", value)
        if own is not NotImplemented:
            return self.items(own)
        found = self.world.items(value)
        if found is None:
            if isinstance(value, int | float) or value is None:
                self.broken("wrong_type", f"for … in {value}")
            self.refuse("for", "needs_values")
        return list(found)

    def hashed(self, key: Any) -> Any:
        """A key of a dictionary."""
        if not isinstance(key, int | float | str | tuple | type(None)):
            self.refuse("dict")
        self.bounded(lambda: {key: None})
        return key
