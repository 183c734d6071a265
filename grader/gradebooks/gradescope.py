"""Gradescope's scores as CSV: a row a student, with what every question earned there.

* `Total Score` takes the total, scaled to `Max Points`; the columns of questions stay as Gradescope counted them
* Gradescope takes no scores back: the filled table is for the gradebook that they go to from there
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradebooks.worksheets import Layout, index_of, indices

IDS = ("=student", "sid", "student id", "email")
OWN = {"total score", "max points", "status", "submission id"}


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where they are Gradescope's."""
    ids, grade = indices(names, IDS), index_of(names, "=grade", "total score")
    if not ids or grade is None or not set(names) >= OWN:
        return None
    return Layout(ids=ids, grades={grade: ""}, most=names.index("max points"))
