"""Answers as students type them into a text box: a line a part, behind the part's name.

    11.1/1a: 10x10x3
    שאלה 11.1/2 = 48

* what follows on the next lines belongs to the part above
* the first of them may be a remark, as in a Python file that begins with `# lenet5/code:`; later ones may not, because
  code has remarks of its own
* who wrote them is told by where they stand, by a first line `student: …`, or by the file's name where it is an id
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from exercises.library import EDGES
from grader.results import Answer, Problem
from grader.submissions.columns import HEAD, MOST_CHARACTERS, Read
from grader.submissions.table import lines_of

_WORD = r"(?:(?:exercise|question|תרגיל|שאלה)\s+)?"
_PLACE = r"([^\W_][\w.-]*)/([^\W_][\w.-]*?)"
_PLACED = rf"{_WORD}{_PLACE}\**\s*[:=)]\**\s*(.*)$"
_LINE = re.compile(rf"^[{re.escape(EDGES)}*]*{_PLACED}", re.IGNORECASE)
_FIRST = re.compile(rf"^[{re.escape(EDGES)}*#]*{_PLACED}", re.IGNORECASE)
_ID = re.compile(r"\d{5,}|[\w.+-]+@[\w.-]+")
_STUDENT = re.compile(r"^\W*(?:students?|סטודנטים|סטודנטית|סטודנט|מזהה|תעודת זהות)\s*:\s*(.+)$", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Whether the first line, or the one below a student's name, is an answer behind a part's name."""
    lines = [line for line in lines_of(text[:HEAD]) if line.strip(EDGES)][:2]
    return bool(lines) and any(map(_FIRST.match, lines[: 1 + bool(_STUDENT.match(lines[0]))]))


def read(text: str, source: str) -> Read:
    """One answer a part, by the student whom the text names."""
    named = next((found[1].strip(EDGES) for line in lines_of(text) if (found := _STUDENT.match(line))), "")
    stem = PurePath(source).stem
    yield from read_owned(text, source, named or (stem if _ID.fullmatch(stem) else ""))


def read_owned(text: str, source: str, student: str) -> Read:
    """One answer a part, by this student."""
    if not student:
        yield Problem(source, 1, "no_student")
        return
    for place, line, said in _answers(lines_of(text)):
        if len(said) > MOST_CHARACTERS:
            yield Problem(source, line, "field_too_big", "/".join(place))
        state = "unread" if len(said) > MOST_CHARACTERS else "read"
        yield Answer(student, *place, said[:MOST_CHARACTERS], source, line, state)  # type: ignore[arg-type]  # a Literal


def _answers(lines: list[str]) -> Iterator[tuple[tuple[str, str], int, str]]:
    """The parts, each with the line where it begins and what stands there."""
    place, first, said = ("", ""), 0, list[str]()
    for number, line in enumerate([*lines, ""], start=1):
        found = (_LINE if place[0] else _FIRST).match(line)
        if (found or number > len(lines)) and place[0]:
            yield place, first, "\n".join(said).strip(EDGES)
        if found:
            place, first, said = (found[1], found[2]), number, [found[3]]
        elif not _STUDENT.match(line):
            said.append(line)
