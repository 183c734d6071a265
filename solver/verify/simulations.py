"""Claims of the exercise on initialisation, asked of torch: modules with random weights, and samples of their outputs.

A simulation belongs to a claim, an equation between what a derivation began from and what it ends in. Its samples are
drawn under just the assumptions of the derivation: weights that are not symmetric where no symmetry is used, inputs
that depend on each other. Each is also run with a planted error, a factor 1.05 that has to be refuted; a simulation
that lets it pass verifies nothing.

    s    a scale that all inputs of a neuron share, so that they depend on each other
    Z    |z_l|^2/|z_(l-1)|^2, the growth of a layer; the unit of replication is a layer of a network, never its neurons
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import sqrt
from time import perf_counter
from typing import Final, TypeAlias, final

import torch
from torch import Generator, Tensor, nn

from solver.derivation import Derivation, Derived
from solver.frozen import frozen
from solver.notation.printing import ascii_text
from solver.values import as_formula
from solver.verify.check import Check
from solver.verify.monte_carlo import FAMILY, WITHIN, Evidence, bets, centre, chi_square, share

Draw: TypeAlias = Callable[[Generator, float], Evidence]
"""Samples from a generator, with a planted factor (1 for none): how they speak of the claim."""

SINGLE: Final = 400_000
NEURONS: Final = 250_000
INPUTS: Final = 16
WIDTH: Final = 5
DEPTH: Final = 5
DEGREES: Final = 160_000


@final
@frozen(slots=True)
class Simulation:
    """How a claim is simulated: the method and the setting, keys of the catalogs, and the samples."""

    claim: tuple[str, str]
    method: str
    setting: str
    draw: Draw

    @property
    def name(self) -> str:
        """What tells a simulation from the others; its samples are drawn from this and a seed."""
        return f"{' = '.join(self.claim)}, {self.setting}"


# --- laws: how torch draws them, and nothing about their moments that is not exact


def normal(generator: Generator, *shape: int) -> Tensor:
    """N(0, 1)"""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(generator: Generator, *shape: int) -> Tensor:
    """U(0, 1)"""
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def exponential(generator: Generator, *shape: int) -> Tensor:
    """Exp(1)"""
    return torch.empty(*shape, dtype=torch.float64).exponential_(generator=generator)


def laplace(generator: Generator, *shape: int) -> Tensor:
    """The difference of two exponential draws."""
    return exponential(generator, *shape) - exponential(generator, *shape)


def student(generator: Generator, *shape: int) -> Tensor:
    """Student's t with 5 degrees of freedom, whose eighth moment is infinite."""
    return normal(generator, *shape) / (normal(generator, 5, *shape).square().mean(0)).sqrt()


SYMMETRIC: Final[dict[str, Callable[..., Tensor]]] = {
    "normal": normal,
    "uniform": lambda generator, *shape: 2 * uniform(generator, *shape) - 1,
    "laplace": laplace,
    "student": student,
}


# --- one neuron


