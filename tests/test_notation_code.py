"""Compiled formulas compute what walking the tree computes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.notation.code import function
from solver.notation.evaluation import evaluate
from solver.notation.reading import formula
from solver.values import Size, symbol
from tests.rules import every_rule

FORMULAS = [
    rule.taught for rules in every_rule().values() for rule in rules if rule.taught is not None
] + [
    formula(text)
    for text in ("-n^2", "n/2 + 1/3", "ceil((n + 1)/4)*3", "max(n, 3) - min(n, 2)", "n >= 2*p", "floor(n)", "0.5*n")
]


@given(st.sampled_from(FORMULAS), st.data())
def test_a_compiled_formula_computes_what_the_tree_says(said: object, data: st.DataObject) -> None:
    from solver.notation.tree import names

    values = {name: data.draw(st.integers(1, 30), name) for name in names(said)}  # type: ignore[arg-type]  # a formula
    try:
        wanted = evaluate(said, values)  # type: ignore[arg-type]  # a formula
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            function(said)(values)  # type: ignore[arg-type]  # a formula
    else:
        assert function(said)(values) == wanted  # type: ignore[arg-type]  # a formula


def test_it_computes_with_fractions_sizes_and_symbols() -> None:
    half = function(formula("floor((n + 1)/2) + k"))
    assert half({"n": Fraction(7, 2), "k": 1}) == 3
    assert repr(half({"n": Size.symbol("H"), "k": 0})) == "ceil(H/2)"
    assert half({"n": symbol("n"), "k": 0}).subs(symbol("n"), 6) == 3
    largest = function(formula("max(n, m)"))
    assert largest({"n": symbol("n"), "m": 4}).subs(symbol("n"), 9) == 9


def test_what_it_cannot_divide_by_is_said() -> None:
    with pytest.raises(ZeroDivisionError):
        function(formula("1/n"))({"n": 0})


def test_a_compiled_formula_reaches_no_builtins() -> None:
    assert function(formula("n + 1")).__globals__["__builtins__"] == {}
