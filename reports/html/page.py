"""What every page is made of: its frame, fonts, style and policy, and how words get into templates.

A page holds one section a language, between which readers switch without a script. The policy lets it load nothing: its
style is allowed by hash, its fonts are in the style.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exercises.exercise import Language
from grader.gradebooks.cells import decimal
from reports.bidi import direction
from reports.markup import Html, escape, joined
from reports.mathematics.mathml import mathml
from reports.text import text_html, words_html
from reports.words import Words, words

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
FONTS: Final = Path(__file__).parents[1] / "fonts"
FACES: Final = (  # family, file, weight, characters
    ("Hebrew", "frank-ruhl-libre-hebrew-400", 400, "U+590-5FF, U+FB1D-FB4F"),
    ("Hebrew", "frank-ruhl-libre-hebrew-700", 700, "U+590-5FF, U+FB1D-FB4F"),
    ("Latin", "stix-two-text-latin-400", 400, ""),
    ("Latin", "stix-two-text-latin-700", 700, ""),
    ("Mathematics", "stix-two-math", 400, ""),
)
MANY: Final = 1_000_000
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{}'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)


@final
@dataclass(frozen=True)
class Said:
    """A language's words as markup: values that are no markup are isolated and escaped."""

    words: Words

    def __call__(self, key: str, /, **values: object) -> Html:
        """The message under a key."""
        return self._put(self.words.message(key), values)

    def count(self, key: str, n: int, /, **values: object) -> Html:
        """The message in the plural form for a number."""
        return self._put(self.words.plural(key, n), {"n": n, **values})

    def _put(self, message: str, values: Mapping[str, object]) -> Html:
        pieces = _PLACEHOLDER.split(message)
        return joined(
            inert(values[piece]) if place % 2 else words_html(piece.replace("%%", "%"), self.words.language)
            for place, piece in enumerate(pieces)
        )


def inert(value: object) -> Html:
    """A value between words: markup as it is, anything else escaped and kept apart from the words around it."""
    if isinstance(value, Html):
        return value
    text = visible(str(value))
    return Html(f'<bdi dir="{direction(text)}">{escape(text)}</bdi>')


def visible(text: str) -> str:
    """Text as a page can hold it: what has no shape of its own, or turns text around, is written as its code.

    >>> visible("7\\u202e\\x00 ok")
    '7[U+202E][U+0000] ok'
    """
    return "".join(f"[U+{ord(character):04X}]" if _is_formless(character) else character for character in text)


def _is_formless(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    )


def mark(value: Fraction | int) -> str:
    """A mark to two decimals, or whole.

    >>> mark(Fraction(3, 2)), mark(2)
    ('1.50', '2')
    """
    return decimal(Fraction(value)).removesuffix(".00")


def page(title: Mapping[Language, str], template: str, languages: Sequence[Language], **values: object) -> str:
    """A whole page: a template's section in each language, in one frame."""
    sections = {language: section(template, language, **values) for language in languages}
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            title=title[languages[0]],
            sections=sections,
            said={language: Said(words(language)) for language in languages},
            style=_style(),
            policy=_POLICY.format(_hash(_style())),
        )
        + "\n"
    )


def section(template: str, language: Language, **values: object) -> Html:
    """A template in one language, with `say`, `count`, `text` and `math` bound to it."""
    said = Said(words(language))
    return Html(
        _environment()
        .get_template(template)
        .render(
            **values,
            language=language,
            say=said,
            count=said.count,
            text=lambda said: text_html(said, language),
            inert=inert,
            visible=visible,
            direction=direction,
            math=mathml,
            mark=mark,
            worth=lambda n: said.count("page.worth", int(n) if n == int(n) else MANY, n=mark(n)),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _style() -> Html:
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
