"""`solver.analyze` and `tirgul verify` on live modules: counts, groups, several inputs, checks that find mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import nn  # noqa: E402  # behind the skip

import solver  # noqa: E402
from solver.analysis import NetworkAnalysis  # noqa: E402
from solver.conventions import CONVENTIONS, counted  # noqa: E402
from solver.layers.base import AxisField  # noqa: E402
from solver.networks.text import read_network  # noqa: E402
from solver.networks.walk import CannotFollow  # noqa: E402
from solver.values import Shape  # noqa: E402
from solver.verify.networks import network_checks  # noqa: E402
from solver.verify.steps import at  # noqa: E402
from solver.verify.torch_networks import Twin  # noqa: E402
from tests.networks import classic, mobile, residual, segmentation  # noqa: E402

TEXT = "C1: Conv2d(6, 5) ReLU Sum(Conv2d(6, 3, padding=1) BatchNorm2d | ) MaxPool2d(2) Flatten Linear(10)"


class Two(nn.Module):
    """An image and a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.line = nn.Conv2d(3, 4, 3), nn.Linear(5, 4)

    def forward(self, x: Any, y: Any) -> Any:
        return self.conv(x).mean((2, 3)) + self.line(y)


def on_meta(make: Any) -> Any:
    with torch.device("meta"):
        return make().eval()


def test_resnet_50_in_symbols() -> None:
    said = solver.analyze(on_meta(residual.resnet50), (3, "H", "W"))
    assert str(said.macs) == (
        "9408*ceil(H/2)*ceil(W/2) + 245760*ceil(H/4)*ceil(W/4) + 1310720*ceil(H/8)*ceil(W/8) + "
        "7471104*ceil(H/16)*ceil(W/16) + 14417920*ceil(H/32)*ceil(W/32) + 2048000"
    )
    assert said.parameters == 25_557_032
    numeric = solver.analyze(on_meta(residual.resnet50), (3, 224, 224))
    point = {"H": 224, "W": 224}
    assert at(said.memory.activations, point) == numeric.memory.activations


def test_trainable_and_frozen_are_apart_and_buffers_beside_them() -> None:
    module = on_meta(residual.resnet18)
    for parameter in module.layer1.parameters():
        parameter.requires_grad = False
    said = solver.analyze(module, (3, 64, 64))
    frozen = sum(parameter.numel() for parameter in module.layer1.parameters())
    assert (said.trainable, said.frozen) == (11_689_512 - frozen, frozen)
    assert said.buffers == sum(buffer.numel() for buffer in module.buffers())
    assert said.data()["total"]["trainable"] == said.trainable


def test_rows_are_grouped_by_the_modules_that_they_are_in() -> None:
    said = solver.analyze(on_meta(residual.resnet18), (3, 64, 64))
    groups = {group.name: group for group in said.grouped(1)}
    assert (groups["layer1"].kind, groups["conv1"].kind) == ("Sequential", "Conv2d")
    assert {group.name: group.kind for group in said.grouped(2)}["layer1.0"] == "Basic"
    assert sum(group.macs for group in groups.values()) == said.macs  # type: ignore[misc]  # numbers


def test_what_is_not_used_is_said() -> None:
    said = solver.analyze(on_meta(lambda: classic.GoogLeNet(auxiliary=True)), (3, 224, 224))
    assert {one.name for one in said.unused} == {"aux1", "aux2"}
    used = sum(row.parameters for row in said.rows)  # type: ignore[misc]  # numbers
    assert used + sum(one.parameters for one in said.unused) == said.parameters


def test_several_inputs() -> None:
    said = solver.analyze(Two(), (3, 32, 32), (5,))
    assert said.output == Shape((4,))
    assert said.inputs == (Shape((3, 32, 32)), Shape((5,)))
    assert solver.analyze(Two(), ((3, "H", "W"), (5,))).smallest == {"H": 3, "W": 3}
    with pytest.raises(CannotFollow):
        solver.analyze(Two(), (3, 32, 32))


def test_what_divides_the_input_of_a_u_net_is_said() -> None:
    said = solver.analyze(on_meta(segmentation.UNet), (3, "H", "W"))
    assert {"16 | H", "16 | W"} <= set(said.conditions)


