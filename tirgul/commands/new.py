"""Writes a template of an exercise file."""

from __future__ import annotations

import re
from pathlib import Path

import click

from exercises.exercise import Language
from exercises.library import file_stem, files, search_path
from tirgul.files import write
from tirgul.language import language_option
from tirgul.options import Command, Refused, printable, sentence, writing

TEMPLATE = Path(__file__).parents[1] / "templates" / "exercise.txt"


@click.command("new", cls=Command)
@click.argument("exercise_id", metavar="ID")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="cli.option.dir",
)
@language_option
def command(exercise_id: str, folder: Path, lang: Language) -> None:
    """Writes a file that is an exercise of its own; a file that is there already is left alone."""
    if not re.fullmatch(r"[\w.-]*\w[\w.-]*", exercise_id) or exercise_id.startswith("-"):
        raise Refused(sentence("cli.bad_id", lang, id=printable(exercise_id)))
    file = folder / f"{file_stem(exercise_id)}.py"
    taken = next((other for other in _in_the_bank(exercise_id) if other.resolve() != file.resolve()), None)
    if taken:
        raise Refused(sentence("cli.taken", lang, id=exercise_id, path=taken))
    if file.exists():
        raise Refused(sentence("cli.exists", lang, path=file))
    text = TEMPLATE.read_text(encoding="utf-8").replace("@ID@", exercise_id)
    with writing(file, lang):
        write(file, text.encode())
    click.echo(sentence("cli.written", lang, path=file))
    click.echo(sentence("cli.fill_in", lang, path=file))


def _in_the_bank(exercise_id: str) -> list[Path]:
    """The files that are found under this id already."""
    stem = file_stem(exercise_id).casefold()
    return [file for folder in search_path() for file in files(folder) if file.stem.casefold() == stem]
