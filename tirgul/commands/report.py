"""Reports on a class: pages for people, and the same as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from exercises.exercise import Instance, Language
from grader.batch import POLICIES, Policy, grade
from grader.class_data import report_csv, report_json
from grader.results import ClassResult
from grader.submissions import submissions
from reports.formats import Format, files
from reports.pages.summary import class_report
from tirgul.files import write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import Command, Refused, exercises_option, formats_option, library, printable, sentence, writing


@click.command("report", cls=Command)
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="cli.option.out"
)
@languages_option
@formats_option("html", "pdf")
@click.option(
    "--groups", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="cli.option.groups"
)
@click.option("--duplicates", type=click.Choice(POLICIES), default="last", help="cli.option.duplicates")
@exercises_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    lang: str,
    formats: tuple[Format, ...] | None,
    groups: Path | None,
    duplicates: Policy,
    folders: tuple[Path, ...],
) -> None:
    """Grades the answers and writes what is to be said of all of them: report.html, report.pdf, .json and .csv."""
    shelf = library(folders)
    of_group = groups_in(groups, spoken(lang)) if groups else {}
    without = [out, *([groups] if groups else [])]
    result = grade(submissions([path for path in paths if path != groups], without=without), shelf, duplicates)
    if not result.students:
        raise Refused(sentence("cli.no_answers", spoken(lang)))
    instances = {exercise: shelf.instance(exercise) for exercise in result.exercises}
    for name, data in report_files(result, instances, languages_of(lang), formats or ("html", "pdf"), of_group):
        with writing(out, spoken(lang)):
            write(out / name, data)
        click.echo(sentence("cli.written", spoken(lang), path=out / name))


def report_files(
    result: ClassResult,
    instances: Mapping[str, Instance],
    languages: Sequence[Language],
    formats: Sequence[Format],
    of_group: Mapping[str, str],
) -> Iterator[tuple[str, bytes]]:
    """The names and contents of the report's files."""
    documents = [class_report(result, instances, language, of_group=of_group) for language in languages]
    yield from files("report", documents, formats)
    yield "report.json", report_json(result, of_group)
    yield "report.csv", report_csv(result)


def groups_in(path: Path, language: Language) -> dict[str, str]:
    """Each student's group, of a CSV file with columns `student` and `group`."""
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        return {row["student"].strip(): (row["group"] or "").strip() for row in rows if row.get("student")}
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise Refused(sentence("cli.bad_groups", language, path=printable(str(path)))) from None
