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
        if blank:
            made = _blank_files(instances, languages, chosen, wanted.student)
        else:
            made = _files(instances, errata, languages, chosen)
        if out is None:
            click.echo(next(made)[1] if blank else _printed(instances, errata, languages, chosen[0]), nl=False)
            return
        for name, data in made:
            with writing(out, spoken(lang)):
                write(out / name, data)
            click.echo(sentence("cli.written", spoken(lang), path=out / name))
    except Refuted as refuted:
        said = {"exercise": refuted.exercise, "part": refuted.part, "rule": refuted.step.rule}
        click.echo(sentence("cli.refuted", spoken(lang), **said), err=True)
        click.get_current_context().exit(INTERNAL)


def _printed(instances: Sequence[Instance], errata: Errata, languages: Sequence[Language], chosen: Format) -> bytes:
    """Everything as one page, the errata last."""
    found = solved(instances)
    pages = []
    for language in languages:
        exercises = [sheet(found, language)] if found else []
        pages.append(together([*exercises, *([errata_sheet(errata, language)] if errata else [])]))
    return printed(pages, chosen)


def _files(
    instances: Sequence[Instance], errata: Errata, languages: Sequence[Language], formats: Sequence[Format]
) -> Iterator[tuple[str, bytes]]:
    """The names and contents of files: 11.1.he.html, 11.1.html where one page has both languages, 11.1.he.pdf."""
    for instance, stem in _named(instances):
        found = solved([instance])
        yield from files(stem, [sheet(found, language) for language in languages], formats)
    if errata:
        yield from files(ERRATA, [errata_sheet(errata, language) for language in languages], formats)


def _blank_files(
    instances: Sequence[Instance], languages: Sequence[Language], formats: Sequence[Format], student: str
) -> Iterator[tuple[str, bytes]]:
    """Blank sheets; the one in Markdown is what `grade` reads, the others are for paper."""
    for instance, stem in _named(instances, student):
        for chosen in formats:
            if chosen == "markdown":
                for language in languages:
                    yield f"{stem}.{language}.md", blank_sheet(instance, language, student).encode()
            else:
                pages = [printed_blank(instance, language, student) for language in languages]
                yield from files(f"{stem}.blank", pages, (chosen,))


def _named(instances: Sequence[Instance], student: str = "") -> Iterator[tuple[Instance, str]]:
    """Each with how its files are called: 11.1, or 11.1-6VXQ99-012345678."""
    titles = ["-".join(filter(None, (one.exercise.id, one.variant, student))) for one in instances]
    stems = names(titles)
    return ((instance, stems[title]) for instance, title in zip(instances, titles, strict=True))
