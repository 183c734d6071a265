"""Moodle's gradebook as CSV: a column an assignment, perhaps one of feedback beside it.

* `Assignment: 11.1 (Real)` takes the marks of 11.1; the only assignment of a file takes the total
* `Last downloaded from this course` and everything else stays as it is, so that Moodle imports every row
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.gradebooks.worksheets import Layout, chosen, index_of, indices

IDS = (
    "=student",
    "id number",
    "מספר זהות",
    "תעודת זהות",
    "תז",
    "username",
    "שם משתמש",
    "email address",
    "כתובת דואל",
    "כתובת אימייל",
    "דואר אלקטרוני",
)
_ASSIGNMENT = re.compile(r"^(?:assignment|quiz|מטלה|בוחן|תרגיל): .*")
_FEEDBACK = re.compile(r"^(?:feedback|משוב): |\((?:feedback|משוב)\)$")
_MARKS = ("last downloaded from this course", "course total", "הורדה אחרונה מקורס זה", 'סהכ הקורס', "סך הכל בקורס")


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where there is an id beside an assignment or beside what ends a gradebook."""
    ids = indices(names, IDS)
    assignments = {
        column: name for column, name in enumerate(names) if _ASSIGNMENT.match(name) and not _FEEDBACK.search(name)
    }
    ends = any(name.startswith(_MARKS) for name in names)
    if not ids or not (assignments or (ends and index_of(names, "=grade") is not None)):
        return None
    grades, unclear = chosen(names, assignments, exercises)
    feedback: dict[int, str] = {}
    by_hand = index_of(names, "=feedback")
    if by_hand is not None:
        feedback[by_hand] = ""
    for column, exercise in grades.items():
        title = _core(names[column])
        feedback |= {
            other: exercise
            for other, name in enumerate(names)
            if by_hand is None and _FEEDBACK.search(name) and _core(name) == title
        }
    return Layout(ids=ids, grades=grades, feedback=feedback, unclear=unclear)


def _core(name: str) -> str:
    """An assignment's own name, without what kind of column it is.

    >>> _core("assignment: 11.1 (real)"), _core("feedback: 11.1"), _core("assignment: 11.1 (feedback)")
    ('11.1', '11.1', '11.1')
    """
    return re.sub(r"^[^:]+: |\s*\([^()]*\)$", "", name).strip()
