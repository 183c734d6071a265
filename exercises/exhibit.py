"""What an exercise shows beside its solutions: tables and charts, as values that hold no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from exercises.exercise import Text


@final
@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; cells are mathematics in plain notation, or words where they are `Text`."""

    title: Text
    head: tuple[Text | str, ...]
    rows: tuple[tuple[Text | str, ...], ...]


@final
@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart: its name, and its values at 0, 1, 2, …"""

    name: Text
    values: Sequence[float]


@final
@dataclass(frozen=True, slots=True)
class LineChart:
    """Values by step; `description` says in words what the picture shows, for those who cannot see it."""

    title: Text
    description: Text
    across: Text
    up: Text
    series: tuple[Series, ...]
    logarithmic: bool = False


Exhibit: TypeAlias = Table | LineChart