PRINTED = {  # what the tools printed when they were run: fvcore 0.1.5, torchinfo 1.8.0, ptflops 0.7.5
    classic.DenseNet121: {"fvcore": 2_865_546_752, "torchinfo": 2_834_246_312},
    classic.GoogLeNet: {"fvcore": 1_504_878_688, "torchinfo": 1_498_391_752},
    mobile.MobileNetV2: {"fvcore": 314_193_216, "torchinfo": 300_809_384},
    mobile.EfficientNetB0: {"fvcore": 401_659_392, "torchinfo": 385_867_108, "ptflops": 410_196_896},
}


@pytest.mark.parametrize("make", PRINTED, ids=lambda make: make.__name__)
def test_a_convention_gives_what_the_tool_printed_for_a_module(make: Any) -> None:
    rows = solver.analyze(on_meta(make), (3, 224, 224)).rows
    assert {tool: counted(rows, CONVENTIONS[tool]).total for tool in PRINTED[make]} == PRINTED[make]


# --- the checks of one network


def checks(network: Any, *shapes: Any) -> dict[str, str]:
    said = solver.analyze(network, *shapes)
    return {f"{check.method} {check.claim}": check.verdict for check in network_checks(network, said)}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (TEXT, (1, 28, 28)),
        ("Conv1d(6, 3, stride=2) MaxPool1d(3, ceil_mode=True) ConvTranspose1d(4, 3, stride=2)", (2, 20)),
        ("Conv2d(4, 3, dilation=2) MaxPool2d(3, 2, dilation=2) ReLU6 AvgPool2d(2)", (2, 24, 25)),
    ],
)
def test_everything_that_is_said_of_a_network_is_verified(text: str, shape: Any) -> None:
    found = checks(read_network(text), shape)
    assert set(found.values()) == {"verified"}
    methods = {"torch", "numel", "flop_counter", "loops", "gradient", "marked", "range"}
    assert {name.split()[0] for name in found} == methods


def test_a_live_module_is_verified() -> None:
    assert set(checks(residual.Basic(8, 8, 1), (8, 12, 12)).values()) == {"verified"}
    assert set(checks(Two(), (3, 8, 8), (5,)).values()) == {"verified"}


def wrong(said: NetworkAnalysis, **facts: Any) -> set[str]:
    """The methods that refute an analysis with facts exchanged."""
    network = said.layers
    return {check.method for check in network_checks(network, replace(said, **facts)) if check.verdict == "refuted"}


def test_whatever_is_wrong_is_found() -> None:
    said = solver.analyze(TEXT, (1, 28, 28))
    assert wrong(said) == set()
    assert wrong(said, outputs=(Shape((11,)),)) == {"torch"}
    assert wrong(said, trainable=9147) == {"numel"}
    assert wrong(said, rows=said.rows[:-1]) >= {"flop_counter"}
    first, *rest = said.rows
    for axis in (AxisField(4, 1, 0), AxisField(5, 1, 1), AxisField(6, 1, 0)):
        row = replace(first, field=(axis, first.field[1]))
        assert wrong(said, rows=(row, *rest)) >= {"gradient", "marked"}


def test_a_layer_that_torch_has_no_module_for_is_not_checked() -> None:
    said = solver.analyze("MultiheadAttention(8, 2)", (5, 8))
    assert "inconclusive" in {check.verdict for check in network_checks(said.layers, said)}


def test_marks_and_gradients_share_no_code_and_agree() -> None:
    network = read_network("Conv2d(3, 3, stride=2, padding=1) MaxPool2d(3, 2, ceil_mode=True)")
    said = solver.analyze(network, (2, 21, 21))
    twin = Twin.of(said.network, ((2, 21, 21),), 0)
    (rows, columns) = twin.gradient("1", (2, 3)) or ()
    lines = [(axis, place) for axis in (0, 1) for place in range(21)]
    marked = [line for line, is_marked in zip(lines, twin.marks("1", (2, 3), lines) or [], strict=True) if is_marked]
    assert marked == [*((0, place) for place in rows), *((1, place) for place in columns)]
