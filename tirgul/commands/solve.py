"""Solves an exercise: the steps to each answer, and what checked them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Instance, Language, Part
from reports.assumptions import assumptions_said
from reports.solution import Solution, Step, approximation, chosen, equation, solution
from reports.text import text_plain
from reports.words import words
from solver.notation.printing import plain
from solver.verify.check import Check
from tirgul.language import language_option
from tirgul.options import Command, document, exercises_option, instance_of, json_option, library, parts_of, place_only


@click.command("solve", cls=Command)
@click.argument("typed", metavar="EXERCISE [PART]", nargs=-1, required=True)
@language_option
@json_option
@exercises_option
def command(typed: tuple[str, ...], lang: Language, as_json: bool, folders: tuple[Path, ...]) -> None:
    """Prints the solution of a part, or of all; steps that an earlier part showed are not shown again."""
    exercise_id, part_id = place_only(typed, lang)
    instance = instance_of(exercise_id, library(folders), lang)
    parts = parts_of(instance.exercise, part_id, lang)
    solutions = [
        solution(instance, part.id, known=[before.id for before in parts[:index]]) for index, part in enumerate(parts)
    ]
    if as_json:
        data = {"exercise": instance.exercise.id, "parts": [_data(solved, instance, lang) for solved in solutions]}
        click.echo(document("solve", data), nl=False)
    else:
        click.echo("\n\n".join("\n".join(_lines(solved, instance, lang)) for solved in solutions))


def _lines(solved: Solution, instance: Instance, language: Language) -> Iterator[str]:
    """The question, the steps each with a formula on a line of its own, the answer."""
    part = solved.part
    yield f"{instance.exercise.id}/{part.id}  {_ask(part, instance, language)}"
    for step in solved.steps:
        yield f"  {_reason(step, language)}"
        if len(step.sides) > 1 or step.truth is None:
            yield f"      {equation(step)}"
        if step.assumes:
            yield f"      {assumptions_said(words(language).say, step.assumes)}"
        yield f"      ({'; '.join(_checked(check, language) for check in step.checks)})"
    yield words(language).say("cli.answer", answer=_answer(solved, language))
    if solved.assumes:
        yield assumptions_said(words(language).say, solved.assumes)


def _ask(part: Part, instance: Instance, language: Language) -> str:
    return text_plain(part.ask.said(language, instance.numbers), language)


def _reason(step: Step, language: Language) -> str:
    """The rule's name, what it is about, and how often it applies."""
    say = words(language).say
    said = words(language).say(f"rule.{step.rule}") if f"rule.{step.rule}" in words(language) else step.rule
    said = say("step.of", rule=said, about=step.about) if step.about else said
    said = say("step.parts", rule=said, parts=", ".join(step.labels)) if step.labels else said
    return f"{said} ({words(language).say_count('step.times', step.times)})" if step.times > 1 else said


def _checked(check: Check, language: Language) -> str:
    say = words(language).say
    verdict = say(f"check.{check.verdict}")
    if check.verdict == "inconclusive":
        return verdict
    method = say(f"method.{check.method}")
    if check.scope:
        return say("check.scope", verdict=verdict, method=method, scope=check.scope)
    return say("check.by", verdict=verdict, method=method)


def _answer(solved: Solution, language: Language) -> str:
    """The answer as readers write it: the options chosen, or a value and what a fraction comes to."""
    if solved.part.options:
        options = [text_plain(option.text.said(language), language) for option in chosen(solved.part, solved.key)]
        return ", ".join(options) or words(language).say("list.none")
    said = plain(solved.answer)
    near = approximation(solved.key)
    return f"{said} ≈ {near.written}" if near else said


def _data(solved: Solution, instance: Instance, language: Language) -> dict[str, Any]:
    return {
        "part": solved.part.id,
        "ask": _ask(solved.part, instance, language),
        "answer": _answer(solved, language),
        "rests_on": [part for part, _ in solved.rests_on],
        "assumes": [one.text for one in solved.assumes],
        "steps": [_step(step, language) for step in solved.steps],
    }


def _step(step: Step, language: Language) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "said": _reason(step, language),
        "about": step.about,
        "equation": equation(step),
        "times": step.times,
        "checks": [{"verdict": check.verdict, "method": check.method, "scope": check.scope} for check in step.checks],
        "source": step.source,
        "assumes": [one.text for one in step.assumes],
        "inner": [_step(inner, language) for inner in step.inner],
    }
