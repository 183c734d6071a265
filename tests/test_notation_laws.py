"""Laws of the notation: what is printed is read back and means the same, and no text whatever breaks the reader."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.notation.equality import compare
from solver.notation.evaluation import NotComputable, evaluate
from solver.notation.precedence import bracketed
from solver.notation.printing import ascii_text, plain
from solver.notation.reading import read
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
    names,
    subformulas,
    substitute,
)
from solver.notation.unreadable import REASONS, Unreadable

NAMES = ("n", "p", "k", "x", "y", "C_in", "sigma_w", "w_1", "y_2,k", "x_m+1", "W", "L", "alpha'", "loss", "w1")
ONE_ARGUMENT = ("floor", "ceil", "abs", "sqrt", "exp", "Var", "E", "relu", "relu'", "tanh", "factorial", "indicator")
TYPED = (
    Number(Fraction(1, 2), "0.5"),
    Number(4800, "4.8e3"),
    Number(Fraction(1, 2), "50%"),
    Number(Fraction(1, 2), "½"),
)

whole = st.integers(0, 10**6).map(Number)
letters = st.sampled_from(NAMES).map(Name)
exponents = st.integers(0, 9).map(Number) | st.integers(1, 3).map(lambda value: Neg(Number(value))) | letters
digits_and_signs = st.text("0123456789abcxyzEVarnw_ ^*/+-()[]{}|,.=<>!%@'$\\_^&√∑∫⌊⌋×²½σδ∂\u200f\u2066", max_size=60)
commands = st.sampled_from(
    [
        "\\frac",
        "\\sum_{i=1}^{n}",
        "\\sqrt",
        "\\left(",
        "\\right)",
        "\\mathbb{E}",
        "{",
        "}",
        "x",
        "_",
        "^",
        "12",
        " ",
        "\\text{in}",
    ]
)


def tuples(parts: st.SearchStrategy[Formula], least: int = 2) -> st.SearchStrategy[tuple[Formula, ...]]:
    return st.lists(parts, min_size=least, max_size=4).map(tuple)


def relations(sides: st.SearchStrategy[Formula]) -> st.SearchStrategy[Relation]:
    links = st.lists(st.tuples(st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), sides), min_size=1, max_size=2)
    return st.builds(
        lambda first, rest: Relation((first, *(side for _, side in rest)), tuple(sign for sign, _ in rest)),
        sides,
        links,
    )


def powers(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    """Powers that are within the limits of reading: of anything but numbers, which grow."""
    return st.builds(Pow, parts.filter(lambda part: bool(names(part))), exponents)


def arithmetic(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.one_of(
        parts.map(Neg), tuples(parts).map(Add), tuples(parts).map(Mul), st.builds(Div, parts, parts), powers(parts)
    )


def everything(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.one_of(
        arithmetic(parts),
        st.builds(Call, st.sampled_from(ONE_ARGUMENT), st.tuples(parts)),
        st.builds(Call, st.sampled_from(["mod", "binomial", "Cov", "delta", "max"]), st.tuples(parts, parts)),
        st.builds(Call, st.just("indicator"), st.tuples(relations(parts))),
        st.builds(Fold, st.sampled_from(["sum", "prod", "int"]), parts, st.sampled_from(["i", "t_1"]), parts, parts),
        st.builds(Partial, parts, letters),
    )


expressions = st.recursive(whole | letters | st.sampled_from(TYPED), everything, max_leaves=12)
calculations = st.recursive(
    st.integers(0, 50).map(Number) | st.sampled_from("abc").map(Name), arithmetic, max_leaves=12
)
lists = st.builds(Group, tuples(expressions, 0), st.sampled_from(["(", "[", "{"]))
shapes = st.builds(Group, tuples(whole | letters), st.sampled_from(["x", "@"]))
items = expressions | lists | shapes
formulas: st.SearchStrategy[Formula] = st.one_of(items, relations(items), st.builds(Group, tuples(items), st.just("(")))


@settings(max_examples=200)
@given(formulas)
def test_what_is_printed_is_read_back(said: Formula) -> None:
    assert read(plain(said)) == said, plain(said)


@settings(max_examples=200)
@given(formulas.filter(lambda said: not any(map(is_beyond_code, subformulas(said)))))
def test_what_is_printed_in_code_is_read_back(said: Formula) -> None:
    assert read(ascii_text(said)) == said, ascii_text(said)
    assert ascii_text(said).isascii()


def is_beyond_code(part: Formula) -> bool:
    """½ is (1/2) in code, and 3xH a product unless H is declared."""
    return (isinstance(part, Number) and not part.written.isascii()) or (
        isinstance(part, Group) and part.bracket in ("x", "@") and bool(names(part))
    )


@given(formulas)
def test_what_is_printed_is_read_back_among_declared_names(said: Formula) -> None:
    assert read(plain(said), [*names(said), "loss"]) == said, plain(said)


@given(expressions)
def test_numbers_are_printed_as_they_were_typed(said: Formula) -> None:
    again = read(plain(said))
    assert not isinstance(again, Unreadable)
    assert plain(again) == plain(said)


@given(calculations, st.fixed_dictionaries({name: st.integers(-9, 9) for name in "abc"}))
def test_reading_and_printing_keep_the_value(said: Formula, values: dict[str, int]) -> None:
    again = read(ascii_text(said))
    assert not isinstance(again, Unreadable)
    assert value(again, values) == value(said, values)


@given(calculations, st.fixed_dictionaries({name: st.integers(0, 9) for name in "abc"}))
def test_putting_values_in_and_evaluating_commute(said: Formula, values: dict[str, int]) -> None:
    put_in = substitute(said, {name: Number(number) for name, number in values.items()})
    assert value(put_in, {}) == value(said, values)


def value(said: Formula, values: dict[str, int]) -> object:
    """The value, or the kind of failure."""
    try:
        found = evaluate(said, values)
    except (ZeroDivisionError, NotComputable) as why:
        return type(why)
    assert isinstance(found, int | Fraction)
    return found


@given(st.text())
@example("\ud800x")
@example("1" * 5000)
@example("(" * 10**5)
def test_every_text_is_read_or_unreadable(text: str) -> None:
    is_total(text)


@settings(max_examples=200)
@given(digits_and_signs | st.lists(commands).map("".join))
def test_every_mathematical_text_is_read_or_unreadable(text: str) -> None:
    is_total(text)


def is_total(text: str) -> None:
    for declared in (None, (), ("x", "n", "w_1", "E")):
        said = read(text, declared, functions=("F",))
        if isinstance(said, Unreadable):
            assert said.reason in REASONS
            assert 0 <= said.at <= max(0, len(text))
        else:
            assert read(plain(said), declared, functions=("F",)) == said or any(map(is_odd, subformulas(said)))


def is_odd(said: Formula) -> bool:
    """What can be read but is not printed as it was typed: ½ beside digits, and calls of what is no function."""
    return isinstance(said, Call) and said.function not in ONE_ARGUMENT


@given(formulas)
def test_comparing_never_fails_and_everything_equals_itself(said: Formula) -> None:
    assert compare(said, said).verdict in {"equal", "undecided", "unreadable"}


@settings(max_examples=40)
@given(expressions, expressions)
def test_comparing_any_two_gives_a_verdict(left: Formula, right: Formula) -> None:
    assert compare(left, right).verdict in {"equal", "different", "undecided", "unreadable"}


@given(expressions)
def test_stacking_fractions_never_adds_brackets(said: Formula) -> None:
    for parent in subformulas(said):
        for place, child in enumerate(children(parent)):
            assert not bracketed(child, parent, place, stacked=True) or bracketed(child, parent, place)
