"""Charts of numbers: lines, panels of them, bars and boxes.

Lines are told apart by their markers and their names beside the last point, bars by their filling: not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import quantiles
from typing import Final

from exercises.exercise import Language
from exercises.exhibit import BarChart, BoxPlot, LineChart, Panels, Series
from reports.figures.axes import (
    Axis,
    axes,
    enclosing_axis,
    frame,
    linear_axis,
    logarithmic_axis,
    round_ticks,
    values_of,
)
from reports.figures.svg import (
    SIZE,
    SMALL,
    Area,
    Point,
    element,
    group,
    line,
    number_said,
    path,
    picture,
    polygon,
    text,
    width_of,
)
from reports.markup import Html, joined

WIDTH: Final = 480
HEIGHT: Final = 320
LEFT, TOP, BOTTOM = 60, 34, 46
GAP: Final = 12
KEYS: Final = 34
LINE_HEIGHT: Final = 17
MARK: Final = 4.0
MOST_MARKED: Final = 9
SERIES: Final = ("bad", "accent", "good", "warn", "info", "soft")
"""The tone of each series."""


# --- lines


def line_chart(chart: LineChart, language: Language) -> Html:
    """The chart as a picture; on a logarithmic scale a line ends where its values reach 0."""
    room = max(width_of(series.name.said(language)) for series in chart.series) + 2 * GAP
    area = Area(LEFT, TOP, WIDTH - 40, HEIGHT - BOTTOM)
    lines, ends = _lines(chart, area)
    names = []
    for y, number in _apart(ends, area.bottom):
        said = chart.series[number].name.said(language)
        names.append(group(tone(number), text(said, area.right + GAP, y + 5, font_weight=700)))
    inside = (lines, *names, _labels(chart, area, language), *_marks(chart, area, language))
    return picture(area.right + room, HEIGHT, chart.title.said(language), chart.description.said(language), *inside)


def panels(chart: Panels, language: Language) -> Html:
    """Line charts in rows, and above them what the lines of all are."""
    across = min(chart.columns, len(chart.charts))
    wide, high = (290, 266) if across > 1 else (480, 310)
    drawn = [_legend(chart.charts[0].series, across * wide / 2, language)]
    for number, one in enumerate(chart.charts):
        x, y = number % across * wide, KEYS + number // across * high
        area = Area(x + 52, y + 46, x + wide - 16, y + high - 52)
        drawn.append(_lines(one, area)[0])
        drawn.append(text(one.title.said(language), area.middle[0], y + 16, "middle", font_weight=700))
        drawn += [_labels(one, area, language, size=SMALL), *_marks(one, area, language)]
    height = KEYS + -(-len(chart.charts) // across) * high
    return picture(across * wide, height, chart.title.said(language), chart.description.said(language), *drawn)


def tone(number: int) -> str:
    """The tone of a series."""
    return SERIES[number % len(SERIES)]


def _legend(series: Sequence[Series], middle: float, language: Language) -> Html:
    """The names of series in a row, each behind its mark."""
    names = [one.name.said(language) for one in series]
    widths = [width_of(name) + 52 for name in names]
    x = middle - sum(widths) / 2
    drawn = []
    for number, (name, width) in enumerate(zip(names, widths, strict=True)):
        stroke = path([(x, 14), (x + 28, 14)], stroke="currentColor", stroke_width=2)
        drawn.append(group(tone(number), stroke, marker(number, x + 14, 14), text(name, x + 34, 19)))
        x += width
    return joined(drawn)


def _lines(chart: LineChart, area: Area) -> tuple[Html, list[tuple[float, int]]]:
    """Axes and lines, and where each line ends."""
    places = [place for series in chart.series for place in series.places]
    whole = all(not series.at for series in chart.series)
    if whole and max(places) <= 12:
        across = linear_axis((0, max(places)), area.left, area.right, range(int(max(places)) + 1))
    else:
        narrow = area.right - area.left < 300
        ticks = round_ticks(min(places), max(places), 6 if narrow else 8)
        inside = [tick for tick in ticks if min(places) <= tick <= max(places)]
        across = linear_axis((min(places), max(places)), area.left, area.right, inside)
    up = _up(chart, area)
    lines, ends = [], []
    for number, series in enumerate(chart.series):
        pieces = list(_pieces(series, chart, across, up))
        strokes = [path(piece, stroke="currentColor", stroke_width=2, stroke_linejoin="round") for piece in pieces]
        points = [point for piece in pieces for point in piece]
        every = -(-len(points) // MOST_MARKED)
        marks = [marker(number, *point) for point in points[(len(points) - 1) % every :: every]] if points else []
        lines.append(group(tone(number), *strokes, *marks, data_series=number))
        ends.append((points[-1][1] if points else area.bottom, number))
    return joined((frame(area, across, up), *lines)), ends


def _up(chart: LineChart, area: Area) -> Axis:
    values = _values(chart.series)
    if chart.logarithmic:
        return logarithmic_axis(list(chart.within or values), area.bottom, area.top)
    most = 8 if area.bottom - area.top > 200 else 6
    return enclosing_axis(chart.within or [0.0, *values], area.bottom, area.top, most=most)


def _pieces(series: Series, chart: LineChart, across: Axis, up: Axis) -> Iterator[list[Point]]:
    """The stretches of a line that have a place on the scale."""
    low, high = chart.within or (float("-inf"), float("inf"))
    piece: list[Point] = []
    for place, value in zip(series.places, series.values, strict=True):
        if value is not None and low <= value <= high and (value > 0 or not chart.logarithmic):
            piece.append((across.at(place), up.at(value)))
        elif piece:
            yield piece
            piece = []
            if chart.logarithmic and value is not None and value <= 0:
                return
    if piece:
        yield piece


def _labels(chart: LineChart | BarChart, area: Area, language: Language, size: int = SIZE) -> Html:
    """The names of the two axes: one below the middle, one above the axis it names."""
    below = text(chart.across.said(language), (area.left + area.right) / 2, area.bottom + 38, "middle", font_size=size)
    above = text(chart.up.said(language), max(area.left - 44, 2.0), area.top - 11, font_size=size)
    return joined((below, above))


def _marks(chart: LineChart, area: Area, language: Language) -> Iterator[Html]:
    """Places across that are marked: a broken line, and its name beside it where there is room."""
    places = [place for series in chart.series for place in series.places]
    across = linear_axis((min(places), max(places)), area.left, area.right, ())
    for mark in chart.marks:
        x, name = across.at(mark.at), mark.name.said(language)
        fits = x + 6 + width_of(name, SMALL) < area.right
        words = text(name, x + 6 if fits else x - 6, area.top + 10, "left" if fits else "right", font_size=SMALL)
        yield group("ink", line((x, area.top), (x, area.bottom), stroke_dasharray="5 4"), words)


def marker(number: int, x: float, y: float) -> Html:
    """A mark of the series' own: circle, square, triangle, diamond, ring, cross."""
    m = MARK
    match number % 6:
        case 0:
            return element("circle", cx=x, cy=y, r=m, fill="currentColor")
        case 1:
            return element("rect", x=x - m, y=y - m, width=2 * m, height=2 * m, fill="currentColor")
        case 2:
            return polygon([(x, y - m - 1), (x + m + 1, y + m), (x - m - 1, y + m)], fill="currentColor")
        case 3:
            return polygon([(x, y - m - 1), (x + m + 1, y), (x, y + m + 1), (x - m - 1, y)], fill="currentColor")
        case 4:
            return element("circle", cx=x, cy=y, r=m, fill="none", stroke="currentColor")
        case _:
            return path([(x - m, y - m), (x + m, y + m), (x, y), (x - m, y + m), (x + m, y - m)], stroke="currentColor")


