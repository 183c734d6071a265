"""Frozen values: dataclasses that take little time to define.

`dataclass(frozen=True)` compiles six functions for each class, which takes 0.7 ms, and a command that judges one answer
defines a hundred classes. `frozen` compiles one, `__init__`; what compares and hashes is compiled when it is first
called, and what prints a value or refuses to change it is the same for all. Such values are dataclasses: `fields`,
`replace` and `asdict` know them.

    >>> @frozen
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1, 0) == Point(1), {Point(1): "a"}[Point(1)]
    (Point(x=1, y=0), True, 'a')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from types import FunctionType
from typing import Any, TypeVar, cast, dataclass_transform, overload

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, eq: bool = True, slots: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def frozen(cls: type[T] | None = None, /, *, eq: bool = True, slots: bool = False) -> Any:
    """A class of values that never change and, with `eq`, are equal where their fields are; methods of its own stay."""

    def made(cls: type[T]) -> type[T]:
        own = {name for name, value in vars(cls).items() if value is not None}  # `__hash__` is None beside `__eq__`
        cls = dataclass(cls, init=False, repr=False, eq=False, slots=slots)
        methods: dict[str, Callable[..., Any]] = {
            "__init__": _init(cls), "__repr__": _repr, "__setattr__": _set, "__delattr__": _delete,
        }  # fmt: skip
        if eq:
            equal = "return ({self}) == ({other}) if other.__class__ is self.__class__ else NotImplemented"
            methods["__eq__"] = _when_called(cls, "__eq__(self, other)", equal)
            methods["__hash__"] = _when_called(cls, "__hash__(self)", "return hash(({self}))")
        if slots:
            methods |= {"__getstate__": _state, "__setstate__": _set_state}
        for name, method in methods.items():
            if name not in own:
                setattr(cls, name, method)
        return cls

    return made if cls is None else made(cls)


# --- compiled


def _init(cls: type[Any]) -> Callable[..., Any]:
    """Takes the fields in their order, those by keyword last, and sets them to what is given or to their defaults."""
    known: dict[str, object] = {"_set": object.__setattr__, "_MISSING": MISSING}
    positional, keywords, body = ["self"], ["*"], []
    for one in (one for one in fields(cls) if one.init):
        parameter = value = one.name
        if one.default_factory is not MISSING:
            known[f"{one.name}_made"] = one.default_factory
            value = f"{one.name}_made() if {one.name} is _MISSING else {one.name}"
            parameter = f"{one.name}=_MISSING"
        elif one.default is not MISSING:
            known[f"{one.name}_default"] = one.default
            parameter = f"{one.name}={one.name}_default"
        (keywords if one.kw_only else positional).append(parameter)
        body.append(f"_set(self, {one.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(positional + keywords if keywords[1:] else positional)
    return _compiled(cls, f"__init__({parameters})", "\n ".join(body or ["pass"]), known)


def _when_called(cls: type[Any], head: str, body: str) -> Callable[..., Any]:
    """A method compiled when it is first called, `{self}` and `{other}` in it being the fields that are compared."""

    def first(*arguments: object) -> Any:
        names = [one.name for one in fields(cls) if one.compare]
        held = {owner: "".join(f"{owner}.{name}, " for name in names) for owner in ("self", "other")}
        method = _compiled(cls, head, body.format(**held), {})
        setattr(cls, method.__name__, method)
        return method(*arguments)

    return first


def _compiled(cls: type[Any], head: str, body: str, known: dict[str, object]) -> Callable[..., Any]:
    """A method from names of fields alone."""
    exec(f"def {head}:\n {body}", known)
    method = cast("FunctionType", known[head.partition("(")[0]])
    method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
    return method


# --- the same for all


def _repr(self: Any) -> str:
    held = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(held)})"


def _set(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    """What is pickled of a value without a dictionary."""
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
