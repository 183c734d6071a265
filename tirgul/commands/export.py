"""Writes exercises for other systems: Moodle XML with STACK, QTI 3, an autograder for Gradescope."""

from __future__ import annotations

from pathlib import Path

import click

from reports.exports import export_format, names
from tirgul.files import write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import Command, exercise_ids, exercises_option, instance_of, library, sentence, writing
from tirgul.staff import course_of, course_option, languages_said

GRADESCOPE = "gradescope"


@click.command("export", cls=Command)
@click.argument("form", metavar="FORMAT", type=click.Choice((*names(), GRADESCOPE)))
@click.argument("typed", metavar="EXERCISE…", nargs=-1, required=True, shell_complete=exercise_ids)
@languages_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE", help="cli.option.out_file"
)
@course_option
@exercises_option
@click.pass_context
def command(
    ctx: click.Context,
    form: str,
    typed: tuple[str, ...],
    lang: str,
    out: Path | None,
    said: str,
    folders: tuple[Path, ...],
) -> None:
    """Writes one file that holds the exercises in the format; an autograder has the course's marks and rules."""
    course = course_of(said, spoken(lang))
    lang = languages_said(ctx, lang, course)
    shelf = library((*course.folders, *folders))
    instances = [instance_of(exercise_id, shelf, spoken(lang)) for exercise_id in dict.fromkeys(typed)]
    if form == GRADESCOPE:
        from tirgul import gradescope  # only where it is asked for

        name, data = gradescope.FILE, gradescope.harness(instances, languages_of(lang), shelf.path, course)
    else:
        chosen = export_format(form)
        name, data = chosen.FILE, chosen.write(instances, languages_of(lang))
    path = out or Path(name)
    with writing(path, spoken(lang)):
        write(path, data)
    click.echo(sentence("cli.written", spoken(lang), path=path))
