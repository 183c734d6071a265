"""Exact supports of any unit of any layer, against torch's gradients and against marking pixels one by one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit, walk
from solver.fields import effective_field, influence, misalignments, unit_field
from solver.layers import activation, attention, padding
from solver.layers.activation import ReLU, Softmax
from solver.layers.adaptive import AdaptiveAvgPool2d
from solver.layers.base import WHOLE, Layer
from solver.layers.composite import Chain, Concat, Graph, Node, Sum
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.dense import Linear
from solver.layers.joins import Add, Concatenate, Multiply
from solver.layers.normalisation import BatchNorm2d, GroupNorm, LayerNorm
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool2d
from solver.layers.repeated import Repeat
from solver.layers.resampling import PixelShuffle, PixelUnshuffle, Upsample
from solver.layers.reshape import Flatten, Unfold
from solver.layers.transposed import ConvTranspose2d
from solver.questions import analyze, output_size, receptive_field
from solver.support import Traced, support
from solver.values import symbol
from solver.verify.steps import verify

WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))
SIDE = st.integers(6, 13)


def convolution(window: tuple[int, int, int, int], mode: str = "zeros") -> Layer:
    k, s, p, d = window
    return Conv2d(1, k, stride=s, padding=p, dilation=d, bias=False, padding_mode=mode)


CONVOLUTIONS = st.builds(convolution, WINDOWS, st.sampled_from(("zeros", "zeros", "reflect", "replicate", "circular")))
SAME = st.builds(Conv2d, st.just(1), st.integers(1, 5), padding=st.just("same"), bias=st.just(False))
TRANSPOSED = st.builds(
    ConvTranspose2d,
    st.just(1),
    st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    bias=st.just(False),
)
POOLS = st.builds(AvgPool2d, st.integers(2, 3), st.none() | st.integers(1, 3), st.integers(0, 1), st.booleans())
ENDS = st.tuples(*[st.integers(0, 3)] * 4)
PADS = st.builds(
    lambda kind, ends: kind(ends),
    st.sampled_from((padding.ZeroPad2d, padding.ReflectionPad2d, padding.ReplicationPad2d, padding.CircularPad2d)),
    ENDS,
) | st.builds(padding.ZeroPad2d, st.tuples(*[st.integers(-2, 2)] * 4))
UPSAMPLING = st.builds(
    Upsample,
    scale_factor=st.sampled_from((2, 3, 1.5, 0.5, 0.75)),
    mode=st.sampled_from(("nearest", "bilinear", "bicubic", "area", "nearest-exact")),
) | st.builds(
    Upsample,
    size=st.tuples(st.integers(3, 14), st.integers(3, 14)),
    mode=st.sampled_from(("bilinear", "bicubic")),
    align_corners=st.booleans(),
)
RECOMPUTED = st.builds(
    Upsample, scale_factor=st.sampled_from((1.5, 0.7)), mode=st.just("bilinear"), recompute_scale_factor=st.just(True)
)
ADAPTIVE = st.builds(AdaptiveAvgPool2d, st.tuples(st.integers(1, 5), st.none() | st.integers(1, 5)))
OTHERS = st.sampled_from((ReLU(), BatchNorm2d(), PixelShuffle(1)))
LAYERS = CONVOLUTIONS | SAME | TRANSPOSED | POOLS | PADS | UPSAMPLING | RECOMPUTED | ADAPTIVE | OTHERS


def analysed(network: Layer, shape: tuple[int, ...]) -> Any:
    try:
        return output_size(network, shape)
    except DoesNotFit:
        assume(False)


def marked(layers: Sequence[Layer], shape: tuple[int, ...], unit: tuple[int, ...]) -> list[Any]:
    """Where the gradient of a unit, over all channels, is not 0, every weight being positive."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tests.torch_twin import twin

    module = twin(Chain(tuple(layers)), shape).double().eval()
    torch.manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.uniform_(parameter, 0.5, 1.5)
    x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of copies that torch makes
        made = module(x)
    weights = torch.rand(made.shape[1], dtype=torch.float64) + 0.5
    (made[(0, slice(None), *unit)] * weights).sum().backward()
    assert x.grad is not None
    return (x.grad[0].abs().sum(0) > 1e-13).long().tolist()  # type: ignore[no-any-return]  # lists


