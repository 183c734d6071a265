"""Figures of the bank: each says what the engine says, in both languages, and is drawn alike on pages and paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exercises.diagram import Block, Planes, Shared, Sliding, Units, Volumes
from exercises.exercise import LANGUAGES, Language, Text
from exercises.exhibit import BarChart, BoxPlot, HeatMap, Image, ImageGrid, LineChart, Mark, Panels, Series
from exercises.library import search_path, survey
from reports.bidi import LEFT_TO_RIGHT, POP, RIGHT_TO_LEFT
from reports.figures.charts import five_numbers
from reports.figures.drawing import drawing
from reports.figures.grids import DARKEST, LEVELS
from reports.figures.svg import DARK, TONES, file_of, width_of
from solver.derivation import value_of
from solver.fields import unit_field
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.pooling import MaxPool2d
from solver.questions import analyze, parameters
from solver.values import Shape
from tests.sources import ROOT
from tirgul import cli
from tirgul.commands.figure import Named, figures_of

HEBREW = re.compile("[\u0590-\u05ff]")
WORD = Text(he="מילה", en="word")
Run = Callable[..., tuple[int, str, str]]
PLACED = tuple[float, float, float, float]


@cache
def bank() -> tuple[Named, ...]:
    return tuple(named for exercise in survey(search_path(()))[0] for named in figures_of(exercise))


def every(*kinds: type) -> list[Named]:
    return [named for named in bank() if isinstance(named.figure, kinds or object)]


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def lit(picture: str, tone: str) -> list[ElementTree.Element]:
    groups = [one for one in parsed(picture).iter("g") if one.get("class") == f"tone-{tone}"]
    return [cell for one in groups for cell in one if "data-read" in cell.attrib]


each = pytest.mark.parametrize("named", bank(), ids=lambda named: named.name)
both = pytest.mark.parametrize("language", LANGUAGES)


# --- every figure


def test_names_are_one_figures_each_and_every_figure_of_the_chapters_is_there() -> None:
    names = [named.name for named in bank()]
    assert len(names) == len(set(names))
    wanted = (
        "linear-neuron nonlinear-neuron shared-neurons sliding-kernel channels-in channels-out padding stride "
        "dilation max-pooling convolution-2d small-network receptive-field mlp activations lenet5 mnist "
        "step-sizes training predictions resblockmlp resblockconv resblockdownsamp"
    )
    assert set(wanted.split()) <= set(names)


@each
@both
def test_a_figure_is_one_picture_with_words_for_readers_who_do_not_see_it(named: Named, language: Language) -> None:
    drawn = drawing(named.figure, language)
    root = parsed(drawn)
    assert root.get("role") == "img" and root[0].text == named.figure.title.said(language)
    assert root[1].tag == "desc" and (root[1].text or "") == named.figure.description.said(language)
    assert bool(HEBREW.search(named.figure.description.said(language))) == (language == "he")
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawn)) <= {"none", "currentColor"}
    assert set(re.findall(r'(?<!-)color="([^"]*)"', drawn)) <= set(TONES.values())
    assert not re.search(r"style=|url\(|href|<script|var\(", drawn)


@each
@both
def test_words_lie_inside_the_picture_and_not_over_each_other(named: Named, language: Language) -> None:
    root = parsed(drawing(named.figure, language))
    wide, high = (float(root.get(side, 0)) for side in ("width", "height"))
    boxes = list(placed_words(root))
    for left, top, right, bottom in boxes:
        assert left > -3 and right < wide + 3 and top > -1 and bottom < high + 2
    for one, other in combinations(boxes, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        down = min(one[3], other[3]) - max(one[1], other[1])
        assert across < 4 or down < 4


def placed_words(root: ElementTree.Element) -> Iterator[PLACED]:
    """About where each text is drawn."""
    for words in root.iter("text"):
        size, x, y = (float(words.get(name, default)) for name, default in (("font-size", 15), ("x", 0), ("y", 0)))
        bare = re.sub("[\u2066-\u2069]", "", words.text or "")
        index = "".join("".join(inside.itertext()) for inside in words)
        width = 0.92 * (width_of(bare, size) + width_of(index, 0.75 * size))
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.get("text-anchor", "start")] * width
        yield left, y - 0.7 * size, left + width, y + 0.15 * size


@each
@both
def test_words_carry_their_direction_and_numbers_their_minus(named: Named, language: Language) -> None:
    drawn = drawing(named.figure, language)
    assert 'direction="rtl"' not in drawn  # renderers differ in what they make of it
    for words in parsed(drawn).iter("text"):
        said = "".join(words.itertext())
        assert not re.search(r"(?<![A-Za-z\d])-\d", said)
        if HEBREW.search(said):
            assert said.startswith(RIGHT_TO_LEFT) and said.endswith(POP)
            outside = re.sub(f"{LEFT_TO_RIGHT}[^{POP}]*{POP}", "", said)
            assert not re.search(r"[A-Za-z\d]", outside)
        else:
            assert language == "en" or not re.search("[a-z]{3}", said) or said.isascii() or "×" in said


@both
def test_typst_draws_every_figure(language: Language, tmp_path: Path) -> None:
    typst = pytest.importorskip("typst", reason="typst is not installed")
    lines = ["#set page(width: 800pt, height: auto)"]
    for number, named in enumerate(bank()):
        (tmp_path / f"{number}.svg").write_bytes(file_of(drawing(named.figure, language)))
        lines.append(f'#image("{number}.svg")')
    page = tmp_path / "page.typ"
    page.write_text("\n".join(lines), encoding="utf-8")
    assert typst.compile(str(page), format="pdf").startswith(b"%PDF")


# --- what the engine says


def pixels(network: Layer, shape: tuple[int, ...], position: tuple[int, ...] | None) -> list[str]:
    """The places that a unit uses, as figures name them."""
    uses = unit_field(network, shape, position=position).uses
    high, wide = uses.shape
    return [f"{row},{column}" for row in range(high) for column in range(wide) if uses[row, column]]


@pytest.mark.parametrize("named", every(Planes), ids=lambda named: named.name)
def test_the_cells_that_are_read_are_the_support_of_the_unit(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Planes)
    layers = figure.network.layers if isinstance(figure.network, Chain) else (figure.network,)
    wanted: list[str] = []
    for number in range(len(layers)):  # the signal below this layer, and what is read of each of its channels
        shape = tuple(value_of(analyze(Chain(layers[:number]), figure.shape).output))  # type: ignore[arg-type]
        wanted += pixels(Chain(layers[number:]), shape, figure.position) * shape[0]
    shaded = lit(drawing(figure, "en"), "accent")
    inside = [cell.get("data-read") for cell in shaded if cell.get("fill-opacity") == "0.5"]
    assert inside == wanted


def test_a_plane_shows_gaps_padding_and_only_the_channels_that_are_read() -> None:
    dilated = Planes(WORD, WORD, Conv2d(1, 3, dilation=2), (1, 7, 7), (1, 1))
    assert len(lit(drawing(dilated, "en"), "accent")) == 9
    corner = Planes(WORD, WORD, Conv2d(1, 3, padding=1), (1, 4, 4), (0, 0))
    cells = [cell.get("fill-opacity") for cell in lit(drawing(corner, "en"), "accent")]
    assert (cells.count("0.5"), cells.count("0.18")) == (4, 5)
    pooled = Planes(WORD, WORD, MaxPool2d(2), (2, 4, 4), (0, 0), channel=1)
    assert len(lit(drawing(pooled, "en"), "accent")) == 4
    grouped = Planes(WORD, WORD, Conv2d(4, 3, groups=2), (4, 3, 3), (0, 0), channel=3)
    assert len(lit(drawing(grouped, "en"), "accent")) == 18


@pytest.mark.parametrize("named", every(Sliding), ids=lambda named: named.name)
def test_a_kernel_lies_over_what_its_output_reads(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Sliding)
    cells = lit(drawing(figure, "en"), "accent")
    (reads,) = figure.layer.reads(Shape(figure.shape)) or ((),)
    channels = range(figure.shape[0] if isinstance(figure.layer, Conv1d) else 1)
    inside = [cell.get("data-read") for cell in cells if "stroke-dasharray" not in cell.attrib]
    assert inside == [f"{channel},{place}" for channel in channels for place in reads[figure.position]]
    if isinstance(figure.layer, Conv1d):
        weights = len(lit(drawing(figure, "en"), "warn"))
        assert weights * figure.layer.out_channels == parameters(figure.layer, figure.shape) - (  # type: ignore[operator]
            figure.layer.out_channels if figure.layer.bias else 0
        )


@pytest.mark.parametrize("named", every(Shared), ids=lambda named: named.name)
def test_neurons_share_as_many_weights_as_the_layer_has(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Shared)
    lines = [one.get("data-weight") for one in parsed(drawing(figure, "en")).iter("g") if "data-weight" in one.attrib]
    (reads,) = figure.layer.reads(Shape((1, figure.length))) or ((),)
    assert len(set(lines)) == parameters(figure.layer, (1, figure.length))
    assert len(lines) - len(set(lines)) == sum(map(len, reads))  # each is in the key once


@pytest.mark.parametrize("named", every(Volumes), ids=lambda named: named.name)
def test_volumes_have_the_sizes_of_the_analysis(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Volumes)
    sizes = re.findall(r'data-size="([^"]*)"', drawing(figure, "en"))
    rows = [row for row in analyze(figure.network, figure.shape).rows if row.layer.kind not in ("ReLU", "Flatten")]
    shapes = [Shape(figure.shape), *(value_of(row.output) for row in rows)]
    assert sizes == [str(shape).replace("x", "×") for shape in shapes]


@pytest.mark.parametrize("named", every(Units), ids=lambda named: named.name)
def test_a_line_for_each_weight(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Units)
    assert len(list(parsed(drawing(figure, "en")).iter("line"))) == parameters(figure.network, (figure.inputs,))


@pytest.mark.parametrize("named", every(Block), ids=lambda named: named.name)
def test_a_block_has_a_box_for_each_layer_and_a_ring_for_each_join(named: Named) -> None:
    figure = named.figure
    assert isinstance(figure, Block)
    root = parsed(drawing(figure, "en"))
    rows = analyze(figure.network, figure.shape).rows
    assert len(list(root.iter("rect"))) == sum(row.layer.kind != "Add" for row in rows)
    assert sum(ring.get("r") == "11" for ring in root.iter("circle")) == sum(row.layer.kind == "Add" for row in rows)
    shown = ["".join(words.itertext()) for words in root.iter("text")]
    output = str(value_of(rows[-1].output)).replace("x", "×")
    assert output.removeprefix("(").removesuffix(",)") in shown


# --- charts


def series(*values: float | None, at: tuple[float, ...] = ()) -> Series:
    return Series(WORD, values, at)


def test_lines_stand_at_their_places_and_break_where_there_is_no_value() -> None:
    one = LineChart(WORD, WORD, WORD, WORD, (series(1, 2, None, 4, at=(0, 10, 20, 40)),), marks=(Mark(WORD, 20),))
    root = parsed(drawing(one, "en"))
    (group,) = [group for group in root.iter("g") if "data-series" in group.attrib]
    pieces = [re.findall(r"([\d.]+) [\d.]+", stroke.get("d", "")) for stroke in group if stroke.tag == "path"]
    (a, b), (d,) = [[float(x) for x in piece] for piece in pieces]
    (mark,) = [line for line in root.iter("line") if line.get("stroke-dasharray") == "5 4"]
    assert d - a == pytest.approx(4 * (b - a), abs=0.1) and float(mark.get("x1", 0)) == pytest.approx((a + d) / 2)


def test_panels_have_a_part_for_each_chart() -> None:
    one = LineChart(WORD, WORD, WORD, WORD, (series(1, 2), series(2, 3)))
    drawn = parsed(drawing(Panels(WORD, WORD, (one,) * 3), "he"))
    assert len([group for group in drawn.iter("g") if "data-series" in group.attrib]) == 6


def test_bars_are_as_high_as_their_values() -> None:
    labels = tuple(Text(he=name, en=name) for name in "abc")
    root = parsed(drawing(BarChart(WORD, WORD, WORD, WORD, labels, (series(1, 2, -3),)), "en"))
    heights = [float(bar.get("height", 0)) for bar in root.iter("rect")]
    assert [height / heights[0] for height in heights] == pytest.approx([1, 2, 3], rel=0.01)


def test_boxes_hold_the_quartiles_and_dots_what_lies_far_out() -> None:
    assert five_numbers([1, 2, 3, 4, 5]) == (1, 2, 3, 4, 5)
    drawn = parsed(drawing(BoxPlot(WORD, WORD, WORD, (series(1, 2, 3, 4, 50, 5), series(7))), "he"))
    assert len(list(drawn.iter("circle"))) == 1 and len(list(drawn.iter("rect"))) == 2


def test_shades_of_a_heat_map_follow_its_numbers() -> None:
    labels = (WORD, WORD)
    root = parsed(drawing(HeatMap(WORD, WORD, WORD, WORD, labels, labels, ((4, 0), (1, 2)), sparse=True), "en"))
    shades = [float(cell.get("fill-opacity", 0)) for cell in root.iter("rect")][:4]
    assert shades == pytest.approx([DARKEST, 0, DARKEST / 4, DARKEST / 2], abs=0.01)
    assert [words.text for words in root.iter("text") if words.text in ("4", "0", "1", "2")] == ["4", "1", "2"]


def test_the_grey_of_every_pixel_is_its_value() -> None:
    pixels = ((0, 51, 102), (153, 204, 255))
    root = parsed(drawing(ImageGrid(WORD, WORD, (Image(pixels, WORD, marked=True),), 5, 0, 255), "en"))
    ink = [[0.0] * 3 for _ in pixels]
    for layer in root.iter("path"):
        for x, y, long in re.findall(r"M(\d+) (\d+)h(\d+)v1", layer.get("d", "")):
            for at in range(int(x), int(x) + int(long)):
                ink[int(y)][at] += (1 - ink[int(y)][at]) * float(layer.get("fill-opacity", 1))
    for row, inked in zip(pixels, ink, strict=True):
        assert inked == pytest.approx([value / 255 for value in row], abs=0.5 / LEVELS + 0.01)


# --- the command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The exit code and the outputs of a command."""
    monkeypatch.delenv("TIRGUL_EXERCISES", raising=False)

    def typed(*arguments: object) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return typed


