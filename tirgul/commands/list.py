"""Lists the exercises."""

from __future__ import annotations

from pathlib import Path

import click

from exercises.exercise import Exercise, Language
from exercises.library import search_path, survey
from reports.words import words
from tirgul.language import language_option
from tirgul.options import Command, bad_exercise, document, exercises_option, json_option


@click.command("list", cls=Command)
@language_option
@json_option
@exercises_option
def command(lang: Language, as_json: bool, folders: tuple[Path, ...]) -> None:
    """Prints a line for each exercise; what is wrong with a file goes to the standard error."""
    exercises, broken = survey(search_path(folders))
    for bad in broken:
        click.echo(bad_exercise(bad, lang), err=True)
    if as_json:
        click.echo(document("list", {"exercises": [_data(exercise) for exercise in exercises]}), nl=False)
        return
    width = max((len(exercise.id) for exercise in exercises), default=0)
    for exercise in exercises:
        parts = words(lang).say_count("count.parts", len(exercise.parts))
        click.echo(f"{exercise.id:<{width}}  {exercise.title.said(lang)} ({parts})")


def _data(exercise: Exercise) -> dict[str, object]:
    return {
        "id": exercise.id,
        "title": {"he": exercise.title.he, "en": exercise.title.en},
        "parts": [part.id for part in exercise.parts],
        "source": exercise.source,
    }
