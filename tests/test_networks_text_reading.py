"""Networks as text: reading is total, writing and reading again is the identity, torch runs what is written for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.layers.base import Layer
from solver.layers.composite import Chain, Sum
from solver.layers.repeated import Repeat
from solver.networks.code import write_torch
from solver.networks.text import read_json, read_network, write_json, write_text
from solver.notation.unreadable import Unreadable
from solver.questions import analyze
from tests.strategies import networks

READINGS = [  # text, parameters on 1 x 28 x 28, output
    ("Conv2d(3, 4, bias=False) ReLU AvgPool2d(2) Flatten Linear(4, bias=False)", 48 + 432 * 4, (4,)),
    ("Conv2d(3,4)->ReLU()->Flatten()", 51, (1875,)),
    ("C1: Conv2d(6, 5, padding=2), ReLU,\nS2: MaxPool2d(2, stride=2)", 156, (6, 14, 14)),
    ("Conv2d(1, 3, kernel_size=(4, 4), stride=(1, 1), bias=False)", 48, (3, 25, 25)),
    ("nn.Conv2d(in_channels=1, out_channels=6, kernel_size=5)", 156, (6, 24, 24)),
    ("Flatten Linear(in_features=784, out_features=10, bias=True)", 7850, (10,)),
    ("Conv2d(4, 1) Sum(Conv2d(4, 3, padding=1) ReLU Conv2d(4, 3, padding=1) | Sequential())", 304, (4, 28, 28)),
    ("Concat(Conv2d(4, 1) | Conv2d(2, 3, padding='same'))", 28, (6, 28, 28)),
    ("Repeat(Conv2d(1, 3), 3)", 30, (1, 22, 22)),
    ("Sequential(Conv2d(1, 3) ReLU) MaxPool2d(2)", 10, (1, 13, 13)),
    ("", 0, (1, 28, 28)),
]


@pytest.mark.parametrize(("text", "parameters", "output"), READINGS)
def test_what_a_text_stands_for(text: str, parameters: int, output: tuple[int, ...]) -> None:
    network = read_network(text)
    assert isinstance(network, Layer)
    said = analyze(network, (1, 28, 28))
    assert (said.parameters, said.output) == (parameters, output)


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("Conv2d(3, 4) Relu", "unknown_name", 13),
        ("Conv2d(3, 4", "syntax", 11),
        ("Conv2d(3, 4))", "syntax", 12),
        ("Conv2d(3, 4, colour=3)", "unknown_argument", 0),
        ("ReLU(True, 3)", "unknown_argument", 0),
        ("Conv2d(3, 0)", "bad_argument", 0),
        ("Conv2d(3, 4, bias=1)", "bad_argument", 0),
        ("Conv2d", "missing_argument", 0),
        ("Conv2d(3)", "missing_argument", 0),
        ("Conv2d(3, 4); import os", "bad_character", 12),
        ("Conv2d(99999999999, 4)", "too_many_digits", 7),
        ("Sum(" * 30, "too_deep", 84),
        ("Add", "unknown_name", 0),
        ("ReLU " * 5000, "too_long", 20000),
    ],
)
def test_what_cannot_be_read_says_where(text: str, reason: str, at: int) -> None:
    said = read_network(text)
    assert isinstance(said, Unreadable)
    assert (said.reason, said.at) == (reason, at)


@given(st.text(max_size=80) | st.text("Conv2dReLU()|,=-> 34KS'", max_size=60))
def test_any_text_is_a_network_or_says_why_not(text: str) -> None:
    assert isinstance(read_network(text), Layer | Unreadable)
    assert isinstance(read_json(text), Layer | Unreadable)


@given(networks())
def test_writing_and_reading_again_is_the_identity(network: Any) -> None:
    assert read_network(write_text(network)) == Chain(network.layers)
    assert read_json(write_json(network)) == Chain(network.layers)


def test_names_branches_and_symbols_survive() -> None:
    text = "C1: Conv2d(6, (5, 3), padding='same') Sum(ReLU | Sequential()) Repeat(Conv2d(6, K), L)"
    network: Any = read_network(text)
    assert (network.layers[0].name, type(network.layers[1]), type(network.layers[2])) == ("C1", Sum, Repeat)
    assert read_network(write_text(network)) == network


@given(networks())
def test_torch_runs_the_code_that_is_written_for_it(network: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    try:
        said = analyze(network, (4, 24, 24))
        code = write_torch(network, (4, 24, 24))
    except DoesNotFit:
        assume(False)
    scope: dict[str, Any] = {}
    exec(code, scope)  # our own text, of our own network
    images = torch.zeros(2, 4, 24, 24)  # of a single number torch's GroupNorm takes no mean
    assert tuple(scope["net"].eval()(images).shape[1:]) == said.output
    assert sum(parameter.numel() for parameter in scope["net"].parameters()) == said.parameters
