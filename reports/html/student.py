"""A student's feedback: each answer as it was read, the verdict, what is said about it, and its marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import final

from exercises.exercise import Instance, Language
from grader.results import Result, Student
from grader.verdict import Review, Unreadable, name
from reports.bidi import direction, runs
from reports.feedback import cannot_read, feedback, hints, step_said
from reports.html.page import Said, page, visible
from reports.markup import Html, escape, joined
from reports.text import options_said, text_html
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

    def read_as(self, language: Language) -> Html | None:
        """How the answer was read, where that is not how it was typed."""
        judged = self.result.judgement
        if judged is None or judged.read_as in ("", judged.answer):
            return None
        part = self.instance.part(self.result.part)
        if part.options:
            return joined((text_html(text, language) for text in options_said(part, judged.read_as, language)), ", ")
        return Html(f'<bdi dir="ltr">{escape(visible(judged.read_as))}</bdi>')

    def steps(self, say: Said) -> list[tuple[str, Html, Html]]:
        """The steps of a working: the verdict, what it leads to as it was typed, and what is said of it."""
        judged = self.result.judgement
        if judged is None:
            return []
        return [
            (step.verdict, escape(visible(judged.answer[step.since : step.end])), Html(step_said(say, step)))
            for step in judged.steps
        ]

    def hints(self, say: Said) -> list[Html]:
        """Where to look again."""
        judged = self.result.judgement
        return [Html(hint) for hint in hints(say, judged.verdict)] if judged else []

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
    judged = result.judgement
    return Html(feedback(say, judged.verdict, judged.answer) if judged else feedback(say, None))


def reason_for_a_person(result: Result, say: Said) -> Html:
    """Why a person has to look, in a few words."""
    judged = result.judgement
    match judged and judged.verdict:
        case Unreadable() as unreadable:
            return Html(cannot_read(say, unreadable, judged.answer if judged else ""))
        case Review(reason):
            return say(f"review.{reason}")
        case _:
            return Html("")


def answer_html(result: Result) -> Html:
    """A student's text, with a mark at the character that could not be read."""
    if result.judgement is None:
        return Html("")
    text = result.judgement.answer
    match result.judgement.verdict:
        case Unreadable(reason, at) if reason not in ("empty", "too_long") and 0 <= at <= len(text):
            return typed_html(text, at)
        case _:
            return typed_html(text)


def typed_html(text: str, at: int | None = None) -> Html:
    """Text that somebody typed, inert and cut where it is very long, as the block it stands in shows it.

    Between Hebrew words what is Latin or a number is isolated, or 5×5×3 would show as 3×5×5. What has no shape is
    written as its code. The character at `at` gets a mark, the end of the text too.
    """
    cut, rest = text[:MOST_SHOWN], " …" if len(text) > MOST_SHOWN else ""
    turned = direction(text) == "rtl"
    pieces, start = [], 0
    for run, foreign in runs(cut, "he"):
        said = _marked(run, None if at is None else at - start)
        pieces.append(Html(f'<bdi dir="ltr">{said}</bdi>') if foreign and turned else said)
        start += len(run)
    end = _marked(" ", 0) if at == len(text) and not rest else Html(rest)
    return joined([*pieces, end])


def _marked(run: str, at: int | None) -> Html:
    """Characters side by side, one of them perhaps with a mark."""
    if at is None or not 0 <= at < len(run):
        return escape(visible(run))
    spot = escape(visible(run[at])) if run[at].strip() else Html("&nbsp;")
    return Html(f'{escape(visible(run[:at]))}<mark class="at">{spot}</mark>{escape(visible(run[at + 1 :]))}')
