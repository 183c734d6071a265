"""Numbers as shades: heat maps with each number in its cell, and small images in rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from exercises.exercise import Language
from exercises.exhibit import HeatMap, Image, ImageGrid
from reports.figures.svg import SMALL, element, group, number_said, picture, text, width_of
from reports.markup import Html, joined

DARKEST: Final = 0.45
"""The opacity of the largest number's cell: the number on it is still read easily."""
LEVELS: Final = 6
PIXEL: Final = 3.0
IMAGE_GAP: Final = 14


# --- heat maps


def heat_map(chart: HeatMap, language: Language) -> Html:
    """Rows and columns of cells, darker where numbers are larger."""
    written = [[_written(value, chart) for value in row] for row in chart.values]
    names = [row.said(language) for row in chart.rows]
    columns = [column.said(language) for column in chart.columns]
    cell = max(30.0, *(width_of(one, SMALL) + 8 for one in (*columns, *(said for row in written for said in row))))
    high = 28.0
    left, top = max(width_of(name, SMALL) for name in names) + 16, 50.0
    largest = max((abs(value) for row in chart.values for value in row), default=0.0)
    right, bottom = left + cell * len(columns), top + high * len(names)
    drawn = []
    for down, row in enumerate(chart.values):
        for across, value in enumerate(row):
            x, y = left + across * cell, top + down * high
            shade = DARKEST * _share(abs(value), largest, chart)
            drawn.append(element("rect", x=x, y=y, width=cell, height=high, fill="currentColor", fill_opacity=shade))
    cells = group("accent", *drawn)
    numbers = [
        text(said, left + (across + 0.5) * cell, top + (down + 0.5) * high + 5, "middle", font_size=SMALL)
        for down, row in enumerate(written)
        for across, said in enumerate(row)
    ]
    heads = [
        *(text(said, left + (at + 0.5) * cell, top - 8, "middle", font_size=SMALL) for at, said in enumerate(columns)),
        *(text(said, left - 8, top + (at + 0.5) * high + 5, "right", font_size=SMALL) for at, said in enumerate(names)),
    ]
    labels = (
        text(chart.across.said(language), (left + right) / 2, 16, "middle"),
        text(chart.down.said(language), 2, bottom + 20),
    )
    edge = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    border = group("line", element("rect", **edge, fill="none", stroke="currentColor"))
    said = chart.title.said(language), chart.description.said(language)
    width = max(right + 10, width_of(chart.down.said(language)) + 10)
    return picture(width, bottom + 30, *said, cells, border, *numbers, *heads, *labels)


def _written(value: float, chart: HeatMap) -> str:
    return "" if chart.sparse and not value else number_said(value, 4)


def _share(value: float, largest: float, chart: HeatMap) -> float:
    """How much of the full shade a number gets, from 0 to 1."""
    if not largest:
        return 0.0
    return math.log1p(value) / math.log1p(largest) if chart.logarithmic else value / largest


# --- images


def image_grid(chart: ImageGrid, language: Language) -> Html:
    """Images in rows with the words under each."""
    high = max(len(image.pixels) for image in chart.images)
    wide = max(len(image.pixels[0]) for image in chart.images)
    pixel = PIXEL if wide >= 16 else 48 / wide
    captions = [image.caption.said(language) if image.caption else "" for image in chart.images]
    under = 22 if any(captions) else 0
    place = max(wide * pixel, *(width_of(caption, SMALL) for caption in captions)) + IMAGE_GAP
    step = high * pixel + under + IMAGE_GAP
    values = [value for image in chart.images for row in image.pixels for value in row]
    low = min(values) if chart.low is None else chart.low
    top = max(values) if chart.high is None else chart.high
    drawn = []
    for number, (image, caption) in enumerate(zip(chart.images, captions, strict=True)):
        x = number % chart.columns * place + (place - wide * pixel) / 2
        y = number // chart.columns * step + IMAGE_GAP / 2
        drawn.append(_image(image, x, y, pixel, (low, top)))
        if caption:
            middle = x + wide * pixel / 2
            weight = 700 if image.marked else 400
            drawn.append(text(caption, middle, y + high * pixel + 17, "middle", font_size=SMALL, font_weight=weight))
    rows = -(-len(chart.images) // chart.columns)
    said = chart.title.said(language), chart.description.said(language)
    return picture(place * min(chart.columns, len(chart.images)), rows * step, *said, *drawn)


def _image(image: Image, x: float, y: float, pixel: float, ends: tuple[float, float]) -> Html:
    """An image in its frame, a layer of ink for each level of grey over the ones before."""
    wide, high = len(image.pixels[0]) * pixel, len(image.pixels) * pixel
    tone, thick = ("bad", 2.5) if image.marked else ("line", 1)
    edge = {"x": x - 1, "y": y - 1, "width": wide + 2, "height": high + 2, "stroke_width": thick}
    border = group(tone, element("rect", **edge, fill="none", stroke="currentColor"))
    place = f"translate({x:.2f} {y:.2f}) scale({pixel:g})"
    return joined((border, element("g", *_layers(image.pixels, ends), transform=place)))


def _layers(pixels: Sequence[Sequence[float]], ends: tuple[float, float]) -> Iterator[Html]:
    """A path for each level: what is at least that dark; ink over ink comes to the level."""
    low, high = ends
    reached = 0.0
    for level in range(1, LEVELS + 1):
        shade = level / LEVELS
        runs = "".join(_runs(pixels, low + (high - low) * (level - 0.5) / LEVELS))
        if runs:
            opacity = 1 - (1 - shade) / (1 - reached)
            yield element("path", d=runs, fill="currentColor", fill_opacity=round(opacity, 3))
        reached = shade


def _runs(pixels: Sequence[Sequence[float]], least: float) -> Iterator[str]:
    """Rectangles one pixel high, where pixels in a row reach a level."""
    for y, row in enumerate(pixels):
        start = None
        for x, value in enumerate((*row, -math.inf)):
            if value >= least and start is None:
                start = x
            elif value < least and start is not None:
                yield f"M{start} {y}h{x - start}v1h{start - x}z"
                start = None
