"""Values of the grader as text and back: what crosses to other processes and machines, and what a store keeps.

    unpacked(packed(value)) == value        for the values below, tuples of them, words, whole numbers, marks, nothing

Only these classes are ever made from a text, whoever wrote it; a text that is none raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from json.encoder import encode_basestring_ascii
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
TUPLE, MARK = "", "/"
NAMES = {one: name for name, one in CLASSES.items()} | {tuple: TUPLE}


def packed(value: Any, judgement: Callable[[Judgement], str] | None = None) -> str:
    """A value as a line of ASCII; `judgement` packs a judgement inside it, where many values share one.

    >>> packed((Right(), Fraction(1, 2), None))
    '["",["Right",""],["/",1,2],null]'
    """
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is int:
        return str(value)
    if kind is Fraction:
        return f'["{MARK}",{value.numerator},{value.denominator}]'
    if kind is Judgement and judgement:
        return judgement(value)
    if kind in NAMES:
        inside = value if isinstance(value, tuple) else [getattr(value, name) for name in kind.__match_args__]
        return f'["{NAMES[kind]}"{"".join([f",{packed(one, judgement)}" for one in inside])}]'
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    raise TypeError(f"not a value of the grader: {kind.__name__}")


def unpacked(text: str | bytes) -> Any:
    """The value that a line says; raises ValueError."""
    try:
        return _value(json.loads(text))
    except (TypeError, KeyError, IndexError, RecursionError, ZeroDivisionError) as problem:
        raise ValueError(f"not packed: {problem}") from problem


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
