"""Laws of integer division on SymPy expressions, and the rules for sizes, each against every number."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil as round_up
from math import floor as round_down
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Pow, Symbol, ceiling, floor

from solver.closed_forms import closed
from solver.derivation import DoesNotFit
from solver.layers.activation import ACTIVATIONS
from solver.layers.base import Layer
from solver.layers.composite import Chain, Concat
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.dense import Linear
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d
from solver.layers.repeated import Repeat
from solver.layers.transposed import ConvTranspose1d
from solver.questions import activations, macs, multiplications, output_size, parameters
from solver.sizes import Size
from solver.values import Shape, symbol

n, k, s, p, d, m = map(symbol, ("n", "k", "s", "p", "d", "m"))
NAMES = {"n": n, "k": k, "s": s, "p": p, "d": d, "m": m}


@st.composite
def nests(draw: st.DrawFn) -> Any:
    """Floors and ceilings of floors and ceilings, over numbers and symbols."""
    value: Any = n
    for _ in range(draw(st.integers(1, 3))):
        more = draw(st.sampled_from((-3, -1, 0, 1, 2, 5, k, 2 * p, -k, k - p)))
        times = draw(st.sampled_from((1, 1, 1, 2, 3, -1, s)))
        over = draw(st.sampled_from((1, 2, 2, 3, 4, s, 2 * s, m)))
        value = draw(st.sampled_from((floor, ceiling)))((times * value + more) / over) + draw(st.integers(-2, 2))
    return value


def at(value: Expr, point: dict[Any, int]) -> Fraction:
    """An expression where its symbols are numbers, without SymPy's own arithmetic."""
    parts = [at(part, point) for part in value.args]
    match value:
        case Symbol():
            return Fraction(point[value])
        case Add():
            return sum(parts, Fraction(0))
        case Mul():
            return prod(parts, start=Fraction(1))
        case Pow():
            return Fraction(parts[0] ** int(parts[1]))
        case floor():
            return Fraction(round_down(parts[0]))
        case ceiling():
            return Fraction(round_up(parts[0]))
        case _:
            return Fraction(int(value.p), int(value.q))


@settings(max_examples=25)
@given(nests(), st.lists(st.lists(st.integers(1, 60), min_size=6, max_size=6), min_size=20, max_size=20))
def test_a_closed_form_is_the_same_number(value: Expr, points: list[list[int]]) -> None:
    short = closed(value)
    for numbers in points:
        point = dict(zip(NAMES.values(), numbers, strict=True))
        assert at(short, point) == at(value, point)


def test_what_is_collapsed_has_one_floor() -> None:
    """R3: a convolution behind a convolution, with symbols for everything."""
    K1, K2, S1, S2, P1, P2 = map(symbol, ("K_1", "K_2", "S_1", "S_2", "P_1", "P_2"))
    H = symbol("H")
    both: Any = output_size(Chain((Conv1d(1, K1, S1, P1), Conv1d(1, K2, S2, P2))), Shape((1, Size.symbol("H"))))
    expected = floor((H - K1 - K2 * S1 + 2 * P1 + 2 * P2 * S1 + S1) / (S1 * S2)) + 1
    assert both[1] == expected
    assert str(both[1]) == "floor((H - K_1 - K_2*S_1 + 2*P_1 + 2*P_2*S_1 + S_1)/(S_1*S_2)) + 1"


@pytest.mark.parametrize("layers", range(1, 6))
def test_halving_again_and_again_is_one_ceiling(layers: int) -> None:
    """R3 and R5, for a size that is a SymPy symbol."""
    (_, size) = output_size(Chain((Conv1d(1, 3, 2, 1),) * layers), Shape((1, n)))  # type: ignore[misc]  # a shape
    assert size == ceiling(n / 2**layers)
    (_, size) = output_size(Chain((AvgPool1d(2),) * layers), Shape((1, n)))  # type: ignore[misc]  # a shape
    assert size == floor(n / 2**layers)


def test_same_padding_keeps_a_size_whatever_the_kernel_is() -> None:
    shape = Shape((1, Size.symbol("H"), Size.symbol("W")))
    after: Any = output_size(Conv2d(4, k, padding="same", dilation=d), shape)
    assert (str(after[1]), str(after[2])) == ("H", "W")
    odd: Any = output_size(Chain((Conv1d(4, 2 * k + 1, padding=k),) * 3), Shape((1, Size.symbol("H"))))
    assert str(odd[1]) == "H"


NUMBERS = {"k": (1, 2, 3, 5), "s": (1, 2, 3), "p": (0, 1, 2), "d": (1, 2)}


