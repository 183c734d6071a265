"""Grades a class."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, final
from urllib.parse import quote

import click

from exercises.codes import code_of
from exercises.exercise import LANGUAGES, Exercise, Instance, Language
from exercises.library import Library
from grader.batch import POLICIES, Policy, grade
from grader.gradebooks import formats
from grader.gradebooks.cells import decimal
from grader.results import ClassResult, Problem, Student
from grader.submissions import Wanted, submissions
from reports.formats import ENDINGS, Format, printed
from reports.formats import files as document_files
from reports.pages.student import REVEALS, Reveal, feedback_page
from reports.pages.summary import class_report
from reports.words import words
from tirgul.files import names, write
from tirgul.gradebooks import exchange_options, filled, write_more
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import (
    Command,
    Refused,
    document,
    exercises_option,
    formats_option,
    json_option,
    library,
    printable,
    sentence,
    writing,
)
from tirgul.variants import course_option

PERSON_NEEDED = 1
GENERATOR = b'<meta name="generator" content="tirgul">'
KEYWORD = b"<pdf:Keywords>tirgul"
MOST_ROWS = 40


@click.command("grade", cls=Command)
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="cli.option.out"
)
@languages_option
@formats_option("html", "pdf")
@click.option("--reveal", type=click.Choice(REVEALS), default="nothing", help="cli.option.reveal")
@click.option("--duplicates", type=click.Choice(POLICIES), default="last", help="cli.option.duplicates")
@click.option("--variants", is_flag=True, help="cli.option.variants")
@course_option
@exchange_options
@exercises_option
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    lang: str,
    formats: tuple[Format, ...] | None,
    reveal: Reveal,
    duplicates: Policy,
    variants: bool,
    course: str,
    wanted: Wanted,
    to: tuple[str, ...],
    dry_run: bool,
    folders: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Writes marks, a feedback page for each student and a summary; exit code 1 where a person is needed."""
    languages = languages_of(lang)
    if out.resolve() in {path.resolve() for path in paths}:
        raise Refused(sentence("cli.out_is_in", spoken(lang), path=out))
    shelf = library(folders)
    own = partial(code_of, course=course) if variants else _canonical
    result = grade(submissions(paths, without=[out], wanted=wanted), shelf, duplicates, own)
    if not result.students:
        raise Refused(*_nothing(result, spoken(lang)))
    returned = filled(paths, [out], result, wanted, to, languages[0])
    result = replace(result, problems=(*result.problems, *returned.problems))
    if dry_run:
        click.echo(document("grade", returned.data()) if as_json else returned.said(spoken(lang)), nl=False)
        return PERSON_NEEDED if result.problems or _waiting(result) else 0
    with writing(out, spoken(lang)):
        earlier = pages_of(out)
        pages = Pages(languages, formats or ("html",), reveal)
        files = [*_written(result, shelf, pages, out), *returned.write(out), *write_more(result, to, out)]
        for page in earlier - set(files):
            (out / page).unlink(missing_ok=True)
    if as_json:
        click.echo(document("grade", _data(result, files)), nl=False)
    else:
        _tell(result, out, spoken(lang))
        click.echo(returned.summary(spoken(lang)), nl=False)
    return PERSON_NEEDED if result.problems or _waiting(result) else 0


def _canonical(exercise: Exercise, student: str) -> str:
    """No code: everybody has the course's own numbers."""
    return ""


# --- files


@final
@dataclass(frozen=True, slots=True)
class Pages:
    """What pages are written: their languages and formats, and how much they tell."""

    languages: Sequence[Language]
    formats: Sequence[Format]
    reveal: Reveal


def _written(result: ClassResult, shelf: Library, wanted: Pages, out: Path) -> Iterator[str]:
    """Writes every file, and gives their names."""
    for name, data in _files(result, shelf, wanted):
        write(out / name, data)
        yield name


def _files(result: ClassResult, shelf: Library, wanted: Pages) -> Iterator[tuple[str, bytes]]:
    instances: Mapping[str, Instance] = {exercise: shelf.instance(exercise) for exercise in result.exercises}
    stems = names(student.student for student in result.students)
    ending = ENDINGS[wanted.formats[0]]
    pages = {student: quote(f"feedback/{stem}.{wanted.languages[0]}.{ending}") for student, stem in stems.items()}
    for student in result.students:
        own = _own(student, shelf)
        for language in wanted.languages:
            page = feedback_page(student, own, language, wanted.reveal)
            yield from document_files(f"feedback/{stems[student.student]}", [page], wanted.formats)
    summary = [class_report(result, instances, language, pages=pages) for language in wanted.languages]
    if "html" in wanted.formats:
        yield "summary.html", printed(summary, "html")
    yield from document_files("summary", summary, [one for one in wanted.formats if one != "html"])
    for name, gradebook in formats().items():
        yield name, gradebook.write(result)


