"""Forgets a student."""

from __future__ import annotations

import click

from exercises.exercise import Language
from tirgul.language import language_option
from tirgul.options import Command, sentence
from tirgul.places import opened_store, store_option


@click.command("forget", cls=Command)
@click.argument("student", metavar="ID")
@store_option
@language_option
def command(student: str, store: str, lang: Language) -> None:
    """Takes away everything that is kept of a student, and says how much that was."""
    kept = opened_store(store, lang)
    click.echo(sentence("cli.forgotten", lang, n=kept.forget(student)))
    kept.close()
