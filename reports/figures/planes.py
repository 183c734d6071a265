"""Two-dimensional layers as planes of cells, input below and output above, and what one unit reads in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias, final

from exercises.diagram import Planes
from exercises.exercise import Language
from reports.figures.rows import channels_read, window_of
from reports.figures.svg import SMALL, Point, group, line, picture, polygon, text, width_of
from reports.markup import Html, joined
from reports.words import words
from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.values import Shape

WIDE, DEEP, SKEW = 22.0, 12.0, 9.0
BETWEEN: Final = 44.0
APART: Final = 30.0
LABELS: Final = 16.0

Cells: TypeAlias = frozenset[tuple[int, int]]


@final
@frozen(slots=True)
class Plane:
    """One channel of a signal: its size, its padding, the cells that are read, those in the padding included."""

    rows: int
    columns: int
    padding: tuple[int, int]
    lit: Cells
    left: float
    top: float

    def corner(self, row: float, column: float) -> Point:
        """Where the upper left corner of a cell is drawn."""
        x = self.left + (column + self.padding[1]) * WIDE + (self.rows + self.padding[0] - row) * SKEW
        return x, self.top + (row + self.padding[0]) * DEEP

    def cell(self, row: int, column: int) -> tuple[Point, ...]:
        """The four corners of a cell."""
        return tuple(self.corner(row + i, column + j) for i, j in ((0, 0), (0, 1), (1, 1), (1, 0)))

    @property
    def box(self) -> tuple[Point, ...]:
        """The corners of the box around what is read."""
        rows, columns = [row for row, _ in self.lit], [column for _, column in self.lit]
        top, left, bottom, right = min(rows), min(columns), max(rows) + 1, max(columns) + 1
        return tuple(self.corner(i, j) for i, j in ((top, left), (top, right), (bottom, right), (bottom, left)))


@final
@frozen(slots=True)
class Level:
    """A signal: its shape, and of each channel that is read the cells."""

    shape: Any
    padding: tuple[int, int]
    channels: Sequence[int]
    lit: Cells


def planes(figure: Planes, language: Language) -> Html:
    """A level for each signal, from the input below to the unit above."""
    levels = levels_of(figure)
    widths = [_level_width(level) for level in levels]
    widest = max(widths)
    drawn: list[list[Plane]] = []
    top = 8.0
    for level, width in zip(reversed(levels), reversed(widths), strict=True):
        left = (widest - width) / 2 + 4
        drawn.append(list(_planes_of(level, left, top)))
        top += (level.shape[1] + 2 * level.padding[0]) * DEEP + BETWEEN
    drawn.reverse()
    inside: list[Html] = []
    for row, over in pairwise(drawn):
        inside += [_cells(plane) for plane in row]
        inside += [_guides(plane, target) for plane in row if plane.lit for target in over if target.lit]
    inside += [_cells(plane, tone="good") for plane in drawn[-1]]
    labels = [_label(level, row[0], widest + LABELS, language) for level, row in zip(levels, drawn, strict=True)]
    room = max(width for _, width in labels)
    inside += [label for label, _ in labels]
    said = figure.title.said(language), figure.description.said(language)
    return picture(widest + LABELS + room + 8, top - BETWEEN + 10, *said, *inside)


def levels_of(figure: Planes) -> tuple[Level, ...]:
    """The signals of a chain from the input to the output, each with what the unit reads there."""
    layers = figure.network.layers if isinstance(figure.network, Chain) else (figure.network,)
    shapes: list[Any] = [Shape(figure.shape)]
    for layer in layers:
        shapes.append(value_of(layer.output(shapes[-1])))
    unit = figure.position or tuple(size // 2 for size in shapes[-1][1:])
    channels: list[Sequence[int]] = [range(figure.channel, figure.channel + 1)]
    for layer, shape in zip(reversed(layers), reversed(shapes[:-1]), strict=True):
        read = {one for channel in channels[-1] for one in channels_read(layer, channel, shape[0])}
        channels.append(sorted(read))
    channels.reverse()
    made = []
    for number, shape in enumerate(shapes):
        rest = layers[number:]
        padding = _padding(rest[0]) if rest else (0, 0)
        made.append(Level(shape, padding, channels[number], _lit(rest, tuple(shape), unit)))
    return tuple(made)


def _lit(rest: Sequence[Layer], shape: tuple[int, ...], unit: tuple[int, ...]) -> Cells:
    """The cells of a signal that a unit behind some layers reads; of one layer those in the padding too."""
    if not rest:
        return frozenset([(unit[0], unit[1])])
    if len(rest) == 1:
        (kh, sh, ph, dh), (kw, sw, pw, dw) = window_of(rest[0])
        rows = [unit[0] * sh - ph + m * dh for m in range(kh)]
        columns = [unit[1] * sw - pw + m * dw for m in range(kw)]
        return frozenset((row, column) for row in rows for column in columns)
    from solver.fields import unit_field  # numpy, which help can do without

    uses = unit_field(Chain(tuple(rest)), shape, position=unit).uses
    size = uses.shape
    return frozenset((i, j) for i in range(size[0]) for j in range(size[1]) if uses[i, j])


def _padding(layer: Layer) -> tuple[int, int]:
    (_, _, ph, _), (_, _, pw, _) = window_of(layer)
    return ph, pw


def _level_width(level: Level) -> float:
    return float(level.shape[0] * (_plane_width(level) + APART) - APART)


def _plane_width(level: Level) -> float:
    ph, pw = level.padding
    return float((level.shape[2] + 2 * pw) * WIDE + (level.shape[1] + 2 * ph) * SKEW)


def _planes_of(level: Level, left: float, top: float) -> Iterator[Plane]:
    for channel in range(level.shape[0]):
        lit = level.lit if channel in level.channels else frozenset()
        at = left + channel * (_plane_width(level) + APART)
        yield Plane(level.shape[1], level.shape[2], level.padding, lit, at, top)


def _cells(plane: Plane, tone: str = "accent") -> Html:
    """The grid on paper, the padding around it with broken lines, the cells that are read shaded."""
    ph, pw = plane.padding
    corners = ((-ph, -pw), (-ph, plane.columns + pw), (plane.rows + ph, plane.columns + pw), (plane.rows + ph, -pw))
    paper = group("paper", polygon([plane.corner(*one) for one in corners], fill="currentColor", fill_opacity=0.6))
    shades = [(one, 0.5 if _inside(plane, one) else 0.18) for one in sorted(plane.lit)]
    lit = group(
        tone,
        *(
            polygon(plane.cell(*one), fill="currentColor", fill_opacity=shade, data_read=f"{one[0]},{one[1]}")
            for one, shade in shades
        ),
    )
    rows = [line(plane.corner(i, 0), plane.corner(i, plane.columns)) for i in range(plane.rows + 1)]
    columns = [line(plane.corner(0, j), plane.corner(plane.rows, j)) for j in range(plane.columns + 1)]
    return joined((paper, lit, group("soft", *_around(plane), stroke_opacity=0.7), group("soft", *rows, *columns)))


def _inside(plane: Plane, cell: tuple[int, int]) -> bool:
    return 0 <= cell[0] < plane.rows and 0 <= cell[1] < plane.columns


def _around(plane: Plane) -> Iterator[Html]:
    """Broken lines of the padding."""
    ph, pw = plane.padding
    if not ph and not pw:
        return
    for i in range(-ph, plane.rows + ph + 1):
        yield line(plane.corner(i, -pw), plane.corner(i, plane.columns + pw), stroke_dasharray="2 3")
    for j in range(-pw, plane.columns + pw + 1):
        yield line(plane.corner(-ph, j), plane.corner(plane.rows + ph, j), stroke_dasharray="2 3")


def _guides(plane: Plane, target: Plane) -> Html:
    """From the corners of what is read to the corners of what it becomes."""
    ends = zip(plane.box, target.box, strict=True)
    return group("accent", *(line(start, stop, stroke_dasharray="4 4", stroke_opacity=0.8) for start, stop in ends))


def _label(level: Level, plane: Plane, x: float, language: Language) -> tuple[Html, float]:
    """The size of a signal, and how much of it is read."""
    size = "×".join(map(str, level.shape[1:] if level.shape[0] == 1 else level.shape))
    rows, columns = {row for row, _ in level.lit}, {column for _, column in level.lit}
    full = len(level.lit) == len(rows) * len(columns) == (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
    read = f"{len(rows)}×{len(columns)}"
    read = f"{len(level.channels)}×{read}" if level.shape[0] > 1 else read
    say = words(language)
    cells = len(level.lit) * len(level.channels)
    below = say.say("figure.read", size=read) if full else say.say_count("figure.read_cells", cells)
    middle = plane.top + (plane.rows + 2 * plane.padding[0]) * DEEP / 2
    drawn = joined(
        (text(size, x, middle, font_weight=700), text(below, x, middle + 18, font_size=SMALL))
        if len(level.lit) > 1
        else (text(size, x, middle + 5, font_weight=700),)
    )
    return drawn, max(width_of(size), width_of(below, SMALL))
