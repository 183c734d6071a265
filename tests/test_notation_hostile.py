"""Hostile answers: each is refused for its reason, or accepted; nothing is executed and nothing crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from solver.notation.equality import compare
from solver.notation.evaluation import exact
from solver.notation.excerpts import excerpt
from solver.notation.reading import read
from solver.notation.unreadable import REASONS, Unreadable

ITEMS = json.loads((Path(__file__).parent / "tables" / "hostile.json").read_text(encoding="utf-8"))["items"]
TEXTS = [item for item in ITEMS if not item["kind"].startswith("file_") and item.get("also_as") != "student_id"]

NAMES = tuple("abcdxyz")
NAMES_OF = {"h057": tuple("abcdefghxyz")}
DECIDED: dict[str, str] = {
    "h119": "refuse:false_link",  # says which link is false: 5 = 6
    "h127": "refuse:unknown_name",  # 1j is 1 times j, and j is not declared: the message names it
    "h147": "refuse:undefined",  # asin(2) is no real number
    "h210": "refuse:number_too_big",  # \sum is known; its 10^9 terms are too many
}
"""Where this reader's answer is another one than the table's."""


def text_of(item: dict[str, Any]) -> str:
    said = item["input"]
    return said if isinstance(said, str) else "".join(piece * times for piece, times in said["concat"])


@pytest.mark.parametrize("item", TEXTS, ids=lambda item: item["id"])
def test_hostile_text(item: dict[str, Any]) -> None:
    text, names = text_of(item), NAMES_OF.get(item["id"], NAMES)
    compared = compare(text, "x+1", names=names)
    expected = DECIDED.get(item["id"], item["expect"])
    if compared.verdict == "unreadable":
        assert compared.reason in REASONS
        assert 0 <= compared.at <= len(text)
        assert expected.startswith(("refuse:", "accept")), expected
        assert f":{compared.reason}" in expected or f"_{compared.reason}" in expected or expected.endswith("or_refuse")
    else:
        assert "accept" in expected, (compared, expected)


@pytest.mark.parametrize("item", TEXTS, ids=lambda item: item["id"])
def test_hostile_text_among_any_names(item: dict[str, Any]) -> None:
    said = read(text_of(item))
    assert not isinstance(said, Unreadable) or said.reason in REASONS


@pytest.mark.parametrize(
    ("text", "key", "verdict"),
    [
        ("(a+b+c+d+e+f+g+h)^40-(a+b+c+d+e+f+g+h)^40+x", "x", "equal"),
        ("x+2305843009213693951", "x", "different"),
        ("x+1e-9", "x", "different"),
        ("1e5", "100000", "equal"),
        ("2π", "2*pi", "equal"),
        ("½x", "x/2", "equal"),
        ("3−2", "1", "equal"),
        ("3×4÷2", "6", "equal"),
        ("\u200f12\u200f", "12", "equal"),
        ("-5", "-5", "equal"),
        ("log(x*y)-log(x)-log(y)", "0", "equal"),
        ("Abs(x)-x", "0", "different"),
        ("exp(exp(exp(exp(exp(x)))))", "exp(exp(exp(exp(exp(x+1)))))", "different"),
        ("exp(exp(exp(exp(exp(9*x+90)))))", "exp(exp(exp(exp(exp(9*x+91)))))", "undecided"),
        ("[0,100]", "50", "unreadable"),
    ],
)
def test_accepted_hostile_texts_mean_what_they_say(text: str, key: str, verdict: str) -> None:
    assert compare(text, key).verdict == verdict


def test_a_big_coefficient_that_vanishes_modulo_some_prime_is_refused() -> None:
    tower = "x+((((((((((((2)^46)^55)^98)^17)^74)^26)^65)^7)^62)^54)^74)^2-1"
    assert compare(tower, "x").reason == "number_too_big"


BOMBS = (
    "sum(i,1,1000,sum(j,1,1000,sum(k,1,1000,i)))",
    "sum(i,1,1000,floor(i/n))",
    "floor(sum(i,1,n,sum(j,1,n,sum(k,1,n,i*j*k)))/2)",
    "sum(i,1,2,((i^100)^100)^100)",
    "prod(i,1,1000,n+i)",
    "floor((((n^99)^99)^9)/7)",
    "(((2^99)^99)^9)+floor(n)",
    "sqrt(((x^99)^99))",
    "e^(x^99)",
    "binomial(100,50)^5",
    "1{" + "x<" * 150 + "x}",
    "E[" + "*".join(f"x_{i}^9" for i in range(60)) + "]",
    *(f"{function}(" * 37 + "x" + ")" * 37 for function in ("E", "std", "sigmoid'", "tanh'", "sqrt", "floor", "log_2")),
    "Cov(" * 37 + "x" + ",y)" * 37,
    "\\frac{1}{1+" * 37 + "x" + "}" * 37,
)


@pytest.mark.parametrize("text", BOMBS)
@pytest.mark.parametrize("key", ["x+1", "floor(n/2)", "sqrt(x)"])
def test_what_is_small_to_read_is_not_large_to_compare(text: str, key: str) -> None:
    """Whatever is said of it, it is said: a bomb would stop the tests."""
    assert compare(text, key).verdict in ("equal", "different", "unreadable", "undecided")
    said = read(text)
    if not isinstance(said, Unreadable):
        exact(said)


@pytest.mark.parametrize("label", ["answer: ", "the final answer is ", "תשובה: ", "answer:", "the " * 9])
@pytest.mark.parametrize("times", [2, 100, 5_000])
def test_labels_again_and_again_are_no_answer(label: str, times: int) -> None:
    text = label * times + "5"
    assert excerpt(text, range(len(text)))[0].endswith("5")
    assert compare(text, "5").verdict in ("unreadable", "undecided", "different")
