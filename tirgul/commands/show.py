"""Shows an exercise: its statement and what its parts ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from exercises.exercise import Instance, Language, Part, Text
from grader.gradebooks.marks_json import number
from reports.text import text_plain
from reports.words import words
from tirgul.language import language_option
from tirgul.options import Command, document, exercise_ids, exercises_option, json_option, library, parts_of, place_only
from tirgul.variants import Wanted, variant_options, variant_said


@click.command("show", cls=Command)
@click.argument("typed", metavar="EXERCISE [PART]", nargs=-1, required=True, shell_complete=exercise_ids)
@language_option
@json_option
@exercises_option
@variant_options
def command(
    typed: tuple[str, ...], lang: Language, as_json: bool, folders: tuple[Path, ...], wanted: Wanted
) -> None:
    """Prints an exercise, or one of its parts."""
    exercise_id, part_id = place_only(typed, lang)
    instance = wanted.instance(exercise_id, library(folders), lang)
    parts = parts_of(instance.exercise, part_id, lang)
    if as_json:
        click.echo(document("show", _data(instance, parts, lang)), nl=False)
    else:
        click.echo("\n".join(_lines(instance, parts, lang)))


def _said(text: Text, instance: Instance, language: Language) -> str:
    return text_plain(text.said(language, instance.numbers), language)


def _lines(instance: Instance, parts: tuple[Part, ...], language: Language) -> Iterator[str]:
    exercise = instance.exercise
    yield f"{exercise.id}  {_said(exercise.title, instance, language)}{variant_said(instance, language)}"
    yield ""
    yield _said(exercise.statement, instance, language)
    for part in parts:
        worth = words(language).say("cli.worth", marks=part.marks)
        yield ""
        yield f"{exercise.id}/{part.id}  ({worth})"
        yield _said(part.ask, instance, language)
        for index, option in enumerate(part.options, start=1):
            yield f"  {index}. {_said(option.text, instance, language)}"


def _data(instance: Instance, parts: tuple[Part, ...], language: Language) -> dict[str, object]:
    exercise = instance.exercise
    return {
        "exercise": exercise.id,
        "language": language,
        "title": _said(exercise.title, instance, language),
        "statement": _said(exercise.statement, instance, language),
        "variant": instance.variant,
        "numbers": dict(instance.numbers),
        "parts": [
            {
                "id": part.id,
                "ask": _said(part.ask, instance, language),
                "max": number(part.marks),
                "options": {option.id: _said(option.text, instance, language) for option in part.options},
            }
            for part in parts
        ],
    }
