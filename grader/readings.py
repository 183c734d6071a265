"""The table of how answers are read, from which the page about typing answers is printed."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import final

from solver.frozen import frozen
from solver.notation.reading import formula
from solver.notation.tree import Formula
from solver.notation.unreadable import Unreadable

TABLE = Path(__file__).with_name("readings.json")


@final
@frozen(slots=True)
class Example:
    """A text, the names that the question declares (() for any), and what it is read as."""

    text: str
    names: tuple[str, ...]
    meaning: Formula | Unreadable


def examples() -> dict[str, tuple[Example, ...]]:
    """The rows of the table by heading, in its order."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    return {heading: tuple(map(_example, some)) for heading, some in groupby(rows, key=lambda row: str(row[2]))}


def _example(row: list[str]) -> Example:
    text, meaning, _, *names = row
    return Example(text, tuple(names[0].split()) if names else (), _meaning(meaning))


def _meaning(said: str) -> Formula | Unreadable:
    """A formula, or `!reason place word`."""
    if not said.startswith("!"):
        return formula(said)
    reason, at, *word = said[1:].split(" ", 2)
    return Unreadable(reason, int(at), " ".join(word))
