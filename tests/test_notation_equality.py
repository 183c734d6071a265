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
from solver.notation.magnitude import magnitude
from solver.notation.modular import is_prime
from solver.notation.reading import formula
from solver.notation.tree import Add, Call, Div, Formula, Mul, Name, Neg, Number, Pow
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


# --- bounds on what is compared


RING, *GENERATORS = sympy.ring("x0 x1 y0 y1 p0 p1", sympy.ZZ)
AT = {name: dict(enumerate(GENERATORS[place : place + 2])) for name, place in (("x", 0), ("y", 2), ("p", 4))}
CHANCES = [AT["p"][0], AT["p"][1]]
Fractional = tuple["sympy.polys.rings.PolyElement", "sympy.polys.rings.PolyElement"]


def over_one(said: Formula, side: int = 0) -> Fractional:
    """A formula as numerator and denominator, nothing cancelled; x and y are random, with two sides."""
    match said:
        case Number(value):
            return RING(value.numerator), RING(value.denominator)
        case Name(text):
            return AT[text][side], RING(1)
        case Neg(body):
            top, bottom = over_one(body, side)
            return -top, bottom
        case Add(terms):
            top, bottom = RING(0), RING(1)
            for over, under in (over_one(term, side) for term in terms):
                top, bottom = top * under + over * bottom, bottom * under
            return top, bottom
        case Mul(factors):
            top, bottom = RING(1), RING(1)
            for over, under in (over_one(factor, side) for factor in factors):
                top, bottom = top * over, bottom * under
            return top, bottom
        case Div(above, below):
            (top, over), (under, bottom) = over_one(above, side), over_one(below, side)
            return top * bottom, over * under
        case Pow(base, Number(int() as exponent)):
            top, bottom = over_one(base, side)
            return top**exponent, bottom**exponent
        case Call("E", (body,)):
            top, bottom = mean([over_one(body, side) for side in (0, 1)])
            return top, bottom * sum(CHANCES)
        case Call("Var", (body,)):
            sides = [over_one(body, side) for side in (0, 1)]
            (squares, bottom), (top, under) = mean([(top**2, bottom**2) for top, bottom in sides]), mean(sides)
            assert bottom == under**2
            return squares * sum(CHANCES) - top**2, (under * sum(CHANCES)) ** 2
    raise AssertionError(said)


def mean(sides: list[Fractional]) -> Fractional:
    """Times the sum of the chances."""
    (first, one), (second, other) = sides
    if one == other:
        return CHANCES[0] * first + CHANCES[1] * second, one
    return CHANCES[0] * first * other + CHANCES[1] * second * one, one * other


polynomials = st.recursive(
    st.integers(0, 9).map(Number) | st.sampled_from("xy").map(Name),
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda terms: Add((terms[0], *map(Neg, terms[1:])))),
        st.lists(parts, min_size=2, max_size=3).map(lambda factors: Mul(tuple(factors))),
        st.builds(Div, parts, st.integers(1, 9).map(Number)),
        st.builds(Pow, parts, st.integers(1, 3).map(Number)),
    ),
    max_leaves=6,
)
quotients = st.builds(Div, polynomials, polynomials)
moments = st.builds(lambda function, body: Call(function, (body,)), st.sampled_from(["E", "Var"]), polynomials)


@settings(max_examples=50)
@given(polynomials | quotients)
def test_no_coefficient_or_degree_is_larger_than_its_bound(said: Formula) -> None:
    is_bounded(said)
    is_bounded(Call("E", (said,)))
    is_bounded(Call("Var", (said,)))


@settings(max_examples=50)
@given(st.lists(moments | polynomials, min_size=2, max_size=2))
def test_bounds_of_sums_and_quotients_of_moments(parts: list[Formula]) -> None:
    is_bounded(Add(tuple(parts)))
    is_bounded(Div(*parts))


def is_bounded(said: Formula) -> None:
    bound = magnitude(said, 2)
    for part, degree in zip(over_one(said), (bound.top, bound.bottom), strict=True):
        assert sum(map(abs, part.coeffs())) <= 2**bound.bits
        assert not part or max(map(sum, part.monoms())) <= degree


PRIME = "((2^85)^3 - 19)"
"""2^255 - 19, modulo which smaller coefficients are compared."""


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (f"x + {PRIME}*y", "x"),
        (f"x + {PRIME}", "x"),
        (f"{PRIME}*x/y", "0*x"),
        (f"floor(x + {PRIME}) + n", "floor(x) + n"),
        (f"sqrt(x + {PRIME}*y)", "sqrt(x)"),
        (f"E[x + {PRIME}]", "E[x]"),
        ("x + sum(j, 1, 40, 10^20^1*j^3)*y", "x"),
    ],
)
def test_nobody_can_use_that_a_prime_is_known(answer: str, key: str) -> None:
    assert compare(answer, key).verdict == "different"


@pytest.mark.parametrize(
    ("answer", "key", "verdict"),
    [
        ("-ln(e^{z_1}/sum(k, 1, 3, e^{z_k}))", "ln(e^{z_1} + e^{z_2} + e^{z_3}) - z_1", "equal"),
        ("-ln(e^{z_1}/sum(k, 1, 3, e^{z_k}))", "ln(e^{z_1} + 2*e^{z_2}) - z_1", "different"),
        ("sqrt(sum(k, 1, 2, x^{z_k}))^2", "x^{z_1} + x^{z_2}", "equal"),
        ("ln(e^{sum(i, 1, 3, sum(j, 1, i, z_j))})", "3*z_1 + 2*z_2 + z_3", "equal"),
    ],
)
def test_exponents_and_limits_know_the_variable_of_a_sum(answer: str, key: str, verdict: str) -> None:
    assert compare(answer, key, names=("x", "z_1", "z_2", "z_3")).verdict == verdict


def test_numbers_larger_than_the_primes_are_compared() -> None:
    assert compare("10000000000000 + x - x", "10000000000000").verdict == "equal"
    assert compare("10000000000001 + x - x", "10000000000000").verdict == "different"
    assert compare("10000000000000 + (2^100)^2*(x - x)", "10000000000000").verdict == "equal"


def test_the_imaginary_unit_has_a_residue() -> None:
    for answer, key in (("i*i", "-1"), ("(x+i)(x-i)", "x^2+1"), ("1/(x+i)", "(x-i)/(x^2+1)")):
        assert compare(answer, key).reason == "residues"
        assert compare(answer, key).verdict == "equal"
    assert compare("(x+i)(x+i)", "x^2+1").verdict == "different"


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
