"""Figures in LaTeX: each says what its SVG says, shape by shape, and compiles where LuaLaTeX is."""

import re
import shutil
import subprocess
from unicodedata import normalize
from xml.etree import ElementTree

import pytest

from exercises.exercise import LANGUAGES
from exercises.library import search_path, survey
from reports.document import Document, Picture
from reports.figures.drawing import drawing
from reports.figures.svg import TONES, element, group, picture, text
from reports.formats import printed
from reports.markup import Html, joined
from reports.sources.tikz import PIXEL, UnknownSvg, tikz
from solver.notation.vocabulary import GREEK
from tirgul.commands.figure import figures_of

SHAPES = ("rect", "circle", "line", "polygon", "path")
FIGURES = [named for exercise in survey(search_path(()))[0] for named in figures_of(exercise)]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FORMS = {
    "rect": re.compile(r" \(#,#\) rectangle \+\+\(#,#\);"),
    "circle": re.compile(r" \(#,#\) circle\[radius=#\];"),
    "line": re.compile(r" \(#,#\) -- \(#,#\);"),
    "polygon": re.compile(r" (\(#,#\) -- )+cycle;"),
    "path": re.compile(r"( \(#,#\) rectangle \+\+\(#,#\))+;| \(#,#\)( -- \(#,#\))*;"),
}

each = pytest.mark.parametrize("named", FIGURES, ids=lambda named: named.name)
both = pytest.mark.parametrize("language", LANGUAGES)


