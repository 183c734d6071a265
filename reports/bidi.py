"""Text in two directions: which runs of a line have to be isolated so that readers see them in order.

In a Hebrew line a bare 3×5×7 shows as 7×5×3, -5 as 5- and C++ as ++C. What is isolated is the longest run of Latin
words and numbers, without the punctuation of the sentence around it: isolating word by word would turn
"Python 3.11" into "3.11 Python".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from unicodedata import bidirectional

from solver.patterns import pattern

if TYPE_CHECKING:
    from exercises.exercise import Language

Direction: TypeAlias = Literal["rtl", "ltr"]

LEFT_TO_RIGHT: Final = "\u2066"
RIGHT_TO_LEFT: Final = "\u2067"
FIRST_STRONG: Final = "\u2068"
POP: Final = "\u2069"

_HEBREW: Final = "\u0590-\u05ff"
_INSIDE: Final = rf"(?:(?![.:] )[^{_HEBREW}();\n])*"
_SIGN: Final = r"(?:(?<![א-ת])[−+\-±])?"  # the hyphen of ל-MLP is none
_LATIN: Final = rf"{_SIGN}[A-Za-z0-9_.]*[A-Za-z]{_INSIDE}(?:\({_INSIDE}\){_INSIDE})*"
_NUMBER: Final = rf"{_SIGN}\d+(?:[.,]\d+)*(?:[–×:/\-]\d+(?:[.,]\d+)*)*%?"
_FOREIGN: Final = {
    "he": pattern(rf"{_LATIN}|{_NUMBER}"),
    "en": pattern(rf"[{_HEBREW}][{_HEBREW}\s\d'\".,:;–-]*"),
}
_END_OF_RUN: Final = pattern(r"[\s.,;:!?–\-'\"]*$")


def runs(text: str, language: Language) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it has to be isolated in a line of this language.

    >>> list(runs("ב־Python 3.11, 10×10×3.", "he"))
    [('ב־', False), ('Python 3.11, 10×10×3', True), ('.', False)]
    >>> list(runs("ל-MLP יש -5", "he"))
    [('ל-', False), ('MLP', True), (' יש ', False), ('-5', True)]
    """
    done = 0
    for match in _FOREIGN[language].finditer(text):
        start, stop = match.start(), match.end() - len(_END_OF_RUN.search(match[0])[0])  # type: ignore[index]  # matches ""
        if start > done:
            yield text[done:start], False
        yield text[start:stop], True
        done = stop
    if done < len(text):
        yield text[done:], False


def direction(text: str) -> Direction:
    """Where a text that stands by itself begins: as its first letter says, and left where it has none.

    Browsers guess differently: a <bdi> without letters takes the direction around it, and 48 + 300 shows
    as 300 + 48 in a Hebrew line.

    >>> direction("5×5×3 ערוצים"), direction("48 + 300"), direction("=x")
    ('rtl', 'ltr', 'ltr')
    """
    strong = (kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL"))
    return "ltr" if next(strong, "L") == "L" else "rtl"


def isolated(text: str, direction: str = LEFT_TO_RIGHT) -> str:
    """Text between marks that keep it in order, for where there is no markup."""
    return f"{direction}{text}{POP}"
