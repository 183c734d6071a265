"""A student's working, taken apart: lines, what stands between their signs of equality, and the remarks beside them.

Plain text or LaTeX (align, $$). What is no mathematics becomes blanks, so that a position in a side is the position in
what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import final

from grader.patterns import PLAIN, blank
from grader.prose import without_words
from solver.frozen import frozen
from solver.patterns import pattern

MOST_LINES = 80
FEWEST_SIDES = 4
"""From how many sides on one line is a working, and no answer with its name."""

_HEBREW = "\u05d0-\u05ea"
_FRAMES = pattern(
    r"\\(?:begin|end)\{[^{}]*\}(?:\{[^{}]*\})?|\\\[|\\\]|\\(?:q?quad|,|;|!|displaystyle|nonumber|notag|label\{[^{}]*\})"
    r"(?![A-Za-z])|&|\$+|[\u200e\u200f\u202a\u202b\u202c\u2066-\u2069]"
)
_SIGN_WITH_REASON = pattern(r"\\(?:overset|stackrel|underset)\s*\{([^{}]*)\}\s*\{\s*(=)\s*\}")
_ENDS_OF_LINES = pattern(
    r"\n|\\\\(?:\[[^\[\]]*\])?|(?:=>|⇒|⟹|⇔|⟺|\\(?:Rightarrow|implies|iff|Leftrightarrow)(?![A-Za-z]))"
)
_BULLET = pattern(r"^\s*(?:\d{1,2}[.)](?=\s)|[-*•](?=\s)|∴|\\therefore)")
_IN_TEXT = pattern(r"\\(?:text|textrm|mbox|intertext|tag\*?|textbf)\s*\{([^{}]*)\}")
_COMMENT = pattern(r"(?:(?<=\s)|^)(?:%|//|#|←|<-|\|(?=\s*[A-Za-z]{3})).*$")
_BECAUSE = pattern(
    r"(?<![\s,;({\[])[\s,;({\[]*(?<![A-Za-z\\])(?:since|because|as(?=\s)|using|due to|by(?=\s+[A-Za-z])|where(?=\s)"
    r"|given|assuming|from(?=\s)|under|note)(?![A-Za-z]).*$",
    re.IGNORECASE,
)
_BEFORE = pattern(
    r"^\s*(?:(?:we (?:have|get|know)|so|then|thus|hence|therefore|also|now|and|finally|first|next|but|similarly"
    r"|note that|that is|i\.e\.|let|recall)(?![A-Za-z])[\s,:]*)+",
    re.IGNORECASE,
)
_LABEL = pattern(r"^\s*[^\W\d][\w ]{0,30}:(?!=)")
_HEBREW_BEFORE = pattern(rf"^\s*[{_HEBREW}][{_HEBREW}\s,.\"'\u05f3\u05f4־-]*:?")
_HEBREW_AFTER = pattern(rf"(?<![\s,;(\[])[\s,;(\[]*[{_HEBREW}].*$")
_BRACKETED = pattern(
    r"(?<=\s)[(\[](?=[^()]*(?:=\s*0|[A-Za-z]{2,}\s+[A-Za-z]{3,}|[A-Za-z]{7,}|i\.?i\.?d))[^()]*[)\]]\s*[.,]?\s*$"
)
_EQUAL = r"(?::=|==?|≈|≃|\\(?:approx|simeq)(?![A-Za-z])|≔)"
_EQUALITY = pattern(_EQUAL)
_NO_EQUALITY = pattern(r"<=|>=|!=|=<")
_STEPS = pattern(rf"\n|\\\\|=>|⇒|⟹|⇔|⟺|\\(?:Rightarrow|implies|iff|Leftrightarrow)|(?:{_EQUAL}[^=]*?){{2}}")
_OPENING, _CLOSING = "([{", ")]}"


@final
@frozen(slots=True)
class Side:
    """What stands between two signs of equality: the mathematics, and where it begins and ends in the answer."""

    text: str
    at: int
    end: int
    about: bool = False
    """Whether the sign before it says "about"."""


@final
@frozen(slots=True)
class Line:
    """A line of a working; `continued` where it begins with a sign of equality, `titled` with words and such a sign."""

    number: int
    sides: tuple[Side, ...]
    continued: bool
    remark: str
    titled: bool = False


def is_working(text: str) -> bool:
    """Whether an answer shows steps, rather than being a result.

    >>> is_working("Var(v) = n Var(w) Var(x)"), is_working("Var(v) = n Var(w x)\\n = n Var(w) Var(x)")
    (False, True)
    """
    if PLAIN.fullmatch(text) or not _STEPS.search(text):
        return False
    found = [line for line in lines(text) if line.sides]
    return len(found) > 1 or sum(len(line.sides) for line in found) >= FEWEST_SIDES


def lines(text: str) -> tuple[Line, ...]:
    """The lines of a working, in order; of those beyond the most that are looked at nothing is said."""
    found = []
    reasoned = _SIGN_WITH_REASON.sub(_only_sign, text)
    blanked = _FRAMES.sub(blank, reasoned)
    number, start = 1, 0
    for end in [*_ENDS_OF_LINES.finditer(blanked), None]:
        stop = end.start() if end else len(blanked)
        line = _line(text, blanked, start, stop, number)
        if line.sides or line.remark:
            found.append(line)
        if end is None or len(found) >= MOST_LINES:
            break
        number += end.group() == "\n" or (end.group().startswith("\\\\") and "\n" not in text)
        start = end.end()
    return tuple(found)


def _line(text: str, blanked: str, start: int, stop: int, number: int) -> Line:
    said, remarks = blanked[start:stop], [match[1] for match in _SIGN_WITH_REASON.finditer(text[start:stop])]
    for words in (_BULLET, _IN_TEXT, _COMMENT, _BRACKETED, _BECAUSE):
        remarks += [match.group() for match in words.finditer(said)]
        said = words.sub(blank, said)
    said = _LABEL.sub(blank, _BEFORE.sub(blank, said))
    continued = _EQUALITY.match(said.lstrip()) is not None
    titled = _EQUALITY.match(_HEBREW_BEFORE.sub("", said).lstrip()) is not None and not continued
    plain = without_words(said)
    for words in (_HEBREW_BEFORE, _HEBREW_AFTER):
        remarks += [match.group() for match in words.finditer(plain)]
        plain = words.sub(blank, plain)
    pieces = list(_sides(plain))
    sides = tuple(
        Side(piece, start + at + _lead(piece), start + at + len(piece.rstrip(" ,.;")), about)
        for at, about, piece in pieces
        if piece.strip(" ,.;")
    )
    return Line(number, sides, continued, " ".join(remarks), titled)


def _sides(said: str) -> Iterator[tuple[int, bool, str]]:
    """The pieces between signs of equality that stand in no bracket: where, whether about, what."""
    depth = start = place = 0
    about = False
    while place < len(said):
        if said[place] in _OPENING:
            depth += 1
        elif said[place] in _CLOSING:
            depth = max(0, depth - 1)
        elif depth == 0 and not _NO_EQUALITY.match(said, place) and (sign := _EQUALITY.match(said, place)):
            yield start, about, said[start:place]
            about, start = sign.group()[:1] in "≈≃\\", sign.end()
            place = start
            continue
        elif two := _NO_EQUALITY.match(said, place):
            place = two.end()
            continue
        place += 1
    yield start, about, said[start:]


def _lead(piece: str) -> int:
    return len(piece) - len(piece.lstrip())


def _only_sign(match: re.Match[str]) -> str:
    """The sign alone, where it stood."""
    place = match.start(2) - match.start()
    return " " * place + "=" + " " * (len(match.group()) - place - 1)
