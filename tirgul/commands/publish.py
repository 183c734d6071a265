"""Hands out the marks of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from grader.submissions import Wanted
from reports.words import words
from tirgul.class_files import Pages, write_class
from tirgul.gradebooks import filled, map_option
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import (
    Command,
    Refused,
    document,
    exercises_option,
    json_option,
    library,
    printable,
    sentence,
    writing,
)
from tirgul.staff import (
    course_of,
    course_option,
    finished_run,
    languages_said,
    ledger_of,
    ledger_option,
    run_option,
    who_option,
)


@click.command("publish", cls=Command)
@click.argument("paths", metavar="[WORKSHEET…]", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="cli.option.out")
@languages_option
@click.option("--pending", "anyway", is_flag=True, help="cli.option.pending")
@who_option
@run_option
@ledger_option
@map_option
@course_option
@exercises_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    out: Path | None,
    lang: str,
    anyway: bool,
    who: str,
    run: int | None,
    store: str | None,
    wanted: Wanted,
    said: str,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Writes marks, feedback and worksheets as they stand, with marks by hand; keeps that they were handed out."""
    course = course_of(said, spoken(lang))
    lang = languages_said(ctx, lang, course)
    language = spoken(lang)
    out = out or course.out
    if out is None:
        raise click.MissingParameter(param=next(one for one in ctx.command.params if one.name == "out"), ctx=ctx)
    with ledger_of(store or course.store, language) as ledger:
        seq = finished_run(ledger, run, language)
        result = ledger.result(seq)
        waiting = sum(student.pending for student in result.students)
        if waiting and not anyway:
            count = words(language).say_count("count.waiting", waiting)
            raise Refused(sentence("cli.still_waiting", language, waiting=count))
        with writing(out, language):
            shelf = library((*course.folders, *folders))
            pages = Pages(languages_of(lang), reveal=course.reveal) if course.pages else None
            returned = filled(paths, [out], result, replace(wanted, usual=course.columns), (), language)
            files = [*write_class(result, shelf, out, pages), *returned.write(out)]
        ledger.publish(seq, who)
    if as_json:
        click.echo(document("publish", {"run": seq, "pending": waiting, "files": sorted(files)}), nl=False)
    else:
        click.echo(sentence("cli.published", language, run=seq, path=printable(str(out))))
        click.echo(returned.summary(language) or sentence("cli.next_worksheet", language) + "\n", nl=False)
