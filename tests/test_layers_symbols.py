"""Sizes in symbols: the same function of n, of kernels and strides, as with numbers; each against counting."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, Rule
from solver.layers.activation import GLU
from solver.layers.adaptive import AdaptiveAvgPool1d
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.normalisation import BatchNorm1d, LayerNorm
from solver.layers.padding import ReflectionPad1d, ZeroPad1d
from solver.layers.pooling import AvgPool1d, MaxPool1d
from solver.layers.resampling import PixelShuffle, PixelUnshuffle, Upsample
from solver.layers.reshape import Flatten
from solver.layers.transposed import OUTPUT_SIZE as TRANSPOSED
from solver.layers.transposed import ConvTranspose1d
from solver.layers.window import OUTPUT_SIZE_CEIL, OUTPUT_SIZE_UNEVEN
from solver.questions import macs, output_size, parameters
from solver.values import Shape, Size, symbol
from solver.verify.loops import ORACLES

H = Size.symbol("H")


@pytest.mark.parametrize(("k", "s", "p", "d"), list(product(range(1, 6), range(1, 5), range(3), range(1, 4))))
def test_the_last_window_of_ceil_mode_is_counted_off(k: int, s: int, p: int, d: int) -> None:
    symbolic = OUTPUT_SIZE_CEIL(n=H, k=k, s=s, p=p, d=d)
    assert isinstance(symbolic, Size)
    for n in range(1, 20):
        counted = ORACLES["window.output_size_ceil"](dict(n=n, k=k, s=s, p=p, d=d))
        if counted:
            assert OUTPUT_SIZE_CEIL(n=n, k=k, s=s, p=p, d=d) == counted == symbolic.at(n)
        else:
            with pytest.raises(DoesNotFit):
                OUTPUT_SIZE_CEIL(n=n, k=k, s=s, p=p, d=d)


@pytest.mark.parametrize(("k", "s", "p", "d", "p_o"), list(product(range(1, 5), (1, 2, 3), range(3), (1, 2), (0, 1))))
def test_a_transposed_size_is_painted(k: int, s: int, p: int, d: int, p_o: int) -> None:
    symbolic = TRANSPOSED(n=H, k=k, s=s, p=p, d=d, p_o=p_o)
    assert isinstance(symbolic, Size)
    for n in range(1, 9):
        painted = ORACLES["transposed.output_size"](dict(n=n, k=k, s=s, p=p, d=d, p_o=p_o))
        if (n - 1) * s + d * (k - 1) + p_o >= 2 * p:
            assert TRANSPOSED(n=n, k=k, s=s, p=p, d=d, p_o=p_o) == painted == symbolic.at(n)
        else:
            with pytest.raises(DoesNotFit):
                TRANSPOSED(n=n, k=k, s=s, p=p, d=d, p_o=p_o)


KINDS = [
    MaxPool1d(3, 2, 1, ceil_mode=True),
    AvgPool1d(2, ceil_mode=True),
    Conv1d(1, 4, padding="same"),
    Conv1d(1, 3, 2, padding=1, padding_mode="reflect"),
    ConvTranspose1d(1, 4, 2, 1),
    ConvTranspose1d(1, 3, 3, output_padding=1),
    Upsample(scale_factor=2),
    Upsample(scale_factor=1.5),
    ZeroPad1d((1, 2)),
    ReflectionPad1d(1),
    GLU(-1),
]


@pytest.mark.parametrize("first", KINDS, ids=lambda layer: layer.kind)
@pytest.mark.parametrize("then", KINDS, ids=lambda layer: layer.kind)
def test_a_size_in_a_symbol_is_the_size_at_every_number(first: Layer, then: Layer) -> None:
    network = Chain((first, then))
    symbolic: Any = output_size(network, Shape((1, H)))
    for n in range(4, 60):
        try:
            said: Any = output_size(network, (1, n))
        except DoesNotFit:
            continue
        size = symbolic[1]
        assert said[1] == (size.at(n) if isinstance(size, Size) else size.subs(symbol("H"), n))


@settings(max_examples=40)
@given(st.sampled_from([OUTPUT_SIZE_CEIL, OUTPUT_SIZE_UNEVEN, TRANSPOSED]), st.data())
def test_hyper_parameters_may_be_symbols(rule: Rule, data: st.DataObject) -> None:
    from solver.notation.tree import names

    assert rule.taught is not None
    premises = sorted(names(rule.taught))
    numbers = {name: data.draw(st.integers(1, 5), label=name) + 9 * (name == "n") for name in premises}
    known = data.draw(st.sets(st.sampled_from(premises)))
    symbols: dict[str, Any] = {name: numbers[name] if name in known else symbol(name) for name in premises}
    try:
        said, symbolic = rule(**numbers), rule(**symbols)
    except DoesNotFit:
        assume(False)
    put = {symbol(name): number for name, number in numbers.items()}
    assert said == (symbolic.subs(put) if hasattr(symbolic, "subs") else symbolic)


def test_counts_of_symbolic_inputs_are_closed_forms() -> None:
    shape = Shape((3, H, Size.symbol("W")))
    network = Chain((Conv2d(4, 3, padding="same"), PixelUnshuffle(2), Conv2d(16, 1), PixelShuffle(2), Flatten()))
    counted: Any = macs(network, shape)
    for h, w in ((4, 6), (8, 2)):
        assert counted.at({"H": h, "W": w}) == macs(network, (3, h, w))
    normed = Chain((Conv1d(symbol("m"), 3), BatchNorm1d()))
    learned: Any = parameters(normed, Shape((symbol("c"), 9)))
    assert learned.subs({symbol("m"): 5, symbol("c"): 2}) == 5 * 2 * 3 + 5 + 2 * 5


def test_adaptive_pooling_and_norms_of_symbolic_inputs() -> None:
    shape = Shape((8, H))
    assert output_size(AdaptiveAvgPool1d(7), shape) == Shape((8, 7))
    assert output_size(LayerNorm((8, symbol("E"))), shape) == shape
    size: Any = output_size(Upsample(scale_factor=symbol("f")), Shape((1, H)))[1]  # type: ignore[index]  # a shape
    assert size.subs({symbol("f"): 3, symbol("H"): 5}) == 15
