"""Prints solution sheets, and blank sheets for students to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from exercises.exercise import Instance, Language
from reports.blank import blank_sheet
from reports.html import Refuted, sheet_html
from tirgul.files import names, write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import Command, Refused, exercises_option, instance_of, library, sentence, writing

INTERNAL = 4


@click.command("sheet", cls=Command)
@click.argument("typed", metavar="EXERCISE…", nargs=-1, required=True)
@languages_option
@click.option("--blank", is_flag=True, help="cli.option.blank")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, metavar="DIR", help="cli.option.out"
)
@exercises_option
def command(typed: tuple[str, ...], lang: str, blank: bool, out: Path | None, folders: tuple[Path, ...]) -> None:
    """Prints the exercises' solutions as one page, or writes one file for each exercise to a folder."""
    languages = languages_of(lang)
    shelf = library(folders)
    instances = [instance_of(exercise_id, shelf, spoken(lang)) for exercise_id in typed]
    if blank and out is None and len(instances) * len(languages) > 1:
        raise Refused(sentence("cli.several", spoken(lang)))
    try:
        if out is None:
            click.echo(_printed(instances, languages, blank), nl=False)
            return
        for name, text in _files(instances, languages, blank):
            with writing(out, spoken(lang)):
                write(out / name, text.encode())
            click.echo(sentence("cli.written", spoken(lang), path=out / name))
    except Refuted as refuted:
        said = {"exercise": refuted.exercise, "part": refuted.part, "rule": refuted.step.rule}
        click.echo(sentence("cli.refuted", spoken(lang), **said), err=True)
        click.get_current_context().exit(INTERNAL)


def _printed(instances: Sequence[Instance], languages: Sequence[Language], blank: bool) -> str:
    """Everything as one page; one blank sheet."""
    if not blank:
        return sheet_html(instances, languages)
    return blank_sheet(instances[0], languages[0])


def _files(instances: Sequence[Instance], languages: Sequence[Language], blank: bool) -> Iterator[tuple[str, str]]:
    """The names and texts of files: 11.1.he.html, 11.1.html where one page has both languages, 11.1.he.md."""
    stems = names(instance.exercise.id for instance in instances)
    for instance in instances:
        stem = stems[instance.exercise.id]
        if blank:
            yield from ((f"{stem}.{language}.md", blank_sheet(instance, language)) for language in languages)
        else:
            name = f"{stem}.{languages[0]}.html" if len(languages) == 1 else f"{stem}.html"
            yield name, sheet_html([instance], languages)
