"""Comparing formulas: against SymPy on random rational functions, and a table of what courses meet."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Literal

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.notation.bridge import from_sympy, to_sympy
from solver.notation.comparison import RUNGS
from solver.notation.equality import Assumptions, compare
from solver.notation.modular import is_prime
from solver.notation.reading import formula
from solver.notation.tree import Add, Div, Formula, Mul, Name, Neg, Number, Pow
from solver.notation.unreadable import REASONS

DECIDED = ("equal", "different")
TABLE = json.loads((Path(__file__).parent / "tables" / "judgements.json").read_text(encoding="utf-8"))
ROWS = [(*row, None)[:5] for row in TABLE]


@pytest.mark.parametrize(("answer", "key", "verdict", "reason", "names"), ROWS)
def test_judgement(answer: str, key: str, verdict: str, reason: str, names: str | None) -> None:
    found = compare(answer, key, names=None if names is None else names.split())
    assert (found.verdict, found.reason) == (verdict, reason), found
    assert reason in (*RUNGS, *REASONS, "")


@pytest.mark.parametrize(("answer", "key", "verdict", "reason", "names"), [row for row in ROWS if row[2] in DECIDED])
def test_comparing_is_symmetric(answer: str, key: str, verdict: str, reason: str, names: str | None) -> None:
    """But for equations, of which an answer may give one side, and for slow SymPy."""
    if "=" not in answer + key and reason != "symbolic":
        assert compare(key, answer, names=None if names is None else names.split()).verdict == verdict


rationals = st.recursive(
    st.integers(0, 4).map(Number) | st.sampled_from("xyz").map(Name),
    lambda parts: st.one_of(
        parts.map(Neg),
        st.lists(parts, min_size=2, max_size=3).map(lambda terms: Add(tuple(terms))),
        st.lists(parts, min_size=2, max_size=3).map(lambda factors: Mul(tuple(factors))),
        st.builds(Div, parts, parts),
        st.builds(Pow, parts, st.integers(-2, 3).map(lambda n: Number(n) if n >= 0 else Neg(Number(-n)))),
    ),
    max_leaves=8,
)


def in_sympy(said: Formula) -> sympy.Expr:
    return to_sympy(said, {name: sympy.Symbol(name) for name in "xyz"})


@settings(max_examples=150)
@given(rationals, rationals)
def test_two_formulas_are_compared_as_sympy_does(left: Formula, right: Formula) -> None:
    agrees_with_sympy(left, right)


@settings(max_examples=150)
@given(rationals, st.integers(0, 3))
def test_a_rewritten_formula_is_compared_as_sympy_does(said: Formula, change: int) -> None:
    expr = in_sympy(said)
    if not expr.is_finite and expr.has(sympy.nan, sympy.zoo):
        return
    rewritten = [sympy.expand, sympy.together, sympy.factor, lambda e: e + sympy.Symbol("x")][change](expr)
    if not rewritten.has(sympy.nan, sympy.zoo):
        agrees_with_sympy(said, from_sympy(rewritten))


def agrees_with_sympy(left: Formula, right: Formula) -> None:
    found = compare(left, right)
    difference = sympy.together(in_sympy(left) - in_sympy(right))
    if difference.has(sympy.nan, sympy.zoo):
        assert found.verdict in {"unreadable", "equal", "different"}
    elif found.verdict != "unreadable":
        same = sympy.expand(sympy.numer(difference)) == 0
        assert found.verdict == ("equal" if same else "different")


@given(st.integers(0, 10**6))
def test_primes(n: int) -> None:
    assert is_prime(n) == bool(sympy.isprime(n))


def test_large_primes() -> None:
    chosen = random.Random(7)
    for _ in range(300):
        n = chosen.randrange(2**39, 2**40)
        assert is_prime(n) == bool(sympy.isprime(n))


# --- random names


def test_moments_are_moments_of_any_random_names() -> None:
    assert compare("Var(x)", "E[(x - E[x])^2]").verdict == "equal"
    assert compare("Var(3x + 2)", "9Var(x)").verdict == "equal"
    assert compare("Var(x + y)", "Var(x) + Var(y)").verdict == "different"
    assert compare("Var(x + y)", "Var(x) + 2Cov(x, y) + Var(y)").verdict == "equal"


def test_declared_independence_and_means_count() -> None:
    free = Assumptions(independent=("w", "x"))
    assert compare("Var(x + w)", "Var(x) + Var(w)", assume=free).verdict == "equal"
    law = "E[x]^2*Var(w) + E[w]^2*Var(x) + Var(w)*Var(x)"
    assert compare("Var(w*x)", law, assume=free).verdict == "equal"
    assert compare("Var(w*x)", "Var(w)*E[x^2]", assume=free).verdict == "different"
    centred = Assumptions(independent=("w", "x"), centred=frozenset({"w"}))
    assert compare("Var(w*x)", "Var(w)*E[x^2]", assume=centred).verdict == "equal"
    assert compare("Var(w*x)", "Var(w)*Var(x)", assume=centred).verdict == "different"
    assert compare("E[w]", "0", assume=centred).verdict == "equal"


def test_declared_domains_count() -> None:
    assert compare("sqrt(x^2)", "x", assume=Assumptions({"x": "positive"})).verdict == "equal"
    assert compare("floor(m + n)", "m + n").certainty == "sampled"
    assert compare("floor(m + n)", "m + n", assume=Assumptions({"n": "real"})).verdict == "different"
    assert compare("floor(x)", "x", assume=Assumptions({"x": "size"})).verdict == "equal"
    assert compare("floor(x)", "x", assume={"x": "size"}).certainty == "sampled"
    assert compare("floor(x)", "x").verdict == "different"
    assert compare("floor(n/2) + ceil(n/2)", "n").verdict == "equal"
    assert compare("floor(x/2) + ceil(x/2)", "x", assume="real").verdict == "different"
    assert compare("max(n - 1, 0)", "n - 1", assume=Assumptions({"n": "size"})).verdict == "equal"


@pytest.mark.parametrize(
    ("one", "other"),
    [("floor(x)", "ceil(x)"), ("floor(a)", "a"), ("floor(x + 1/2)", "floor(x)"), ("2^floor(x)", "2^x")],
)
def test_what_is_rounded_is_not_whole_already(one: str, other: str) -> None:
    assert compare(one, other).verdict == "different"


def test_one_word_declares_all_names() -> None:
    assert compare("sqrt(x^2*y^2)", "x*y", assume="positive").verdict == "equal"
    assert compare("(-1)^(2*k)", "1", assume="integer").verdict == "equal"
    assert compare("conjugate(z)", "z", assume="real").verdict == "equal"
    assert compare("sqrt(x^2)", "x", assume=Assumptions({"x": "real"}, otherwise="positive")).verdict == "different"


def test_names_may_be_complex() -> None:
    assert compare("sqrt(x^2)", "abs(x)").verdict == "equal"
    assert compare("sqrt(x^2)", "abs(x)", assume="complex").verdict == "different"
    assert compare("e^(i*t)", "cos(t) + i*sin(t)", assume={"t": "complex"}).verdict == "equal"
    assert compare("(x + i*y)*(x - i*y)", "x^2 + y^2", assume="complex").verdict == "equal"
    assert compare("abs(z)^2", "z^2", assume={"z": "complex"}).verdict == "different"


@pytest.mark.parametrize(
    ("answer", "key", "decimal", "verdict"),
    [
        ("4.800", "4800", ",", "equal"),
        ("1.234.567,5", "1234567.5", None, "unreadable"),
        ("1.234.567,5", "1234567 + 1/2", ",", "equal"),
        ("1 234,5", "2469/2", ",", "equal"),
        ("0,5", "1/2", ",", "equal"),
        ("1,234", "1234", ",", "different"),
        ("1,234", "1234", ".", "equal"),
        ("0,5", "1/2", ".", "unreadable"),
        ("(1,5; 2)", "(3/2, 2)", ",", "equal"),
        ("3,10,10", "(3, 10, 10)", ",", "equal"),
        ("4,8e3", "4800", ",", "equal"),
        ("12,5%", "1/8", ",", "equal"),
    ],
)
def test_a_decimal_mark_is_declared(answer: str, key: str, decimal: Literal[".", ","] | None, verdict: str) -> None:
    found = compare(answer, formula(key), decimal=decimal)
    assert found.verdict == verdict, found


def test_names_are_those_that_are_declared() -> None:
    assert compare("2P + nVar(w)", "n*Var(w) + P*2", names=["P", "n", "w"]).verdict == "equal"
    assert compare("q", "x", names=["x"]).reason == "unknown_name"


def test_a_judgement_repeats_exactly_and_says_what_it_read() -> None:
    first, again = (compare("(x+1)^2", "x^2+2x+1") for _ in range(2))
    assert first == again
    assert first.read_as == "(x + 1)²"
    assert 0 < first.error < 1e-25


def test_a_key_that_cannot_be_read_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match="key"):
        compare("x", "x+")


def test_a_trivial_equation_is_no_other_equation() -> None:
    assert compare("x = x", "x = y").verdict == "different"
    assert compare(formula("2*x = 2*y"), formula("y = x")).verdict == "equal"
