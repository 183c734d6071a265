"""Every kind of layer against torch: refused alike, the same sizes, parameters, buffers and multiply-accumulates."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, value_of
from solver.layers import kinds
from solver.layers.base import Join
from solver.layers.composite import Chain, Graph, Node
from solver.layers.dense import Bilinear, Linear
from solver.layers.joins import Add, Concatenate, Divide, MatMul, Multiply, Stack, Subtract
from solver.questions import analyze
from solver.values import Shape
from tests.calls import FAMILIES, Call, calls

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402  # needs torch

from tests.torch_twin import facts  # noqa: E402  # needs torch


def said(call: Call) -> tuple[Any, ...] | None:
    """Output, parameters, buffers and multiply-accumulates as our layer has them; None where it refuses."""
    try:
        layer = kinds()[call.kind](**call.arguments)
        shapes = tuple(map(Shape, call.shapes))
        if isinstance(layer, Join):
            after = layer.output(shapes)
            return tuple(value_of(after)), layer.parameters(shapes), 0, layer.macs(shapes, after)  # type: ignore[arg-type]
        whole = analyze(layer, shapes[0])
    except DoesNotFit:
        return None
    return tuple(whole.output), whole.parameters, sum(row.buffers for row in whole.rows), whole.macs  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
def test_torch_says_the_same(family: str) -> None:
    @settings(max_examples=60)
    @given(calls(family))
    def agree(call: Call) -> None:
        ours: Any = said(call)
        theirs: Any = facts(call)
        if call.kind == "Bilinear" and ours is not None and theirs is not None:
            ours, theirs = ours[:3], theirs[:3]  # torch's counter passes bilinear layers over
        assert call.kind in FAMILIES[family].kinds
        assert ours == theirs

    agree()


def test_weights_that_are_used_again_are_counted_once() -> None:
    """Also those of a chain, and of a join that learns; what is computed is computed each time."""
    block = Chain((Linear(4), Linear(4)))
    nodes = (
        Node(block, (0,)),
        Node(block, (1,), shared=True),
        Node(Bilinear(2), (1, 2)),
        Node(Bilinear(2), (2, 1), True),
    )
    whole = analyze(Graph(nodes, outputs=(4,)), (4,))
    assert whole.parameters == 2 * 20 + 4 * 4 * 2 + 2
    assert whole.macs == 4 * 16 + 2 * 32


def test_every_kind_is_drawn_or_named() -> None:
    """A kind that no strategy draws is a composite, a join that is tested by itself, or does nothing at inference."""
    joins = {join.kind for join, _ in JOINS}
    composites = {"Chain", "Repeat", "Sum", "Concat", "Graph"}
    drawn = {kind for family in FAMILIES.values() for kind in family.kinds}
    assert drawn | joins | composites | {"Dropout2d", "Dropout3d"} == set(kinds())


JOINS: list[tuple[Join, Any]] = [
    (Add(), lambda x, y: x + y),
    (Subtract(), lambda x, y: x - y),
    (Multiply(), lambda x, y: x * y),
    (Divide(), lambda x, y: x / y),
    (MatMul(), lambda x, y: x @ y),
    (Stack(), lambda x, y: torch.stack([x, y], 1)),
    (Stack(-1), lambda x, y: torch.stack([x, y], -1)),
    (Concatenate(), lambda x, y: torch.cat([x, y], 1)),
    (Concatenate(axis=-1), lambda x, y: torch.cat([x, y], -1)),
]


@pytest.mark.parametrize(("join", "function"), JOINS, ids=lambda value: getattr(value, "kind", ""))
def test_joins_broadcast_and_count_as_torch_does(join: Join, function: Any) -> None:
    @settings(max_examples=40)
    @given(st.lists(st.sampled_from((1, 1, 2, 3)), min_size=2, max_size=3), st.data())
    def agree(sizes: list[int], data: st.DataObject) -> None:
        other = [data.draw(st.sampled_from((size, size, 1, 3))) for size in sizes]
        if isinstance(join, MatMul):
            other[-2] = data.draw(st.sampled_from((sizes[-1], sizes[-1], sizes[-1], 2)))
        shapes = Shape(sizes), Shape(other)
        with FlopCounterMode(display=False) as counter:
            try:
                theirs: Any = tuple(function(*(torch.ones(2, *shape) for shape in shapes)).shape[1:])
            except RuntimeError:
                theirs = None
        try:
            ours: Any = join.output(shapes)
        except DoesNotFit:
            ours = None
        assert ours == theirs
        if theirs is not None:
            assert join.macs(shapes, ours) == counter.get_total_flops() // 4
            counted = join.multiplications(shapes, ours)
            assert counted == (prod(theirs) if isinstance(join, Multiply | Divide) else join.macs(shapes, ours))

    agree()
