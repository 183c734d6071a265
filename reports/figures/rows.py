"""One-dimensional layers: as a kernel that slides along rows of cells, and as neurons that share their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, final

from exercises.diagram import Shared, Sliding
from exercises.exercise import Language
from reports.figures.svg import (
    EDGED,
    SMALL,
    Attribute,
    Point,
    arrow,
    element,
    formula,
    group,
    line,
    picture,
    text,
    width_of,
)
from reports.markup import Html, joined
from reports.words import words
from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import Layer
from solver.layers.convolution import Conv1d
from solver.values import Shape

CELL: Final = 36.0
BETWEEN: Final = 58.0
TOP: Final = 12.0
DASHES: Final = ("none", "8 4", "2 4", "8 3 2 3")
WEIGHTS: Final = ("accent", "bad", "good", "warn")
POOLS: Final[Mapping[str, str]] = {"MaxPool1d": "max", "AvgPool1d": "mean"}


# --- the sliding kernel


@final
@frozen
class Bands:
    """Where the cells of a figure are: outputs, kernel and inputs from top to bottom, a row for each channel."""

    figure: Sliding
    left: float

    @cached_property
    def window(self) -> tuple[int, int, int, int]:
        """k, s, p, d."""
        k, s, p, d = window_of(self.figure.layer)[0]
        return k, s, p, d

    @cached_property
    def made(self) -> tuple[int, int]:
        """The channels and the length of the output."""
        shape: Any = value_of(self.figure.layer.output(Shape(self.figure.shape)))
        return shape[0], shape[1]

    @cached_property
    def read(self) -> Sequence[int]:
        """The input channels that are read."""
        return channels_read(self.figure.layer, self.figure.channel, self.figure.shape[0])

    @cached_property
    def places(self) -> list[int]:
        """The places that are read, those in the padding included."""
        k, s, p, d = self.window
        return [self.figure.position * s - p + m * d for m in range(k)]

    @property
    def last(self) -> int:
        """The last place that any window reaches, or the last input."""
        k, s, p, d = self.window
        return max(self.figure.shape[1] - 1, (self.made[1] - 1) * s - p + (k - 1) * d)

    @property
    def learned(self) -> bool:
        return isinstance(self.figure.layer, Conv1d)

    @property
    def kernel_top(self) -> float:
        return TOP + self.made[0] * CELL + BETWEEN

    @property
    def kernel_bottom(self) -> float:
        return self.kernel_top + (len(self.read) if self.learned else 1) * CELL

    @property
    def input_top(self) -> float:
        return self.kernel_bottom + BETWEEN

    def middle(self, place: float) -> float:
        """Across, the middle of an input."""
        return self.left + (place + self.window[2] + 0.5) * CELL

    def above(self, position: int) -> float:
        """Across, the middle of an output: over the middle of what it reads."""
        k, s, p, d = self.window
        return self.middle(position * s - p + d * (k - 1) / 2)

    @property
    def ends(self) -> Point:
        """Across, the two ends of what is read."""
        return self.middle(self.places[0]) - CELL / 2, self.middle(self.places[-1]) + CELL / 2


def sliding(figure: Sliding, language: Language) -> Html:
    """Output above, the kernel over what it reads, input below with its padding."""
    made = Bands(figure, 0.0).made
    names = _names(figure, made, language)
    bands = Bands(figure, max(width_of(name, SMALL) for name in names) + 14)
    bottom = bands.input_top + figure.shape[0] * CELL
    heads = (TOP + made[0] * CELL / 2, (bands.kernel_top + bands.kernel_bottom) / 2, (bands.input_top + bottom) / 2)
    heading = [text(name, 4, y + 5, font_size=SMALL) for name, y in zip(names, heads, strict=True)]
    width = max(bands.middle(bands.last), bands.above(made[1] - 1)) + CELL / 2 + 8
    said = figure.title.said(language), figure.description.said(language)
    cells = *_inputs(bands), *_outputs(bands), *_kernel(bands)
    return picture(width, bottom + 10, *said, _beams(bands), *cells, *heading)


def _beams(bands: Bands) -> Html:
    """From the ends of what is read to the kernel, and from the kernel to the output."""
    over, row = bands.above(bands.figure.position), TOP + (bands.figure.channel + 1) * CELL
    foot = bands.input_top + min(bands.read) * CELL
    drawn = []
    for x, side in zip(bands.ends, (-1, 1), strict=True):
        drawn.append(line((x, bands.kernel_bottom), (x, foot), stroke_dasharray="4 4"))
        drawn.append(line((x, bands.kernel_top), (over + side * CELL / 2, row), stroke_dasharray="4 4"))
    return group("accent", *drawn)


def _inputs(bands: Bands) -> Iterator[Html]:
    figure, padding = bands.figure, bands.window[2]
    for channel in range(figure.shape[0]):
        for place in range(-padding, bands.last + 1):
            outside = not 0 <= place < figure.shape[1]
            lit = channel in bands.read and place in bands.places
            where = bands.middle(place), bands.input_top + channel * CELL
            said = _input_said(figure, place, outside)
            yield _cell(*where, lit, padding=outside, said=said, at=f"{channel},{place}")


def _outputs(bands: Bands) -> Iterator[Html]:
    figure = bands.figure
    for channel in range(bands.made[0]):
        for place in range(bands.made[1]):
            lit = (channel, place) == (figure.channel, figure.position)
            at = bands.above(place), TOP + channel * CELL
            yield _cell(*at, lit, tone="good", said=_output_said(figure, bands.made[0], place))


def _kernel(bands: Bands) -> Iterator[Html]:
    """The weights over what they multiply, or what pools; and an arrow as long as a step, if there is a next one."""
    if bands.learned:
        for row in range(len(bands.read)):
            for m, place in enumerate(bands.places, 1):
                said = f"w_{m}" if len(bands.read) == 1 else f"w_{{{row + 1},{m}}}"
                said = bands.figure.values[1][m - 1] if bands.figure.values[1] else said
                yield _cell(bands.middle(place), bands.kernel_top + row * CELL, True, tone="warn", said=said)
    else:
        kind = bands.figure.layer.kind
        yield _pool(POOLS.get(kind, kind), bands.ends, bands.kernel_top)
    if bands.figure.position + 1 < bands.made[1]:
        s, y, start = bands.window[1], (bands.kernel_top + bands.kernel_bottom) / 2, bands.ends[1] + 8
        stop = start + s * CELL - 8
        yield group("warn", arrow((start, y), (stop, y), stroke_width=1.5))
        if s > 1:
            yield formula(f"s={s}", (start + stop) / 2, y - 7, font_size=SMALL)


def channels_read(layer: Layer, channel: int, channels: int) -> Sequence[int]:
    """The input channels that an output channel is made from."""
    groups: Any = getattr(layer, "groups", channels if "Pool" in layer.kind else 1)
    outputs: Any = getattr(layer, "out_channels", channels)
    each, of = channels // groups, max(outputs // groups, 1)
    return range(channel // of * each, channel // of * each + each)


def window_of(layer: Layer) -> list[Any]:
    """Kernel, stride, padding and dilation along each axis of a layer that slides."""
    window: Any = layer.window  # type: ignore[attr-defined]  # a layer that slides
    return list(window.axes)


def _names(figure: Sliding, made: Any, language: Language) -> tuple[str, str, str]:
    """What the three bands are: output, kernel, input, with their numbers of channels."""
    say = words(language).say_count
    kernel = words(language).say("figure.kernel" if isinstance(figure.layer, Conv1d) else "figure.pooling")
    return say("figure.output", made[0]), kernel, say("figure.input", figure.shape[0])


def _input_said(figure: Sliding, place: int, outside: bool) -> str:
    if outside:
        return "0" if isinstance(figure.layer, Conv1d) else ""
    if figure.values[0]:
        return figure.values[0][place]
    return f"x_{place + 1}" if figure.shape[0] == 1 else ""


def _output_said(figure: Sliding, channels: int, place: int) -> str:
    if figure.values[2]:
        return figure.values[2][place]
    return f"y_{place + 1}" if channels == 1 else ""


def _cell(
    middle: float, top: float, lit: bool, *, tone: str = "accent", padding: bool = False, said: str = "", at: str = ""
) -> Html:
    """A cell; lit it has a heavier edge and a shade, padding has a broken edge."""
    edge = {"x": middle - CELL / 2 + 1.5, "y": top + 1.5, "width": CELL - 3, "height": CELL - 3}
    look: dict[str, Attribute] = {"fill": "currentColor", "stroke": "currentColor", "rx": 3}
    look |= {"fill_opacity": 0.18, "stroke_width": 2, "data_read": at} if lit else {"fill_opacity": 0.0}
    look |= {"stroke_dasharray": "3 3"} if padding else {}
    box = element("rect", **edge, **look)
    drawn = group(tone if lit else "soft", box)
    return joined((drawn, formula(said, middle, top + CELL / 2 + 5, font_size=SMALL + 1))) if said else drawn


def _pool(name: str, ends: tuple[float, float], top: float) -> Html:
    left, right = ends
    box = element("rect", x=left + 1.5, y=top + 1.5, width=right - left - 3, height=CELL - 3, rx=14, **EDGED)
    return joined((group("warn", box), text(name, (left + right) / 2, top + CELL / 2 + 5, "middle")))


# --- neurons


def shared(figure: Shared, language: Language) -> Html:
    """Inputs at the left, a neuron for each output, and a line for each use of a weight: one kind of line a weight."""
    (cells,) = figure.layer.reads(Shape((1, figure.length))) or ((),)
    (k, s, p, d), *_ = window_of(figure.layer)
    step, top, x, out = 46.0, 62.0, 40.0, 250.0

    def height(place: float) -> float:
        return top + place * step

    heights = [height(i * s - p + d * (k - 1) / 2) for i in range(len(cells))]
    edges: list[Html] = []
    for i, places in enumerate(cells):
        for place in places:
            m = (place - i * s + p) // d
            edges.append(_edge(m, (x + 15, height(place)), (out - 17, heights[i])))
    nodes = [*_nodes("x", [(x, height(place)) for place in range(figure.length)], "accent")]
    for i, y in enumerate(heights):
        nodes.append(_node("h", (out, y), "warn", 17))
        nodes.append(group("soft", arrow((out + 17, y), (out + 58, y), stroke_width=1.5)))
        nodes.append(formula(f"y_{i + 1}", out + 66, y + 5, "left"))
    keys: list[Html] = []
    for m in range(k):
        at = x + 20 + m * 74
        keys += [_edge(m, (at - 20, 18), (at + 14, 18)), formula(f"w_{m + 1}", at + 20, 23, "left")]
    width = max(out + 100, x + 20 + k * 74)
    bottom = max(height(figure.length - 1), *heights) + 28
    said = figure.title.said(language), figure.description.said(language)
    return picture(width, bottom, *said, *edges, *nodes, *keys)


def _edge(weight: int, start: Point, stop: Point) -> Html:
    """A line of a weight's own: its colour and its dashes."""
    dashes = DASHES[weight % len(DASHES)]
    tone = WEIGHTS[weight % len(WEIGHTS)]
    return group(tone, line(start, stop, stroke_width=1.8, stroke_dasharray=dashes), data_weight=weight + 1)


def _nodes(letter: str, points: Sequence[Point], tone: str) -> Iterator[Html]:
    for number, point in enumerate(points, 1):
        yield _node(f"{letter}_{number}", point, tone)


def _node(said: str, point: Point, tone: str, radius: float = 15) -> Html:
    """A circle with a name in it."""
    x, y = point
    return joined((group(tone, element("circle", cx=x, cy=y, r=radius, **EDGED)), formula(said, x, y + 5)))
