"""Shows what waits for a person, and takes the marks that a person gives."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exercises.exercise import Language
from grader.gradebooks.cells import decimal
from grader.results import ClassResult, Result
from reports.words import words
from tirgul.files import write
from tirgul.language import language_option, spoken
from tirgul.options import Command, Refused, document, json_option, printable, sentence, writing
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

if TYPE_CHECKING:
    from grader.hand_csv import NotTaken, Waiting
    from grader.ledger import HandMark

PERSON_NEEDED = 1
FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("review", cls=Command)
@click.option("--mark", "typed", nargs=3, metavar="STUDENT PLACE MARKS", help="cli.option.mark")
@click.option("--why", default="", metavar="TEXT", help="cli.option.why")
@who_option
@click.option("--ask", is_flag=True, help="cli.option.ask")
@click.option("--out", type=FILE, metavar="FILE", help="cli.option.review_out")
@click.option("--in", "back", type=EXISTING, metavar="FILE", help="cli.option.review_in")
@click.option("--all", "everything", is_flag=True, help="cli.option.review_all")
@run_option
@ledger_option
@course_option
@language_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    typed: tuple[str, str, str] | None,
    why: str,
    who: str,
    ask: bool,
    out: Path | None,
    back: Path | None,
    everything: bool,
    run: int | None,
    store: str | None,
    said: str,
    lang: Language,
    as_json: bool,
) -> int:
    """Lists what waits, or takes marks; exit code 1 while anything waits."""
    from grader.hand_csv import waiting  # brings the database

    course = course_of(said, lang)
    lang = spoken(languages_said(ctx, lang, course))
    with ledger_of(store or course.store, lang) as ledger:
        seq = finished_run(ledger, run, lang)
        result = ledger.result(seq)
        new = _marks(result, typed, back, why, who, lang)
        if ask:
            new += _asked(result, why, who, lang)
        if new:
            click.echo(sentence("cli.marked", lang, n=ledger.mark(new)), err=as_json)
            result = ledger.result(seq)
    rows = waiting(result, everything=everything)
    if out is not None:
        _out(rows, out, lang)
    elif as_json:
        click.echo(document("review", {"run": seq, "waiting": [_data(row) for row in rows]}), nl=False)
    elif not new or not ask:
        _list(rows, lang)
    return PERSON_NEEDED if any(row.result.pending for row in rows) else 0


def _marks(
    result: ClassResult, typed: tuple[str, str, str] | None, back: Path | None, why: str, who: str, language: Language
) -> list[HandMark]:
    """The marks that were typed or came back in a file; refuses all of them where one cannot be taken."""
    from grader.hand_csv import NotTaken, read  # brings the database

    found: list[HandMark] = []
    problems: list[NotTaken] = []
    if typed:
        said = _typed(result, typed, why, who, language)
        found.append(said)
    if back is not None:
        for one in read(back.read_bytes(), str(back), result, who):
            if isinstance(one, NotTaken):
                problems.append(one)
            else:
                found.append(one)
    if problems:
        raise Refused(*(_problem(one, language) for one in problems), sentence("cli.nothing_marked", language))
    return found


def _problem(problem: NotTaken, language: Language) -> str:
    said = sentence(f"hand.{problem.reason}", language)
    return f"{printable(problem.source)}:{problem.line}: {said} ({printable(problem.detail)})"


def _typed(
    result: ClassResult, typed: tuple[str, str, str], why: str, who: str, language: Language
) -> HandMark:
    """The mark that was typed; refuses one to nobody or out of range."""
    from exercises.library import placed  # what grades, without which `--help` is said
    from grader.hand_csv import mark_of, waiting
    from grader.ledger import HandMark

    student, place, text = typed
    exercise, part = placed(place)
    found = [
        row.result
        for row in waiting(result, everything=True)
        if (row.student, row.result.exercise, row.result.part) == (student, exercise, part)
    ]
    if not found:
        raise Refused(sentence("hand.no_such_result", language) + f" ({printable(student)}, {printable(place)})")
    marks = mark_of(text, found[0].max)
    if marks is None:
        raise Refused(sentence("cli.bad_mark", language, max=decimal(found[0].max)) + f" ({printable(text)})")
    return HandMark(student, exercise, part, marks, who, why)


def _asked(result: ClassResult, why: str, who: str, language: Language) -> list[HandMark]:
    """Marks asked for one by one; an empty line passes one over, the end of the input ends it."""
    from grader.hand_csv import mark_of, waiting  # what grades
    from grader.ledger import HandMark

    found: list[HandMark] = []
    click.echo(sentence("cli.asking", language))
    for row in waiting(result):
        one = row.result
        click.echo(_line(row, language))
        marks = None
        while marks is None:
            click.echo(f"  {sentence('cli.mark_of', language, max=decimal(one.max))} ", nl=False)
            line = sys.stdin.readline()
            if not line:
                click.echo()
                return found
            if not line.strip():
                break
            marks = mark_of(line.strip(), one.max)
            if marks is None:
                click.echo(f"  {sentence('cli.bad_mark', language, max=decimal(one.max))}")
        if marks is not None:
            found.append(HandMark(row.student, one.exercise, one.part, marks, who, why))
    return found


def _out(rows: Sequence[Waiting], out: Path, language: Language) -> None:
    from grader.hand_csv import write as table  # what grades

    with writing(out, language):
        write(out, table(rows))
    click.echo(words(language).say_count("cli.review_written", len(rows), path=out))


def _list(rows: Sequence[Waiting], language: Language) -> None:
    if not rows:
        click.echo(sentence("cli.nothing_waits", language))
    for (student, exercise, answer, why), alike in groupby(rows, key=partial(_said, language=language)):
        parts = ", ".join(row.result.part for row in alike)
        click.echo(f"{student}  {exercise}/{parts}  {answer}  ({why})")


def _line(row: Waiting, language: Language) -> str:
    """A result: whose, where, what was answered, why it waits or what it earned."""
    student, exercise, answer, why = _said(row, language)
    return f"{student}  {exercise}/{row.result.part}  {answer}  ({why})"


def _said(row: Waiting, language: Language) -> tuple[str, str, str, str]:
    one = row.result
    answer = printable(one.judgement.answer) if one.judgement and one.judgement.answer else "—"
    return printable(row.student), one.exercise, answer, _why(one, language)


def _why(result: Result, language: Language) -> str:
    from grader.verdict import Review, Unreadable  # what grades

    if result.marks is not None:
        return f"{decimal(result.marks)}/{decimal(result.max)}"
    say = words(language).say
    match result.judgement and result.judgement.verdict:
        case Review(reason):
            return say(f"review.{reason}")
        case Unreadable():
            return say("verdict.unreadable")
    return ""


def _data(row: Waiting) -> dict[str, object]:
    from grader.hand_csv import reason  # what grades

    one = row.result
    marks: Fraction | None = one.marks
    return {
        "student": row.student,
        "exercise": one.exercise,
        "part": one.part,
        "answer": one.judgement.answer if one.judgement else None,
        "reason": reason(one),
        "marks": None if marks is None else float(decimal(marks)),
        "max": float(decimal(one.max)),
        "notes": list(one.notes),
    }