@settings(max_examples=100)
@given(st.lists(LAYERS, min_size=1, max_size=3), SIDE, SIDE, st.data())
def test_pixels_are_those_with_a_gradient(layers: list[Layer], high: int, wide: int, data: st.DataObject) -> None:
    shape = (1, high, wide)
    after = analysed(Chain(tuple(layers)), shape)
    unit = tuple(data.draw(st.integers(0, size - 1)) for size in after[1:])
    found = support(Chain(tuple(layers)), shape, unit)
    assert (found.uses > 0).astype(int).tolist() == marked(layers, shape, unit)


@given(st.lists(CONVOLUTIONS | POOLS | TRANSPOSED, min_size=1, max_size=3), SIDE, st.data())
def test_uses_are_the_gradients_of_layers_of_ones(layers: list[Layer], side: int, data: st.DataObject) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tests.torch_twin import twin

    after = analysed(Chain(tuple(layers)), (1, side, side))
    unit = (data.draw(st.integers(0, after[1] - 1)), data.draw(st.integers(0, after[2] - 1)))
    module = twin(Chain(tuple(layers)), (1, side, side)).double()
    for place, inner in enumerate(module):
        if isinstance(inner, torch.nn.AvgPool2d):  # a sum instead of a mean
            inner.divisor_override = 1
        assert place < len(layers)
    for parameter in module.parameters():
        torch.nn.init.ones_(parameter)
    x = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    module(x)[0, 0][unit].backward()
    assert x.grad is not None
    uses = support(Chain(tuple(layers)), (1, side, side), unit).uses
    assert uses.tolist() == x.grad[0, 0].round().long().tolist()


@given(st.lists(WINDOWS, min_size=1, max_size=3))
def test_in_the_middle_of_a_large_input_the_box_is_the_receptive_field(
    windows: list[tuple[int, int, int, int]],
) -> None:
    network = Chain(tuple(convolution(window) for window in windows))
    side = 120
    said: Any = analyze(network, (1, side, side))
    unit, field = said.output[1] // 2, said.field[0]
    one = unit_field(network, (1, side, side), position=(unit, unit))
    assert one.box is not None
    (rows, columns) = one.box
    assert rows == columns
    assert (rows.start, len(rows)) == (field.start + unit * field.jump, field.size)
    assert one.clipped == one.box


@given(st.lists(st.builds(convolution, WINDOWS) | POOLS | TRANSPOSED, min_size=1, max_size=3), SIDE, st.data())
def test_what_is_clipped_lies_in_the_box(layers: list[Layer], side: int, data: st.DataObject) -> None:
    after = analysed(Chain(tuple(layers)), (1, side, side))
    unit = tuple(data.draw(st.integers(0, size - 1)) for size in after[1:])
    one = unit_field(Chain(tuple(layers)), (1, side, side), position=unit)
    if one.box is not None and one.pixels:
        for inside, axis in zip(one.clipped, one.box, strict=True):
            assert set(inside) <= set(axis)


# --- branches and graphs


def test_a_residual_block_uses_its_input_along_both_paths() -> None:
    inner = Chain((Conv2d(1, 3, padding=1), ReLU(), Conv2d(1, 3, padding=1)))
    block = Sum((inner, Chain()))
    said = support(block, (1, 9, 9))
    assert said.uses[4, 4] == 9 + 1
    assert (said.pixels, said.full, said.whole) == (25, True, False)
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
    nested = Graph((Node(block, (0,)), Node(Chain((ReLU(), graph)), (1,))), outputs=(2,))
    assert support(nested, (1, 9, 9)).uses.tolist() == support(Chain((block, block)), (1, 9, 9)).uses.tolist()


def test_the_union_of_paths_is_not_a_box() -> None:
    """A dilated path sees the corners of what the other one does not see."""
    network = Concat((Conv2d(2, 3, padding=1), Conv2d(3, 3, padding=3, dilation=3)))
    said = unit_field(network, (1, 15, 15))
    assert (said.pixels, said.support.full) == (9 + 9 - 1, False)
    assert said.clipped == said.box == (range(4, 11), range(4, 11))
    assert int(said.uses[7, 7]) == 2


def test_any_unit_of_any_layer() -> None:
    network = Chain((Conv2d(8, 7, 2, 3, name="stem"), MaxPool2d(3, 2, 1, name="pool"), Conv2d(8, 3, name="next")))
    assert unit_field(network, (3, 64, 64), "stem", (0, 31)).box == (range(-3, 4), range(59, 66))
    assert unit_field(network, (3, 64, 64), "pool", (0, 0)).clipped == (range(6), range(6))
    assert unit_field(network, (3, 64, 64), 2, (0, 0)).clipped == (range(14), range(14))
    for layer, unit in (("stem", (32, 0)), ("none", (0, 0)), ("stem", (0,))):
        with pytest.raises(DoesNotFit):
            unit_field(network, (3, 64, 64), layer, unit)


