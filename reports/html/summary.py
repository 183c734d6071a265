"""A class's summary: who has which marks, how each part went, typical mistakes, and what a person has to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, final

from exercises.exercise import LANGUAGES, Instance, Language
from grader.results import ClassResult, Result, Student
from grader.verdict import NAMES, Explanation, Follows, Slipped
from reports.feedback import together
from reports.html.page import Said, page, visible
from reports.html.student import reason_for_a_person, typed_html, verdict_name
from reports.markup import Html
from reports.words import words

VERDICTS: Final = (*NAMES.values(), "missing")


def summary_html(
    result: ClassResult,
    instances: Mapping[str, Instance],
    languages: Sequence[Language] = LANGUAGES,
    *,
    pages: Mapping[str, str] | None = None,
) -> str:
    """The summary of a class; `pages` are the addresses of students' feedback pages by student."""
    title = {language: words(language).say("class.title") for language in languages}
    view = ClassView(result, instances, pages or {})
    return page(title, "summary.html.jinja", languages, view=view, result=result, verdicts=VERDICTS, shown=typed_html)


@final
@dataclass(frozen=True)
class PartView:
    """How one part went: results of all students."""

    exercise: str
    part: str
    results: tuple[Result, ...]

    @property
    def counts(self) -> Counter[str]:
        """How often each verdict was given."""
        return Counter(map(verdict_name, self.results))

    @property
    def mean(self) -> Fraction:
        """The mean of the marks that are decided; 0 where none is."""
        decided = [result.marks for result in self.results if result.marks is not None]
        return sum(decided, Fraction(0)) / max(1, len(decided))

    @property
    def pending(self) -> int:
        """How many marks are not in the mean, since a person decides them."""
        return sum(result.pending for result in self.results)

    @property
    def max(self) -> Fraction:
        """What could be earned."""
        return self.results[0].max if self.results else Fraction(0)

    @property
    def slips(self) -> list[tuple[Explanation, int]]:
        """The explanations of wrong answers, the most frequent first, with how many students each explains."""
        found = Counter(explanation for result in self.results for explanation in _explanations(result))
        return sorted(found.items(), key=lambda item: (-item[1], str(item[0])))


@final
@dataclass(frozen=True)
class ClassView:
    """What the template shows of a graded class."""

    result: ClassResult
    instances: Mapping[str, Instance]
    pages: Mapping[str, str]

    @property
    def parts(self) -> list[PartView]:
        """Each part with the results of all students, in the order of the exercises."""
        found: dict[tuple[str, str], list[Result]] = {}
        for student in self.result.students:
            for result in student.results:
                found.setdefault((result.exercise, result.part), []).append(result)
        return [PartView(exercise, part, tuple(results)) for (exercise, part), results in found.items()]

    @property
    def people(self) -> list[tuple[Student, Result]]:
        """What is waiting for a person."""
        return [(student, result) for student in self.result.students for result in student.results if result.pending]

    def total(self, student: Student, exercise: str) -> Fraction:
        """A student's marks in one exercise."""
        return sum(
            (result.marks or Fraction(0) for result in student.results if result.exercise == exercise),
            Fraction(0),
        )

    def exercise_max(self, exercise: str) -> Fraction:
        """What could be earned in one exercise."""
        return sum((part.max for part in self.parts if part.exercise == exercise), Fraction(0))

    def slip(self, explanation: Explanation, say: Said) -> Html:
        """An explanation in words."""
        return Html(together(say, explanation))

    def about(self, result: Result, say: Said) -> Html:
        """Why a person has to look."""
        return reason_for_a_person(result, say)

    def name(self, student: str) -> str:
        """A student's id as a page can hold it."""
        return visible(student)


def _explanations(result: Result) -> tuple[Explanation, ...]:
    verdict = result.judgement.verdict if result.judgement else None
    match verdict:
        case Slipped(slips) | Follows(_, slips):
            return slips
        case _:
            return ()
