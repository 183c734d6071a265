"""What runs in a worker process: a desk, and what it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from exercises.exercise import BadExercise
from exercises.library import Library, available, search_path
from grader.batch import CRASHED
from grader.verdict import Judgement, Review
from tirgul.desk import OwnDesk, Question

_desk: OwnDesk | None = None


def make() -> OwnDesk:
    """A desk over the exercises of the search path."""
    return OwnDesk(Library(search_path()))


def begin(new: Callable[[], OwnDesk] = make) -> OwnDesk:
    """Has a desk ready, unless this process was born with one; gives it."""
    global _desk
    _desk = _desk or new()
    return _desk


def warm() -> None:
    """Has a desk ready that has worked out what answers to the bank's exercises will need."""
    desk = begin()
    for exercise in available(desk.shelf.path):
        try:
            desk.warm([exercise.id])
        except BadExercise:  # told to whoever opens it
            continue


def ask(what: str, *arguments: Any) -> Any:
    """What the desk says."""
    return getattr(begin(), what)(*arguments)


def check(questions: Sequence[Question]) -> Sequence[Judgement]:
    """The judgement of each answer; a fault of ours leaves the answer to a person."""
    return [_checked(begin(), one) for one in questions]


def _checked(desk: OwnDesk, question: Question) -> Judgement:
    try:
        return desk.check([question])[0]
    except Exception:
        logging.getLogger("tirgul.web").exception("a judge failed")
        return Judgement(question.part, question.text, "", Review(CRASHED))
