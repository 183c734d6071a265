"""What the pages show of an exercise, in one language: values for the templates, which hold no key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, final

from exercises.exercise import Exercise, Language, Part
from grader.verdict import Judgement, Review, Unreadable, name
from reports.feedback import cannot_read, feedback, requirement_said
from reports.hints import hint
from reports.html.blocks import line_html, typed_html
from reports.html.page import section
from reports.lines import Line, Math, Sayer, inert, joined, text_line, token, visible
from reports.markup import Html
from reports.pages.marks import mark
from reports.text import options_said
from reports.words import words
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import read
from solver.notation.unreadable import Unreadable as CannotRead
from tirgul.desk import Hints, Sheet
from tirgul.service import CODE_KINDS, LONG_KINDS, MOST_CHARACTERS, MOST_TEXT, Progress


@final
@frozen
class PartView:
    """One part: its question, the place for an answer, what was said of the last one, and the hints so far."""

    exercise: Exercise
    part: Part
    sheet: Sheet
    language: Language
    progress: Progress
    question: Html
    hinted: Hints

    @cached_property
    def said(self) -> Sayer:
        """The language's words as lines."""
        return Sayer(words(self.language))

    @cached_property
    def once(self) -> str:
        """What tells this form from every other: the same form sent twice is one answer."""
        return secrets.token_hex(16)

    @property
    def kind(self) -> str:
        """The kind of answer: choice, whole, shape, formula, …"""
        return self.sheet.kinds[self.part.id]

    @property
    def is_long(self) -> bool:
        """Whether the answer is more than a line."""
        return self.kind in LONG_KINDS

    @property
    def is_code(self) -> bool:
        """Whether the answer is code, which runs from left to right in every language."""
        return self.kind in CODE_KINDS

    @property
    def most(self) -> int:
        """How many characters an answer may have."""
        return MOST_TEXT if self.is_long else MOST_CHARACTERS

    @property
    def is_one_of(self) -> bool:
        """Whether exactly one option is to be chosen."""
        return len(self.part.options) == 2

    @property
    def chosen(self) -> list[str]:
        """The options of the last answer."""
        said = self.judgement
        return said.read_as.split(", ") if said and self.part.options else []

    @property
    def anchor(self) -> str:
        """The part's name in addresses."""
        return anchor(self.part)

    @cached_property
    def judgement(self) -> Judgement | None:
        """The last answer, how it was read, and the verdict."""
        return self.progress.judgement

    @property
    def verdict(self) -> str:
        """The verdict's name; "" before there is one."""
        return name(self.judgement.verdict) if self.judgement else ""

    @property
    def stand(self) -> str:
        """How the part stands: a key of the catalogs."""
        if self.progress.done:
            return "right"
        return self.verdict or "open"

    def option(self, text: Any) -> Html:
        """The words of an option."""
        return line_html(text_line(text.said(self.language, self.sheet.numbers), self.language))

    def feedback(self) -> Html:
        """What is said of the last answer."""
        judgement = self.judgement
        if judgement is None:
            return Html("")
        if isinstance(judgement.verdict, Review) and self.progress.override is None and not self.is_long:
            return line_html(self.said("web.undecided"))
        return line_html(inert(feedback(self.said, judgement.verdict, judgement.answer, self.kind)))

    def marked(self) -> Html | None:
        """The mark that a person gave."""
        given = self.progress.override
        if given is None:
            return None
        return line_html(self.said("web.marked", marks=mark(given.marks), max=mark(self.part.marks)))

    def pointed(self) -> Html | None:
        """The answer with a mark at what could not be read."""
        match (judgement := self.judgement) and judgement.verdict:
            case Unreadable(reason, at) if judgement and reason not in ("empty", "too_long"):
                return typed_html(judgement.answer, at)
            case _:
                return None

    def requirements(self) -> list[Html]:
        """What was asked of code, and whether it is met."""
        judgement = self.judgement
        return [
            line_html(Line(f"{'✓' if each.met else '✗'} ", inert(requirement_said(self.said, each))))
            for each in (judgement.requirements if judgement else ())
        ]

    def read_as(self) -> Line | None:
        """How the last answer was read."""
        judgement = self.judgement
        if judgement is None or not judgement.read_as:
            return None
        if self.is_code:
            return token(visible(judgement.read_as))
        return read_as_line(self.part, judgement.read_as, self.language)

    def hints(self) -> list[Html]:
        """The hints so far."""
        return [line_html(inert(hint(self.said, _math, rung))) for rung in self.hinted.rungs]

    @property
    def typed(self) -> str:
        """The last answer, to be changed."""
        return self.progress.last.text if self.progress.last else ""

    # --- the same for programs

    def plain_feedback(self) -> str:
        """What is said of the last answer, without markup."""
        judgement = self.judgement
        if judgement is None:
            return ""
        return feedback(words(self.language).say, judgement.verdict, judgement.answer, self.kind)

    def plain_hints(self) -> list[str]:
        """The hints so far, without markup."""
        return [hint(words(self.language).say, plain, rung) for rung in self.hinted.rungs]


def question_html(part: Part, sheet: Sheet, language: Language, pictures: Html) -> Html:
    """What is asked: the same for everybody who has these numbers."""
    ask = part.ask.said(language, sheet.numbers)
    return section("web/question.html.jinja", language, part=part, anchor=anchor(part), ask=ask, pictures=pictures)


def anchor(part: Part) -> str:
    """The name of a part in addresses."""
    return "part-" + "".join(one if one.isalnum() else "-" for one in part.id)


def _math(formula: Any) -> Line:
    return Line(Math(formula))


def read_as_line(part: Part, shown: str, language: Language) -> Line:
    """How an answer was read: options in their words, mathematics drawn from our own reading of it."""
    if part.options:
        return joined((text_line(text, language) for text in options_said(part, shown, language)), ", ")
    return _drawn(shown)


@lru_cache(maxsize=4_096)  # many students answer the same
def _drawn(shown: str) -> Line:
    formula = read(shown)
    return token(visible(shown)) if isinstance(formula, CannotRead) else _math(formula)


def preview_html(part: Part, kind: str, text: str, said: str | CannotRead, language: Language) -> Html:
    """What stands under the field while somebody types."""
    say = Sayer(words(language))
    if not text.strip() or said == "" or kind in LONG_KINDS:
        return Html("")
    if isinstance(said, CannotRead):
        return section("web/unread.html.jinja", language, at=_pointed(said, text), why=cannot_read(say, said, text))
    return line_html(say("web.read_as", formula=read_as_line(part, said, language)))


def _pointed(said: CannotRead, text: str) -> Html | None:
    return typed_html(text, said.at) if said.reason not in ("empty", "too_long") else None


def parts_done(states: Mapping[str, Progress]) -> int:
    """How many parts were answered rightly."""
    return sum(state.done for state in states.values())
