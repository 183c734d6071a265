"""Grades again what a run graded, and says what is different."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exercises.exercise import Language
from grader.gradebooks.cells import decimal, harmless
from grader.gradebooks.marks_json import number
from grader.version import version
from reports.words import words
from tirgul.class_files import Pages, write_class
from tirgul.files import write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import (
    Command,
    document,
    exercises_option,
    instance_of,
    json_option,
    printable,
    sentence,
    writing,
)
from tirgul.staff import (
    course_of,
    course_option,
    engine_option,
    finished_run,
    grading_of,
    languages_said,
    ledger_of,
    ledger_option,
    run_option,
)

if TYPE_CHECKING:
    from grader.ledger import Difference

PERSON_NEEDED = 1
MOST_ROWS = 40
FILE = "differences.csv"
COLUMNS = ("student", "exercise", "part", "old", "new", "why")


@click.command("regrade", cls=Command)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="cli.option.out")
@languages_option
@click.option("--no-pages", is_flag=True, help="cli.option.no_pages")
@run_option
@ledger_option
@engine_option
@course_option
@exercises_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    out: Path | None,
    lang: str,
    no_pages: bool,
    run: int | None,
    store: str | None,
    engine_name: str | None,
    said: str,
    folders: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Makes a new run and a report of the differences; nothing is overwritten in the store."""
    course = course_of(said, spoken(lang))
    lang = languages_said(ctx, lang, course)
    language = spoken(lang)
    out = out or course.out
    with ledger_of(store or course.store, language) as ledger:
        from grader.ledger import Handed, differences, with_marks  # brings the database

        old = finished_run(ledger, run, language)
        settings = next(one.settings for one in ledger.runs() if one.seq == old)
        course = replace(
            course,
            engine=engine_name or course.engine,
            seed=course.seed or settings["seed"],
            variants=course.variants or settings["variants"] == str(True),
            duplicates=settings["duplicates"],
        )
        grading = grading_of(course, folders, language)
        before = ledger.result(old)
        for exercise in before.exercises:  # one that fails now would take its marks away
            if exercise in (course.exercises or before.exercises):
                instance_of(exercise, grading.shelf, language)
        handed = Handed(ledger.handed(old))
        result = grading.result(handed, ledger)
        new = ledger.keep(handed, result, grading.kept(), version(grading.shelf.path), of=old)
        result = with_marks(result, ledger.hand_marks())
        found = differences(before, result)
    if out is not None:
        pages = Pages(languages_of(lang), reveal=course.reveal) if course.pages and not no_pages else None
        with writing(out, language):
            write_class(result, grading.shelf, out, pages)
            write(out / FILE, table(found))
    if as_json:
        data = {"run": new, "of": old, "differences": [_data(one) for one in found]}
        click.echo(document("regrade", data), nl=False)
    else:
        _tell(found, old, new, language)
        if out is not None:
            click.echo(sentence("cli.written", language, path=out))
    return PERSON_NEEDED if any(one.new is None and one.why != "gone" for one in found) else 0


def table(found: Sequence[Difference]) -> bytes:
    """The differences as a table."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in found:
        cells = (one.student, one.exercise, one.part, _mark(one.old), _mark(one.new), one.why)
        rows.writerow(harmless(cell) for cell in cells)
    return text.getvalue().encode("utf-8-sig")


def _mark(mark: Any) -> str:
    return "" if mark is None else decimal(mark)


def _tell(found: Sequence[Difference], old: int, new: int, language: Language) -> None:
    say, count = words(language).say, words(language).say_count
    click.echo(sentence("cli.regraded", language, old=old, new=new, differences=count("count.differences", len(found))))
    for one in found[:MOST_ROWS]:
        pair = sentence("cli.from_to", language, old=_mark(one.old) or "—", new=_mark(one.new) or "—")
        why = say(f"difference.{one.why}")
        click.echo(f"  {printable(one.student)}  {one.exercise}/{one.part}  {pair}  ({why})")
    if len(found) > MOST_ROWS:
        click.echo(f"  {sentence('cli.more_lines', language, n=len(found) - MOST_ROWS)}")


def _data(one: Difference) -> dict[str, object]:
    return {
        "student": one.student,
        "exercise": one.exercise,
        "part": one.part,
        "old": number(one.old),
        "new": number(one.new),
        "why": one.why,
    }
