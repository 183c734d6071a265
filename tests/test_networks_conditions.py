"""Laws of sizes in symbols: what was taken for granted holds for the inputs that fit, and for no others."""

from __future__ import annotations

import math
import operator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.networks.conditions import Conditions, Domain, Undecided, at, quotient, size_from, times
from solver.networks.guarded import Guarded, bare
from solver.networks.moves import RESHAPED
from solver.networks.reshaping import grouped
from solver.values import Shape, Size

H, W = Size.symbol("H"), Size.symbol("W")
MANY = 400


@st.composite
def sizes(draw: st.DrawFn, name: str = "H") -> Any:
    """A size along a network: windows and scalings, one after the other."""
    size: Any = Size.symbol(name)
    for _ in range(draw(st.integers(0, 3))):
        windows = [size // 2, (size + 1) // 2, size - 2, (size - 1) // 3 + 1]
        size = draw(st.sampled_from([*windows, 2 * size, size + 4, 3 * size + 1]))
    assume(isinstance(size, Size))
    return size


@given(sizes(), sizes())
def test_sizes_are_made_equal_exactly_where_they_are(left: Any, right: Any) -> None:
    conditions = Conditions()
    fits = conditions.fit(left, right)
    same = {n for n in range(1, MANY) if left.at(n) == right.at(n)}
    domain = conditions.domains.get("H", Domain())
    assert not conditions.left
    assert same == ({n for n in range(1, MANY) if n in domain} if fits else set())


@given(sizes(), sizes(), sizes("W"), sizes("W"), st.integers(1, 4))
def test_products_are_made_equal_symbol_by_symbol(a: Any, b: Any, c: Any, d: Any, scale: int) -> None:
    conditions = Conditions()
    left, right = times((scale, a, c)), times((b, d, scale))
    if conditions.fit(left, right) and not conditions.left:
        domains = [conditions.domains.get(name, Domain()) for name in "HW"]
        points = ((h, w) for h in range(1, 60) if h in domains[0] for w in range(1, 60) if w in domains[1])
        assert all(at(left, {"H": h, "W": w}) == at(right, {"H": h, "W": w}) for h, w in points)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 5)), min_size=1, max_size=4))
