"""Moodle's offline grading worksheet, for what students typed into its editor.

* the column `Online text` holds answers, a line a part; other columns hold none
* a student is the number of the column Identifier, by which Moodle's archives call the same student
"""

from __future__ import annotations

import re

from exercises.library import EDGES
from grader.gradebooks.moodle_worksheet import ONLINE_TEXT
from grader.gradebooks.worksheets import Layout, layout_of, plain
from grader.results import Problem
from grader.submissions import answer_lines, sheets_markdown
from grader.submissions.columns import Read, Table, head_of, table_of
from grader.submissions.online_text import unmarked
from grader.submissions.table import Broken, Row


def recognises(text: str) -> bool:
    """Whether the table is such a worksheet and has texts."""
    table = head_of(text)
    names = [plain(name) for name in table.header.cells] if table else []
    return any(name in names for name in ONLINE_TEXT) and _layout(table) is not None


def read(text: str, source: str) -> Read:
    """The answers of each row's text."""
    table = table_of(text)
    names = [plain(name) for name in table.header.cells] if table else []
    layout = _layout(table)
    if table is None or layout is None:
        return
    column = next(names.index(name) for name in ONLINE_TEXT if name in names)
    for piece in table.pieces():
        if isinstance(piece, Broken):
            yield Problem(source, piece.line, piece.reason)
            continue
        said = unmarked(piece.cells[column])
        identifier = re.search(r"\d+$", piece.cells[layout.ids[0]].strip(EDGES))
        if not said.strip(EDGES) or identifier is None:
            continue
        one = next((one for one in (sheets_markdown, answer_lines) if one.recognises(said)), None)
        if one is None:
            yield Problem(source, piece.line, "no_place_in_text", identifier[0])
        else:
            yield from one.read_owned(said, source, identifier[0])


def _layout(table: Table | None) -> Layout | None:
    """The columns of the worksheet, if the table is one."""
    rows = [piece.cells for piece in table.pieces() if isinstance(piece, Row)] if table else []
    return layout_of([table.header.cells, *rows], form="moodle-worksheet") if table else None
