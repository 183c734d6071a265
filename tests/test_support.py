"""Exact supports, against torch's gradients and against marking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.layers.activation import ReLU
from solver.layers.composite import Chain, Graph, Node, Sum
from solver.layers.convolution import Conv, Conv2d
from solver.layers.joins import Add
from solver.layers.pooling import AvgPool2d
from solver.questions import analyze, output_size, receptive_field
from solver.support import support

WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


def convolution(window: tuple[int, int, int, int]) -> Conv:
    k, s, p, d = window
    return Conv2d(1, k, stride=s, padding=p, dilation=d, bias=False)


@given(st.lists(WINDOWS, min_size=1, max_size=3), st.integers(9, 17), st.data())
def test_uses_are_the_gradients_of_layers_of_ones(windows: list[tuple[int, int, int, int]], side: int, data) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    layers = [convolution(window) for window in windows]
    network = Chain(tuple(layers))
    try:
        after: Any = output_size(network, (1, side, side))
    except DoesNotFit:
        assume(False)
    unit = (data.draw(st.integers(0, after[1] - 1)), data.draw(st.integers(0, after[2] - 1)))
    x = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        ones = torch.ones(1, 1, *layer.kernel_size, dtype=torch.float64)  # type: ignore[misc]  # a tuple
        y = torch.nn.functional.conv2d(y, ones, None, layer.stride, layer.padding, layer.dilation)
    y[0, 0][unit].backward()
    assert support(network, (1, side, side), unit).uses.tolist() == x.grad[0, 0].long().tolist()


@given(st.lists(WINDOWS, min_size=1, max_size=3))
def test_in_the_middle_of_a_large_input_the_box_is_the_receptive_field(
    windows: list[tuple[int, int, int, int]],
) -> None:
    network = Chain(tuple(convolution(window) for window in windows))
    side = 120
    said: Any = analyze(network, (1, side, side))
    unit, field = said.output[1] // 2, said.field[0]
    (rows, columns) = support(network, (1, side, side), (unit, unit)).box
    assert rows == columns
    assert (rows.start, len(rows)) == (field.start + unit * field.jump, field.size)


def test_a_residual_block_uses_its_input_along_both_paths() -> None:
    inner = Chain((Conv2d(1, 3, padding=1), ReLU(), Conv2d(1, 3, padding=1)))
    block = Sum((inner, Chain()))
    said = support(block, (1, 9, 9))
    assert said.uses[4, 4] == 9 + 1
    assert (said.pixels, said.full) == (25, True)
    assert receptive_field(block) == (5, 5)
    graph = Graph(
        (
            Node(Conv2d(1, 3, padding=1), (0,)),
            Node(ReLU(), (1,)),
            Node(Conv2d(1, 3, padding=1), (2,)),
            Node(Add(), (3, 0)),
        ),
        outputs=(4,),
    )
    assert support(graph, (1, 9, 9)).uses.tolist() == said.uses.tolist()


def test_strides_larger_than_kernels_leave_holes() -> None:
    said = support(Chain((AvgPool2d(1, 3), Conv2d(1, 3))), (1, 9, 9))
    assert (said.pixels, said.full) == (9, False)


def test_a_unit_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DoesNotFit):
        support(Conv2d(1, 3), (1, 5, 5), (3, 0))
