"""The published table of receptive fields, from networks of our own writing.

Araujo, Norris & Sim 2019, Computing receptive fields of convolutional neural networks (Distill), and the table of their
library, github.com/google-research/receptive_field.
"""

from __future__ import annotations

from typing import Any

import pytest

from solver.fields import misalignments, unit_field
from solver.layers.base import Layer
from solver.questions import analyze, receptive_field
from tests.networks import fields

PUBLISHED: list[tuple[str, Layer, int, int]] = [
    ("alexnet_v2", fields.alexnet_v2(), 195, 32),
    ("vgg_16", fields.vgg_16(), 212, 32),
    ("inception_v2", fields.inception_v2(), 699, 32),
    ("inception_v3", fields.inception_v3(), 1311, 32),
    ("inception_v4", fields.inception_v4(), 2071, 32),
    ("inception_resnet_v2", fields.inception_resnet_v2(), 3039, 32),
    ("mobilenet_v1", fields.mobilenet_v1(), 315, 32),
    ("resnet_v1_50", fields.resnet_v1((3, 4, 6, 3)), 483, 32),
    ("resnet_v1_101", fields.resnet_v1((3, 4, 23, 3)), 1027, 32),
    ("resnet_v1_152", fields.resnet_v1((3, 8, 36, 3)), 1507, 32),
    ("resnet_v1_200", fields.resnet_v1((3, 24, 36, 3)), 1763, 32),
]

published = pytest.mark.parametrize(("name", "network", "size", "stride"), PUBLISHED, ids=[row[0] for row in PUBLISHED])


@published
def test_fields_and_strides_are_those_that_are_published(name: str, network: Layer, size: int, stride: int) -> None:
    assert receptive_field(network) == (size, size)
    assert [axis.jump for axis in analyze(network, (1, 321, 321)).field] == [stride, stride]


@pytest.mark.parametrize(
    ("name", "padding"),
    [("alexnet_v2", 64), ("vgg_16", 90), ("inception_v3", 618), ("inception_v4", 998), ("inception_resnet_v2", 1482)],
)
def test_so_is_the_padding_where_no_stride_meets_an_even_size(name: str, padding: int) -> None:
    network = next(row[1] for row in PUBLISHED if row[0] == name)
    (axis, _) = analyze(network, (1, 320, 320)).field
    assert axis.start == -padding


@published
def test_their_paths_are_aligned(name: str, network: Layer, size: int, stride: int) -> None:
    assert misalignments(network, (1, 321, 321)) == ()


@pytest.mark.parametrize("name", ["alexnet_v2", "inception_v2", "mobilenet_v1"])
def test_pixels_marked_one_by_one_say_the_same(name: str) -> None:
    network, size = next((row[1], row[2]) for row in PUBLISHED if row[0] == name)
    side = size + 96
    one: Any = unit_field(network, (1, side, side))
    assert one.clipped == one.box
    assert [len(axis) for axis in one.box] == [size, size]
