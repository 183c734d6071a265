"""Grades a class: answers in, in any order; results by student and part out.

Nothing in the input is lost without a word: an answer that has no place becomes a problem that names its file and
line, a student whose every row is broken still has a row of results, and a judge that fails on one answer leaves that
answer to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal, TypeAlias, final, get_args

from exercises.exercise import BadExercise, Exercise, Part
from exercises.library import EDGES, Library, UnknownExercise, UnknownPart, natural, part_named
from grader.judge import Marker
from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import Judgement, Review, marks

Policy: TypeAlias = Literal["first", "last", "best"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

CRASHED = "internal"

Place: TypeAlias = tuple[str, str]  # exercise, part


def grade(answers: Iterable[Answer | Problem], library: Library, duplicates: Policy = "last") -> ClassResult:
    """The graded class. Of several answers by a student to one part, the first, last or best counts."""
    collected = _Collected(library)
    for answer in answers:
        collected.add(answer)
    markers = {exercise.id: Marker(library.instance(exercise.id)) for exercise in collected.exercises()}
    grader = _Grader(duplicates, markers)
    students = tuple(grader.student(name, given) for name, given in collected.given.items())
    return ClassResult(tuple(grader.markers), students, tuple(collected.problems), tuple(grader.set_aside))


# --- what was handed in


@final
@dataclass
class _Collected:
    """Answers by student and place, in the order of the input."""

    library: Library
    given: dict[str, dict[Place, list[Answer]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used: dict[str, Exercise] = field(default_factory=dict)

    def add(self, answer: Answer | Problem) -> None:
        if isinstance(answer, Problem):
            self.problems.append(answer)
            return
        name = answer.student.strip(EDGES)
        if not name:
            self._refuse(answer, "no_student")
            return
        places = self.given.setdefault(name, {})
        try:
            exercise = self.library.instance(answer.exercise).exercise
            part = part_named(exercise, answer.part) if answer.part or answer.text else None
        except UnknownExercise as unknown:
            self._refuse(answer, "unknown_exercise", unknown.exercise)
        except UnknownPart as unknown:
            self._refuse(answer, "unknown_part", f"{unknown.exercise}/{unknown.part}")
        except BadExercise as bad:
            self._refuse(answer, "bad_exercise", f"{bad.exercise}: {bad.problem}")
        else:
            self.used[exercise.id] = exercise
            if part is not None and answer.text.strip(EDGES):
                placed = replace(answer, student=name, exercise=exercise.id, part=part.id)
                places.setdefault((exercise.id, part.id), []).append(placed)

    def exercises(self) -> list[Exercise]:
        """The exercises that any student handed in, in natural order."""
        return sorted(self.used.values(), key=lambda exercise: natural(exercise.id))

    def _refuse(self, answer: Answer, reason: str, detail: str = "") -> None:
        """Tells of an answer that has no place; that somebody handed something in at all is told by its answers."""
        if answer.part or answer.text or reason == "no_student":
            self.problems.append(Problem(answer.source, answer.line, reason, detail))


# --- judging


@final
@dataclass
class _Grader:
    """Judges with one marker an exercise, each different answer once."""

    duplicates: Policy
    markers: Mapping[str, Marker]
    set_aside: list[Answer] = field(default_factory=list)
    _known: dict[tuple[str, ...], Judgement] = field(default_factory=dict)

    def student(self, name: str, given: Mapping[Place, list[Answer]]) -> Student:
        """All results of one student."""
        results: list[Result] = []
        for exercise_id, marker in self.markers.items():
            counted = self._chosen(exercise_id, marker, given)
            results += [
                _result(exercise_id, part, counted.get(part.id), len(given.get((exercise_id, part.id), ())))
                for part in marker.instance.exercise.parts
            ]
        return Student(name, tuple(results))

    def _chosen(self, exercise_id: str, marker: Marker, given: Mapping[Place, list[Answer]]) -> dict[str, Judgement]:
        """The judgement that counts for each part that was answered; parts that others rest on come first."""
        texts: dict[str, str] = {}
        chosen: dict[str, Judgement] = {}
        for part in sorted(marker.instance.exercise.parts, key=lambda part: len(marker.rests_on(part.id))):
            answers = given.get((exercise_id, part.id), [])
            judged = [self._judgement(exercise_id, marker, part.id, answer.text, texts) for answer in answers]
            if judged:
                counts = self._counting(judged, part)
                self.set_aside += [answer for index, answer in enumerate(answers) if index != counts]
                chosen[part.id] = judged[counts]
                texts[part.id] = answers[counts].text
        return chosen

    def _counting(self, judged: list[Judgement], part: Part) -> int:
        """Which of the answers to one part counts."""
        match self.duplicates:
            case "first":
                return 0
            case "last":
                return len(judged) - 1
            case "best":
                return max(range(len(judged)), key=lambda index: (_worth(judged[index], part), index))

    def _judgement(self, exercise_id: str, marker: Marker, part: str, text: str, texts: Mapping[str, str]) -> Judgement:
        earlier = {other: texts[other] for other in marker.rests_on(part) if other in texts}
        said = (f"{other}={answer}" for other, answer in earlier.items())
        known = (exercise_id, marker.instance.variant, part, text, *said)
        if known not in self._known:
            self._known[known] = _judged(marker, part, text, earlier)
        return self._known[known]


def _judged(marker: Marker, part: str, text: str, earlier: Mapping[str, str]) -> Judgement:
    try:
        return marker.judge(part, text, earlier)
    except Exception:  # a fault of ours must cost neither this student nor the rest of the class
        return Judgement(part, text, "", Review(CRASHED))


def _worth(judgement: Judgement, part: Part) -> Fraction:
    """What an answer is worth in a choice of the best: one that waits for a person beats one that earned nothing."""
    earned = marks(judgement.verdict, part)
    return earned if earned is not None else Fraction(part.marks) / 10**6


def _result(exercise_id: str, part: Part, judgement: Judgement | None, times: int) -> Result:
    full = Fraction(part.marks)
    if judgement is None:
        return Result(exercise_id, part.id, full, Fraction(0), None)
    notes = ("duplicate",) if times > 1 else ()
    return Result(exercise_id, part.id, full, marks(judgement.verdict, part), judgement, notes)
