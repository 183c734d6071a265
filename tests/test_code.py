"""Code as students hand it in: what is right in any of its forms, mistakes by name and line, what earns which share."""

from __future__ import annotations

import ast
import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from exercises.exercise import Exercise, Instance
from exercises.library import BANK, load_file
from grader.judge import judge
from grader.verdict import Judgement, Right, Slipped, Unreadable, Wrong, marks
from tests.rules import bank
from tirgul.cli import tirgul_command

TABLE = Path(__file__).parent / "tables" / "student_code"
LENET = load_file(BANK / "lenet5.py").canonical()
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
LAYERS = (
    "self.c1 = nn.Conv2d(1, 6, 5, padding=2)", "self.c3 = nn.Conv2d(6, 16, 5)", "self.c5 = nn.Conv2d(16, 120, 5)",
    "self.f6 = nn.Linear(120, 84)", "self.out = nn.Linear(84, 10)",
)  # fmt: skip
STEPS = (
    "x = F.max_pool2d(F.relu(self.c1(x)), 2)", "x = F.max_pool2d(F.relu(self.c3(x)), 2)",
    "x = F.relu(self.c5(x)).flatten(1)", "x = F.relu(self.f6(x))", "return self.out(x)",
)  # fmt: skip


def written(*, head: str = "super().__init__()", **changed: str) -> str:
    """LeNet-5 as a student writes it, with some lines changed: `c1` of the constructor, `step1` of forward."""
    names = ("c1", "c3", "c5", "f6", "out")
    layers = [changed.get(name, line) for name, line in zip(names, LAYERS, strict=True)]
    steps = [changed.get(f"step{number}", line) for number, line in enumerate(STEPS, 1)]
    body = "".join(f"        {line}\n" for line in (head, *layers) if line)
    return (
        f"{HEAD}class LeNet5(nn.Module):\n    def __init__(self):\n{body}    def forward(self, x):\n"
        + "".join(f"        {line}\n" for line in steps if line)
    )


def judged(text: str, part: str = "code", instance: Instance = LENET) -> Judgement:
    return judge(instance, part, text)


def slips(judgement: Judgement) -> set[str]:
    assert isinstance(judgement.verdict, Slipped)
    return {slip.name for explanation in judgement.verdict.slips for slip in explanation}


