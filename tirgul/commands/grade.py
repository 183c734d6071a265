"""Grades a class."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exercises.exercise import Language
from grader.batch import POLICIES, Policy
from grader.gradebooks.cells import decimal
from grader.results import Answer, ClassResult, Problem, summed
from grader.submissions import Wanted, submissions
from grader.version import version
from reports.formats import Format
from reports.pages.student import REVEALS, Reveal
from reports.words import words
from tirgul.class_files import Pages, write_class
from tirgul.gradebooks import exchange_options, filled, write_more
from tirgul.language import languages_of, languages_option, spoken
from tirgul.options import (
    Command,
    Refused,
    document,
    exercises_option,
    formats_option,
    json_option,
    printable,
    sentence,
    writing,
)
from tirgul.places import is_there
from tirgul.staff import (
    Grading,
    course_of,
    course_option,
    engine_option,
    files_of_store,
    grading_of,
    languages_said,
    ledger_of,
    ledger_option,
)

if TYPE_CHECKING:
    from grader.ledger import Ledger

PERSON_NEEDED = 1
WAITS = "grade_waits"
MOST_ROWS = 40


@click.command("grade", cls=Command)
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="cli.option.out")
@languages_option
@formats_option("html", "pdf")
@click.option("--reveal", type=click.Choice(REVEALS), help="cli.option.reveal")
@click.option("--duplicates", type=click.Choice(POLICIES), help="cli.option.duplicates")
@click.option("--variants", is_flag=True, help="cli.option.variants")
@click.option("--no-pages", is_flag=True, help="cli.option.no_pages")
@ledger_option
@engine_option
@course_option
@exchange_options
@exercises_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    out: Path | None,
    lang: str,
    formats: tuple[Format, ...] | None,
    reveal: Reveal | None,
    duplicates: Policy | None,
    variants: bool,
    no_pages: bool,
    store: str | None,
    engine_name: str | None,
    said: str,
    wanted: Wanted,
    to: tuple[str, ...],
    dry_run: bool,
    folders: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Writes marks, a feedback page for each student and a summary; exit code 1 where a person is needed."""
    course = course_of(said, spoken(lang))
    lang = languages_said(ctx, lang, course)
    language = spoken(lang)
    course = replace(
        course,
        duplicates=duplicates or course.duplicates,
        variants=variants or course.variants,
        engine=engine_name or course.engine,
        store=store or course.store,
        out=out or course.out,
        pages=course.pages and not no_pages,
        reveal=reveal or course.reveal,
    )
    if course.out is None:
        raise click.MissingParameter(param=next(one for one in ctx.command.params if one.name == "out"), ctx=ctx)
    out = course.out
    if out.resolve() in {path.resolve() for path in paths}:
        raise Refused(sentence("cli.out_is_in", language, path=out))
    grading = grading_of(course, folders, language)
    wanted = replace(wanted, usual=course.columns)
    kept = is_there(course.store) if dry_run else course.store  # marks by hand count in a dry run, which makes no store
    with ledger_of(course.store, language, must_exist=False) if kept else nullcontext() as ledger:
        answers = submissions(paths, without=[out, *files_of_store(course.store)], wanted=wanted)
        result, run = _graded(grading, answers, ledger, keep=not dry_run)
    if not result.students:
        raise Refused(*_nothing(result, language))
    languages = languages_of(lang)
    returned = filled(paths, [out], result, wanted, to, languages[0])
    result = replace(result, problems=(*result.problems, *returned.problems))
    if dry_run:
        click.echo(document("grade", returned.data()) if as_json else returned.said(language), nl=False)
        return PERSON_NEEDED if result.problems or _waiting(result) else 0
    with writing(out, language):
        pages = Pages(languages, formats or ("html",), course.reveal) if course.pages else None
        files = write_class(result, grading.shelf, out, pages)
        files += [*returned.write(out), *write_more(result, to, out)]
    if as_json:
        click.echo(document("grade", _data(result, files) | ({"run": run} if run else {})), nl=False)
    else:
        _tell(result, out, language)
        click.echo(returned.summary(language), nl=False)
        if run:
            click.echo(sentence("cli.run_kept", language, run=run, store=printable(course.store)))
            click.echo(sentence("cli.next_review" if _waiting(result) else "cli.next_publish", language))
    return PERSON_NEEDED if result.problems or _waiting(result) else 0


def _graded(
    grading: Grading, answers: Iterable[Answer | Problem], ledger: Ledger | None, *, keep: bool
) -> tuple[ClassResult, int | None]:
    """The graded class with the marks that a person gave, and its run where it is kept."""
    if ledger is None:
        return grading.result(answers, None), None
    from grader.ledger import Handed, with_marks  # only where something is kept

    if not keep:
        return with_marks(grading.result(answers, None), ledger.hand_marks()), None
    handed = Handed(answers)
    result = grading.result(handed, ledger)
    if not result.students:
        return result, None
    run = ledger.keep(handed, result, grading.kept(), version(grading.shelf.path))
    return with_marks(result, ledger.hand_marks()), run


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
        count("count.problems", sum(problem.reason != WAITS for problem in result.problems)),
        *([count("count.duplicates", len(result.duplicates))] if result.duplicates else []),
    ]
    click.echo(", ".join(counted))
    problems = [problem for problem in result.problems if problem.reason != WAITS]  # of these there is a list below
    if problems:
        click.echo(f"{say('class.problems')}:")
        _list([_problem(problem, language) for problem in problems], language)
    if result.duplicates:
        click.echo(f"{say('class.duplicates')}. {say('class.duplicates_how')}")
        _list([_place(answer) for answer in result.duplicates], language)
    waiting = Counter(
        f"{one.exercise}/{one.part}" for student in result.students for one in student.results if one.pending
    )
    if waiting:
        click.echo(sentence("cli.look_at", language))
        _list([f"{place}: {count('count.answers', many)}" for place, many in waiting.most_common()], language)
    click.echo(say("cli.written", path=out))


def _list(lines: Sequence[str], language: Language) -> None:
    """A list of which a reader wants no more than a page."""
    for line in lines[:MOST_ROWS]:
        click.echo(f"  {line}")
    if len(lines) > MOST_ROWS:
        click.echo(f"  {sentence('cli.more_lines', language, n=len(lines) - MOST_ROWS)}")


def _place(answer: Answer) -> str:
    where = f"{printable(answer.source)}:{answer.line}"
    return f"{where}: {printable(answer.student)}, {answer.exercise}/{answer.part}"


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
            summed(one.marks for one in student.results if one.exercise == exercise) for exercise in result.exercises
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
