"""The class report: marks, how each part went, typical mistakes, and what a person has to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from fractions import Fraction
from typing import Final, final

from exercises.exercise import Instance, Language
from grader.results import ClassResult, Result, Student
from grader.statistics import BINS, VERDICTS, PartStatistics, by_part, groups, histogram, verdict_name, waiting
from reports.document import Block, Cell, Document, Heading, Paragraph, Section, Table, Typed
from reports.feedback import together
from reports.lines import NOTHING, Line, Sayer, inert, joined, link, soft, strong, token
from reports.pages.marks import mark
from reports.pages.student import reason_for_a_person
from reports.words import words
from solver.frozen import frozen

NUMBERS: Final = frozenset(
    ("total", "pending", "times", "mean_share", "deviation", "mean", "facility", "discrimination", "marks", "line")
)
"""The columns of numbers, which stand at the right in both languages."""
MOST_OF_AN_EXAMPLE: Final = 60
"""Characters of an answer that stand beside the mistake it shows."""


def class_report(
    result: ClassResult,
    instances: Mapping[str, Instance],
    language: Language,
    *,
    pages: Mapping[str, str] | None = None,
    of_group: Mapping[str, str] | None = None,
) -> Document:
    """The report of a class; `pages` are students' feedback pages by student, `of_group` students' groups."""
    report = _Report(result, instances, Sayer(words(language)), pages or {}, of_group or {})
    head: list[Block] = [
        Heading(1, report.say("class.title")),
        Paragraph(report.say.count("count.students", len(result.students)), "total"),
    ]
    blocks = (Section("header", tuple(head)), *report.sections())
    return Document(language, words(language).say("class.title"), (Section("summary", blocks),), wide=True)


@final
@frozen
class _Report:
    result: ClassResult
    instances: Mapping[str, Instance]
    say: Sayer
    pages: Mapping[str, str]
    of_group: Mapping[str, str]
    parts: list[PartStatistics] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", by_part(self.result))

    def sections(self) -> Iterator[Section]:
        """Every section that has something to say, and those whose silence says something."""
        say = self.say
        yield self.section("class.totals", self.totals())
        yield self.section("class.histogram", self.marks())
        if self.of_group:
            yield self.section("class.groups", self.groups())
        notes = [Paragraph(say(key), "note") for key in ("class.mean_how", "class.how")]
        yield self.section("class.parts", self.verdicts(), *notes)
        yield self.section("class.slips", self.slips() or Paragraph(say("class.no_slips"), "note"))
        followed = self.followed()
        if followed:
            yield self.section("class.followed", followed)
        yield self.section("class.people", self.people() or Paragraph(say("class.nobody"), "note"))
        yield self.section("class.problems", self.problems() or Paragraph(say("class.no_problems"), "note"))
        if self.result.duplicates:
            note = Paragraph(say("class.duplicates_how"), "note")
            yield self.section("class.duplicates", note, self.duplicates())

    def section(self, title: str, *blocks: Block) -> Section:
        return Section("report", (Heading(2, self.say(title)), *blocks))

    def head(self, *columns: str) -> tuple[Cell, ...]:
        """The head of a table, by the keys of its columns."""
        return tuple(Cell(self.say(f"class.{column}"), "number" if column in NUMBERS else "") for column in columns)

    # --- marks

    def totals(self) -> Table:
        exercises = self.result.exercises
        most = {
            exercise: sum((part.max for part in self.parts if part.exercise == exercise), Fraction(0))
            for exercise in exercises
        }
        head = [Cell(self.say("class.student"))]
        head += [Cell(Line(inert(one), " ", soft(Line(f"/ {mark(most[one])}"))), "number") for one in exercises]
        head += self.head("total", "pending")
        rows = []
        for student in self.result.students:
            cells = [Cell(self.name(student))]
            cells += [_number(mark(_earned(student, exercise))) for exercise in exercises]
            total = Cell(strong(token(mark(student.total))), "number")
            rows.append((*cells, total, _number(student.pending or "")))
        return Table(tuple(head), tuple(rows))

    def name(self, student: Student) -> Line:
        page = self.pages.get(student.student)
        return link(inert(student.student), page) if page else inert(student.student)

    def marks(self) -> Table:
        bins = histogram(self.result.students)
        most = max(1, *bins)
        step = 100 // BINS
        rows = (
            (Cell(token(f"{step * place}–{step * (place + 1)}%")), _number(count), Cell(Fraction(count, most), "bars"))
            for place, count in enumerate(bins)
        )
        return Table(self.head("share", "times", "bar"), tuple(rows))

    def groups(self) -> Table:
        rows = tuple(
            (
                Cell(inert(group.name) if group.name else self.say("class.no_group")),
                _number(len(group.students)),
                _number(_percent(group.mean)),
                _number("–" if group.deviation is None else f"{100 * group.deviation:.1f}"),
                Cell(group.mean, "bars"),
            )
            for group in groups(self.result, self.of_group)
        )
        return Table(self.head("group", "times", "mean_share", "deviation", "bar"), rows)

    # --- parts

    def verdicts(self) -> Table:
        head = [*self.head("part"), *(Cell(self.say(f"verdict.{one}"), f"number {one}") for one in VERDICTS)]
        head += self.head("mean", "facility", "discrimination")
        return Table(tuple(head), tuple(self.verdict_row(part) for part in self.parts))

    def verdict_row(self, part: PartStatistics) -> tuple[Cell, ...]:
        counts = part.counts
        cells = [
            Cell(token(str(counts[one])) if counts[one] else NOTHING, f"number {one}" if counts[one] else "number")
            for one in VERDICTS
        ]
        mean = "–" if part.mean is None else f"{mark(part.mean)} / {mark(part.max)}"
        facility = "–" if part.facility is None else _percent(part.facility)
        apart = "–" if part.discrimination is None else f"{part.discrimination:.2f}".replace("-", "−")
        return (_place(part.exercise, part.part), *cells, _number(mean), _number(facility), _number(apart))

    def slips(self) -> Table | None:
        rows = tuple(
            (
                _place(part.exercise, part.part),
                Cell(inert(together(self.say, typical.explanation))),
                _number(typical.count),
                Cell(joined(map(_example, typical.examples), ", ")),
            )
            for part in self.parts
            for typical in part.slips
        )
        return Table(self.head("part", "slip", "times", "examples"), rows, stacked=True) if rows else None

    def followed(self) -> Table | None:
        rows = tuple(
            (Cell(inert(student.student)), _place(one.exercise, one.part), _answer(one), _number(_marks(one)))
            for student in self.result.students
            for one in student.results
            if verdict_name(one) == "follows"
        )
        return Table(self.head("student", "part", "answer", "marks"), rows, stacked=True) if rows else None

    # --- what a person looks at

    def people(self) -> Table | None:
        rows = tuple(
            (
                _place(exercise, part),
                Cell(Typed(_typed(answers[0][1]))),
                Cell(reason_for_a_person(answers[0][1], self.say)),
                Cell(joined((inert(student.student) for student, _ in answers), ", ")),
            )
            for exercise, part, _, answers in waiting(self.result)
        )
        return Table(self.head("part", "answer", "reason", "students"), rows, stacked=True) if rows else None

    def problems(self) -> Table | None:
        rows = tuple(
            (
                Cell(token(problem.source), "path"),
                _number(problem.line or ""),
                Cell(self.say(f"problem.{problem.reason}")),
                Cell(inert(problem.detail)),
            )
            for problem in self.result.problems
        )
        return Table(self.head("file", "line", "reason", "detail"), rows, stacked=True) if rows else None

    def duplicates(self) -> Table:
        rows = tuple(
            (
                Cell(inert(answer.student)),
                _place(answer.exercise, answer.part),
                Cell(Typed(answer.text)),
                Cell(token(answer.source), "path"),
                _number(answer.line or ""),
            )
            for answer in self.result.duplicates
        )
        return Table(self.head("student", "part", "answer", "file", "line"), rows, stacked=True)


def _number(value: object) -> Cell:
    said = str(value)
    return Cell(token(said) if said else NOTHING, "number")


def _place(exercise: str, part: str) -> Cell:
    return Cell(token(f"{exercise}/{part}"))


def _typed(result: Result) -> str:
    return result.judgement.answer if result.judgement else ""


def _answer(result: Result) -> Cell:
    return Cell(Typed(_typed(result)))


def _example(answer: str) -> Line:
    """An answer on one line, and no more of it than a table has room for."""
    said = " ".join(answer.split())
    return inert(said if len(said) <= MOST_OF_AN_EXAMPLE else f"{said[:MOST_OF_AN_EXAMPLE]}…")


def _marks(result: Result) -> str:
    return "–" if result.marks is None else f"{mark(result.marks)} / {mark(result.max)}"


def _earned(student: Student, exercise: str) -> Fraction:
    return sum((one.marks or Fraction(0) for one in student.results if one.exercise == exercise), Fraction(0))


def _percent(value: Fraction) -> str:
    return f"{float(100 * value):.0f}%"

