"""SVG as markup: elements whose text is escaped, and the frame of a picture with words for those who cannot see it.

One picture serves pages and print. Everything is drawn in the colour of the text around it, `currentColor`; a group has
a tone, which is a class that the style sheet colours, light, dark and in print, and a colour for where there is none.
Words carry their direction in themselves: renderers differ in what they make of attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, final

from reports.bidi import RIGHT_TO_LEFT, direction, isolated, runs
from reports.markup import Html, escape, joined
from solver.frozen import frozen

Attribute: TypeAlias = str | int | float
Place: TypeAlias = Literal["left", "middle", "right"]
Point: TypeAlias = tuple[float, float]

SIZE: Final = 15
SMALL: Final = 13
FONTS: Final = "STIX Two Text, Frank Ruhl Libre, STIX Two Math, serif"
TONES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ink": "#1f2328",
        "soft": "#5a5f66",
        "accent": "#1d4e89",
        "good": "#1f6f43",
        "warn": "#8a5a00",
        "bad": "#a32020",
        "info": "#5b3a8c",
        "line": "#d9d5c9",
        "paper": "#ffffff",
    }
)
"""The colours of the page by light, by the names that they have there."""
DARK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ink": "#e6e3dc",
        "soft": "#a9adb3",
        "accent": "#8db8ee",
        "good": "#7fd0a0",
        "warn": "#e6bd63",
        "bad": "#f0938c",
        "info": "#c3a9ef",
        "line": "#3a3f47",
        "paper": "#16181c",
    }
)
"""The same in the dark."""
EDGED: Final[Mapping[str, Attribute]] = MappingProxyType(
    {"fill": "currentColor", "fill_opacity": 0.12, "stroke": "currentColor", "stroke_width": 1.5}
)
"""How a shape with something in it is drawn."""


def element(tag: str, /, *inside: Html, **attributes: Attribute) -> Html:
    """An element; `class_` and names with `_` are written as SVG has them, numbers with no more digits than are seen.

    >>> element("line", x1=0.5, y2=1 / 3, stroke_width=2, class_="axis")
    '<line x1="0.5" y2="0.33" stroke-width="2" class="axis"/>'
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_written(value))}"' for name, value in attributes.items()
    )
    return Html(f"<{tag}{named}>{joined(inside)}</{tag}>" if inside else f"<{tag}{named}/>")


def group(tone: str, *inside: Html, **attributes: Attribute) -> Html:
    """Elements in one tone."""
    return element("g", *inside, class_=f"tone-{tone}", color=TONES[tone], **attributes)


# --- words

ANCHORS: Final[Mapping[Place, str]] = MappingProxyType({"left": "start", "middle": "middle", "right": "end"})


def text(said: str, x: float, y: float, at: Place = "left", **attributes: Attribute) -> Html:
    """Words in the direction that they are read in; `at` says which end of them, or their middle, is at the point.

    In Hebrew, Latin words and numbers stand between invisible isolates: markup inside a text is not for words.
    """
    if direction(said) == "rtl":
        said = "".join(isolated(piece) if foreign else piece for piece, foreign in runs(said, "he"))
        said = isolated(said, RIGHT_TO_LEFT)
    return element("text", escape(said), x=x, y=y, text_anchor=ANCHORS[at], **attributes)


def formula(said: str, x: float, y: float, at: Place = "middle", **attributes: Attribute) -> Html:
    """A name with its index, as formulas have them: w_1, x_{i}.

    >>> formula("w_1", 0, 0)
    '<text x="0" y="0" text-anchor="middle">𝑤<tspan dy="4" font-size="75%">1</tspan></text>'
    """
    return element("text", *_pieces(said), x=x, y=y, text_anchor=ANCHORS[at], **attributes)


_INDEXED: Final = re.compile(r"_\{([^}]*)\}|_(\w)")


