"""Claims about residual blocks that are settled with numbers: what cancels a bias, what computes the identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from solver.derivation import formula, law
from solver.values import Value

MEAN_TAKEN_OUT: Final = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm2d", "LayerNorm")
"""Layers that subtract from each number a mean to which a bias is added too."""


def _all_cancel(premises: Mapping[str, Value]) -> Value:
    """Whether each of the layers gives the same where a number is added to all that it reads."""
    return all(kind in MEAN_TAKEN_OUT for kind in premises)


_SOURCE: Final = "Ioffe & Szegedy 2015, Batch normalization, section 3.2"
BIAS_CANCELLED: Final = law("bias.cancelled", _all_cancel, source=_SOURCE)
"""Its premises are named after kinds of layers."""

IDENTITY: Final = formula(
    "block.identity",
    "max(0, s*x + g*u) = x",
    source="He et al. 2016, Deep residual learning, section 3.2",
)
"""Whether a block gives back x >= 0: s is 1 with a skip, u what its path gives, g the path's last scale."""
