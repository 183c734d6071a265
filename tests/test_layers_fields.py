"""Fields of windows, transposed windows, upsampling, pooling and padding, against the pixels that have a gradient."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import Derived, DoesNotFit, Given, component, nodes, value_of, walk
from solver.layers.adaptive import AdaptiveAvgPool1d, AdaptiveAvgPool2d
from solver.layers.base import WHOLE, AxisField, Layer
from solver.layers.composite import Chain, Concat, Sum
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.normalisation import BatchNorm1d, GroupNorm
from solver.layers.padding import ReplicationPad1d, ZeroPad1d
from solver.layers.pooling import AvgPool1d, LPPool1d, MaxPool1d
from solver.layers.resampling import PixelShuffle, PixelUnshuffle, Upsample
from solver.layers.transposed import ConvTranspose1d, ConvTranspose2d
from solver.questions import Analysis, analyze, receptive_field
from solver.values import Shape, Size
from solver.verify.steps import verify

LENGTH = 72

CONVOLUTIONS = st.builds(
    Conv1d,
    st.just(1),
    st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2) | st.just("valid"),
    dilation=st.integers(1, 2),
    bias=st.just(False),
) | st.builds(
    Conv1d, st.just(1), st.integers(1, 5), padding=st.just("same"), dilation=st.integers(1, 2), bias=st.just(False)
)
TRANSPOSED = st.builds(
    ConvTranspose1d,
    st.just(1),
    st.integers(1, 5),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 3),
    bias=st.just(False),
)
UPSAMPLING = st.builds(
    Upsample, scale_factor=st.sampled_from((2, 3, 1.5, 2.5, 0.5)), mode=st.sampled_from(("nearest", "linear"))
)
POOLS = st.builds(
    AvgPool1d, st.integers(2, 4), st.none() | st.integers(1, 3), st.integers(0, 1), ceil_mode=st.booleans()
)
PADS = st.builds(ZeroPad1d, st.tuples(st.integers(0, 3), st.integers(0, 3)))
ADAPTIVE = st.builds(AdaptiveAvgPool1d, st.integers(9, 30)) | st.builds(
    Upsample, size=st.integers(20, 60), mode=st.sampled_from(("nearest", "linear", "area"))
)
LINEAR = CONVOLUTIONS | TRANSPOSED | UPSAMPLING | POOLS | PADS
LAYERS = (
    LINEAR
    | ADAPTIVE
    | st.builds(Upsample, size=st.integers(20, 60), mode=st.just("linear"), align_corners=st.just(True))
)


def seen_by(axis: AxisField, unit: int) -> range:
    """The box of one unit, also in the padding."""
    phases: Any = value_of(axis.phases) or ((value_of(axis.start), value_of(axis.size)),)
    turns, phase = divmod(unit, len(phases))
    start, size = phases[phase]
    first = Fraction(start) + turns * len(phases) * Fraction(value_of(axis.jump))  # type: ignore[arg-type]  # a number
    assert first.denominator == 1
    return range(int(first), int(first) + size)


def marked(network: Chain, unit: int) -> set[int]:
    """The pixels with a gradient, every weight being 1."""
    import torch

    from tests.torch_twin import twin

    module = twin(network, (1, LENGTH)).double()
    for parameter in module.parameters():
        torch.nn.init.ones_(parameter)
    x = torch.ones(1, 1, LENGTH, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of copies that torch makes
        module(x)[0, 0, unit].backward()
    assert x.grad is not None
    return set(x.grad[0, 0].nonzero().flatten().tolist())


def analyzed(network: Chain) -> Analysis:
    try:
        return analyze(network, (1, LENGTH))
    except DoesNotFit:
        assume(False)
        raise


@settings(max_examples=60)
@given(st.lists(LINEAR, min_size=1, max_size=3), st.lists(LAYERS, max_size=2))
def test_units_in_the_middle_see_exactly_their_boxes(first: list[Layer], then: list[Layer]) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    network = Chain((*first, *then))
    whole = analyzed(network)
    after: Any = value_of(component(whole.output, 1))
    (axis,) = whole.field
    phases: Any = value_of(axis.phases)
    assert not phases or max(size for _, size in phases) == axis.size
    for unit in range(after // 2, min(after // 2 + 2, after)):
        box, found = seen_by(axis, unit), marked(network, unit)
        assert found <= set(box)
        if box and box[0] > 12 and box[-1] < LENGTH - 12:
            assert (min(found), max(found)) == (box[0], box[-1])


@given(st.lists(LAYERS, min_size=1, max_size=3))
def test_explained_fields_are_the_computed_ones_and_every_step_is_verified(layers: list[Layer]) -> None:
    network = Chain(tuple(layers))
    (axis,) = analyzed(network).field
    (said,) = analyze(network, Given("x", Shape((1, LENGTH)))).field
    for fact in ("size", "jump", "start", "phases"):
        assert value_of(getattr(said, fact)) == value_of(getattr(axis, fact))
        if isinstance(getattr(said, fact), Derived):
            assert {check.verdict for check in verify(getattr(said, fact))} <= {"verified"}


def test_what_sees_nothing_adds_nothing() -> None:
    """Each third output of the transposed window has an input, and the pool leaves just that one out."""
    network = Chain((ConvTranspose1d(1, 1, 3, 1), AvgPool1d(2, 3), Conv1d(1, 2)))
    (axis,) = analyze(network, (1, 12)).field
    assert (axis.size, axis.phases) == (0, ((0, 0),))


def test_upsampling_and_pooling_again_leaves_single_pixels() -> None:
    (axis,) = analyze(Chain((Upsample(scale_factor=4), AvgPool1d(4))), (1, 12)).field
    assert (axis.size, axis.jump, axis.start, axis.phases) == (1, 1, 0, ())


def test_a_u_net_sees_the_same_on_both_paths_up_to_their_boxes() -> None:
    down, up = AvgPool1d(2), ConvTranspose1d(1, 2, stride=2)
    same = Conv1d(1, 3, padding=1)
    network = Chain((Concat((Chain((same, down, same, up)), same)), same))
    (axis,) = analyze(network, (1, 16)).field
    assert axis.jump == 1
    assert [seen_by(axis, unit) for unit in (6, 7)] == [range(1, 11), range(3, 13)]
    (said,) = network.pass_through(_signal(Given("x", Shape((1, 16))))).field
    checks = list(verify(said.size))  # type: ignore[arg-type]  # derived
    assert "field.united_phases" in {step.rule.name for step in walk(said.size)}  # type: ignore[arg-type]
    assert {check.verdict for check in checks} == {"verified"}


def test_paths_at_different_speeds_have_no_box() -> None:
    assert analyze(Sum((Upsample(scale_factor=2), Upsample(size=8, mode="linear"))), (1, 4)).field != WHOLE
    from solver.layers.joins import Add

    fast, slow = (analyze(Upsample(scale_factor=f), (1, 4)).field for f in (2, 3))
    assert Add().reach((fast, slow)) == WHOLE


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (AdaptiveAvgPool2d(1), (3, 7, 5)),
        (AdaptiveAvgPool2d((2, 3)), (3, Size.symbol("H"), 5)),
        (GroupNorm(1), (4, 3, 3)),
    ],
)
def test_what_pools_or_normalises_everything_sees_the_whole_input(layer: Layer, shape: tuple[Any, ...]) -> None:
    assert analyze(layer, Shape(shape)).field == WHOLE
    assert analyze(Chain((layer, Conv2d(4, 1))), Shape(shape)).field == WHOLE


def test_statistics_that_were_learned_see_nothing_more() -> None:
    assert receptive_field(Chain((Conv1d(4, 3), BatchNorm1d())), 1) == (3,)
    assert analyze(BatchNorm1d(track_running_stats=False), (4, 9)).field == WHOLE


def test_a_field_that_depends_on_the_shape_is_not_made_up_without_one() -> None:
    with pytest.raises(DoesNotFit) as misfit:
        receptive_field(AdaptiveAvgPool2d(2, name="head"))
    assert misfit.value.about == "head"
    assert receptive_field(AdaptiveAvgPool2d(1)) == ()


def test_maxima_and_powers_see_what_averages_see() -> None:
    for pool in (MaxPool1d, LPPool1d):
        layer = pool(3, 2) if pool is MaxPool1d else pool(2, 3, 2)
        assert layer.reach(AvgPool1d(3, 2).reach((AxisField(1, 1, 0),))) == AvgPool1d(3, 2).reach(
            AvgPool1d(3, 2).reach((AxisField(1, 1, 0),))
        )
    assert receptive_field(MaxPool1d(3, dilation=2), 1) == (5,)
    assert receptive_field(ReplicationPad1d(2), 1) == (1,)


def test_shuffled_pixels_see_as_upsampled_ones() -> None:
    shuffled = analyze(PixelShuffle(2), (4, 6, 6)).field
    upsampled = analyze(Upsample(scale_factor=2), (4, 6, 6)).field
    assert shuffled == upsampled
    assert analyze(Chain((PixelUnshuffle(2), PixelShuffle(2))), (1, 6, 6)).field[0].size == 2


def test_a_symbolic_transposed_window_has_an_envelope() -> None:
    from solver.values import symbol

    k = symbol("k")
    (axis, _) = analyze(ConvTranspose2d(1, k, stride=2), (1, 8, 8)).field
    for number in range(2, 6):
        exact = analyze(ConvTranspose2d(1, number, stride=2), (1, 8, 8)).field[0]
        assert axis.size.subs(k, number) >= exact.size  # type: ignore[union-attr]  # an expression
        assert axis.jump == exact.jump == Fraction(1, 2)


def test_the_steps_of_a_transposed_field_are_formulas_where_they_can_be() -> None:
    given_shape = Given("x", Shape((1, 9)))
    (axis,) = Chain((Conv1d(1, 3), ConvTranspose1d(1, 4, stride=2))).pass_through(_signal(given_shape)).field
    assert isinstance(axis.size, Derived)
    assert [step.rule.name for step in walk(axis.size)] == ["field.size", "field.jump", "field.transposed_size"]
    assert len(nodes(axis.size)) < 12


def _signal(shape: Given) -> Any:
    from solver.layers.base import Signal

    return Signal(shape, (AxisField(Given("r", 1), Given("j", 1), Given("a", 0)),))
