"""A class's statistics as data: one document for programs, and a table with a row a part."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from grader.gradebooks.cells import decimal
from grader.gradebooks.marks_json import dumped
from grader.results import ClassResult
from grader.statistics import VERDICTS, PartStatistics, by_part, groups, histogram, share, verdict_name, waiting

HEAD: Final = ("exercise", "part", "max", *VERDICTS, "mean", "facility", "discrimination", "most_frequent_slip")


def report_json(result: ClassResult, of_group: Mapping[str, str]) -> bytes:
    """Everything that the class report says, schema tirgul/report/1."""
    document = {
        "schema": "tirgul/report/1",
        "students": len(result.students),
        "histogram": histogram(result.students),
        "shares": {student.student: round(float(share(student)), 6) for student in result.students},
        "parts": [_part(part) for part in by_part(result)],
        "followed": [
            {"student": student.student, "exercise": one.exercise, "part": one.part}
            for student in result.students
            for one in student.results
            if verdict_name(one) == "follows"
        ],
        "waiting": [
            {
                "exercise": exercise,
                "part": part,
                "read_as": reading,
                "verdict": verdict_name(answers[0][1]),
                "students": [student.student for student, _ in answers],
            }
            for exercise, part, reading, answers in waiting(result)
        ],
        "groups": [
            {
                "group": group.name,
                "students": len(group.students),
                "mean": round(float(group.mean), 6),
                "deviation": None if group.deviation is None else round(group.deviation, 6),
            }
            for group in (groups(result, of_group) if of_group else ())
        ],
    }
    return dumped(document).encode()


def report_csv(result: ClassResult) -> bytes:
    """A row a part, as spreadsheets read it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(HEAD)
    for part in by_part(result):
        slips = part.slips
        rows.writerow(
            [
                part.exercise,
                part.part,
                decimal(part.max),
                *(part.counts[verdict] for verdict in VERDICTS),
                "" if part.mean is None else decimal(part.mean),
                "" if part.facility is None else f"{float(part.facility):.4f}",
                "" if part.discrimination is None else f"{part.discrimination:.4f}",
                "+".join(slip.name for slip in slips[0].explanation) if slips else "",
            ]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _part(part: PartStatistics) -> dict[str, Any]:
    return {
        "exercise": part.exercise,
        "part": part.part,
        "max": decimal(part.max),
        "verdicts": {verdict: part.counts[verdict] for verdict in VERDICTS},
        "mean": None if part.mean is None else decimal(part.mean),
        "facility": None if part.facility is None else round(float(part.facility), 6),
        "discrimination": part.discrimination,
        "slips": [
            {
                "slips": [{"rule": slip.rule, "name": slip.name, "about": slip.about} for slip in one.explanation],
                "count": one.count,
                "examples": list(one.examples),
            }
            for one in part.slips
        ],
    }
