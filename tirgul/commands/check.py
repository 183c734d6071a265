"""Checks one answer."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Instance, Language, Part
from exercises.library import EDGES
from grader.gradebooks.cells import decimal
from grader.judge import judge
from grader.verdict import Judgement, Unreadable, marks, name
from reports.feedback import feedback, hints, requirement_said, step_said
from reports.text import options_said, text_plain
from reports.words import words
from tirgul.language import language_option
from tirgul.options import (
    Command,
    Refused,
    document,
    exercise_ids,
    exercises_option,
    json_option,
    library,
    part_of,
    place,
    printable,
    sentence,
    unreadable,
)
from tirgul.variants import Wanted, variant_options, variant_said

EXIT_CODES = {"right": 0, "follows": 1, "slipped": 1, "wrong": 1, "unreadable": 2, "review": 3}
MOST_INPUT = 5_000_000


class AnswerCommand(Command):
    """A command whose arguments may begin with a minus, and whose unknown options are refused all the same."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses `--word` that is no option; `-5` is an answer, and so is anything behind `--`."""
        known = {opt for param in self.get_params(ctx) for opt in param.opts}
        typed = args[: args.index("--")] if "--" in args else args
        for option in (word.partition("=")[0] for word in typed if re.match(r"--[^\W\d_]", word)):
            if option not in known:
                raise click.NoSuchOption(option, ctx=ctx)
        return super().parse_args(ctx, args)


@click.command("check", cls=AnswerCommand, context_settings={"ignore_unknown_options": True})
@click.argument("typed", metavar="EXERCISE PART ANSWER", nargs=-1, required=True, shell_complete=exercise_ids)
@click.option("--file", "file", type=Path, metavar="FILE", help="cli.option.file")
@click.option("--run", "running", is_flag=True, help="cli.option.second_opinion")
@click.option("--earlier", multiple=True, metavar="PART=ANSWER", help="cli.option.earlier")
@language_option
@json_option
@exercises_option
@variant_options
def command(
    typed: tuple[str, ...],
    file: Path | None,
    running: bool,
    earlier: tuple[str, ...],
    lang: Language,
    as_json: bool,
    folders: tuple[Path, ...],
    wanted: Wanted,
) -> int:
    """Prints what is said of an answer; the exit code says it too. `-` takes the answer from the standard input."""
    exercise_id, part_id, rest = place(typed)
    if not part_id or not (rest or file):
        raise Refused(sentence("cli.check_needs", lang))
    if rest and file:
        raise Refused(sentence("cli.answer_or_file", lang))
    instance = wanted.instance(exercise_id, library(folders), lang)
    part = part_of(instance.exercise, part_id, lang)
    if part.code is not None and len(rest) == 1 and _is_file(rest[0]):
        file, rest = Path(rest[0]), ()
    answer = _from_file(file, lang) if file else sys.stdin.read(MOST_INPUT) if rest == ("-",) else " ".join(rest)
    answer = answer.replace("\r\n", "\n").strip("\n")
    if running:
        from tirgul.second_opinion import asked, said  # what runs code, without which answers are judged

        opinion = asked(part, answer, lang)
    judgement = judge(instance, part.id, answer, _earlier(earlier, instance, lang))
    if as_json:
        ran = {"ran": asdict(opinion)} if running else {}
        click.echo(document("check", _data(instance, part, judgement, lang) | ran), nl=False)
    else:
        click.echo("\n".join(_lines(instance, part, judgement, lang)))
        if running:
            click.echo(printable(said(opinion, instance, part, lang)))
    return EXIT_CODES[name(judgement.verdict)]


def _is_file(said: str) -> bool:
    """Whether a word in the place of code names a file, or a folder where a file was meant."""
    return Path(said).suffix in (".py", ".ipynb") or (said.isprintable() and len(said) < 256 and Path(said).exists())


