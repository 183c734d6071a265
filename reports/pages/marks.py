"""Marks, as pages write them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from grader.gradebooks.cells import decimal
from reports.lines import Line, Sayer

MANY: Final = 1_000_000


def mark(value: Fraction | int) -> str:
    """A mark to two decimals, or whole.

    >>> mark(Fraction(3, 2)), mark(2)
    ('1.50', '2')
    """
    return decimal(Fraction(value)).removesuffix(".00")


def worth(say: Sayer, marks: Fraction | int) -> Line:
    """What a part is worth, in words: one and a half is many."""
    return say.count("page.worth", int(marks) if marks == int(marks) else MANY, n=mark(marks))
