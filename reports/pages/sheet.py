"""The solution sheet: each part with its answer, the steps to it, what checked each step, and the rules in a glossary.

Ids begin with the language, since one page may hold two; `data-formula` is the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final, final

from exercises.exercise import STATEMENT, Instance, Language, Option, Part
from exercises.exercise import Text as Texts
from reports.document import Answer, Block, Document, Heading, Items, Paragraph, Section, Step, Typed
from reports.lines import NOTHING, Line, Math, Sayer, Text, joined, link, strong, text_line
from reports.mathematics.symbols import is_tall
from reports.pages.exhibits import exhibited
from reports.pages.layers import layer_table
from reports.pages.marks import worth
from reports.solution import (
    Solution,
    Verify,
    approximation,
    chosen,
    conclusion,
    equation,
    solution,
    steps,
)
from reports.solution import Step as Said
from reports.steps import about_line, assumptions_line, badge, reason_line, rule_line
from reports.words import words
from solver.derivation import Derived, Rule, walk
from solver.frozen import frozen
from solver.notation.reading import formula
from solver.notation.tree import Formula, Relation
from solver.verify.records import checks

MOST_ON_A_LINE: Final = 64


class Refuted(Exception):
    """A step that some check contradicts: a sheet that shows it would be wrong, so there is none."""

    def __init__(self, exercise: str, part: str, step: Said) -> None:
        super().__init__(exercise, part, step.rule)
        self.exercise, self.part, self.step = exercise, part, step


@final
@frozen
class Solved:
    """An exercise and the solutions of its parts."""

    instance: Instance
    solutions: tuple[Solution, ...]
    notes: tuple[tuple[str, Solution], ...] = ()


def solved(instances: Iterable[Instance], verify: Verify = checks) -> tuple[Solved, ...]:
    """The solutions of exercises, the same for every language and format; raises Refuted."""
    return tuple(
        Solved(instance, tuple(_solutions(instance, verify)), tuple(_notes(instance, verify))) for instance in instances
    )


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
            yield name, Solution(Part(name, Texts("", "")), note.result, conclusion(note), shown)


def sheet(exercises: Sequence[Solved], language: Language) -> Document:
    """The solution sheet of some exercises in one language."""
    say = words(language).say
    titles = (
        say("page.exercise", id=one.exercise.id, title=one.exercise.title.said(language, one.numbers))
        for one in (solved.instance for solved in exercises)
    )
    blocks = [_exercise(one, language) for one in exercises]
    return Document(
        language,
        f"{say('page.solution_sheet')} · {' · '.join(titles)}",
        (*blocks, *_glossary(exercises, language), Paragraph(Sayer(words(language))("page.made_by"), "foot")),
    )


# --- an exercise


def _exercise(solved: Solved, language: Language) -> Section:
    instance, say = solved.instance, Sayer(words(language))
    exercise, numbers = instance.exercise, instance.numbers
    blocks: list[Block] = [header(instance, language, "page.solution_sheet")]
    blocks.append(Paragraph(say.text(exercise.statement.said(language, numbers)), "statement"))
    for exhibit in instance.exhibits.get(STATEMENT, ()):
        blocks += exhibited(exhibit, language)
    table = layer_table(instance, say)
    if table:
        blocks += [Heading(2, say("layers.title")), table]
    blocks += [_part(Page(instance, found, language)) for found in solved.solutions]
    blocks += [_note(Page(instance, found, language), name) for name, found in solved.notes]
    blocks += [Paragraph(say(f"because.{reason}"), "note") for reason in _reasons(solved.solutions)]
    if exercise.source:
        blocks.append(Paragraph(say("page.source", source=_cited(exercise.source, say)), "foot"))
    return Section("exercise", tuple(blocks))


def header(instance: Instance, language: Language, kind: str) -> Section:
    """What a sheet is, and its exercise's title."""
    say, exercise = Sayer(words(language)), instance.exercise
    what = say(kind)
    if instance.variant:
        what = Line(what, " · ", say("page.variant", variant=instance.variant))
    title = say.text(exercise.title.said(language, instance.numbers))
    blocks = (Paragraph(what, "kind"), Heading(1, say("page.exercise", id=exercise.id, title=title)))
    return Section("header", blocks)


