"""What runs in a worker process: a desk, and what it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from exercises.exercise import BadExercise
from exercises.library import Library, available, search_path
from grader.batch import CRASHED
from grader.verdict import Judgement, Review
from tirgul.desk import OwnDesk

_desk: OwnDesk | None = None


def make() -> OwnDesk:
    """A desk over the exercises of the search path."""
    return OwnDesk(Library(search_path()))


def begin(new: Callable[[], OwnDesk] = make) -> None:
    """Has a desk ready, unless this process was born with one."""
    global _desk
    if _desk is None:
        _desk = new()


def warm() -> None:
    """Has a desk ready that has worked out what answers to the bank's exercises will need."""
    begin()
    if _desk is None:
        return
    for exercise in available(_desk.shelf.path):
        try:
            _desk.warm([exercise.id])
        except BadExercise:  # told to whoever opens it
            continue


def ask(what: str, *arguments: Any) -> Any:
    """What the desk says; a fault of ours in judging leaves the answer to a person."""
    begin()
    try:
        return getattr(_desk, what)(*arguments)
    except Exception:
        if what != "check":
            raise
        logging.getLogger("tirgul.web").exception("a judge failed")
        return Judgement(arguments[1], arguments[2], "", Review(CRASHED))
