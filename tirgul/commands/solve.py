"""Solves an exercise: the steps to each answer, and what checked them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Instance, Language, Part, Text
from exercises.exhibit import Exhibit, Table
from reports.pages.sheet import Page
from reports.solution import Solution, Step, equation, solution
from reports.steps import assumptions_line
from reports.text import text_plain
from reports.words import words
from tirgul.language import language_option
from tirgul.options import Command, document, exercise_ids, exercises_option, json_option, library, parts_of, place_only
from tirgul.steps import reason, step_lines
from tirgul.variants import Wanted, variant_options, variant_said


@click.command("solve", cls=Command)
@click.argument("typed", metavar="EXERCISE [PART]", nargs=-1, required=True, shell_complete=exercise_ids)
@click.option("--open", "opening", is_flag=True, help="cli.option.open")
@language_option
@json_option
@exercises_option
@variant_options
def command(
    typed: tuple[str, ...], opening: bool, lang: Language, as_json: bool, folders: tuple[Path, ...], wanted: Wanted
) -> None:
    """Prints the solution of a part, or of all; steps that an earlier part showed are not shown again."""
    exercise_id, part_id = place_only(typed, lang)
    instance = wanted.instance(exercise_id, library(folders), lang)
    parts = parts_of(instance.exercise, part_id, lang)
    solutions = [
        solution(instance, part.id, known=[before.id for before in parts[:index]]) for index, part in enumerate(parts)
    ]
    if as_json:
        data = {
            "exercise": instance.exercise.id,
            "variant": instance.variant,
            "parts": [_data(solved, instance, lang) for solved in solutions],
        }
        click.echo(document("solve", data), nl=False)
    else:
        click.echo("\n\n".join("\n".join(_lines(solved, instance, lang, opening)) for solved in solutions))


def _lines(solved: Solution, instance: Instance, language: Language, opening: bool) -> Iterator[str]:
    """The question, the steps each with a formula on a line of its own, tables, the answer."""
    part, page = solved.part, Page(instance, solved, language, glossary=False)
    yield f"{instance.exercise.id}/{part.id}{variant_said(instance, language)}  {_ask(part, instance, language)}"
    yield from step_lines(solved.steps, page.say, page.about, opening=opening)
    for exhibit in instance.exhibits.get(part.id, ()):
        yield from _exhibit_lines(exhibit, language)
    say, answer = words(language).say, _answer(page)
    if part.code:
        yield say("cli.answer", answer="").rstrip()
        yield answer
    else:
        yield say("cli.answer", answer=answer)
    if solved.part.model:
        yield text_plain(instance.model(solved.part, language), language)
    if solved.assumes:
        yield assumptions_line(solved.assumes, page.say)


def _exhibit_lines(exhibit: Exhibit, language: Language) -> Iterator[str]:
    """A table row by row; of a chart what it shows, in words."""
    yield f"  {_cell(exhibit.title, language)}"
    if isinstance(exhibit, Table):
        rows = (exhibit.head, *exhibit.rows)
        yield from (f"      {'  |  '.join(_cell(cell, language) for cell in row)}" for row in rows)
    else:
        yield f"      {_cell(exhibit.description, language)}"


def _cell(cell: Text | str, language: Language) -> str:
    return text_plain(cell if isinstance(cell, str) else cell.said(language), language)


def _ask(part: Part, instance: Instance, language: Language) -> str:
    return text_plain(part.ask.said(language, instance.numbers), language)


def _answer(page: Page) -> str:
    """The answer as readers write it; of code, code that is right."""
    code = page.solution.part.code
    return code.right(page.instance.numbers).rstrip() if code else page.answer()


def _data(solved: Solution, instance: Instance, language: Language) -> dict[str, Any]:
    page = Page(instance, solved, language, glossary=False)
    return {
        "part": solved.part.id,
        "ask": _ask(solved.part, instance, language),
        "answer": _answer(page),
        "model": text_plain(instance.model(solved.part, language), language),
        "rests_on": [part for part, _ in solved.rests_on],
        "assumes": [one.text for one in solved.assumes],
        "steps": [_step(page, step) for step in solved.steps],
    }


def _step(page: Page, step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "said": reason(step, page.say, page.about),
        "about": step.about,
        "equation": equation(step),
        "times": step.times,
        "checks": [{"verdict": check.verdict, "method": check.method, "scope": check.scope} for check in step.checks],
        "source": step.source,
        "assumes": [one.text for one in step.assumes],
        "inner": [_step(page, inner) for inner in step.inner],
    }
