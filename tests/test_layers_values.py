"""What layers compute, cell by cell: as torch, in every padding mode and with every option of pooling."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, Given, value_of, walk
from solver.layers import kinds
from solver.layers.convolution import MOST_CELLS, Conv1d, Conv2d
from solver.layers.grid import Grid
from solver.layers.pooling import AvgPool1d, LPPool1d, MaxPool1d
from tests.calls import Call, calls

torch = pytest.importorskip("torch", reason="torch is not installed")

from tests.torch_twin import built  # noqa: E402  # needs torch


def ints(sizes: tuple[int, ...], seed: int) -> Any:
    return torch.randint(-6, 7, sizes, generator=torch.Generator().manual_seed(seed)).double()


def grid(tensor: Any) -> Grid:
    return Grid(tuple(tensor.shape), tuple(int(value) for value in tensor.flatten()))


@settings(max_examples=60)
@given(calls("convolution"), st.integers(0, 9))
def test_convolutions_compute_what_torch_computes(call: Call, seed: int) -> None:
    (shape,) = call.shapes
    try:
        layer = kinds()[call.kind](**call.arguments)
        layer.output(Given("x", _shape(shape)))
    except DoesNotFit:
        assume(False)
    assume(prod(layer.window.kernel) * shape[0] // layer.groups <= MOST_CELLS)
    module = built(call.kind, call.arguments, call.shapes).double()
    x, weight = ints(shape, seed), ints(tuple(module.weight.shape), seed + 1)
    bias = ints((layer.out_channels,), seed + 2) if layer.bias else None
    module.weight = torch.nn.Parameter(weight)
    module.bias = None if bias is None else torch.nn.Parameter(bias)
    said = layer.compute(grid(x), grid(weight), () if bias is None else grid(bias).cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of copies that torch makes
        theirs = module(x[None])[0]
    assert list(said.cells) == theirs.flatten().tolist()


@settings(max_examples=80)
@given(calls("pooling"), st.integers(0, 9))
def test_pools_compute_what_torch_computes(call: Call, seed: int) -> None:
    (shape,) = call.shapes
    try:
        layer = kinds()[call.kind](**call.arguments)
        layer.output(Given("x", _shape(shape)))
    except DoesNotFit:
        assume(False)
    x = ints(shape, seed)
    with torch.no_grad():
        theirs = built(call.kind, call.arguments, call.shapes)(x[None])[0]
    try:
        said = layer.compute(grid(x))
    except DoesNotFit:
        assert "LPPool" in call.kind or theirs.isinf().any(), "a window that sees padding alone has no largest value"
        return
    assert [float(cell) for cell in said.cells] == pytest.approx(theirs.flatten().tolist())


def test_a_derivation_of_a_pooled_value_says_what_was_averaged() -> None:
    row = Grid((1, 4), (Given("a", 4), 2, 6, 9))
    first, last = AvgPool1d(3, 2, 1, count_include_pad=False).compute(row).cells
    assert (value_of(first), value_of(last)) == (3, value_of(last))
    assert [step.rule.name for step in walk(first)] == ["average_pooling.value"]  # type: ignore[arg-type]  # derived
    assert MaxPool1d(3, 3, ceil_mode=True).compute(Grid((1, 4), (-4, -2, -6, -9))).cells == (-2, -9)


def test_powers_are_not_computed_by_cells() -> None:
    with pytest.raises(DoesNotFit) as misfit:
        LPPool1d(2, 2, name="p").compute(Grid((1, 4), (1, 2, 3, 4)))
    assert misfit.value.about == "p"


def test_a_value_of_too_many_cells_is_not_written_out() -> None:
    x, weight = Grid((9, 3, 3), (1,) * 81), Grid((1, 9, 3, 3), (1,) * 81)
    with pytest.raises(DoesNotFit) as misfit:
        Conv2d(1, 3, bias=False, name="big").compute(x, weight)
    assert (misfit.value.about, misfit.value.premises) == ("big", {"cells": 81})


def test_even_kernels_are_padded_more_behind() -> None:
    made = Conv1d(1, 2, padding="same", bias=False).compute(Grid((1, 3), (1, 2, 3)), Grid((1, 1, 2), (10, 1)))
    assert made.cells == (12, 23, 30)


def _shape(sizes: tuple[int, ...]) -> Any:
    from solver.values import Shape

    return Shape(sizes)
