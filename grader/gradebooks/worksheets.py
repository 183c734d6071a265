"""Tables that staff download, fill in and upload again: only cells of grades and feedback change.

A format is a module of this package with `layout(names) -> Layout | None`, told by the names of the columns. `fill`
writes the marks into the source as it is, to the byte (a spreadsheet: to the cell), and says what changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast, final

from exercises.library import EDGES
from grader.gradebooks.cells import decimal
from grader.gradebooks.lossless import Table, best_cut, comment, decoded, first_row
from grader.results import Problem
from solver.frozen import frozen

HEAD = 100_000  # characters by which a table is known, however long it is
XLSX = b"PK\x03\x04"
_NUMBERED = re.compile(r"([^\d@]+?)\s*\d+")  # Participant 601683


@final
@frozen(slots=True)
class Earned:
    """What was earned (None: a person decides first), of how much, and what is said of it."""

    marks: Fraction | None
    most: Fraction
    feedback: str = ""


@final
@frozen(slots=True)
class Row:
    """One student: what was earned in each exercise, and in all under ""."""

    student: str
    earned: Mapping[str, Earned]


@final
@frozen(slots=True)
class Layout:
    """Which columns of a table are which.

    ids       who a row is about; any of them may be the name that a student has in the marks
    grades    the columns to fill, each with its exercise ("": all)       feedback   likewise
    most      the column with the most that can be earned: marks are scaled to it
    locked    the column that says whether a grade may change            exercise   the column that names the row's
    unclear   columns of grades among which somebody has to choose
    kept      what a grade's cell may say that stays as it is
    """

    ids: tuple[int, ...]
    grades: Mapping[int, str]
    feedback: Mapping[int, str] = field(default_factory=dict)
    most: int | None = None
    locked: int | None = None
    group: int | None = None
    exercise: int | None = None
    most_row: str = ""
    scaled: bool = True
    unclear: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@final
@frozen(slots=True)
class Change:
    """A cell that says something else afterwards."""

    student: str
    line: int
    column: str
    old: str
    new: str


@final
@frozen(slots=True)
class Filled:
    """The filled table, what changed, and what a person has to know."""

    data: bytes
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


class Format(Protocol):
    """What a module of a worksheet's format offers."""

    def layout(self, names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
        """The columns of a table with these names, if it is in the format; names are plain, first the wanted ones."""


def worksheet_formats() -> Mapping[str, Format]:
    """The formats by name: every module of the package that knows a layout."""
    package = "grader.gradebooks"
    modules = (import_module(f"{package}.{found.name}") for found in iter_modules(import_module(package).__path__))
    known = (module for module in modules if hasattr(module, "layout"))
    return {module.__name__.rpartition(".")[2].replace("_", "-"): cast("Format", module) for module in known}


def plain(name: str) -> str:
    """A column's name without what differs between sites: case, quotes, marks of direction, blanks."""
    inner = "".join(" " if one in EDGES else one for one in re.sub("[\"'\u05f3\u05f4\u2019\u201d]", "", name))
    return re.sub(r"\s+", " ", inner).strip().casefold()


def layout_of(
    rows: Sequence[Sequence[str]],
    exercises: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    form: str = "",
) -> Layout | None:
    """The layout of the first format that knows the columns of a table, whose first row has their names.

    `columns` says which column has which role; a column of identifiers that is called otherwise is told by its cells.
    """
    if not rows:
        return None
    roles = {plain(name): role for role, name in (columns or {}).items()}
    names = [f"={roles[plain(cell)]}" if plain(cell) in roles else plain(cell) for cell in rows[0]]
    identifier = _identifier(rows[1:])
    told = [name if column != identifier else "identifier" for column, name in enumerate(names)]
    known = [one for name, one in worksheet_formats().items() if form in ("", name)]
    layouts = (one.layout(each, exercises) for each in (names, told) for one in known)
    return next((found for found in layouts if found is not None), None)


def _identifier(rows: Sequence[Sequence[str]]) -> int | None:
    """The only column in which each row has another number behind the same word.

    >>> _identifier([("Dana", "Participant 7", "Group 1"), ("Yossi", "Participant 8", "Group 1")])
    1
    """
    found = []
    for column in range(max(map(len, rows), default=0)):
        cells = [cell for row in rows if column < len(row) and (cell := row[column].strip(EDGES))]
        words = [_NUMBERED.fullmatch(cell) for cell in cells]
        if all(words) and len({word[1] for word in words if word}) == 1 and len(set(cells)) == len(cells):
            found.append(column)
    return found[0] if len(found) == 1 else None


def is_gradebook(
    text: str, columns: Mapping[str, str] | None = None, form: str = "", exercises: Sequence[str] = ()
) -> bool:
    """Whether a text is a table to be filled in, by the lines that it begins with."""
    lines = re.split(r"\r\n|\n|\r", text.lstrip("\ufeff")[:HEAD])
    first = next((line for line in lines if line.strip()), "")
    tables = (best_cut("\n".join(lines[:80])), best_cut(first))  # a quote that is not closed may stand below
    return any(layout_of(_values(table), exercises, columns, form) is not None for table in tables)


def _values(table: Table | None) -> list[tuple[str, ...]]:
    """What the rows of a table say, from the first that says anything."""
    return [table.values(index) for index in range(first_row(table.rows), len(table.rows))] if table else []


def groups(text: str) -> dict[str, str]:
    """The groups that a worksheet names, each with the numbers of its members."""
    table = best_cut(text.lstrip("\ufeff")) if is_gradebook(text) else None
    layout = layout_of(_values(table))
    if table is None or layout is None or layout.group is None:
        return {}
    found: dict[str, list[str]] = {}
    for index in range(first_row(table.rows) + 1, len(table.rows)):
        cells = table.values(index)
        if len(cells) > max(layout.group, layout.ids[0]) and cells[layout.group].strip():
            number = re.search(r"\d+$", cells[layout.ids[0]].strip(EDGES))
            if number:
                found.setdefault(cells[layout.group].strip(EDGES), []).append(number[0])
    return {group: ", ".join(members) for group, members in found.items()}


# --- filling


def fill(
    data: bytes,
    rows: Sequence[Row],
    source: str = "",
    columns: Mapping[str, str] | None = None,
    form: str = "",
) -> Filled | None:
    """The table with the marks filled in; None where it is no table to be filled in."""
    if data.startswith(XLSX):
        return _fill_workbook(data, rows, source, columns, form)
    text = decoded(data)
    exercises = [name for name in (rows[0].earned if rows else {}) if name]
    if text is None or not is_gradebook(text.text, columns, form, exercises):
        return None
    table = best_cut(text.text)
    values = [table.values(index) for index in range(len(table.rows))] if table else []
    filling = _filling(values, rows, source, columns, form)
    if table is None or filling is None or _is_broken(table, filling.first):
        return Filled(data, (), (Problem(source, 0, "worksheet_broken"),))
    cells, changes, problems = filling.done()
    return Filled(text.encoded(table.text(cells)) if cells else data, changes, problems)


def _is_broken(table: Table, first: int) -> bool:
    """Whether rows of another length than the header say that a quote is missing somewhere."""
    width = len(table.rows[first])
    return any(len(cells) != width and any(map(str.strip, cells)) for cells in table.rows[first + 1 :])


def _fill_workbook(
    data: bytes, rows: Sequence[Row], source: str, columns: Mapping[str, str] | None, form: str
) -> Filled | None:
    from grader import workbook  # openpyxl is needed for nothing else

    try:
        cells = workbook.rows_of(data)
    except workbook.Unopened:
        return None
    filling = _filling(cells, rows, source, columns, form) if cells else None
    if filling is None:
        return None
    changed, changes, problems = filling.done()
    filled = workbook.changed(data, changed) if changed else data
    if changed and not _is_as_said(cells, workbook.rows_of(filled), changed):
        return Filled(data, (), (Problem(source, 0, "workbook_unfilled"),))
    return Filled(filled, changes, problems)


def _is_as_said(
    before: Sequence[Sequence[str]], after: Sequence[Sequence[str]], changed: Mapping[tuple[int, int], str]
) -> bool:
    """Whether a filled sheet says what it is to say, and all else as before: some write cells in other ways."""
    was, now = (
        {(row, column): cell for row, cells in enumerate(rows) for column, cell in enumerate(cells) if cell}
        for rows in (before, after)
    )
    new = all(at in now and _number(now[at]) == _number(said) for at, said in changed.items())
    return new and all(was.get(at) == now.get(at) for at in (was.keys() | now.keys()) - changed.keys())


def _filling(
    cells: Sequence[Sequence[str]],
    rows: Sequence[Row],
    source: str,
    columns: Mapping[str, str] | None,
    form: str,
) -> _Filling | None:
    first = first_row(cells)
    exercises = [name for name in (rows[0].earned if rows else {}) if name]
    layout = layout_of(cells[first:], exercises, columns, form)
    return _Filling(cells, first, layout, rows, source) if layout is not None else None


@final
@dataclass
class _Filling:
    """A table while its cells are being filled."""

    cells: Sequence[Sequence[str]]
    first: int
    layout: Layout
    rows: Sequence[Row]
    source: str
    changed: dict[tuple[int, int], str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def done(self) -> tuple[dict[tuple[int, int], str], tuple[Change, ...], tuple[Problem, ...]]:
        """The cells that change, by row and column, what that is, and what a person has to know."""
        if self.layout.unclear or not self.layout.grades:
            self._tell(self.first, "which_column", ", ".join(self.layout.unclear))
            return {}, (), tuple(self.problems)
        found: set[str] = set()
        of_student = self._students()
        for index in range(self.first + 1, len(self.cells)):
            row = of_student.get(index)
            if row is not None:
                found.add(row.student)
                self._fill_row(index, row)
        for row in self.rows:
            if row.student not in found:
                self._tell(-1, "not_in_worksheet", row.student)
        return self.changed, tuple(self.changes), tuple(self.problems)

    def _students(self) -> dict[int, Row]:
        """The student of each row; a row that two may claim, and one who claims two rows, are told of."""
        by_id = {row.student: row for row in self.rows}
        found: dict[int, Row] = {}
        taken: dict[tuple[str, str], int] = {}
        for index in range(self.first + 1, len(self.cells)):
            cells = self.cells[index]
            known = dict.fromkeys(one for name in self._names(cells) if (one := name) in by_id)
            if len(known) > 1:
                self._tell(index, "two_students", ", ".join(known))
                continue
            for name in known:
                which = self._cell(cells, self.layout.exercise)
                if (name, which) in taken:
                    self._tell(index, "student_twice", name)
                else:
                    taken[name, which] = index
                    found[index] = by_id[name]
        return found

    def _names(self, cells: Sequence[str]) -> Iterator[str]:
        """What a student of this row may be called: its ids, and the number of `Participant 601683`."""
        for column in self.layout.ids:
            said = self._cell(cells, column)
            if said:
                yield said
                number = re.fullmatch(r"[^\d]+?(\d+)", said)
                if number and "@" not in said:
                    yield number[1]

    def _fill_row(self, index: int, row: Row) -> None:
        cells = self.cells[index]
        locked = self._cell(cells, self.layout.locked).casefold()
        if locked in ("no", "לא"):
            self._tell(index, "grade_locked", row.student)
            return
        for column, exercise in self.layout.grades.items():
            earned = row.earned.get(exercise or self._cell(cells, self.layout.exercise))
            if earned is None or column >= len(cells):
                continue
            if cells[column].strip(EDGES) in self.layout.kept:
                self._tell(index, "grade_locked", row.student)
            elif earned.marks is None:
                self._tell(index, "grade_waits", row.student)
            else:
                self._put(index, column, self._mark(earned, cells, column), row.student)
        for column, exercise in self.layout.feedback.items():
            earned = row.earned.get(exercise)
            if earned is not None and column < len(cells) and earned.feedback:
                self._put(index, column, comment(earned.feedback), row.student)

    def _mark(self, earned: Earned, cells: Sequence[str], column: int) -> str:
        """A mark as the table writes marks: scaled to its maximum, with its decimal sign."""
        said = self._most(cells, column)
        most = _number(said)
        scale = most / earned.most if most is not None and earned.most and self.layout.scaled else Fraction(1)
        mark = decimal((earned.marks or Fraction(0)) * scale)
        comma = re.search(r"\d,\d", said) or re.fullmatch(r"\d+,\d+", cells[column].strip())
        return mark.replace(".", ",") if comma else mark

    def _most(self, cells: Sequence[str], column: int) -> str:
        if self.layout.most_row:
            for row in self.cells[self.first + 1 : self.first + 4]:
                if row and plain(row[0]).startswith(self.layout.most_row) and column < len(row):
                    return row[column].strip()
        return self._cell(cells, self.layout.most)

    def _put(self, index: int, column: int, new: str, student: str) -> None:
        old = self.cells[index][column]
        same = _number(old) is not None and _number(old) == _number(new)
        if old != new and not same:
            self.changed[index, column] = new
            name = self.cells[self.first][column].strip(EDGES)
            self.changes.append(Change(student, index + 1, name, old, new))

    def _cell(self, cells: Sequence[str], column: int | None) -> str:
        return cells[column].strip(EDGES) if column is not None and column < len(cells) else ""

    def _tell(self, index: int, reason: str, detail: str = "") -> None:
        self.problems.append(Problem(self.source, index + 1, reason, detail))


def _number(said: str) -> Fraction | None:
    """A number in ASCII digits, with a point or a comma."""
    found = re.fullmatch(r"\s*(-?[0-9]{1,9})(?:[.,]([0-9]{1,9}))?\s*", said)
    return Fraction(f"{found[1]}.{found[2] or 0}") if found else None


def index_of(names: Sequence[str], *wanted: str) -> int | None:
    """The first column that has one of these names; a role that somebody gave a column by hand comes first."""
    return next((names.index(name) for name in wanted if name in names), None)


def indices(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """The columns that have these names, in the order of the names."""
    return tuple(names.index(name) for name in wanted if name in names)


def chosen(
    names: Sequence[str], among: Mapping[int, str], exercises: Sequence[str]
) -> tuple[dict[int, str], tuple[str, ...]]:
    """The columns of grades to fill, and those among which somebody has to choose.

    The one that was named by hand; else each that names an exercise; else the only one there is.

    >>> chosen(["student", "hw 11.1", "exam"], {1: "hw 11.1", 2: "exam"}, ["11.1"])
    ({1: '11.1'}, ())
    """
    by_hand = index_of(names, "=grade")
    if by_hand is not None:
        return {by_hand: ""}, ()
    named = {
        column: exercise
        for column, title in among.items()
        for exercise in exercises
        if re.search(rf"(?<![\w.]){re.escape(exercise.casefold())}(?![\w]|\.\d)", title)
    }
    if named:
        return named, ()
    return (dict.fromkeys(among, ""), ()) if len(among) == 1 else ({}, tuple(among.values()))
