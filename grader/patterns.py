"""Regular expressions that are compiled when they are first used: most answers are a number, and need none of them.

`blank` takes what was matched off a text whose positions stay.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast, final

PLAIN = re.compile(r"[\d .,+\-/()^×]*")
"""A number or a shape, in which no word can be."""


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern, as `re.compile` gives it and only later.

    >>> pattern("a+").sub("b", "caat")
    'cbt'
    """
    return cast("re.Pattern[str]", _Later(text, flags))


def blank(match: re.Match[str]) -> str:
    """As many blanks as were matched, so that what follows stands where it stood."""
    return " " * len(match.group())


@final
class _Later:
    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._given)

    def __getattr__(self, name: str) -> Any:
        """What a pattern has of that name, from then on without asking here again."""
        found = vars(self)[name] = getattr(self._compiled, name)
        return found
