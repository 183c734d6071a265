"""A spreadsheet (.xlsx) as the text of a table, which the formats of tables then read, and its cells filled in.

* the first sheet that has anything; cells are what was typed, numbers without .0, ids with the zeros that they show
* a date is written as one, so that an answer which the spreadsheet turned into a date is seen
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from html import escape
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from grader.submissions.archives import FAILURES, TooMany, listed

MOST_BYTES = 256 * 2**20  # of all that is packed into the file
MOST_MEMBERS = 1_000
MOST_ROWS, MOST_COLUMNS = 100_000, 1_000

_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Unopened(Exception):
    """The spreadsheet cannot be read; the reason is a key of the catalogs."""


def text_of(data: bytes) -> str:
    """The first sheet with content as comma-separated text; raises Unopened."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    for row in rows_of(data):
        table.writerow(row)
    return text.getvalue()


def rows_of(data: bytes) -> list[tuple[str, ...]]:
    """The rows of the first sheet with content, empty ones at the end left out; raises Unopened."""
    return _opened(data)[1]


def sheet_of(data: bytes) -> str:
    """The name, inside the file, of the first sheet with content; raises Unopened."""
    return _opened(data)[0]


def _opened(data: bytes) -> tuple[str, list[tuple[str, ...]]]:
    _look_inside(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = list(_rows(sheet))
            while rows and not any(rows[-1]):
                rows.pop()
            if rows:
                return str(sheet._worksheet_path).removeprefix("/"), rows
    except Unopened:
        raise
    except (InvalidFileException, zipfile.BadZipFile, LookupError, OSError, SyntaxError, TypeError, ValueError):
        raise Unopened("broken_workbook") from None
    return "", []


def _look_inside(data: bytes) -> None:
    """Refuses what would grow without end: too much in all, and entities declared in XML."""
    try:
        with listed(io.BytesIO(data), MOST_MEMBERS) as archive:
            inside = archive.infolist()
            if sum(info.file_size for info in inside) > MOST_BYTES:
                raise Unopened("file_too_big")
            for info in inside:
                with archive.open(info) as member:
                    if any(_DECLARED.search(block.replace(b"\x00", b"")) for block in _blocks(member)):
                        raise Unopened("broken_workbook")
    except TooMany:
        raise Unopened("file_too_big") from None
    except (*FAILURES, RuntimeError, EOFError, zlib.error):
        raise Unopened("broken_workbook") from None


def _blocks(member: IO[bytes]) -> Iterator[bytes]:
    """What a member holds, piece by piece, each with the end of the one before."""
    rest = b""
    while block := member.read(2**20):
        yield rest + block
        rest = block[-40:]


def _rows(sheet: Any) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        if number > MOST_ROWS:
            raise Unopened("file_too_big")
        yield tuple(_rectangular(row))


def _rectangular(row: Sequence[Any]) -> list[str]:
    return [_said(cell) for cell in row]


def _said(cell: Any) -> str:
    """A cell as it was typed.

    >>> from types import SimpleNamespace as Cell
    >>> _said(Cell(value=12345678, number_format="000000000")), _said(Cell(value=48.0, number_format="General"))
    ('012345678', '48')
    """
    match cell.value:
        case None:
            return ""
        case bool(value):
            return "TRUE" if value else "FALSE"
        case datetime() | date() as value:
            return str(value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat())
        case time() as value:
            return value.isoformat()
        case float(value) if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case int(value) if cell.number_format and set(cell.number_format) == {"0"}:
            return f"{value:0{len(cell.number_format)}d}"
        case value:
            return str(value)


# --- filling cells in


def changed(data: bytes, cells: Mapping[tuple[int, int], str]) -> bytes:
    """The file with some cells, by row and column from 0, saying something else: numbers as numbers, texts as texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        sheet = sheet_of(data)
        for info in old.infolist():
            said = old.read(info)
            if info.filename == sheet:
                said = _sheet(said.decode("utf-8"), cells).encode("utf-8")
            new.writestr(info, said, compress_type=info.compress_type)
    return out.getvalue()


def _sheet(xml: str, cells: Mapping[tuple[int, int], str]) -> str:
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), said in cells.items():
        by_row.setdefault(row + 1, {})[column] = said

    def exchanged(found: re.Match[str]) -> str:
        said = re.search(r'\br="(\d+)"', found[1])
        number = int(said[1]) if said else 0
        if number not in by_row:
            return found[0]
        return f"<row{found[1]}>{_row(found[2] or '', number, by_row[number])}</row>"

    return re.sub(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", exchanged, xml, flags=re.DOTALL)


def _row(inner: str, number: int, wanted: Mapping[int, str]) -> str:
    """A row's cells, those that are wanted in their places among the others."""
    cells = {
        _column(found[1]): found[0]
        for found in re.finditer(r'<c\b[^>]*?\br="([A-Z]+)\d+"[^>]*?(?:/>|>.*?</c>)', inner, re.DOTALL)
    }
    for column, said in wanted.items():
        style = re.search(r'\bs="\d+"', cells.get(column, "").partition(">")[0])
        cells[column] = _cell(f"{get_column_letter(column + 1)}{number}", style[0] if style else "", said)
    return "".join(cells[column] for column in sorted(cells))


def _cell(at: str, style: str, said: str) -> str:
    head = f'<c r="{at}"' + (f" {style}" if style else "")
    if _NUMBER.fullmatch(said):
        return f"{head}><v>{said}</v></c>"
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", said)
    return f'{head} t="inlineStr"><is><t xml:space="preserve">{escape(kept, quote=False)}</t></is></c>'


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
