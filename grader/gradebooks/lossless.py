"""A table as text that can be written back: nothing but the cells that were changed differs, to the byte.

    text_of(cut(text)) == text,  encoded(decoded(data)) == data
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import final

from grader.gradebooks.cells import harmless
from solver.frozen import frozen

_END = re.compile(r"\r\n|\n|\r")


@final
@frozen(slots=True)
class Text:
    """What a file says, and how it is put into bytes."""

    text: str
    encoding: str
    mark: bytes = b""

    def encoded(self, text: str) -> bytes:
        """Another text in the same encoding; what it has no sign for becomes a question mark."""
        return self.mark + text.encode(self.encoding, errors="replace")


@final
@frozen(slots=True)
class Table:
    """Rows of cells as they are written, quotes and all, and what ends each row."""

    rows: tuple[tuple[str, ...], ...]
    ends: tuple[str, ...]
    delimiter: str

    def values(self, row: int) -> tuple[str, ...]:
        """What the cells of a row say."""
        return tuple(map(value_of, self.rows[row]))

    def text(self, changed: Mapping[tuple[int, int], str]) -> str:
        """The table with some cells saying something else."""
        return "".join(
            self.delimiter.join(
                _written(changed[row, column], self.delimiter, cell) if (row, column) in changed else cell
                for column, cell in enumerate(cells)
            )
            + self.ends[row]
            for row, cells in enumerate(self.rows)
        )


def decoded(data: bytes) -> Text | None:
    """Bytes as text that can be put back; None where that fails."""
    marks = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    mark = next((mark for mark in marks if data.startswith(mark)), b"")
    for encoding in [marks[mark]] if mark else ["utf-8", "cp1255", "latin-1"]:
        try:
            found = Text(data[len(mark) :].decode(encoding), encoding, mark)
        except UnicodeDecodeError:
            continue
        if found.encoded(found.text) == data:
            return found
    return None


def cut(text: str, delimiter: str) -> Table | None:
    """The rows of a table; None where a quote is not closed.

    >>> table = cut('a;"b;""c"\\r\\n1;2', ";")
    >>> table.values(0), table.text({(1, 1): "-5"}), table.text({}) == 'a;"b;""c"\\r\\n1;2'
    (('a', 'b;"c'), 'a;"b;""c"\\r\\n1;-5', True)
    """
    cell = re.compile(rf'[ ]*"(?:[^"]|"")*"[ ]*(?={re.escape(delimiter)}|[\r\n]|\Z)|[^{re.escape(delimiter)}\r\n]*')
    rows: list[tuple[str, ...]] = []
    ends: list[str] = []
    cells: list[str] = []
    at = 0
    while at < len(text) or cells:
        found = cell.match(text, at)
        said = found[0] if found else ""
        if said.lstrip().startswith('"') and not said.rstrip().endswith('"'):
            return None
        if said.strip() == '"':
            return None
        cells.append(said)
        at += len(said)
        if text.startswith(delimiter, at):
            at += 1
            if at < len(text):
                continue
            cells.append("")
        end = _END.match(text, at)
        rows.append(tuple(cells))
        ends.append(end[0] if end else "")
        cells, at = [], at + len(ends[-1])
    return Table(tuple(rows), tuple(ends), delimiter)


def best_cut(text: str) -> Table | None:
    """The rows, cut at the delimiter that gives the header most cells; None where a quote is not closed."""
    tables = [table for delimiter in ",;\t" if (table := cut(text, delimiter)) is not None and table.rows]
    return max(tables, key=lambda table: max(map(len, table.rows[:3])), default=None)


def value_of(cell: str) -> str:
    """What a cell says.

    >>> value_of('"say ""no"", please"'), value_of("plain")
    ('say "no", please', 'plain')
    """
    inner = cell.strip(" ")
    return inner[1:-1].replace('""', '"') if len(inner) > 1 and inner[0] == inner[-1] == '"' else cell


def _written(said: str, delimiter: str, before: str) -> str:
    """A new cell, between quotes where it has to be or its cell was."""
    needs = any(sign in said for sign in (delimiter, '"', "\n", "\r")) or before.lstrip().startswith('"')
    return '"' + said.replace('"', '""') + '"' if needs else said


def comment(text: str) -> str:
    """A remark that stands in one cell: one line, no formula."""
    return harmless(" ".join(text.split()))


def first_row(rows: Sequence[Sequence[str]]) -> int:
    """The first row that says anything."""
    return next((index for index, cells in enumerate(rows) if any(cell.strip() for cell in cells)), 0)
