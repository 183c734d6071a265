r"""Figures as TikZ: the SVG of `reports/figures`, shape by shape, with the same coordinates.

A unit of the picture is a pixel of the SVG and its second axis runs downwards, so both say the same numbers. Only what
our figures are made of is known: anything else is an error, for a picture that lacks something says something wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from unicodedata import normalize
from xml.etree import ElementTree

from reports.bidi import LEFT_TO_RIGHT, POP, RIGHT_TO_LEFT
from reports.figures.svg import ANCHORS, SIZE, TONES
from reports.sources.characters import escaped
from solver.notation.vocabulary import GREEK

PIXEL: Final = 0.75
"""Points of a pixel: 96 pixels are an inch, as on pages."""
PREAMBLE: Final = "\\usepackage{tikz}\n" + "".join(
    f"\\definecolor{{tone{name}}}{{HTML}}{{{tone[1:].upper()}}}\n" for name, tone in TONES.items()
)
"""What a document with figures says before it begins: the tones are colours there."""

_TONES: Final[Mapping[str, str]] = MappingProxyType({tone: f"tone{name}" for name, tone in TONES.items()})
_ANCHORS: Final[Mapping[str, str]] = MappingProxyType(
    {ANCHORS["left"]: "base west", ANCHORS["middle"]: "base", ANCHORS["right"]: "base east"}
)
_PLACES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "rect": frozenset({"x", "y", "width", "height"}),
        "circle": frozenset({"cx", "cy", "r"}),
        "line": frozenset({"x1", "y1", "x2", "y2"}),
        "polygon": frozenset({"points"}),
        "path": frozenset({"d"}),
        "text": frozenset({"x", "y", "text-anchor"}),
    }
)
"""The attributes that say where something is; all others say how it looks."""


class UnknownSvg(ValueError):
    """An element or an attribute that figures did not have when this was written."""


def tikz(svg: str) -> str:
    """A figure as a `tikzpicture`; titles and descriptions are not part of it."""
    root = ElementTree.fromstring(svg)
    look = f"x={PIXEL}pt, y=-{PIXEL}pt, line width={PIXEL}pt, {_key('color', root.attrib['color'])}"
    words = f"every node/.style={{inner sep=0pt, outer sep=0pt}}, {_key('font-size', str(SIZE))}"
    room = f"(0,0) rectangle ({root.attrib['width']},{root.attrib['height']})"
    head = f"\\begin{{tikzpicture}}[{look},\n  {words}]\n\\path[use as bounding box] {room};"
    return "\n".join((head, *_inside(root), "\\end{tikzpicture}"))


def _inside(parent: ElementTree.Element) -> Iterator[str]:
    for child in parent:
        match child.tag.rpartition("}")[2]:
            case "title" | "desc":
                pass
            case "g":
                yield f"\\begin{{scope}}[{_look(child.attrib)}]"
                yield from _inside(child)
                yield "\\end{scope}"
            case "text":
                x, y, anchor = child.attrib["x"], child.attrib["y"], _ANCHORS[child.attrib["text-anchor"]]
                keys = ", ".join(filter(None, (f"anchor={anchor}", _look(child.attrib, "text"))))
                yield f"\\node[{keys}] at ({x},{y}) {{{_label(child)}}};"
            case "line":
                yield f"\\path[{_look(child.attrib, 'line')}] {_outline('line', child.attrib)};"
            case "rect" | "circle" | "polygon" | "path" as shape:
                filled = {"fill": "currentColor", **child.attrib}  # unless a shape says other than the picture
                yield f"\\path[{_look(filled, shape)}] {_outline(shape, child.attrib)};"
            case other:
                raise UnknownSvg(other)


# --- where


def _outline(shape: str, at: Mapping[str, str]) -> str:
    match shape:
        case "rect":
            return f"({at['x']},{at['y']}) rectangle ++({at['width']},{at['height']})"
        case "circle":
            return f"({at['cx']},{at['cy']}) circle[radius={at['r']}]"
        case "line":
            return f"({at['x1']},{at['y1']}) -- ({at['x2']},{at['y2']})"
        case "polygon":
            return " -- ".join((*(f"({point})" for point in at["points"].split()), "cycle"))
        case _:
            return _path(at["d"])


_NUMBER: Final = r"(-?[\d.]+)"
_POINT: Final = re.compile(f"{_NUMBER} {_NUMBER}")
_POINTS: Final = re.compile(f"M{_POINT.pattern}(?: L{_POINT.pattern})*")
_RUN: Final = re.compile(rf"M{_NUMBER} {_NUMBER}h{_NUMBER}v{_NUMBER}h-\3z")


def _path(line: str) -> str:
    """A line through points, or rectangles one after the other.

    >>> _path("M0 0 L1.5 2"), _path("M6 7h6v1h-6zM6 8h16v1h-16z")
    ('(0,0) -- (1.5,2)', '(6,7) rectangle ++(6,1) (6,8) rectangle ++(16,1)')
    """
    if _POINTS.fullmatch(line):
        return " -- ".join(f"({x},{y})" for x, y in _POINT.findall(line))
    if _RUN.sub("", line):
        raise UnknownSvg(line)
    return " ".join(f"({x},{y}) rectangle ++({wide},{high})" for x, y, wide, high in _RUN.findall(line))


# --- how


def _look(said: Mapping[str, str], tag: str = "") -> str:
    """All that says how something looks, as keys."""
    besides = _PLACES.get(tag, frozenset())
    return ", ".join(filter(None, (_key(name, value) for name, value in said.items() if name not in besides)))


def _key(name: str, value: str) -> str:
    """An attribute as a key of TikZ; nothing where TikZ does so by itself.

    >>> _key("stroke-dasharray", "8 4"), _key("fill", "none")
    ('dash pattern=on 6pt off 3pt', '')
    """
    match name, value:
        case ("class", _) | ("fill" | "stroke" | "stroke-dasharray", "none") | ("font-weight", "400"):
            return ""
        case "color", _ if value in _TONES:
            return _TONES[value]
        case "fill", "currentColor":
            return "fill"
        case "stroke", "currentColor":
            return "draw"
        case "fill-opacity", _:
            return f"fill opacity={value}"
        case "stroke-opacity", _:
            return f"draw opacity={value}"
        case "stroke-width", _:
            return f"line width={_points(value)}pt"
        case "stroke-linejoin", "round":
            return "line join=round"
        case "stroke-dasharray", _:
            lengths = enumerate(value.split())
            return "dash pattern=" + " ".join(f"{('on', 'off')[at % 2]} {_points(one)}pt" for at, one in lengths)
        case "rx", _:
            return f"rounded corners={_points(value)}pt"
        case "font-size", _:
            return f"node font=\\fontsize{{{_points(value)}}}{{{_points(value)}}}\\selectfont"
        case "font-weight", "700":
            return "font=\\bfseries"
        case "transform", _ if found := _MOVED.fullmatch(value):
            return f"shift={{({found[1]},{found[2]})}}, scale={found[3]}"
        case _ if name.startswith("data-"):  # for tests and programs
            return ""
        case _:
            raise UnknownSvg(f"{name}={value!r}")


_MOVED: Final = re.compile(rf"translate\({_NUMBER} {_NUMBER}\) scale\({_NUMBER}\)")


def _points(pixels: str) -> str:
    return f"{float(pixels) * PIXEL:g}"


# --- words

_ISOLATES: Final = str.maketrans(
    {RIGHT_TO_LEFT: "\\foreignlanguage{hebrew}{", LEFT_TO_RIGHT: "\\foreignlanguage{english}{", POP: "}"}
)
_ITALIC: Final = re.compile("[\u210e\U0001d400-\U0001d7ff]")
_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {"−": "-", **{letter: f"\\{name} " for letter, name in GREEK.items()}}
)


def _label(text: ElementTree.Element) -> str:
    """What a text says: words with their directions, or a formula with its index or power."""
    said = text.text or ""
    if len(text) or _ITALIC.search(said):
        return f"${_symbols(said)}{''.join(map(_raised, text))}$"
    return escaped(said).translate(_ISOLATES)


def _raised(piece: ElementTree.Element) -> str:
    """A piece of a formula above or below its line, or back on it."""
    said = _symbols(piece.text or "")
    match sorted(piece.attrib.items()):
        case [("dy", shift)] if not piece.tail:
            return said
        case [("dy", shift), ("font-size", "75%")] if not piece.tail:
            return f"{'^' if shift.startswith('-') else '_'}{{{said}}}"
        case _:
            raise UnknownSvg(ElementTree.tostring(piece, "unicode"))


def _symbols(said: str) -> str:
    r"""Letters of formulas as LaTeX writes them.

    >>> _symbols("𝜎"), _symbols("𝑠=2")
    ('\\sigma ', 's=2')
    """
    letters = normalize("NFKC", said)
    if unknown := re.sub(r"[\w.,=()−]", "", letters):
        raise UnknownSvg(unknown)
    return "".join(_SYMBOLS.get(letter, letter) for letter in letters)
