"""The shape of an input as people write it: (3, 224, 224), [3, "H", "W"], "3,H,W". A size is a number or a symbol."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

from solver.values import Polynomial, Shape, Size, Value

Given: TypeAlias = "Sequence[Any] | str"


class NotAShape(ValueError):
    """What cannot be the shape of an input."""


def inputs_of(shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Shapes, and tensors as they are."""
    if len(shapes) == 1 and _is_nested(shapes[0]):
        shapes = tuple(shapes[0])
    return tuple(given if hasattr(given, "dtype") else shape_of(given) for given in shapes)


def shapes_of(given: tuple[Any, ...]) -> tuple[Shape, ...]:
    """One shape for each input; they may stand in a tuple of their own."""
    if len(given) == 1 and _is_nested(given[0]):
        given = tuple(given[0])
    return tuple(map(shape_of, given))


def _is_nested(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) > 0 and all(isinstance(each, list | tuple) for each in given)


def shape_of(given: Any) -> Shape:
    """The shape that is meant: (3, 224, 224), [3, "H", "W"], "3,H,W".

    >>> shape_of("3, H, W")[1], shape_of([3, 8, 8])
    (H, 3x8x8)
    """
    if isinstance(given, str):
        given = given.split(",")
    try:
        sizes = tuple(map(_size, given))
    except TypeError:
        raise NotAShape(f"a shape is numbers and symbols in a row, as (3, 224, 224), and not {given!r}") from None
    if not sizes:
        raise NotAShape("a shape has at least one size")
    return Shape(sizes)


def _size(given: Any) -> Value:
    if isinstance(given, str):
        name = given.strip()
        if name.isascii() and name.isidentifier():
            return Size.symbol(name)
        given = int(name) if name.isdecimal() else given
    if isinstance(given, Size | Polynomial):
        return given
    if getattr(given, "is_Symbol", False):
        return Size.symbol(given.name)
    if isinstance(given, str | bool) or (number := index(given)) < 1:
        raise NotAShape(f"a size is a number from 1 on or a symbol, and not {given!r}")
    return number
