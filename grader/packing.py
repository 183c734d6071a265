"""Values of the grader as text and back: what crosses to other processes and machines, and what a store keeps.

    unpacked(packed(value)) == value        for the values below, tuples of them, words, whole numbers, marks, nothing

Only these classes are ever made from a text, whoever wrote it; a text that is none raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

from grader.results import Answer, Problem, Result, Student
from grader.verdict import Follows, Judgement, Requirement, Review, Right, Slip, Slipped, Step, Unreadable, Wrong

CLASSES: dict[str, type] = {
    one.__name__: one
    for one in (
        *(Answer, Problem, Result, Student, Judgement, Step, Requirement, Slip),
        *(Right, Follows, Slipped, Wrong, Unreadable, Review),
    )
}
FIELDS = {one: tuple(field.name for field in fields(one)) for one in CLASSES.values() if is_dataclass(one)}
TUPLE, MARK = "", "/"


def packed(value: object) -> str:
    """A value as a line of ASCII.

    >>> packed((Right(), Fraction(1, 2), None))
    '["",["Right",""],["/",1,2],null]'
    """
    return _ENCODER.encode(_listed(value) if isinstance(value, tuple) else value)


def unpacked(text: str | bytes) -> Any:
    """The value that a line says; raises ValueError."""
    try:
        return _value(json.loads(text))
    except (TypeError, KeyError, IndexError, RecursionError, ZeroDivisionError) as problem:
        raise ValueError(f"not packed: {problem}") from problem


def _listed(value: tuple[object, ...]) -> list[object]:
    """A tuple, or a value that is one, as the list that it is written as."""
    kind = type(value)
    return [TUPLE if kind is tuple else kind.__name__, *_inside(value)]


def _inside(values: Iterable[object]) -> list[object]:
    return [_listed(one) if isinstance(one, tuple) else one for one in values]


def _named(value: Any) -> list[object]:
    """What JSON has no form for, as the list that it is written as."""
    if isinstance(value, Fraction):
        return [MARK, value.numerator, value.denominator]
    kind = type(value)
    return [kind.__name__, *_inside([getattr(value, name) for name in FIELDS[kind]])]


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False, default=_named)


def _value(plain: Any) -> Any:
    if type(plain) is not list:
        return plain
    name, *inside = plain
    values = [_value(one) if type(one) is list else one for one in inside]
    if name == TUPLE:
        return tuple(values)
    if name == MARK:
        return Fraction(*values)
    return CLASSES[name](*values)