@pytest.mark.parametrize(
    "layer",
    [
        AdaptiveAvgPool2d(1),
        GroupNorm(1),
        Chain((Flatten(), Linear(3))),
        Sum((Chain(), Chain((AdaptiveAvgPool2d(1), Conv2d(1, 1))))),
        LayerNorm((1, 8, 8)),
    ],
    ids=lambda layer: layer.kind,
)
def test_global_layers_see_the_whole_input(layer: Layer) -> None:
    said = unit_field(Chain((Conv2d(1, 3, padding=1), layer)), (1, 8, 8))
    assert (said.whole, said.pixels, said.box) == (True, 64, (range(8), range(8)))
    assert said.clipped == said.box


def test_excited_channels_see_everything_beside_what_they_see() -> None:
    excite = Chain((AdaptiveAvgPool2d(1), Conv2d(2, 1), ReLU(), Conv2d(4, 1), activation.Sigmoid()))
    graph = Graph((Node(Conv2d(4, 3, padding=1), (0,)), Node(excite, (1,)), Node(Multiply(), (1, 2))), outputs=(3,))
    said = support(graph, (3, 7, 7))
    assert (said.whole, said.pixels) == (True, 49)
    assert int(said.uses[3, 3]) == 9 + 1


def test_softmax_along_a_row_sees_the_row() -> None:
    said = support(Softmax(-1), (1, 4, 6), (2, 3))
    assert (said.uses > 0).tolist() == [[row == 2] * 6 for row in range(4)]
    assert not said.whole


def test_tokens_see_all_tokens_through_attention() -> None:
    said = support(Chain((LayerNorm(8), attention.MultiheadAttention(8, 2))), (5, 8))
    assert said.whole
    assert said.uses.all()


def test_columns_of_a_sliding_window_are_its_positions() -> None:
    unfolded = support(Unfold(3, stride=2), (2, 9, 7), (4,))
    assert unfolded.uses.tolist() == support(Conv2d(1, 3, 2), (2, 9, 7), (1, 1)).uses.tolist()


def test_shuffled_pixels_are_channels_of_one_place() -> None:
    network = Chain((PixelUnshuffle(2), Conv2d(4, 1), PixelShuffle(2)))
    assert support(network, (1, 8, 8), (5, 2)).box == (range(4, 6), range(2, 4))


def test_one_behind_the_other_along_a_row() -> None:
    nodes = (Node(AvgPool2d(1), (0,)), Node(AvgPool2d(3, 1, 1), (0,)), Node(Concatenate(axis=2), (1, 2)))
    graph = Graph(nodes, outputs=(3,))
    assert support(graph, (1, 5, 5), (2, 2)).pixels == 1
    assert support(graph, (1, 5, 5), (2, 7)).pixels == 9


def test_of_several_inputs_the_first_is_told() -> None:
    graph = Graph((Node(Conv2d(1, 3), (0,)), Node(Add(), (2, 1))), outputs=(3,), inputs=2)
    assert support(graph, ((1, 5, 5), (1, 3, 3)), (1, 1)).pixels == 9
    assert support(Graph((), (1,), inputs=2), ((1, 5, 5), (1, 5, 5))).pixels == 0


def test_counts_beyond_64_bits_stay_exact() -> None:
    """Each block doubles and more what passes: 2^64 would be 0."""
    block = Sum((Conv2d(1, 3, padding=1), Chain()))
    said = support(Repeat(block, 40), (1, 9, 9), (4, 4))
    assert isinstance(said.uses.max(), int)
    assert sum(int(count) for row in support(Repeat(block, 3), (1, 21, 21)).uses for count in row) == 10**3
    assert said.uses.max() > 2**64
    assert support(Repeat(Sum((Chain((ReLU(),)),) * 4), 40), (1, 1, 1)).uses.tolist() == [[4**40]]


