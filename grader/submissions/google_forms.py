"""What a Google form collected, as its own CSV or as the CSV of the sheet linked to it.

* the first column is the timestamp, in English or Hebrew; a question is an answer to the part that its text begins with
* the student is who a question asks for an id, else the address that the form collected
* several tries are several answers, in the order in which they came
"""

from __future__ import annotations

from grader.submissions.columns import Read, Table, answers, head_of, table_of

STAMPS = ("timestamp", "חותמת זמן")
ADDRESSES = ("username", "email", "אימייל", "דואל")


def recognises(text: str) -> bool:
    """Whether the first column is the timestamp of a form."""
    table = head_of(text)
    return table is not None and table.names[0] in STAMPS


def read(text: str, source: str) -> Read:
    """One answer for each question that names its part."""
    table = table_of(text)
    if table is not None:
        yield from answers(table, source, table.places(), ids(table))


def ids(table: Table) -> tuple[int, ...]:
    """Columns of ids, also where the question is longer: `תעודת זהות (9 ספרות)`; an address comes last."""
    words = ("תעודת זהות", "student id", "id number", "מספר זהות", *ADDRESSES)
    longer = (index for word in words for index, name in enumerate(table.names) if word in name)
    found = dict.fromkeys((*table.ids(), *longer))
    return tuple(sorted(found, key=lambda index: any(word in table.names[index] for word in ADDRESSES)))
