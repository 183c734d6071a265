"""The table of readings: what is typed, and what it is read as in code, or why and where it cannot be read."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import pytest

from grader.prose import without_words
from solver.notation import limits
from solver.notation.printing import ascii_text
from solver.notation.reading import formula, read
from solver.notation.tree import Call, Group, Name, Number
from solver.notation.unreadable import REASONS, Unreadable

TABLE = json.loads((Path(__file__).parent / "tables" / "readings.json").read_text(encoding="utf-8"))


NOTES = (
    "numbers products fractions powers functions letters names shapes lists sets matrices relations conditions sums "
    "moments derivatives units prose direction refused"
).split()
"""The headings of the table, in its order."""


@pytest.mark.parametrize(("text", "meaning", "names"), [(*row, "")[:2] + (*row[3:], "")[:1] for row in TABLE])
def test_reading(text: str, meaning: str, names: str) -> None:
    said = read(without_words(text), names.split() or None)
    match said:
        case Unreadable(reason, at, word):
            shown = f"!{reason} {at}"
            assert meaning in (shown, f"{shown} {word}")
        case _:
            assert ascii_text(said) == meaning


def test_the_table_stands_in_the_order_of_its_headings() -> None:
    assert [note for note, _ in groupby(row[2] for row in TABLE)] == NOTES


def test_declared_functions_are_calls() -> None:
    assert read("1 + F'(x)", ["x"], functions=["F"]) == formula("1 + F'(x)")
    assert read("F(x)", ["x"], functions=["F"]) == Call("F", (Name("x"),))
    assert read("σ(x)", ["x"], functions=["sigma"]) == Call("sigma", (Name("x"),))


def test_a_comma_is_decimal_unless_lists_are_asked_for() -> None:
    assert read("1,5", lists=True) == Group((Number(1), Number(5)), ",")
    assert read("512,512,512", lists=True) == Group((Number(512),) * 3, ",")
    assert read("max(1,5)") == Call("max", (Number(1), Number(5)))


def test_an_authors_mistake_is_an_exception() -> None:
    with pytest.raises(ValueError, match=r"syntax at 2 in 'n\+'"):
        formula("n+")


def test_places_are_those_of_the_text_as_typed() -> None:
    assert read("\u200f \u2067 x + q\u2069", ["x"]) == Unreadable("unknown_name", 8, "q")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(" * limits.DEPTH + "x" + ")" * limits.DEPTH, "too_deep"),
        ("-" * 300 + "x", "too_deep"),
        ("x" + "/2" * 100, "too_deep"),
        ("x" + "^2" * 50, "too_deep"),
        ("x" + "!" * 100, "too_deep"),
        ("1" * (limits.DIGITS + 1), "too_many_digits"),
        ("+x" * (limits.TOKENS // 2 + 1), "too_long"),
        ("x" * (limits.CHARACTERS + 1), "too_long"),
        ("1e31", "exponent_too_big"),
        ("x^101", "exponent_too_big"),
        ("10^41", "exponent_too_big"),
        ("x^(21!)", "number_too_big"),
    ],
)
def test_limits(text: str, reason: str) -> None:
    said = read(text)
    assert isinstance(said, Unreadable)
    assert said.reason == reason


def test_the_reasons_are_listed_once_and_in_order() -> None:
    assert list(REASONS) == sorted(set(REASONS))
