"""Moments: random variables and what follows for E, Var and Cov.

    assumptions   what is assumed of random variables, as premises of a derivation
    laws          what expectation and variance obey: each law a rule with its slips
    derive        chains of laws, each step with the assumptions that it rests on
    neuron        the results of the exercise on initialisation
    activations   E[s(y)], E[s(y)^2], E[s'(y)^2] of activations, y ~ N(0, q)
    propagation   how second moments pass through a network, forward and backward; schemes of initialisation
    seed          the chapter's five layers, exactly

SymPy is loaded by these modules, so this one offers the questions of the public vocabulary without loading them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_OFFERED = {
    "activation_moments": "activations",
    "propagate": "propagation",
    "scheme": "propagation",
    "fixup": "propagation",
    "edge_of_chaos": "propagation",
    "seed_example": "seed",
}

SCHEMES = ("lecun", "xavier", "he", "he_fan_out", "torch")
"""The names of the schemes; their equations are in `propagation.SCHEMES`."""


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_OFFERED[name]}"), name)
