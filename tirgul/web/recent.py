"""What was done lately, remembered, so that an answer need not wait for the store to be read again.

The store is the truth: a page that is opened is read from it and forgets what is remembered here, as whatever changes
the store by another way than an answer does. Only what was read from the store is remembered, and then kept up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple, final

from grader.store import Attempt
from tirgul.desk import Place, Sheet
from tirgul.service import Progress, Who, after

MOST_REMEMBERED = 2_000


class Work(NamedTuple):
    """An exercise's sheet, and where each of its parts stands."""

    sheet: Sheet
    states: Mapping[str, Progress]


@final
class Recent:
    """The work of sessions on exercises. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._works: dict[tuple[str, Place], Work] = {}
        self._turn = Lock()

    def get(self, who: Who, place: Place) -> Work | None:
        """What is remembered."""
        return self._works.get((who.session, place))

    def read(self, who: Who, place: Place, work: Work) -> Work:
        """Remembers what was read, unless somebody was faster, who may know more; gives what is remembered."""
        with self._turn:
            if len(self._works) >= MOST_REMEMBERED:
                self._works.clear()
            return self._works.setdefault((who.session, place), work)

    def after(self, who: Who, place: Place, before: Work, kept: Attempt) -> Work:
        """The work after one more answer."""
        with self._turn:
            known = self._works.get((who.session, place))
            sheet, states = known or before
            work = Work(sheet, after(states, kept))
            if known:
                self._works[who.session, place] = work
        return work

    def forget(self, who: Who, place: Place) -> None:
        """Has the next answer read the store."""
        with self._turn:
            self._works.pop((who.session, place), None)
