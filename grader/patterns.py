"""What the patterns that look for words around mathematics have in common."""

from __future__ import annotations

import re

PLAIN = re.compile(r"[\d .,+\-/()^×]*")
"""A number or a shape, in which no word can be."""


def blank(match: re.Match[str]) -> str:
    """As many blanks as were matched, so that what follows stands where it stood."""
    return " " * len(match.group())
