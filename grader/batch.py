"""Grades a class: answers in, in any order; results by student and part out.

Nothing in the input is lost without a word: an answer that has no place becomes a problem that names its file and
line, and the parts that it may answer wait for a person; a student whose every row is broken still has a row of
results; a judge that fails on one answer leaves that answer to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import PurePath
from typing import Literal, TypeAlias, final, get_args

from exercises.codes import BadCode, plain_code
from exercises.exercise import BadExercise, Exercise, Instance, Part
from exercises.library import EDGES, Library, UnknownExercise, UnknownPart, natural, near, part_named
from grader.judge import Marker
from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import Judgement, Review, Right, marks

Policy: TypeAlias = Literal["first", "last", "best"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

CRASHED = "internal"
UNREAD = "unread_input"

Place: TypeAlias = tuple[str, str]  # exercise, part
Own: TypeAlias = Callable[[Exercise, str], str]
"""The code of the variant that an exercise has for a student; "" for the course's own numbers."""


def grade(
    answers: Iterable[Answer | Problem], library: Library, duplicates: Policy = "last", own: Own = lambda *_: ""
) -> ClassResult:
    """The graded class. Of several answers by a student to one part, the first, last or best counts.

    Where students have variants of their own, `own` gives the code of a student's. Otherwise the code counts that the
    student's sheet names.
    """
    collected = _Collected(library, own)
    for answer in answers:
        collected.add(answer)
    exercises = tuple(exercise.id for exercise in collected.exercises())
    collected.name_files()
    grader = _Grader(duplicates, exercises, collected.marker, collected.waiting, collected.misplaced)
    students = tuple(grader.student(name, given) for name, given in collected.given.items())
    return ClassResult(exercises, students, tuple(collected.problems), tuple(grader.set_aside))


# --- what was handed in


