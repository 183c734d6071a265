"""The console script: a group of commands that imports only the one that was chosen."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path

import click

import tirgul
from tirgul.helping import HELP
from tirgul.language import language_in, language_option, language_typed

DEBUG = "TIRGUL_DEBUG"
INTERNAL, INTERRUPTED = 4, 130
SELDOM = 10_000
"""New objects after which cycles are looked for: most that a command makes do not stay."""
COMMANDS = Path(__file__).parent / "commands"


class Commands(click.Group):
    """The commands: each module of `tirgul.commands`, imported when it is chosen."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the modules."""
        return sorted(file.stem for file in COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"tirgul.commands.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return HELP

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help in the reader's language, importing no command."""
        from tirgul.options import sentence  # `--version` needs no catalogs

        language = language_in(ctx)
        formatter.write_usage(ctx.command_path, "COMMAND …")
        formatter.write_paragraph()
        formatter.write_text(sentence("cli.help", language))
        with formatter.section(sentence("cli.commands", language)):
            rows = [(name, sentence(f"cli.help.{name}", language)) for name in self.list_commands(ctx)]
            formatter.write_dl(rows)
        with formatter.section(sentence("cli.options", language)):
            options = {"--lang [he|en]": "lang", "--version": "version", "--help": "help"}
            formatter.write_dl([(option, sentence(f"cli.option.{key}", language)) for option, key in options.items()])


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"tirgul {tirgul.__version__}")
        ctx.exit()


@click.group(cls=Commands)
@language_option
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version)
def tirgul_command(lang: str) -> None:
    """The group; its help is in the catalogs."""


def main() -> None:
    """Runs the command that was typed and ends with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    gc.set_threshold(SELDOM)
    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter looks for cycles in all that is left, three times, before it ends
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of a command: its own, 2 for usage, 4 for an error of ours, 130 when interrupted."""
    try:
        code = tirgul_command.main(arguments, prog_name="tirgul", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.UsageError as wrong:
        _tell_usage(wrong, arguments)
        return wrong.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # who reads the output, as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:  # the last resort; the reader is no author of ours
        if os.environ.get(DEBUG):
            raise
        _tell(problem)
        return INTERNAL


def _tell_usage(wrong: click.UsageError, arguments: list[str]) -> None:
    """What is wrong with the words that were typed, in the reader's language."""
    from tirgul.usage import said  # only needed where something is wrong

    click.echo("\n".join(said(wrong, language_typed(arguments))), err=True)


def _tell(problem: Exception) -> None:
    """An error of ours, in both languages."""
    kind = type(problem).__name__
    try:
        from tirgul.options import sentence  # `--version` needs no catalogs

        lines = [sentence("cli.internal", language, kind=kind, debug=DEBUG) for language in ("he", "en")]
    except Exception:  # the catalogs themselves may be what fails
        lines = [kind]
    click.echo("\n".join(lines), err=True)
