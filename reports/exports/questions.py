"""An exercise's parts as questions of other systems: what is asked, what is right, and what each slip leads to.

A slip's answer is put to our own grader first; a branch stands in an export only where the grader says the same of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never, final

from exercises.exercise import Instance, Language, Option, Part
from grader.judge import Marker
from grader.verdict import Slipped, marks
from reports.bidi import runs as runs_of_words
from reports.feedback import feedback
from reports.lines import pieces
from reports.markup import escape
from reports.mathematics.latex import latex
from reports.mathematics.mathml import mathml
from reports.words import words
from solver.derivation import mistakes
from solver.frozen import frozen
from solver.notation.printing import ascii_text
from solver.notation.tree import Call, Formula, rebuild
from solver.values import Shape, Value, as_formula

MOST_BRANCHES = 12

Sort: TypeAlias = Literal["choice", "number", "formula", "text", "open"]
"""How a part is asked: options, a number, a formula that has to be equivalent, words typed exactly, or anything."""


@final
@frozen(slots=True)
class Branch:
    """A typical mistake: the answer that it leads to, the share of the marks that it earns, what is said of it."""

    answers: tuple[str, ...]
    share: Fraction
    said: tuple[str, ...]  # in each language


@final
@frozen(slots=True)
class Question:
    """One part: `answers` are spellings of what is right, the first the usual one."""

    instance: Instance
    part: Part
    sort: Sort
    answers: tuple[str, ...]
    within: Fraction
    right: tuple[tuple[Option, bool], ...]
    branches: tuple[Branch, ...]

    @property
    def name(self) -> str:
        """The place of the part, as students type it."""
        return f"{self.instance.exercise.id}/{self.part.id}"


def questions(instances: Sequence[Instance], languages: Sequence[Language]) -> Iterator[Question]:
    """Every part of the exercises."""
    for instance in instances:
        marker = Marker(instance)
        for part in instance.exercise.parts:
            key = instance.key(part.id)
            sort = sort_of(instance.kind(part))
            answers = spellings(key) if sort in ("number", "formula", "text") else ()
            size = abs(Fraction(key)) if isinstance(key, int | Fraction) else Fraction(0)
            within = (part.within or Fraction(0)) * size
            branches = tuple(_branches(instance, part, marker, languages)) if answers else ()
            yield Question(instance, part, sort, answers, within, right_options(part, key), branches)


def sort_of(kind: str) -> Sort:
    """How an answer of our kinds is asked elsewhere."""
    match kind:
        case "choice":
            return "choice"
        case "whole" | "number":
            return "number"
        case "formula":
            return "formula"
        case "shape" | "row":
            return "text"
        case _:
            return "open"


def right_options(part: Part, key: Value) -> tuple[tuple[Option, bool], ...]:
    """The options, each with whether it is right."""
    if not part.options:
        return ()
    truths = (key, not key) if isinstance(key, bool) else key if isinstance(key, tuple) else ()
    return tuple((option, bool(truth)) for option, truth in zip(part.options, truths, strict=True))


def spellings(value: Value) -> tuple[str, ...]:
    """How an answer may be typed where nobody reads it but a comparison of texts.

    >>> spellings(Shape((3, 10, 10)))[:4], spellings(48), spellings((1, -2))
    (('10x10x3', '3x10x10', '(3,10,10)', '(3, 10, 10)'), ('48',), ('1, -2', '1,-2', '(1,-2)', '[1,-2]'))
    """
    if isinstance(value, tuple) and not isinstance(value, bool):
        sizes = [ascii_text(as_formula(size)) for size in value]
        with_commas = (f"({','.join(sizes)})", f"({', '.join(sizes)})", f"[{','.join(sizes)}]")
        if not isinstance(value, Shape):
            return (", ".join(sizes), ",".join(sizes), with_commas[0], with_commas[2])
        last = [*sizes[1:], sizes[0]] if len(sizes) == 3 else sizes
        crosses = ["x".join(last), "x".join(sizes), *with_commas, "×".join(last), "×".join(sizes), "*".join(last)]
        at = [f"{sizes[0]}@{'x'.join(sizes[1:])}"] if len(sizes) == 3 else []
        return tuple(dict.fromkeys((*crosses, *at)))
    return (maxima(as_formula(value)),)


def maxima(formula: Formula) -> str:
    """A formula as Maxima and most systems read it: every product signed, powers with a caret.

    >>> from solver.notation.reading import formula as read
    >>> maxima(read("2 K floor(n/2) + ceil(m)"))
    '2*K*floor(n/2) + ceiling(m)'
    """

    def renamed(node: Formula) -> Formula:
        inner = rebuild(node, renamed)
        return Call("ceiling", inner.arguments) if isinstance(inner, Call) and inner.function == "ceil" else inner

    return ascii_text(renamed(formula))


def _branches(instance: Instance, part: Part, marker: Marker, languages: Sequence[Language]) -> Iterator[Branch]:
    """What single slips lead to, each answer once."""
    seen = {spellings(instance.key(part.id))}
    for mistake in mistakes(instance.keys[part.id]):
        answers = spellings(mistake.value) if len(mistake.slips) == 1 else ()
        if not answers or answers in seen:
            continue
        seen.add(answers)
        verdict = marker.judge(part.id, answers[0], {}).verdict
        earned = marks(verdict, part)
        if isinstance(verdict, Slipped) and earned is not None:
            said = tuple(feedback(words(language).say, verdict) for language in languages)
            yield Branch(answers, earned / Fraction(part.marks) if part.marks else Fraction(0), said)
        if len(seen) > MOST_BRANCHES:
            return


# --- texts


def asked_html(question: Question, languages: Sequence[Language]) -> str:
    """What is asked, in each language, mathematics as LaTeX: the exercise's statement, then the part's own words."""
    numbers = question.instance.numbers
    exercise = question.instance.exercise
    return "".join(
        f'<div lang="{language}" dir="{words(language).direction}">'
        f"<p>{with_latex(exercise.statement.said(language, numbers))}</p>"
        f"<p>{with_latex(question.part.ask.said(language, numbers))}</p></div>"
        for language in languages
    )


def with_latex(text: str) -> str:
    """Words escaped, mathematics between the signs that Moodle and MathJax know."""
    return "".join(
        str(escape(run)) if isinstance(run, str) else f"\\({escape(latex(run))}\\)" for run in pieces(text)
    )


def with_mathml(text: str, language: Language) -> str:
    """Words escaped, runs of the other direction isolated, mathematics as MathML."""
    said = []
    for run in pieces(text):
        if not isinstance(run, str):
            said.append(str(mathml(run)))
            continue
        for piece, foreign in runs_of_words(run, language):
            direction = "ltr" if words(language).direction == "rtl" else "rtl"
            said.append(f'<bdi dir="{direction}">{escape(piece)}</bdi>' if foreign else str(escape(piece)))
    return "".join(said)


def said_html(said: Sequence[str], languages: Sequence[Language]) -> str:
    """Sentences, one a language."""
    return "".join(
        f'<p lang="{language}" dir="{words(language).direction}">{escape(one)}</p>'
        for language, one in zip(languages, said, strict=True)
    )


def option_html(option: Option, languages: Sequence[Language]) -> str:
    """The words of an option."""
    return " / ".join(with_latex(option.text.said(language)) for language in languages)


def moodle_type(sort: Sort) -> str:
    """The question type of Moodle that asks for a sort without STACK."""
    match sort:
        case "choice":
            return "multichoice"
        case "number":
            return "numerical"
        case "formula" | "text":
            return "shortanswer"
        case "open":
            return "essay"
        case _:
            assert_never(sort)
