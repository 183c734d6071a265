"""Evaluating against counting, and exact values of answers within their limits."""

from __future__ import annotations

import itertools
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.notation.evaluation import NotComputable, compiled, evaluate, exact, root
from solver.notation.reading import formula
from solver.notation.tree import number
from solver.notation.unreadable import Unreadable

SIZE = "floor((n + 2*p - d*(k - 1) - 1)/s) + 1"


@given(st.integers(1, 40), st.integers(0, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 4))
def test_the_output_size_counts_windows(n: int, p: int, d: int, k: int, s: int) -> None:
    starts = [start for start in range(0, n + 2 * p, s) if start + d * (k - 1) < n + 2 * p]
    if starts:
        assert evaluate(formula(SIZE), {"n": n, "p": p, "d": d, "k": k, "s": s}) == len(starts)


@given(st.integers(-200, 200), st.integers(-20, 20).filter(bool))
def test_floors_and_ceilings_of_quotients_stay_whole(a: int, b: int) -> None:
    for text, expected in (("floor(a/b)", Fraction(a, b).__floor__()), ("ceil(a/b)", Fraction(a, b).__ceil__())):
        value = evaluate(formula(text), {"a": a, "b": b})
        assert (value, type(value)) == (expected, int)


@given(st.integers(-50, 50), st.integers(1, 50))
def test_a_quotient_of_whole_numbers_is_exact(a: int, b: int) -> None:
    value = evaluate(formula("a/b"), {"a": a, "b": b})
    assert value == Fraction(a, b)
    assert isinstance(value, int if a % b == 0 else Fraction)


class Steps:
    """A value that knows //, + and - alone, and records them."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __add__(self, other: object) -> Steps:
        return Steps(f"({self.said} + {other})")

    def __sub__(self, other: object) -> Steps:
        return Steps(f"({self.said} - {other})")

    def __floordiv__(self, other: object) -> Steps:
        return Steps(f"({self.said} // {other})")

    def __neg__(self) -> Steps:
        return Steps(f"(-{self.said})")


def test_evaluating_asks_of_a_value_only_what_the_formula_says() -> None:
    assert evaluate(formula("floor((n - 3)/2) + 1"), {"n": Steps("n")}).said == "(((n - 3) // 2) + 1)"
    assert evaluate(formula("ceil(n/2)"), {"n": Steps("n")}).said == "(-((-n) // 2))"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("sum(i, 1, n, i^2)", {"n": 4}, 30),
        ("prod(i, 1, n, i)", {"n": 5}, 120),
        ("mod(7, 3) + abs(-2) + sign(-5)", {}, 2),
        ("max(a, b, 3) - min(a, b)", {"a": 1, "b": 7}, 6),
        ("relu(x) + relu(-x)", {"x": Fraction(-1, 2)}, Fraction(1, 2)),
        ("1{x >= 0}*2", {"x": 0}, 2),
        ("δ(i, j)", {"i": 1, "j": 2}, 0),
        ("sqrt(9/4)", {}, Fraction(3, 2)),
        ("8^(1/3) + 2^(-1)", {}, Fraction(5, 2)),
        ("binomial(5, 2) + 4!", {}, 34),
        ("(C, H/2)", {"C": 3, "H": 8}, (3, 4)),
        ("1 < x <= 3", {"x": 3}, True),
        ("x = 3 != 4", {"x": 2}, False),
    ],
)
def test_evaluating(text: str, values: dict[str, object], expected: object) -> None:
    assert evaluate(formula(text), values) == expected


@pytest.mark.parametrize("text", ["E[x]", "n", "dL/dx", "sqrt(2)", "exp(1)", "(-1)!", "∫_{0}^{1} x dx"])
def test_what_has_no_exact_value_says_so(text: str) -> None:
    with pytest.raises(NotComputable):
        evaluate(formula(text), {"x": 1, "L": 1})


def test_what_cannot_be_decided_of_a_condition_is_not_false() -> None:
    assert evaluate(formula("n >= 3"), {"n": Steps("n")}) is None
    assert evaluate(formula("n >= 3 > 4"), {"n": Steps("n")}) is False


def test_formulas_are_compiled_once() -> None:
    assert compiled(formula(SIZE)) is compiled(formula(SIZE))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25*3 + 1", 76),
        ("25×3", 75),
        ("4.8·10³", 4800),
        ("50%", Fraction(1, 2)),
        ("1{2>1}", 1),
        ("2^64", 2**64),
        ("1/0", "division_by_zero"),
        ("0^(-1)", "division_by_zero"),
        ("(10^9)!", "number_too_big"),
        ("(3^20)^(-100)*9^30", "number_too_big"),
        ("\\sum_{k=1}^{10^9} k", "number_too_big"),
        ("binomial(10^9, 2)", "number_too_big"),
        ("(1, 2)", "wrong_type"),
        ("x", "undefined"),
        ("sqrt(2)", "undefined"),
    ],
)
def test_exact_values_of_answers(text: str, value: object) -> None:
    found = exact(formula(text))
    assert (found.reason if isinstance(found, Unreadable) else found) == value


@given(st.fractions(-20, 20, max_denominator=30), st.integers(1, 6))
def test_roots_undo_powers(base: Fraction, degree: int) -> None:
    base = base if degree % 2 else abs(base)
    assert root(base**degree, degree) == base


@given(st.fractions(max_denominator=1000))
def test_a_number_as_a_formula_has_its_value(value: Fraction) -> None:
    assert exact(number(value)) == value


def brute(tokens: list[str], values: dict[str, int]) -> Fraction:
    """Sums of products by two passes over a flat list of tokens: shares no code with the reader."""
    products: list[list[str]] = [[]]
    signs = [1]
    for token in tokens:
        if token in "+-":
            products.append([])
            signs.append(1 if token == "+" else -1)
        else:
            products[-1].append(token)
    total = Fraction(0)
    for sign, product in zip(signs, products, strict=True):
        value = Fraction(values.get(product[0], 0) if product[0].isalpha() else int(product[0]))
        for operator, factor in zip(product[1::2], product[2::2], strict=True):
            number = values[factor] if factor.isalpha() else int(factor)
            value = value * number if operator == "*" else value / number
        total += sign * value
    return total


@given(
    st.sampled_from(["2", "13", "a", "b"]),
    st.lists(st.tuples(st.sampled_from("+-*/"), st.sampled_from(["3", "7", "a", "b"])), max_size=8),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_flat_arithmetic_is_read_and_computed_as_at_school(
    first: str, rest: list[tuple[str, str]], a: int, b: int
) -> None:
    tokens = [first, *itertools.chain.from_iterable(rest)]
    values = {"a": a, "b": b}
    assert evaluate(formula(" ".join(tokens)), values) == brute(tokens, values)


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from solver.notation.equality import compare;"
        "assert compare('2n', 'n+n').verdict == compare('ceil(n/2)', 'floor((n+1)/2)').verdict == 'equal';"
        "sys.exit(bool({'sympy', 'mpmath', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