def test_conditions_add_up(divisors: list[tuple[int, int]]) -> None:
    conditions = Conditions()
    pairs = [(k * ((H + rest) // k), H + rest) for k, rest in divisors]
    assume(all(conditions.fit(left, right) for left, right in pairs))
    domain = conditions.domains.get("H", Domain())
    assert {n for n in range(1, MANY) if n in domain} == {
        n for n in range(1, MANY) if all(left.at(n) == right.at(n) for left, right in pairs)
    }


@given(sizes(), st.integers(-20, 60))
def test_large_sizes_decide_and_the_smaller_ones_do_not_fit(size: Any, bound: int) -> None:
    conditions = Conditions()
    holds = conditions.at_least(size, bound)
    domain = conditions.domains.get("H", Domain())
    answers = {n: (size.at(n) >= bound) == holds for n in range(1, MANY)}
    assert all(answer for n, answer in answers.items() if n in domain)
    assert domain.least == 1 or (size.at(domain.least - 1) >= bound) != holds


@given(sizes())
def test_every_size_is_positive_from_the_least_input_on(size: Any) -> None:
    conditions = Conditions()
    conditions.positive(size)
    domain = conditions.domains.get("H", Domain())
    assert {n for n in range(1, MANY) if n in domain} == {n for n in range(1, MANY) if size.at(n) >= 1}


@given(sizes(), st.integers(1, 7))
def test_a_remainder_is_the_same_for_all_inputs_that_fit(size: Any, by: int) -> None:
    conditions = Conditions()
    try:
        rest = conditions.remainder(size, by)
    except Undecided:
        assume(False)
    domain = conditions.domains.get("H", Domain())
    inside = [n for n in range(1, MANY) if n in domain]
    assert inside and all(size.at(n) % by == rest for n in inside)
    assert rest == min(size.at(n) % by for n in range(1, MANY))


def test_which_of_two_symbols_is_larger_is_not_decided() -> None:
    with pytest.raises(Undecided):
        Conditions().at_least(H, W)
    assert Conditions().at_least(H * W, 100)


@given(st.integers(1, 12), st.sets(st.integers(0, 11)), st.integers(1, 12), st.sets(st.integers(0, 11)))
def test_domains_meet_as_sets_do(period: int, residues: set[int], other: int, more: set[int]) -> None:
    first = Domain().restricted(period, {r % period for r in residues})
    both = first.restricted(other, {r % other for r in more})
    for n in range(1, 200):
        assert (n in both) == (n % period in {r % period for r in residues} and n % other in {r % other for r in more})
    assert not any(
        all((n in both) == (n + short in both) for n in range(1, 200)) for short in range(1, both.period)
    ), "written with the least period"


@given(sizes(), sizes("W"), st.integers(1, 6), st.integers(1, 6))
def test_a_quotient_times_its_divisor_is_the_whole(a: Any, b: Any, k: int, m: int) -> None:
    whole, part = times((a, b, k, m)), times((b, m))
    found = quotient(whole, part)
    assume(found is not None)
    point = {"H": 37, "W": 53}
    assert at(found, point) * at(part, point) == at(whole, point)


@given(sizes())
def test_a_size_is_found_from_its_values(size: Any) -> None:
    points = [{"H": n} for n in (30, 42, 61, 77, 96)]
    values = [size.at(point["H"]) for point in points]
    found = size_from(points, values, [H, size])
    assert [at(found, point) for point in points] == values


# --- reshaping

SHAPES = st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4)


@given(SHAPES, st.randoms(use_true_random=False), st.booleans())
def test_runs_of_axes_hold_the_same_numbers(before: list[int], random: Any, infer: bool) -> None:
    factors = [prime for size in before for prime in ([2, 2] if size == 4 else [2, 3] if size == 6 else [size])]
    random.shuffle(factors)
    target = [math.prod(factors[index::3]) for index in range(3)]
    wanted = [-1, *target[1:]] if infer else target
    grouping, roles = grouped(before, wanted, (None,) * len(before), Conditions())
    assert [axis for axes, _ in grouping for axis in axes] == list(range(len(before)))
    assert RESHAPED(shape=Shape(before), grouping=grouping) == Shape(target)
    assert len(roles) == 3


def test_windows_fit_where_they_divide() -> None:
    conditions = Conditions()
    grouping, roles = grouped((H, W, 8), (H // 4, 4, W // 4, 4, 8), (0, 1, None), conditions)
    assert conditions.domains == {"H": Domain(period=4), "W": Domain(period=4)}
    assert [axes for axes, _ in grouping] == [(0,), (1,), (2,)]
    assert roles == (-1, -1, -1, -1, None)
    with pytest.raises(DoesNotFit):
        grouped((6, 5), (4, 8), (None, None), Conditions())


# --- as code sees them


STEPS = st.tuples(st.sampled_from([operator.add, operator.sub, operator.mul, operator.floordiv]), st.integers(1, 4))


@given(st.lists(STEPS, max_size=5), st.booleans(), st.integers(1, 90))
def test_code_computes_with_symbols_as_with_numbers(steps: list[tuple[Any, int]], doubled: bool, n: int) -> None:
    side = Guarded(H, Conditions())
    symbolic, numeric = (side + side, n + n) if doubled else (side, n)
    for step, operand in steps:
        try:
            symbolic = step(symbolic, operand)
        except Undecided:
            assume(False)
        numeric = step(numeric, operand)
    assert at(bare(symbolic), {"H": n}) == numeric


def test_code_may_round_what_it_divides() -> None:
    side = Guarded(H, Conditions())
    assert [bare(math.ceil(side / 2)), bare(math.floor(side * 0.5)), bare(math.ceil(side / 3))] == [
        -(-H // 2), H // 2, -(-H // 3),
    ]  # fmt: skip
    assert bare(divmod(side, 4)[0]) == H // 4
    assert side.conditions.domains == {"H": Domain(period=4)}


@pytest.mark.parametrize("ask", [range, int, float, lambda n: [0] * n, lambda n: f"{n:d}"])
def test_python_gets_no_number_of_its_own(ask: Any) -> None:
    with pytest.raises((Undecided, TypeError)):
        ask(Guarded(H, Conditions()))


def test_comparisons_are_noted() -> None:
    conditions = Conditions()
    height, width = Guarded(H, conditions), Guarded(W, conditions)
    assert height >= 32 and not height < 32 and height != 0 and bool(width)
    assert height == Guarded(H, conditions) and height != width and height != 224
    assert conditions.domains == {"H": Domain(32)}
    assert [str(condition) for condition in conditions.left] == ["H != W", "H != 224"]