def _own(student: Student, shelf: Library) -> Mapping[str, Instance]:
    """The exercises with the numbers that a student has."""
    return {one.exercise: shelf.instance(one.exercise, one.variant) for one in student.results}


def pages_of(out: Path) -> set[str]:
    """The feedback pages that an earlier run wrote to a folder: those of the students in its marks.json."""
    try:
        students = json.loads((out / "marks.json").read_bytes())["students"]
        stems = names(str(student["student"]) for student in students)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    pages = {
        f"feedback/{stem}.{language}.{ending}"
        for stem in stems.values()
        for language in LANGUAGES
        for ending in ("html", "pdf")
    }
    return {page for page in pages if _is_ours(out / page)}


def _is_ours(page: Path) -> bool:
    """Whether tirgul wrote a page."""
    try:
        with page.open("rb") as file:
            data = file.read() if page.suffix == ".pdf" else file.read(2_000)
            return not page.is_symlink() and (GENERATOR in data or (data[:5] == b"%PDF-" and KEYWORD in data))
    except OSError:
        return False


# --- what is said


def _nothing(result: ClassResult, language: Language) -> list[str]:
    """That there is nothing to write, and why."""
    if not result.problems:
        return [sentence("cli.no_answers", language)]
    return [sentence("cli.nothing_read", language), *(f"  {_problem(one, language)}" for one in result.problems)]


def _waiting(result: ClassResult) -> int:
    return sum(student.pending for student in result.students)


def _answers(result: ClassResult) -> int:
    return sum(one.judgement is not None for student in result.students for one in student.results)


def _tell(result: ClassResult, out: Path, language: Language) -> None:
    """A short summary: a table for eyes at a terminal, then numbers, problems and where the files are."""
    if sys.stdout.isatty():
        _draw(result, language)
    count, say = words(language).say_count, words(language).say
    counted = [
        count("count.students", len(result.students)),
        count("count.answers", _answers(result)),
        count("count.waiting", _waiting(result)),
        count("count.problems", len(result.problems)),
        *([count("count.duplicates", len(result.duplicates))] if result.duplicates else []),
    ]
    click.echo(", ".join(counted))
    if result.problems:
        click.echo(f"{say('class.problems')}:")
    for problem in result.problems:
        click.echo(f"  {_problem(problem, language)}")
    if result.duplicates:
        click.echo(f"{say('class.duplicates')}. {say('class.duplicates_how')}")
    for answer in result.duplicates:
        where = f"{printable(answer.source)}:{answer.line}"
        click.echo(f"  {where}: {printable(answer.student)}, {answer.exercise}/{answer.part}")
    click.echo(say("cli.written", path=out))


def _problem(problem: Problem, language: Language) -> str:
    where = f"{printable(problem.source)}:{problem.line}" if problem.line else printable(problem.source)
    detail = f" ({printable(problem.detail)})" if problem.detail else ""
    return f"{where}: {sentence(f'problem.{problem.reason}', language)}{detail}"


def _draw(result: ClassResult, language: Language) -> None:
    from rich.console import Console  # only where a table is drawn
    from rich.table import Table
    from rich.text import Text

    say = words(language).say
    table = Table(say("class.student"), title=say("class.totals"))
    for name in (*result.exercises, say("class.total"), say("class.pending")):
        table.add_column(name, justify="right")
    for student in result.students[:MOST_ROWS]:
        totals = (
            sum((one.marks or 0 for one in student.results if one.exercise == exercise), start=0 * student.total)
            for exercise in result.exercises
        )
        marks = [*map(decimal, totals), f"{decimal(student.total)}/{decimal(student.max)}", str(student.pending)]
        table.add_row(Text(printable(student.student)), *marks)
    if len(result.students) > MOST_ROWS:
        table.add_row("…")
    Console().print(table)


def _data(result: ClassResult, files: list[str]) -> dict[str, Any]:
    return {
        "students": len(result.students),
        "answers": _answers(result),
        "pending": _waiting(result),
        "problems": [
            {"file": one.source, "line": one.line, "reason": one.reason, "detail": one.detail}
            for one in result.problems
        ],
        "duplicates": len(result.duplicates),
        "files": sorted(files),
    }
