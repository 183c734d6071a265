"""Forms that a part demands: a table of texts, and what a part says of the right value in another form."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.exercise import Exercise, Instance, Part, Text
from exercises.lint import lint
from grader.judge import judge
from grader.verdict import FORM, Right, Slip, Slipped, Unreadable, Wrong, marks
from reports.feedback import feedback
from reports.words import words
from solver.derivation import Derivation, Given
from solver.notation.forms import FORM_NAMES, Form, form, lacks
from solver.notation.reading import formula, read
from solver.values import symbol

TABLE = [  # form, text, whether it has the form
    ("expanded", "x^2 - 1", True),
    ("expanded", "(x-1)(x+1)", False),
    ("expanded", "2(x+1)", False),
    ("expanded", "-(x+1)", False),
    ("expanded", "(x+1)^2", False),
    ("expanded", "x + x", True),
    ("expanded", "sqrt(x+1) + 2", True),
    ("factored", "(x-1)(x+1)", True),
    ("factored", "x^2 - 1", False),
    ("factored", "x^2 + 1", True),
    ("factored", "2(x+1)", True),
    ("factored", "2x + 2", False),
    ("factored", "(2x+2)(x+1)", False),
    ("factored", "(x+1)^2", True),
    ("factored", "x^2 + 2x + 1", False),
    ("factored", "x(x+1)/2", True),
    ("factored", "-x(x+1)", True),
    ("simplified", "3x + 1", True),
    ("simplified", "x + 2x + 1", False),
    ("simplified", "x*x", False),
    ("simplified", "x^2*x", False),
    ("simplified", "2*3*x", False),
    ("simplified", "x + 0", False),
    ("simplified", "1*x", False),
    ("simplified", "x^1", False),
    ("simplified", "--x", False),
    ("simplified", "2x/4", False),
    ("simplified", "x/2", True),
    ("simplified", "x y/x", False),
    ("simplified", "sqrt(8)", False),
    ("simplified", "2 sqrt(2)", True),
    ("simplified", "2^3", False),
    ("simplified", "n/2 + 1/2", True),
    ("simplified", "1/2 + 1/3", False),
    ("simplified", "5/6", True),
    ("simplified", "4/6", False),
    ("lowest", "2/3", True),
    ("lowest", "-2/3", True),
    ("lowest", "4/6", False),
    ("lowest", "3", True),
    ("lowest", "3/1", False),
    ("lowest", "0.5", False),
    ("lowest", "1/3 + 1/3", False),
    ("lowest", "(x+1)/(x-1)", True),
    ("lowest", "(x^2-1)/(x-1)", False),
    ("exact", "1/3", True),
    ("exact", "sqrt(2)", True),
    ("exact", "0.33", False),
    ("exact", "50%", False),
    ("exact", "2e-3", False),
    ("decimals 2", "0.33", True),
    ("decimals 2", "0.3", False),
    ("decimals 2", "0.333", False),
    ("decimals 2", "-1.50", True),
    ("decimals 2", "1/3", False),
    ("decimals 0", "3", True),
    ("significant 2", "0.0033", True),
    ("significant 2", "1500", True),
    ("significant 2", "1.50", False),
    ("significant 3", "1500", True),
    ("significant 3", "1.5e3", False),
    ("significant 2", "1.5e3", True),
    ("significant 3 strict", "1500", False),
    ("significant 2 strict", "1500", True),
    ("significant 3 strict", "1.50", True),
    ("significant 3 strict", "1.50e3", True),
    ("significant 3", "0.100", True),
    ("significant 4", "4,800", True),
]


@pytest.mark.parametrize(("demanded", "text", "has"), TABLE)
def test_the_table(demanded: str, text: str, has: bool) -> None:
    wanted = form(demanded)
    assert wanted is not None
    assert (lacks(wanted, formula(text)) == "") is has


def test_every_form_is_in_the_table() -> None:
    for name in FORM_NAMES:
        assert {has for demanded, _, has in TABLE if demanded.split()[0] == name} == {True, False}


def asked(key: Derivation, **fields: object) -> Instance:
    text = Text("שאלה", "question")
    part = replace(Part("1", text, marks=2), **fields)  # type: ignore[arg-type]  # the fields of a part
    return Instance(Exercise("forms", text, text, {}, (part,), lambda: {"1": key}), {})


THIRD = Given("third", Fraction(1, 3))
X = symbol("x")
SQUARES = Given("squares", X * X - 1)


@pytest.mark.parametrize(
    ("key", "fields", "answer", "slip"),
    [
        (SQUARES, {"form": "factored"}, "(x-1)(x+1)", ""),
        (SQUARES, {"form": "factored"}, "x^2 - 1", "not_factored"),
        (SQUARES, {"form": "expanded"}, "(x-1)(x+1)", "not_expanded"),
        (SQUARES, {"form": "simplified"}, "x*x - 1", "not_simplified"),
        (THIRD, {"form": "lowest"}, "2/6", "not_lowest"),
        (THIRD, {"form": "lowest"}, "2/6 = 1/3", ""),
        (THIRD, {"form": "decimals 2"}, "0.33", ""),
        (THIRD, {"form": "decimals 2"}, "0.333", "not_decimals"),
        (THIRD, {"form": "decimals 2"}, "0.34", "rounded_wrongly"),
        (THIRD, {"form": "decimals 2"}, "1/3", "not_decimals"),
        (THIRD, {"form": "significant 3"}, "0.333", ""),
        (THIRD, {"form": "significant 3"}, "0.3333", "not_significant"),
        (THIRD, {"form": "exact", "within": Fraction(1, 100)}, "0.333", "not_exact"),
        (THIRD, {"form": "exact", "within": Fraction(1, 100)}, "1/3", ""),
    ],
)
def test_the_right_value_in_another_form(key: Derivation, fields: dict[str, object], answer: str, slip: str) -> None:
    instance = asked(key, formless=Fraction(3, 4), **fields)
    verdict = judge(instance, "1", answer).verdict
    if not slip:
        assert verdict == Right()
        return
    assert verdict == Slipped(((Slip(FORM, slip),),), Fraction(3, 4))
    assert marks(verdict, instance.part("1")) == Fraction(3, 2)
    assert feedback(words("en").say, verdict).startswith("The value is right, but not in the form")


@pytest.mark.parametrize("answer", ["0.3", "0.35", "-0.33", "33"])
def test_a_wrong_value_is_wrong_in_any_form(answer: str) -> None:
    assert judge(asked(THIRD, form="decimals 2"), "1", answer).verdict in (Wrong(),)


@pytest.mark.parametrize("answer", ["nan", "NaN", "inf", "-inf", "∞", "1/0", "0/0", "1e999", "infinity", "לא מוגדר"])
@pytest.mark.parametrize("fields", [{"within": Fraction(1, 2)}, {"form": "decimals 2"}, {"form": "exact"}])
def test_no_tolerance_takes_what_is_no_number(answer: str, fields: dict[str, object]) -> None:
    assert isinstance(judge(asked(THIRD, **fields), "1", answer).verdict, Unreadable)


@given(st.text(max_size=30), st.sampled_from(TABLE))
def test_any_formula_has_a_form_or_not(text: str, row: tuple[str, str, bool]) -> None:
    said = read(text)
    wanted = form(row[0])
    if not isinstance(said, Unreadable) and wanted is not None:
        assert lacks(wanted, said) in ("", f"not_{wanted.name}")


def test_an_unknown_form_is_complained_about() -> None:
    assert form("pretty") is None
    assert form("decimals") is None
    assert form("significant 3 strict") == Form("significant", 3, True)
    problems = [complaint.problem for complaint in lint(asked(THIRD, form="pretty").exercise)]
    assert "form-unknown" in problems
