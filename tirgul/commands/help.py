"""Help on a subject: how answers are typed, printed from the table that the tests read; or on a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from exercises.exercise import Language
from grader.readings import Example, examples
from reports.feedback import cannot_read
from reports.words import words
from solver.notation.printing import ascii_text, plain
from solver.notation.unreadable import Unreadable
from tirgul.language import language_option
from tirgul.options import Command, Refused, document, json_option, printable, sentence

KINDS = (
    "whole", "number", "shape", "row", "formula", "moment", "gradient", "choice", "lines", "network", "training", "free"
)  # fmt: skip
ANSWERS = "answers"
WIDTH = 34


@click.command("help", cls=Command)
@click.argument("subject", metavar="[answers|COMMAND]", default="")
@language_option
@json_option
@click.pass_context
def command(ctx: click.Context, subject: str, lang: Language, as_json: bool) -> None:
    """Prints the page on a subject; of a command its help, of nothing the help of all."""
    if subject == ANSWERS:
        click.echo(document("help", _data(lang)) if as_json else "\n".join(_answers(lang)), nl=not as_json)
        return
    group = ctx.find_root()
    found = group.command.get_command(group, subject) if subject and isinstance(group.command, click.Group) else None
    if subject and found is None:
        unknown = sentence("cli.usage.no_command", lang, command=printable(subject))
        raise Refused(unknown, sentence("help.subjects", lang))
    with click.Context(found or group.command, info_name=subject or None, parent=group if found else None) as here:
        here.params["lang"] = lang
        click.echo((found or group.command).get_help(here))
    if not subject:
        click.echo(f"\n{sentence('help.subjects', lang)}")


def _answers(language: Language) -> Iterator[str]:
    """The page: the kinds of answers, then the table under its headings."""
    say = words(language).say
    yield say("help.answers.title")
    yield ""
    for kind in KINDS:
        yield f"  - {say(f'feedback.write.{kind}')}"
    yield ""
    yield from (say(f"help.answers.{part}") for part in ("words", "chain", "asked"))
    for heading, rows in examples().items():
        yield f"\n{_heading(heading, language)}"
        yield from (f"  {_row(row, language)}" for row in rows)


def _heading(heading: str, language: Language) -> str:
    key = f"answers.{heading}"
    return words(language).say(key) if key in words(language) else heading


def _row(row: Example, language: Language) -> str:
    """What is typed, what it is read as or why it is not, and the names that the question declares."""
    say = words(language).say
    said = printable(row.text)
    if isinstance(row.meaning, Unreadable):
        meaning = cannot_read(say, row.meaning, row.text)
    else:
        meaning = printable(plain(row.meaning))
    about = f"   ({say('help.names', names=', '.join(row.names))})" if row.names else ""
    return f"{said:<{WIDTH}}  {meaning}{about}"


def _data(language: Language) -> dict[str, Any]:
    return {
        "kinds": {kind: words(language).say(f"feedback.write.{kind}") for kind in KINDS},
        "headings": [
            {"heading": heading, "said": _heading(heading, language), "rows": [_row_data(row) for row in rows]}
            for heading, rows in examples().items()
        ],
    }


def _row_data(row: Example) -> dict[str, Any]:
    names = {"names": list(row.names)} if row.names else {}
    if isinstance(row.meaning, Unreadable):
        return {"text": row.text, "reason": row.meaning.reason, "at": row.meaning.at, "word": row.meaning.word} | names
    return {"text": row.text, "read_as": ascii_text(row.meaning)} | names
