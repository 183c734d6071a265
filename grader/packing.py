"""Values of the grader as text and back: what crosses to other processes and machines, and what a store keeps.

    unpacked(packed(value)) == value        for the values below, tuples of them, words, whole numbers, marks, nothing

Only these classes are ever made from a text, whoever wrote it; a text that is none raises ValueError.
"""

from __future__ import annotations

import json
from dataclasses import fields
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
FIELDS = {one: tuple(field.name for field in fields(one)) for one in CLASSES.values()}
TUPLE, MARK = "", "/"


def packed(value: object) -> str:
    """A value as a line of ASCII.

    >>> packed((Right(), Fraction(1, 2), None))
    '["",["Right",""],["/",1,2],null]'
    """
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def unpacked(text: str | bytes) -> Any:
    """The value that a line says; raises ValueError."""
    try:
        return _value(json.loads(text))
    except (TypeError, KeyError, IndexError, RecursionError, ZeroDivisionError) as problem:
        raise ValueError(f"not packed: {problem}") from problem


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [TUPLE, *map(_plain, value)]
    if isinstance(value, Fraction):
        return [MARK, value.numerator, value.denominator]
    return [type(value).__name__, *(_plain(getattr(value, name)) for name in FIELDS[type(value)])]


def _value(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    name, *inside = plain
    values = tuple(map(_value, inside))
    if name == TUPLE:
        return values
    if name == MARK:
        return Fraction(*values)
    return CLASSES[name](*values)
