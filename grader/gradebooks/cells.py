"""Marks and names as they stand in the cells of a table."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def hundredths(mark: Fraction | int) -> int:
    """A mark in hundredths, a half of one rounded to the even one: round(mark * 100), which makes fractions on its way.

    >>> hundredths(Fraction(1, 3)), hundredths(Fraction(1, 8)), hundredths(Fraction(3, 8)), hundredths(7)
    (33, 12, 38, 700)
    """
    above, below = mark.as_integer_ratio()
    whole, rest = divmod(100 * above, below)
    return whole + (2 * rest > below - whole % 2)


def decimal(mark: Fraction | int) -> str:
    """A mark to two decimals.

    >>> decimal(Fraction(1, 3)), decimal(Fraction(7))
    ('0.33', '7.00')
    """
    whole, rest = divmod(hundredths(mark), 100)
    return f"{whole}.{rest:02d}"


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that might begin as a formula gets an apostrophe in front.

    >>> [harmless(text) for text in ("012", "=1+1", " \\u200f@SUM(A1)", "-5")]
    ['012', "'=1+1", "' \\u200f@SUM(A1)", "'-5"]
    """
    seen = (character for character in text if character in "\t\r" or not _invisible(character))
    return f"'{text}" if next(seen, "") in STARTS else text


def _invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Mn")
