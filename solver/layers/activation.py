"""Activation functions, element by element. One more is one more entry of ACTIVATIONS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import final

from solver.derivation import DoesNotFit
from solver.layers.base import Elementwise

ACTIVATIONS = {
    "ReLU": "relu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "SELU": "selu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Softplus": "softplus",
    "Hardtanh": "hardtanh",
    "ReLU6": "relu6",
    "Identity": "identity",
}
"""torch's name of the layer -> the name of the function."""


@final
@dataclass(frozen=True)
class Activation(Elementwise):
    """x -> s(x) for the activation function s that torch calls by this name."""

    function: str = "ReLU"

    def __post_init__(self) -> None:
        if self.function not in ACTIVATIONS:
            raise DoesNotFit("Activation", {"function": self.function})

    @property
    def kind(self) -> str:
        """torch's name of the layer."""
        return self.function


ReLU = partial(Activation, "ReLU")
Tanh = partial(Activation, "Tanh")
Sigmoid = partial(Activation, "Sigmoid")
