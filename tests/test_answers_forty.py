"""Forty answers that graders stumble over, as a fair marker reads them; "?" is a matter of the part, no formula."""

from __future__ import annotations

import pytest

from grader.judge import judge
from grader.prose import without_words
from grader.verdict import name
from solver.notation.equality import compare
from solver.notation.printing import ascii_text
from solver.notation.reading import read
from solver.notation.unreadable import Unreadable
from tests.rules import bank

SHAPES = next(exercise.canonical() for exercise in bank() if exercise.id == "11.1")
FORTY = [
    ("התשובה היא 4800", "4800"),
    ("4800 מכפלות", "4800"),
    ("סה״כ: 456 פרמטרים", "456"),
    ("\u200f4800\u200e", "4800"),
    ("\u202b10x10x3\u202c", "10x10x3"),
    ("\u2067Var(w)=2/n\u2069", "Var(w) = 2/n"),
    ("(10,10,3", "?"),
    (")10,10,3(", "?"),
    ("10×10×3", "10x10x3"),
    ("10 x 10 x 3", "10x10x3"),
    ("10X10X3", "10x10x3"),
    ("10х10х3", "10x10x3"),
    ("[10,10,3]", "[10, 10, 3]"),
    ("torch.Size([3, 10, 10])", "[3, 10, 10]"),
    ("3@10x10", "3@10x10"),
    ("10*10*3", "10*10*3"),
    ("10x10", "10x10"),
    ("4,800", "4800"),
    ("4.800", "4.800"),
    ("4 800", "4800"),
    ("0,5", "0.5"),
    ("1,234", "1234"),
    ("4.8·10³", "4.8*10^3"),
    ("4.8e3", "4.8e3"),
    ("4.8x10^3", "4.8*10^3"),
    ("2e-3", "2e-3"),
    ("50%", "50%"),
    ("~0.333", "?"),
    ("25*3+1=76, 76*6=456", "25*3 + 1 = 76, 76*6 = 456"),
    ("456 (כולל ביאס)", "456"),
    ("x²+2x", "x^2 + 2*x"),
    ("(W−F+2P)/S+1", "(W - F + 2*P)/S + 1"),
    ("W-F+2P/S+1", "W - F + 2*P/S + 1"),
    ("1/2n", "(1/2)*n"),
    ("$\\mathrm{Var}(w)=\\frac{2}{n}$", "Var(w) = 2/n"),
    ("\\operatorname{Var}(v)=n\\cdot\\sigma_w^2\\cdot\\mathbb{E}[x^2]", "Var(v) = n*sigma_w^2*E[x^2]"),
    ("nVar(w)E[x^2]", "n*Var(w)*E[x^2]"),
    ("E[x]^2", "E[x]^2"),
    ("dL/dx = dL/dy * (1 + F'(x))", "diff(L, x) = diff(L, y)*(1 + F'(x))"),
    ("תשובה ב׳", "?"),
]


@pytest.mark.parametrize(("typed", "meaning"), [row for row in FORTY if row[1] != "?"])
def test_read_as_a_fair_marker_reads_it(typed: str, meaning: str) -> None:
    said = read(without_words(typed), ["P", "F", "W", "S"] if "2P" in typed else None)
    assert not isinstance(said, Unreadable), said
    assert ascii_text(said) == meaning


def test_there_are_forty() -> None:
    assert len(FORTY) == 40


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("(10,10,3", "unreadable"),
        (")10,10,3(", "unreadable"),
        ("10х10х3", "right"),
        ("\u202b10x10x3\u202c", "right"),
        ("torch.Size([3, 10, 10])", "right"),
        ("3@10x10", "right"),
        ("שלוש מטריצות של 10 על 10", "right"),
    ],
)
def test_shapes_of_the_first_exercise(typed: str, verdict: str) -> None:
    assert name(judge(SHAPES, "1a", typed).verdict) == verdict


@pytest.mark.parametrize(
    ("typed", "key", "verdict"),
    [
        ("50%", "50", "different"),
        ("4.800", "4800", "different"),
        ("4.8e3", "4800", "equal"),
        ("E[x]^2", "E[x^2]", "different"),
        ("$\\mathrm{Var}(w)=\\frac{2}{n}$", "2/n", "equal"),
        ("W-F+2P/S+1", "(W-F+2P)/S+1", "different"),
    ],
)
def test_judged_as_a_fair_marker_judges_it(typed: str, key: str, verdict: str) -> None:
    assert compare(typed, key).verdict == verdict
