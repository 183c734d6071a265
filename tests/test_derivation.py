"""Laws of derivations: results, steps, replays, slips, fingerprints."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.derivation import (
    SHAPE,
    Derived,
    DoesNotFit,
    Given,
    Mistake,
    component,
    everything,
    fingerprint,
    formula,
    mistakes,
    nodes,
    replay,
    rests_on,
    shape,
    total,
    walk,
)
from solver.values import Shape

AREA = formula("area", "h*w", symbol="A", squared="h**2", forgot_width="h")
HALF = formula("half", "n/2", needs="n >= 2")


def test_a_rule_on_values_is_a_value_and_on_derivations_a_derivation() -> None:
    assert AREA(h=3, w=5) == 15
    derived = AREA("field", h=Given("h", 3), w=5)
    assert isinstance(derived, Derived)
    assert (derived.result, derived.about) == (15, "field")
    assert [premise.result for premise in derived.premises.values()] == [3, 5]


def test_a_rule_refuses_what_it_does_not_apply_to() -> None:
    with pytest.raises(DoesNotFit) as misfit:
        HALF(n=1)
    assert (misfit.value.rule, misfit.value.premises) == ("half", {"n": 1})
    with pytest.raises(DoesNotFit):
        formula("ratio", "a/b")(a=1, b=0)


def test_shared_nodes_are_visited_once_and_deep_ones_without_recursion() -> None:
    node: object = Given("n", 1)
    double = formula("double", "a + b")
    for _ in range(20_000):
        node = double(a=node, b=node) if isinstance(node, Derived) else double(a=node, b=0)
        node = formula_floor(node)
    assert isinstance(node, Derived)
    assert node.result == 1
    assert sum(1 for _ in walk(node)) == 40_000
    assert replay(node, lambda inner: 0 if isinstance(inner, Given) and inner.name == "n" else None) == 0


KEEP = formula("keep", "min(a, 1)")


def formula_floor(node: object) -> object:
    """Keeps the doubled number small."""
    return KEEP(a=node)


def test_walking_puts_premises_before_what_rests_on_them() -> None:
    first = AREA(h=Given("h", 2), w=3)
    second = AREA(h=first, w=first)
    seen = list(walk(second))  # type: ignore[arg-type]  # derived
    assert seen == [first, second]


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_replaying_with_another_premise_is_deriving_again(h: int, w: int, other: int) -> None:
    height = Given("h", h)
    twice = AREA(h=AREA(h=height, w=w), w=height)
    assert replay(twice, lambda node: None) == h * w * h  # type: ignore[arg-type]  # derived
    assert replay(twice, lambda node: other if node is height else None) == other * w * other  # type: ignore[arg-type]


def test_a_replay_in_which_a_rule_does_not_apply_has_no_answer() -> None:
    n = Given("n", 4)
    assert replay(HALF(n=n), lambda node: 1 if node is n else None) is None  # type: ignore[arg-type]  # derived


def test_mistakes_are_made_everywhere_then_in_one_place_then_in_pairs() -> None:
    both = total({"a": AREA("a", h=Given("h", 3), w=5), "b": AREA("b", h=2, w=Given("w", 7))})
    made = list(mistakes(both))  # type: ignore[arg-type]  # derived
    said = {mistake.slips: mistake.value for mistake in made}
    assert said[(("squared", ""),)] == 9 + 4
    assert said[(("squared", "a"),)] == 9 + 14
    assert said[(("forgot_width", ""),)] == 3 + 2
    assert [len(mistake.slips) for mistake in made] == sorted(len(mistake.slips) for mistake in made)
    assert all(isinstance(mistake, Mistake) and mistake.value != 29 for mistake in made)


def test_a_slip_that_changes_nothing_is_no_mistake() -> None:
    square = AREA(h=Given("h", 3), w=3)
    assert {slip for mistake in mistakes(square) for slip, _ in mistake.slips} == {"forgot_width"}  # type: ignore[arg-type]


def test_there_are_never_more_than_200_replays() -> None:
    node = Given("n", 3)
    big = total({f"t{i}": AREA(f"t{i}", h=node, w=i + 4) for i in range(300)})
    assert len(list(mistakes(big))) <= 200  # type: ignore[arg-type]  # derived


def test_a_size_of_a_shape_rests_on_that_size_alone_until_the_shape_is_exchanged() -> None:
    height, width = AREA(h=Given("h", 2), w=3), AREA(h=Given("h", 4), w=5)
    whole = shape({"H": height, "W": width})
    one = component(whole, 0)
    assert isinstance(one, Derived) and isinstance(whole, Derived)
    assert one.result == 6
    assert width not in nodes(one)
    assert whole in everything(one)
    assert rests_on(one) == (height,)
    assert replay(one, lambda node: Shape((9, 9)) if node is whole else None) == 9
    assert replay(one, lambda node: (9,) if node is whole else None) == 9
    assert replay(one, lambda node: () if node is whole else None) is None


def test_a_shape_has_positive_sizes() -> None:
    with pytest.raises(DoesNotFit):
        SHAPE(H=0, W=3)


def test_a_total_of_one_term_is_that_term_and_of_none_is_nothing() -> None:
    area = AREA(h=Given("h", 2), w=3)
    assert total({"a": area}) is area
    assert total({}) == 0


def test_fingerprints_are_equal_for_equal_derivations_in_any_process_and_differ_otherwise() -> None:
    def made(width: int, text: str = "h*w") -> str:
        return fingerprint(formula("area", text)(h=Given("h", 2), w=width))  # type: ignore[arg-type]  # derived

    code = "from solver.derivation import *;print(fingerprint(formula('area', 'h*w')(h=Given('h', 2), w=3)))"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert made(3) == elsewhere.strip()
    assert len({made(3), made(4), made(3, "w*h")}) == 3
