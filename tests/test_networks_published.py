"""Live torch modules of our own writing against what is published of them, and against torch itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402  # behind the skip

from solver.networks.torch_module import read_module  # noqa: E402
from solver.questions import analyze  # noqa: E402
from tests.networks import classic, mobile, residual, segmentation, transformer  # noqa: E402

IMAGE = (3, 224, 224)
PUBLISHED: list[tuple[Callable[[], Any], int, float]] = [  # network, parameters, GMACs to the digits published
    (residual.resnet18, 11_689_512, 1.814),
    (residual.resnet34, 21_797_672, 3.664),
    (residual.resnet50, 25_557_032, 4.089),
    (residual.resnet101, 44_549_160, 7.801),
    (residual.resnet152, 60_192_808, 11.514),
    (classic.AlexNet, 61_100_840, 0.714),
    (classic.VGG16, 138_357_544, 15.470),
    (classic.SqueezeNet, 1_248_424, 0.819),
    (classic.DenseNet121, 7_978_856, 2.834),
    (mobile.MobileNetV2, 3_504_872, 0.301),
    (mobile.EfficientNetB0, 5_288_548, 0.386),
    (transformer.ViT, 86_567_656, 17.564),
]


@pytest.mark.parametrize(("make", "parameters", "gmacs"), PUBLISHED, ids=lambda value: getattr(value, "__name__", ""))
def test_counts_are_those_that_are_published_and_torch_s_own(make: Any, parameters: int, gmacs: float) -> None:
    with torch.device("meta"):
        module = make().eval()
    said = read_module(module, IMAGE)
    assert said.registered.parameters == parameters
    assert said.macs == pytest.approx(gmacs * 1e9, abs=6e5)
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        made = module(torch.empty(1, *IMAGE))
    assert said.macs == counter.get_total_flops() // 2
    assert said.output == tuple(made.shape[1:])
    assert said.without_formula == ()


@pytest.mark.parametrize("side", [97, 224, 321])
def test_a_symbolic_walk_is_the_numeric_walk_at_every_size(side: int) -> None:
    with torch.device("meta"):
        module = residual.resnet50().eval()
    symbolic = read_module(module, (3, "H", "W"))
    numeric = read_module(module, (3, side, side + 2))
    point = {"H": side, "W": side + 2}
    macs: Any = symbolic.macs
    assert macs.at(point) == numeric.macs
    assert repr(macs) == (
        "9408*ceil(H/2)*ceil(W/2) + 245760*ceil(H/4)*ceil(W/4) + 1310720*ceil(H/8)*ceil(W/8) + "
        "7471104*ceil(H/16)*ceil(W/16) + 14417920*ceil(H/32)*ceil(W/32) + 2048000"
    )


@pytest.mark.parametrize(
    ("make", "layer", "size", "stride"),
    [
        (residual.resnet18, "layer4", 435, 32),
        (residual.resnet50, "layer4", 427, 32),
        (classic.VGG16, "features", 212, 32),
        (classic.AlexNet, "features", 195, 32),
    ],
)
def test_fields_are_those_that_are_published(make: Any, layer: str, size: int, stride: int) -> None:
    with torch.device("meta"):
        module = make().eval()
    rows = [row for row in read_module(module, IMAGE).rows if row.layer.name.startswith(layer) and row.field]
    assert (rows[-1].field[0].size, rows[-1].field[0].jump) == (size, stride)


def test_the_graph_says_what_the_walk_says() -> None:
    with torch.device("meta"):
        module = residual.resnet18().eval()
    said = read_module(module, IMAGE)
    again = analyze(said.graph, IMAGE)
    assert (again.output, again.parameters, again.macs) == (said.output, said.parameters, said.macs)


def test_a_u_net_fits_where_16_divides_its_input() -> None:
    with torch.device("meta"):
        module = segmentation.UNet().eval()
    said = read_module(module, (3, "H", "W"))
    assert {"16 | H", "16 | W"} <= set(said.conditions)