def _apart(ends: Sequence[tuple[float, int]], lowest: float) -> list[tuple[float, int]]:
    """Heights for the names beside the last points, moved where two would lie over each other, all above the lowest."""
    placed: list[tuple[float, int]] = []
    for y, number in sorted(ends):
        placed.append((max(y, placed[-1][0] + LINE_HEIGHT) if placed else y, number))
    for at in range(len(placed) - 1, -1, -1):
        below = placed[at + 1][0] - LINE_HEIGHT if at + 1 < len(placed) else lowest
        placed[at] = (min(placed[at][0], below), placed[at][1])
    return placed


# --- bars


def bar_chart(chart: BarChart, language: Language) -> Html:
    """A group of bars for each label, with the value on each that is wide enough for it."""
    labels = [label.said(language) for label in chart.labels]
    many = len(chart.series)
    place = max(34.0, *(width_of(label, SMALL) + 12 for label in labels), 22.0 * many + 14, 220 / len(labels))
    area = Area(LEFT, TOP + (24 if many > 1 else 0), LEFT + place * len(labels), HEIGHT - BOTTOM)
    up = enclosing_axis([0.0, *_values(chart.series)], area.bottom, area.top)
    thick = min(0.8 * place / many, 44)
    drawn = []
    for number, series in enumerate(chart.series):
        left = area.left + place / 2 + (number - many / 2) * thick
        bars = [
            _bar_said(number, left + at * place, thick, up, value or 0.0, always=many == 1)
            for at, value in enumerate(series.values)
        ]
        drawn.append(group(SERIES[(number + 1) % len(SERIES)], *bars, data_series=number))
    drawn += [axes(area), _labels(chart, area, language)]
    for at, label in enumerate(labels):
        drawn.append(text(label, area.left + (at + 0.5) * place, area.bottom + 17, "middle", font_size=SMALL))
    if many > 1:
        drawn.append(_bar_keys(chart.series, area.middle[0], language))
    said = chart.title.said(language), chart.description.said(language)
    return picture(area.right + 16, HEIGHT, *said, values_of(area, up), *drawn)


