"""What every page is made of: its frame, fonts, style and policy, and how words get into templates.

A page holds one section a language, between which readers switch without a script. The policy lets it load nothing: its
style is allowed by hash, its fonts are in the style.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exercises.exercise import Language
from reports.bidi import direction
from reports.document import Document
from reports.html.blocks import blocks_html, line_html
from reports.lines import Line, Sayer, inert, visible
from reports.markup import Html
from reports.mathematics.mathml import mathml
from reports.pages.marks import mark, worth
from reports.words import words

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
FONTS: Final = Path(__file__).parents[1] / "fonts"
FACES: Final = (  # family, file, weight, characters
    ("Hebrew", "frank-ruhl-libre-hebrew-400", 400, "U+590-5FF, U+FB1D-FB4F"),
    ("Hebrew", "frank-ruhl-libre-hebrew-700", 700, "U+590-5FF, U+FB1D-FB4F"),
    ("Latin", "stix-two-text-latin-400", 400, ""),
    ("Latin", "stix-two-text-latin-700", 700, ""),
    ("Mathematics", "stix-two-math", 400, ""),
)
_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{}'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)


def document_html(documents: Sequence[Document]) -> str:
    """A page of one document, or of the same in several languages, between which readers switch."""
    sections = {document.language: blocks_html(document.blocks) for document in documents}
    return framed(documents[0].title, sections)


def page(title: Mapping[Language, str], template: str, languages: Sequence[Language], **values: object) -> str:
    """A whole page: a template's section in each language, in one frame."""
    return framed(title[languages[0]], {language: section(template, language, **values) for language in languages})


def framed(title: str, sections: Mapping[Language, Html]) -> str:
    """Sections in one frame, one a language."""
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            title=title,
            sections=sections,
            said={language: Sayer(words(language)) for language in sections},
            style=style_sheet(),
            policy=_POLICY.format(_hash(style_sheet())),
        )
        + "\n"
    )


def section(template: str, language: Language, **values: object) -> Html:
    """A template in one language, with `say`, `count`, `text` and `math` bound to it."""
    say = Sayer(words(language))
    return Html(
        _environment()
        .get_template(template)
        .render(
            **values,
            language=language,
            say=say,
            count=say.count,
            text=say.text,
            inert=inert,
            visible=visible,
            direction=direction,
            math=mathml,
            mark=mark,
            worth=partial(worth, say),
        )
    )


def _finished(value: object) -> object:
    """What a template prints: lines as markup."""
    return line_html(value) if isinstance(value, Line) else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def style_sheet() -> Html:
    """The style sheet with its fonts."""
    faces = "".join(_face(*face) for face in FACES)
    return Html(faces + (TEMPLATES / "page.css").read_text(encoding="utf-8"))


def _face(family: str, file: str, weight: int, characters: str) -> str:
    data = b64encode((FONTS / f"{file}.woff2").read_bytes()).decode()
    only = f"unicode-range:{characters};" if characters else ""
    return (
        f"@font-face{{font-family:{family};font-weight:{weight};{only}font-display:block;"
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}\n"
    )


def _hash(style: str) -> str:
    return b64encode(sha256(style.encode()).digest()).decode()
