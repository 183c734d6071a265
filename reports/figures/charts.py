"""Charts of numbers: a line for each series over steps 0, 1, 2, …, on a plain or a logarithmic scale.

Lines are told apart by their markers and their names beside the last point, not by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, final

from exercises.exercise import Language
from exercises.exhibit import LineChart
from reports.figures.svg import element, path, picture, text
from reports.markup import Html

WIDTH: Final = 580
HEIGHT: Final = 360
LEFT, RIGHT, TOP, BOTTOM = 60, 130, 34, 46
MOST_TICKS: Final = 8
LINE_HEIGHT: Final = 17
MARK: Final = 4.0


@final
@dataclass(frozen=True, slots=True)
class Axis:
    """Values at places: `at` gives the place of a value, `ticks` are the values that are marked."""

    at: Callable[[float], float]
    ticks: tuple[float, ...]
    logarithmic: bool = False


def line_chart(chart: LineChart, language: Language) -> Html:
    """The chart as a picture; on a logarithmic scale a line ends where its values reach 0."""
    steps = max(len(series.values) for series in chart.series) - 1
    values = [value for series in chart.series for value in series.values]
    across = _linear_axis((0, steps), LEFT, WIDTH - RIGHT, tuple(range(steps + 1)))
    up = _up(values, chart.logarithmic)
    lines = []
    ends: list[tuple[float, int]] = []
    for number, series in enumerate(chart.series):
        drawn = [(across.at(step), up.at(value)) for step, value in _shown(series.values, chart.logarithmic)]
        marks = [_marker(number, x, y) for x, y in drawn]
        lines.append(element("g", path(drawn, stroke="currentColor"), *marks, class_=f"series-{number % 6}"))
        ends.append((drawn[-1][1], number))
    names = [
        text(chart.series[number].name.said(language), WIDTH - RIGHT + 12, y + 4, class_=f"series-{number % 6} name")
        for y, number in _apart(ends)
    ]
    labels = (
        text(chart.across.said(language), (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, at="middle"),
        text(chart.up.said(language), LEFT, 18, at="middle"),
    )
    frame = _frame(across, up)
    title, description = chart.title.said(language), chart.description.said(language)
    return picture(WIDTH, HEIGHT, title, description, *frame, *lines, *names, *labels)


def _shown(values: Sequence[float], logarithmic: bool) -> list[tuple[int, float]]:
    """Steps and values up to the first that has no place on the scale."""
    shown = list(enumerate(values))
    ends = next((step for step, value in shown if logarithmic and value <= 0), len(shown))
    return shown[:ends]


# --- axes


def _linear_axis(ends: tuple[float, float], start: float, stop: float, ticks: tuple[float, ...]) -> Axis:
    low, high = ends
    scale = (stop - start) / ((high - low) or 1)
    return Axis(lambda value: start + (value - low) * scale, ticks)


def _up(values: Sequence[float], logarithmic: bool) -> Axis:
    """The axis of values: whole powers of ten, or round numbers, that enclose them all."""
    bottom, top = HEIGHT - BOTTOM, TOP
    if not logarithmic:
        ticks = round_ticks(min(0.0, *values), max(0.0, *values))
        return _linear_axis((ticks[0], ticks[-1]), bottom, top, ticks)
    exponents = [math.log10(value) for value in values if value > 0] or [0.0]
    low, high = math.floor(min(exponents)), math.ceil(max(exponents))
    high = max(high, low + 1)
    every = -(-(high - low) // MOST_TICKS)
    inner = _linear_axis((low, high), bottom, top, ())
    return Axis(
        lambda value: inner.at(math.log10(value)), tuple(10.0**k for k in range(low, high + 1, every)), logarithmic=True
    )


def round_ticks(low: float, high: float) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten that enclose two numbers, eight at most.

    >>> round_ticks(0.0, 7.3), round_ticks(-0.12, 0.2)
    ((0.0, 2.0, 4.0, 6.0, 8.0), (-0.2, -0.1, 0.0, 0.1, 0.2))
    """
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(size * power for size in (1, 2, 5, 10, 20) if span / (size * power) <= MOST_TICKS - 2)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(k * step, 12) for k in range(first, last + 1))


def _frame(across: Axis, up: Axis) -> tuple[Html, ...]:
    """The two axes with their ticks, and a faint line at each value."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    grid = [element("line", x1=LEFT, x2=right, y1=up.at(tick), y2=up.at(tick), class_="grid") for tick in up.ticks]
    values = [_value(tick, up) for tick in up.ticks]
    steps = [text(str(tick), across.at(tick), bottom + 18, at="middle") for tick in across.ticks]
    axis = path([(LEFT, TOP), (LEFT, bottom), (right, bottom)], stroke="currentColor", class_="axis")
    return (*grid, axis, *values, *steps)


def _value(tick: float, up: Axis) -> Html:
    """A number beside the axis of values, a power of ten as one."""
    x, y = LEFT - 8, up.at(tick) + 4
    if not up.logarithmic:
        return text(f"{tick:g}".replace("-", "\u2212"), x, y, at="right")
    exponent = str(round(math.log10(tick))).replace("-", "\u2212")
    raised = element("tspan", Html(exponent), dy=-6, font_size="75%")
    return element("text", Html("10"), raised, x=x, y=y, text_anchor="end", direction="ltr")


# --- lines


def _marker(number: int, x: float, y: float) -> Html:
    """A mark of the series' own: circle, square, triangle, diamond, ring, cross."""
    m = MARK
    match number % 6:
        case 0:
            return element("circle", cx=x, cy=y, r=m, fill="currentColor")
        case 1:
            return element("rect", x=x - m, y=y - m, width=2 * m, height=2 * m, fill="currentColor")
        case 2:
            return _filled([(x, y - m - 1), (x + m + 1, y + m), (x - m - 1, y + m)])
        case 3:
            return _filled([(x, y - m - 1), (x + m + 1, y), (x, y + m + 1), (x - m - 1, y)])
        case 4:
            return element("circle", cx=x, cy=y, r=m, fill="none", stroke="currentColor")
        case _:
            return path([(x - m, y - m), (x + m, y + m), (x, y), (x - m, y + m), (x + m, y - m)], stroke="currentColor")


def _filled(points: Sequence[tuple[float, float]]) -> Html:
    return element("polygon", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in points), fill="currentColor")


def _apart(ends: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Heights for the names beside the last points, moved down where two would lie over each other."""
    placed: list[tuple[float, int]] = []
    for y, number in sorted(ends):
        lowest = placed[-1][0] + LINE_HEIGHT if placed else y
        placed.append((max(y, lowest), number))
    return placed
