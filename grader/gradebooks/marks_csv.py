"""A table with one student a row, for spreadsheets.

* students' ids, a column a part and an exercise, then total, the most that can be earned, and how much is pending
* no word that a student wrote but the id, which is kept from running as a formula
* a mark that a person has to decide is an empty cell, counted 0 in the totals
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from fractions import Fraction

from grader.gradebooks.cells import decimal, harmless
from grader.results import ClassResult, Result, Student

FILE = "marks.csv"


def write(result: ClassResult) -> bytes:
    """The table in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([harmless(name) for name in _header(result)])
    for student in result.students:
        table.writerow(_row(student, result.exercises))
    return text.getvalue().encode("utf-8-sig")


def _header(result: ClassResult) -> Iterator[str]:
    yield "student"
    for exercise in result.exercises:
        for part in _of(result.students[0], exercise):
            yield f"{exercise}/{part.part}"
        yield exercise
    yield from ("total", "max", "pending")


def _row(student: Student, exercises: tuple[str, ...]) -> Iterator[str]:
    yield harmless(student.student)
    for exercise in exercises:
        results = _of(student, exercise)
        yield from ("" if one.marks is None else decimal(one.marks) for one in results)
        yield decimal(sum((one.marks or Fraction(0) for one in results), Fraction(0)))
    yield from (decimal(student.total), decimal(student.max), str(student.pending))


def _of(student: Student, exercise: str) -> list[Result]:
    return [one for one in student.results if one.exercise == exercise]
