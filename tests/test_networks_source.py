"""Code that is read and not run: what students hand in, against torch itself, and nothing of it is executed."""

from __future__ import annotations

import ast
import builtins
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.networks.interpreter.natives import fillable, filled
from solver.networks.interpreter.stopped import Broken, Stopped, Unread
from solver.networks.source import CodeNetwork, from_notebook, read_source
from solver.networks.stand_ins.torch_world import is_in_torch_nn

TABLE = Path(__file__).parent / "tables" / "student_code"
FILES = sorted(TABLE.glob("*.txt"))


def expected(path: Path) -> tuple[tuple[int, ...], list[str]]:
    """What a file's first line says: the input's shape, and what becomes of it."""
    said = path.read_bytes().decode().split("\n", 1)[0].lstrip("# ")
    shape, _, outcome = said.partition(" -> ")
    return tuple(map(int, shape.split(","))), outcome.split()


def outcome(code: str, *shape: int) -> CodeNetwork | Stopped:
    try:
        return read_source(code, shape)
    except Stopped as stopped:
        return stopped


def torch_s(code: str, shape: tuple[int, ...]) -> Any:
    """What torch makes of code of our own, run here: its parameters and output, or the exception."""
    import torch

    scope: dict[str, Any] = {"__name__": "handed_in"}
    if "import" not in code:
        scope |= {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}  # a piece: others imported them
    sys.modules["handed_in"] = ModuleType("handed_in")  # dataclasses look for their own
    lines = ["" if line.startswith(("%", "!")) or "= !" in line else line for line in code.split("\n")]
    for statement in ast.parse("\n".join(lines)).body:
        with suppress(ModuleNotFoundError, NameError):  # what stands around the network: data, plots
            exec(compile(ast.Module([statement], []), "handed_in", "exec"), scope)
    made = scope.get("net", scope.get("model"))
    if not isinstance(made, torch.nn.Module):
        kinds = [each for each in scope.values() if isinstance(each, type) and issubclass(each, torch.nn.Module)]
        made = [each for each in kinds if each.__module__ == "handed_in"][-1]()
    with torch.no_grad():
        output = made.eval()(torch.zeros(2, *shape))
    return sum(each.numel() for each in made.parameters()), tuple(output.shape[1:])


def test_the_table_is_long_enough():
    assert len(FILES) >= 170


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_students_hand_in_is_read(path):
    shape, said = expected(path)
    found = outcome(path.read_bytes().decode(), *shape)
    if isinstance(found, CodeNetwork):
        assert said == ["reads"]
    else:
        kind = "breaks" if isinstance(found, Broken) else "unread"
        assert [kind, found.reason, str(found.line)] == said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [path for path in FILES if "reads" in expected(path)[1]], ids=lambda path: path.stem)
def test_what_is_read_is_what_torch_makes(path, capsys):
    pytest.importorskip("torch")
    code, (shape, _) = path.read_bytes().decode(), expected(path)
    if "MARKER" in code:
        code = code[code.index("import torch") :]
    found = outcome(code, *shape)
    assert isinstance(found, CodeNetwork)
    assert (found.parameters, tuple(found.output)) == torch_s(code, shape)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [path for path in FILES if "breaks" in expected(path)[1]], ids=lambda path: path.stem)
def test_what_breaks_breaks_in_torch(path):
    pytest.importorskip("torch")
    shape, _ = expected(path)
    with pytest.raises((RuntimeError, AttributeError, TypeError, NameError, AssertionError, ValueError, IndexError)):
        torch_s(path.read_bytes().decode(), shape)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_executed(path, monkeypatch, tmp_path):
    shape, _ = expected(path)
    code = path.read_bytes().decode()
    monkeypatch.chdir(tmp_path)

    def ran(*args, **named):
        raise AssertionError("executed")

    for owner, name in ((builtins, "eval"), (builtins, "exec"), (os, "system"), (subprocess, "run")):
        monkeypatch.setattr(owner, name, ran)
    outcome(code, *shape)
    assert list(tmp_path.iterdir()) == []


def test_a_mismatch_names_what_made_the_input():
    found = outcome((TABLE / "lenet_wrong_channels.txt").read_text(encoding="utf-8"), 1, 28, 28)
    assert isinstance(found, Broken)
    assert (found.word, found.made_by) == ("conv2", "conv1")
    assert found.misfit.premises["in_channels"] == 8


def test_frozen_parameters_are_counted_apart():
    found = read_source((TABLE / "frozen_parameter_and_buffers.txt").read_text(encoding="utf-8"), (6,))
    assert (found.imported.registered.trainable, found.imported.registered.frozen) == (6, 6)


@pytest.mark.parametrize(
    "said, trainable",
    [
        ("self.first.requires_grad_(False)", 8),
        ("self.first.requires_grad_(requires_grad=False).eval()", 8),
        ("for p in self.first.parameters(): p.requires_grad_(False)", 8),
        ("self.first.bias.requires_grad_(False)", 20),
        ("self.requires_grad_(False)", 0),
        ("self.requires_grad_(False); self.second.requires_grad_()", 7),
        ("self.first.requires_grad_(False); self.first.weight.requires_grad_(True)", 20),
    ],
)
def test_what_is_frozen_by_a_method_is_not_trained(said, trainable):
    code = (
        "import torch\nimport torch.nn as nn\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.first = nn.Linear(2, 6)\n        self.second = nn.Linear(6, 1, bias=True)\n"
        f"        self.bias = nn.Parameter(torch.zeros(1))\n        {said}\n"
        "    def forward(self, x):\n        return self.second(self.first(x)) + self.bias\n"
    )
    registered = read_source(code, (2,)).imported.registered
    assert (registered.trainable, registered.trainable + registered.frozen) == (trainable, 26)


