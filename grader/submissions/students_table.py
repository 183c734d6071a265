"""A table with one student a row and one part a column.

* columns of parts are called after them, `11.1/1a`; a question's words may follow
* a student's column by any of its usual names, in English or Hebrew; a partner's column beside it
* an answer or a name that a spreadsheet turned into a date is told of, and the answer waits for a person
"""

from __future__ import annotations

from grader.submissions.columns import Read, answers, head_of, table_of


def recognises(text: str) -> bool:
    """Whether the first line names a student's column and a part's."""
    table = head_of(text)
    return table is not None and bool(table.ids()) and bool(table.places())


def read(text: str, source: str) -> Read:
    """One answer for each part of each row."""
    table = table_of(text)
    if table is not None:
        yield from answers(table, source, table.places())
