"""A table with one answer a row.

* columns by name, in English or Hebrew, in any order; others are left alone
* commas, semicolons or tabs; an exercise and its part in two columns or in one, as 11.1/2
* answers of several lines stand between quotes; a quote that nobody closed costs its own row and no other
* commas in an answer that has no quotes around it are part of it, where the answer's column is the last
* what a known student wrote and nobody can read is an answer that is not read, never no answer; so is one, or the
  name of its place, that a spreadsheet turned into a date
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Literal, TypeAlias, final

from exercises.library import EDGES, placed
from grader.results import Answer, Problem, State
from grader.submissions.columns import DELIMITERS, HEAD, is_date
from grader.submissions.reading import MOST_CHARACTERS, Read, undecodable
from grader.submissions.table import Broken, Cells, Piece, Row, cut, lines_of, literal, record, single
from solver.frozen import frozen

Role: TypeAlias = Literal["student", "exercise", "part", "answer"]

# a column is the first of its names that the header has
NAMES: Mapping[Role, tuple[str, ...]] = {
    "student": ("student", "student id", "תעודת זהות", "תז", "מספר זהות", "מזהה", "סטודנט", "סטודנטית", "id"),
    "exercise": ("exercise", "question", "תרגיל", "שאלה"),
    "part": ("part", "סעיף"),
    "answer": ("answer", "תשובה"),
}
NEEDED: tuple[Role, ...] = ("student", "exercise", "answer")
SPELLING = str.maketrans({"_": " ", **dict.fromkeys("\"'.:\u05f3\u05f4\u2019\u201d")})


def recognises(text: str) -> bool:
    """Whether the first line that is not blank names columns that only a table of answers has."""
    header = _header(lines_of(text[:HEAD]))
    return header is not None and len(header.columns) > 1


def read(text: str, source: str) -> Read:
    """One answer a row; a row that cannot be read is a problem with its line."""
    lines = lines_of(text)
    header = _header(lines)
    missing = header.missing() if header else NEEDED
    if header is None or missing:
        yield Problem(source, 1, "missing_column", ", ".join(missing))
        return
    known = Known(header, lines)
    for piece in cut(lines, header.last, header.delimiter, len(header.cells)):
        yield from header.read(piece, lines, known, source)


@final
@frozen
class Known:
    """The places and students of the rows that are whole: by these a row that is not is told from any other text.

    They are looked for where there is such a row.
    """

    header: Header
    lines: Sequence[str]

    @cached_property
    def places(self) -> frozenset[str]:
        """Where answers belong."""
        return frozenset(map(self.header.place, self._rows())) - {""}

    @cached_property
    def students(self) -> frozenset[str]:
        """Whose rows there are."""
        return frozenset(map(self.header.student, self._rows())) - {""}

    def _rows(self) -> Iterator[Cells]:
        pieces = cut(self.lines, self.header.last, self.header.delimiter, len(self.header.cells))
        return (piece.cells for piece in pieces if isinstance(piece, Row) and piece.line == piece.last)


@final
@frozen
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

    def student(self, cells: Cells) -> str:
        """Whose row it is."""
        return self.cell(cells, "student").strip(EDGES)

    def read(self, piece: Piece, lines: Sequence[str], known: Known, source: str) -> Iterable[Answer | Problem]:
        """A piece of the table as an answer, or as problems and what is known of whose they are."""
        if isinstance(piece, Broken):
            return self._broken(piece, lines, known, source)
        if piece.last > piece.line and (swallowed := self._swallowed(piece, lines, known)):
            return self._apart(piece, swallowed, lines, source)
        if "".join(piece.cells).strip(EDGES) and piece.cells != self.cells:
            return self._answer(piece, source)
        return ()

    def _apart(self, row: Row, swallowed: Mapping[int, Cells], lines: Sequence[str], source: str) -> Read:
        """A row and the rows that stand inside it, none of which can be read."""
        yield Problem(source, row.line, "quote_over_rows")
        yield self._unread(row.cells, "\n".join(lines[row.line - 1 : row.last]), source, row.line)
        for number, inside in swallowed.items():
            yield Problem(source, number, "row_in_quotes")
            if self.student(inside):
                yield self._unread(inside, lines[number - 1], source, number, "unplaced")

    def _answer(self, row: Row, source: str) -> Iterable[Answer | Problem]:
        said = "".join(row.cells)
        if len(said) > MOST_CHARACTERS and max(map(len, row.cells)) > MOST_CHARACTERS:
            return self._refused(row, "field_too_big", source)
        if undecodable(said):
            return self._refused(row, "not_utf8", source)
        student, exercise, part, text = self._said((*row.cells, ""))
        if _dated(text) or _dated(exercise) or _dated(part):
            return self._of_dates(row, exercise, part, text, source)
        return (Answer(student, *_placed(exercise, part), text, source, row.line),)

    def _of_dates(self, row: Row, exercise: str, part: str, text: str, source: str) -> Read:
        """That a spreadsheet turned an answer, or the name of its place, into a date."""
        lost = next((one.strip(EDGES) for one in (exercise, part) if _dated(one)), "")
        place = _placed(exercise, part) if not lost else ("", "") if _dated(exercise) else _placed(exercise, "")
        detail = lost or f"{'/'.join(place)}: {text.strip(EDGES)}"
        yield Problem(source, row.line, "date_place" if lost else "date_cell", detail)
        state: State = "unplaced" if lost else "unread"
        yield Answer(self.student(row.cells), *place, text, source, row.line, state)

    @cached_property
    def _said(self) -> Callable[[Cells], tuple[str, ...]]:
        """Takes student, exercise, part and answer out of a row's cells, behind which stands what no column says."""
        return itemgetter(*(self.columns.get(role, -1) for role in NAMES))

    def _refused(self, row: Row, reason: str, source: str) -> Read:
        """That a row cannot be read, and whose it is, where that shows."""
        yield Problem(source, row.line, reason)
        if self.student(row.cells) and not undecodable(self.student(row.cells)):
            yield self._unread(row.cells, self.cell(row.cells, "answer"), source, row.line)

    def _unread(self, cells: Cells, text: str, source: str, line: int, state: State = "unread") -> Answer:
        """That somebody answered at a place, where the answer could not be read; `text` is what a person is shown."""
        exercise, part = placed(self.cell(cells, "exercise"), self.cell(cells, "part"))
        if undecodable(exercise + part):
            exercise, part = "", ""
        return Answer(self.student(cells), exercise, part, text[:MOST_CHARACTERS], source, line, state)

    def _swallowed(self, row: Row, lines: Sequence[str], known: Known) -> dict[int, Cells]:
        """The lines inside a row that look like rows: either quotes are broken, or somebody hides rows in an answer."""
        found = {}
        for number in range(row.line + 1, row.last + 1):
            inside = single(lines[number - 1], number, self.delimiter)
            cells = inside.cells if isinstance(inside, Row) else ()
            if len(cells) == len(self.cells) and self.place(cells) in known.places | {self.place(row.cells)}:
                found[number] = cells
        return found

    def _broken(self, broken: Broken, lines: Sequence[str], known: Known, source: str) -> Read:
        """A row with too many fields is mended where that is plain; else it is told whose it is, where that shows."""
        line = lines[broken.line - 1]
        mended = self._mended(line, broken.line)
        if mended:
            if mended.literal:
                yield Problem(source, broken.line, "commas_in_answer")
            yield from self._answer(mended, source)
            return
        yield Problem(source, broken.line, broken.reason)
        before, quote, _ = line.partition('"')
        cells = tuple(before.split(self.delimiter))
        cells = cells[:-1] if quote else cells  # the last one is broken
        student = self.student(cells)
        if not student or undecodable(student):
            return
        if self.place(cells) in known.places:
            yield self._unread(cells, line, source, broken.line)
        elif student in known.students:
            yield Answer(student, "", "", line[:MOST_CHARACTERS], source, broken.line, "unplaced")

    def _mended(self, line: str, number: int) -> Row | None:
        """The row that a line with too many fields is meant to be; `literal` where fields were joined to an answer."""
        piece = single(line, number, self.delimiter)
        if isinstance(piece, Broken):
            piece = literal(line, number, self.delimiter)
            if any(cell.lstrip().startswith('"') for cell in piece.cells):
                return None
        columns = len(self.cells)
        cells, more = piece.cells[:columns], piece.cells[columns:]
        if not more or not self.student(cells) or not self.place(cells):
            return None
        if not any(cell.strip(EDGES) for cell in more):
            return Row(cells, number, number)
        if self.columns.get("answer") != columns - 1:
            return None
        return Row((*cells[:-1], self.delimiter.join((cells[-1], *more))), number, number, literal=True)


_placed = lru_cache(4096)(placed)  # of a million rows few name a place of their own
_is_date = lru_cache(4096)(is_date)


def _dated(text: str) -> bool:
    """Whether a cell is a date; of a million cells nearly none is, and few differ."""
    return 5 <= len(text) <= 30 and _is_date(text)


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
