"""Regular expressions that are compiled when they are first used: most answers are a number, and need few of them."""

from __future__ import annotations

import re
from typing import Any, cast, final


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern, as `re.compile` gives it and only later.

    >>> pattern("a+").sub("b", "caat")
    'cbt'
    """
    return cast("re.Pattern[str]", _Later(text, flags))


@final
class _Later:
    """Takes what it is asked for from the pattern, and keeps it."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found
