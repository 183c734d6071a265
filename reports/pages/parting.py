"""Where an answer parts from the solution: the mistaken step, the steps that go on from earlier answers, and hints.

Nothing here tells a key that the student has not found, unless the teacher reveals the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from exercises.exercise import Instance, Language
from grader.judge import Marker
from grader.results import Result
from grader.verdict import Explanation, Follows, Right, Slipped
from reports.document import Answer, Block, Paragraph, Section, Step
from reports.feedback import slip_said
from reports.lines import Line, Math, Sayer
from reports.pages.sheet import Page
from reports.solution import Step as Said
from reports.solution import solution, steps
from reports.steps import rule_line
from reports.words import words
from solver.derivation import (
    SHAPE,
    TERM_FORGOTTEN,
    TUPLE,
    Derivation,
    Derived,
    Rule,
    everything,
    explained_by,
    nodes,
    rests_on,
    walk,
)
from solver.retelling import retold
from solver.values import Value, as_formula

if TYPE_CHECKING:
    from reports.pages.student import Reveal

MOST_STEPS: Final = 6

Answers = Mapping[tuple[str, str], Result]


def parting(
    result: Result, instance: Instance, language: Language, answers: Answers, reveal: Reveal
) -> Iterator[Block]:
    """What leads on from the verdict on one answer."""
    say = Sayer(words(language))
    verdict = result.judgement.verdict if result.judgement else None
    if isinstance(verdict, Right):
        return
    page = Page(instance, solution(instance, result.part, verify=lambda _: ()), language, glossary=False)
    secret = () if reveal == "answers" else tuple(_secret(result, instance, answers))
    match verdict:
        case Slipped((explanation, *_)):
            yield from _lines(page, {}, explanation, secret)
        case Follows(parts, slips):
            values = _own_values(parts, instance, answers)
            for part, value in values.items():
                said = say("feedback.goes_on", part=part, value=Line(Math(as_formula(value))))
                yield Paragraph(said, "from")
            yield from _lines(page, values, slips[0] if slips else (), secret)
        case _:
            pass
    if reveal == "answers":
        yield Answer(say("student.right_answer"), page.answer())
    if reveal == "hints" and not isinstance(verdict, Follows):
        yield from _hints(page)


def _secret(result: Result, instance: Instance, answers: Answers) -> Iterator[Derivation]:
    """The keys of parts that the student has not found."""
    for part, key in instance.keys.items():
        given = answers.get((result.exercise, part))
        if not (given and given.judgement and isinstance(given.judgement.verdict, Right)):
            yield key


def _own_values(parts: tuple[str, ...], instance: Instance, answers: Answers) -> dict[str, Value]:
    """What the student answered to earlier parts."""
    marker, found = Marker(instance), {}
    for part in parts:
        given = answers.get((instance.exercise.id, part))
        value = marker.part(part).wrong_value(given.judgement.answer) if given and given.judgement else None
        if value is not None:
            found[part] = value
    return found


def _lines(
    page: Page, values: Mapping[str, Value], explanation: Explanation, secret: tuple[Derivation, ...]
) -> Iterator[Block]:
    """The steps that are not those of the solution: the first with a mistake in it, or all that follow from values."""
    key = page.instance.keys[page.solution.part.id]
    made = _made(key, explanation)
    instead = {id(page.instance.keys[part]): value for part, value in values.items()}

    def exchange(node: Derivation) -> Rule | Value | None:
        return instead.get(id(node), made.get(id(node)))

    told = retold(key, exchange)
    if told is None:
        return
    ours = {id(node) for node in everything(key)}
    hidden = {id(node) for one in secret for node in (one, *_items(one))}
    slipped = {id(rule) for rule in made.values()}
    new = [node for node in walk(told) if id(node) not in ours]
    if made:
        new = [node for node in new if _holds_slip(node, slipped)][:1]
    told_safely = [node for node in new if not hidden & {id(premise) for premise in _shown(node)}]
    shown = steps(told_safely, lambda _: ())[:MOST_STEPS]
    if shown:
        slips = explanation if made else ()
        own = (_step(page, said, number, slips) for number, said in enumerate(shown, start=1))
        yield Section("steps parting", tuple(own))


def _items(key: Derivation) -> tuple[Derivation, ...]:
    """The sizes of a shape and the items of a row, each of which is part of the answer."""
    return tuple(key.premises.values()) if isinstance(key, Derived) and key.rule in (SHAPE, TUPLE) else ()


def _shown(node: Derived) -> Iterator[Derivation]:
    """The premises whose values a step shows; of one taken out of a shape, where it is from."""
    for premise in explained_by(node):
        yield from (premise, *rests_on(premise))


def _made(key: Derivation, explanation: Explanation) -> dict[int, Rule | Value]:
    """What a mistake puts in place of nodes: its slips for rules, 0 for a term that was forgotten."""
    made: dict[int, Rule | Value] = {}
    for slip in explanation:
        for node in nodes(key, explained_by):
            if not isinstance(node, Derived):
                continue
            if slip.name == TERM_FORGOTTEN:
                if node.rule.name == "total" and slip.about in node.premises:
                    made[id(node.premises[slip.about])] = 0
            elif node.rule.name == slip.rule and slip.name in node.rule.slips and slip.about in ("", node.about):
                made[id(node)] = node.rule.slips[slip.name]
    return made


def _holds_slip(node: Derived, slips: set[int]) -> bool:
    return id(node.rule) in slips or any(premise.result == 0 for premise in node.premises.values())


def _step(page: Page, said: Said, number: int, explanation: Explanation) -> Step:
    """A step of the student's own; one with a mistake in it says which."""
    shown = page.step(said, number)
    if not explanation:
        return shown
    reason = Line(slip_said(page.say, explanation[0]))
    return Step(said.rule, reason, shown.rows, short=shown.short, truth=shown.truth, apart=True)


def _hints(page: Page) -> Iterator[Block]:
    """The rules that lead to the answer, each with its formula and without numbers."""
    seen: dict[str, Step] = {}
    for said in page.solution.steps:
        if said.rule in seen:  # it applies to several layers, so it is named without the first of them
            seen[said.rule] = replace(seen[said.rule], reason=rule_line(said.rule, page.say))
            continue
        if said.node is None or said.node.rule.taught is None or said.truth is not None:
            continue
        symbol, taught = said.sides[0], said.node.rule.taught
        rows = ((None, taught),) if symbol == taught else ((symbol, taught),)
        reason = page.step(said, 0).reason
        if as_formula(page.solution.key) not in (symbol, taught):
            seen[said.rule] = Step(said.rule, reason, rows)
    if seen:
        yield Paragraph(page.say("student.hints"), "label")
        yield Section("steps hints", tuple(seen.values()))
