"""Gradients through a residual block: what they are, that wrong steps are caught, and what students write for them."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import KroneckerDelta, S, Sum

from exercises.bank.resblock import EXERCISE
from grader.judge import Marker
from grader.verdict import Slipped, Unreadable, name
from solver import gradients
from solver.derivation import Derived, Rule, walk
from solver.gradients import C, k, m, n, w, x, y
from solver.moments.assumptions import Facts
from solver.notation.bridge import from_sympy
from solver.notation.printing import ascii_text
from solver.symbols import D, indicator
from solver.verify.derivatives import check_step, same
from tests.sources import needing

MARKER = Marker(EXERCISE.canonical())
RIGHT = "sum_k dC/dy_k * 1{y2_k>=0} * (dy1_k/dx_m + delta_{km})"
LATEX = r"\frac{\partial C}{\partial x_m} = \sum_{k=0}^{n} \frac{\partial C}{\partial y_k} \cdot 1\{y_{2,k} \geq 0\}"

TABLE = [  # part, answer, verdict, slip or reason
    ("gradient", RIGHT, "right", ""),
    ("gradient", "dC/dx_m = " + RIGHT, "right", ""),
    ("gradient", f"התשובה היא {RIGHT}", "right", ""),
    ("gradient", "dC/dx_m = sum_k dC/dy_k dy_k/dx_m = " + RIGHT, "right", ""),
    ("gradient", RIGHT.replace("k", "j"), "right", ""),
    ("gradient", RIGHT.replace(">=", ">"), "right", ""),
    ("gradient", RIGHT.replace("1{y2_k>=0}", "relu'(y2_k)"), "right", ""),
    ("gradient", RIGHT.replace("1{y2_k>=0}", "I(y2_k >= 0)"), "right", ""),
    ("gradient", RIGHT.replace("delta_{km}", "1{k=m}"), "right", ""),
    ("gradient", RIGHT.replace("sum_k", "sum_{k=1}^n"), "right", ""),
    ("gradient", RIGHT.replace("dC", "dL"), "right", ""),
    ("gradient", "dC/dy_m 1{y2_m>=0} + sum_k dC/dy_k 1{y2_k>=0} dy1_k/dx_m", "right", ""),
    ("gradient", "∑_k ∂C/∂y_k 1{y2_k≥0} (∂y1_k/∂x_m + δ_km)", "right", ""),
    ("gradient", LATEX + r"\left(\frac{\partial y_{1,k}}{\partial x_m} + \delta_{km}\right)", "right", ""),
    ("gradient", LATEX + r"\frac{\partial y_{1,k}}{\partial x_m}", "slipped", "skip_forgotten"),
    ("gradient", "sum_k dC/dy_k * (dy1_k/dx_m + delta_{km})", "slipped", "indicator_forgotten"),
    ("gradient", "sum_k dC/dy_k * 1{y2_k>=0} * (dy1_k/dx_m + 1)", "slipped", "delta_forgotten"),
    ("gradient", "dC/dy_m * 1{y2_m>=0}", "slipped", "path_forgotten"),
    ("gradient", "sum_k dC/dy_k dy_k/dx_m", "unreadable", "not_worked_out"),
    ("gradient", "dC/dx_m = 3 = 4", "unreadable", "false_link"),
    ("gradient", "dC/dy_m = dC/dy_m 1{y2_m>=0}", "unreadable", "other_quantity"),
    ("gradient", "max(x_m, 0)", "unreadable", "wrong_type"),
    ("gradient", "2 dC/dy_m", "wrong", ""),
    ("dead", "dC/dy_m * 1{y2_m >= 0}", "right", ""),
    ("dead", RIGHT, "right", ""),
    ("dead", "sum_k dC/dy_k 1{y2_k>=0} delta_km", "right", ""),
    ("dead", "dC/dy_m", "slipped", "indicator_forgotten"),
    ("dead", "0", "slipped", "skip_forgotten"),
    ("dead.plain", "0", "right", ""),
    ("dead.plain", "dC/dx_m = 0", "right", ""),
    ("dead.earlier", "sum_m dC/dy_m 1{y2_m>=0} dx_m/dw", "right", ""),
    ("dead.earlier", "dC/dw = sum_k dC/dy_k 1{y2_k>=0} dx_k/dw", "right", ""),
    ("dead.earlier", "sum_m dC/dx_m dx_m/dw", "unreadable", "not_worked_out"),
    ("dead.earlier", "0", "slipped", "skip_forgotten"),
    ("dead.earlier_plain", "0", "right", ""),
    ("bias", "batchnorm", "right", ""),
    ("bias", "relu", "wrong", ""),
    ("batchnorm", "2C", "right", ""),
    ("batchnorm", "4*C", "slipped", "statistics_counted"),
    ("batchnorm.pixels", "2CHW", "right", ""),
    ("shape.down", "128x28x28", "right", ""),
    ("shape.conv", "64x56x56", "right", ""),
]


@pytest.mark.parametrize("part, answer, verdict, why", TABLE)
def test_answers(part, answer, verdict, why):
    said = MARKER.judge(part, answer, {}).verdict
    assert name(said) == verdict, said
    if isinstance(said, Slipped):
        assert why in {slip.name for slips in said.slips for slip in slips}
    if isinstance(said, Unreadable):
        assert said.reason == why


ODD = ["", "sum_k", "1{", "sum_k 1{y2_k", "dC/d", "1{y_k}", "x_m^9", "delta_k", "1/x_m", "δ", "{" * 60, "x_m/2"]


@pytest.mark.parametrize("text", ODD)
def test_any_text_is_judged(text):
    assert name(MARKER.judge("gradient", text, {}).verdict) in ("unreadable", "wrong", "review")


DERIVED = {
    "gradient": gradients.gradient(),
    "plain": gradients.gradient(skip=False),
    "dead": gradients.dead(),
    "dead plain": gradients.dead(skip=False),
    "earlier": gradients.earlier(),
    "earlier plain": gradients.earlier(skip=False),
    "mlp": gradients.of_mlp(),
}


@pytest.mark.parametrize("derivation", DERIVED.values(), ids=DERIVED)
def test_every_step_holds_in_networks_of_its_facts_alone(derivation):
    assert {check_step(step).verdict for step in walk(derivation)} == {"verified"}


def test_the_results():
    held = indicator(y[2, k] >= 0)
    assert gradients.gradient().result == Sum(D(C, y[k]) * held * (D(y[1, k], x[m]) + KroneckerDelta(k, m)), (k, 0, n))
    assert ascii_text(from_sympy(gradients.dead().result)) == "diff(C, y_m)*1{y_{2,m} >= 0}"
    assert gradients.dead(skip=False).result == gradients.earlier(skip=False).result == S.Zero
    assert gradients.earlier().result == Sum(
        D(C, y[m]) * indicator(y[2, m] >= 0) * D(x[m], w), (m, 0, n)
    )
    worked_out: Any = gradients.of_mlp().result
    assert worked_out.atoms(D) == {D(C, y[k])}


SLIPS = sorted(
    {(step.rule.name, slip) for derivation in DERIVED.values() for step in walk(derivation) for slip in step.rule.slips}
)


@pytest.mark.parametrize("rule, slip", SLIPS)
def test_slips_are_refuted(rule, slip):
    """Where a slip changes what a step says, some network tells the two apart."""
    steps = [step for derivation in DERIVED.values() for step in walk(derivation) if step.rule.name == rule]
    changed = []
    for step in steps:
        premises = {of: premise.result for of, premise in step.premises.items()}
        wrong: Rule = step.rule.slips[slip]
        result = wrong.conclude(premises)
        if result != step.result:
            changed.append(check_step(Derived(wrong, step.premises, result)).verdict)
    assert changed and set(changed) == {"refuted"}


def test_not_every_off_diagonal_zero_makes_a_dead_path():
    """The chapter asks for zeros at k != m alone: y_1 = -x has them, and its gradient is 0 with the skip."""
    facts = Facts.among(fact.result for fact in (*gradients.COST, *gradients.BLOCK))
    general: Any = gradients.gradient().result
    diagonal = general.xreplace({D(y[1, k], x[m]): -KroneckerDelta(k, m)})
    assert same(diagonal, S.Zero, facts)
    assert not same(gradients.dead().result, S.Zero, facts)


# --- torch


def test_autograd_agrees():
    pytest.importorskip("torch")
    from solver.verify import torch_gradients

    for derivation in DERIVED.values():
        *_, last = walk(derivation)
        assert torch_gradients.check_step(last).verdict == "verified"
    (step, *_) = [step for step in walk(gradients.gradient()) if step.rule.name == "gradient.linear"]
    wrong = step.rule.slips["skip_forgotten"]
    result = wrong.conclude({of: premise.result for of, premise in step.premises.items()})
    assert torch_gradients.check_step(Derived(wrong, step.premises, result)).verdict == "refuted"


def test_the_whole_gradient_of_the_chapters_block():
    """autograd through the module, against the closed form put in by hand as matrices."""
    torch = pytest.importorskip("torch")
    from solver.verify.torch_gradients import Block

    block = Block(Facts.among(fact.result for fact in (*gradients.COST, *gradients.BLOCK, *gradients.MLP)), 5)
    tensors = block.tensors
    (found,) = torch.autograd.grad(tensors["C"], tensors["x"], retain_graph=True)
    (cost,) = torch.autograd.grad(tensors["C"], tensors["y"], retain_graph=True)
    inner = tensors["v"] @ torch.diag((tensors["h"] > 0).double() * tensors["s"]) @ tensors["u"]
    wanted = (cost * (tensors["y2"] > 0)) @ (inner + torch.eye(4, dtype=torch.float64))
    assert torch.allclose(found, wanted, rtol=1e-12)
    derived = [block.at(gradients.of_mlp().result, {m: place}).item() for place in range(4)]
    assert derived == pytest.approx(found.tolist(), rel=1e-9)


def test_ties():
    """At 0 torch's relu has the derivative 0 and not the 1 of 1{y >= 0}; other spellings of relu have others."""
    pytest.importorskip("torch")
    from solver.verify.torch_gradients import at_a_tie

    assert at_a_tie() == {"relu": 0.0, "clamp": 1.0, "maximum": 0.5, "where": 1.0}


def test_torch_stays_in_its_place():
    assert "verify/torch_gradients.py" in {path.as_posix().split("solver/")[-1] for path in needing("torch")}


def test_blocks_count_as_torch_does():
    """Norms and layers as the chapter's code makes them."""
    nn = pytest.importorskip("torch").nn
    conv, norm = nn.Conv2d(64, 64, 3, padding="same", bias=False), nn.BatchNorm2d(64)
    second, twice = nn.Conv2d(128, 128, 3, padding="same", bias=False), nn.BatchNorm2d(128)
    first = nn.Conv2d(64, 128, 3, padding=1, stride=2, bias=False)
    modules = {
        "mlp": [nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Linear(64, 64)],
        "conv": [conv, norm, conv, norm],
        "down": [first, twice, second, twice, nn.Conv2d(64, 128, 1, stride=2, bias=False)],
    }
    for block, made in modules.items():
        counted = sum(parameter.numel() for module in made for parameter in module.parameters())
        assert MARKER.instance.key(f"parameters.{block}") == counted