def test_what_a_live_network_sees() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from solver.networks.torch_module import read_module
    from tests.networks import mobile, odd, residual, segmentation

    for make, shape in (
        (residual.resnet18, (3, 64, 64)),
        (odd.Shuffled, (8, 6, 6)),
        (lambda: segmentation.UNet(2, 4), (3, 20, 24)),
        (lambda: mobile.MBConv(6, 5, 1, 8, 8, 0.1), (8, 7, 7)),
    ):
        torch.manual_seed(0)
        module = make().eval().double()
        walked = read_module(module, shape)
        found = support(walked.graph, walked.input[0])
        for parameter in module.parameters():
            torch.nn.init.uniform_(parameter, 0.1, 0.2)
        x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
        y = module(x)[0]
        (y if y.ndim == 1 else y[(slice(None), *(size // 2 for size in y.shape[1:]))]).sum().backward()
        assert x.grad is not None
        seen = (x.grad[0].abs().sum(0) > 0).numpy()
        assert not (seen & (found.uses == 0)).any()
        assert seen.sum() >= 0.9 * found.pixels


def test_a_unit_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DoesNotFit):
        support(Conv2d(1, 3), (1, 5, 5), (3, 0))


# --- paths that look at different places


def test_aligned_paths_are_not_reported() -> None:
    down = Sum((Conv2d(4, 3, stride=2, padding=1), Conv2d(4, 1, stride=2)), name="block")
    assert misalignments(Chain((Conv2d(4, 3, padding=1), down)), (3, 16, 16)) == ()


def test_a_pooled_shortcut_is_half_a_pixel_off() -> None:
    block = Sum((Conv2d(4, 3, stride=2, padding=1), Chain((AvgPool2d(2), Conv2d(4, 1)))), name="block")
    said = misalignments(Chain((Conv2d(4, 3, stride=2, padding=1), block)), (3, 16, 16))
    assert [(one.join, one.axis) for one in said] == [("block", 0), ("block", 1)]
    assert {one.shift for one in said} == {1}


def test_paths_at_different_speeds_drift_apart() -> None:
    network = Sum((Conv1d(1, 1, stride=2), Conv1d(1, 5)), name="drift")
    (said,) = misalignments(network, (1, 8))
    assert (said.jumps, said.shift) == ((2, 1), None)
    assert analyze(network, (1, 8)).field == WHOLE  # no box holds what every unit sees
    one = unit_field(network, (1, 8), position=(3,))
    assert (one.whole, one.box, one.clipped) == (False, None, (range(3, 8),))


def test_u_nets_are_aligned() -> None:
    down, up = AvgPool1d(2), Upsample(scale_factor=2, mode="linear")
    same = Conv1d(1, 3, padding=1)
    assert misalignments(Concat((Chain((same, down, same, up)), same)), (1, 16)) == ()


# --- what matters


@given(st.lists(WINDOWS.filter(lambda window: window[0] > 1), min_size=1, max_size=4))
def test_variances_add_up_to_the_variance_of_the_uses(windows: list[tuple[int, int, int, int]]) -> None:
    network = Chain(tuple(convolution((k, s, 0, d)) for k, s, _, d in windows))
    said = effective_field(network)
    size: Any = receptive_field(network)[0]
    assume(size <= 400)
    found = Traced.of(network, (1, size, size)).support((0, 0))
    middle, variance = influence(found, 0)
    assert (middle, variance) == ((size - 1) / 2, said.variance[0])
    assert said.kind == "approximate"


def test_an_effective_field_grows_as_the_root_of_the_number_of_layers() -> None:
    L, k = symbol("L"), symbol("k")
    said = effective_field(Repeat(Conv2d(1, k), L))
    assert str(said.variance[0]) == "L*(k**2 - 1)/12"
    assert effective_field(Repeat(Conv2d(1, 3), 24)).size == pytest.approx((16.0, 16.0))
    derived = effective_field(Chain((Conv2d(1, 5, 2), Conv2d(1, 3))), derived=True).variance[0]
    assert derived.result == 2 + Fraction(4 * 8, 12)  # type: ignore[union-attr]  # derived
    assert {step.rule.name for step in walk(derived)} == {"field.variance", "field.jump"}  # type: ignore[arg-type]
    assert {check.verdict for check in verify(derived)} == {"verified"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "layer", [Sum((Conv2d(1, 3, padding=1), Chain())), AdaptiveAvgPool2d(1), ConvTranspose2d(1, 2, 2)]
)
def test_the_limit_is_refused_where_it_is_none(layer: Layer) -> None:
    with pytest.raises(DoesNotFit):
        effective_field(Chain((Conv2d(1, 3), layer)))


def test_strides_larger_than_kernels_leave_holes() -> None:
    said = support(Chain((AvgPool2d(1, 3), Conv2d(1, 3))), (1, 9, 9))
    assert (said.pixels, said.full) == (9, False)


