"""Says what exercise files lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from exercises.exercise import LANGUAGES, BadExercise, Exercise, Language
from exercises.library import UnknownExercise, files, load, load_file, located, search_path, survey
from exercises.lint import lint
from reports.words import words
from tirgul.language import language_option
from tirgul.options import (
    Command,
    Refused,
    bad_exercise,
    document,
    exercises_option,
    json_option,
    sentence,
    unknown_exercise,
)


@click.command("lint", cls=Command)
@click.argument("typed", metavar="[EXERCISE|FILE…]", nargs=-1)
@language_option
@json_option
@exercises_option
def command(typed: tuple[str, ...], lang: Language, as_json: bool, folders: tuple[Path, ...]) -> int:
    """Prints what each exercise lacks; exit code 1 if it is anything."""
    found, complaints = _found(typed, folders, lang)
    for exercise in found:
        complaints += (located(bad, exercise) for bad in lint(exercise, _said))
    if as_json:
        data = {"exercises": [exercise.id for exercise in found], "problems": list(map(_data, complaints))}
        click.echo(document("lint", data), nl=False)
        return int(bool(complaints))
    for bad in complaints:
        click.echo(bad_exercise(bad, lang))
    checked = words(lang).say_count("count.exercises", len(found))
    click.echo(sentence("cli.linted", lang, exercises=checked), err=True)
    return int(bool(complaints))


def _found(
    typed: tuple[str, ...], folders: tuple[Path, ...], language: Language
) -> tuple[list[Exercise], list[BadExercise]]:
    """The exercises that were named, or all, and what is wrong with the files of the rest."""
    path = search_path(folders)
    if not typed:
        exercises, broken = survey(path)
        return list(exercises), list(broken)
    found: list[Exercise] = []
    complaints: list[BadExercise] = []
    for name in typed:
        try:
            found += [load_file(file) for file in _files(name)] or [load(name, path)]
        except BadExercise as bad:
            complaints.append(bad)
        except UnknownExercise as unknown:
            raise Refused(*unknown_exercise(unknown, language)) from None
    return found, complaints


def _files(name: str) -> Iterator[Path]:
    """The exercise files that a path names."""
    path = Path(name)
    if path.suffix == ".py" and path.is_file():
        yield path.resolve()
    elif path.is_dir():
        yield from files(path.resolve())


def _said(key: str) -> bool:
    return all(key in words(language) for language in LANGUAGES)


def _data(bad: BadExercise) -> dict[str, object]:
    data = {name: value if isinstance(value, int) else str(value) for name, value in bad.data.items()}
    return {"exercise": bad.exercise, "problem": bad.problem, **data}