def _from_file(file: Path, language: Language) -> str:
    """The answer in a file, in UTF-8; `-` is the standard input."""
    if str(file) == "-":
        return sys.stdin.read(MOST_INPUT)
    try:
        with file.open(encoding="utf-8-sig") as text:
            answer = text.read(MOST_INPUT + 1)
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(file, problem, language) from None
    if len(answer) > MOST_INPUT:
        raise unreadable(file, None, language)
    return answer


def _earlier(typed: tuple[str, ...], instance: Instance, language: Language) -> dict[str, str]:
    """The answers to other parts, by part id."""
    answers = {}
    for said in typed:
        part, equals, answer = said.partition("=")
        if not equals:
            raise Refused(sentence("cli.earlier_needs", language, said=printable(said)))
        part = part.strip(EDGES).removeprefix(f"{instance.exercise.id}/")
        answers[part_of(instance.exercise, part, language).id] = answer
    return answers


def _lines(instance: Instance, part: Part, judgement: Judgement, language: Language) -> Iterator[str]:
    say = words(language).say
    earned = marks(judgement.verdict, part)
    yield printable(_feedback(instance, part, judgement, language))
    if judgement.steps:
        yield from _worked(judgement, language)
    elif isinstance(judgement.verdict, Unreadable):
        yield from pointed(judgement.answer, judgement.verdict.at)
    for requirement in judgement.requirements:
        yield f"    {'✓' if requirement.met else '✗'} {printable(requirement_said(say, requirement))}"
    yield from hints(say, judgement.verdict)
    if judgement.read_as:
        yield say("cli.read_as", formula=printable(_read_as(part, judgement, language)))
    if earned is not None:
        yield say("cli.marks", marks=decimal(earned), max=decimal(part.marks)) + variant_said(instance, language)


def _feedback(instance: Instance, part: Part, judgement: Judgement, language: Language) -> str:
    return feedback(words(language).say, judgement.verdict, judgement.answer, instance.kind(part))


def _read_as(part: Part, judgement: Judgement, language: Language) -> str:
    """How the answer was read: of options their words, not their ids."""
    if not part.options:
        return judgement.read_as
    return ", ".join(text_plain(text, language) for text in options_said(part, judgement.read_as, language))


def pointed(answer: str, at: int) -> Iterator[str]:
    """The line of the answer that could not be read, and a caret under the place."""
    before = answer[:at].rpartition("\n")[2]
    line = before + answer[at:].partition("\n")[0]
    if line.strip():
        yield f"    {printable(line)[:200]}"
        yield f"    {' ' * len(printable(before))}^"


SIGNS = {"right": "✓", "consistent": "✓", "slipped": "✗", "wrong": "✗", "unsure": "?", "unread": "?"}


def _worked(judgement: Judgement, language: Language) -> Iterator[str]:
    """The lines of a working, under each what is said of the steps in it, and a caret under the first wrong one."""
    wrong = next((step for step in judgement.steps if SIGNS[step.verdict] != "✓"), None)
    start = 0
    for line in judgement.answer.split("\n"):
        stop = start + len(line) + 1
        here = [step for step in judgement.steps if start <= step.at < stop]
        if line.strip():
            yield f"    {printable(line)[:200]}"
        if wrong in here and wrong is not None:
            at = wrong.problem.at if wrong.problem else wrong.at
            yield f"    {' ' * len(printable(line[: at - start]))}^"
        for step in here:
            yield f"      {SIGNS[step.verdict]} {printable(step_said(words(language).say, step))}"
        start = stop


def _data(instance: Instance, part: Part, judgement: Judgement, language: Language) -> dict[str, Any]:
    from grader.gradebooks.marks_json import judged, number  # only programs ask for it

    return {
        "exercise": instance.exercise.id,
        "part": part.id,
        "variant": instance.variant,
        "answer": judgement.answer,
        "marks": number(marks(judgement.verdict, part)),
        "max": number(part.marks),
        "feedback": _feedback(instance, part, judgement, language),
        "hints": hints(words(language).say, judgement.verdict),
        **judged(judgement),
    }
