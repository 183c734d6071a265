"""What was done lately, remembered, so that an answer need not wait until the store is read again.

The store is the truth: a page that is opened reads it. What was read is remembered, unless an answer that it may lack
was kept meanwhile; what is remembered is kept up to date with every answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import NamedTuple, TypeAlias, final

from grader.store import Attempt
from tirgul.desk import Place, Sheet
from tirgul.service import Progress, Who, after

MOST_REMEMBERED = 2_000

Seat: TypeAlias = tuple[str, Place]
"""A session at an exercise."""


class Work(NamedTuple):
    """An exercise's sheet, and where each of its parts stands."""

    sheet: Sheet
    states: Mapping[str, Progress]


@final
class Recent:
    """The work of sessions on exercises. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._works: dict[Seat, Work] = {}
        self._reading: dict[Seat, object] = {}
        self._turn = Lock()

    def get(self, who: Who, place: Place) -> Work | None:
        """What is remembered."""
        return self._works.get((who.session, place))

    def read(self, who: Who, place: Place, reading: Callable[[], Work]) -> Work:
        """Reads the store, and remembers what it says."""
        seat, mine = (who.session, place), object()
        with self._turn:
            self._reading[seat] = mine
        try:
            work = reading()
            with self._turn:
                if self._reading.get(seat) is mine:
                    if len(self._works) >= MOST_REMEMBERED:
                        self._works.clear()
                    self._works[seat] = work
            return work
        finally:
            with self._turn:
                if self._reading.get(seat) is mine:
                    del self._reading[seat]

    def after(self, who: Who, place: Place, before: Work, kept: Attempt) -> Work:
        """The work after one more answer, which the store has by now."""
        seat = who.session, place
        with self._turn:
            self._reading.pop(seat, None)
            known = self._works.get(seat)
            sheet, states = known or before
            work = Work(sheet, after(states, kept))
            if known:
                self._works[seat] = work
        return work

    def forget(self, who: Who, place: Place) -> None:
        """Has the store read again, in which something else is new."""
        with self._turn:
            self._reading.pop((who.session, place), None)
            self._works.pop((who.session, place), None)
