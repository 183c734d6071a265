"""The mathematics in a text that says more: what is boxed, between dollar signs, or behind "answer:".

Whatever stands around it is left aside, but for what might turn its meaning round: then nothing is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from solver.patterns import pattern

Places = Sequence[int]

_LABEL: Final = pattern(
    r" *(?:(?:(?:the|my|final) +)*(?:answer|result|solution|ans)(?: +is(?: *:)?(?= )| *[:=](?!=))"
    r"|(?:ה?(?:תשובה|תוצאה|פתרון))(?: +(?:הסופית|הסופי))?(?: +(?:היא|הוא)(?: *:)?(?= )| *[:=])) *",
    re.IGNORECASE,
)
_SPAN: Final = pattern(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]")
_BOX: Final = pattern(r"\\boxed *\{")
_JOINED: Final = pattern(r"(?:[\s,;.$]|\\[,;: ()\]\[]|\\q?quad|\\text\{ *(?:and|or) *\}|\b(?:and|or)\b)*")
_TURNED: Final = pattern(
    r"\b(?:not|no|never|except|unless|nor|wrong|neither|percent\w*|pct)\b|n't|[0-9=<>%]", re.IGNORECASE
)
_PERCENT: Final = pattern(r"[$ ]*(?:\\?%|percent|pct|percentage)[ .]*")
_CURRENCY: Final = pattern(r"\\?\$(?= *[0-9.])|(?<=[0-9])\\?\$")


def whole(text: str, places: Places) -> tuple[str, Places]:
    """A text without the signs that say "mathematics" all around it: $...$, $$...$$, \\(...\\), \\[...\\]."""
    if "$" not in text and "\\" not in text:
        return text, places
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        width = len(opening)
        if len(text) >= 2 * width and text.startswith(opening) and text.endswith(closing):
            if opening in text[width:-width]:
                continue
            return _stripped(text, places, width, len(text) - width)
    return text, places


def excerpt(text: str, places: Places) -> tuple[str, Places]:
    """What a text gives as its answer.

    >>> excerpt("So $x = 2$ and thus $y = 5$.", list(range(28)))[0]
    'y = 5'
    >>> excerpt("it is not $5$", list(range(13)))[0], excerpt("Final answer: n/2", list(range(17)))[0]
    ('it is not $5$', 'n/2')
    """
    if (label := _LABEL.match(text)) and label.end() < len(text):
        text, places = _stripped(text, places, label.end(), len(text))
    if "$" not in text and "\\" not in text:
        return text, places
    if boxes := _boxes(text):
        return _joined(text, places, boxes)
    spans = [match.span(match.lastindex or 0) for match in _SPAN.finditer(text)]
    if not spans:
        return _without_currency(text, places)
    if text.strip("$ .") == text[spans[0][0] : spans[0][1]].strip():
        return _stripped(text, places, *spans[0])
    if len(spans) == 1 and not text[: spans[0][0]].strip(" $") and _PERCENT.fullmatch(text[spans[0][1] :]):
        said, found = _stripped(text, places, *spans[0])
        return said + "%", [*found, found[-1]] if said else []
    outside = _SPAN.sub(" ", text)
    return (text, places) if _TURNED.search(outside) else _joined(text, places, spans)


def _joined(text: str, places: Places, spans: list[tuple[int, int]]) -> tuple[str, Places]:
    """Spans with nothing but commas and "and" between them are one list; otherwise the last one is the answer."""
    between = [text[before[1] : after[0]] for before, after in pairwise(spans)]
    listed = all(_JOINED.fullmatch(_unboxed(piece)) for piece in between)
    said = ""
    found: list[int] = []
    for start, stop in spans if listed else spans[-1:]:
        piece, at = _stripped(text, places, start, stop)
        said, found = (said + "," + piece, [*found, at[0], *at]) if said and piece else (said + piece, [*found, *at])
    return said, found


def _unboxed(piece: str) -> str:
    return _BOX.sub("", piece.lstrip("}"))


def _boxes(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for box in _BOX.finditer(text):
        depth, at = 1, box.end()
        while at < len(text) and depth:
            depth += (text[at] == "{") - (text[at] == "}")
            at += 1
        if depth == 0:
            found.append((box.end(), at - 1))
    return found


def _without_currency(text: str, places: Places) -> tuple[str, Places]:
    signs = {at for sign in _CURRENCY.finditer(text) for at in range(*sign.span())}
    kept = [at for at in range(len(text)) if at not in signs]
    return "".join(text[at] for at in kept), [places[at] for at in kept]


def _stripped(text: str, places: Places, start: int, stop: int) -> tuple[str, Places]:
    while start < stop and text[start] == " ":
        start += 1
    while start < stop and text[stop - 1] in " .":
        stop -= 1
    return text[start:stop], places[start:stop]
