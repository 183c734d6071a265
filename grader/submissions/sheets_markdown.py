"""An answer sheet in Markdown, as `tirgul sheet EXERCISE --blank` prints it, filled in.

* the first line says which exercise it is: `<!-- tirgul sheet: 11.1 -->`
* a line names the student; where it was left empty, the file's name does
* a heading names each part, `## 11.1/1a`, and a label stands before its answer, which ends at the next heading
* editors may drop the labels' asterisks or put direction marks around them
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import final

from exercises.library import EDGES, placed
from grader.results import Answer, Problem
from grader.submissions.reading import MOST_CHARACTERS, Read, undecodable
from grader.submissions.table import lines_of

_SPACE = f"[{re.escape(EDGES)}]*"
_MARKUP = f"[{re.escape(EDGES)}*_]*"
_FIRST = re.compile(rf"^{_SPACE}<!--\s*tirgul sheet:\s*(\S+?)\s*(?:variant:\s*(\S+?)\s*)?-->{_SPACE}$", re.IGNORECASE)
_STUDENT = re.compile(
    rf"^{_MARKUP}(?:students?|סטודנטים|סטודנטית|סטודנט|מזהה|תעודת זהות){_MARKUP}:{_MARKUP}(.*)$", re.IGNORECASE
)
_ANSWER = re.compile(rf"^{_MARKUP}(?:answer|תשובה){_MARKUP}:\**(.*)$", re.IGNORECASE)
_PART = re.compile(rf"^{_SPACE}##{_SPACE}([^\s/]+/[^\s/]+)")
_COMMENT = re.compile(r"<!--.*?-->")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[^\n]*\n(.*?)(?:\n\s*\1\s*)?$", re.DOTALL)
_BLANK = re.compile(rf"^[{re.escape(EDGES)}_.…]*$")


def recognises(text: str) -> bool:
    """Whether the first line that is not blank is the mark of a sheet, or headings and labels look like one's."""
    lines = lines_of(text)
    return _first(lines) is not None or (any(map(_PART.match, lines)) and any(map(_ANSWER.match, lines)))


def read(text: str, source: str) -> Read:
    """One answer a part; a part that was left empty is an answer without text."""
    lines = lines_of(text)
    first = _first(lines)
    if first is None:
        yield Problem(source, 1, "no_header")
        return
    at, exercise, variant = first
    head = next((index for index, line in enumerate(lines) if _PART.match(line)), len(lines))
    student = _student(lines[at:head]) or _named(source, exercise)
    if not student or undecodable(student):
        yield Problem(source, at, "not_utf8" if student else "no_student")
        return
    yield Answer(student, exercise, "", "", source, at)
    sections = list(_sections(lines, head))
    if variant:
        yield Problem(source, at, "unknown_variant", variant)
    elif not sections:
        yield Problem(source, at, "no_label", exercise)
    else:
        yield from (section.answer(student, source) for section in sections)


@final
@dataclass(frozen=True, slots=True)
class Section:
    """A part's heading and the lines below it."""

    name: str
    line: int
    lines: Sequence[str]

    def answer(self, student: str, source: str) -> Answer | Problem:
        """What stands after the label."""
        if undecodable("\n".join((self.name, *self.lines))):
            return Problem(source, self.line, "not_utf8")
        for index, line in enumerate(self.lines):
            label = _ANSWER.match(line)
            if label:
                text = _tidy("\n".join([label[1], *self.lines[index + 1 :]]))
                if len(text) > MOST_CHARACTERS:
                    return Problem(source, self.line, "field_too_big", self.name)
                exercise, part = placed(self.name)
                return Answer(student, exercise, part, text, source, self.line + 1 + index)
        return Problem(source, self.line, "no_label", self.name)


def _first(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """The number of the line that marks a sheet, the exercise, and the variant or nothing."""
    for number, line in enumerate(lines[:50], start=1):
        if line.strip(EDGES):
            mark = _FIRST.match(line)
            return (number, mark[1], mark[2] or "") if mark else None
    return None


def _sections(lines: Sequence[str], head: int) -> Iterator[Section]:
    """The parts, each up to the next part's heading."""
    starts = [index for index in range(head, len(lines)) if _PART.match(lines[index])]
    for start, end in pairwise([*starts, len(lines)]):
        heading = _PART.match(lines[start])
        if heading:
            yield Section(heading[1].strip(EDGES), start + 1, lines[start + 1 : end])


def _student(lines: Sequence[str]) -> str:
    """The id that the sheet gives, exactly as written between blanks."""
    for line in lines:
        label = _STUDENT.match(line)
        if label:
            said = _COMMENT.sub("", label[1]).strip(EDGES)
            return "" if _BLANK.match(said) else said
    return ""


def _named(source: str, exercise: str) -> str:
    """The id that the file's name gives: what it has besides the exercise and the language.

    >>> [_named(f"sheets/{name}.md", "11.1") for name in ("012345678", "11.1-012345678.he", "11.1.he", "sheet-11.1")]
    ['012345678', '012345678', '', '']
    """
    stem = PurePath(source).stem
    stem = re.sub(r"\.(he|en)$", "", stem)
    stem = re.sub(rf"^(sheet[-_. ]?)?({re.escape(exercise)}([-_. ]|$))?", "", stem)
    return stem.strip(EDGES)


def _tidy(text: str) -> str:
    """An answer without remarks of the sheet, the fence around code, and blanks at its ends."""
    text = _COMMENT.sub("", text).strip("\n").rstrip()
    fenced = _FENCE.match(text)
    if fenced:
        return fenced[2]
    text = text.removesuffix("**") if text.count("**") % 2 else text  # typed before the label's last asterisks
    text = text.strip(EDGES)
    return "" if _BLANK.match(text) else text
