"""Canvas' gradebook as CSV: a column an assignment, its number behind its title.

* `11.1 (1234)` takes the marks of 11.1; the only assignment takes the total; no column is added, since Canvas would
  make an assignment of it
* marks are scaled to the row `Points Possible`; columns that are read only stay as they are, and so do cells with `EX`
  (excused) and `N/A` (not assigned)
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.gradebooks.worksheets import Layout, chosen, indices

IDS = ("=student", "sis user id", "sis login id", "integration id", "id")
KEPT = ("EX", "N/A")
_ASSIGNMENT = re.compile(r".+\(\d+\)$")


def layout(names: Sequence[str], exercises: Sequence[str]) -> Layout | None:
    """The columns, where the first two are those of Canvas and a section follows."""
    first = names[0] if names else ""
    if not (first in ("student", "=student", "lastname") and "id" in names and "section" in names):
        return None
    assignments = {column: name for column, name in enumerate(names) if _ASSIGNMENT.fullmatch(name)}
    grades, unclear = chosen(names, assignments, exercises)
    return Layout(ids=indices(names, IDS), grades=grades, most_row="points possible", unclear=unclear, kept=KEPT)