def parsed(svg):
    return ElementTree.fromstring(svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def numbers(text):
    return [float(one) for one in NUMBER.findall(text)]


def placed(shape):
    """The numbers that say where a shape is; a rectangle of a path is its corner and its sides."""
    match shape.tag:
        case "rect":
            names = "x y width height"
        case "circle":
            names = "cx cy r"
        case "line":
            names = "x1 y1 x2 y2"
        case "polygon":
            names = "points"
        case _:
            return numbers(re.sub(r"h-[\d.]+z", " ", shape.get("d")).replace("v", " "))
    return numbers(" ".join(shape.get(name) for name in names.split()))


def keys_and_rest(line):
    """What stands between the first brackets, and what follows."""
    keys, rest = line.partition("[")[2].split("]", 1)
    return keys.split(", "), rest


def spelled(latex):
    """A label without commands."""
    said = re.sub(r"\\foreignlanguage\{\w+\}", "", latex).replace("$\\times$", "×").replace("$-$", "−")
    for letter, name in GREEK.items():
        said = re.sub(rf"\\{name}(?![a-z]) ?", letter, said)
    return re.sub(r"[{}$^_]|(?<=\$)-", "", said.replace("{-", "{−").replace("\\%", "%"))


# --- every figure


@each
@both
def test_every_shape_is_drawn_once_where_it_is(named, language):
    svg = drawing(named.figure, language)
    root, lines = parsed(svg), tikz(svg).split("\n")
    room, *paths = (line for line in lines if line.startswith("\\path"))
    assert numbers(keys_and_rest(room)[1]) == [0, 0, float(root.get("width")), float(root.get("height"))]
    shapes = [one for one in root.iter() if one.tag in SHAPES]
    assert len(shapes) == len(paths) > 0
    for shape, line in zip(shapes, paths, strict=True):
        keys, where = keys_and_rest(line)
        assert numbers(where) == placed(shape)
        assert FORMS[shape.tag].fullmatch(NUMBER.sub("#", where))
        assert ("fill" in keys) == (shape.tag != "line" and shape.get("fill", "currentColor") == "currentColor")
        assert ("draw" in keys) == (shape.get("stroke", "none") == "currentColor")
        said = dict(key.split("=") for key in keys if "=" in key)
        assert said.get("fill opacity") == shape.get("fill-opacity")
        widths = [float(shape.get("stroke-width")) * PIXEL] if "stroke-width" in shape.attrib else []
        assert numbers(said.get("line width", "")) == widths
        dashes = shape.get("stroke-dasharray", "none").replace("none", "")
        assert numbers(said.get("dash pattern", "")) == [PIXEL * length for length in numbers(dashes)]


@each
@both
def test_every_label_stands_where_it_stood(named, language):
    svg = drawing(named.figure, language)
    labels = list(parsed(svg).iter("text"))
    nodes = [line for line in tikz(svg).split("\n") if line.startswith("\\node")]
    assert len(labels) == len(nodes)
    for label, node in zip(labels, nodes, strict=True):
        keys, rest = keys_and_rest(node)
        place, said = rest.removesuffix("};").split(" {", 1)
        assert place == f" at ({label.get('x')},{label.get('y')})"
        assert (
            keys[0]
            == {"start": "anchor=base west", "middle": "anchor=base", "end": "anchor=base east"}[
                label.get("text-anchor")
            ]
        )
        assert ("font=\\bfseries" in keys) == (label.get("font-weight") == "700")
        inside = normalize("NFKC", "".join(label.itertext()))
        assert spelled(said) == re.sub("[\u2066-\u2069]", "", inside)
        raised = ["^" if piece.get("dy", "").startswith("-") else "_" for piece in label if "font-size" in piece.attrib]
        assert re.findall(r"[_^](?=\{)", said) == raised
        hebrew = re.findall("[\u0590-\u05ff]+", said)
        assert all(word in said[said.index("\\foreignlanguage{hebrew}") :] for word in hebrew)


@each
@both
def test_tones_are_those_of_the_groups_and_everything_is_closed(named, language):
    svg = drawing(named.figure, language)
    made = tikz(svg)
    groups = list(parsed(svg).iter("g"))
    scopes = [keys_and_rest(line)[0] for line in made.split("\n") if line.startswith("\\begin{scope}")]
    assert len(groups) == len(scopes) == made.count("\\end{scope}")
    for tone, keys in zip(groups, scopes, strict=True):
        name = tone.get("class", "").replace("-", "")
        assert [key for key in keys if key.startswith("tone")] == ([name] if name else [])
        if "transform" in tone.attrib:  # TikZ moves and scales what is filled, not what is as wide as a pen or written
            assert numbers(tone.get("transform")) == numbers(", ".join(keys))
            assert {(one.tag, one.get("stroke")) for one in tone} == {("path", None)}
    bare = re.sub(r"\\[{}$%]", "", made)
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0 and "\n\n" not in made


def test_the_frame_of_a_picture_is_the_one_that_is_known():
    """Of it only the size and the colour are read."""
    frames = {frozenset(parsed(drawing(named.figure, "he")).attrib) for named in FIGURES}
    assert frames == {
        frozenset("viewBox width height role aria-label class color fill direction font-size font-family".split())
    }


# --- what no figure has


@pytest.mark.parametrize(
    "drawn",
    (
        element("ellipse", cx=1, cy=1, rx=2, ry=3),
        element("rect", x=0, y=0, width=1, height=1, style="fill:red"),
        element("rect", x=0, y=0, width=1, height=1, fill="red"),
        element("path", d="M0 0 C1 1 2 2 3 3", fill="none"),
        element("line", x1=0, y1=0, x2=1, y2=1, stroke_linecap="round"),
        element("g", transform="rotate(3)"),
        element("g", color="#123456"),
        text("a", 0, 0, letter_spacing=1),
        element("text", Html("a"), element("tspan", Html("b"), dx=1), x=0, y=0, text_anchor="start"),
        element("text", Html("a"), Html('<tspan dy="4" font-size="75%">b</tspan>c'), x=0, y=0, text_anchor="start"),
        element("text", Html("𝑎⊗𝑏"), x=0, y=0, text_anchor="start"),
    ),
)
def test_what_is_not_known_is_an_error(drawn):
    with pytest.raises(UnknownSvg):
        tikz(picture(9, 9, "a", "b", drawn))


def test_a_shape_is_filled_unless_it_says_otherwise():
    box = dict(x=0, y=0, width=1, height=1)
    made = tikz(picture(9, 9, "a", "b", element("rect", **box), element("rect", **box, fill="none")))
    assert "\\path[fill] (0,0)" in made and "\\path[] (0,0)" in made


def test_labels_stay_text():
    made = tikz(picture(9, 9, "\\input{a}", "b", text("50% \\input{x} $a$", 0, 0)))
    assert "\\input" not in made and "{50\\% \\textbackslash{}input\\{x\\} \\$a\\$}" in made


# --- documents


def test_only_a_document_with_figures_needs_tikz():
    drawn = Picture(picture(9, 9, "a", "b", group("bad", element("circle", cx=1, cy=2, r=3))), "a. b")
    made, without = (printed([Document("he", "x", blocks)], "latex").decode() for blocks in ((drawn,), ()))
    assert "tikz" not in without
    assert made.index("\\usepackage{tikz}") < made.index("\\begin{document}") < made.index("\\begin{tikzpicture}")
    for name in TONES:
        assert f"\\definecolor{{tone{name}}}" in made


def has_lualatex():
    if not (shutil.which("lualatex") and shutil.which("kpsewhich")):
        return False
    return subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True).returncode == 0


@pytest.mark.skipif(not has_lualatex(), reason="needs LuaLaTeX with TikZ")
@pytest.mark.parametrize(("language", "chosen"), (("he", FIGURES), ("en", FIGURES[:5])))
def test_figures_compile_and_none_is_broader_than_the_text(language, chosen, tmp_path):
    broad = picture(2000, 40, "a", "b", joined((text("left", 0, 20), text("right", 2000, 20, "right"))))
    figures = [Picture(drawing(named.figure, language), named.figure.description.said(language)) for named in FIGURES]
    page = Document(language, "x", (*figures, Picture(broad, "a. b")))
    (tmp_path / "figures.tex").write_bytes(printed([page], "latex"))
    command = ["lualatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "figures.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    log = (tmp_path / "figures.log").read_text(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log and "Missing character" not in log
