"""What samples say of a claimed constant: refuted, verified within 5 %, or inconclusive.

Evidence answers one question: how well do the samples fit the claim with its constant multiplied by a factor? From it
follow all three verdicts. A claim is refuted if its own factor, 1, fits badly; it is verified if that does not happen
while the same samples refute 1.05 and 1/1.05; otherwise there were too few samples. So a pass is evidence too.

    chi_square   z^2/(claimed variance) of normal z, summed: exactly chi-square, at any depth and width
    share        B y, where B is 1 with the claimed chance whatever |y|: Hoeffding's bound given |y|
    centre       y, symmetric about the claimed centre: the same bound for signs given the distances from it
    bets         Z >= 0 whose mean, given what came before, is claimed to be 1: wealth of bets against it (Ville)

None of them rests on a limit theorem or estimates a variance, so that heavy tails cannot raise a false alarm. Whole
products over layers are never tested: their mean is real, but no sample shows it (E[R^2] = (1 + 5/n)^L).

    N  number of samples      D  what is observed less what is claimed
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Literal, TypeAlias, final

import torch
from torch import Tensor

from solver.frozen import frozen
from solver.verify.check import Verdict

Measure: TypeAlias = Literal["p", "e"]

FAMILY: Final = 1e-9
"""The chance that any true claim of a suite is refuted."""
WITHIN: Final = 1.05


@final
@frozen(slots=True)
class Evidence:
    """How strongly samples speak against the claim with its constant times a factor: log10 of p, or of an e-value.

    `samples` is their number, `skipped` how many said nothing (a network that had died).
    """

    measure: Measure
    samples: int
    against: Callable[[float], float]
    skipped: int = 0

    @property
    def value(self) -> float:
        """The p or e-value of the claim itself."""
        return float(10.0 ** min(self.against(1.0), 300.0))

    def refutes(self, factor: float, level: float) -> bool:
        """Whether the claim times a factor is refuted at a level."""
        strength = -self.against(factor) if self.measure == "p" else self.against(factor)
        return strength > -math.log10(level)

    def verdict(self, level: float) -> Verdict:
        """What follows at a level for each single claim."""
        if self.refutes(1.0, level):
            return "refuted"
        return "verified" if self.refutes(WITHIN, level) and self.refutes(1 / WITHIN, level) else "inconclusive"


# --- normal samples


def chi_square(squares: Tensor, skipped: int = 0) -> Evidence:
    """z^2/(claimed variance) of independent normal z with mean 0: their sum is chi-square with N degrees of freedom."""
    total, degrees = squares.sum().item(), squares.numel()

    def against(factor: float) -> float:
        half = torch.tensor([degrees / 2, total / (2 * factor)], dtype=torch.float64)
        tails = torch.special.gammainc(half[0], half[1]), torch.special.gammaincc(half[0], half[1])
        return _log10(2 * min(tail.item() for tail in tails))

    return Evidence("p", degrees, against, skipped)


# --- signs and coins, given sizes


def share(sizes: Tensor, chosen: Tensor) -> Evidence:
    """sum of sizes where chosen = half the sum of sizes: P(|D| >= t) <= 2 exp(-2 t^2/sum of sizes^2)."""

    def against(factor: float) -> float:
        observed = (sizes * chosen).sum() - factor / 2 * sizes.sum()
        return _hoeffding(observed.item(), sizes.square().sum().item())

    return Evidence("p", sizes.numel(), against)


def centre(values: Tensor, claimed: float) -> Evidence:
    """Symmetric about the claimed centre; where that is 0, a factor 1 + d stands for d root mean squares from it."""
    scale = values.square().mean().sqrt().item()

    def against(factor: float) -> float:
        apart = values - (claimed * factor if claimed else (factor - 1) * scale)
        return _hoeffding(apart.sum().item(), 4 * apart.square().sum().item())

    return Evidence("p", values.numel(), against)


def _hoeffding(distance: float, squared_ranges: float) -> float:
    """log10 of min(1, 2 exp(-2 D^2/sum of ranges^2))"""
    if squared_ranges == 0:
        return 0.0
    return min(0.0, math.log10(2) - 2 * distance**2 / squared_ranges / math.log(10))


# --- bets


def bets(ratios: Tensor, second: float, skipped: int = 0) -> Evidence:
    """The greatest wealth of bets against E[Z] = 1, half of it on more and half on less, where E[Z^2] = `second`.

        more   product of 1 + a (Z - 1)                           mean 1 if E[Z] <= 1
        less   product of exp(-b Z)/(1 - b + b^2 second/2)        mean at most 1 if E[Z] >= 1

    Each Z counts in its turn, so that it may depend on those before it.
    """
    step = WITHIN - 1
    a, b = min(0.9, step / (second - 1)), step / second
    price = math.log(1 - b + b**2 * second / 2)

    def against(factor: float) -> float:
        z = ratios / factor
        more = torch.log1p(a * (z - 1)).cumsum(0)
        less = (-b * z - price).cumsum(0)
        return float((torch.logaddexp(more, less) - math.log(2)).max().item() / math.log(10))

    return Evidence("e", ratios.numel(), against, skipped)


def _log10(chance: float) -> float:
    return math.log10(min(1.0, chance)) if chance > 0 else -math.inf
