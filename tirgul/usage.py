"""What is wrong with the words of a command, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from exercises.exercise import Language
from exercises.library import near
from tirgul.options import Folder, printable, sentence


def said(wrong: click.UsageError, language: Language) -> Iterator[str]:
    """What is wrong, and where help is."""
    yield printable(_problem(wrong, language))
    path = wrong.ctx.command_path if wrong.ctx else "tirgul"
    yield sentence("cli.usage.help", language, command=path)


def _problem(wrong: click.UsageError, language: Language) -> str:
    match wrong:
        case click.NoSuchOption():
            names = [name for param in wrong.ctx.command.params for name in param.opts] if wrong.ctx else []
            close = near(wrong.option_name, [name for name in names if name.startswith("--")])
            here = sentence("cli.usage.no_option", language, option=wrong.option_name)
            return f"{here} {sentence('cli.near', language, names=', '.join(close))}" if close else here
        case click.MissingParameter():
            return sentence("cli.usage.missing", language, name=_name(wrong.param))
        case click.BadOptionUsage():
            return sentence("cli.usage.needs_value", language, option=wrong.option_name)
        case click.BadParameter():
            return _bad_value(wrong, language)
    command = re.match("No such command '(.*)'", wrong.message)
    if command:
        return sentence("cli.usage.no_command", language, command=command[1])
    return wrong.format_message()


def _bad_value(wrong: click.BadParameter, language: Language) -> str:
    """A value that an option or an argument does not take; click names it in its message."""
    named = re.search("'(.*?)'|^(\\S+) is not", wrong.message)
    value, name = (named[1] or named[2] or "") if named else "", _name(wrong.param)
    kind = wrong.param.type if wrong.param else None
    if isinstance(kind, click.Choice):
        choices = ", ".join(map(str, kind.choices))
        return sentence("cli.usage.choice", language, name=name, value=value, choices=choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        key = "cli.usage.at_least" if kind.max is None else "cli.usage.between"
        return sentence(key, language, name=name, value=value, least=str(kind.min), most=str(kind.max))
    if isinstance(kind, click.types.IntParamType):
        return sentence("cli.usage.whole", language, name=name, value=value)
    if isinstance(kind, click.Path | Folder) and value:
        key = "cli.usage.not_folder" if Path(value).exists() else "cli.usage.no_path"
        return sentence(key, language, name=name, value=value)
    return wrong.format_message()


def _name(param: click.Parameter | None) -> str:
    """An option or an argument, as it is typed."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "") if param else ""
