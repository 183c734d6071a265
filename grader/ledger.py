"""Graded classes, kept: what was handed in, what each run found, what a person decided, what was handed out.

    ledger = Ledger(opened("course.db"))
    handed = Handed(answers)                  passes answers on and remembers them
    result = grade(handed, …)
    run = ledger.keep(handed, result, …)      the same class graded again by the same version is the same run
    ledger.mark(…), ledger.result(run)        marks by hand stand over those of every run

Nothing is changed once it is written, but by `forget`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from hashlib import sha256
from typing import Any, TypeAlias, final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from exercises.library import EDGES
from grader.ledger_schema import CHUNKS, ENDS, HAND_MARKS, MARKS, PUBLISHED, RUNS, SUBMISSIONS
from grader.once import MOST_JUDGEMENTS, MOST_RESULTS, Once
from grader.packing import packed, unpacked
from grader.pile import Pile
from grader.results import BY_HAND, Answer, ClassResult, Problem, Result, Student
from grader.store import Store
from solver.frozen import frozen

BLOCK = 100  # students in a transaction
MOST_ASKED = 1_000  # chunks that are looked up at once

Place: TypeAlias = tuple[str, str, str]  # student, exercise, part


@final
@frozen(slots=True)
class HandMark:
    """A mark that a person gave."""

    student: str
    exercise: str
    part: str
    marks: Fraction
    who: str
    why: str
    made: str = ""

    @property
    def place(self) -> Place:
        """What it is the mark of."""
        return self.student, self.exercise, self.part


@final
@frozen(slots=True)
class Run:
    """A class graded once; `of` is the run that it graded again, `finished` that nothing of it is missing."""

    seq: int
    version: str
    settings: Mapping[str, Any]
    of: int | None
    made: str
    finished: bool
    published: bool


@final
@frozen(slots=True)
class Difference:
    """A mark that is another one than before; `why` is a key of the catalogs."""

    student: str
    exercise: str
    part: str
    old: Fraction | None
    new: Fraction | None
    why: str


@final
class Handed:
    """Answers and problems, passed on as they come and remembered by student."""

    def __init__(self, source: Iterable[Answer | Problem]) -> None:
        self._source = source
        self._pile = Pile()
        self.problems: list[Problem] = []

    def __iter__(self) -> Iterator[Answer | Problem]:
        for one in self._source:
            if isinstance(one, Problem):
                self.problems.append(one)
            elif student := one.student.strip(EDGES):
                self._pile.add(one if student == one.student else one._replace(student=student), group="")
            else:
                self.problems.append(Problem(one.source, one.line, "no_student"))
            yield one

    def submissions(self) -> Iterator[tuple[str, str, str]]:
        """Every student with the hash and the text of what was handed in, in the order of first appearance."""
        for student in self._pile.students(""):
            answers = list(self._pile.answers("", student))
            if all(answer.state == "handed" for answer in answers):
                continue
            rows = [answer[1:] for answer in answers]  # all but the student, in the order in which `handed` reads them
            document = json.dumps(rows, separators=(",", ":"))
            yield student, sha256(f"{student}\n{document}".encode("utf-8", "surrogatepass")).hexdigest(), document


@final
class Ledger:
    """The graded classes in a store."""

    def __init__(self, store: Store) -> None:
        self._store, self._engine = store, store.engine
        self._insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert

    # --- judgements made so far

    def get(self, names: Collection[str]) -> dict[str, bytes]:
        """What was said of chunks, of those that are kept."""
        with self._engine.connect() as connection:
            rows = [
                row
                for _, block in _blocks(names, MOST_ASKED)
                for row in connection.execute(select(CHUNKS.c.hash, CHUNKS.c.said).where(CHUNKS.c.hash.in_(block)))
            ]
        return {row.hash: row.said.encode() for row in rows}

    def put(self, chunks: Sequence[tuple[str, bytes]]) -> None:
        """Keeps what was said of chunks."""
        with self._writing() as connection:
            self._add(connection, CHUNKS, [{"hash": name, "said": said.decode("ascii")} for name, said in chunks])

    # --- runs

    def keep(
        self, handed: Handed, result: ClassResult, settings: Mapping[str, Any], version: str, of: int | None = None
    ) -> int:
        """Keeps a graded class, and gives its run: one that is there, where all is the same."""
        made = _now()
        submitted: list[tuple[str, str]] = []
        for _, block in _blocks(handed.submissions(), BLOCK):
            with self._writing() as connection:
                rows = [dict(hash=name, student=student, document=text, made=made) for student, name, text in block]
                self._add(connection, SUBMISSIONS, rows)
            submitted += [(student, name) for student, name, _ in block]
        run, finished = self._run(submitted, handed.problems, settings, version, of)
        if finished:
            return run
        lines = _Lines()
        graded = {student.student: student for student in result.students}
        for start, block in _blocks(submitted, BLOCK):
            with self._writing() as connection:
                rows = [
                    dict(run=run, position=at, student=student, submission=name, document=lines.of(graded[student]))
                    for at, (student, name) in enumerate(block, start)
                ]
                self._add(connection, MARKS, rows)
        whole = packed((result.exercises, result.problems, result.duplicates))
        with self._writing() as connection:
            self._add(connection, ENDS, [{"run": run, "document": whole, "made": _now()}])
        return run

    def _run(
        self,
        submitted: Sequence[tuple[str, str]],
        problems: Iterable[Problem],
        settings: Mapping[str, Any],
        version: str,
        of: int | None,
    ) -> tuple[int, bool]:
        """The run in which all of this is the same, made where there is none, and whether it was finished."""
        said = packed(tuple(problems))
        plain = packed(tuple(sorted((name, str(value)) for name, value in settings.items())))
        same = (version, plain, str(of), said, *(name for _, name in submitted))
        name = sha256("\n".join(same).encode()).hexdigest()
        with self._writing() as connection:
            known = select(RUNS.c.seq).where(RUNS.c.id == name)
            if connection.execute(known).first() is None:  # a row that is refused would use up a number
                row = {"id": name, "version": version, "settings": plain, "problems": said, "of": of, "made": _now()}
                self._add(connection, RUNS, [row])
            run = int(connection.execute(known).scalar_one())
            return run, connection.execute(select(ENDS.c.run).where(ENDS.c.run == run)).first() is not None

    def runs(self) -> list[Run]:
        """All runs, the first one first."""
        asked = (
            select(RUNS, ENDS.c.run.label("end"), func.count(PUBLISHED.c.seq).label("times"))
            .outerjoin(ENDS, ENDS.c.run == RUNS.c.seq)
            .outerjoin(PUBLISHED, PUBLISHED.c.run == RUNS.c.seq)
            .group_by(RUNS.c.seq, ENDS.c.run)
            .order_by(RUNS.c.seq)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(asked).all()
        return [
            Run(
                row.seq, row.version, dict(unpacked(row.settings)), row.of, row.made, row.end is not None, row.times > 0
            )
            for row in rows
        ]

    def result(self, run: int, *, by_hand: bool = True) -> ClassResult:
        """What a finished run found, with the marks that a person gave; raises KeyError where there is none."""
        with self._engine.connect() as connection:
            end = connection.execute(select(ENDS.c.document).where(ENDS.c.run == run)).scalar()
            if end is None:
                raise KeyError(run)
            rows = connection.execute(
                select(MARKS.c.student, MARKS.c.document).where(MARKS.c.run == run).order_by(MARKS.c.position)
            ).all()
        exercises, problems, duplicates = unpacked(end)
        lines = _Lines()
        students = tuple(Student(row.student, lines.read(row.document)) for row in rows)
        result = ClassResult(exercises, students, problems, duplicates)
        return with_marks(result, self.hand_marks()) if by_hand else result

    def handed(self, run: int) -> Iterator[Answer | Problem]:
        """What a run graded, students in the order in which they came."""
        with self._engine.connect() as connection:
            problems = connection.execute(select(RUNS.c.problems).where(RUNS.c.seq == run)).scalar_one()
            rows = connection.execute(
                select(SUBMISSIONS.c.student, SUBMISSIONS.c.document)
                .join(MARKS, MARKS.c.submission == SUBMISSIONS.c.hash)
                .where(MARKS.c.run == run)
                .order_by(MARKS.c.position)
            ).all()
        yield from unpacked(problems)
        for student, document in rows:
            yield from (Answer(student, *row) for row in json.loads(document))

    # --- people

    def mark(self, marks: Iterable[HandMark]) -> int:
        """Keeps marks by hand, all or none; gives how many."""
        made = _now()
        rows = [
            dict(
                student=one.student,
                exercise=one.exercise,
                part=one.part,
                marks=str(one.marks),
                who=one.who,
                why=one.why,
                made=made,
            )
            for one in marks
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(insert(HAND_MARKS), rows)
        return len(rows)

    def hand_marks(self) -> dict[Place, HandMark]:
        """The mark by hand that stands, wherever there is one."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(HAND_MARKS).order_by(HAND_MARKS.c.seq)).all()
        marks = (
            HandMark(row.student, row.exercise, row.part, Fraction(row.marks), row.who, row.why, row.made)
            for row in rows
        )
        return {mark.place: mark for mark in marks}

    def publish(self, run: int, who: str) -> None:
        """Keeps that a run's marks were handed out."""
        with self._writing() as connection:
            connection.execute(insert(PUBLISHED), [{"run": run, "who": who, "made": _now()}])

    def forget(self, student: str) -> int:
        """Takes away everything of a student; gives how many rows that were. Judgements kept name nobody."""
        student = student.strip(EDGES)
        with self._writing() as connection:
            for run, document in connection.execute(select(ENDS.c.run, ENDS.c.document)).all():
                exercises, problems, duplicates = unpacked(document)
                others = tuple(answer for answer in duplicates if answer.student != student)
                kept = packed((exercises, _of_others(problems, student), others))
                connection.execute(update(ENDS).where(ENDS.c.run == run).values(document=kept))
            runs = select(RUNS.c.seq, RUNS.c.problems, RUNS.c.settings)
            for run, document, settings in connection.execute(runs).all():
                kept = packed(_of_others(unpacked(document), student))
                without = packed(tuple((name, _named(student).sub("", said)) for name, said in unpacked(settings)))
                connection.execute(update(RUNS).where(RUNS.c.seq == run).values(problems=kept, settings=without))
            tables = (MARKS, SUBMISSIONS, HAND_MARKS)
            gone = sum(
                int(connection.execute(delete(table).where(table.c.student == student)).rowcount) for table in tables
            )
        self._store.wipe()
        return gone

    # --- writing

    def _writing(self) -> Any:
        return self._engine.execution_options(writes=True).begin()

    def _add(self, connection: Any, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds rows; one that is there is left as it is."""
        if rows:
            connection.execute(self._insert(table).on_conflict_do_nothing(), rows)


@final
class _Lines:
    """Results as lines of text and back, equal ones once."""

    def __init__(self) -> None:
        self._text = Once(partial(packed, judgement=Once(packed, MOST_JUDGEMENTS)), MOST_RESULTS)
        self._results: dict[str, Result] = {}

    def of(self, student: Student) -> str:
        """The results of a student."""
        return "\n".join(map(self._text, student.results))

    def read(self, document: str) -> tuple[Result, ...]:
        """The results that a text says."""
        return tuple(map(self._result, document.split("\n"))) if document else ()

    def _result(self, line: str) -> Result:
        if line not in self._results:
            self._results[line] = unpacked(line)
        return self._results[line]


# --- marks by hand, differences


def with_marks(result: ClassResult, marks: Mapping[Place, HandMark]) -> ClassResult:
    """A class with the marks that a person gave."""
    if not marks:
        return result
    marked = {student for student, _, _ in marks}
    students = tuple(
        replace(student, results=tuple(_marked(student.student, one, marks) for one in student.results))
        if student.student in marked
        else student
        for student in result.students
    )
    return replace(result, students=students)


def _marked(student: str, result: Result, marks: Mapping[Place, HandMark]) -> Result:
    mark = marks.get((student, result.exercise, result.part))
    return replace(result, marks=mark.marks, notes=(*result.notes, BY_HAND)) if mark else result


def differences(old: ClassResult, new: ClassResult) -> list[Difference]:
    """The marks that are others than before, and those by hand under which something else would stand now."""
    before = {(one.student, result.exercise, result.part): result for one in old.students for result in one.results}
    found = []
    for student in new.students:
        for result in student.results:
            was = before.pop((student.student, result.exercise, result.part), None)
            if was is None or was.marks != result.marks or was.max != result.max:
                why = _why(was, result)
                found.append(
                    Difference(student.student, result.exercise, result.part, was and was.marks, result.marks, why)
                )
    gone = (Difference(*place, was.marks, None, "gone") for place, was in before.items())
    return [*found, *gone]


def _why(was: Result | None, now: Result) -> str:
    """Why a mark is another one."""
    if was is None:
        return "new"
    if BY_HAND in now.notes:
        return "hand"
    if was.max != now.max:
        return "max"
    if (was.judgement and was.judgement.answer) != (now.judgement and now.judgement.answer):
        return "answer"
    return "verdict"


def _of_others(problems: Iterable[Problem], student: str) -> tuple[Problem, ...]:
    """The problems that do not name a student."""
    named = _named(student)
    return tuple(one for one in problems if not named.search(f"{one.source}\n{one.detail}"))


def _named(student: str) -> re.Pattern[str]:
    """A student's name where it is a whole word, between low lines too: a course site's folders are called so."""
    return re.compile(rf"(?<![^\W_]){re.escape(student)}(?![^\W_])")


def _blocks(rows: Iterable[Any], size: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows in blocks, each with the number of its first."""
    block: list[Any] = []
    start = 0
    for row in rows:
        block.append(row)
        if len(block) == size:
            yield start, block
            start += size
            block = []
    if block:
        yield start, block


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
