"""Laws of normal variables: right by integration, and every slip and every law applied elsewhere is refuted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sympy
from sympy import Derivative, Symbol, exp, sin, tanh

from solver.derivation import Derived, DoesNotFit
from solver.moments.assumptions import Normal, Symmetric, about, assume
from solver.moments.derive import apply
from solver.moments.derive import given as begin
from solver.moments.laws import rewriting
from solver.moments.normal import NORMAL_LAWS, PRICE, STEIN, TRUNCATED
from solver.symbols import Cov, E, Var, family, relu
from solver.verify.law_checks import check_step

y = family("y")
NORMAL = about(Normal, "y")
COVARIANCE = Cov(y[1], y[2])

APPLIED = {  # expression, what it becomes, whether the check is a proof
    "fourth moment": (STEIN, E(y[1] ** 4), 3 * Var(y[1]) * E(y[1] ** 2), True),
    "square": (STEIN, E(y[1] ** 2), Var(y[1]), True),
    "tanh": (STEIN, E(y[1] * tanh(y[1])), Var(y[1]) * E(1 - tanh(y[1]) ** 2), False),
    "exponential": (STEIN, E(y[1] * exp(y[1])), Var(y[1]) * E(exp(y[1])), False),
    "sines": (PRICE, Derivative(E(sin(y[1]) * sin(y[2])), COVARIANCE), E(sympy.cos(y[1]) * sympy.cos(y[2])), False),
    "relu": (TRUNCATED, E(relu(y[1])), sympy.sqrt(Var(y[1]) / (2 * sympy.pi)), True),
    "relu squared": (TRUNCATED, E(relu(y[1]) ** 2), Var(y[1]) / 2, True),
    "relu cubed": (TRUNCATED, 1 + E(relu(y[1]) ** 3), 1 + sympy.sqrt(2 * Var(y[1]) ** 3 / sympy.pi), True),
}


def applied(name: str) -> Derived:
    law, expr, _, _ = APPLIED[name]
    return apply(law, begin(expr), assume(*NORMAL, *about(Symmetric, "y")))


@pytest.mark.parametrize("name", APPLIED)
def test_each_law_is_right_and_its_check_says_whether_that_is_proved(name: str) -> None:
    step, (_, _, wanted, proved) = applied(name), APPLIED[name]
    assert sympy.simplify(step.result - wanted) == 0
    check = check_step(step)
    assert check.verdict == "verified"
    assert (check.method, check.because) == (("integrals", "integrated") if proved else ("integrals_evidence", ""))


@pytest.mark.parametrize("name", APPLIED)
def test_each_law_declares_that_it_assumes_normal_variables(name: str) -> None:
    law, expr, _, _ = APPLIED[name]
    step = applied(name)
    assert [one.result for one in step.premises.values() if one is not step.premises["expression"]] == list(NORMAL)
    with pytest.raises(DoesNotFit):
        apply(law, begin(expr), assume(*about(Symmetric, "y")))


@pytest.mark.parametrize(
    ("name", "slip"), [(name, slip) for name in APPLIED for slip in APPLIED[name][0].slips], ids=lambda one: str(one)
)
def test_every_slip_is_refuted(name: str, slip: str) -> None:
    step = applied(name)
    wrong: Any = step.rule.slips[slip].conclude({key: node.result for key, node in step.premises.items()})
    assert wrong != step.result
    assert check_step(replace(step, result=wrong)).verdict == "refuted"


def test_a_constant_that_is_slightly_wrong_is_refuted() -> None:
    step = applied("tanh")
    off = step.result * (1 + sympy.Rational(1, 10**12))
    assert check_step(replace(step, result=off)).verdict == "refuted"


def test_what_cannot_be_integrated_is_inconclusive() -> None:
    law = rewriting("moments.stein", lambda expr, facts: expr + 1 if facts.normal("y") else expr, assumes=("normal",))
    step = apply(law, begin(E(relu(y[1]) * tanh(y[1]))), assume(*NORMAL))
    assert check_step(step).verdict == "inconclusive"


def test_laws_leave_other_variables_alone() -> None:
    w = family("w")
    for law in NORMAL_LAWS:
        for expr in (E(w[1] * tanh(w[1])), E(relu(w[1])), E(y[1] * w[1]), Derivative(E(w[1] * w[2]), Cov(w[1], w[2]))):
            assert law(expression=expr, **{str(fact): fact for fact in NORMAL}) == expr
    assert Symbol("y") in NORMAL[0].args
