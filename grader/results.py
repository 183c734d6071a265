"""What grading a class gives: values only, in the order of the input, ready to be written or shown."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, final

from grader.verdict import Judgement
from solver.frozen import frozen

BY_HAND = "by_hand"
"""The note of a result whose mark a person gave."""

State: TypeAlias = Literal["read", "cut", "unread", "unplaced", "handed"]
"""How an answer came out of its file.

read      whole
cut       something stands behind it that has no place and may belong to it: a person decides, unless it is right
unread    at this place an answer stands that could not be read: a person decides
unplaced  may be the answer to this part ("": to any of the exercise, of any exercise): a person decides on parts that
          nothing else answers
handed    no answer, but when the student handed in, as the text says
"""


@final
class Answer(NamedTuple):  # a class has a million of them, and these are made in a third of the time
    """One answer as handed in, where it was found, whether it came out whole, and the variant that its sheet names."""

    student: str
    exercise: str
    part: str
    text: str
    source: str = ""
    line: int = 0
    state: State = "read"
    variant: str = ""


@final
@frozen(slots=True)
class Problem:
    """Something in the input that nobody can read or place, or a note on how it was read; it costs nobody anything.

    `reason` is a key of the catalogs, `detail` the words that it is about.
    """

    source: str
    line: int
    reason: str
    detail: str = ""


@final
@frozen(slots=True)
class Result:
    """One part of one student: what was answered (None: nothing) and what it earned (None: a person decides)."""

    exercise: str
    part: str
    max: Fraction
    marks: Fraction | None
    judgement: Judgement | None
    notes: tuple[str, ...] = ()
    variant: str = ""

    @property
    def pending(self) -> bool:
        """Whether a person has to look."""
        return self.marks is None


def summed(marks: Iterable[Fraction | None]) -> Fraction:
    """The sum of marks, pending ones counted 0; in whole numbers as far as that goes, for a class has many.

    >>> summed([Fraction(1, 2), Fraction(3), None, Fraction(1, 2)])
    Fraction(4, 1)
    """
    parts: dict[int, int] = {}
    for mark in marks:
        if mark is not None:
            above, below = mark.as_integer_ratio()
            parts[below] = parts.get(below, 0) + above
    return sum((Fraction(above, below) for below, above in parts.items()), Fraction(0))


@final
@frozen
class Student:
    """All results of one student, parts in the order of their exercises."""

    student: str
    results: tuple[Result, ...]

    @cached_property
    def total(self) -> Fraction:
        """The sum of the marks, pending ones counted 0."""
        return summed([result.marks for result in self.results])

    @cached_property
    def max(self) -> Fraction:
        """What could be earned."""
        return summed([result.max for result in self.results])

    @cached_property
    def pending(self) -> int:
        """How many results a person has to look at."""
        return sum(result.marks is None for result in self.results)


@final
@frozen(slots=True)
class ClassResult:
    """A graded class: students in order of first appearance, problems, and what was handed in twice."""

    exercises: tuple[str, ...]
    students: tuple[Student, ...]
    problems: tuple[Problem, ...] = ()
    duplicates: tuple[Answer, ...] = ()
