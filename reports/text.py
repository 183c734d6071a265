"""Words with mathematics between dollar signs, as exercises hold them, for pages and for terminals.

    "אורך הכניסה $D_in$, וגודל הגרעין $K x K$"

Between sizes a lone x is the cross of a shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from reports.bidi import isolated
from reports.bidi import runs as runs_of_words
from reports.markup import Html, escape, joined
from reports.mathematics.mathml import mathml
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import Formula

if TYPE_CHECKING:
    from exercises.exercise import Language, Part

Run: TypeAlias = "str | Formula"

_GLUED: Final = re.compile(r"((?:[^\s$]*\$[^$]*\$)+[^\s$]*)")
_CROSS: Final = re.compile(r"(?<=\w) x (?=\w)")


def runs(text: str) -> Iterator[Run]:
    """Words and formulas in turn; raises ValueError where an author's mathematics cannot be read.

    >>> list(runs("size $n$."))
    ['size ', Name(text='n'), '.']
    """
    for place, piece in enumerate(text.split("$")):
        if place % 2:
            yield formula(_CROSS.sub(" × ", piece))
        elif piece:
            yield piece


def text_html(text: str, language: Language) -> Html:
    """The text as markup: words escaped, formulas as MathML, runs of the other direction isolated."""
    return joined(
        _glued_html(piece, language) if place % 2 else words_html(piece, language)
        for place, piece in enumerate(_GLUED.split(text))
    )


def words_html(text: str, language: Language) -> Html:
    """Words alone as markup.

    >>> words_html("ב־C++ בלבד", "he")
    'ב־<bdi dir="ltr">C++</bdi> בלבד'
    """
    return joined(
        Html(f"<bdi{_DIRECTION[language]}>{escape(piece)}</bdi>") if foreign else escape(piece)
        for piece, foreign in runs_of_words(text, language)
    )


_DIRECTION: Final = {"he": ' dir="ltr"', "en": ' dir="rtl"'}


def _glued_html(piece: str, language: Language) -> Html:
    """Formulas and the letters and signs that touch them, which no line break may part."""
    said = [words_html(run, language) if isinstance(run, str) else mathml(run) for run in runs(piece)]
    return Html(f'<span class="nb">{joined(said)}</span>') if len(said) > 1 else joined(said)


def options_said(part: Part, read_as: str, language: Language) -> list[str]:
    """The words of the options that an answer was read as, whose ids `read_as` lists."""
    said = {option.id: option.text.said(language) for option in part.options}
    return [said.get(choice, choice) for choice in read_as.split(", ")]


def text_plain(text: str, language: Language, *, isolate: bool = False) -> str:
    """The text for where there is no markup; `isolate` puts invisible marks around what has to stay in order.

    >>> text_plain("size ${n} x {n}$".format(n=13), "en")
    'size 13×13'
    """
    return "".join(_plain_runs(text, language, isolate))


def _plain_runs(text: str, language: Language, isolate: bool) -> Iterator[str]:
    for run in runs(text):
        if isinstance(run, str):
            for piece, foreign in runs_of_words(run, language):
                yield isolated(piece) if isolate and foreign and language == "he" else piece
        else:
            yield isolated(plain(run)) if isolate else plain(run)
