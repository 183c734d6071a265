"""Samples: true claims pass, planted errors are refuted, and neither few samples nor heavy tails raise an alarm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mpmath
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from exercises.bank.ex11_3 import EXERCISE  # noqa: E402  # after the check for torch, which these need
from solver.derivation import fingerprint, walk  # noqa: E402
from solver.verify import simulations as simulated  # noqa: E402
from solver.verify.check import Check  # noqa: E402
from solver.verify.monte_carlo import FAMILY, bets, centre, chi_square, share  # noqa: E402
from solver.verify.records import checks  # noqa: E402
from solver.verify.records import simulated as recorded  # noqa: E402
from solver.verify.simulations import LEVEL, SIMULATIONS, generator, normal, simulate, simulations  # noqa: E402

NAMES = [simulation.name for simulation in SIMULATIONS]


def seeded(seed: int) -> Any:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def run() -> dict[str, Check]:
    return {simulation.name: simulate(simulation) for simulation in SIMULATIONS}


# --- the suite


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_is_verified_and_its_planted_error_refuted(name: str, run: dict[str, Check]) -> None:
    check = run[name]
    assert (check.verdict, check.planted) == ("verified", "refuted")
    assert check.samples > 10_000
    assert check.evidence is not None and check.measure in ("p", "e")


@pytest.mark.parametrize("simulation", SIMULATIONS, ids=NAMES)
def test_a_factor_that_is_too_small_is_refuted_too(simulation: simulated.Simulation) -> None:
    assert simulation.draw(generator(simulation, 3), 1 / 1.05).verdict(LEVEL) == "refuted"


def test_the_level_is_that_of_the_whole_suite() -> None:
    assert pytest.approx(FAMILY) == LEVEL * len(SIMULATIONS) == 1e-9


def test_the_same_seed_draws_the_same_samples() -> None:
    first = SIMULATIONS[1]
    assert simulate(first).evidence == simulate(first).evidence != simulate(first, seed=1).evidence


def test_every_part_of_the_exercise_has_a_simulation() -> None:
    found = {
        part: {simulation.claim for node in walk(key) for simulation in simulations(node)}
        for part, key in EXERCISE.canonical().keys.items()
    }
    assert all(found.values()), found
    assert {claim for claims in found.values() for claim in claims} == {one.claim for one in SIMULATIONS}
    assert len(found["2.1"]) == 3


def test_the_record_is_what_the_suite_says_now(run: dict[str, Check]) -> None:
    """`tirgul verify --record` writes it anew."""
    for key in EXERCISE.canonical().keys.values():
        for node in walk(key):
            counts: dict[str, int] = {}
            for simulation in simulations(node):
                counts[simulation.method] = counts.get(simulation.method, 0) + run[simulation.name].samples
            assert recorded().get(fingerprint(node), {}) == counts
            kept = {check.method: check.samples for check in checks(node) if check.samples}
            assert kept == counts


def test_a_simulation_that_lets_its_planted_error_pass_verifies_nothing() -> None:
    simulation = SIMULATIONS[0]
    blind = replace(simulation, draw=lambda generator, planted: simulation.draw(generator, 1.0))
    assert (simulate(blind).verdict, simulate(blind).planted) == ("inconclusive", "inconclusive")


# --- what each kind of evidence promises


def standard(seed: int, count: int) -> Any:
    return normal(seeded(seed), count)


def coins(seed: int, count: int) -> Sequence[Any]:
    y = standard(seed, count)
    return y.square(), (y > 0).double()


EVIDENCE = {
    "chi_square": lambda seed, count: chi_square(standard(seed, count).square()),
    "share": lambda seed, count: share(*coins(seed, count)),
    "centre": lambda seed, count: centre(standard(seed, count), 0.0),
    "bets": lambda seed, count: bets(standard(seed, count).square(), 3.0),
}


@pytest.mark.parametrize("kind", EVIDENCE)
def test_false_alarms_are_no_more_frequent_than_promised(kind: str) -> None:
    """At .05 a true claim is refuted in 1 of 20 suites at most; 6 deviations of 500 tries are allowed."""
    alarms = sum(EVIDENCE[kind](seed, 400).refutes(1.0, 0.05) for seed in range(500))
    assert alarms <= 500 * 0.05 + 6 * math.sqrt(500 * 0.05 * 0.95)


def test_the_chi_square_level_is_exact() -> None:
    alarms = sum(EVIDENCE["chi_square"](seed, 100).refutes(1.0, 0.2) for seed in range(1500))
    assert abs(alarms - 300) < 6 * math.sqrt(1500 * 0.2 * 0.8)


@pytest.mark.parametrize("kind", EVIDENCE)
def test_few_samples_are_inconclusive(kind: str) -> None:
    assert EVIDENCE[kind](1, 300).verdict(LEVEL) == "inconclusive"


@pytest.mark.parametrize("ratio", [0.95, 0.99, 1.0, 1.02, 1.05])
def test_chi_square_tails_to_all_digits(ratio: float) -> None:
    """torch's incomplete gamma function against mpmath's at 30 digits, at the degrees that are used."""
    degrees = 160_000
    evidence = chi_square(torch.full((degrees,), ratio, dtype=torch.float64))
    with mpmath.workdps(30):
        half, point = mpmath.mpf(degrees) / 2, mpmath.mpf(degrees) * ratio / 2
        tails = (
            mpmath.gammainc(half, 0, point, regularized=True),
            mpmath.gammainc(half, point, mpmath.inf, regularized=True),
        )
        expected = float(mpmath.log10(min(1, 2 * min(tails))))
    assert evidence.against(1.0) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_half_lemma_raises_no_alarm_for_a_law_without_moments() -> None:
    y = torch.empty(200_000, dtype=torch.float64).cauchy_(generator=seeded(5))
    evidence = share(y.square(), (y > 0).double())
    assert evidence.verdict(LEVEL) == "inconclusive"


def test_a_mean_that_is_there_is_not_seen_in_products() -> None:
    """Why the product over layers is not tested: its mean is 1, and thousands of networks have a mean far below."""
    z = torch.ones(20_000, 1, 5, dtype=torch.float64)
    random = seeded(1)
    for _ in range(20):
        weights = math.sqrt(2 / 5) * normal(random, len(z), 5, 5)
        z = torch.relu(z @ weights)
    grown = z.square().sum(dim=(1, 2)) / 5
    assert grown.median() < 1e-3 and 0.3 < (grown == 0).double().mean() < 0.6
