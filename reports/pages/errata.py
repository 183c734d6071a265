"""The errata: each place where the chapters are wrong, what is right, and the check that shows it, run for it.

    entry_lines(entry, say)    one place, as the sheet and the terminal say it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from exercises.errata import Erratum, checked, everything
from exercises.exercise import Language
from reports.document import Block, Document, Heading, Paragraph, Section
from reports.lines import Line, Sayer, joined, strong, token
from reports.words import words
from solver.verify.check import Check

_WORD: Final = r"[^\s\u0590-\u05ff,;:]+"
_MATHEMATICS: Final = re.compile(r"(\$[^$]*\$)")
_SUM: Final = re.compile(rf"({_WORD}(?:\s+[=+·×*/<>≤≥−-]\s+{_WORD})+)")


def errata_checked() -> Sequence[tuple[Erratum, Check]]:
    """Every entry with its check, run now: once for all languages."""
    return [(erratum, checked(erratum)) for erratum in everything()]


def errata_sheet(entries: Sequence[tuple[Erratum, Check]], language: Language) -> Document:
    """The sheet in one language; raises ValueError where a check says that an entry is wrong."""
    wrong = [erratum.id for erratum, check in entries if check.verdict == "refuted"]
    if wrong:
        raise ValueError(wrong[0])
    say = Sayer(words(language))
    head = Section("header", (Paragraph(say("page.errata"), "kind"), Heading(1, say("page.errata_title"))))
    blocks = [head, *(_entry(number, *entry, say) for number, entry in enumerate(entries, start=1))]
    shown = sum(check.verdict == "verified" for _, check in entries)
    foot = Paragraph(say("cli.errata", shown=shown, entries=len(entries)), "foot")
    title = words(language).say("page.errata_title")
    return Document(language, title, (Section("exercise", tuple(blocks)), foot))


def entry_lines(number: int, erratum: Erratum, check: Check, say: Sayer) -> tuple[Line, ...]:
    """Where it is, what is said there, what is right, and what shows it."""
    language = say.words.language
    return (
        Line(f"{number}. ", say.text(erratum.where.said(language))),
        Line(*strong(say("errata.says")).runs, " ", _quoted(erratum.says.said(language), say)),
        Line(*strong(say("errata.right")).runs, " ", _quoted(erratum.right.said(language), say)),
        _shown(check, say),
    )


def _entry(number: int, erratum: Erratum, check: Check, say: Sayer) -> Section:
    where, *said, shown = entry_lines(number, erratum, check, say)
    blocks: tuple[Block, ...] = (Heading(2, where), *map(Paragraph, said), Paragraph(shown, "note"))
    return Section("part", blocks, data={"check": check.verdict, "method": check.method})


def _quoted(text: str, say: Sayer) -> Line:
    """A text with mathematics, and sums quoted as they are printed: each runs from left to right in any words."""
    quoted = [
        token(piece) if place % 2 else say.text(piece)
        for words_or_mathematics in _MATHEMATICS.split(text)
        for place, piece in enumerate(_pieces(words_or_mathematics))
        if piece
    ]
    return joined(quoted)


def _pieces(text: str) -> Sequence[str]:
    return [text] if text.startswith("$") else _SUM.split(text)


def _shown(check: Check, say: Sayer) -> Line:
    by = say(f"errata.by_{check.method}")
    if check.because:
        return Line(say("sample.inconclusive"), ": ", by, "; ", say(f"errata.without_{check.because}"))
    return Line(say(f"check.{check.verdict}"), ": ", by)