def test_torch_nn_s_names_are_known():
    nn = pytest.importorskip("torch.nn")
    assert [name for name in dir(nn) if name[0] != "_" and not is_in_torch_nn(name)] == []
    assert not any(map(is_in_torch_nn, ("Model", "linear", "Conv2D", "relu", "Chain")))


TEXTS = [("{}-{}", (1, "a")), ("{0}{0:>5}{1:.2f}{{}}", (3, 2.5)), ("{:,}|{:05d}|{:x}", (12345, 42, 255))]


@pytest.mark.parametrize("text, given", TEXTS)
def test_texts_are_filled_as_python_fills_them(text, given):
    assert fillable(text) and filled(text, *given) == text.format(*given)


@pytest.mark.parametrize("text", ["{0.__class__}", "{[0]}", "{!r}", "{0:{1}}", "{"])
def test_texts_that_reach_into_objects_are_not_filled(text):
    assert not fillable(text)


BOMBS = [
    "'%999999999d' % 1", "f'{1:999999999}'", "'{:999999999}'.format(1)", "'x'.replace('', 'y' * 9999)", "10**10**10",
    "1 << 10**9", "[*range(4000)] * 4000",
    "''.join(range(10**9))", "math.prod(range(10**9))", "dict.fromkeys(range(10**9))",
    "[[0] * 2000 for _ in range(2000) for _ in range(2000)]",
]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_fill_the_memory_is_not_computed(bomb):
    found = outcome(f"import math, torch.nn as nn\nwidth = {bomb}\nnet = nn.Linear(width, 3)", 4)
    assert isinstance(found, Unread) and (found.reason, found.line) == ("too_many_steps", 2)


def test_modules_in_a_plain_list_are_not_registered():
    found = outcome((TABLE / "lenet_layers_in_list.txt").read_text(encoding="utf-8"), 1, 28, 28)
    assert isinstance(found, CodeNetwork)
    assert len(found.loose) == 3 and found.parameters == 156 + 2416


def test_lines_are_those_of_the_code():
    found = outcome((TABLE / "lenet_plain.txt").read_text(encoding="utf-8"), 1, 28, 28)
    assert isinstance(found, CodeNetwork)
    assert (found.made["conv2"], found.lines["conv2"]) == (11, 19)


def test_a_notebook_s_cells_are_one_piece_of_code():
    written = {"cell_type": "markdown", "source": []}
    cells = json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, written]})
    assert from_notebook(cells) == "a = 1\nb = 2"
    others = ["%%bash\nfor i in 1 2; do ls; done", "x = (1,\n", "nn.Conv2d?", "net = 1", "def f(:", "plt.plot("]
    cells = json.dumps({"cells": [{"cell_type": "code", "source": [each]} for each in others]})
    assert from_notebook(cells) == "nn.Conv2d?\n\nnet = 1\n\ndef f(:"
    assert from_notebook("{'not': 'a notebook'}") == "{'not': 'a notebook'}"


def test_symbols_may_stand_for_sizes():
    code = (TABLE / "depthwise_separable.txt").read_text(encoding="utf-8")
    found = read_source(code, (3, "H", "W"))
    assert [str(size) for size in found.output] == ["16", "ceil(H/2)", "ceil(W/2)"]


@given(st.text(max_size=200))
def test_any_text_is_read_or_says_why_not(text):
    try:
        read_source(text, (1, 8, 8))
    except Stopped as stopped:
        assert stopped.reason and isinstance(stopped, Unread | Broken)


STATEMENTS = st.sampled_from([
    "self.a = nn.Conv2d(1, 4, 3)", "self.b = nn.Linear(4, 2)", "x = self.a(x)", "x = self.b(x)", "x = x.flatten(1)",
    "x = x + x", "x = F.relu(x)", "y = x.size(0)", "x = x.view(y, -1)", "for i in range(3): x = x * i", "del x",
    "x = torch.cat([x, x], 1)", "return x", "x = x[0]", "x = x / 0", "x = len(x)", "x, y = x", "x.foo()",
    "assert x.dim() == 4", "x = [x for _ in range(3)]", "x = sum([x, x])", "x = x if x else x", "x = -x", "x = None",
])  # fmt: skip


@given(st.lists(STATEMENTS, max_size=8), st.lists(STATEMENTS, max_size=8))
def test_any_statements_are_read_or_say_why_not(init, forward):
    lines = ["import torch, torch.nn as nn", "import torch.nn.functional as F", "class Net(nn.Module):",
             " def __init__(self):", "  super().__init__()", *(f"  {each}" for each in init),
             " def forward(self, x):", "  pass", *(f"  {each}" for each in forward)]  # fmt: skip
    found = outcome("\n".join(lines), 1, 8, 8)
    assert isinstance(found, CodeNetwork | Unread | Broken)
