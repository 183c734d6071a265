"""The solution sheet: each part with its answer, the steps to it, and what checked each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from exercises.exercise import Instance, Language, Part, Text
from exercises.exhibit import Exhibit, LineChart, Table
from reports.assumptions import assumptions_said
from reports.figures.charts import line_chart
from reports.html.page import Said, page
from reports.markup import Html, escape, joined
from reports.mathematics.mathml import mathml
from reports.mathematics.symbols import is_tall
from reports.solution import (
    Assumption,
    Solution,
    Step,
    Verify,
    approximation,
    chosen,
    conclusion,
    equation,
    solution,
    steps,
)
from reports.text import text_html
from reports.words import words
from solver.derivation import Derived, walk
from solver.notation.reading import read
from solver.notation.tree import Name
from solver.verify.check import Check
from solver.verify.records import checks

MOST_ON_A_LINE: Final = 64


class Refuted(Exception):
    """A step that some check contradicts: a sheet that shows it would be wrong, so there is none."""

    def __init__(self, exercise: str, part: str, step: Step) -> None:
        super().__init__(exercise, part, step.rule)
        self.exercise, self.part, self.step = exercise, part, step


@final
@dataclass(frozen=True)
class Sheet:
    """An exercise and the solutions of its parts."""

    instance: Instance
    solutions: tuple[Solution, ...]
    notes: tuple[tuple[str, Solution], ...] = ()


def sheet_html(instances: Sequence[Instance], languages: Sequence[Language], *, verify: Verify = checks) -> str:
    """The solution sheet of some exercises as a page; raises Refuted."""
    sheets = [
        Sheet(instance, tuple(_solutions(instance, verify)), tuple(_notes(instance, verify))) for instance in instances
    ]
    title = {language: _title(instances, language) for language in languages}
    return page(title, "sheet.html.jinja", languages, sheets=sheets, View=View)


def _solutions(instance: Instance, verify: Verify) -> Iterator[Solution]:
    """The solution of each part; a part begins from what the parts before it have shown."""
    known: list[str] = []
    for part in instance.exercise.parts:
        found = solution(instance, part.id, known=known, verify=verify)
        for step in found.refuted:
            raise Refuted(instance.exercise.id, part.id, step)
        known.append(part.id)
        yield found


def _notes(instance: Instance, verify: Verify) -> Iterator[tuple[str, Solution]]:
    """The claims that go with the solution, each as a part of its own."""
    for name, note in instance.exercise.notes().items():
        if isinstance(note, Derived):
            shown = steps(list(walk(note)), verify)
            yield name, Solution(Part(name, Text("", "")), note.result, conclusion(note), shown)


def _title(instances: Sequence[Instance], language: Language) -> str:
    say = words(language).say
    titles = (
        say("page.exercise", id=one.exercise.id, title=one.exercise.title.said(language, one.numbers))
        for one in instances
    )
    return f"{say('page.solution_sheet')} · {' · '.join(titles)}"


@final
@dataclass(frozen=True)
class View:
    """What a template shows of one solution in one language."""

    instance: Instance
    solution: Solution
    language: Language

    @property
    def said(self) -> Said:
        """The language's words as markup."""
        return Said(words(self.language))

    def reason(self, step: Step) -> Html:
        """Why a step holds: its rule, and what it is about."""
        say = self.said
        key = f"rule.{step.rule}"
        rule = say(key) if key in say.words else Html(f'<code dir="ltr">{escape(step.rule)}</code>')
        if step.labels:
            return say("step.parts", rule=rule, parts=Html(", ".join(map(self._about, step.labels))))
        return say("step.of", rule=rule, about=self._about(step.about)) if step.about else rule

    def assumes(self, assumptions: Sequence[Assumption]) -> Html:
        """What a step or a result assumes, on one line."""
        return Html(assumptions_said(self.said, assumptions, lambda formula: mathml(formula)))

    def source(self, step: Step) -> str:
        """Where the rule is from."""
        return words(self.language).say("step.source", source=step.source)

    def _about(self, about: str) -> Html:
        """What a step is about: an option in its own words, otherwise a layer's name."""
        for option in self.solution.part.options:
            if option.id == about:
                return text_html(option.text.said(self.language, self.instance.numbers), self.language)
        said = read(about, (about,)) if "_" in about else None
        return mathml(said) if isinstance(said, Name) else Html(f'<bdi dir="ltr">{escape(about)}</bdi>')

    def badge(self, check: Check) -> Html:
        """What checked a step; a sign before it says that it is verified."""
        say = self.said
        method = say(f"method.{check.method}")
        scope = Html(f'<bdi dir="ltr">{escape(check.scope)}</bdi>')
        said = say("check.badge", method=method, scope=scope) if check.scope else method
        match check.verdict:
            case "verified":
                return said
            case "refuted":
                return say("check.by", verdict=say("check.refuted"), method=said)
            case "inconclusive":
                return say("check.inconclusive")

    def label(self, check: Check) -> str:
        """The badge for those who cannot see the sign."""
        say = words(self.language).say
        return say("check.by", verdict=say(f"check.{check.verdict}"), method=say(f"method.{check.method}"))

    def rows(self, step: Step) -> list[tuple[Html, Html]]:
        """The step's equation, a row for each equality sign: what stands left of the first, what right of each."""
        if step.truth is not None or len(step.sides) < 2:
            return [(mathml(side, display=True), Html("")) for side in step.sides]
        first, *rest = step.sides
        lefts = [mathml(first, display=True), *[Html("")] * len(rest)]
        return [(left, mathml(side, display=True, equals=True)) for left, side in zip(lefts, rest, strict=False)]

    def is_short(self, step: Step) -> bool:
        """Whether the whole equation fits on one line."""
        return not any(map(is_tall, step.sides)) and len(equation(step)) <= MOST_ON_A_LINE

    def truth(self, step: Step) -> Html | None:
        """Whether a claim holds, in words."""
        return None if step.truth is None else self.said("truth.yes" if step.truth else "truth.no")

    def answer(self) -> Html:
        """The answer: options in their own words, otherwise a formula."""
        part, key = self.solution.part, self.solution.key
        if part.options:
            return self._chosen(part)
        about = approximation(key)
        shown = mathml(self.solution.answer, display=True)
        return shown if about is None else Html(f"{shown} ≈ {mathml(about)}")

    def model(self) -> str:
        """The answer in words, with the key put in."""
        return self.instance.model(self.solution.part, self.language)

    def exhibits(self) -> list[Html]:
        """The tables and charts of the part."""
        return [self._exhibit(exhibit) for exhibit in self.instance.exhibits.get(self.solution.part.id, ())]

    def _exhibit(self, exhibit: Exhibit) -> Html:
        caption = Html(f"<figcaption>{self._cell(exhibit.title)}</figcaption>")
        match exhibit:
            case LineChart():
                return Html(f"<figure>{caption}{line_chart(exhibit, self.language)}</figure>")
            case Table(_, head, rows):
                titles = joined(Html(f'<th scope="col">{self._cell(cell)}</th>') for cell in head)
                body = joined(Html(f"<tr>{joined(map(self._data, row))}</tr>") for row in rows)
                table = Html(f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>")
                return Html(f'<figure>{caption}<div class="wide" tabindex="0">{table}</div></figure>')

    def _data(self, cell: Text | str) -> Html:
        number = ' class="number"' if isinstance(cell, str) and not cell.startswith("$") else ""
        return Html(f"<td{number}>{self._cell(cell)}</td>")

    def _cell(self, cell: Text | str) -> Html:
        """Words in the reader's language, mathematics between dollars, or a number."""
        return text_html(cell if isinstance(cell, str) else cell.said(self.language), self.language)

    def _chosen(self, part: Part) -> Html:
        options = chosen(part, self.solution.key)
        if not options:
            return self.said("list.none")
        texts = (text_html(option.text.said(self.language, self.instance.numbers), self.language) for option in options)
        return Html("<br>".join(texts))
