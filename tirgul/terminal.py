"""Lines in two directions for terminals: those that turn Hebrew around by themselves, and those that do not.

`logical` leaves the order to the terminal (GNOME Terminal, Konsole, mintty, macOS), `visual` puts every line into the
order in which it is seen (Windows Terminal, VS Code), and `auto` chooses. A terminal cannot be asked; these two are
known by what they set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Literal, TypeAlias, TypeVar, get_args

import click

from exercises.exercise import Language
from reports.bidi import FIRST_STRONG, LEFT_TO_RIGHT, POP, RIGHT_TO_LEFT, runs
from reports.words import RIGHT_TO_LEFT as RIGHT_TO_LEFT_LANGUAGES

Bidi: TypeAlias = Literal["auto", "logical", "visual"]

MIRRORED = str.maketrans("()[]{}<>", ")(][}{><")
_ISOLATES = dict.fromkeys(map(ord, (LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG, POP)))

Function = TypeVar("Function", bound=Callable[..., object])


def bidi_option(function: Function) -> Function:
    """`--bidi auto|logical|visual`."""
    return click.option("--bidi", type=click.Choice(get_args(Bidi)), default="auto", help="cli.option.bidi")(function)


def is_visual(bidi: Bidi) -> bool:
    """Whether lines have to be turned here."""
    if bidi != "auto":
        return bidi == "visual"
    turns_nothing = bool(os.environ.get("WT_SESSION")) or os.environ.get("TERM_PROGRAM") == "vscode"
    return turns_nothing and sys.stdout.isatty()


def shown(text: str, language: Language, *, visual: bool) -> str:
    """Text as a terminal is to be given it.

    >>> shown("\\u05d0\\u05d1 3×5 (\\u05d2)", "he", visual=True)
    '(\\u05d2) 3×5 \\u05d1\\u05d0'
    >>> shown("3×5", "he", visual=True), shown("\\u05d0 3×5", "en", visual=False)
    ('3×5', '\\u05d0 3×5')
    """
    if not visual:
        return text
    return "\n".join(_turned(line, language) for line in text.translate(_ISOLATES).split("\n"))


def _turned(line: str, language: Language) -> str:
    """A line in the order in which it is seen: runs from right to left, what is Hebrew letter by letter."""
    if language in RIGHT_TO_LEFT_LANGUAGES and any("\u0590" <= one <= "\u05ff" for one in line):
        pieces = [run if foreign else run[::-1].translate(MIRRORED) for foreign, run in _joined(line, language)]
        return "".join(reversed(pieces))
    if language in RIGHT_TO_LEFT_LANGUAGES:
        return line
    return "".join(run[::-1] if foreign else run for foreign, run in _joined(line, language))


def _joined(line: str, language: Language) -> Iterator[tuple[bool, str]]:
    """Runs, those that touch each other as one: 11.1/1b is a number and a word."""
    for foreign, touching in groupby(runs(line, language), key=lambda run: run[1]):
        yield foreign, "".join(run for run, _ in touching)
