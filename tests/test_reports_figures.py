"""Charts: they hold every number at its place, say in words what they show, and load and colour nothing themselves."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.bank.init_demo import EXERCISE
from exercises.exercise import LANGUAGES, Language, Text
from exercises.exhibit import LineChart, Series, Table
from reports.figures.axes import round_ticks
from reports.figures.charts import line_chart
from reports.figures.svg import TONES, element, text

(CHART,) = [one for shown in EXERCISE.canonical().exhibits.values() for one in shown if isinstance(one, LineChart)]


def chart(*values: list[float], logarithmic: bool) -> LineChart:
    word = Text(he="מילה", en="word")
    return LineChart(word, word, word, word, tuple(Series(word, one) for one in values), logarithmic)


def parsed(picture: str) -> ElementTree.Element:
    """A picture as a tree, its namespace left out."""
    return ElementTree.fromstring(picture.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def points(picture: str) -> list[list[tuple[float, float]]]:
    """The points of each series' line."""
    groups = [group for group in parsed(picture).iter("g") if "data-series" in group.attrib]
    lines = [" ".join(line.attrib["d"] for line in group.iter("path")) for group in groups]
    found = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", line) for line in lines]
    return [[(float(x), float(y)) for x, y in line] for line in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_picture_says_what_it_shows(language: Language) -> None:
    root = parsed(line_chart(CHART, language))
    assert (root.attrib["role"], root.tag) == ("img", "svg")
    assert root[0].tag == "title" and root[0].text == CHART.title.said(language)
    assert root[1].tag == "desc" and root[1].text == CHART.description.said(language)
    shown = ["".join(one.itertext()) for one in root.iter("text")]
    bare = [re.sub("[\u2066-\u2069]", "", one) for one in shown]
    assert {series.name.said(language) for series in CHART.series} <= set(bare)


@pytest.mark.parametrize("language", LANGUAGES)
def test_colours_are_the_pages(language: Language) -> None:
    picture = line_chart(CHART, language)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', picture)) <= {"none", "currentColor"}
    assert set(re.findall(r'(?<!-)color="([^"]*)"', picture)) <= set(TONES.values())
    assert not re.search(r"style=|url\(|href", picture)


def test_the_values_of_the_example_grow_and_shrink_as_the_chapter_says() -> None:
    large, one, he, small = (line[-1][1] - line[0][1] for line in points(line_chart(CHART, "en")))
    assert large < one < he < 0 + 25 and small > 80  # y runs downwards


def test_a_logarithmic_scale_is_one() -> None:
    ((_, a), (_, b), (_, c)) = points(line_chart(chart([1.0, 10.0, 100.0], logarithmic=True), "en"))[0]
    assert a - b == pytest.approx(b - c, abs=0.02)
    (line,) = points(line_chart(chart([1.0, 10.0, 0.0, 5.0], logarithmic=True), "en"))
    assert len(line) == 2  # what is 0 has no place, and a line ends there


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=6), min_size=1, max_size=5
    ),
    st.booleans(),
)
def test_any_values_stay_inside_the_frame(values: list[list[float]], logarithmic: bool) -> None:
    kept = [[abs(value) + 1e-9 if logarithmic else value for value in one] for one in values]
    for line, series in zip(points(line_chart(chart(*kept, logarithmic=logarithmic), "he")), kept, strict=True):
        assert len(line) == len(series)
        assert all(0 <= x <= 480 and 0 <= y <= 320 for x, y in line)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_enclose_and_are_few(first: float, second: float) -> None:
    low, high = min(first, second), max(first, second)
    if high - low > 1e-6 * max(abs(low), abs(high), 1e-6):
        ticks = round_ticks(low, high)
        slack = 1e-6 * (high - low)
        assert ticks[0] <= low + slack and ticks[-1] >= high - slack and 2 <= len(ticks) <= 9


def test_names_beside_lines_do_not_lie_over_each_other() -> None:
    picture = line_chart(chart([1.0, 5.0], [1.0, 5.0], [1.0, 5.0], logarithmic=False), "en")
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*font-weight', picture))
    assert len(heights) == 3 and all(b - a >= 16 for a, b in pairwise(heights))


def test_words_are_escaped_and_isolated() -> None:
    assert "&lt;b&gt;" in text("<b>", 0, 0)
    assert "\u2066He\u2069" in text("אתחול He", 0, 0)
    assert 'a-b="1"' in element("g", a_b=1)


def test_tables_are_as_wide_as_their_heads() -> None:
    tables = [one for shown in EXERCISE.canonical().exhibits.values() for one in shown if isinstance(one, Table)]
    assert len(tables) == 5
    assert all(len(row) == len(table.head) for table in tables for row in table.rows)
