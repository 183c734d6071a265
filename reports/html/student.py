"""A student's feedback: each answer as it was read, the verdict, what is said about it, and its marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import final

from exercises.exercise import Instance, Language
from grader.results import Result, Student
from grader.verdict import Unreadable, name
from reports.feedback import feedback
from reports.html.page import Said, page, visible
from reports.markup import Html, escape
from reports.words import words

MOST_SHOWN = 2_000


def feedback_html(student: Student, instances: Mapping[str, Instance], language: Language) -> str:
    """The page for one student; `instances` are the exercises by id."""
    title = words(language).say("student.title", student=visible(student.student))
    exercises = [
        (instances[exercise], [ResultView(result, instances[exercise]) for result in results])
        for exercise, results in groupby(student.results, key=lambda result: result.exercise)
    ]
    return page({language: title}, "student.html.jinja", [language], student=student, exercises=exercises)


@final
@dataclass(frozen=True)
class ResultView:
    """What a template shows of one result."""

    result: Result
    instance: Instance

    @property
    def verdict(self) -> str:
        """The verdict's name, "missing" where there is no answer."""
        return verdict_name(self.result)

    @property
    def ask(self) -> Mapping[str, str]:
        """What the part asks, by language."""
        text = self.instance.part(self.result.part).ask
        return {language: text.said(language, self.instance.numbers) for language in ("he", "en")}

    def feedback(self, say: Said) -> Html:
        """What is said about the answer."""
        return said_about(self.result, say)

    def answer(self) -> Html:
        """The answer as it was typed, with a caret under the spot that could not be read."""
        return answer_html(self.result)


def verdict_name(result: Result) -> str:
    """The verdict's name in data and in the catalogs."""
    return name(result.judgement.verdict) if result.judgement else "missing"


def said_about(result: Result, say: Said) -> Html:
    """A sentence about a result."""
    return Html(feedback(say, result.judgement.verdict if result.judgement else None))


def answer_html(result: Result) -> Html:
    """A student's text, escaped, with what has no shape written as its code; a mark where it could not be read."""
    if result.judgement is None:
        return Html("")
    text = result.judgement.answer
    match result.judgement.verdict:
        case Unreadable(reason, at) if reason not in ("empty", "too_long") and 0 <= at <= len(text):
            before, spot, after = text[:at], text[at : at + 1], text[at + 1 :]
            spot_shown = escape(visible(spot)) if spot.strip() else Html("&nbsp;")
            return Html(f'{shown(before)}<mark class="at">{spot_shown}</mark>{shown(after)}')
        case _:
            return shown(text)


def shown(text: str) -> Html:
    """Text that somebody typed, cut where it is very long."""
    cut = text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " …"
    return escape(visible(cut))
