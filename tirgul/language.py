"""Which language to speak: what `--lang` says after the command or before it, TIRGUL_LANG, the locale, else English.

It imports nothing of ours, so that `tirgul --version` is said at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from exercises.exercise import Language

VARIABLE = "TIRGUL_LANG"
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
CODES: dict[Language, tuple[str, ...]] = {"he": ("he", "iw"), "en": ("en",)}  # language: how locales begin

Function = TypeVar("Function", bound=Callable[..., Any])


def of_environment() -> Language:
    """The language of TIRGUL_LANG, else of the locale, else English."""
    wanted = os.environ.get(VARIABLE, "").casefold()
    locale = next((said for name in LOCALES if (said := os.environ.get(name))), "")
    by_name = (language for language in CODES if language == wanted)
    by_locale = (language for language, codes in CODES.items() if locale.startswith(codes))
    return next(by_name, next(by_locale, "en"))


def spoken(lang: str | None) -> Language:
    """The language in which a command speaks that writes in the languages of `--lang he|en|both`."""
    return next((language for language in CODES if language == lang), of_environment())


def language_in(ctx: click.Context) -> Language:
    """The language of a command that is being run, or only asked for help."""
    return spoken(ctx.params.get("lang") or ctx.find_root().params.get("lang"))


def language_typed(arguments: list[str]) -> Language:
    """The language of a command that could not be read: what a `--lang` in it says.

    >>> language_typed(["check", "--foo", "--lang", "he"]), language_typed(["--lang=en", "fly"])
    ('he', 'en')
    """
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    said = [word.partition("=")[2] or after for word, after in pairs if word.partition("=")[0] == "--lang"]
    return spoken(next((one for one in reversed(said) if one in CODES), None))


def languages_of(lang: str) -> tuple[Language, ...]:
    """The languages that `--lang he|en|both` names."""
    return tuple(CODES) if lang == "both" else (spoken(lang),)


def language_option(function: Function) -> Function:
    """`--lang he|en`, before the command or after it."""
    return _option(tuple(CODES), "cli.option.lang")(function)


def languages_option(function: Function) -> Function:
    """`--lang he|en|both`, for what is written in one language or in each."""
    return _option((*CODES, "both"), "cli.option.langs")(function)


def _option(choices: tuple[str, ...], help_key: str) -> Callable[[Function], Function]:
    choice = click.Choice(choices)
    return click.option("--lang", type=choice, is_eager=True, callback=_language, help=help_key)


def _language(ctx: click.Context, _: click.Parameter, value: str | None) -> str:
    return value or ctx.find_root().params.get("lang") or of_environment()
