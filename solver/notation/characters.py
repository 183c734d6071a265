"""A text as characters that may be read, each with its place in what was typed.

Marks of direction at the ends and balanced isolates and embeddings are dropped, signs that differ only in their code
are made one, and what cannot be seen or deceives the eye is refused by its class.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from solver.notation import limits
from solver.notation.unreadable import Refused
from solver.notation.vocabulary import LOOK_LIKE_X, SAME

Characters = list[tuple[str, int]]

_MARKS: Final = "\u200e\u200f\u061c\ufeff"
_OPENING: Final = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_CLOSING: Final = frozenset(_OPENING.values())
_OVERRIDES: Final = frozenset("\u202d\u202e")
_ENDS: Final = _MARKS + " \t\r\n\u00a0\u2009\u202f"


def characters(text: str) -> tuple[str, Sequence[int]]:
    """The readable characters of a text, and their places in it.

    >>> characters("\u200f 3\u22122")
    ('3-2', [2, 3, 4])
    """
    if len(text) > limits.CHARACTERS:
        raise Refused(_overlong(text[: limits.CHARACTERS]))
    if text.isascii() and text.isprintable() and not text.isspace() and text:
        start = len(text) - len(text.lstrip(" "))
        said = text.strip(" ")
        return said, range(start, start + len(said))
    lines = "\r\n" if "\\" in text else ""
    kept = _trimmed(_without_direction([(" " if char in lines else char, at) for at, char in enumerate(text)]))
    if not kept:
        raise Refused("empty")
    for char, at in kept:
        _refuse_unseen(char, at)
    kept = _mended([(SAME.get(char, char), at) for char, at in kept])
    return "".join(char for char, _ in kept), [at for _, at in kept]


def _overlong(start: str) -> str:
    """The most helpful reason for a text that is too long: what its beginning already breaks."""
    depth = deepest = digits = longest = 0
    for char in start:
        depth += (char in "([{") - (char in ")]}")
        digits = digits + 1 if char in "0123456789" else 0
        deepest, longest = max(deepest, depth), max(longest, digits)
    if deepest > limits.DEPTH:
        return "too_deep"
    return "too_many_digits" if longest > limits.DIGITS else "too_long"


def _trimmed(chars: Characters) -> Characters:
    start, stop = 0, len(chars)
    while start < stop and chars[start][0] in _ENDS:
        start += 1
    while start < stop and chars[stop - 1][0] in _ENDS:
        stop -= 1
    return chars[start:stop]


def _without_direction(chars: Characters) -> Characters:
    """Without balanced isolates and embeddings; an override or an unbalanced one is refused."""
    kept: Characters = []
    awaited: list[tuple[str, int]] = []
    for char, at in chars:
        if char in _OVERRIDES:
            raise Refused("bidi_control", at)
        if char in _OPENING:
            awaited.append((_OPENING[char], at))
        elif char in _CLOSING:
            if not awaited or awaited.pop()[0] != char:
                raise Refused("bidi_control", at)
        else:
            kept.append((char, at))
    if awaited:
        raise Refused("bidi_control", awaited[-1][1])
    return kept


def _refuse_unseen(char: str, at: int) -> None:
    if (char.isascii() and char.isprintable()) or char in SAME:
        return
    if char in _MARKS[:3]:
        raise Refused("bidi_control", at)
    match unicodedata.category(char):
        case "Cc":
            raise Refused("control_character", at)
        case "Cf" | "Zl" | "Zp":
            raise Refused("invisible_character", at)
        case "Cs":
            raise Refused("surrogate", at)


def _mended(chars: Characters) -> Characters:
    """10х10 with a Cyrillic letter as 10x10, where the letter stands between digits."""
    if not any(char in LOOK_LIKE_X for char, _ in chars):
        return chars
    solid = [place for place, (char, _) in enumerate(chars) if char != " "]
    for (before, here), (_, after) in pairwise(pairwise(solid)):
        if chars[here][0] in LOOK_LIKE_X and _is_digit(chars[before][0]) and _is_digit(chars[after][0]):
            chars[here] = ("x", chars[here][1])
    return chars


def _is_digit(char: str) -> bool:
    return char in "0123456789"