RIGHT = {
    "as in the lesson": written(),
    "pooling before the activation": written(step1="x = F.relu(F.max_pool2d(self.c1(x), (2, 2)))"),
    "the last convolution as a dense layer": written(
        c5="self.c5 = nn.Linear(16 * 5 * 5, 120)", step3="x = torch.relu(self.c5(x.view(x.size(0), -1)))"
    ),
    "with dropout": written(step4="x = F.dropout(F.relu(self.f6(x)), training=self.training)"),
    "Sequential": HEAD + "net = nn.Sequential(nn.Conv2d(1, 6, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2), "
    "nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "
    "nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), "
    "nn.Linear(84, 10))",
    "lower case": written().replace("LeNet5", "lenet5"),
    "padding='same'": written(c1="self.c1 = nn.Conv2d(1, 6, 5, padding='same')"),
    "padded before": written(
        c1="self.c1 = nn.Conv2d(1, 6, 5)", step1="x = F.pad(x, (2, 2, 2, 2))\n        " + STEPS[0]
    ),
    "padded by a layer": written(c1="self.c1 = nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(1, 6, 5))"),
    "more than is asked, by default": written().replace("forward(self, x)", "forward(self, x, shown=False)"),
    "in a fence": f"```python\n{written()}\n```\n",
    "in a fence that stays open": f"~~~\n{written()}",
    "clamp": written(step4="x = self.f6(x).clamp(min=0)"),
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_every_form_of_the_network_is_right(text):
    found = judged(text)
    assert found.verdict == Right()
    assert all(each.met for each in found.requirements)


NOT_RIGHT = {
    "padded with copies": written(
        c1="self.c1 = nn.Conv2d(1, 6, 5)", step1="x = F.pad(x, (2, 2, 2, 2), 'replicate')\n        " + STEPS[0]
    ),
    "padded on one side": written(
        c1="self.c1 = nn.Conv2d(1, 6, 5)", step1="x = F.pad(x, (4, 0, 4, 0))\n        " + STEPS[0]
    ),
}


@pytest.mark.parametrize("text", NOT_RIGHT.values(), ids=NOT_RIGHT)
def test_other_networks_are_not_right(text):
    assert judged(text).verdict != Right()


MISTAKES = {
    "softmax_on_logits": written(step5="return F.softmax(self.out(x), dim=1)"),
    "relu_on_logits": written(step5="return F.relu(self.out(x))"),
    "activation_missing": written(step2="x = F.max_pool2d(self.c3(x), 2)"),
    "other_pooling": written(step1="x = F.avg_pool2d(F.relu(self.c1(x)), 2)"),
    "other_width": written(f6="self.f6 = nn.Linear(120, 80)", out="self.out = nn.Linear(80, 10)"),
    "padding_missing": written(c1="self.c1 = nn.Conv2d(1, 6, 5, padding=0)"),
    "other_activation": written(step4="x = torch.tanh(self.f6(x))"),
    "flatten_missing": written(c5="self.c5 = nn.Linear(400, 120)", step3="x = F.relu(self.c5(x))"),
    "no_super_init": written(head=""),
    "batch_merged": written(step3="x = torch.flatten(F.relu(self.c5(x)))"),
    "layers_in_a_list": written(
        out="self.last = [nn.Linear(84, 10)]", step5="return self.last[0](x)"
    ),
    "unused_layers": written(out="self.out = nn.Linear(84, 10)\n        self.more = nn.Linear(3, 3)"),
}  # fmt: skip


@pytest.mark.parametrize("name, text", MISTAKES.items(), ids=MISTAKES)
def test_mistakes_are_named(name, text):
    found = judged(text)
    assert slips(found) == {name}
    earned = marks(found.verdict, LENET.part("code"))
    assert earned is not None and 0 < earned < LENET.part("code").marks


@pytest.mark.parametrize("c1", ["nn.Conv2d(3, 6, 5)", "nn.Conv2d(1, 8, 5)"])
def test_missing_padding_is_no_cause_of_other_channels(c1):
    found = judged(written(c1=f"self.c1 = {c1}"))
    assert isinstance(found.verdict, Wrong)
    assert [each.name for each in found.requirements] == ["misfit_channels"]


def test_numbers_that_a_view_cannot_hold_are_told():
    fixed = written(c5="self.c5 = nn.Linear(400, 120)", step3="x = F.relu(self.c5(x.view(64, 400)))")
    (required,) = judged(fixed).requirements
    assert (required.name, required.said) == ("misfit_reshape", ("400", "16x5x5", "(64, 400)"))


def test_two_mistakes_are_both_named_and_cost_more_than_one():
    both = judged(written(step2="x = F.max_pool2d(self.c3(x), 2)", step5="return F.softmax(self.out(x), 1)"))
    assert slips(both) == {"activation_missing", "softmax_on_logits"}


def test_what_torch_refuses_is_told_with_its_line():
    found = judged(written(c3="self.c3 = nn.Conv2d(8, 16, 5)"))
    (required,) = found.requirements
    assert (required.name, required.met, required.said) == ("misfit_channels", False, ("c3", "c1", "8", "6"))
    assert found.answer.split("\n")[required.line - 1].strip() == STEPS[1]


def test_a_line_in_a_fence_keeps_its_number():
    found = judged(f"```python\n{written(c3='self.c3 = nn.Conv2d(8, 16, 5)')}\n```")
    assert found.answer.split("\n")[found.requirements[0].line - 1].strip() == STEPS[1]


def test_another_network_earns_what_it_meets():
    found = judged(HEAD + "net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))")
    assert isinstance(found.verdict, Wrong) and 0 < found.verdict.share < 1
    assert {each.name for each in found.requirements if not each.met} == {"parameters", "structure"}


@pytest.mark.parametrize("file", sorted(TABLE.glob("hostile_*.txt")), ids=lambda file: file.stem)
def test_what_is_not_read_costs_nothing(file):
    found = judged(file.read_text(encoding="utf-8"))
    assert isinstance(found.verdict, Unreadable | Right)
    assert marks(found.verdict, LENET.part("code")) in (None, Fraction(LENET.part("code").marks))


# --- at the terminal


def said(*args: str) -> str:
    return CliRunner().invoke(tirgul_command, ["check", "lenet5", "code", *args]).output


@pytest.mark.parametrize("language, why", [("en", "it is a folder"), ("he", "זוהי תיקייה")])
def test_a_folder_is_no_answer(language, why, tmp_path):
    assert why in said(str(tmp_path), "--lang", language)


@pytest.mark.parametrize("language, why", [("en", "not in UTF-8"), ("he", "אינו בקידוד UTF-8")])
def test_a_file_in_another_encoding_says_so(language, why, tmp_path):
    file = tmp_path / "net.py"
    file.write_bytes("# רשת".encode("cp1255"))
    assert why in said(str(file), "--lang", language)


def test_a_notebook_may_be_large(tmp_path):
    file = tmp_path / "net.ipynb"
    picture = {"data": {"image/png": "A" * 2_000_000}, "output_type": "display_data"}
    cell = {"cell_type": "code", "source": [written()], "outputs": [picture]}
    file.write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    assert "6.00 of 6.00" in said(str(file), "--lang", "en")


def test_the_answer_to_code_is_code():
    shown = CliRunner().invoke(tirgul_command, ["solve", "lenet5", "loop", "--lang", "en"]).output
    assert "18440" in shown and "Answer:\nimport torch" in shown


# --- training loops

LOOP = """\
def train(net, loader, eta):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=eta)
    for epoch in range(20):
        for x, y in loader:
            {}
"""
BATCHES = {
    "": "optimizer.zero_grad(); out = net(x); loss = criterion(out, y); loss.backward(); optimizer.step()",
    "no_zero_grad": "loss = criterion(net(x), y); loss.backward(); optimizer.step()",
    "no_step": "optimizer.zero_grad(); loss = criterion(net(x), y); loss.backward()",
    "no_backward": "optimizer.zero_grad(); loss = criterion(net(x), y); optimizer.step()",
    "step_before_backward": "optimizer.zero_grad(); loss = criterion(net(x), y); optimizer.step(); loss.backward()",
    "zero_after_backward": "loss = criterion(net(x), y); loss.backward(); optimizer.zero_grad(); optimizer.step()",
    "softmax_before_cross_entropy": "optimizer.zero_grad(); p = net(x).softmax(1); loss = criterion(p, y); "
    "loss.backward(); optimizer.step()",
    "predictions_in_objective": "optimizer.zero_grad(); p = net(x).argmax(1); loss = criterion(p, y); "
    "loss.backward(); optimizer.step()",
    "arguments_exchanged": "optimizer.zero_grad(); out = net(x); loss = criterion(y, out); loss.backward(); "
    "optimizer.step()",
}


@pytest.mark.parametrize("name, batch", BATCHES.items(), ids=lambda said: said.partition(" ")[0])
def test_training_loops(name, batch):
    found = judged(LOOP.format(batch.replace("; ", "\n            ")), "loop")
    if name:
        assert slips(found) == {name}
    else:
        assert found.verdict == Right()


def test_gradients_zeroed_once_an_epoch_are_not_enough():
    once = LOOP.replace("        for x", "        optimizer.zero_grad()\n        for x")
    found = judged(once.format("criterion(net(x), y).backward(); optimizer.step()"), "loop")
    assert slips(found) == {"zero_grad_outside"}


def loops() -> dict[str, tuple[list[str], str]]:
    """Name -> what is missing of a loop, each with its line, and its code; `right` where nothing is."""
    sections = (TABLE.parent / "training_loops.txt").read_text(encoding="utf-8").split("#### ")[1:]
    heads = [section.split("\n", 1) for section in sections]
    return {head.partition(" -> ")[0]: (head.partition(" -> ")[2].split(), code) for head, code in heads}


@pytest.mark.parametrize("missing, text", loops().values(), ids=loops())
def test_training_loops_of_all_kinds(missing, text):
    found = judged(text, "loop")
    assert [f"{each.name}:{each.line}" for each in found.requirements if not each.met] == (
        [] if missing == ["right"] else missing
    )
    assert (found.verdict == Right()) is (missing == ["right"])


@pytest.mark.parametrize("text", [
    "for x in y:\n" + "".join(f"    a{i} = a{i - 1} + a{i - 1}(1)\n" for i in range(1, 60)) + "    a59.backward()",
    "".join(f"def f{i}(): f{i + 1}(); f{i + 1}()\n" for i in range(40)) + "for x in y: f0(); loss.backward()",
    "for x in y: loss.backward(" + "1+" * 950 + "1)",
])  # fmt: skip
def test_loops_that_blow_up_come_to_an_end(text):
    assert judged(text, "loop").verdict is not None


@pytest.mark.parametrize("text", ["x = 3", "def f(x): return x", "for i in range(3): print(i)"])
def test_code_without_a_loop_says_so(text):
    found = judged(text, "loop")
    assert isinstance(found.verdict, Unreadable) and found.verdict.reason == "code_no_training"


# --- residual blocks

RESBLOCK = load_file(BANK / "resblock.py").canonical()
BLOCK = RESBLOCK.part("code").code.right(RESBLOCK.numbers)  # type: ignore[union-attr]  # a part that asks for code
BLOCKS = {
    "redundant_bias": BLOCK.replace(", bias=False", ""),
    "no_skip": BLOCK.replace("y + x", "y"),
    "activation_before_sum": BLOCK.replace("self.relu(y + x)", "self.relu(y) + x"),
    "activation_missing": BLOCK.replace("self.relu(y + x)", "y + x"),
    "norm_missing": BLOCK.replace("self.bn2(self.conv2(", "(self.conv2("),
    "skip_shrinks": BLOCK.replace("3, padding=1", "3", 1),
    "downsample_missing": BLOCK.replace("in_channels, 3, padding=1", "in_channels, 3, 2, 1", 1),
}


def test_a_scaled_sum_is_another_sum():
    assert judged(BLOCK.replace("y + x", "torch.add(y, x, alpha=0.5)"), "code", RESBLOCK).verdict != Right()
    assert judged(BLOCK.replace("padding=1", "padding='same'"), "code", RESBLOCK).verdict == Right()


@pytest.mark.parametrize("name, text", BLOCKS.items(), ids=BLOCKS)
def test_mistakes_in_blocks_are_named(name, text):
    found = judged(text, "code", RESBLOCK)
    assert slips(found) == {name}
    assert "#" not in str(found.verdict)


def test_model_code_imports_only_what_it_uses():
    asked = [(one, part.code) for one in map(Exercise.canonical, bank()) for part in one.exercise.parts if part.code]
    assert len(asked) >= 3
    for instance, code in asked:
        nodes = list(ast.walk(ast.parse(code.right(instance.numbers))))
        imports = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert {(alias.asname or alias.name).partition(".")[0] for alias in imports} <= used, instance.exercise.id
