"""Prints what a shell needs to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tirgul.language import language_option
from tirgul.options import Command

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@language_option
@click.pass_context
def command(ctx: click.Context, shell: str, lang: str) -> None:
    """Prints a script: `eval "$(tirgul completion bash)"` in ~/.bashrc."""
    found = get_completion_class(shell)
    assert found is not None, "click knows these shells"
    click.echo(found(ctx.find_root().command, {}, "tirgul", "_TIRGUL_COMPLETE").source())
