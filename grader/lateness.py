"""What handing in late costs: a share of the marks for each day begun, as a course says it.

A time that nobody can read, or several that contradict each other, cost nothing: they are told of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from math import ceil
from typing import final

from exercises.library import EDGES
from grader.results import Answer, ClassResult, Problem, Result
from solver.frozen import frozen

LATE = "late"
MONTHS = (
    ("jan", "ינו"), ("feb", "פבר"), ("mar", "מרץ", "מרס"), ("apr", "אפר"), ("may", "מאי"), ("jun", "יונ"),
    ("jul", "יול"), ("aug", "אוג"), ("sep", "ספט"), ("oct", "אוק"), ("nov", "נוב"), ("dec", "דצמ"),
)  # fmt: skip

_CLOCK = r"(?:,?\s+|T)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(am|pm)?\s*(z|(?:gmt|utc)?([+-]\d{1,2}):?(\d\d)?)?$"
_YEAR_FIRST = re.compile(rf"^(\d{{4}})[-/](\d{{1,2}})[-/](\d{{1,2}}){_CLOCK}", re.IGNORECASE)
_YEAR_LAST = re.compile(rf"^(\d{{1,2}})([./-])(\d{{1,2}})[./-](\d{{4}}){_CLOCK}", re.IGNORECASE)
_WORDS = re.compile(rf"^(\d{{1,2}})\s+ב?([^\W\d]{{3,}})\.?,?\s+(\d{{4}}){_CLOCK}", re.IGNORECASE)
_WEEKDAY = re.compile(r"^[^\d]+,\s*")


@final
@frozen(slots=True)
class Late:
    """When exercises are due, and what each day costs that has begun since, up to the most.

    `extra` are days that a student has more. Times without a zone are those of `zone`.
    """

    due: datetime | None = None
    exercises: Mapping[str, datetime] = field(default_factory=dict)
    grace: timedelta = timedelta(0)
    per_day: Fraction = Fraction(0)
    most: Fraction = Fraction(1)
    extra: Mapping[str, int] = field(default_factory=dict)
    zone: tzinfo | None = None

    def days(self, student: str, exercise: str, handed: datetime) -> int:
        """How many days late an exercise was handed in, begun ones counted whole."""
        due = self.exercises.get(exercise, self.due)
        if due is None:
            return 0
        over = self.zoned(handed) - self.zoned(due) - timedelta(days=self.extra.get(student, 0))
        return 0 if over <= self.grace else ceil(over / timedelta(days=1))

    def share(self, days: int) -> Fraction:
        """What is left of the marks.

        >>> rules = Late(per_day=Fraction(1, 10), most=Fraction(1, 2))
        >>> [str(rules.share(days)) for days in (0, 1, 3, 9)]
        ['1', '9/10', '7/10', '1/2']
        """
        return 1 - min(self.most, self.per_day * days)

    def zoned(self, time: datetime) -> datetime:
        """A time with its zone: the course's, else this machine's, where it says none."""
        if time.tzinfo is not None:
            return time
        return time.astimezone() if self.zone is None else time.replace(tzinfo=self.zone)


def time_of(said: str) -> datetime | None:
    """A time as course sites write it; None where it is none, or may be either of two days.

    >>> for said in ("2026/09/27 3:00:00 PM GMT+3", "Saturday, 28 November 2020, 4:07 AM",
    ...              "יום שבת, 28 בנובמבר 2020, 04:07", "27.9.2026 14:00", "8/14/2025 23:25"):
    ...     print(time_of(said))
    2026-09-27 15:00:00+03:00
    2020-11-28 04:07:00
    2020-11-28 04:07:00
    2026-09-27 14:00:00
    2025-08-14 23:25:00
    >>> time_of("8/4/2025 23:25:41"), time_of("2026-02-30 10:00"), time_of("-")
    (None, None, None)
    """
    text = _WEEKDAY.sub("", " ".join("".join(" " if one in EDGES else one for one in said).split()))
    if found := _YEAR_FIRST.match(text):
        year, month, day = (int(found[at]) for at in (1, 2, 3))
    elif found := _WORDS.match(text):
        day, year = int(found[1]), int(found[3])
        month = next((at for at, names in enumerate(MONTHS, 1) if found[2].casefold().startswith(names)), 0)
    elif found := _YEAR_LAST.match(text):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] != "." and month > 12:
            day, month = month, day
        elif found[2] != "." and day <= 12 and day != month:
            return None
    else:
        return None
    hour, minute, second, half, zone, zone_hours, zone_minutes = found.groups()[-7:]
    hours = int(hour) % 12 + 12 * (half.casefold() == "pm") if half else int(hour)
    sign = (zone_hours or "+")[0]
    ahead = timedelta(hours=int(zone_hours or 0), minutes=int(f"{sign}{zone_minutes or 0}")) if zone else None
    try:
        return datetime(
            year, month, day, hours, int(minute), int(second or 0), tzinfo=None if ahead is None else timezone(ahead)
        )
    except ValueError:
        return None


def with_late(result: ClassResult, late: Late, handed: Iterable[Answer], *, first: bool = False) -> ClassResult:
    """A class with what was handed in late worth less; of several times in a file the last one counts, or the first."""
    times, problems = _times(handed, late, first)
    students = tuple(
        replace(one, results=tuple(_reduced(one.student, each, times.get(one.student), late) for each in one.results))
        for one in result.students
    )
    here = {one.student for one in result.students}
    problems = {name: told for name, told in problems.items() if name in here}
    unknown = sorted(here - times.keys() - problems.keys())
    missing = [Problem(LATE, 0, "no_time", ", ".join(unknown[:9]) + ("…" if len(unknown) > 9 else ""))] * bool(unknown)
    return replace(result, students=students, problems=(*result.problems, *problems.values(), *missing))


def _times(handed: Iterable[Answer], late: Late, first: bool) -> tuple[dict[str, datetime], dict[str, Problem]]:
    """When each student handed in, and why that is not known."""
    by_file: dict[str, dict[str, datetime]] = {}
    problems = {}
    for one in handed:
        time = time_of(one.text)
        if time is None:
            problems[one.student] = Problem(one.source, one.line, "time_unread", f"{one.student}: {one.text[:60]}")
            continue
        files = by_file.setdefault(one.student, {})
        zoned = late.zoned(time)
        files[one.source] = (min if first else max)(files.get(one.source, zoned), zoned)
    for student, files in by_file.items():
        if len(set(files.values())) > 1:
            problems[student] = Problem(next(iter(files)), 0, "times_differ", student)
    times = {name: next(iter(files.values())) for name, files in by_file.items() if name not in problems}
    return times, problems


def _reduced(student: str, result: Result, handed: datetime | None, late: Late) -> Result:
    if handed is None or result.judgement is None:
        return result
    days = late.days(student, result.exercise, handed)
    if not days:
        return result
    marks = None if result.marks is None else result.marks * late.share(days)
    return replace(result, marks=marks, notes=(*result.notes, LATE))