def _pieces(said: str) -> Iterator[Html]:
    shift = ""
    for place, piece in enumerate(_INDEXED.split(said)):
        match place % 3, piece:
            case _, "" | None:
                continue
            case 0, words:
                yield element("tspan", escape(italic(words)), dy=-4) if shift else escape(italic(words))
                shift = ""
            case _, index:
                yield element("tspan", escape(italic(index)), dy=4, font_size="75%")
                shift = index


def italic(letters: str) -> str:
    """Letters as formulas have them.

    >>> italic("wh1")
    '𝑤ℎ1'
    """
    return "".join(_italic(letter) for letter in letters)


def _italic(letter: str) -> str:
    if letter == "h":
        return "\u210e"
    if "a" <= letter <= "z":
        return chr(0x1D44E + ord(letter) - ord("a"))
    if "α" <= letter <= "ω":
        return chr(0x1D6FC + ord(letter) - ord("α"))
    return chr(0x1D434 + ord(letter) - ord("A")) if "A" <= letter <= "Z" else letter


def width_of(said: str, size: float = SIZE) -> float:
    """About how wide words are: somewhat more than they are in the fonts of the page."""
    return size * sum(0.3 if letter in " .,:;'il|" else 0.53 for letter in said)


def number_said(value: float, digits: int = 6) -> str:
    """A number with a minus sign that is one.

    >>> number_said(-0.5), number_said(1e-7)
    ('−0.5', '1e−07')
    """
    return f"{value:.{digits}g}".replace("-", "\u2212")


# --- lines


def path(points: Iterable[Point], **attributes: Attribute) -> Html:
    """A line through points."""
    line = " L".join(f"{_written(float(x))} {_written(float(y))}" for x, y in points)
    return element("path", d=f"M{line}", fill="none", **attributes)


def polygon(points: Iterable[Point], **attributes: Attribute) -> Html:
    """The area between points."""
    corners = " ".join(f"{_written(float(x))},{_written(float(y))}" for x, y in points)
    return element("polygon", points=corners, **attributes)


def line(start: Point, stop: Point, **attributes: Attribute) -> Html:
    """A straight line."""
    given: dict[str, Attribute] = {"stroke": "currentColor", **attributes}
    return element("line", x1=start[0], y1=start[1], x2=stop[0], y2=stop[1], **given)


def arrow(start: Point, stop: Point, **attributes: Attribute) -> Html:
    """A straight line with a head."""
    return joined((line(start, stop, **attributes), head(start, stop)))


def head(start: Point, stop: Point, size: float = 7) -> Html:
    """The head of an arrow from one point at another."""
    across, down = stop[0] - start[0], stop[1] - start[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    u, v = across / length * size, down / length * size
    tip = (stop, (stop[0] - u + v * 0.45, stop[1] - v - u * 0.45), (stop[0] - u - v * 0.45, stop[1] - v + u * 0.45))
    return polygon(tip, fill="currentColor", stroke="none")


# --- pictures


def picture(width: float, height: float, title: str, description: str, *inside: Html) -> Html:
    """A picture that scales with the page; its title and description are read aloud in its stead."""
    words = element("title", escape(title)), element("desc", escape(description))
    w, h = round(width), round(height)
    named: dict[str, Attribute] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {w} {h}",
        "width": w,
        "height": h,
        "role": "img",
        "aria-label": f"{title}. {description}",
        "class": "figure broad" if w > 560 else "figure",
        "color": TONES["ink"],
        "fill": "currentColor",
        "direction": "ltr",
    }
    return element("svg", *words, *inside, **named, font_size=SIZE, font_family=FONTS)


def file_of(drawn: Html) -> bytes:
    """A picture as a file of its own, which turns dark with the reader's system."""
    colours = "".join(f".tone-{name}{{color:{colour}}}" for name, colour in DARK.items())
    style = f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;color:{DARK['ink']}}}{colours}}}"
    opening, rest = drawn.split(">", 1)
    return f"{opening}><style>{style}</style>{rest}\n".encode()


@final
@frozen(slots=True)
class Area:
    """A rectangle of a picture, as its left, top, right and bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def _written(value: Attribute) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0.00", "0") if isinstance(value, float) else str(value)
