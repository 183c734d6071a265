"""Tables with one student a row: which columns tell whose a row is, and which hold the answers to which part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, final

from exercises.library import EDGES, placed
from grader.results import Answer, Problem, State
from grader.submissions.table import Broken, Cells, Piece, Row, cut, lines_of, literal, record, single
from solver.frozen import frozen

MOST_CHARACTERS = 100_000  # of one answer
HEAD = 100_000  # characters by which a table is known, however long it is
DELIMITERS = ",;\t"

ROLES = ("student", "partner", "exercise", "part", "answer", "identifier", "group", "grade", "max", "feedback")
"""What a column may be said to be, besides the place of an answer."""

# the columns that tell who somebody is; the first of these that a table has, and that a row fills, is the id
IDS = (
    "student",
    "student id",
    "id number",
    "תעודת זהות",
    "תז",
    "מספר זהות",
    "מספר סטודנט",
    "מספר תעודת זהות",
    "sid",
    "sis user id",
    "identifier",
    "מספר מזהה",
    "מזהה",
    "סטודנט",
    "סטודנטית",
    "username",
    "user name",
    "שם משתמש",
    "sis login id",
    "email address",
    "email",
    "כתובת דואל",
    "כתובת אימייל",
    "דואל",
    "אימייל",
    "id",
)
PARTNERS = ("partner", "partner id", "student 2", "שותף", "שותפה", "בן זוג", "בת זוג", "סטודנט 2", "תעודת זהות 2")

_SIGNS = str.maketrans({"_": " ", **dict.fromkeys("\"'.:*?\u05f3\u05f4\u2019\u201d")})
_PLACE = re.compile(
    r"^(?:exercise|question|תרגיל|שאלה)?\s*([^\W_][\w.-]*)/([^\W_](?:[\w.-]*\w)?)(?=$|[\s:.)?\-–])", re.IGNORECASE
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ינו|פבר|מרץ|אפר|מאי|יונ|יול|אוג|ספט|אוק|נוב|דצמ"
_DATE = re.compile(
    rf"^(?:\d{{4}}-\d\d-\d\d(?:[ T]00:00(?::00)?)?|\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:19|20)\d\d(?: 00:00(?::00)?)?"
    rf"|\d{{1,2}}[- ](?:{_MONTHS})[a-zא-ת]*(?:[- ]\d{{2,4}})?|(?:{_MONTHS})[a-zא-ת]*[- ]\d{{1,4}})$",
    re.IGNORECASE,
)

Read: TypeAlias = Iterator[Answer | Problem]
Places: TypeAlias = Mapping[int, str]


def plain(name: str) -> str:
    """A column's name without what differs between sites: case, signs, marks of direction, blanks.

    >>> plain(" \\u200fID_Number: "), plain("כתובת דוא\\"ל")
    ('id number', 'כתובת דואל')
    """
    inner = "".join(" " if one in EDGES else one for one in name.translate(_SIGNS))
    return re.sub(r"\s+", " ", inner).strip().casefold()


def is_role(name: str) -> bool:
    """Whether a column may be said to be this: a role, or the place of an answer."""
    return name in ROLES or all(placed(name))


def place_of(name: str) -> str:
    """The exercise and part that a column's name begins with, or nothing.

    >>> place_of("11.1/1a"), place_of("שאלה 11.1/2: כמה משקלים?"), place_of("Yes/No answers"), place_of("Name")
    ('11.1/1a', '11.1/2', '', '')
    """
    inner = "".join(" " if one in EDGES else one for one in name).strip()
    found = _PLACE.match(inner)
    if not found or not any(one.isdigit() for one in found[1]):
        return inner if re.fullmatch(r"[a-z][\w-]*/[\w.-]*[\w]", inner) else ""
    return f"{found[1]}/{found[2]}"


def is_date(text: str) -> bool:
    """Whether a text is what a spreadsheet makes of `11.1` or `1/2`: a date.

    >>> [is_date(text) for text in ("2026-01-11 00:00:00", "11/01/2026", "1-Feb", "48", "1/2", "5.5")]
    [True, True, True, False, False, False]
    """
    return bool(_DATE.match(text.strip(EDGES)))


@final
@frozen(slots=True)
class Table:
    """The header of a table and the lines below it."""

    lines: Sequence[str]
    header: Row
    delimiter: str

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, without what differs between sites."""
        return tuple(map(plain, self.header.cells))

    def ids(self) -> tuple[int, ...]:
        """The columns that tell who somebody is, the most telling first."""
        names = self.names
        return tuple(names.index(name) for name in IDS if name in names)

    def partners(self) -> tuple[int, ...]:
        """The columns that name those who handed in together with the student of the row."""
        return tuple(index for index, name in enumerate(self.names) if name in PARTNERS)

    def places(self) -> dict[int, str]:
        """The columns whose names are places, each with its place."""
        return {index: place for index, name in enumerate(self.header.cells) if (place := place_of(name))}

    def pieces(self) -> list[Piece]:
        """The rows below the header, and the lines that are none."""
        return list(cut(self.lines, self.header.last, self.delimiter, len(self.header.cells)))


def head_of(text: str) -> Table | None:
    """The table that a text begins with, for those who only look at its header."""
    return table_of(text[:HEAD])


def table_of(text: str) -> Table | None:
    """A text as a table, cut at the delimiter that gives most columns; None where there is one column."""
    lines = lines_of(text)
    first = next((index for index, line in enumerate(lines) if line.strip(EDGES)), None)
    if first is None:
        return None
    headers = ((_header(lines, first, delimiter), delimiter) for delimiter in DELIMITERS)
    header, delimiter = max(headers, key=lambda found: len(found[0].cells))
    return Table(lines, header, delimiter) if len(header.cells) > 1 else None


def _header(lines: Sequence[str], first: int, delimiter: str) -> Row:
    piece = record(lines[: first + 60], first, delimiter)
    return piece if isinstance(piece, Row) else literal(lines[first], first + 1, delimiter)


def answers(
    table: Table,
    source: str,
    places: Places,
    ids: Sequence[int] = (),
    tidy: Callable[[str], str] = str,
    place: Callable[[Cells, int], str] = lambda cells, index: "",
) -> Read:
    """One answer for each place of each row; `place` finds the place of an answer in its row, `tidy` the answer itself.

    A row that cannot be read is a problem with its line; whose it is, where that shows, waits for a person. Who
    answered nothing has an answer without a part.
    """
    ids = ids or table.ids()
    if not ids:
        yield Problem(source, table.header.line, "missing_column", IDS[0])
        return
    for name in table.header.cells:
        if is_date(name):
            yield Problem(source, table.header.line, "date_column", name.strip(EDGES))
    for piece in table.pieces():
        if isinstance(piece, Broken):
            yield Problem(source, piece.line, piece.reason)
            yield from _waits(tuple(table.lines[piece.line - 1].split(table.delimiter)), ids, source, piece.line)
            continue
        inside = [number for number in range(piece.line + 1, piece.last + 1) if _is_row(table, number)]
        if inside:
            yield Problem(source, piece.line, "quote_over_rows")
            yield from _waits(piece.cells, ids, source, piece.line)
            for number in inside:
                yield Problem(source, number, "row_in_quotes")
                yield from _waits(tuple(table.lines[number - 1].split(table.delimiter)), ids, source, number)
            continue
        student = _student(piece.cells, ids, table.partners())
        said = {index: tidy(piece.cells[index]) for index in places}
        known = {index: places[index] or place(piece.cells, index) for index in places}
        for index, text in said.items():
            if text.strip(EDGES):
                yield from _answer(student, known[index], text, source, piece.line)
        if student and known and not "".join(said.values()).strip(EDGES):  # is in the class all the same
            exercise = next(iter(known.values())).partition("/")[0]
            yield Answer(student, exercise, "", "", source, piece.line)


def _answer(student: str, place: str, text: str, source: str, line: int) -> Read:
    exercise, _, part = place.partition("/")
    state: State = "read"
    if is_date(text):
        yield Problem(source, line, "date_cell", f"{place}: {text.strip(EDGES)}")
        state = "unread"
    elif len(text) > MOST_CHARACTERS:
        yield Problem(source, line, "field_too_big", place)
        text, state = text[:MOST_CHARACTERS], "unread"
    elif any("\ud800" <= one <= "\udfff" for one in text):
        yield Problem(source, line, "not_utf8", place)
        state = "unread"
    yield Answer(student, exercise, part, text, source, line, state)


def _student(cells: Cells, ids: Sequence[int], partners: Sequence[int] = ()) -> str:
    """Whose a row is: the first id that it has, and those of partners."""
    own = next((cells[index].strip(EDGES) for index in ids if index < len(cells) and cells[index].strip(EDGES)), "")
    with_them = (cells[index].strip(EDGES) for index in partners if index < len(cells))
    return ", ".join(one for one in (own, *with_them) if one)


def _waits(cells: Cells, ids: Sequence[int], source: str, line: int) -> Read:
    """That the student of a broken row handed something in."""
    student = _student(cells, [index for index in ids if index < len(cells)][:1]).strip('"')
    if student and not any("\ud800" <= one <= "\udfff" for one in student):
        yield Answer(student, "", "", "", source, line, "unplaced")


def _is_row(table: Table, number: int) -> bool:
    piece = single(table.lines[number - 1], number, table.delimiter)
    return isinstance(piece, Row) and len(piece.cells) == len(table.header.cells)
