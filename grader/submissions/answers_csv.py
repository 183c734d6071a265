"""A table with one answer a row.

* columns by name, in English or Hebrew, in any order; others are left alone
* commas, semicolons or tabs; an exercise and its part in two columns or in one, as 11.1/2
* answers of several lines stand between quotes; a quote that nobody closed costs its own row and no other
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from exercises.library import EDGES, placed
from grader.results import Answer, Problem
from grader.submissions.reading import MOST_CHARACTERS, Read, undecodable
from grader.submissions.table import Broken, Cells, Piece, Row, cut, lines_of, literal, record, single

Role: TypeAlias = Literal["student", "exercise", "part", "answer"]

# a column is the first of its names that the header has
NAMES: Mapping[Role, tuple[str, ...]] = {
    "student": ("student", "student id", "תעודת זהות", "תז", "מספר זהות", "מזהה", "סטודנט", "סטודנטית", "id"),
    "exercise": ("exercise", "question", "תרגיל", "שאלה"),
    "part": ("part", "סעיף"),
    "answer": ("answer", "תשובה"),
}
NEEDED: tuple[Role, ...] = ("student", "exercise", "answer")
DELIMITERS = ",;\t"
SPELLING = str.maketrans({"_": " ", **dict.fromkeys("\"'.:\u05f3\u05f4\u2019\u201d")})


def recognises(text: str) -> bool:
    """Whether the first line that is not blank names columns that only a table of answers has."""
    header = _header(lines_of(text))
    return header is not None and len(header.columns) > 1


def read(text: str, source: str) -> Read:
    """One answer a row; a row that cannot be read is a problem with its line."""
    lines = lines_of(text)
    header = _header(lines)
    missing = header.missing() if header else NEEDED
    if header is None or missing:
        yield Problem(source, 1, "missing_column", ", ".join(missing))
        return
    pieces = cut(lines, header.last, header.delimiter, len(header.cells))
    places = {header.place(piece.cells) for piece in pieces if isinstance(piece, Row) and piece.line == piece.last}
    for piece in pieces:
        yield from header.read(piece, lines, places - {""}, source)


@final
@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: where their names end, what separates them, and which column has which role."""

    last: int
    delimiter: str
    cells: Cells
    columns: Mapping[Role, int]

    def missing(self) -> tuple[Role, ...]:
        """The columns that an answer needs and the table does not have; `part` may stand in for the exercise's."""
        has = {"exercise" if role == "part" else role for role in self.columns}
        return tuple(role for role in NEEDED if role not in has)

    def cell(self, cells: Cells, role: Role) -> str:
        """The cell under a role's name, or nothing."""
        at = self.columns.get(role, len(cells))
        return cells[at] if at < len(cells) else ""

    def place(self, cells: Cells) -> str:
        """The cell that tells where an answer belongs."""
        return self.cell(cells, "exercise" if "exercise" in self.columns else "part").strip(EDGES)

    def read(self, piece: Piece, lines: Sequence[str], places: set[str], source: str) -> Read:
        """A piece of the table as an answer, or as problems."""
        if isinstance(piece, Broken):
            yield Problem(source, piece.line, piece.reason)
            yield from self._handed_in(piece, lines, places, source)
            return
        swallowed = self._swallowed(piece, lines, places)
        if swallowed:
            yield Problem(source, piece.line, "quote_over_rows")
            yield from (Problem(source, line, "row_in_quotes") for line in swallowed)
        elif any(cell.strip(EDGES) for cell in piece.cells) and piece.cells != self.cells:
            yield self._answer(piece, source)

    def _answer(self, row: Row, source: str) -> Answer | Problem:
        if undecodable("".join(row.cells)):
            return Problem(source, row.line, "not_utf8")
        if max(map(len, row.cells)) > MOST_CHARACTERS:
            return Problem(source, row.line, "field_too_big")
        exercise, part = placed(self.cell(row.cells, "exercise"), self.cell(row.cells, "part"))
        student, text = self.cell(row.cells, "student"), self.cell(row.cells, "answer")
        return Answer(student, exercise, part, text, source, row.line)

    def _swallowed(self, row: Row, lines: Sequence[str], places: set[str]) -> list[int]:
        """The lines inside a row that look like rows: either quotes are broken, or somebody hides rows in an answer."""
        found = []
        for number in range(row.line + 1, row.last + 1):
            inside = single(lines[number - 1], number, self.delimiter)
            if isinstance(inside, Row) and len(inside.cells) == len(self.cells):
                found += [number] if self.place(inside.cells) in places | {self.place(row.cells)} else []
        return found

    def _handed_in(self, broken: Broken, lines: Sequence[str], places: set[str], source: str) -> Iterator[Answer]:
        """Whose line was broken, where that still shows: a student whose every row is broken is not forgotten."""
        cells = tuple(lines[broken.line - 1].partition('"')[0].split(self.delimiter)[:-1])
        student = self.cell(cells, "student")
        if self.place(cells) in places and student.strip(EDGES) and not undecodable(student):
            yield Answer(student, placed(self.place(cells))[0], "", "", source, broken.line)


def _header(lines: Sequence[str]) -> Header | None:
    """The names of the columns, with the delimiter that finds the most roles among them; none where there are none."""
    first = next((index for index, line in enumerate(lines) if line.strip(EDGES)), None)
    if first is None:
        return None
    headers = [_columns(_names(lines, first, delimiter), delimiter) for delimiter in DELIMITERS]
    best = max(headers, key=lambda header: (len(header.columns), len(header.cells)))
    return best if best.columns else None


def _names(lines: Sequence[str], first: int, delimiter: str) -> Row:
    """The line of names, also when a Hebrew abbreviation brought a quote into it."""
    piece = record(lines[: first + 20], first, delimiter)
    return piece if isinstance(piece, Row) else literal(lines[first], first + 1, delimiter)


def _columns(row: Row, delimiter: str) -> Header:
    plain = [re.sub(r"\s+", " ", cell.translate(SPELLING).strip(EDGES)).casefold() for cell in row.cells]
    columns: dict[Role, int] = {
        role: next(plain.index(name) for name in names if name in plain)
        for role, names in NAMES.items()
        if not set(names).isdisjoint(plain)
    }
    return Header(row.last, delimiter, row.cells, columns)
