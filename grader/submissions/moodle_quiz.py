"""The responses report of a Moodle quiz.

* `Response 1`, `Response 2`, … in English or Hebrew; its part is what `Question 1` beside it begins with, else what
  `--map 11.1/2="Response 1"` says
* `-` is no answer; of a STACK question's `Seed: 1; ans1: 48 [score]; prt1: …` the answer is `48`
* the line with the overall average is no student's
"""

from __future__ import annotations

import re

from grader.results import Problem
from grader.submissions.columns import Read, answers, head_of, place_of, table_of
from grader.submissions.table import Cells

_RESPONSE = re.compile(r"^(?:response|תשובה|תגובה) (\d+)$")
_QUESTION = "question", "שאלה"
_STACK = re.compile(r"\bans1: (.*?) \[(?:score|valid|invalid|blank)\]", re.DOTALL)


def recognises(text: str) -> bool:
    """Whether the header has an id and numbered responses."""
    table = head_of(text)
    return table is not None and bool(table.ids()) and any(map(_RESPONSE.match, table.names))


def read(text: str, source: str) -> Read:
    """One answer for each response whose part is known."""
    table = table_of(text)
    if table is None:
        return
    names = table.names
    numbers = {index: found[1] for index, name in enumerate(names) if (found := _RESPONSE.match(name))}
    questions = {
        index: next((names.index(f"{word} {n}") for word in _QUESTION if f"{word} {n}" in names), -1)
        for index, n in numbers.items()
    }

    def place(cells: Cells, index: int) -> str:
        return place_of(cells[questions[index]]) if questions.get(index, -1) >= 0 else ""

    rows = [piece.cells for piece in table.pieces() if hasattr(piece, "cells")]
    known = {index: "" for index in numbers if any(place(cells, index) for cells in rows)}
    for index in numbers.keys() - known.keys():
        yield Problem(source, table.header.line, "no_place", table.header.cells[index])
    yield from answers(table, source, {**table.places(), **known}, tidy=_answer, place=place)


def _answer(cell: str) -> str:
    """What was answered.

    >>> _answer("Seed: 2; ans1: 15180 [score]; prt1: # = 1 | prt1-1-T"), _answer("-"), _answer("48")
    ('15180', '', '48')
    """
    stack = _STACK.search(cell)
    return "" if cell.strip() == "-" else stack[1] if stack else cell
