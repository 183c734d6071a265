"""The answer sheet that students fill in: Markdown, one heading a part, with a marked place for each answer.

    <!-- tirgul sheet: 11.1 -->
    **Student:**

    ## 11.1/1a
    question
    **Answer:**

What identifies a sheet is its first line and its headings; `FIRST_LINE`, `HEADING` and `ANSWER` find them again in
either language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reports.text import text_plain
from reports.words import words

if TYPE_CHECKING:
    from exercises.exercise import Instance, Language, Part

FIRST_LINE: Final = re.compile(r"<!-- tirgul sheet: (?P<exercise>\S+)(?: variant: (?P<variant>\S+))? -->")
HEADING: Final = re.compile(r"^## (?P<exercise>[^/\s]+)/(?P<part>\S+)\s*$", re.MULTILINE)


def blank_sheet(instance: Instance, language: Language, student: str = "") -> str:
    """The sheet of an exercise, to be filled in, by a student who is named on it or by whoever names himself."""
    return "\n".join(_lines(instance, language, student)) + "\n"


def answer_label(language: Language) -> str:
    """What an answer stands behind: `**Answer:**`."""
    return f"**{words(language).say('sheet.answer')}:**"


def student_label(language: Language) -> str:
    """What the student's name stands behind: `**Student:**`."""
    return f"**{words(language).say('sheet.students')}:**"


def _lines(instance: Instance, language: Language, student: str) -> Iterator[str]:
    exercise, say = instance.exercise, words(language).say
    variant = f" variant: {instance.variant}" if instance.variant else ""
    title = exercise.title.said(language, instance.numbers)
    yield f"<!-- tirgul sheet: {exercise.id}{variant} -->"
    yield ""
    named = f" · {say('page.variant', variant=instance.variant)}" if instance.variant else ""
    yield f"# {say('page.exercise', id=exercise.id, title=title)}{named}"
    yield ""
    yield f"{student_label(language)} {' '.join(student.split())}"
    yield ""
    yield say("sheet.how")
    yield ""
    yield text_plain(exercise.statement.said(language, instance.numbers), language)
    for part in exercise.parts:
        yield from _part_lines(instance, part, language)


def _part_lines(instance: Instance, part: Part, language: Language) -> Iterator[str]:
    yield ""
    yield f"## {instance.exercise.id}/{part.id}"
    yield ""
    yield text_plain(part.ask.said(language, instance.numbers), language)
    yield ""
    for number, option in enumerate(part.options, start=1):
        yield f"{number}. {text_plain(option.text.said(language), language)}"
    if part.options:
        yield ""
    yield f"{answer_label(language)} "
