"""What is known of one number of a signal, how far it holds, and what a layer does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias, final

import numpy as np
import sympy
from sympy import Expr
from sympy.core.function import AppliedUndef

from solver.frozen import frozen
from solver.moments.activations import ActivationMoments, NoMoments

Label: TypeAlias = Literal["exact", "mean field", "numeric"]
LABELS: tuple[Label, ...] = ("exact", "mean field", "numeric")
Triple: TypeAlias = "tuple[Expr, Expr, Expr]"

DIGITS = 15
MOST_OPERATIONS = 40
"""A number that takes more operations to write than this is given by its digits."""

ASSUMPTIONS = {
    "weights_centred": "weights have mean 0, are uncorrelated and independent of the layer's input",
    "weights_symmetric": "turning the sign of a row of weights does not change their law",
    "no_atom": "no pre-activation is exactly where the derivative jumps",
    "gaussian": "wide layers: pre-activations are normal",
    "gradients_independent": "wide layers: a gradient that comes back through weights is independent of what it meets",
    "slopes_independent": "slopes that meet at one unit, with no weights between, are taken to be independent",
    "branches_independent": "what meets in a sum or a product is independent",
    "positions_independent": "positions under a window are independent",
    "interior": "no window reaches into the padding",
    "batch_statistics": "normalised by the statistics of the data, epsilon left out",
    "dropout_on": "as in training",
    "taken_as_normal": "a law that is not followed is taken to be normal with its mean and variance",
    "weights_reused": "the same weights are used again, as if they were others",
    "biases_zero": "biases are 0",
    "overlap": "a number is in as many windows as one far from the border",
    "unknown": "moments that are not known have a symbol",
    "input": "the input is centred, with the second moment that is given",
}
"""What a result may rest on, by the name that catalogs know it by."""


def worse(*labels: Label) -> Label:
    """The weakest of several labels."""
    return max(labels, key=LABELS.index, default="exact")


def tidy(value: Any) -> Expr:
    """A number that is long to write as its digits; anything else as it is."""
    value = sympy.sympify(value)
    if not value.is_number or value.is_Rational or value.is_Float:
        return value
    if value.has(sympy.Float):
        return value.evalf(DIGITS)
    return value.evalf(DIGITS + 5) if value.count_ops() > MOST_OPERATIONS else value


def ratio(top: Expr, bottom: Expr) -> Expr:
    """top/bottom, cancelled where that does not take long: products of sizes and variances, short numbers."""
    quotient = top / bottom
    if quotient.count_ops() > 2 * MOST_OPERATIONS:
        return tidy(quotient)
    plain = all(isinstance(function, AppliedUndef) for function in quotient.atoms(sympy.Function))
    whole = all(power.exp.is_Integer for power in quotient.atoms(sympy.Pow))
    simple = quotient.is_number or (plain and whole)
    return tidy(sympy.factor_terms(sympy.cancel(quotient)) if simple else sympy.powsimp(quotient))


# --- what is known of one number of a signal


@final
@frozen(eq=False)
class Image:
    """The law of s(y), y ~ N(0, q)."""

    activation: ActivationMoments
    variance: Expr


@final
@frozen(eq=False)
class Nodes:
    """A law as weighted points."""

    values: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]


@final
@frozen(eq=False)
class Law:
    """The law of base + N(0, spread), the two independent; without a base it is normal."""

    base: Image | Nodes | None
    spread: Expr


@final
@frozen(eq=False)
class State:
    """What is known of one number of a signal.

    fresh    weights whose sign turns the sign of the signal: where there are any, it is symmetric at every width
    rests    all weights that it depends on
    sources  the weighted sums that it is a function of: where layers are wide, signals with none in common are
             independent
    law      its law where layers are wide; None where it is not followed
    label    how far `second` holds
    """

    mean: Expr
    second: Expr
    law: Law | None = None
    fresh: frozenset[int] = frozenset()
    rests: frozenset[int] = frozenset()
    sources: frozenset[int] = frozenset()
    nonnegative: bool = False
    label: Label = "exact"
    assumptions: tuple[str, ...] = ()

    @property
    def variance(self) -> Expr:
        """E[x^2] - E[x]^2"""
        return self.second - self.mean**2

    def now(self, label: Label = "exact", *assumptions: str, **changes: Any) -> State:
        """The state with changes, its label no better than this one."""
        said = tuple(dict.fromkeys((*self.assumptions, *assumptions)))
        if "second" in changes:
            changes["second"] = tidy(changes["second"])
        return replace(self, label=worse(self.label, label), assumptions=said, **changes)


@final
@frozen(eq=False)
class Weights:
    """The weights of a layer: how many terms a sum has, how many sums a number is in, their variance.

    number   the layer's among those with weights, as in Var(w_1)      use   another each time that they are used
    """

    fan_in: Expr
    fan_out: Expr
    variance: Expr
    bias_variance: Expr
    torch: Expr | None = None
    number: int = 0
    use: int = 0


# --- what happens to one number of an input, for gradients that come back to it


@final
@frozen(eq=False)
class Slope:
    """s(x): slopes s'(x), for x of a law."""

    activation: ActivationMoments
    law: Law | None


@final
@frozen(eq=False)
class Largest:
    """The largest of k numbers of a law, of which x is one: slope 1 if it is, and 0 otherwise."""

    count: Expr
    law: Law | None


@final
@frozen(eq=False)
class Noise:
    """x + N(0, spread)"""

    spread: Expr


@final
@frozen(eq=False)
class Factor:
    """(x - shift) times"""

    times: Expr
    shift: Expr = sympy.S.Zero


@final
@frozen(eq=False)
class Unfollowed:
    """What comes of x is not known; `varies` says whether the slope depends on x."""

    varies: bool = False


Passing: TypeAlias = Slope | Largest | Noise | Factor | Unfollowed


@final
@frozen(eq=False)
class Step:
    """What a rule says of a layer: the state after it, and the gain of gradients to each of its inputs.

    passing     what comes of a number of each input; none where it stays what it is
    averages    gradients that come back are sums over many units: they do not depend on the number

    Where a layer is not followed, its state has symbols and `reason` says why.
    """

    state: State
    back: tuple[Expr | None, ...]
    back_label: Label = "exact"
    back_assumptions: tuple[str, ...] = ()
    weights: Weights | None = None
    reason: NoMoments | None = None
    passing: tuple[Passing, ...] = ()
    averages: bool = False
