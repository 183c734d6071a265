"""The errata sheet: each place where the chapters are wrong, what is right, and the check that shows it, run for it."""

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
    blocks = [head, *(_entry(number, *entry, language) for number, entry in enumerate(entries, start=1))]
    shown = sum(check.verdict == "verified" for _, check in entries)
    foot = Paragraph(say("cli.errata", shown=shown, entries=len(entries)), "foot")
    title = words(language).say("page.errata_title")
    return Document(language, title, (Section("exercise", tuple(blocks)), foot))


def _entry(number: int, erratum: Erratum, check: Check, language: Language) -> Section:
    say = Sayer(words(language))
    blocks: tuple[Block, ...] = (
        Heading(2, Line(f"{number}. ", say.text(erratum.where.said(language)))),
        Paragraph(Line(*strong(say("errata.says")).runs, " ", _quoted(erratum.says.said(language), say))),
        Paragraph(Line(*strong(say("errata.right")).runs, " ", _quoted(erratum.right.said(language), say))),
        Paragraph(_shown(check, say), "note"),
    )
    return Section("part", blocks, data={"check": check.verdict, "method": check.method})


def _quoted(text: str, say: Sayer) -> Line:
    """A text in which sums are quoted as they are printed: each runs from left to right whatever is around it."""
    pieces = _SUM.split(text)
    return joined(token(piece) if place % 2 else say.text(piece) for place, piece in enumerate(pieces) if piece)


def _shown(check: Check, say: Sayer) -> Line:
    by = say(f"errata.by_{check.method}")
    if check.because:
        return Line(say("sample.inconclusive"), ": ", by, "; ", say(f"errata.without_{check.because}"))
    return Line(say(f"check.{check.verdict}"), ": ", by)