def _values(series: Sequence[Series]) -> list[float]:
    return [value for one in series for value in one.values if value is not None]


def _bar_said(number: int, x: float, thick: float, up: Axis, value: float, *, always: bool) -> Html:
    """A bar, and its value above it."""
    foot, top = up.at(0.0), up.at(value)
    bar, written = _bar(number, x, thick, foot, top), number_said(value, 3)
    if not always and width_of(written, SMALL) > thick + 4:
        return bar
    return joined((bar, text(written, x + thick / 2, min(top, foot) - 5, "middle", font_size=SMALL)))


def _bar(number: int, x: float, thick: float, foot: float, top: float) -> Html:
    """A bar: half, full, empty or striped."""
    y, high = min(foot, top), abs(foot - top)
    filled = {0: 0.35, 1: 1.0, 2: 0.0}.get(number % 4, 0.1)
    place = {"x": x + 1, "y": y, "width": thick - 2, "height": high}
    box = element("rect", **place, fill="currentColor", fill_opacity=filled, stroke="currentColor")
    if number % 4 != 3:
        return box
    stripes = [line((x + 1, at), (x + thick - 1, at)) for at in range(int(y) + 4, int(y + high), 5)]
    return joined((box, *stripes))


def _bar_keys(series: Sequence[Series], middle: float, language: Language) -> Html:
    names = [one.name.said(language) for one in series]
    widths = [width_of(name) + 44 for name in names]
    x = max(middle - sum(widths) / 2, 2)
    drawn = []
    for number, (name, width) in enumerate(zip(names, widths, strict=True)):
        drawn += [group(SERIES[(number + 1) % len(SERIES)], _bar(number, x, 18, 22, 8)), text(name, x + 24, 20)]
        x += width
    return joined(drawn)


# --- boxes


def box_plot(chart: BoxPlot, language: Language) -> Html:
    """A box from the lower to the upper quartile with a line at the median, for each series."""
    names = [series.name.said(language) for series in chart.series]
    place = max(70.0, *(width_of(name, SMALL) + 14 for name in names))
    area = Area(LEFT, TOP, LEFT + place * len(names), HEIGHT - 30)
    values = _values(chart.series)
    up = (logarithmic_axis if chart.logarithmic else enclosing_axis)(values, area.bottom, area.top)
    drawn = []
    for at, (series, name) in enumerate(zip(chart.series, names, strict=True)):
        x = area.left + (at + 0.5) * place
        kept = [value for value in series.values if value is not None and (value > 0 or not chart.logarithmic)]
        drawn.append(group("accent", *_box(kept, x, up), data_series=at))
        drawn.append(text(name, x, area.bottom + 18, "middle", font_size=SMALL))
    said = chart.title.said(language), chart.description.said(language)
    label = text(chart.up.said(language), max(area.left - 44, 2), area.top - 11)
    return picture(area.right + 16, HEIGHT, *said, values_of(area, up), *drawn, axes(area), label)


def five_numbers(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """The ends of the whiskers, and between them the quartiles.

    >>> five_numbers([1, 2, 3, 4, 100])
    (1, 2.0, 3.0, 4.0, 4)
    """
    low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    reach = 1.5 * (high - low)
    inside = [value for value in values if low - reach <= value <= high + reach]
    return min(inside), low, middle, high, max(inside)


def _box(values: Sequence[float], x: float, up: Axis) -> Iterator[Html]:
    if not values:
        return
    numbers = five_numbers(values)
    bottom, low, middle, high, top = map(up.at, numbers)
    for end, start in ((bottom, low), (top, high)):
        yield line((x, start), (x, end))
        yield line((x - 9, end), (x + 9, end))
    place = {"x": x - 18, "y": high, "width": 36, "height": low - high}
    yield element("rect", **place, fill="currentColor", fill_opacity=0.15, stroke="currentColor")
    yield line((x - 18, middle), (x + 18, middle), stroke_width=3)
    for value in values:
        if not numbers[0] <= value <= numbers[4]:
            yield element("circle", cx=x, cy=up.at(value), r=3, fill="none", stroke="currentColor")
