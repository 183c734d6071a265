"""Prints solution sheets, and blank sheets for students to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import click

from exercises.errata import Erratum
from exercises.exercise import Instance, Language
from reports.blank import blank_sheet
from reports.document import together
from reports.formats import FORMATS, Format, files, printed
from reports.pages.blank import printed_blank
from reports.pages.errata import errata_checked, errata_sheet
from reports.pages.sheet import Refuted, sheet, solved
from solver.verify.check import Check
from tirgul.files import names, write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import (
    Command,
    Refused,
    exercise_ids,
    exercises_option,
    formats_option,
    library,
    sentence,
    writing,
)
from tirgul.variants import Wanted, variant_options

INTERNAL = 4
ERRATA = "errata"
"""What is asked for as if it were an exercise: where the chapters are wrong."""
Errata: TypeAlias = Sequence[tuple[Erratum, Check]]


@click.command("sheet", cls=Command)
@click.argument("typed", metavar="EXERCISE…", nargs=-1, required=True, shell_complete=exercise_ids)
@languages_option
@formats_option(*FORMATS)
@click.option("--blank", is_flag=True, help="cli.option.blank")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, metavar="DIR", help="cli.option.out"
)
@exercises_option
@variant_options
def command(
    typed: tuple[str, ...],
    lang: str,
    formats: tuple[Format, ...] | None,
    blank: bool,
    out: Path | None,
    folders: tuple[Path, ...],
    wanted: Wanted,
) -> None:
    """Prints the exercises' solutions as one page, or writes one file for each exercise to a folder."""
    languages = languages_of(lang)
    if blank and ERRATA in typed:
        raise Refused(sentence("cli.blank_errata", spoken(lang)))
    shelf = library(folders)
    instances = [wanted.instance(exercise_id, shelf, spoken(lang)) for exercise_id in typed if exercise_id != ERRATA]
    chosen: tuple[Format, ...] = formats or (("markdown",) if blank else ("html",))
    on_one_page = len(instances) == 1 if blank else True
    one_file = on_one_page and len(chosen) == 1 and (len(languages) == 1 or (chosen == ("html",) and not blank))
    if out is None and not one_file:
        raise Refused(sentence("cli.several", spoken(lang)))
    errata = errata_checked() if ERRATA in typed else ()
    try:
        if out is None:
            click.echo(_printed(instances, errata, languages, chosen[0], blank), nl=False)
            return
        for name, data in _files(instances, errata, languages, chosen, blank):
            with writing(out, spoken(lang)):
                write(out / name, data)
            click.echo(sentence("cli.written", spoken(lang), path=out / name))
    except Refuted as refuted:
        said = {"exercise": refuted.exercise, "part": refuted.part, "rule": refuted.step.rule}
        click.echo(sentence("cli.refuted", spoken(lang), **said), err=True)
        click.get_current_context().exit(INTERNAL)


def _printed(
    instances: Sequence[Instance], errata: Errata, languages: Sequence[Language], chosen: Format, blank: bool
) -> bytes:
    """Everything as one page, the errata last; one blank sheet."""
    if blank:
        ((_, data),) = _blank(instances[0], languages, (chosen,), "")
        return data
    found = solved(instances)
    pages = []
    for language in languages:
        exercises = [sheet(found, language)] if found else []
        pages.append(together([*exercises, *([errata_sheet(errata, language)] if errata else [])]))
    return printed(pages, chosen)


def _files(
    instances: Sequence[Instance],
    errata: Errata,
    languages: Sequence[Language],
    formats: Sequence[Format],
    blank: bool,
) -> Iterator[tuple[str, bytes]]:
    """The names and contents of files: 11.1.he.html, 11.1.html where one page has both languages, 11.1.he.pdf."""
    titles = [f"{instance.exercise.id}-{instance.variant}".rstrip("-") for instance in instances]
    stems = names(titles)
    for instance, title in zip(instances, titles, strict=True):
        stem = stems[title]
        if blank:
            yield from _blank(instance, languages, formats, stem)
        else:
            found = solved([instance])
            yield from files(stem, [sheet(found, language) for language in languages], formats)
    if errata:
        yield from files(ERRATA, [errata_sheet(errata, language) for language in languages], formats)


def _blank(
    instance: Instance, languages: Sequence[Language], formats: Sequence[Format], stem: str
) -> Iterator[tuple[str, bytes]]:
    """Blank sheets; the one in Markdown is what `grade` reads, the others are for paper."""
    for chosen in formats:
        if chosen == "markdown":
            for language in languages:
                yield f"{stem}.{language}.md", blank_sheet(instance, language).encode()
        else:
            name = f"{stem}.blank" if stem else stem
            yield from files(name, [printed_blank(instance, language) for language in languages], (chosen,))
