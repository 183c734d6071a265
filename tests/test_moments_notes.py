"""The notes of 11.3 as theorems: against simulation, enumeration and the exact propagation of the mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from solver.derivation import Derived, exact, walk
from solver.layers.activation import ReLU
from solver.layers.composite import Chain
from solver.layers.dense import Linear
from solver.moments.notes import dead_networks, notes, spread
from solver.moments.propagation import propagate
from solver.verify.steps import verify_step


@pytest.mark.parametrize("note", notes().values(), ids=notes())
def test_every_step_is_verified_and_no_slip_is(note):
    for step in walk(note):
        assert verify_step(step).verdict == "verified"
        for slip in step.rule.slips.values():
            wrong = slip.conclude({name: premise.result for name, premise in step.premises.items()})
            assert verify_step(Derived(step.rule, step.premises, wrong)).verdict == "refuted"


@pytest.mark.parametrize("width, depth", [(1, 1), (3, 4), (5, 20), (64, 3)])
def test_the_spread_in_closed_form(width, depth):
    assert spread(width, depth).result == (1 + Fraction(5, width)) ** depth


def test_the_mean_stays_and_one_network_does_not():
    """E[R] = 1 exactly; E[R^2] and the share of dead networks as simulated, two layers of width 5."""
    table = propagate(Chain((Linear(5), ReLU()) * 2), (5,), "he")
    assert (table.forward, table.label) == (1, "exact")
    random, nets = np.random.default_rng(11), 200_000
    x = np.ones((nets, 5)) / np.sqrt(5)
    for _ in range(2):
        x = np.maximum(np.einsum("ai,aij->aj", x, random.standard_normal((nets, 5, 5)) * np.sqrt(2 / 5)), 0)
    squared = (x**2).sum(axis=1) ** 2
    assert abs(squared.mean() - float(exact(spread(5, 2).result))) < 6 * squared.std() / np.sqrt(nets)
    share, wanted = (squared == 0).mean(), float(exact(dead_networks(5, 2).result))
    assert abs(share - wanted) < 6 * np.sqrt(wanted / nets)


def test_dead_networks_of_the_chapter():
    """Nearly half of those with 20 layers of width 5."""
    assert float(exact(dead_networks(5, 20).result)) == pytest.approx(0.47005, abs=1e-5)
    assert float(exact(dead_networks(5, 5).result)) == pytest.approx(0.1468, abs=1e-4)
