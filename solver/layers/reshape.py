"""Layers that only arrange numbers anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from solver.derivation import Quantity, component, formula, rank
from solver.derivation import shape as shape_of
from solver.layers.base import Elementwise

FLATTENED = {
    rank: formula("flatten.features", "*".join(sizes), symbol="D", channels_not_flattened="*".join(sizes[1:]))
    for rank, sizes in {2: ("C", "D"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}.items()
}


@final
@dataclass(frozen=True)
class Flatten(Elementwise):
    """(C, H, W) -> (C H W,): the same numbers in one row."""

    def output(self, shape: Quantity) -> Quantity:
        axes = rank(shape)
        if axes == 1:
            return shape
        names = {2: ("C", "D"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}[axes]
        sizes = {name: component(shape, axis) for axis, name in enumerate(names)}
        return shape_of({"D": FLATTENED[axes](self.name, **sizes)}, self.name)
