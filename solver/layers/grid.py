"""A small tensor whose cells are quantities: exact numbers, or derivations that say how each number came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod
from typing import TypeAlias, cast, final

from solver.derivation import TUPLE, DoesNotFit, Quantity
from solver.frozen import frozen

Nested: TypeAlias = "Quantity | Sequence[Nested]"


def _nearest(position: int, size: int) -> int:
    return min(max(position, 0), size - 1)


def _mirrored(position: int, size: int) -> int:
    return size - 1 - abs(size - 1 - abs(position))


INSIDE: dict[str, Callable[[int, int], int]] = {
    "zeros": _nearest,
    "replicate": _nearest,
    "reflect": _mirrored,
    "circular": lambda position, size: position % size,
}
"""Padding mode -> the place, along an axis, of the cell that a place in the padding repeats."""


def repeated(places: Iterable[int], size: int, mode: str) -> tuple[int, ...]:
    """The cells at places of which some lie in the padding along an axis; zeros are no cells.

    >>> repeated((-2, -1, 0, 1), 5, "reflect"), repeated((-2, -1, 0, 1), 5, "zeros")
    ((2, 1, 0, 1), (0, 1))
    """
    inside = INSIDE[mode]
    return tuple(inside(place, size) for place in places if mode != "zeros" or 0 <= place < size)


@final
@frozen
class Grid:
    """Sizes, channels first, and cells in reading order.

    >>> Grid.of([[1, 2, 3]]).at((0, 2))
    3
    """

    sizes: tuple[int, ...]
    cells: tuple[Quantity, ...]

    def __post_init__(self) -> None:
        if prod(self.sizes) != len(self.cells):
            raise DoesNotFit("grid", {"sizes": self.sizes, "cells": len(self.cells)})

    @staticmethod
    def of(nested: Nested) -> Grid:
        """A grid from lists of lists."""
        if not isinstance(nested, list):
            return Grid((), (cast("Quantity", nested),))
        parts = [Grid.of(part) for part in nested]
        if len({part.sizes for part in parts}) != 1:
            raise DoesNotFit("grid", {"rows": tuple(part.sizes for part in parts)})
        return Grid((len(parts), *parts[0].sizes), tuple(cell for part in parts for cell in part.cells))

    def at(self, place: tuple[int, ...]) -> Quantity:
        """The cell at a place inside the grid."""
        index = 0
        for position, size in zip(place, self.sizes, strict=True):
            index = index * size + position
        return self.cells[index]

    def padded_at(self, place: tuple[int, ...], mode: str) -> Quantity:
        """The cell at a place that may lie in the padding, which is filled as torch's padding mode says."""
        inside = tuple(INSIDE[mode](position, size) for position, size in zip(place, self.sizes, strict=True))
        return self.at(inside) if inside == place or mode != "zeros" else 0

    def places(self) -> Iterator[tuple[int, ...]]:
        """All places in reading order."""
        return product(*map(range, self.sizes))

    def flat(self) -> Quantity:
        """The cells as one tuple."""
        return TUPLE(**{str(index + 1): cell for index, cell in enumerate(self.cells)})
