"""`tirgul init`: what it says of networks, as tables and as data; numbers against closed forms and simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from solver import moments
from solver.moments import propagation
from tirgul.commands.init import command

MLP = "Linear(n) ReLU Linear(n) ReLU Linear(n)"
MODULES = """
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu, self.Z1, self.bn, self.Z2 = nn.ReLU(), nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 8)

    def forward(self, X):
        return self.relu(self.Z2(self.relu(self.bn(self.Z1(X)))) + X)

def block():
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), Block())

def grouped():
    return nn.Sequential(nn.Conv2d(8, 48, 3, groups=4), nn.ReLU())
"""


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == code, done.output
    return done.output


def data(*arguments: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(run(*arguments, "--json", "--lang", "en"))
    assert said["schema"] == "tirgul/init/1"
    return said


def test_every_scheme_is_offered():
    assert tuple(propagation.SCHEMES) == moments.SCHEMES


def test_a_relu_network_in_symbols():
    said = data(MLP, "--input", "n")
    first, rectified, *_, last = said["layers"]
    assert (first["fan_in"]["formula"], first["forward"]["formula"]) == ("n", "n*Var(w_1)")
    assert (first["recommended"]["scheme"], first["recommended"]["variance"]["formula"]) == ("he", "2/n")
    assert last["recommended"]["scheme"] == "lecun" and last["schemes"]["xavier"]["formula"] == "1/n"
    assert first["torch"]["gain"]["value"] == pytest.approx(1 / 6) and rectified["torch"] is None
    assert {row["label"] for row in said["layers"]} == {"exact"} and first["width"] == "any"
    total = said["total"]
    assert total["symbols"]["forward"]["formula"] == "n^3*Var(w_1)*Var(w_2)*Var(w_3)/4"
    assert total["recommended"]["forward"]["value"] == 1
    assert total["torch"]["forward"]["value"] == pytest.approx(1 / 108)
    assert said["edge_of_chaos"]["relu"][0]["weights"]["value"] == 2


def test_what_torch_costs_is_what_torch_loses():
    """Two ReLU layers with torch's own default, simulated with NumPy: 1/6 each, the read-out 1/3."""
    said = data("Linear(300) ReLU Linear(300) ReLU Linear(300)", "--input", "300")
    random, nets = np.random.default_rng(7), 60
    bound = 300**-0.5
    squares = []
    for _ in range(nets):
        x = random.standard_normal(300)
        start = np.mean(x**2)
        for layer in range(3):
            x = x @ random.uniform(-bound, bound, (300, 300))
            x = np.maximum(x, 0) if layer < 2 else x
        squares.append(np.mean(x**2) / start)
    error = np.std(squares) / nets**0.5
    assert abs(np.mean(squares) - said["total"]["torch"]["forward"]["value"]) < 6 * error


def test_residual_modules(tmp_path: Path):
    """The chapter's block behind relu(g): 1.6812... where what it adds is as large as what comes in."""
    pytest.importorskip("torch")
    file = tmp_path / "modules.py"
    file.write_text(MODULES, encoding="utf-8")
    recommended = data(f"{file}:block", "--input", "8")
    assert recommended["total"]["recommended"]["forward"]["value"] == pytest.approx(1.68120916502, abs=1e-10)
    schemes = [row["recommended"]["scheme"] for row in recommended["layers"] if row["recommended"]]
    assert schemes == ["he", "any", "residual"]
    (conv, _) = data(f"{file}:grouped", "--input", "8,10,10")["layers"]
    assert (conv["fan_in"]["value"], conv["fan_out"]["value"]) == (18, 108)


def test_the_edge_of_chaos_is_that_of_the_layers_own_slope():
    said = data("Linear(n) LeakyReLU(0.5) Linear(n)", "--input", "n")
    assert said["edge_of_chaos"]["leaky_relu"][0]["weights"]["formula"] == "8/5"


def test_fixup_of_blocks():
    block = "Sum(ReLU Linear(8) ReLU Linear(8) | Identity)"
    said = data(" ".join(["Linear(8)", *[block] * 4]), "--input", "8")
    assert said["fixup"]["blocks"] == 4 and said["fixup"]["layers"] == 2
    assert said["fixup"]["factor"]["value"] == pytest.approx(1 / 2)


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_table_is_told_in_both_languages(language):
    network = "Conv2d(6, 5) Tanh MaxPool2d(2) Flatten Linear(12) Tanh Linear(10) Softmax"
    said = run(network, "--input", "1,12,12", "--lang", language)
    assert "1.76095" in said and "Softmax" in said
    assert ("torch" in said) and (("שדה ממוצע" if language == "he" else "mean field") in said)
    assert "None" not in said and "%" not in said
    assert ("עד Linear" if language == "he" else "up to Linear") in said
    alone = run("MultiheadAttention(8, 2)", "--input", "5,8", "--lang", language)
    assert ("אף שכבה" if language == "he" else "no layer is followed") in alone and "LeCun" not in alone


def test_what_cannot_be_is_said():
    for arguments in (("Blob(3)", "--input", "4"), ("Conv2d(3, 9)", "--input", "1,4,4"), ("Linear(3)", "--input", "0")):
        assert "Traceback" not in run(*arguments, code=2)