def _part(page: Page) -> Section:
    solved, say = page.solution, page.say
    part, exercise = solved.part, page.instance.exercise
    blocks: list[Block] = [
        Heading(2, say("page.part", part=part.id), worth(say, part.marks)),
        *asked(page.instance, part, page.language),
    ]
    if part.free:
        blocks.append(Paragraph(say("page.free"), "note"))
    for other, value in solved.rests_on:
        to = f"#{page.language}-{exercise.id}-{other}"
        blocks.append(Paragraph(Line(link(say("step.from_part", part=other), to), " ", Math(value)), "from"))
    if not solved.steps and not solved.rests_on:
        blocks.append(Paragraph(say("step.given"), "note"))
    if solved.steps:
        steps = (page.step(step, number) for number, step in enumerate(solved.steps, start=1))
        blocks.append(Section("steps", tuple(steps)))
    for exhibit in page.instance.exhibits.get(part.id, ()):
        blocks += exhibited(exhibit, page.language)
    if part.code is None:
        blocks.append(Answer(say("page.answer"), page.answer(), f"{exercise.id}/{part.id}/answer"))
    else:
        blocks += [Paragraph(say("page.code"), "label"), Typed(part.code.right(page.instance.numbers), code=True)]
    if part.model:
        said = say.text(page.instance.model(part, page.language))
        blocks.append(Paragraph(Line(*strong(say("page.model")).runs, " ", said)))
    if solved.assumes:
        blocks.append(Paragraph(assumptions_line(solved.assumes, say), "note"))
    return Section("part", tuple(blocks), id=f"{page.language}-{exercise.id}-{part.id}")


def _note(page: Page, name: str) -> Section:
    """A claim that goes with the solution, in words and derived."""
    place = f"{page.instance.exercise.id}-note-{name}"
    blocks = (
        Heading(2, page.say("page.note")),
        Paragraph(page.say(f"note.{name}"), "ask"),
        Section("steps", tuple(page.step(step, number) for number, step in enumerate(page.solution.steps, start=1))),
        Answer(page.say("page.answer"), page.answer(), f"{place}/answer"),
    )
    return Section("part remark", blocks, id=f"{page.language}-{place}")


def _reasons(solutions: Iterable[Solution]) -> dict[str, None]:
    """Why checks are proofs, each reason once."""
    steps = (step for solution in solutions for step in solution.steps)
    return dict.fromkeys(check.because for step in steps for check in step.checks if check.because)


def asked(instance: Instance, part: Part, language: Language) -> Iterator[Block]:
    """The question, and the options there are."""
    yield Paragraph(text_line(part.ask.said(language, instance.numbers), language), "ask")
    if part.options:
        yield Items(tuple(option_line(option, instance, language) for option in part.options))


def option_line(option: Option, instance: Instance, language: Language) -> Line:
    """An option in its own words."""
    return text_line(option.text.said(language, instance.numbers), language)


