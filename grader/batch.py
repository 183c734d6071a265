"""Grades a class: answers in, in any order; results by student and part out.

Nothing in the input is lost without a word: an answer that has no place becomes a problem that names its file and
line, and the parts that it may answer wait for a person; a student whose every row is broken still has a row of
results; a judge that fails on one answer leaves that answer to a person.

Exercise by exercise, all that has to be judged is asked of `judges` at once, equal questions once: how and where it
is judged changes no result and no order.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import PurePath
from sys import intern
from typing import Literal, TypeAlias, final, get_args

from exercises.codes import BadCode, has_variants, plain_code
from exercises.exercise import BadExercise, Exercise, Part
from exercises.library import EDGES, Library, UnknownExercise, UnknownPart, natural, near, part_named
from grader.chunks import CRASHED as CRASHED
from grader.chunks import Asked, Bench
from grader.judge import Marker
from grader.lateness import Late, with_late
from grader.pile import Pile
from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import Judgement, Review, Right, marks

Policy: TypeAlias = Literal["first", "last", "best"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

UNREAD = "unread_input"
MANY = 50_000  # new values
NOTHING = Fraction(0)
OFTEN = 50  # judgements, after which it is told how many there are

Place: TypeAlias = tuple[str, str]  # exercise, part; or student, exercise
Own: TypeAlias = Callable[[Exercise, str], str]
"""The code of the variant that an exercise has for a student; "" for the course's own numbers."""
Judges: TypeAlias = Callable[[Sequence[Asked]], Iterable[Judgement]]
"""What judges, in the order in which it was asked."""
Taught: TypeAlias = Callable[[Exercise], Exercise | None]
"""An exercise as a course has it, with its own marks; None where it does not count."""
Told: TypeAlias = Callable[[int, int], None]
"""Is told how many answers have been graded, and of how many."""


