"""Words around the mathematics of an answer, in Hebrew and English, taken off without moving what is left.

A character that is taken off becomes a blank, so that a position in what is left is the position in what was typed.
"""

from __future__ import annotations

import re

HEBREW = "\u05d0-\u05ea"
MARKS = "\u05be\u05f3\u05f4\"'\u2019\u201d"

_HEBREW_BY = re.compile(r"(?<=\d)(\s*)(על|כפול)(\s*)(?=\d)")
_MAPS_OF = re.compile(
    r"(?<=\d)(\s+(?:feature maps|maps|channels|matrices|filters|ערוצים|מטריצות|מפות)"
    r"\s+(?:of(?: size)?|של|בגודל)\s+)(?=\d)",
    re.IGNORECASE,
)
_HEBREW_WORDS = re.compile(rf"[{HEBREW}][{HEBREW}{MARKS}\s,.:;!?-]*")
_HEBREW_REMARK = re.compile(rf"\([^()]*[{HEBREW}][^()]*\)")
_ENGLISH_BEFORE = re.compile(
    r"^\s*(?:(?:so|thus|hence|therefore|total|in total|the|my|final|answer|ans|result|is|are|it is|we get|equals)\b"
    r"[\s,:]*)+",
    re.IGNORECASE,
)
_ENGLISH_AFTER = re.compile(
    r"(?<=[\d)\]}\w])\s+(?:(?:learned|learnable|trainable|in total|in all|total|parameters?|params?|weights?|biases|"
    r"multiplications?|mults?|multiplies|channels?|pixels?|neurons?|outputs?|units?|times|elements?)\b[\s,.]*)+$",
    re.IGNORECASE,
)


def without_words(text: str) -> str:
    """The mathematics of an answer, each taken-off character a blank.

    >>> without_words("the answer is 48 parameters").strip()
    '48'
    """

    def blank(match: re.Match[str]) -> str:
        return " " * len(match.group())

    text = _HEBREW_BY.sub(lambda by: by[1] + "x".ljust(len(by[2])) + by[3], text)
    text = _MAPS_OF.sub(lambda maps: "@".ljust(len(maps[1])), text)
    text = _HEBREW_REMARK.sub(blank, text)
    text = _HEBREW_WORDS.sub(blank, text)
    text = _ENGLISH_BEFORE.sub(blank, text)
    return _ENGLISH_AFTER.sub(blank, text)
