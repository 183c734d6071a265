"""When students handed in, as tables with one student a row say it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exercises.library import EDGES
from grader.results import Answer
from grader.submissions import google_forms
from grader.submissions.columns import head_of, table_of
from grader.submissions.table import Row

COLUMNS = frozenset(
    {
        "last modified (submission)",
        "עדכון אחרון (הגשה)",
        "מועד הגשת מטלה (אחרון)",
        "timestamp",
        "חותמת זמן",
        "submission time",
        "submitted",
        "submitted at",
        "completed",
        "הושלם",
        "הסתיים ב",
        "זמן הגשה",
        "מועד הגשה",
        "הוגש",
    }
)
_PARTICIPANT = re.compile(r"^\D+(\d+)$")


def times(text: str, source: str) -> Iterator[Answer]:
    """Whoever has a time in a row, under each name that the row has for them."""
    head = head_of(text)
    if head is None or COLUMNS.isdisjoint(head.names):
        return
    ids = google_forms.ids(head)  # in a form's questions too
    table = table_of(text)
    at = next(index for index, name in enumerate(head.names) if name in COLUMNS)
    for piece in table.pieces() if table else ():
        said = piece.cells[at].strip(EDGES) if isinstance(piece, Row) else ""
        if isinstance(piece, Row) and any(one.isdigit() for one in said):
            names = [piece.cells[index].strip(EDGES) for index in ids]
            numbers = [found[1] for name in names if (found := _PARTICIPANT.match(name))]
            for name in dict.fromkeys(filter(None, (*names, *numbers))):
                yield Answer(name, "", "", said, source, piece.line, "handed")
