"""SVG as markup: elements whose text is escaped, and the frame of a picture with words for those who cannot see it.

No colour and no style stands in an element: classes are coloured by the style sheet, light, dark and in print, and
everything else is drawn in the colour of the text around it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from reports.bidi import direction, isolated, runs
from reports.markup import Html, escape, joined

Attribute: TypeAlias = str | int | float
Place: TypeAlias = Literal["left", "middle", "right"]


def element(tag: str, /, *inside: Html, **attributes: Attribute) -> Html:
    """An element; `class_` and names with `_` are written as SVG has them, numbers with no more digits than are seen.

    >>> element("line", x1=0.5, y2=1 / 3, stroke_width=2, class_="axis")
    '<line x1="0.5" y2="0.33" stroke-width="2" class="axis"/>'
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_written(value))}"' for name, value in attributes.items()
    )
    return Html(f"<{tag}{named}>{joined(inside)}</{tag}>" if inside else f"<{tag}{named}/>")


def text(said: str, x: float, y: float, at: Place = "left", **attributes: Attribute) -> Html:
    """Words in the direction that they are read in; `at` says which end of them, or their middle, is at the point.

    In Hebrew, Latin words and numbers stand between invisible isolates: markup inside a text is not for words.
    """
    way = direction(said)
    if way == "rtl":
        said = "".join(isolated(piece) if foreign else piece for piece, foreign in runs(said, "he"))
    anchor = "middle" if at == "middle" else "start" if (at == "left") == (way == "ltr") else "end"
    return element("text", escape(said), x=x, y=y, direction=way, text_anchor=anchor, **attributes)


def path(points: Iterable[tuple[float, float]], **attributes: Attribute) -> Html:
    """A line through points."""
    line = " L".join(f"{_written(x)} {_written(y)}" for x, y in points)
    return element("path", d=f"M{line}", fill="none", **attributes)


def picture(width: int, height: int, title: str, description: str, *inside: Html) -> Html:
    """A picture that scales with the page; its title and description are read aloud in its stead."""
    words = element("title", escape(title)), element("desc", escape(description))
    named = {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": f"{title}. {description}"}
    return element("svg", *words, *inside, class_="figure", **named)


def _written(value: Attribute) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
