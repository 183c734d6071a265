"""A graded class in numbers: how hard each part was, how well it tells students apart, what went wrong and how often.

    facility         the mean share of the marks, of those that are decided
    discrimination   the correlation of a part's marks with the marks of all other parts; None where one does not vary
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import sqrt
from typing import Final, final

from grader.results import ClassResult, Result, Student
from grader.verdict import NAMES, Explanation, Follows, Slipped, name
from solver.frozen import frozen

BINS: Final = 10
MOST_EXAMPLES: Final = 3
VERDICTS: Final = (*NAMES.values(), "missing")
"""Every name that `verdict_name` gives."""


def verdict_name(result: Result) -> str:
    """The verdict's name, "missing" where there is no answer."""
    return name(result.judgement.verdict) if result.judgement else "missing"


@final
@frozen(slots=True)
class Typical:
    """An explanation of wrong answers, how many students' answers it explains, and some of those as typed."""

    explanation: Explanation
    count: int
    examples: tuple[str, ...]


@final
@frozen
class PartStatistics:
    """How one part went: the results of all students, and what can be said of them."""

    exercise: str
    part: str
    results: tuple[Result, ...]
    discrimination: float | None

    @property
    def counts(self) -> Counter[str]:
        """How often each verdict was given."""
        return Counter(map(verdict_name, self.results))

    @property
    def decided(self) -> list[Fraction]:
        """The marks that are decided."""
        return [result.marks for result in self.results if result.marks is not None]

    @property
    def mean(self) -> Fraction | None:
        """The mean of the marks that are decided; None where none is."""
        decided = self.decided
        return sum(decided, Fraction(0)) / len(decided) if decided else None

    @property
    def max(self) -> Fraction:
        """What could be earned."""
        return self.results[0].max

    @property
    def facility(self) -> Fraction | None:
        """The mean share of the marks; None where no mark is decided or there are none to earn."""
        return None if self.mean is None or not self.max else self.mean / self.max

    @property
    def slips(self) -> list[Typical]:
        """The explanations of wrong answers, the most frequent first."""
        found: dict[Explanation, list[str]] = {}
        for result in self.results:
            for explanation in explanations(result):
                found.setdefault(explanation, []).append(result.judgement.answer if result.judgement else "")
        typical = [
            Typical(explanation, len(answers), tuple(dict.fromkeys(answers))[:MOST_EXAMPLES])
            for explanation, answers in found.items()
        ]
        return sorted(typical, key=lambda one: (-one.count, str(one.explanation)))


@final
@frozen(slots=True)
class Group:
    """Students who belong together, and how they did."""

    name: str
    students: tuple[Student, ...]

    @property
    def shares(self) -> list[Fraction]:
        """The share of the marks that each earned."""
        return [share(student) for student in self.students]

    @property
    def mean(self) -> Fraction:
        """The mean share of the marks."""
        return sum(self.shares, Fraction(0)) / len(self.students)

    @property
    def deviation(self) -> float | None:
        """The sample's standard deviation; None of one student."""
        if len(self.students) < 2:
            return None
        return sqrt(sum((one - self.mean) ** 2 for one in self.shares) / (len(self.students) - 1))


def share(student: Student) -> Fraction:
    """The share of the marks that a student earned, pending ones counted 0."""
    return student.total / student.max if student.max else Fraction(0)


def histogram(students: Iterable[Student]) -> list[int]:
    """How many students earned each tenth of the marks; all of them counts to the last.

    >>> histogram([])
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    """
    bins = [0] * BINS
    for student in students:
        bins[min(BINS - 1, int(share(student) * BINS))] += 1
    return bins


def by_part(result: ClassResult) -> list[PartStatistics]:
    """Each part with the results of all students, in the order of the exercises."""
    found: dict[tuple[str, str], list[tuple[Student, Result]]] = {}
    for student in result.students:
        for one in student.results:
            found.setdefault((one.exercise, one.part), []).append((student, one))
    return [
        PartStatistics(exercise, part, tuple(one for _, one in results), _discrimination(results))
        for (exercise, part), results in found.items()
    ]


def _discrimination(results: Sequence[tuple[Student, Result]]) -> float | None:
    pairs = [
        (float(result.marks), float(student.total - result.marks))
        for student, result in results
        if result.marks is not None
    ]
    return correlation(pairs)


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation; None where there are fewer than three pairs or one side does not vary.

    >>> correlation([(0, 1), (1, 3), (2, 5)])
    1.0
    """
    if len(pairs) < 3:
        return None
    left, right = (sum(pair[side] for pair in pairs) / len(pairs) for side in range(2))
    together = sum((x - left) * (y - right) for x, y in pairs)
    alone = sqrt(sum((x - left) ** 2 for x, _ in pairs)), sqrt(sum((y - right) ** 2 for _, y in pairs))
    return round(together / (alone[0] * alone[1]), 6) if all(one > 1e-12 for one in alone) else None


def groups(result: ClassResult, of: Mapping[str, str]) -> list[Group]:
    """The students by group, groups in order of name; those of no group make one called ""."""
    found: dict[str, list[Student]] = {}
    for student in result.students:
        found.setdefault(of.get(student.student, ""), []).append(student)
    return [Group(group, tuple(students)) for group, students in sorted(found.items())]


def explanations(result: Result) -> tuple[Explanation, ...]:
    """What explains a wrong answer."""
    match result.judgement and result.judgement.verdict:
        case Slipped(slips) | Follows(_, slips):
            return slips
        case _:
            return ()


def waiting(result: ClassResult) -> list[tuple[str, str, str, list[tuple[Student, Result]]]]:
    """What a person has to look at: exercise, part, reading, and whose answers were read so.

    Answers that were not read are together where they are the same text, so that one decision serves all of them.
    """
    found: dict[tuple[str, str, str], list[tuple[Student, Result]]] = {}
    for student in result.students:
        for one in student.results:
            if one.pending:
                judged = one.judgement
                reading = (judged.read_as or judged.answer.strip()) if judged else ""
                found.setdefault((one.exercise, one.part, reading), []).append((student, one))
    order = {(part.exercise, part.part): place for place, part in enumerate(by_part(result))}
    rows = [(*place, answers) for place, answers in found.items()]
    return sorted(rows, key=lambda row: (order[row[0], row[1]], -len(row[3]), row[2]))