def test_figures_are_listed_and_written(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("figure", "list", "--lang", "en")
    assert code == 0 and len(said.splitlines()) == len(bank())
    listed = json.loads(run("figure", "--json", "--lang", "he")[1])["figures"]
    assert [one["name"] for one in listed] == [named.name for named in bank()]
    code, said, _ = run("figure", "11.1", "Confusion", "--out", tmp_path, "--lang", "both")
    wanted = {named.name for named in bank() if named.exercise == "11.1"} | {"confusion"}
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"{n}.{lang}.svg" for n in wanted for lang in LANGUAGES}


def test_one_figure_is_printed_and_several_need_a_folder(run: Run) -> None:
    code, said, _ = run("figure", "mlp", "--lang", "he")
    assert code == 0 and ElementTree.fromstring(said).tag.endswith("svg")
    assert run("figure", "conv1d", "--lang", "en")[::2] == (2, "Several figures need a folder: --out DIR\n")


@both
def test_an_unknown_name_is_answered_with_near_ones(run: Run, language: Language) -> None:
    code, _, said = run("figure", "strid", "--lang", language)
    assert code == 2 and "strid" in said and "stride" in said.replace("strid.", "")


@both
def test_any_network_of_short_text_is_drawn(run: Run, language: Language) -> None:
    code, said, _ = run("figure", "Conv2d(8, 3, padding=1) ReLU MaxPool2d(2)", "--input", "1x8x8", "--lang", language)
    assert code == 0 and re.findall(r'data-size="([^"]*)"', said) == ["1×8×8", "8×8×8", "8×4×4"]
    code, _, said = run("figure", "Conv2d(8, 9)", "--input", "1x8x8", "--lang", language)
    assert code == 2 and bool(HEBREW.search(said)) == (language == "he")
    assert run("figure", "Conv2d(8, 3)", "--input", "1,H,W", "--lang", language)[0] == 2