@final
@dataclass
class _Collected:
    """Answers by student and place, in the order of the input."""

    library: Library
    own: Own
    codes: dict[Place, str] = field(default_factory=dict)
    given: dict[str, dict[Place, list[Answer]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used: dict[str, Exercise] = field(default_factory=dict)
    unplaced: dict[str, dict[Place, Answer]] = field(default_factory=dict)
    misnamed: dict[tuple[str, str], list[tuple[Answer, tuple[str, ...]]]] = field(default_factory=dict)
    markers: dict[Place, Marker] = field(default_factory=dict)

    def add(self, answer: Answer | Problem) -> None:
        if isinstance(answer, Problem):
            self.problems.append(answer)
            return
        name = answer.student.strip(EDGES)
        if not name:
            self._refuse(answer, "no_student")
            return
        answer = replace(answer, student=name)
        places = self.given.setdefault(name, {})
        if answer.state == "unplaced" and not answer.exercise:
            self._wait(answer, "", "")
            return
        try:
            exercise = self.library.instance(answer.exercise).exercise
        except UnknownExercise as unknown:
            self._refuse(answer, "unknown_exercise", unknown.exercise)
            return
        except BadExercise as bad:
            self._refuse(answer, "bad_exercise", f"{bad.exercise}: {bad.problem}")
            return
        self.used[exercise.id] = exercise
        if not self._has_its_variant(answer, exercise):
            return
        try:
            part = part_named(exercise, answer.part).id if answer.part or answer.text else ""
        except UnknownPart as unknown:
            if answer.state != "unplaced":
                self._refuse(answer, "unknown_part", f"{unknown.exercise}/{unknown.part}")
                likely = near(unknown.part, (part.id for part in exercise.parts))
                self.misnamed.setdefault((name, exercise.id), []).append((answer, likely))
            else:
                self._wait(answer, exercise.id, "")
            return
        if answer.state == "unplaced":
            self._wait(answer, exercise.id, part)
        elif part and (answer.text.strip(EDGES) or answer.state == "unread"):
            placed = replace(answer, exercise=exercise.id, part=part)
            places.setdefault((exercise.id, part), []).append(placed)

    def _has_its_variant(self, answer: Answer, exercise: Exercise) -> bool:
        """Whether an answer is to the numbers that its student has; one to others waits for a person."""
        key = (answer.student, exercise.id)
        if key not in self.codes:
            named = plain_code(answer.variant) if answer.variant else ""
            self.codes[key] = self.own(exercise, answer.student) or named
            try:
                self.library.instance(exercise.id, self.codes[key])
            except (BadCode, BadExercise):
                self.codes[key] = ""
        if not answer.variant or plain_code(answer.variant) == self.codes[key]:
            return True
        if not answer.part:  # said once, at the head of the sheet
            self.problems.append(Problem(answer.source, answer.line, "other_variant", answer.variant))
        elif answer.text.strip(EDGES):
            self._wait(answer, exercise.id, "")
        return False

    def marker(self, student: str, exercise: str) -> Marker:
        """What judges a student's answers to an exercise."""
        code = self.codes.get((student, exercise), "")
        if (exercise, code) not in self.markers:
            self.markers[exercise, code] = Marker(self.library.instance(exercise, code))
        return self.markers[exercise, code]

    def name_files(self) -> None:
        """A file that could not be read and is called after a student who is known may hold any of that student's."""
        for problem in self.problems:
            name = PurePath(problem.source).stem.strip(EDGES)
            if problem.line == 0 and name in self.given:
                self._wait(Answer(name, "", "", "", problem.source, 0, "unplaced"), "", "")

    def exercises(self) -> list[Exercise]:
        """The exercises that any student handed in, in natural order."""
        return sorted(self.used.values(), key=lambda exercise: natural(exercise.id))

    def waiting(self, student: str, exercise: str, part: str) -> Answer | None:
        """What may be the student's answer to a part, where nothing else is."""
        found = self.unplaced.get(student, {})
        places = ((exercise, part), (exercise, ""), ("", ""))
        return next((found[place] for place in places if place in found), None)

    def _wait(self, answer: Answer, exercise: str, part: str) -> None:
        self.unplaced.setdefault(answer.student, {}).setdefault((exercise, part), answer)

    def misplaced(self, student: str, marker: Marker, part: Part) -> Answer | None:
        """What may be the student's answer to a part, under the name of a part that there is not: one that is spelled
        alike, or an answer that is right here."""
        for answer, likely in self.misnamed.get((student, marker.instance.exercise.id), ()):
            if not answer.text.strip(EDGES):
                continue
            if part.id in likely or isinstance(_judge(marker, part.id, answer.text, {}).verdict, Right):
                return answer
        return None

    def _refuse(self, answer: Answer, reason: str, detail: str = "") -> None:
        """Tells of an answer that has no place; where no exercise is known, any part may wait for a person."""
        if not (answer.part or answer.text or reason == "no_student"):
            return  # that somebody handed something in at all is told by its answers
        if answer.state in ("read", "cut"):  # else it was told of already
            self.problems.append(Problem(answer.source, answer.line, reason, detail))
        if answer.text.strip(EDGES) and reason == "unknown_exercise":
            self._wait(answer, "", "")


# --- judging


@final
@dataclass
class _Grader:
    """Judges with one marker an exercise, each different answer once."""

    duplicates: Policy
    exercises: tuple[str, ...]
    marker: Callable[[str, str], Marker]
    waiting: Callable[[str, str, str], Answer | None]
    misplaced: Callable[[str, Marker, Part], Answer | None]
    set_aside: list[Answer] = field(default_factory=list)
    _known: dict[tuple[str, ...], Judgement] = field(default_factory=dict)

    def student(self, name: str, given: Mapping[Place, list[Answer]]) -> Student:
        """All results of one student."""
        results: list[Result] = []
        for exercise_id in self.exercises:
            marker = self.marker(name, exercise_id)
            counted = self._chosen(exercise_id, marker, given)
            for part in marker.instance.exercise.parts:
                if part.id in counted:
                    continue
                unplaced = self.waiting(name, exercise_id, part.id) or self.misplaced(name, marker, part)
                if unplaced:
                    counted[part.id] = Judgement(part.id, unplaced.text, "", Review(UNREAD))
            results += [
                _result(marker.instance, part, counted.get(part.id), len(given.get((exercise_id, part.id), ())))
                for part in marker.instance.exercise.parts
            ]
        return Student(name, tuple(results))

    def _chosen(self, exercise_id: str, marker: Marker, given: Mapping[Place, list[Answer]]) -> dict[str, Judgement]:
        """The judgement that counts for each part that was answered; parts that others rest on come first."""
        texts: dict[str, str] = {}
        chosen: dict[str, Judgement] = {}
        for part in sorted(marker.instance.exercise.parts, key=lambda part: len(marker.rests_on(part.id))):
            answers = given.get((exercise_id, part.id), [])
            judged = [self._judged(exercise_id, marker, part, answer, texts) for answer in answers]
            if judged:
                counts = self._counting(judged, part)
                self.set_aside += [answer for index, answer in enumerate(answers) if index != counts]
                chosen[part.id] = judged[counts]
                if answers[counts].state != "unread":
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

    def _judged(
        self, exercise_id: str, marker: Marker, part: Part, answer: Answer, texts: Mapping[str, str]
    ) -> Judgement:
        """The judgement of one answer; what did not come whole out of its file is left to a person unless right."""
        if answer.state == "unread":
            return Judgement(part.id, answer.text, "", Review(UNREAD))
        judgement = self._judgement(exercise_id, marker, part.id, answer.text, texts)
        if answer.state == "cut" and marks(judgement.verdict, part) not in (None, part.marks):
            return replace(judgement, verdict=Review(UNREAD))
        return judgement

    def _judgement(self, exercise_id: str, marker: Marker, part: str, text: str, texts: Mapping[str, str]) -> Judgement:
        earlier = {other: texts[other] for other in marker.rests_on(part) if other in texts}
        said = (f"{other}={answer}" for other, answer in earlier.items())
        known = (exercise_id, marker.instance.variant, part, text, *said)
        if known not in self._known:
            self._known[known] = _judge(marker, part, text, earlier)
        return self._known[known]


def _judge(marker: Marker, part: str, text: str, earlier: Mapping[str, str]) -> Judgement:
    try:
        return marker.judge(part, text, earlier)
    except Exception:  # a fault of ours must cost neither this student nor the rest of the class
        return Judgement(part, text, "", Review(CRASHED))


def _worth(judgement: Judgement, part: Part) -> Fraction:
    """What an answer is worth in a choice of the best: one that waits for a person beats one that earned nothing."""
    earned = marks(judgement.verdict, part)
    return earned if earned is not None else Fraction(part.marks) / 10**6


def _result(instance: Instance, part: Part, judgement: Judgement | None, times: int) -> Result:
    exercise_id, variant, full = instance.exercise.id, instance.variant, Fraction(part.marks)
    if judgement is None:
        return Result(exercise_id, part.id, full, Fraction(0), None, (), variant)
    notes = ("duplicate",) if times > 1 else ()
    return Result(exercise_id, part.id, full, marks(judgement.verdict, part), judgement, notes, variant)
