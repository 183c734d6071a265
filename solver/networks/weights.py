"""The parameters that a network has registered, and which of them have been used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from solver.networks.walk import Ghost


@final
@dataclass(slots=True)
class Weights:
    """The parameters that a network has registered, and which of them have been used.

    What code computes from parameters alone rests on them: the sum of two is learned, and counts as both.
    """

    owners: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Parameter, by its id -> its name and how many numbers it has."""
    used: set[int] = field(default_factory=set)
    made: dict[int, tuple[Any, frozenset[int]]] = field(default_factory=dict)
    """Tensor computed from parameters, by its id -> itself, that it stays, and the parameters that it rests on."""
    signals: dict[int, Ghost] = field(default_factory=dict)
    """Tensor computed from parameters at a cost, by its id -> the signal that stands for it."""

    def sources(self, tensor: Any) -> frozenset[int]:
        """The parameters that a tensor rests on."""
        key = id(tensor)
        if key in self.owners:
            return frozenset((key,))
        return self.made[key][1] if key in self.made else frozenset()

    def place(self, tensor: Any) -> str:
        """The module that a parameter is registered in."""
        name, _ = self.owners.get(id(tensor), ("", 0))
        return name.rpartition(".")[0]

    def learned(self, tensor: Any) -> bool:
        """Whether a tensor rests on parameters."""
        return bool(self.sources(tensor))

    def rests(self, tensor: Any, sources: Iterable[frozenset[int]]) -> None:
        """Notes what a tensor was computed from."""
        both = frozenset().union(*sources)
        if both and id(tensor) not in self.owners:
            self.made[id(tensor)] = (tensor, both)

    def take(self, tensors: Iterable[Any]) -> tuple[str, int]:
        """The name and the number of the parameters under these tensors that were not used before."""
        rested = dict.fromkeys(key for t in tensors for key in sorted(self.sources(t), key=self._order))
        fresh = [key for key in rested if key not in self.used]
        self.used.update(fresh)
        names = [self.owners[key][0] for key in fresh]
        return names[0] if names else "", sum(self.owners[key][1] for key in fresh)

    def _order(self, key: int) -> str:
        return self.owners[key][0]
