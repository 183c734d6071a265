"""Axes of charts: which values are marked, and where each value lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, final

from reports.figures.svg import SMALL, Area, element, group, line, number_said, path, text
from reports.markup import Html, joined
from solver.frozen import frozen

MOST_TICKS: Final = 8


@final
@frozen(slots=True)
class Axis:
    """Values at places: `at` gives the place of a value, `ticks` are the values that are marked."""

    at: Callable[[float], float]
    ticks: tuple[float, ...]
    logarithmic: bool = False


def linear_axis(ends: tuple[float, float], start: float, stop: float, ticks: Sequence[float]) -> Axis:
    """Equal steps from one place to another."""
    low, high = ends
    scale = (stop - start) / ((high - low) or 1)
    return Axis(lambda value: start + (value - low) * scale, tuple(ticks))


def enclosing_axis(values: Sequence[float], start: float, stop: float, *, most: int = MOST_TICKS) -> Axis:
    """Round numbers that enclose all values."""
    ticks = round_ticks(min(values, default=0.0), max(values, default=1.0), most)
    return linear_axis((ticks[0], ticks[-1]), start, stop, ticks)


def logarithmic_axis(values: Sequence[float], start: float, stop: float, *, most: int = MOST_TICKS) -> Axis:
    """Whole powers of ten that enclose all values above 0."""
    exponents = [math.log10(value) for value in values if value > 0] or [0.0]
    low, high = math.floor(min(exponents)), math.ceil(max(exponents))
    high = max(high, low + 1)
    every = -(-(high - low) // most)
    inner = linear_axis((low, high), start, stop, ())
    ticks = tuple(10.0**k for k in range(low, high + 1, every))
    return Axis(lambda value: inner.at(math.log10(value)), ticks, logarithmic=True)


def round_ticks(low: float, high: float, most: int = MOST_TICKS) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten that enclose two numbers, `most` at most.

    >>> round_ticks(0.0, 7.3), round_ticks(-0.12, 0.2)
    ((0.0, 2.0, 4.0, 6.0, 8.0), (-0.2, -0.1, 0.0, 0.1, 0.2))
    """
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * power for size in (1, 2, 5, 10, 20) if span / (size * power) <= most - 2)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return tuple(round(k * step, 12) for k in range(first, last + 1))


def frame(area: Area, across: Axis, up: Axis) -> Html:
    """The two axes with their numbers, and a faint line at each value."""
    below = area.bottom + 17
    steps = [text(number_said(tick), across.at(tick), below, "middle", font_size=SMALL) for tick in across.ticks]
    return joined((values_of(area, up), axes(area), *steps))


def axes(area: Area) -> Html:
    """The two lines themselves."""
    corner = [(area.left, area.top), (area.left, area.bottom), (area.right, area.bottom)]
    return group("soft", path(corner, stroke="currentColor"))


def values_of(area: Area, up: Axis) -> Html:
    """A faint line at each value, and its number."""
    grid = group("line", *(line((area.left, up.at(tick)), (area.right, up.at(tick))) for tick in up.ticks))
    return joined((grid, *(_value(tick, area.left - 8, up) for tick in up.ticks)))


def _value(tick: float, x: float, up: Axis) -> Html:
    """A number beside the axis of values, a power of ten as one."""
    y = up.at(tick) + 4
    if not up.logarithmic:
        return text(number_said(tick), x, y, "right", font_size=SMALL)
    raised = element("tspan", Html(number_said(round(math.log10(tick)))), dy=-5, font_size="75%")
    return element("text", Html("10"), raised, x=x, y=y, text_anchor="end", font_size=SMALL)
