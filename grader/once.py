"""Texts of values that a class holds many times: each written once, as long as there is room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, final

MOST_RESULTS, MOST_JUDGEMENTS = 20_000, 100_000  # whose texts are kept while a class is written

T = TypeVar("T")


@final
class Once(Generic[T]):
    """Writes as `write` does, and keeps up to `most` texts: for the same object, not for an equal one."""

    def __init__(self, write: Callable[[T], str], most: int) -> None:
        self._write, self._most = write, most
        self._known: dict[int, tuple[T, str]] = {}

    def __call__(self, value: T) -> str:
        """The text of a value."""
        known = self._known.get(id(value))
        if known is None:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[id(value)] = (value, self._write(value))  # the value stays, and so its id
        return known[1]
