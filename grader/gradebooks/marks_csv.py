"""A table with one student a row, for spreadsheets.

* students' ids, a column a part and an exercise, then total, the most that can be earned, and how much is pending
* no word that a student wrote but the id, which is kept from running as a formula
* a mark that a person has to decide is an empty cell, counted 0 in the totals
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import final

from grader.gradebooks.cells import decimal, harmless
from grader.once import Once
from grader.results import ClassResult, Student, summed

FILE = "marks.csv"
MOST_KNOWN = 10_000


def write(result: ClassResult) -> bytes:
    """The table in UTF-8 with the mark by which spreadsheets know it."""
    return b"".join(pieces(result))


def pieces(result: ClassResult) -> Iterator[bytes]:
    """The table, student by student."""
    cells = Cells()
    yield _line([harmless(name) for name in _header(result)]).encode("utf-8-sig")
    for student in result.students:
        yield _line(cells.of(student)).encode()


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _header(result: ClassResult) -> Iterator[str]:
    yield "student"
    results = result.students[0].results if result.students else ()
    for exercise, parts in groupby(results, key=attrgetter("exercise")):
        yield from (f"{exercise}/{part.part}" for part in parts)
        yield exercise
    yield from ("total", "max", "pending")


@final
class Cells:
    """The cells of students, each mark that many have written once."""

    def __init__(self) -> None:
        self._decimal = Once(decimal, MOST_KNOWN)

    def of(self, student: Student) -> Iterator[str]:
        """A student's row."""
        yield harmless(student.student)
        for _, parts in groupby(student.results, key=attrgetter("exercise")):
            marks = [one.marks for one in parts]
            yield from ["" if mark is None else self._decimal(mark) for mark in marks]
            yield decimal(summed(marks))
        yield from (decimal(student.total), decimal(student.max), str(student.pending))