def mean_of_neuron(generator: Generator, planted: float) -> Evidence:
    """v = w x, w uniform on (-1, 1) and x > 0 sharing a scale: v is symmetric about 0."""
    weights = 2 * uniform(generator, SINGLE // 4, INPUTS) - 1
    v = (weights * _shared(generator, SINGLE // 4, uniform)).sum(1)
    return centre(v + (planted - 1) * v.square().mean().sqrt(), 0.0)


def product(generator: Generator, planted: float) -> Evidence:
    """x uniform on (0, 1), y on (0, 2): E[(x y)^k] = 2^k/(k + 1)^2, and the claim's own right side."""
    moments = [Fraction(2**k, (k + 1) ** 2) for k in range(5)]
    mean = moments[1]
    fourth = sum((-mean) ** (4 - k) * chosen * moments[k] for k, chosen in enumerate((1, 4, 6, 4, 1)))
    x, y = (Fraction(1, 2), Fraction(1, 12)), (Fraction(1), Fraction(1, 3))
    claimed = x[0] ** 2 * y[1] + y[0] ** 2 * x[1] + x[1] * y[1]
    drawn = uniform(generator, SINGLE) * 2 * uniform(generator, SINGLE)
    return bets(planted * (drawn - float(mean)).square() / float(claimed), float(fourth / claimed**2))


def variance_of_neuron(inputs: Callable[..., Tensor], second: Fraction, fourth: Fraction) -> Draw:
    """Var(v) for skewed weights, Exp(1) - 1, and inputs s u_i of a given law, by v^2; one value a network.

    E[v^4] = n E[w^4] E[x^4] + 3 n (n - 1) E[w^2]^2 E[x_1^2 x_2^2], whatever E[w^3].
    """
    s2, s4 = Fraction(1 + 4, 2), Fraction(1 + 16, 2)
    w4 = Fraction(9)
    claimed = INPUTS * s2 * second
    v4 = INPUTS * w4 * s4 * fourth + 3 * INPUTS * (INPUTS - 1) * s4 * second**2

    def draw(generator: Generator, planted: float) -> Evidence:
        weights = sqrt(planted) * (exponential(generator, NEURONS, INPUTS) - 1)
        v = (weights * _shared(generator, NEURONS, inputs)).sum(1)
        return bets(v.square() / float(claimed), float(v4 / claimed**2))

    return draw


def _shared(generator: Generator, count: int, inputs: Callable[..., Tensor]) -> Tensor:
    """s u_i, the u_i independent, s = 1 or 2 the same for all inputs of a neuron."""
    scale = 1 + torch.randint(2, (count, 1), generator=generator)
    return scale * inputs(generator, count, INPUTS)


# --- activations of symmetric variables


def half(law: str) -> Draw:
    """E[relu(y)^2] = E[y^2]/2: relu(y)^2 is y^2 for one sign of y and 0 for the other."""

    def draw(generator: Generator, planted: float) -> Evidence:
        y = SYMMETRIC[law](generator, SINGLE)
        x = torch.relu(y)
        return share(y.square(), planted * x.square() / y.square())

    return draw


def relu_mean(generator: Generator, planted: float) -> Evidence:
    """E[relu(y)] = E|y|/2, likewise."""
    y = laplace(generator, SINGLE)
    return share(y.abs(), planted * torch.relu(y) / y.abs())


def odd_mean(function: Callable[[Tensor], Tensor], claimed: float) -> Draw:
    """E[f(y)] of a function that is odd, or odd up to a constant: f(y) is symmetric about it."""

    def draw(generator: Generator, planted: float) -> Evidence:
        values = function(2 * student(generator, SINGLE))
        shift = (planted - 1) * (claimed or values.square().mean().sqrt().item())
        return centre(values + shift, claimed)

    return draw


# --- layers of torch


def layers(width: int, init: Callable[[Tensor, Generator], None], activation: Callable[[Tensor], Tensor]) -> Draw:
    """nn.Linear behind nn.Linear: each pre-activation over its own claimed deviation, given the layer before."""

    def draw(generator: Generator, planted: float) -> Evidence:
        squares: list[Tensor] = []
        skipped = 0
        gain = 2 / width if activation is torch.relu else 1 / width
        with torch.no_grad():
            for _ in range(DEGREES // (width * DEPTH)):
                z = uniform(generator, width)
                for _ in range(DEPTH):
                    layer = nn.Linear(width, width, bias=False, dtype=torch.float64)
                    init(layer.weight, generator)
                    layer.weight *= sqrt(planted)
                    before = z.square().sum()
                    if before == 0:
                        skipped += 1
                        break
                    v = layer(z)
                    squares.append(v.square() / (gain * before))
                    z = activation(v)
        return chi_square(torch.cat(squares), skipped)

    return draw


def growth(generator: Generator, planted: float) -> Evidence:
    """Z = |z_l|^2/|z_(l-1)|^2 through ReLU layers with Var(w) = 2/n: mean 1 and E[Z^2] = 1 + 5/n, given the past."""
    networks = SINGLE // (WIDTH * DEPTH)
    z = uniform(generator, networks, 1, WIDTH)
    ratios: list[Tensor] = []
    for _ in range(DEPTH):
        weights = sqrt(2 * planted / WIDTH) * normal(generator, networks, WIDTH, WIDTH)
        before = z.square().sum(dim=(1, 2))
        z = torch.relu(z @ weights)
        ratios.append(z.square().sum(dim=(1, 2)) / before)
    kept = torch.stack(ratios)
    alive = kept.isfinite()
    return bets(kept[alive], 1 + 5 / WIDTH, int((~alive).sum()))


def _xavier(weight: Tensor, generator: Generator) -> None:
    nn.init.xavier_normal_(weight, generator=generator)


def _kaiming(weight: Tensor, generator: Generator) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


VARIANCE_RELU: Final = ("Var(v)", "n*Var(w_1)*Var(y_1)/2")
KEEPING_RELU: Final = ("Var(w_1)", "2/n")

SIMULATIONS: Final[tuple[Simulation, ...]] = (
    Simulation(("E[v]", "0"), "sign_flip", "shared_scale", mean_of_neuron),
    Simulation(("Var(x*y)", "Var(x)*E[y]^2 + Var(y)*E[x]^2 + Var(x)*Var(y)"), "e_process", "uniform", product),
    Simulation(
        ("Var(v)", "n*Var(w_1)*Var(x_1)"),
        "e_process",
        "skewed_weights",
        variance_of_neuron(SYMMETRIC["uniform"], Fraction(1, 3), Fraction(1, 5)),
    ),
    Simulation(("Var(w_1)", "1/n"), "chi_square", "linear_layers", layers(64, _xavier, lambda v: v)),
    Simulation(("E[sigmoid(y_1)]", "1/2"), "sign_flip", "student", odd_mean(torch.sigmoid, 0.5)),
    Simulation(("E[tanh(y_1)]", "0"), "sign_flip", "student", odd_mean(torch.tanh, 0.0)),
    Simulation(("E[relu(y_1)]", "E[abs(y_1)]/2"), "sign_flip", "laplace", relu_mean),
    Simulation(
        ("Var(v)", "n*Var(w_1)*E[x_1^2]"),
        "e_process",
        "skewed_weights",
        variance_of_neuron(uniform, Fraction(1, 3), Fraction(1, 5)),
    ),
    *(Simulation(VARIANCE_RELU, "sign_flip", law, half(law)) for law in SYMMETRIC),
    Simulation(KEEPING_RELU, "chi_square", "relu_layers", layers(64, _kaiming, torch.relu)),
    Simulation(KEEPING_RELU, "e_process", "growth", growth),
)

LEVEL: Final = FAMILY / len(SIMULATIONS)


# --- running them


def simulations(node: Derived) -> Sequence[Simulation]:
    """The simulations of what a derivation began from and has come to."""
    claim = claimed(node)
    return [simulation for simulation in SIMULATIONS if simulation.claim == claim]


def claimed(node: Derived) -> tuple[str, str]:
    """The equation that a step ends in: the first expression of its chain, or the unknown, and the result."""
    start: Derivation = node
    while isinstance(start, Derived) and start.rule.assumes is not None:
        following = start.premises.get("expression", start.premises.get("unknown"))
        if following is None:
            break
        start = following
    return ascii_text(as_formula(start.result)), ascii_text(as_formula(node.result))


def simulate(simulation: Simulation, seed: int = 0) -> Check:
    """Runs a simulation, and once more with a planted error; what does not refute that is inconclusive."""
    started = perf_counter()
    with _one_thread():
        found = simulation.draw(generator(simulation, seed), 1.0)
        planted = simulation.draw(generator(simulation, seed, planted=True), WITHIN).refutes(1.0, LEVEL)
    verdict = found.verdict(LEVEL)
    if not planted and verdict == "verified":
        verdict = "inconclusive"
    return Check(
        claim=" = ".join(simulation.claim),
        method=simulation.method,
        verdict=verdict,
        seconds=perf_counter() - started,
        setting=simulation.setting,
        samples=found.samples,
        skipped=found.skipped,
        measure=found.measure,
        evidence=found.value,
        planted="refuted" if planted else "inconclusive",
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small layers gain nothing from more threads, and sums come out the same to the last digit on any machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def generator(simulation: Simulation, seed: int, *, planted: bool = False) -> Generator:
    """Random numbers of a simulation's own: the same whenever it runs, and others with an error planted."""
    number = SIMULATIONS.index(simulation) if simulation in SIMULATIONS else len(SIMULATIONS)
    return torch.Generator().manual_seed(1_000_003 * seed + 2 * number + planted)
