"""Named conventions, against what the counters printed for known networks when they were run."""

from __future__ import annotations

from typing import Any

import pytest

from solver.conventions import CONVENTIONS, counted
from solver.layers import kinds
from solver.layers.composite import Chain, Sum
from solver.questions import analyze

PRINTED = {  # GMACs that the tools printed, on 3 x 224 x 224
    "resnet18": {
        "torchvision": 1.814073,
        "torchinfo": 1.814084,
        "fvcore": 1.819066,
        "ptflops": 1.825314,
        "thop": 1.824034,
    },
    "resnet50": {
        "torchvision": 4.089184,
        "torchinfo": 4.089238,
        "fvcore": 4.111513,
        "ptflops": 4.132437,
        "thop": 4.133743,
    },
    "resnet152": {
        "torchvision": 11.513627,
        "torchinfo": 11.513779,
        "fvcore": 11.558835,
        "ptflops": 11.602640,
        "thop": 11.603945,
    },
    "vgg16": {
        "torchvision": 15.470264,
        "torchinfo": 15.483821,
        "fvcore": 15.470289,
        "ptflops": 15.523226,
        "thop": 15.470314,
    },
}


def resnet(blocks: tuple[int, ...], bottleneck: bool) -> Chain:
    """ResNet of these numbers of blocks, as torchvision builds it."""
    k = kinds()

    def conv(channels: int, size: int, stride: int = 1) -> list[Any]:
        return [k["Conv2d"](channels, size, stride, size // 2, bias=False), k["BatchNorm2d"]()]

    def block(width: int, stride: int, project: bool) -> list[Any]:
        out = 4 * width if bottleneck else width
        if bottleneck:
            inner = [*conv(width, 1), relu, *conv(width, 3, stride), relu, *conv(out, 1)]
        else:
            inner = [*conv(width, 3, stride), relu, *conv(out, 3)]
        skip = Chain(tuple(conv(out, 1, stride))) if project else Chain()
        return [Sum((Chain(tuple(inner)), skip)), relu]

    relu = k["ReLU"]()
    layers = [*conv(64, 7, 2), relu, k["MaxPool2d"](3, 2, 1)]
    for stage, count in enumerate(blocks):
        for index in range(count):
            stride = 2 if stage and not index else 1
            layers += block(64 * 2**stage, stride, not index and (bottleneck or stage > 0))
    return Chain((*layers, k["AdaptiveAvgPool2d"](1), k["Flatten"](), k["Linear"](1000)))


def vgg16() -> Chain:
    """VGG-16 as torchvision builds it."""
    k = kinds()
    layers: list[Any] = []
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [k["Conv2d"](channels, 3, padding=1), k["ReLU"]()]
        layers.append(k["MaxPool2d"](2))
    layers += [k["AdaptiveAvgPool2d"](7), k["Flatten"](), k["Linear"](4096), k["ReLU"](), k["Dropout"]()]
    return Chain((*layers, k["Linear"](4096), k["ReLU"](), k["Dropout"](), k["Linear"](1000)))


NETWORKS = {
    "resnet18": resnet((2, 2, 2, 2), bottleneck=False),
    "resnet50": resnet((3, 4, 6, 3), bottleneck=True),
    "resnet152": resnet((3, 8, 36, 3), bottleneck=True),
    "vgg16": vgg16(),
}


@pytest.mark.parametrize(("network", "tool"), [(net, tool) for net, said in PRINTED.items() for tool in said])
def test_a_convention_gives_what_the_tool_printed(network: str, tool: str) -> None:
    said = counted(analyze(NETWORKS[network], (3, 224, 224)).rows, CONVENTIONS[tool])
    assert said.total == pytest.approx(PRINTED[network][tool] * 10**9, abs=600)


def test_the_difference_is_explained_item_by_item() -> None:
    said = counted(analyze(NETWORKS["resnet50"], (3, 224, 224)).rows, CONVENTIONS["fvcore"])
    assert said.items == {"batch_norm": 22_227_968, "adaptive_pooling": 100_352}
    assert said.total - said.macs == 22_328_320


def test_parameters_are_those_that_are_published() -> None:
    published = {"resnet18": 11_689_512, "resnet50": 25_557_032, "resnet152": 60_192_808, "vgg16": 138_357_544}
    assert {name: analyze(network, (3, 224, 224)).parameters for name, network in NETWORKS.items()} == published
