"""Moodle's offline grading worksheet, which is uploaded again as it was downloaded.

* columns by name in English and Hebrew, and as sites call them; a column of identifiers also by what stands in it
* marks are scaled to the maximum grade; a grade that may not be changed is left
* what Moodle needs to import the file (Identifier, Grade, Last modified (grade)) stands where it stood
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradebooks.worksheets import Layout, index_of, indices

IDENTIFIER = ("=identifier", "identifier", "מזהה", "מספר מזהה", "מזהה משתתף")
IDS = (
    *IDENTIFIER,
    "=student",
    "id number",
    "מספר זהות",
    "תעודת זהות",
    "תז",
    "ת.ז.",
    "ת.ז",
    "username",
    "שם משתמש",
    "email address",
    "כתובת דואל",
    "כתובת דוא״ל",
    "דואר אלקטרוני",
    "כתובת אימייל",
)
GRADE = ("=grade", "grade", "ציון", "ציונים")
MODIFIED = ("last modified (grade)", "עדכון אחרון (ציון)", "תאריך שינוי אחרון (ציון)", "מועד עדכון אחרון (ציון)")
MOST = ("=max", "maximum grade", "ציון מירבי", "ציון מרבי", "ציון מקסימלי")
FEEDBACK = ("=feedback", "feedback comments", "הערות למשוב", "הערות משוב", "משוב", "הערות")
LOCKED = ("grade can be changed", "הציון ניתן לשינוי", "ניתן לשנות את הציון")
GROUP = ("=group", "group", "קבוצה")
ONLINE_TEXT = ("=answer", "online text", "טקסט מקוון", "תוכן מקוון", "טקסט מקוון להגשה")


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where there are an identifier, a grade, and something else that only this worksheet has.

    An identifier that was named by hand is such a thing.
    """
    identifier, grade = index_of(names, *IDENTIFIER), index_of(names, *GRADE)
    own = index_of(names, IDENTIFIER[0], *MODIFIED, *MOST[1:], *LOCKED)
    if identifier is None or grade is None or own is None:
        return None
    feedback = index_of(names, *FEEDBACK)
    return Layout(
        ids=indices(names, IDS),
        grades={grade: ""},
        feedback={} if feedback is None else {feedback: ""},
        most=index_of(names, *MOST),
        locked=index_of(names, *LOCKED),
        group=index_of(names, *GROUP),
    )
