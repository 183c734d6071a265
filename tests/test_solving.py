"""Solving backwards, against trying every number."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.pooling import MaxPool2d
from solver.layers.window import OUTPUT_SIZE
from solver.questions import analyze
from solver.solving import choices, first_at_least, inputs_with, where_equal
from solver.values import Shape, Size

SIZES = st.builds(
    Size.normal,
    st.just("H"),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(-20, 20),
    st.integers(1, 8),
    st.integers(-5, 5),
)


@given(SIZES, st.integers(-3, 20))
def test_inputs_with_one_output_are_those_that_have_it(size: Size, value: int) -> None:
    assert list(inputs_with(size, value)) == [n for n in range(1, 400) if size.at(n) == value]


@given(SIZES, st.integers(-3, 20))
def test_the_first_input_that_gives_enough(size: Size, value: int) -> None:
    assert first_at_least(size, value) == next(n for n in range(1, 400) if size.at(n) >= value)


@given(SIZES, SIZES)
def test_two_sizes_are_equal_where_it_is_said(left: Size, right: Size) -> None:
    same = where_equal(left, right)
    alike = left.outer * left.inner * right.divisor == right.outer * right.inner * left.divisor
    for n in range(1, 100):
        assert (n in same) == (alike and left.at(n) == right.at(n))


def test_which_windows_halve_an_image() -> None:
    found = list(choices(OUTPUT_SIZE, 112, n=224, k=range(1, 8), s=range(1, 4), p=range(4), d=1))
    for chosen in found:
        assert OUTPUT_SIZE(**chosen) == 112
    assert {(each["k"], each["s"], each["p"]) for each in found} >= {(1, 2, 0), (2, 2, 0), (3, 2, 1), (7, 2, 3)}


def test_all_images_with_which_a_network_gives_one_size() -> None:
    network = Chain((Conv2d(1, 7, stride=2, padding=3), MaxPool2d(3, 2, 1)))
    shape: Any = analyze(network, Shape((1, Size.symbol("H"), Size.symbol("W")))).output
    height = shape[1]
    assert list(inputs_with(height, 56)) == list(range(221, 225))


def _fits(network: Chain, side: int) -> bool:
    from solver.derivation import DoesNotFit

    try:
        analyze(network, (1, side, side))
    except DoesNotFit:
        return False
    return True
