"""nbgrader's export: a row an exercise and student.

* as a source, the rows' `raw_score` and `score` are filled in; as a file of our own, `nbgrader.csv` is such an export
* names, dates and penalties are nbgrader's to know; a student without an answer has 0.0, as nbgrader writes it
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction

from grader.gradebooks.cells import decimal, harmless
from grader.gradebooks.worksheets import Layout, indices
from grader.results import ClassResult

OWN_FILE = "nbgrader.csv"
NAMES = (
    "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty score "
    "max_score"
).split()


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where they are nbgrader's."""
    if not {"assignment", "student_id", "raw_score", "score", "max_score"} <= set(names):
        return None
    return Layout(
        ids=indices(names, ("student_id", "email")),
        grades=dict.fromkeys(indices(names, ("raw_score", "score")), ""),
        most=names.index("max_score"),
        exercise=names.index("assignment"),
    )


def write(result: ClassResult) -> bytes:
    """The export; an exercise in which a person has to decide first has no score yet."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(NAMES)
    for exercise in result.exercises:
        for student in result.students:
            results = [one for one in student.results if one.exercise == exercise]
            most = sum((one.max for one in results), Fraction(0))
            waits = any(one.pending for one in results)
            score = "" if waits else decimal(sum((one.marks or Fraction(0) for one in results), Fraction(0)))
            about = [harmless(exercise), "", "", harmless(student.student), "", "", ""]
            table.writerow([*about, score, "0.00", score, decimal(most)])
    return text.getvalue().encode()
