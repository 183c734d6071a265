"""Laws of layers: sizes, counts, fields and values against counting, marking and torch."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, Given, value_of
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.dense import Linear
from solver.layers.grid import Grid
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from solver.layers.repeated import Repeat
from solver.layers.window import OUTPUT_SIZE
from solver.questions import activations, analyze, macs, multiplications, output_size, parameters, receptive_field
from solver.values import Shape, Size
from tests.strategies import convolutions, networks

SIDE = 14


@pytest.mark.parametrize(("k", "s", "p", "d"), list(product(range(1, 6), range(1, 5), range(4), range(1, 4))))
def test_output_size_counts_where_windows_fit(k: int, s: int, p: int, d: int) -> None:
    for n in range(1, 24):
        starts = range(-p, n + p - d * (k - 1), s)
        if starts:
            assert OUTPUT_SIZE(n=n, k=k, s=s, p=p, d=d) == len(starts)
        else:
            with pytest.raises(DoesNotFit):
                OUTPUT_SIZE(n=n, k=k, s=s, p=p, d=d)


@pytest.mark.parametrize(("k", "s", "p", "d"), list(product(range(1, 6), range(1, 5), range(3), range(1, 3))))
def test_a_size_in_a_symbol_is_the_size_at_every_number(k: int, s: int, p: int, d: int) -> None:
    symbolic = OUTPUT_SIZE(n=OUTPUT_SIZE(n=Size.symbol("H"), k=k, s=s, p=p, d=d), k=3, s=2, p=1, d=1)
    assert isinstance(symbolic, Size)
    for n in range(d * (k - 1) + 1, 40):
        assert symbolic.at(n) == OUTPUT_SIZE(n=OUTPUT_SIZE(n=n, k=k, s=s, p=p, d=d), k=3, s=2, p=1, d=1)


@given(
    st.integers(-3, 3).filter(bool),
    st.integers(1, 6),
    st.integers(-20, 20),
    st.integers(1, 6),
    st.integers(-9, 9),
    st.integers(-9, 9),
    st.integers(1, 7),
    st.integers(0, 99),
)
def test_sizes_compute_like_their_floors(
    outer: int, inner: int, shift: int, divisor: int, offset: int, more: int, by: int, n: int
) -> None:
    size = Size.normal("H", outer, inner, shift, divisor, offset)
    here = outer * ((inner * n + shift) // divisor) + offset

    def at(value: Any) -> Any:
        return value.at(n) if isinstance(value, Size) else int(value.subs("H", n)) if hasattr(value, "subs") else value

    assert size.at(n) == here
    assert at(size + more) == here + more
    assert at(more - size) == more - here
    assert at(size * more) == here * more
    assert at(size + size) == 2 * here
    quotient = size // by
    if isinstance(quotient, Size):
        assert quotient.at(n) == here // by


def test_a_resnet_shrinks_to_the_ceiling_of_a_32nd() -> None:
    from exercises.bank.resnet import resnet18_main_path

    height = output_size(resnet18_main_path(), Shape((3, Size.symbol("H"), 224)))[1]  # type: ignore[index]  # a shape
    assert isinstance(height, Size)
    assert repr(height) == "ceil(H/32)"

    def halved(n: int, k: int, p: int) -> int:
        return (n + 2 * p - k) // 2 + 1

    for n in range(1, 2049):
        nested = halved(halved(n, 7, 3), 3, 1)
        for _ in range(3):
            nested = halved(nested, 3, 1)
        assert height.at(n) == nested == -(-n // 32)


def test_a_window_larger_than_its_input_is_refused_with_its_layer() -> None:
    with pytest.raises(DoesNotFit) as misfit:
        output_size(Chain((Conv2d(1, 3), Conv2d(1, 9, name="big"))), (1, 8, 8))
    assert misfit.value.about == "big"
    assert misfit.value.premises["n"] == 6


@pytest.mark.parametrize("arguments", [{"kernel_size": 0}, {"kernel_size": 3, "stride": 0}, {"kernel_size": (3, 3, 3)}])
def test_arguments_that_torch_refuses_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(DoesNotFit):
        Conv2d(1, **arguments)


@pytest.mark.parametrize("groups", [3])
def test_groups_have_to_divide_the_channels(groups: int) -> None:
    with pytest.raises(DoesNotFit):
        output_size(Conv2d(6, 1, groups=groups), (4, 5, 5))


@given(networks(), networks(), st.integers(8, 30))
def test_chains_associate(first: Chain, second: Chain, side: int) -> None:
    flat, nested = Chain(first.layers + second.layers), Chain((first, second))
    try:
        expected = _facts(flat, (4, side, side))
    except DoesNotFit:
        with pytest.raises(DoesNotFit):
            _facts(nested, (4, side, side))
    else:
        assert _facts(nested, (4, side, side)) == expected


def test_a_chain_of_nothing_changes_nothing() -> None:
    assert _facts(Chain(), (3, 5, 5)) == (Shape((3, 5, 5)), 0, 0, 0)


@given(networks(), st.integers(8, 40))
def test_explaining_and_computing_agree(network: Chain, side: int) -> None:
    given_shape = Given("x", Shape((4, side, side)))
    try:
        computed = _facts(network, (4, side, side))
    except DoesNotFit:
        assume(False)
    explained = analyze(network, given_shape)
    assert (
        value_of(explained.output),
        value_of(explained.parameters),
        value_of(explained.multiplications),
        value_of(explained.macs),
    ) == computed


@given(convolutions(), st.integers(2, 6))
def test_a_field_is_what_can_be_marked(layer: Layer, layers: int) -> None:
    """Walks back from one output unit, marking every input position that some tap of some layer reads."""
    stack = Chain((layer,) * layers)
    for axis, said in enumerate(receptive_field(stack)):
        marked = {0}
        for _ in range(layers):
            k, s, d = (getattr(layer, what)[axis] for what in ("kernel_size", "stride", "dilation"))
            marked = {unit * s + tap * d for unit in marked for tap in range(k)}
        assert said == max(marked) - min(marked) + 1


@given(st.integers(1, 6), st.integers(1, 7), st.integers(1, 3))
def test_repeating_is_chaining(times: int, kernel: int, dilation: int) -> None:
    from solver.values import symbol

    layer = Conv2d(1, kernel, dilation=dilation)
    (closed, _) = receptive_field(Repeat(layer, symbol("L")))
    assert int(closed.subs(symbol("L"), times)) == receptive_field(Chain((layer,) * times))[0]  # type: ignore[union-attr]  # an expression
    assert receptive_field(Repeat(layer, times)) == receptive_field(Chain((layer,) * times))


@given(st.lists(st.integers(-9, 9), min_size=5, max_size=9), st.lists(st.integers(-5, 5), min_size=1, max_size=3))
def test_a_layer_correlates_and_does_not_convolve(x: list[int], w: list[int]) -> None:
    made = Conv1d(1, len(w), bias=False).compute(Grid((1, len(x)), tuple(x)), Grid((1, 1, len(w)), tuple(w)))
    assert list(made.cells) == [sum(w[m] * x[j + m] for m in range(len(w))) for j in range(len(x) - len(w) + 1)]


@settings(max_examples=60)
@given(networks(), st.integers(10, 32))
def test_torch_agrees_on_sizes_parameters_and_multiply_accumulates(network: Chain, side: int) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from torch.utils.flop_counter import FlopCounterMode

    from tests.torch_twin import twin

    try:
        facts = _facts(network, (4, side, side))
    except DoesNotFit:
        with pytest.raises((RuntimeError, ValueError)):
            twin(network, (4, side, side))(torch.zeros(1, 4, side, side))
        return
    module = twin(network, (4, side, side))
    with FlopCounterMode(display=False) as counter:
        made = module(torch.zeros(1, 4, side, side))
    assert tuple(made.shape[1:]) == facts[0]
    assert sum(parameter.numel() for parameter in module.parameters()) == facts[1]
    assert counter.get_total_flops() == 2 * facts[3]


def test_average_and_max_of_a_row() -> None:
    row = Grid((1, 4), (1, 3, -2, 0))
    assert MaxPool1d(2).compute(row).cells == (3, 0)
    assert AvgPool1d(2).compute(row).cells == (2, -1)


@given(networks(), st.integers(8, 30))
def test_activations_are_what_every_layer_puts_out_views_aside(network: Chain, side: int) -> None:
    shape: Any = (4, side, side)
    put_out = 0
    try:
        for layer in network.layers:
            shape = output_size(layer, shape)
            put_out += 0 if layer.kind in ("Flatten", "Identity", "Dropout", "Dropout2d") else prod(shape)
    except DoesNotFit:
        assume(False)
    assert activations(network, (4, side, side)) == put_out


def test_dense_layers_act_on_the_last_axis() -> None:
    assert output_size(Linear(7), (2, 5, 3)) == Shape((2, 5, 7))
    assert multiplications(Linear(7), (2, 5, 3)) == 2 * 5 * 3 * 7
    assert parameters(Linear(7), (2, 5, 3)) == 3 * 7 + 7


def test_average_pooling_counts_its_divisions_and_max_pooling_nothing() -> None:
    assert multiplications(AvgPool2d(2), (3, 10, 10)) == 75
    assert macs(AvgPool2d(2), (3, 10, 10)) == multiplications(MaxPool2d(2), (3, 10, 10)) == 0


def _facts(network: Layer, shape: tuple[int, ...]) -> tuple[Any, ...]:
    said = analyze(network, shape)
    return said.output, said.parameters, said.multiplications, said.macs
