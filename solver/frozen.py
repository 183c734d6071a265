"""Frozen values: dataclasses that take little time to define.

`dataclass(frozen=True)` compiles six functions for each class, which takes 0.7 ms, and a command that judges one answer
defines a hundred classes. Of a class that `frozen` makes, what depends on its fields is compiled when it is first
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
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform, final, overload

if TYPE_CHECKING:
    from inspect import Signature

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
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the library takes 2 ms to find the signature for it
        cls = dataclass(cls, init=False, repr=False, eq=False, slots=slots)
        given: dict[str, object] = {"__init__": _when_called(cls, _init), **SHARED}
        if eq:
            given |= {"__eq__": _when_called(cls, _eq), "__hash__": _when_called(cls, _hash)}
        if slots:
            given |= PICKLED
        for name, value in given.items():
            if name not in own:
                setattr(cls, name, value)
        return cls

    return made if cls is None else made(cls)


# --- what depends on the fields


def _when_called(cls: type[Any], compiled: Callable[[type[Any]], FunctionType]) -> Callable[..., Any]:
    """A method that is compiled, and takes the place of this one, when it is first called."""

    def first(*arguments: object, **named: object) -> Any:
        method = compiled(cls)
        setattr(cls, method.__name__, method)
        return method(*arguments, **named)

    return first


def _init(cls: type[Any]) -> FunctionType:
    """Takes the fields in their order, those by keyword last, and sets them to what is given or to their defaults."""
    known: dict[str, object] = {"_set": object.__setattr__, "_MISSING": MISSING}
    positional, keywords, body = ["self"], ["*"], []
    for one in (one for one in fields(cls) if one.init):
        parameter = value = one.name
        if one.default_factory is not MISSING:
            known[f"_{one.name}_made"] = one.default_factory
            parameter = f"{one.name}=_MISSING"
            value = f"_{one.name}_made() if {one.name} is _MISSING else {one.name}"
        elif one.default is not MISSING:
            known[f"_{one.name}_default"] = one.default
            parameter = f"{one.name}=_{one.name}_default"
        (keywords if one.kw_only else positional).append(parameter)
        body.append(f"_set(self, {one.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = positional + (keywords if keywords[1:] else [])
    method = _compiled(cls, f"__init__({', '.join(parameters)})", "\n ".join(body or ["pass"]), known)
    method.__annotations__ = {one.name: one.type for one in fields(cls) if one.init} | {"return": None}
    return method


def _eq(cls: type[Any]) -> FunctionType:
    equal = f"({_compared(cls, 'self')}) == ({_compared(cls, 'other')})"
    return _compiled(
        cls, "__eq__(self, other)", f"return {equal} if other.__class__ is self.__class__ else NotImplemented"
    )


def _hash(cls: type[Any]) -> FunctionType:
    return _compiled(cls, "__hash__(self)", f"return hash(({_compared(cls, 'self')}))")


def _compared(cls: type[Any], value: str) -> str:
    """The fields of a value that are compared."""
    return "".join(f"{value}.{one.name}, " for one in fields(cls) if one.compare)


def _compiled(cls: type[Any], head: str, body: str, known: dict[str, object] | None = None) -> FunctionType:
    """A method, made from nothing but names of fields."""
    scope = known or {}
    exec(f"def {head}:\n {body}", scope)
    method = cast("FunctionType", scope[head.partition("(")[0]])
    method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
    return method


# --- what is the same for all


def _repr(self: Any) -> str:
    held = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(held)})"


def _set(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


@final
class _Signature:
    """How a class is called, for those who ask before it is."""

    def __get__(self, value: object, cls: type[Any]) -> Signature:
        from inspect import signature  # whoever asks has it

        if value is not None:
            raise AttributeError("__signature__")
        found = signature(_init(cls))
        return found.replace(parameters=[*found.parameters.values()][1:])


SHARED = {"__repr__": _repr, "__setattr__": _set, "__delattr__": _delete, "__signature__": _Signature()}


def _state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


PICKLED = {"__getstate__": _state, "__setstate__": _set_state}
"""For values without a dictionary."""
