"""`--help`, the same option of every command, whose help is in the catalogs as that of all options is.

Click would make one for each command and look for its words in folders of translations, which no reader ever sees.
"""

from __future__ import annotations

import click


def _show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()


HELP = click.Option(["--help"], is_flag=True, is_eager=True, expose_value=False, callback=_show, help="cli.option.help")