# --- colours


def test_tones_are_the_colours_of_the_page() -> None:
    css = (ROOT / "reports/templates/page.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--(\w+): (#[0-9a-f]+);", css.split("}")[0]))
    dark = dict(re.findall(r"--(\w+): (#[0-9a-f]+);", css.split("prefers-color-scheme: dark", 1)[1].split("}")[0]))
    assert {**light, "paper": "#ffffff"}.items() >= TONES.items()  # print's paper is white
    assert dark.items() >= DARK.items() and DARK.keys() == TONES.keys()
    assert all(f".tone-{name} {{ color: var(--{name}); }}" in css for name in TONES)


@pytest.mark.parametrize("tones, paper", [(TONES, "#fdfcf9"), (DARK, "#16181c")], ids=["light", "dark"])
def test_words_are_read_easily_on_paper_and_on_the_darkest_shade(tones: dict[str, str], paper: str) -> None:
    for name, colour in tones.items():
        assert name in ("line", "paper") or contrast(colour, paper) >= 4.5
    shade = [DARKEST * a + (1 - DARKEST) * b for a, b in zip(rgb(tones["accent"]), rgb(paper), strict=True)]
    darkest = "#" + "".join(f"{round(255 * part):02x}" for part in shade)
    assert contrast(tones["ink"], darkest) >= 4.5


def rgb(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    """As WCAG defines it."""

    def light(colour: str) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb(colour)]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_file_turns_dark_by_itself() -> None:
    said = file_of(drawing(bank()[0].figure, "he")).decode()
    assert ElementTree.fromstring(said).tag.endswith("svg")
    assert "prefers-color-scheme:dark" in said and all(colour in said for colour in DARK.values())
