"""What waits for a person as a table that goes out, is filled in, and comes back.

Answers are written as they are, behind an apostrophe where a spreadsheet would run them. A mark is taken from the rows
in which somebody wrote one; everything else in a row but its place is passed over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import final

from exercises.library import EDGES
from grader.gradebooks.cells import decimal, harmless
from grader.ledger import HandMark
from grader.results import ClassResult, Result
from grader.submissions.reading import decoded
from solver.frozen import frozen

_MARK = re.compile(r"[0-9]{1,6}(?:[./][0-9]{1,6})?")  # no exponents: a short one may be a number without end
COLUMNS = ("student", "exercise", "part", "answer", "reason", "max", "marks", "why")


@final
@frozen(slots=True)
class Waiting:
    """A result with whose it is."""

    student: str
    result: Result


@final
@frozen(slots=True)
class NotTaken:
    """A row that came back and cannot be taken; `reason` is a key of the catalogs."""

    source: str
    line: int
    reason: str
    detail: str


def waiting(result: ClassResult, *, everything: bool = False) -> list[Waiting]:
    """The results that wait for a person, or all."""
    return [
        Waiting(student.student, one)
        for student in result.students
        for one in student.results
        if everything or one.pending
    ]


def reason(result: Result) -> str:
    """Why a result waits, a key of the catalogs; "" where it does not."""
    return str(getattr(result.judgement and result.judgement.verdict, "reason", "")) if result.pending else ""


def write(rows: Iterable[Waiting]) -> bytes:
    """The table."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in rows:
        one = row.result
        answer = one.judgement.answer if one.judgement else ""
        marks = "" if one.marks is None else decimal(one.marks)
        cells = (row.student, one.exercise, one.part, answer, reason(one), decimal(one.max), marks, "")
        table.writerow(harmless(cell) for cell in cells)
    return text.getvalue().encode("utf-8-sig", "replace")


def read(data: bytes, source: str, result: ClassResult, who: str) -> Iterator[HandMark | NotTaken]:
    """The marks in a table that came back; those that change nothing are left out."""
    rows = waiting(result, everything=True)
    places = {(row.student, row.result.exercise, row.result.part): row.result for row in rows}
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in ("student", "exercise", "part", "marks") if name not in (table.fieldnames or ())]
    if missing:
        yield NotTaken(source, 1, "missing_column", ", ".join(missing))
        return
    for row in table:
        cells = {name: (value or "").strip(EDGES) for name, value in row.items() if isinstance(value, str)}
        if not cells.get("marks"):
            continue
        place = (_plain(cells.get("student", "")), _plain(cells.get("exercise", "")), _plain(cells.get("part", "")))
        was = places.get(place)
        if was is None:
            yield NotTaken(source, table.line_num, "no_such_result", "/".join(place))
            continue
        marks = mark_of(cells["marks"], was.max)
        if marks is None:
            yield NotTaken(source, table.line_num, "bad_mark", cells["marks"])
        elif was.marks is None or marks != Fraction(decimal(was.marks)):
            yield HandMark(*place, marks, who, cells.get("why", ""))


def mark_of(text: str, most: Fraction) -> Fraction | None:
    """The mark that a text says, from 0 to the most that can be earned; else None.

    >>> mark_of("1,5", Fraction(2)), mark_of("3", Fraction(2)), mark_of("1/0", Fraction(2))
    (Fraction(3, 2), None, None)
    """
    said = text.strip(EDGES).replace(",", ".")
    if not _MARK.fullmatch(said):
        return None
    try:
        mark = Fraction(said)
    except ZeroDivisionError:
        return None
    return mark if 0 <= mark <= most else None


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps it from running."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell
