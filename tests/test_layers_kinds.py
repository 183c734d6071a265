"""Every kind of layer against torch: refused alike, the same sizes, parameters, buffers and multiply-accumulates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from solver.derivation import DoesNotFit, value_of
from solver.layers import kinds
from solver.layers.base import Join
from solver.questions import analyse
from solver.values import Shape
from tests.calls import FAMILIES, Call, calls

pytest.importorskip("torch", reason="torch is not installed")

from tests.torch_twin import facts


def said(call: Call) -> tuple[Any, ...] | None:
    """Output, parameters, buffers and multiply-accumulates as our layer has them; None where it refuses."""
    try:
        layer = kinds()[call.kind](**call.arguments)
        shapes = tuple(map(Shape, call.shapes))
        if isinstance(layer, Join):
            after = layer.output(shapes)
            return tuple(value_of(after)), layer.parameters(shapes), 0, layer.macs(shapes, after)  # type: ignore[arg-type]
        whole = analyse(layer, shapes[0])
    except DoesNotFit:
        return None
    return tuple(whole.output), whole.parameters, sum(row.buffers for row in whole.rows), whole.macs  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
def test_torch_says_the_same(family: str) -> None:
    @settings(max_examples=80)
    @given(calls(family))
    def agree(call: Call) -> None:
        ours: Any = said(call)
        theirs: Any = facts(call)
        if call.kind == "Bilinear" and ours is not None and theirs is not None:
            ours, theirs = ours[:3], theirs[:3]  # torch's counter passes bilinear layers over
        assert ours == theirs

    agree()