def grade(
    answers: Iterable[Answer | Problem],
    library: Library,
    duplicates: Policy = "last",
    own: Own = lambda *_: "",
    judges: Judges | None = None,
    taught: Taught = lambda exercise: exercise,
    told: Told = lambda *_: None,
    late: Late | None = None,
) -> ClassResult:
    """The graded class. Of several answers by a student to one part, the first, last or best counts.

    Where students have variants of their own, `own` gives the code of a student's. Otherwise the code counts that the
    student's sheet names.
    """
    with _collected_seldom():
        return _graded(answers, library, duplicates, own, judges or Bench(library), taught, told, late)


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """The garbage collector looks at many new values at once: nearly all of a class is there to stay."""
    usual = gc.get_threshold()
    gc.set_threshold(MANY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _graded(
    answers: Iterable[Answer | Problem],
    library: Library,
    duplicates: Policy,
    own: Own,
    judges: Judges,
    taught: Taught,
    told: Told,
    late: Late | None,
) -> ClassResult:
    collected = _Collected(library, own, taught)
    for answer in answers:
        collected.add(answer)
    exercises = collected.exercises()
    collected.name_files()
    collected.compare_ids()
    results: dict[str, list[Result]] = {name: [] for name in collected.students}
    aside: dict[str, list[Answer]] = {}
    done, size = 0, collected.pile.size
    for exercise in exercises:
        grader = _Grader(collected, exercise, duplicates, judges, aside)
        many = collected.pile.count(exercise.id)
        for name, graded in grader.results(partial(_share_told, told, done, many, size)):
            results[name] += graded
        done += many
        told(done, size)
    students = tuple(Student(name, tuple(graded)) for name, graded in results.items())
    result = ClassResult(
        tuple(exercise.id for exercise in exercises),
        students,
        tuple(collected.problems),
        tuple(answer for name in results for answer in aside.get(name, ())),
    )
    return with_late(result, late, collected.handed, first=duplicates == "first") if late else result


def _share_told(told: Told, done: int, many: int, size: int, share: float) -> None:
    told(done + int(share * many), size)


# --- what was handed in


@final
@dataclass
class _Collected:
    """Answers by exercise and student, in the order of the input."""

    library: Library
    own: Own
    taught: Taught
    pile: Pile = field(default_factory=Pile)
    students: dict[str, str] = field(default_factory=dict)  # each with the file in which they come first
    codes: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # by exercise and student
    problems: list[Problem] = field(default_factory=list)
    used: dict[str, Exercise] = field(default_factory=dict)
    unplaced: dict[str, dict[Place, Answer]] = field(default_factory=dict)
    handed: list[Answer] = field(default_factory=list)
    misnamed: dict[Place, list[tuple[Answer, tuple[str, ...]]]] = field(default_factory=dict)
    found: dict[str, Exercise | UnknownExercise | BadExercise | None] = field(default_factory=dict)
    parts: dict[Place, str] = field(default_factory=dict)

    def add(self, answer: Answer | Problem) -> None:
        if isinstance(answer, Problem):
            self.problems.append(answer)
            return
        name = answer.student.strip(EDGES)
        if not name:
            self._refuse(answer, "no_student")
            return
        if name != answer.student:
            answer = answer._replace(student=name)
        _, named, asked, text, _, _, state, _ = answer
        if state == "handed":
            self.handed.append(answer)
            return
        self.students.setdefault(name, answer.source)
        if state == "unplaced" and not named:
            self._wait(answer, "", "")
            return
        exercise = self._exercise(named)
        if not isinstance(exercise, Exercise):
            self._refuse_exercise(answer, exercise)
            return
        self.used[exercise.id] = exercise
        if not self._has_its_variant(answer, exercise):
            return
        try:
            part = self._part(exercise, asked) if asked or text else ""
        except UnknownPart as unknown:
            self._refuse_part(answer, exercise, unknown)
            return
        if state == "unplaced":
            self._wait(answer, exercise.id, part)
        elif part and (text.strip(EDGES) or state == "unread"):
            if part != asked or exercise.id != named:
                answer = answer._replace(exercise=exercise.id, part=part)
            self.pile.add(answer, exercise.id)

    def _exercise(self, name: str) -> Exercise | UnknownExercise | BadExercise | None:
        """The exercise that is called so, its keys derived, or why there is none; None where it does not count."""
        if name not in self.found:
            try:
                self.found[name] = self.taught(self.library.instance(name).exercise)
            except (UnknownExercise, BadExercise) as problem:
                self.found[name] = problem
        return self.found[name]

    def _refuse_exercise(self, answer: Answer, problem: UnknownExercise | BadExercise | None) -> None:
        match problem:
            case UnknownExercise():
                self._refuse(answer, "unknown_exercise", problem.exercise)
            case BadExercise():
                self._refuse(answer, "bad_exercise", f"{problem.exercise}: {problem.problem}")
            case None:
                self._refuse(answer, "not_in_course", answer.exercise)

    def _refuse_part(self, answer: Answer, exercise: Exercise, unknown: UnknownPart) -> None:
        """Tells of an answer to a part that there is not; it may be the answer to one that is spelled alike."""
        if answer.state != "unplaced" and (answer.part or answer.state != "unread"):
            self._refuse(answer, "unknown_part", f"{unknown.exercise}/{unknown.part}")
            likely = near(unknown.part, (part.id for part in exercise.parts))
            self.misnamed.setdefault((answer.student, exercise.id), []).append((answer, likely))
        else:
            self._wait(answer, exercise.id, "")

    def _part(self, exercise: Exercise, name: str) -> str:
        """The part that is called so; raises UnknownPart."""
        if (exercise.id, name) not in self.parts:
            self.parts[exercise.id, name] = part_named(exercise, name).id
        return self.parts[exercise.id, name]

    def _has_its_variant(self, answer: Answer, exercise: Exercise) -> bool:
        """Whether an answer is to the numbers that its student has; one to others waits for a person."""
        codes = self.codes[exercise.id]
        if answer.student not in codes:
            codes[answer.student] = intern(self.own(exercise, answer.student) or self._named(answer, exercise))
        if not answer.variant or plain_code(answer.variant) == codes[answer.student]:
            return True
        if not answer.part:  # said once, at the head of the sheet
            self.problems.append(Problem(answer.source, answer.line, "other_variant", answer.variant))
        elif answer.text.strip(EDGES):
            self._wait(answer, exercise.id, "")
        return False

    def _named(self, answer: Answer, exercise: Exercise) -> str:
        """The code that a sheet names, where numbers belong to it."""
        if not answer.variant or not has_variants(exercise):
            return ""
        try:
            return self.library.instance(exercise.id, answer.variant).variant
        except (BadCode, BadExercise):
            return ""

    def name_files(self) -> None:
        """A file that could not be read and is called after a student who is known may hold any of that student's."""
        for problem in self.problems:
            name = PurePath(problem.source).stem.strip(EDGES)
            if problem.line == 0 and name in self.students:
                self._wait(Answer(name, "", "", "", problem.source, 0, "unplaced"), "", "")

    def compare_ids(self) -> None:
        """Tells of ids that are one but for zeros at the front, which spreadsheets take away."""
        alike: dict[str, list[str]] = {}
        for name in self.students:
            if name.isdecimal():
                alike.setdefault(name.lstrip("0"), []).append(name)
        for names in alike.values():
            if len(names) > 1:
                self.problems.append(Problem(self.students[names[-1]], 0, "ids_alike", ", ".join(names)))

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
class _Work:
    """A student's answers to the parts of an exercise, and what has been said of those that count."""

    student: str
    code: str
    given: dict[str, list[Answer]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    counted: dict[str, Judgement] = field(default_factory=dict)


@final
class _Grader:
    """Grades the answers of all students to one exercise."""

    def __init__(
        self,
        collected: _Collected,
        exercise: Exercise,
        duplicates: Policy,
        judges: Judges,
        aside: dict[str, list[Answer]],
    ) -> None:
        self.collected, self.exercise, self.duplicates = collected, exercise, duplicates
        self.judges, self.aside = judges, aside
        marker = Marker(collected.library.instance(exercise.id))
        self.rests_on = {part.id: marker.rests_on(part.id) for part in exercise.parts}
        self._known: dict[Asked, Judgement] = {}
        self._full = {part.id: Fraction(part.marks) for part in exercise.parts}
        self._earned: dict[int, Fraction | None] = {}
        self._marks: dict[Fraction | None, Fraction | None] = {}  # equal ones are one object
        self._results: dict[tuple[object, ...], Result] = {}

    def results(self, told: Callable[[float], None]) -> Iterator[tuple[str, list[Result]]]:
        """Every student with results for all parts; `told` what share of the answers has been judged."""
        works = {name: self._work(name) for name in self.collected.pile.students(self.exercise.id)}
        levels: dict[int, list[Part]] = {}  # parts rest on parts of lower levels only
        for part in self.exercise.parts:
            levels.setdefault(len(self.rests_on[part.id]), []).append(part)
        for index, level in enumerate(sorted(levels)):
            for share in self._judge(list(works.values()), levels[level]):
                told((index + share) / len(levels))
        for name in self.collected.students:
            work = works.get(name) or self._work(name)
            yield name, [self._result(work, part) for part in self.exercise.parts]

    def _work(self, name: str) -> _Work:
        work = _Work(name, self.collected.codes[self.exercise.id].get(name, ""))
        for answer in self.collected.pile.answers(self.exercise.id, name):
            work.given.setdefault(answer.part, []).append(answer)
        return work

    def _judge(self, works: Sequence[_Work], parts: Sequence[Part]) -> Iterator[float]:
        """Finds the judgement that counts for each of these parts that was answered; gives what share is done."""
        asked = [  # student by student, since what belongs to one lies together in memory
            (work, part, [self._asked(work, part, answer) for answer in work.given[part.id]])
            for work in works
            for part in parts
            if part.id in work.given
        ]
        new = {one for _, _, several in asked for one in several if one is not None}
        questions = sorted(new)  # not in the order of the input, so that other orders share what is kept of them
        for index, (question, judgement) in enumerate(zip(questions, self.judges(questions), strict=True)):
            self._known[question] = judgement
            if index % OFTEN == 0:
                yield index / len(questions)
        for work, part, several in asked:
            self._choose(work, part, several)

    def _asked(self, work: _Work, part: Part, answer: Answer) -> Asked | None:
        """What is asked about an answer; nothing about one that could not be read."""
        if answer.state == "unread":
            return None
        texts, rests_on = work.texts, self.rests_on[part.id]
        earlier = tuple((other, texts[other]) for other in rests_on if other in texts) if rests_on else ()
        return Asked(self.exercise.id, work.code, part.id, answer.text, earlier)

    def _choose(self, work: _Work, part: Part, asked: Sequence[Asked | None]) -> None:
        """Keeps the judgement that counts, and the text where later parts may rest on it."""
        answers = work.given[part.id]
        judged = [self._judged(answer, one, part) for answer, one in zip(answers, asked, strict=True)]
        counts = 0
        if len(answers) > 1:
            counts = self._counting(judged, part)
            others = (answer for index, answer in enumerate(answers) if index != counts)
            self.aside.setdefault(work.student, []).extend(others)
        work.counted[part.id] = judged[counts]
        if asked[counts] is not None and not isinstance(judged[counts].verdict, Right):
            work.texts[part.id] = answers[counts].text

    def _judged(self, answer: Answer, asked: Asked | None, part: Part) -> Judgement:
        """The judgement of one answer; what did not come whole out of its file is left to a person unless right."""
        if asked is None:
            return Judgement(part.id, answer.text, "", Review(UNREAD))
        judgement = self._known[asked]
        if answer.state == "cut" and marks(judgement.verdict, part) not in (None, part.marks):
            return replace(judgement, verdict=Review(UNREAD))
        return judgement

    def _counting(self, judged: Sequence[Judgement], part: Part) -> int:
        """Which of the answers to one part counts."""
        match self.duplicates:
            case "first":
                return 0
            case "last":
                return len(judged) - 1
            case "best":
                return max(range(len(judged)), key=lambda index: (_worth(judged[index], part), index))

    def _result(self, work: _Work, part: Part) -> Result:
        """The result of a part; equal ones are one object, so that a large class takes little room."""
        judgement = work.counted.get(part.id)
        if judgement is None:
            unplaced = self.collected.waiting(work.student, self.exercise.id, part.id) or self._misplaced(work, part)
            if unplaced:
                judgement = Judgement(part.id, unplaced.text, "", Review(UNREAD))
        notes = ("duplicate",) if len(work.given.get(part.id, ())) > 1 else ()
        same = (part.id, work.code, notes, id(judgement))  # a judgement that is in a result here is not let go
        if same not in self._results:
            full, earned = self._full[part.id], self._earns(judgement, part)
            self._results[same] = Result(self.exercise.id, part.id, full, earned, judgement, notes, work.code)
        return self._results[same]

    def _earns(self, judgement: Judgement | None, part: Part) -> Fraction | None:
        """What a judgement, which is in a result here, earns."""
        if judgement is None:
            return NOTHING
        if id(judgement) not in self._earned:
            earned = marks(judgement.verdict, part)
            self._earned[id(judgement)] = self._marks.setdefault(earned, earned)
        return self._earned[id(judgement)]

    def _misplaced(self, work: _Work, part: Part) -> Answer | None:
        """What may be the answer to a part, under the name of a part that there is not: one that is spelled alike, or
        an answer that is right here."""
        for answer, likely in self.collected.misnamed.get((work.student, self.exercise.id), ()):
            if not answer.text.strip(EDGES):
                continue
            if part.id in likely:
                return answer
            (judgement,) = self.judges([Asked(self.exercise.id, work.code, part.id, answer.text)])
            if isinstance(judgement.verdict, Right):
                return answer
        return None


def _worth(judgement: Judgement, part: Part) -> Fraction:
    """What an answer is worth in a choice of the best: one that waits for a person beats one that earned nothing."""
    earned = marks(judgement.verdict, part)
    return earned if earned is not None else Fraction(part.marks) / 10**6
