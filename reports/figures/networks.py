"""Networks: as a row of volumes with their sizes, as blocks with their skips, as units with all their connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, Final, final

from exercises.diagram import Block, Neuron, Units, Volumes
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
    path,
    picture,
    polygon,
    text,
    width_of,
)
from reports.markup import Html, joined
from reports.words import words
from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.activation import Activation
from solver.layers.base import Elementwise, Row
from solver.layers.composite import Branches, Chain
from solver.layers.dense import Linear
from solver.layers.reshape import Flatten
from solver.questions import analyze
from solver.values import Shape

# --- volumes

TALLEST: Final = 110.0
ARROW: Final = 30.0


@final
@frozen(slots=True)
class Volume:
    """A signal that is drawn: its shape, and the layers that made it from the one before."""

    shape: Any
    rows: tuple[Row, ...]


def volumes_of(figure: Volumes) -> tuple[Volume, ...]:
    """The signals of a network; what changes no shape belongs to the layer before, what only flattens to the next."""
    found = analyze(figure.network, figure.shape)
    made = [Volume(Shape(figure.shape), ())]
    waiting: tuple[Row, ...] = ()
    for row in found.rows:
        output = value_of(row.output)
        if output == made[-1].shape and len(made) > 1 and not waiting and isinstance(row.layer, Elementwise):
            made[-1] = Volume(output, (*made[-1].rows, row))
        elif isinstance(row.layer, Flatten):
            waiting = (*waiting, row)
        else:
            made.append(Volume(output, (*waiting, row)))
            waiting = ()
    if waiting:
        made.append(Volume(value_of(waiting[-1].output), waiting))
    return tuple(made)


def volumes(figure: Volumes, language: Language) -> Html:
    """Boxes as high and deep as the images are and as wide as their channels are many, not to scale but in order."""
    signals = volumes_of(figure)
    unit = TALLEST / sqrt(max(max(signal.shape[1:], default=1) for signal in signals))
    floor, x = 10 + TALLEST * 1.25, 6.0
    inside: list[Html] = []
    for number, signal in enumerate(signals):
        wide, high, deep = _solid(signal.shape, unit)
        size = str(signal.shape).replace("x", "×") if figure.sizes or not number else ""
        layer = _layer_names(signal.rows)
        slot = max(wide + deep * 0.5, width_of(size, SMALL), *(width_of(name, SMALL) for name in layer or ("",))) + 4
        start = x + (slot - wide - deep * 0.5) / 2
        inside.append(_box(start, floor, wide, high, deep, "accent" if len(signal.shape) > 1 else "good"))
        if size:
            inside.append(text(size, x + slot / 2, floor + 24, "middle", font_size=SMALL, data_size=size))
        head = words(language).say("figure.in") if not number else ""
        for at, name in enumerate(layer or (head,)):
            weight = 700 if at == 0 else 400
            inside.append(text(name, x + slot / 2, floor + 44 + 17 * at, "middle", font_size=SMALL, font_weight=weight))
        x += slot
        if number + 1 < len(signals):
            inside.append(group("soft", arrow((x + 4, floor - 20), (x + ARROW - 4, floor - 20), stroke_width=1.5)))
            x += ARROW
    lines = max(len(_layer_names(signal.rows)) for signal in signals)
    said = figure.title.said(language), figure.description.said(language)
    return picture(x + 6, floor + 44 + 17 * lines, *said, *inside)


def _solid(shape: Any, unit: float) -> tuple[float, float, float]:
    """The width, height and depth that stand for channels, height and width."""
    if len(shape) == 1:
        return 10.0, 24 + 7 * sqrt(shape[0]), 0.0
    channels, high, deep = shape[0], shape[1], shape[-1] if len(shape) > 2 else 1
    return 6 + 3.2 * sqrt(channels), max(unit * sqrt(high), 8), max(unit * sqrt(deep), 8) * 0.5


def _box(x: float, floor: float, wide: float, high: float, deep: float, tone: str) -> Html:
    """A box seen from its left and from above."""
    over, up = deep * 0.5, deep * 0.45
    front = [(x, floor), (x + wide, floor), (x + wide, floor - high), (x, floor - high)]
    behind = [(across + over, down - up) for across, down in front]
    top, side = [front[3], front[2], behind[2], behind[3]], [front[1], behind[1], behind[2], front[2]]
    look: dict[str, Attribute] = {"fill": "currentColor", "stroke": "currentColor", "stroke_linejoin": "round"}
    faces = [(front, 0.12), (top, 0.05), (side, 0.28)] if deep else [(front, 0.12)]
    return group(tone, *(polygon(face, fill_opacity=shade, **look) for face, shade in faces))


def _layer_names(rows: Sequence[Row]) -> tuple[str, ...]:
    """What a step is called, and what it is: its name, its kind or window, the activation after it."""
    shown = [row for row in rows if not isinstance(row.layer, Flatten)] or list(rows)
    if not shown:
        return ()
    first = shown[0].layer
    said = [first.name or first.kind, *([_kind(first)] if first.name else [])]
    said += [_kind(row.layer) for row in shown[1:]]
    return tuple(said)


def _kind(layer: Any) -> str:
    """The kind of a layer, with its window."""
    window = getattr(layer, "window", None)
    return f"{layer.kind} {'×'.join(map(str, window.kernel))}" if window else str(layer.kind)


# --- blocks

BOX_HIGH: Final = 44.0
STEP: Final = 22.0
LANE: Final = 66.0
EMPTY: Final = 40.0


def block(figure: Block, language: Language) -> Html:
    """The layers from left to right; of a join the first path above, the others below it, and a plus."""
    shape = Shape(figure.shape)
    y = BOX_HIGH / 2 + 8
    first = _sized("X", shape, 6, y)
    x = 6 + max(width_of(_said(shape), SMALL), 24)
    inside, x, after = _drawn(figure.network, shape, x, y, language, figure.sizes)
    last = _sized("Y", after if figure.sizes else None, x + STEP, y)
    inside.append(group("soft", arrow((x, y), (x + STEP - 3, y), stroke_width=1.5)))
    width = x + STEP + max(width_of(_said(after), SMALL) if figure.sizes else 0, 20) + 4
    said = figure.title.said(language), figure.description.said(language)
    return picture(width, y + _depth(figure.network) - 12, *said, first, *inside, last)


def _sized(name: str, shape: Any, x: float, y: float) -> Html:
    named = formula(name, x, y + 5, "left")
    return joined((named, text(_said(shape), x, y + 26, font_size=SMALL))) if shape is not None else named


def _said(shape: Any) -> str:
    return str(shape).replace("x", "×")


def _depth(layer: Any) -> float:
    """How far below its line a layer is drawn, with the room below it."""
    match layer:
        case Chain(()):
            return EMPTY
        case Chain(layers):
            return max(_depth(one) for one in layers)
        case Branches(paths):
            return sum(_depth(one) for one in paths)
        case _:
            return LANE


def _drawn(
    layer: Any, shape: Any, x: float, y: float, language: Language, sizes: bool
) -> tuple[list[Html], float, Any]:
    """A layer from a point on, where it ends and the shape there."""
    match layer:
        case Chain(layers):
            inside: list[Html] = []
            for one in layers:
                drawn, x, shape = _drawn(one, shape, x, y, language, sizes)
                inside += drawn
            return inside, x, shape
        case Branches():
            return _branches(layer, shape, x, y, language, sizes)
        case _:
            after = value_of(layer.output(shape))
            lines = _layer_lines(layer)
            wide = max(width_of(said, SMALL) for said in lines) + 14
            start = x + STEP
            inside = [group("soft", arrow((x, y), (start - 2, y), stroke_width=1.5))]
            inside.append(_layer_box(start, y, wide, lines, "good" if isinstance(layer, Elementwise) else "accent"))
            if after != shape and sizes:
                size = text(_said(after), start + wide / 2, y + BOX_HIGH / 2 + 16, "middle", font_size=SMALL)
                inside.append(group("soft", size))
            return inside, start + wide, after


def _layer_box(x: float, y: float, wide: float, lines: Sequence[str], tone: str) -> Html:
    """A layer as a box with its lines of words."""
    edge = {"x": x, "y": y - BOX_HIGH / 2, "width": wide, "height": BOX_HIGH}
    box = element("rect", **edge, rx=4, **EDGED)
    first = y + 5 - 8.5 * (len(lines) - 1)
    said = [text(one, x + wide / 2, first + 17 * at, "middle", font_size=SMALL) for at, one in enumerate(lines)]
    return joined((group(tone, box), *said))


def _layer_lines(layer: Any) -> tuple[str, ...]:
    """The kind of a layer, and its window with a stride that is not 1."""
    window = getattr(layer, "window", None)
    if not window:
        return (layer.kind,)
    size = "×".join(map(str, window.kernel))
    strides = "" if set(window.stride) == {1} else f", s={window.stride[0]}"
    return layer.kind, f"{size}{strides}"


def _branches(
    layer: Branches, shape: Any, x: float, y: float, language: Language, sizes: bool
) -> tuple[list[Html], float, Any]:
    """The paths of a join, one under the other, and where they meet."""
    fork = x + STEP * 0.7
    inside: list[Html] = [group("soft", line((x, y), (fork, y), stroke_width=1.5))]
    inside.append(group("soft", element("circle", cx=fork, cy=y, r=3, fill="currentColor")))
    ends: list[tuple[float, float]] = []
    after, lane = shape, y
    for path_of in layer.paths:
        drawn, end, after = _drawn(path_of, shape, fork, lane, language, sizes)
        inside += drawn
        ends.append((end, lane))
        lane += _depth(path_of) if end > fork else EMPTY
    meet = max(end for end, _ in ends) + STEP + 11
    for end, at in ends:
        if at == y:
            inside.append(group("soft", arrow((end, at), (meet - 12, at), stroke_width=1.5)))
            continue
        down = [(fork, y), (fork, at), (fork + STEP, at)]
        back = [(max(end, fork), at), (meet, at), (meet, y + 16)]
        inside.append(group("bad", path(down if end > fork else down[:2], stroke="currentColor", stroke_width=1.5)))
        inside.append(group("bad", path(back, stroke="currentColor", stroke_width=1.5)))
        inside.append(group("bad", arrow((meet, y + 30), (meet, y + 12), stroke_width=1.5)))
        if end == fork:
            said = words(language).say("figure.identity")
            inside.append(group("bad", text(said, (fork + meet) / 2, at - 7, "middle", font_size=SMALL)))
    ring = element("circle", cx=meet, cy=y, r=11, fill="none", stroke="currentColor", stroke_width=1.5)
    plus = [line((meet - 6, y), (meet + 6, y), stroke_width=1.5), line((meet, y - 6), (meet, y + 6), stroke_width=1.5)]
    inside.append(group("bad", ring, *plus))
    return inside, meet + 11, after


# --- units


def units(figure: Units, language: Language) -> Html:
    """A column of circles for each dense layer, and a line for each weight."""
    found = analyze(figure.network, (figure.inputs,))
    dense = [row for row in found.rows if isinstance(row.layer, Linear)]
    widths: list[Any] = [figure.inputs, *(_only(value_of(row.output)) for row in dense)]
    tallest, across, down = max(widths), 96.0, 38.0
    middle = 44 + (tallest - 1) * down / 2
    columns = [
        [(30 + at * across, middle + (unit - (width - 1) / 2) * down) for unit in range(width)]
        for at, width in enumerate(widths)
    ]
    inside = [group("soft", *_weights(columns), stroke_opacity=0.45)]
    bottom = middle + (tallest - 1) * down / 2 + 40
    for at, column in enumerate(columns):
        tone = "accent" if not at else "good" if at + 1 == len(columns) else "warn"
        inside += [_unit(point, tone) for point in column]
        name = "x" if not at else "y" if at + 1 == len(columns) else f"z_{at}"
        inside.append(formula(name, column[0][0], bottom))
        inside.append(text(str(widths[at]), column[0][0], 16, "middle", font_size=SMALL))
    followed = [_followed(found.rows, row) for row in dense]
    for column, activation in zip(columns[1:], followed, strict=True):
        if activation:
            inside.append(group("soft", text(activation, column[0][0], bottom + 20, "middle", font_size=SMALL)))
    said = figure.title.said(language), figure.description.said(language)
    return picture(60 + across * len(dense), bottom + 30, *said, *inside)


def _only(shape: Any) -> int:
    """The length of a vector."""
    (length,) = shape
    return int(length)


def _weights(columns: Sequence[Sequence[Point]]) -> Iterator[Html]:
    for before, after in pairwise(columns):
        for x1, y1 in before:
            for x2, y2 in after:
                yield line((x1 + 12, y1), (x2 - 12, y2))


def _unit(point: Point, tone: str) -> Html:
    x, y = point
    return group(tone, element("circle", cx=x, cy=y, r=12, **EDGED))


def _followed(rows: Sequence[Row], row: Row) -> str:
    """The activation behind a layer."""
    at = next(number for number, one in enumerate(rows) if one is row)
    after = rows[at + 1].layer if at + 1 < len(rows) else None
    return after.kind if isinstance(after, Activation) else ""


# --- one neuron


def neuron(figure: Neuron, language: Language) -> Html:
    """Inputs with their weights, the sum, and the output v."""
    names = ("1", "2", "", "n")
    top, step, x = 26.0, 50.0, 26.0
    inside: list[Html] = []
    summing = (300.0 if figure.activation else 190.0, top + 1.5 * step)
    for at, index in enumerate(names):
        y = top + at * step
        if not index:
            dots = [element("circle", cx=x, cy=y + shift, r=1.8, fill="currentColor") for shift in (-8, 0, 8)]
            inside.append(group("soft", *dots))
            continue
        start = x
        if figure.activation:
            inside.append(_named_circle(f"y_{index}", (start, y), "accent"))
            inside.append(group("soft", arrow((start + 18, y), (start + 46, y), stroke_width=1.5)))
            inside.append(_square(figure.activation, (start + 64, y)))
            inside.append(group("soft", arrow((start + 82, y), (start + 106, y), stroke_width=1.5)))
            start += 124
        inside.append(_named_circle(f"x_{index}", (start, y), "accent"))
        across, down = summing[0] - start, summing[1] - y
        length = sqrt(across**2 + down**2)
        first = (start + across / length * 18, y + down / length * 18)
        last = (summing[0] - across / length * 22, summing[1] - down / length * 22)
        inside.append(group("soft", arrow(first, last, stroke_width=1.5)))
        beside = 10 if down > 0 else -12  # off the line, on the side that rises
        inside.append(formula(f"w_{index}", start + across * 0.46 + beside, y + down * 0.46 - 8))
    inside.append(group("warn", element("circle", cx=summing[0], cy=summing[1], r=21, **EDGED)))
    inside.append(text("Σ", summing[0], summing[1] + 7, "middle", font_size=20))
    end = summing[0] + 66
    inside.append(group("soft", arrow((summing[0] + 22, summing[1]), (end, summing[1]), stroke_width=1.5)))
    inside.append(formula("v", end + 12, summing[1] + 5))
    said = figure.title.said(language), figure.description.said(language)
    return picture(end + 30, top + 3 * step + 26, *said, *inside)


def _named_circle(said: str, point: Point, tone: str) -> Html:
    x, y = point
    return joined((group(tone, element("circle", cx=x, cy=y, r=17, **EDGED)), formula(said, x, y + 5)))


def _square(said: str, point: Point) -> Html:
    x, y = point
    box = element("rect", x=x - 17, y=y - 17, width=34, height=34, rx=4, **EDGED)
    return joined((group("good", box), formula(said, x, y + 5)))
