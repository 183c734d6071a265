"""What an exercise shows beside its texts and solutions: tables, charts and diagrams, as values that hold no markup.

A picture has a `name` for files, a `title` and a `description` that says in words what it shows, for those who cannot
see it. Charts hold numbers; diagrams, in exercises/diagram.py, hold layers and shapes, and what is drawn of them the
engine says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, final

from exercises.exercise import Text
from solver.frozen import frozen

if TYPE_CHECKING:
    from exercises.diagram import Diagram


@final
@frozen(slots=True)
class Table:
    """Rows under a head; cells are mathematics in plain notation, or words where they are `Text`."""

    title: Text
    head: tuple[Text | str, ...]
    rows: tuple[tuple[Text | str, ...], ...]


@final
@frozen(slots=True)
class Series:
    """A line of a chart: its name, and its values at 0, 1, 2, …, or at other places; None leaves a gap."""

    name: Text
    values: Sequence[float | None]
    at: Sequence[float] = ()

    @property
    def places(self) -> Sequence[float]:
        """Where its values are."""
        return self.at or range(len(self.values))


@final
@frozen(slots=True)
class Mark:
    """A place on the axis across that is marked, as that of a minimum."""

    name: Text
    at: float


@final
@frozen(slots=True)
class LineChart:
    """Values by step or by place; `within` are the lowest and the highest value that are shown."""

    title: Text
    description: Text
    across: Text
    up: Text
    series: tuple[Series, ...]
    logarithmic: bool = False
    marks: tuple[Mark, ...] = ()
    within: tuple[float, float] | None = None
    name: str = ""


@final
@frozen(slots=True)
class Panels:
    """Line charts side by side, each with its own title."""

    title: Text
    description: Text
    charts: tuple[LineChart, ...]
    columns: int = 2
    name: str = ""


@final
@frozen(slots=True)
class BarChart:
    """A bar of each series, at most four, for each label; its value is written where there is room."""

    title: Text
    description: Text
    across: Text
    up: Text
    labels: tuple[Text, ...]
    series: tuple[Series, ...]
    name: str = ""


@final
@frozen(slots=True)
class BoxPlot:
    """The quartiles of each series, whiskers to the last value within 1.5 boxes, and values further out as dots."""

    title: Text
    description: Text
    up: Text
    series: tuple[Series, ...]
    logarithmic: bool = False
    name: str = ""


@final
@frozen(slots=True)
class HeatMap:
    """Numbers in rows and columns, darker where they are larger; 0 is left empty where `sparse`."""

    title: Text
    description: Text
    across: Text
    down: Text
    columns: tuple[Text, ...]
    rows: tuple[Text, ...]
    values: Sequence[Sequence[float]]
    sparse: bool = False
    logarithmic: bool = False
    name: str = ""


@final
@frozen(slots=True)
class Image:
    """Rows of grey values, and words under them; `marked` puts a frame around it."""

    pixels: Sequence[Sequence[float]]
    caption: Text | None = None
    marked: bool = False


@final
@frozen(slots=True)
class ImageGrid:
    """Small images in rows. What is `low` is left as the page is, `high` is full ink; None: the images' own ends."""

    title: Text
    description: Text
    images: tuple[Image, ...]
    columns: int
    low: float | None = None
    high: float | None = None
    name: str = ""


Chart: TypeAlias = LineChart | Panels | BarChart | BoxPlot | HeatMap | ImageGrid
Figure: TypeAlias = "Chart | Diagram"
Exhibit: TypeAlias = "Table | Figure"
