"""The sheet to fill in on paper: each question with room for its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from exercises.exercise import STATEMENT, Instance, Language, Part
from reports.document import Block, Document, Heading, Paragraph, Section, Space
from reports.lines import Line, Sayer, token
from reports.pages.exhibits import exhibited
from reports.pages.marks import worth
from reports.pages.sheet import asked, header
from reports.words import words

LINES: Final = {"free": 8, "formula": 4, "moment": 5, "choice": 1, "network": 18, "training": 14}
"""How many lines an answer of a kind needs; others two."""


def printed_blank(instance: Instance, language: Language, student: str = "") -> Document:
    """The sheet of an exercise, to be printed and filled in by hand; it names the student whose numbers it has."""
    say, exercise = Sayer(words(language)), instance.exercise
    named = Paragraph(Line(say("page.name"), ": ", token(student))) if student else Space(say("page.name"), 1)
    blocks: list[Block] = [header(instance, language, "page.blank_sheet"), named]
    blocks.append(Paragraph(say.text(exercise.statement.said(language, instance.numbers)), "statement"))
    blocks += _pictures(instance, STATEMENT, language)
    blocks += [Section("part", tuple(_part(instance, part, language, say))) for part in exercise.parts]
    title = words(language).say(
        "page.exercise", id=exercise.id, title=exercise.title.said(language, instance.numbers)
    )
    return Document(language, title, (Section("exercise", tuple(blocks)),))


def _part(instance: Instance, part: Part, language: Language, say: Sayer) -> Iterator[Block]:
    yield Heading(2, say("page.part", part=part.id), worth(say, part.marks))
    yield from _pictures(instance, part.id, language)
    yield from asked(instance, part, language)
    yield Space(say("sheet.answer"), LINES.get(instance.kind(part), 2))


def _pictures(instance: Instance, part: str, language: Language) -> Iterator[Block]:
    for figure in instance.pictures.get(part, ()):
        yield from exhibited(figure, language)
