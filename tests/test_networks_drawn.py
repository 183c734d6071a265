"""Laws of whole networks that hypothesis draws: branches, joins, shared layers, odd arguments and misfits."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, Given, value_of
from solver.layers.composite import Chain, Graph, flattened
from solver.layers.resampling import Resampled
from solver.questions import analyze
from solver.support import support
from solver.values import Polynomial, Shape, Size
from tests.strategies import LINEAR_IN_POSITIONS, whole_networks

FACTS = ("output", "parameters", "multiplications", "macs", "activations")


def facts(network: Any, shape: Any) -> tuple[Any, ...]:
    said = analyze(network, shape)
    return tuple(value_of(getattr(said, fact)) for fact in FACTS)


def fitting(network: Graph, shape: Shape) -> tuple[Any, ...]:
    try:
        return facts(network, shape)
    except DoesNotFit:
        assume(False)
        raise


@settings(max_examples=50)
@given(whole_networks())
def test_torch_says_the_same_or_refuses_as_well(drawn: tuple[Graph, Shape]) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from torch.utils.flop_counter import FlopCounterMode

    from tests.torch_twin import REFUSALS, GraphTwin

    network, shape = drawn
    twin = GraphTwin(network).eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            theirs = twin(torch.zeros(2, *shape))
        except REFUSALS:
            with pytest.raises(DoesNotFit) as misfit:
                analyze(network, shape)
            assert misfit.value.premises
            return
        with FlopCounterMode(display=False) as counter:
            twin(torch.zeros(2, *shape))
    said = analyze(network, shape)
    assert said.output == tuple(theirs.shape[1:])
    assert said.parameters == sum(parameter.numel() for parameter in twin.parameters())
    assert said.macs == counter.get_total_flops() // 4
    kept: Any = [row.buffers for row in said.rows]
    assert sum(kept) == sum(buffer.numel() for buffer in twin.buffers())


@settings(max_examples=50)
@given(whole_networks())
def test_one_graph_says_what_its_parts_say(drawn: tuple[Graph, Shape]) -> None:
    network, shape = drawn
    said = fitting(network, shape)
    assert facts(flattened(network), shape) == said
    assert facts(Chain((network, Chain())), shape) == said
    assert [row.output for row in analyze(flattened(network), shape).rows] == [
        row.output for row in analyze(network, shape).rows
    ]


@settings(max_examples=50)
@given(whole_networks())
def test_explaining_a_network_computes_it(drawn: tuple[Graph, Shape]) -> None:
    network, shape = drawn
    said = fitting(network, shape)
    assert facts(network, Given("x", shape)) == said
    explained, computed = analyze(network, Given("x", shape)).field, analyze(network, shape).field
    assert [value_of(axis.size) for axis in explained] == [value_of(axis.size) for axis in computed]


@settings(max_examples=40)
@given(whole_networks(), st.lists(st.tuples(st.integers(4, 40), st.integers(4, 40)), min_size=6, max_size=6))
def test_substitution_commutes_with_derivation(drawn: tuple[Graph, Shape], sizes: list[tuple[int, int]]) -> None:
    """A network on symbols, and then numbers put in, is the network on these numbers: at any residue."""
    network, (channels, *_) = drawn
    assume(not any(_rounded_by_torch(node.operation) for node in flattened(network).nodes))
    try:
        symbolic = facts(network, Shape((channels, Size.symbol("H"), Size.symbol("W"))))
    except DoesNotFit:
        assume(False)
    for high, wide in sizes:
        try:
            said = facts(network, (channels, high, wide))
        except DoesNotFit:
            continue
        assert [_at(value, high, wide) for value in symbolic] == list(said)


def _rounded_by_torch(operation: Any) -> bool:
    """A factor as 1.3 is not stored exactly, and at some sizes torch's product is one less."""
    factor = operation.wanted[1] if isinstance(operation, Resampled) else None
    return isinstance(factor, float) and factor not in (0.5, 1.5, 2.5)


def _at(value: Any, high: int, wide: int) -> Any:
    point = {"H": high, "W": wide}
    if isinstance(value, tuple):
        return tuple(_at(each, high, wide) for each in value)
    if isinstance(value, Size):
        return value.at(point[value.name])
    if isinstance(value, Polynomial):
        return value.at(point)
    return value.subs({name: point[name.name] for name in value.free_symbols}) if hasattr(value, "subs") else value


@settings(max_examples=40)
@given(whole_networks(LINEAR_IN_POSITIONS, steps=4), st.data())
def test_a_unit_depends_on_the_pixels_that_have_a_gradient(drawn: tuple[Graph, Shape], data: st.DataObject) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tests.torch_twin import GraphTwin

    network, shape = drawn
    after = fitting(network, shape)[0]
    assume(len(after) == 3)
    assume(not any(node.operation.kind.startswith(("Max", "LP", "AdaptiveMax")) for node in flattened(network).nodes))
    unit = tuple(data.draw(st.integers(0, size - 1)) for size in after[1:])
    torch.manual_seed(0)
    x = torch.rand(1, *shape, requires_grad=True)
    twin = GraphTwin(network).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin(x)
        for parameter in twin.parameters():
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
        made = twin(x)
    (made[(0, slice(None), *unit)] * (torch.rand(made.shape[1]) + 0.5)).sum().backward()
    seen = torch.zeros(shape[1:]) if x.grad is None else x.grad[0].abs().sum(0)
    assert (support(network, shape, unit).uses > 0).tolist() == (seen > 0).tolist()
