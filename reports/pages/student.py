"""A student's feedback: each answer as it was read, the verdict, what is said about it, and its marks.

Where an answer comes from a known mistake, the step at which it parts from the solution is shown with the mistake in
it; where it follows from an earlier answer, the steps go on from that answer. Neither tells a key. What the teacher
reveals on top is a `Reveal`: nothing, hints, or the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final, Literal, TypeAlias, final, get_args

from exercises.exercise import Instance, Language
from grader.results import Result, Student
from grader.statistics import verdict_name
from grader.verdict import Review, Unreadable
from reports.document import Block, Document, Heading, Items, Paragraph, Section, Typed, Working
from reports.feedback import cannot_read, feedback, hints, requirement_said, step_said
from reports.lines import NOTHING, Line, Sayer, Text, inert, joined, strong, text_line, token, visible
from reports.pages.marks import mark
from reports.pages.parting import parting
from reports.text import options_said
from reports.words import words
from solver.frozen import frozen

Reveal: TypeAlias = Literal["nothing", "hints", "answers"]
REVEALS: Final[tuple[Reveal, ...]] = get_args(Reveal)


def feedback_page(
    student: Student, instances: Mapping[str, Instance], language: Language, reveal: Reveal = "nothing"
) -> Document:
    """The page for one student; `instances` are the exercises by id."""
    say = Sayer(words(language))
    answers = {(one.exercise, one.part): one for one in student.results}
    head: list[Block] = [
        Heading(1, say("student.title", student=student.student)),
        Paragraph(Line(say("student.total"), " ", strong(_of(say, mark(student.total), mark(student.max)))), "total"),
    ]
    if student.pending:
        head.append(Paragraph(say.count("student.pending", student.pending), "pending"))
    blocks = [Section("header", tuple(head))]
    for exercise, results in groupby(student.results, key=lambda result: result.exercise):
        instance = instances[exercise]
        title = say.text(instance.exercise.title.said(language, instance.numbers))
        code = say("page.variant", variant=instance.variant) if instance.variant else NOTHING
        inside: list[Block] = [Heading(2, say("page.exercise", id=instance.exercise.id, title=title), code)]
        inside += [ResultPage(one, instance, language, answers).section(reveal) for one in results]
        blocks.append(Section("exercise", tuple(inside)))
    title_said = words(language).say("student.title", student=visible(student.student))
    return Document(language, title_said, tuple(blocks))


def _of(say: Sayer, marks: str, most: str) -> Line:
    return say("student.marks", marks=marks, max=most)


@final
@frozen
class ResultPage:
    """What is shown of one result; `answers` are all results of the student, by exercise and part."""

    result: Result
    instance: Instance
    language: Language
    answers: Mapping[tuple[str, str], Result]

    def section(self, reveal: Reveal) -> Section:
        """The part's question, answer and verdict, and what leads on from it."""
        verdict = verdict_name(self.result)
        return Section(f"result {verdict}", tuple(self._blocks(verdict, reveal)), data={"verdict": verdict})

    def _blocks(self, verdict: str, reveal: Reveal) -> Iterator[Block]:
        say, result = Sayer(words(self.language)), self.result
        yield Heading(3, say("page.part", part=result.part), self._marks(say), say(f"verdict.{verdict}"))
        ask = self.instance.part(result.part).ask.said(self.language, self.instance.numbers)
        yield Paragraph(text_line(ask, self.language), "ask")
        if result.judgement is not None:
            yield Paragraph(say("student.your_answer"), "label")
            yield answer_block(result)
            read_as = self._read_as()
            if read_as:
                yield Paragraph(Line(say("feedback.read_as"), " ", read_as), "label")
        yield Paragraph(said_about(result, say), "feedback")
        yield from self._working(say)
        yield from (Paragraph(say(f"note.{note}"), "note") for note in result.notes)
        yield from parting(result, self.instance, self.language, self.answers, reveal)

    def _working(self, say: Sayer) -> Iterator[Block]:
        """Where to look again, and the steps of a working, each with what is said of it."""
        judged = self.result.judgement
        if judged is None:
            return
        if judged.requirements:
            signs = ((f"{'✓' if each.met else '✗'} ", each) for each in judged.requirements)
            yield Items(tuple(Line(sign, inert(requirement_said(say, each))) for sign, each in signs), numbered=False)
        yield from (Paragraph(inert(hint), "hint") for hint in hints(say, judged.verdict))
        if judged.steps:
            yield Paragraph(say("student.steps"), "label")
            yield Working(
                tuple(
                    (step.verdict, token(judged.answer[step.since : step.end]), inert(step_said(say, step)))
                    for step in judged.steps
                )
            )

    def _marks(self, say: Sayer) -> Line:
        result = self.result
        if result.marks is None:
            return say("student.pending_marks", max=mark(result.max))
        return _of(say, mark(result.marks), mark(result.max))

    def _read_as(self) -> Line:
        """How the answer was read, where that is not how it was typed."""
        judged = self.result.judgement
        if judged is None or judged.read_as in ("", judged.answer):
            return NOTHING
        part = self.instance.part(self.result.part)
        if part.options:
            return joined(
                (text_line(text, self.language) for text in options_said(part, judged.read_as, self.language)), ", "
            )
        return Line(Text(visible(judged.read_as), "ltr"))


def said_about(result: Result, say: Sayer) -> Line:
    """What is said about the answer."""
    judged = result.judgement
    return inert(feedback(say, judged.verdict if judged else None, judged.answer if judged else ""))


def reason_for_a_person(result: Result, say: Sayer) -> Line:
    """Why a person has to look."""
    judged = result.judgement
    match judged and judged.verdict:
        case Unreadable() as unreadable:
            return inert(cannot_read(say, unreadable, judged.answer if judged else ""))
        case Review(reason):
            return say(f"review.{reason}")
        case _:
            return NOTHING


def answer_block(result: Result) -> Typed:
    """A student's text, with a mark at the character that could not be read."""
    if result.judgement is None:
        return Typed("")
    text = result.judgement.answer
    match result.judgement.verdict:
        case Unreadable(reason, at) if reason not in ("empty", "too_long") and 0 <= at <= len(text):
            return Typed(text, at)
        case _:
            return Typed(text)
