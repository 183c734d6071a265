"""Words with mathematics between dollar signs, as exercises hold them, for terminals and plain files.

    "אורך הכניסה $D_in$, וגודל הגרעין $K x K$"

Between sizes a lone x is the cross of a shape. Pages read the same texts with `lines.text_line`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reports.bidi import isolated
from reports.bidi import runs as runs_of_words
from reports.lines import pieces
from solver.notation.printing import plain

if TYPE_CHECKING:
    from exercises.exercise import Language, Part


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
    for run in pieces(text):
        if isinstance(run, str):
            for piece, foreign in runs_of_words(run, language):
                yield isolated(piece) if isolate and foreign and language == "he" else piece
        else:
            yield isolated(plain(run)) if isolate else plain(run)