@final
@frozen
class Page:
    """What is shown of one solution in one language; `glossary` says whether rules lead to their entries."""

    instance: Instance
    solution: Solution
    language: Language
    glossary: bool = True

    @property
    def say(self) -> Sayer:
        """The language's words."""
        return Sayer(words(self.language))

    def step(self, step: Said, number: int, *, apart: bool = False) -> Step:
        """A step of the derivation, in this language."""
        place = f"{self.instance.exercise.id}/{self.solution.part.id}/{number}"
        notes = [self.say.count("step.times", step.times)] if step.times > 1 else []
        notes += [assumptions_line(step.assumes, self.say)] if step.assumes else []
        inner = step.inner
        truth = None if step.truth is None else (step.truth, self.say("truth.yes" if step.truth else "truth.no"))
        return Step(
            rule=step.rule,
            reason=self.reason(step),
            rows=_rows(step),
            badges=tuple(badge(check, self.say) for check in step.checks),
            notes=tuple(notes),
            short=not any(map(is_tall, step.sides)) and len(equation(step)) <= MOST_ON_A_LINE,
            truth=truth,
            formula_id=place,
            apart=apart,
            inner=tuple(replace(self.step(small, index), formula_id="") for index, small in enumerate(inner, start=1)),
            opens=self.say.count("step.inner", len(inner)) if inner else NOTHING,
        )

    def reason(self, step: Said) -> Line:
        """Why a step holds: its rule, which leads to its entry in the glossary, and what it is about."""
        entry = _entry_id(step.rule, self.language) if self.glossary and _has_entry(step) else ""
        return reason_line(step, self.say, self.about, entry)

    def about(self, about: str) -> Line:
        """What a step is about: an option in its own words, otherwise a layer's name."""
        for option in self.solution.part.options:
            if option.id == about:
                return option_line(option, self.instance, self.language)
        return about_line(about)

    def answer(self) -> Line:
        """The answer: options in their own words, otherwise a formula and what a fraction comes to."""
        part, key = self.solution.part, self.solution.key
        if part.options:
            said = [option_line(option, self.instance, self.language) for option in chosen(part, key)]
            return joined(said, "; ") if said else self.say("list.none")
        about = approximation(key)
        shown = Math(self.solution.answer, display=True)
        if about is None:
            return Line(shown)
        return Line(shown, " = " if Fraction(about.written) == key else " ≈ ", Math(about))


def _rows(step: Said) -> tuple[tuple[Formula | None, Formula], ...]:
    """The step's equation, a row for each equality sign; a claim and one side alone have nothing left of it."""
    if step.truth is not None or len(step.sides) < 2:
        return tuple((None, side) for side in step.sides)
    first, second, *rest = step.sides
    return ((first, second), *((None, side) for side in rest))


# --- the glossary


def _has_entry(step: Said) -> bool:
    return step.node is not None and bool(step.node.rule.text or step.node.rule.source)


def _entry_id(rule: str, language: Language) -> str:
    return f"{language}-rule-{rule}"


def _glossary(exercises: Sequence[Solved], language: Language) -> Iterator[Section]:
    """The rules that the sheet uses, each with its formula and where it is from."""
    used: dict[str, Said] = {}
    for one in exercises:
        for found in (*one.solutions, *(note for _, note in one.notes)):
            for step in found.steps:
                for said in (step, *step.inner):
                    if _has_entry(said):
                        used.setdefault(said.rule, said)
    say = Sayer(words(language))
    entries = [_entry(first.node.rule, first, language, say) for first in used.values() if first.node is not None]
    if entries:
        yield Section("glossary", (Heading(2, say("page.glossary")), *entries))


def _cited(source: str, say: Sayer) -> Line:
    """Where something is from: in the reader's language where there are words for it, else as it is called."""
    key = f"source.{source}"
    return say(key) if key in say.words else Line(Text(source, "ltr"))


def _entry(rule: Rule, first: Said, language: Language, say: Sayer) -> Section:
    """A rule's formula; of a law, which rewrites whatever it fits, the first equality on the sheet that it gives."""
    rows: tuple[tuple[Formula | None, Formula], ...] = ()
    notes = [say("step.source", source=_cited(rule.source, say))] if rule.source else []
    if rule.taught is not None:
        left = formula(rule.symbol) if rule.symbol and not isinstance(rule.taught, Relation) else None
        rows = ((None if left == rule.taught else left, rule.taught),)
    elif rule.assumes is not None and first.truth is None:
        rows = _rows(first)
        notes.append(say("page.instance"))
    place = f"rule/{rule.name}"
    short = rule.taught is not None
    step = Step(rule.name, rule_line(rule.name, say), rows, notes=tuple(notes), short=short, formula_id=place)
    return Section("entry", (step,), id=_entry_id(rule.name, language))


