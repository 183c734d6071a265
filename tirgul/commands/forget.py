"""Forgets a student."""

from __future__ import annotations

import click

from exercises.exercise import Language
from tirgul.language import language_option, spoken
from tirgul.options import Command, sentence
from tirgul.places import VARIABLE, default_store, is_there, opened_store
from tirgul.staff import course_of, course_option, languages_said


@click.command("forget", cls=Command)
@click.argument("student", metavar="ID")
@click.option("--store", envvar=VARIABLE, metavar="FILE", help="cli.option.store_forgotten")
@course_option
@language_option
@click.pass_context
def command(ctx: click.Context, student: str, store: str | None, said: str, lang: Language) -> None:
    """Takes away everything that is kept of a student, and says how much that was."""
    course = course_of(said, lang)
    lang = spoken(languages_said(ctx, lang, course))
    usual = dict.fromkeys((default_store(), course.store))
    there = filter(is_there, usual)
    n = sum(_forgotten(place, student, lang) for place in ([store] if store else there))
    click.echo(sentence("cli.forgotten", lang, n=n))


def _forgotten(where: str, student: str, language: Language) -> int:
    """How much was kept of a student there: attempts, and what is kept of graded classes."""
    store = opened_store(where, language)
    from grader.ledger import Ledger  # the store has loaded what it needs

    try:
        return store.forget(student) + Ledger(store).forget(student)
    finally:
        store.close()
