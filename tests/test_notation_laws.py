"""Laws of the notation: what is printed is read back, and no text whatever breaks the reader."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.notation import limits
from solver.notation.evaluation import NotComputable, evaluate
from solver.notation.printing import ascii_text, plain
from solver.notation.reading import formula, read
from solver.notation.tree import (
    Add,
    Call,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Partial,
    Pow,
    Relation,
    children,
    rebuild,
    subformulas,
    substitute,
)
from solver.notation.unreadable import REASONS, Unreadable

NAMES = ("n", "p", "k", "x", "y", "C_in", "sigma_w", "w_1", "y_2,k", "x_m+1", "W", "L", "alpha'")
ONE_ARGUMENT = ("floor", "ceil", "abs", "sqrt", "exp", "Var", "E", "relu", "relu'", "tanh", "factorial", "indicator")

numbers = st.integers(0, 10**6).map(Number) | st.sampled_from(
    [Number(Fraction(1, 2), "0.5"), Number(4800, "4.8e3"), Number(Fraction(1, 2), "50%"), Number(Fraction(1, 2), "½")]
)
letters = st.sampled_from(NAMES).map(Name)
powers_of = st.integers(0, 9).map(Number) | st.integers(1, 3).map(lambda value: Neg(Number(value))) | letters


def tuples(parts: st.SearchStrategy[Formula], least: int = 2) -> st.SearchStrategy[tuple[Formula, ...]]:
    return st.lists(parts, min_size=least, max_size=4).map(tuple)


def relations(sides: st.SearchStrategy[Formula]) -> st.SearchStrategy[Relation]:
    return st.lists(sides, min_size=2, max_size=3).flatmap(
        lambda chosen: st.lists(
            st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), min_size=len(chosen) - 1, max_size=len(chosen) - 1
        ).map(lambda operators: Relation(tuple(chosen), tuple(operators)))
    )


def arithmetic(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    """What numbers are computed with, over given parts."""
    return st.one_of(
        parts.map(Neg),
        tuples(parts).map(Add),
        tuples(parts).map(Mul),
        st.builds(Div, parts, parts),
        st.builds(Pow, parts, powers_of),
    )


def everything(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.one_of(
        arithmetic(parts),
        st.builds(Call, st.sampled_from(ONE_ARGUMENT), st.tuples(parts)),
        st.builds(Call, st.sampled_from(["mod", "binomial", "Cov", "delta", "max"]), st.tuples(parts, parts)),
        st.builds(Call, st.just("indicator"), st.tuples(relations(parts))),
        st.builds(Fold, st.sampled_from(["sum", "prod", "int"]), parts, st.sampled_from(["i", "j", "t"]), parts, parts),
        st.builds(Partial, letters, letters),
    )


expressions = st.recursive(numbers | letters, everything, max_leaves=12)
calculations = st.recursive(st.integers(0, 50).map(Number) | st.sampled_from("abc").map(Name), arithmetic, max_leaves=12)
groups = st.builds(Group, tuples(expressions, 0), st.sampled_from(["(", "[", "{"])) | st.builds(
    Group, tuples(st.integers(1, 99).map(Number) | letters), st.sampled_from(["x", "@"])
)
formulas: st.SearchStrategy[Formula] = st.one_of(expressions, groups, relations(expressions | groups))


def is_readable(formula: Formula) -> bool:
    """Trees whose powers stay within what is read at all."""
    return not isinstance(read(plain(formula)), Unreadable)


@settings(max_examples=400)
@given(formulas)
def test_what_is_printed_is_read_back(said: Formula) -> None:
    again = read(plain(said))
    if isinstance(again, Unreadable):
        assert again.reason in {"exponent_too_big", "exponent_not_constant", "number_too_big", "division_by_zero", "too_deep"}
    else:
        assert again == said, plain(said)
        assert plain(again) == plain(said)