@pytest.mark.parametrize(
    "make",
    [
        lambda k, s, p, d: Conv1d(1, k, s, p, d),
        lambda k, s, p, d: MaxPool1d(k, s, p, d, ceil_mode=True),
        lambda k, s, p, d: ConvTranspose1d(1, k, s, p, dilation=d),
    ],
    ids=("R1", "R2", "R4"),
)
def test_two_layers_with_symbols_are_two_layers_with_numbers(make: Any) -> None:
    """R1 to R4: every hyper-parameter a symbol, put in behind the derivation or before it."""
    then = Conv1d(1, 3, 2, 1)
    symbolic: Any = output_size(Chain((make(k, s, p, d), then)), Shape((1, n)))
    for numbers in product(*NUMBERS.values()):
        for size in (7, 12, 16):
            try:
                said: Any = output_size(Chain((make(*numbers), then)), (1, size))
            except DoesNotFit:
                continue
            point = dict(zip((k, s, p, d, n), (*numbers, size), strict=True))
            assert symbolic[1].subs(point) == said[1]


LENET = Chain((Conv2d(6, 5), AvgPool2d(2), Conv2d(16, 5), AvgPool2d(2)))


@pytest.mark.parametrize("question", [parameters, multiplications, macs, activations])
def test_a_whole_network_has_one_closed_form(question: Any) -> None:
    H, W = Size.symbol("H"), Size.symbol("W")
    said = question(LENET, Shape((1, H, W)))
    for h, w in product(range(16, 36), (16, 23, 30)):
        here = said.at({"H": h, "W": w}) if hasattr(said, "at") else said
        assert here == question(LENET, (1, h, w))


def test_lenet_for_any_height() -> None:
    after: Any = output_size(LENET, Shape((1, Size.symbol("H"), 32)))
    assert repr(after) == "16xfloor((H - 12)/4)x5"
    for height in range(16, 80):
        assert after[1].at(height) == output_size(LENET, (1, height, 32))[1]  # type: ignore[index]  # a shape


# --- repeated layers

REPEATED: list[tuple[Layer, tuple[int, ...]]] = [
    (Conv2d(4, 3, padding=1), (4, 20, 20)),
    (Conv2d(4, 3), (4, 20, 20)),
    (Conv2d(4, 3, padding=2, bias=False, groups=2), (4, 6, 7)),
    (Chain((Conv2d(4, 3, padding=1), Conv2d(4, 1))), (4, 9, 9)),
    (ConvTranspose1d(2, 4), (2, 5)),
    (MaxPool1d(3, 1, 1), (2, 5)),
    (Conv2d(8, 3), (3, 20, 20)),
    (Conv1d(8, 5, padding=3), (1, 6)),
    (Chain((Conv2d(8, 3, padding=1), Conv2d(4, 1))), (3, 9, 9)),
    (Linear(7), (5,)),
]


@pytest.mark.parametrize(("layer", "shape"), REPEATED, ids=lambda value: getattr(value, "kind", ""))
def test_counts_of_l_layers_are_counts_of_a_chain(layer: Layer, shape: tuple[int, ...]) -> None:
    closed_forms = Repeat(layer, symbol("L"))
    for times in (1, 2, 4):
        chain = Repeat(layer, times)
        for question in (parameters, multiplications, macs, activations, output_size):
            said: Any = question(closed_forms, shape)
            said = said if isinstance(said, tuple) else (said,)
            here: Any = question(chain, shape)
            here = here if isinstance(here, tuple) else (here,)
            assert [value.subs(symbol("L"), times) if hasattr(value, "subs") else value for value in said] == list(here)


@given(
    st.lists(
        st.builds(Conv1d, st.just(1), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)),
        min_size=1,
        max_size=2,
    ),
    st.integers(1, 5),
)
def test_fields_of_l_layers_are_fields_of_a_chain(layers: list[Layer], times: int) -> None:
    from solver.layers.base import input_field

    inner: Layer = layers[0] if len(layers) == 1 else Chain(tuple(layers))
    before = Conv1d(1, 3, 2, 1).reach(input_field(1))
    (said,), (here,) = (Repeat(inner, each).reach(before) for each in (symbol("L"), times))
    for fact in ("size", "jump", "start"):
        value: Any = getattr(said, fact)
        assert (value.subs(symbol("L"), times) if hasattr(value, "subs") else value) == getattr(here, fact)


def test_what_does_not_repeat_is_refused() -> None:
    with pytest.raises(DoesNotFit):
        more_channels_each_time = Concat((Conv1d(4, 1), ACTIVATIONS["Identity"]()))
        output_size(Repeat(more_channels_each_time, symbol("L")), (3, 20))
    with pytest.raises(DoesNotFit):
        output_size(Repeat(Conv1d(4, 3, 2), symbol("L")), (4, 20))  # the size is no closed form
