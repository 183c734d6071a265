"""A table of one's own with one student a row and a column to fill in, as CSV or as a spreadsheet.

* the column `grade` (ציון) takes the total, one called after an exercise its marks, `feedback` (משוב) what is said
* a column of answers, `11.1/1a`, stays as it is
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradebooks.worksheets import Layout, index_of, indices

IDS = (
    "=student",
    "student",
    "student id",
    "student_id",
    "id number",
    "תעודת זהות",
    "תז",
    "ת.ז.",
    "ת.ז",
    "מספר זהות",
    "מספר סטודנט",
    "סטודנט",
    "סטודנטית",
    "מזהה",
    "sid",
    "email",
    "email address",
    "id",
)
GRADE = ("=grade", "grade", "mark", "score", "total", "ציון", "סהכ", "סך הכל")
MOST = ("=max", "max", "maximum", "ציון מרבי", "ציון מירבי")
FEEDBACK = ("=feedback", "feedback", "comments", "משוב", "הערות")


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where there is a student's and one to fill in."""
    ids = indices(names, IDS)
    grade, feedback = index_of(names, *GRADE), index_of(names, *FEEDBACK)
    grades = {names.index(exercise.casefold()): exercise for exercise in exercises if exercise.casefold() in names}
    if grade is not None:
        grades[grade] = ""
    if not ids or not grades or "max_score" in names or "חותמת זמן" in names or "timestamp" in names:
        return None
    return Layout(
        ids=ids,
        grades=grades,
        feedback={} if feedback is None else {feedback: ""},
        most=index_of(names, *MOST),
    )
