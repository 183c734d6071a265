"""A document as data for `document.typ`: lines and blocks as JSON, formulas as Typst mathematics with spoken words.

What people typed is text in this data and never becomes Typst. PDF/UA wants a glyph for every character, so those that
the fonts beside this package do not have are written as their codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, assert_never, final

from reports.bidi import POP, RIGHT_TO_LEFT, direction
from reports.document import (
    Answer,
    Badge,
    Block,
    Cell,
    Document,
    Heading,
    Items,
    Paragraph,
    Picture,
    Section,
    Space,
    Step,
    Table,
    Typed,
    Working,
    every_block,
)
from reports.lines import Line, Math, Run, Span, Text, typed_line
from reports.mathematics.speech import speech
from reports.mathematics.typst import typst
from reports.words import words
from solver.notation.tree import Formula

CHARACTERS: Final = Path(__file__).parents[1] / "fonts" / "pdf" / "characters.txt"
DRAWN: Final = (
    'text { font-family: "STIX Two Text", "Frank Ruhl Libre"; font-size: 15px } .grid { stroke: #bbb }'
    " .name { font-weight: 700 }"
    " .series-0 { color: #a32020; fill: #a32020 } .series-1 { color: #1d4e89; fill: #1d4e89 }"
    " .series-2 { color: #1f6f43; fill: #1f6f43 } .series-3 { color: #8a5a00; fill: #8a5a00 }"
    " .series-4 { color: #5b3a8c; fill: #5b3a8c } .series-5 { color: #444; fill: #444 }"
)
"""The style of drawings, which a file of its own has to bring."""
_HEBREW_WORDS: Final = re.compile(r'<text([^>]*) direction="rtl" text-anchor="(\w+)"([^>]*)>(.*?)</text>')
PLACES: Final = ("%(page)s", "%(pages)s")

Data = Mapping[str, Any]


def document_data(document: Document) -> Data:
    """The data of a whole document."""
    return _Writer(document).document()


@cache
def drawn() -> frozenset[str]:
    """The characters that the fonts can draw."""
    spans = CHARACTERS.read_text(encoding="utf-8").split()
    ends = [[int(end, 16) for end in span.split("-")] for span in spans]
    return frozenset(chr(code) for end in ends for code in range(end[0], end[-1] + 1))


def drawable(text: str) -> str:
    """Text with the codes of what no font here can draw.

    >>> drawable("שלום Ж")
    'שלום [U+0416]'
    """
    return "".join(one if one in drawn() or one == "\n" else _instead(one) for one in text)


def _instead(character: str) -> str:
    return "    " if character == "\t" else f"[U+{ord(character):04X}]"


def _drawn(svg: str) -> str:
    """A drawing for paper: its classes coloured as the pages' style does it in print, its words in our fonts."""
    named = svg if "xmlns=" in svg else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    named = _HEBREW_WORDS.sub(_turned, named)
    opened = named.index(">") + 1
    return f"{named[:opened]}<style>{DRAWN}</style>{named[opened:]}"


def _turned(words: re.Match[str]) -> str:
    """Hebrew words in a drawing: Typst does not read SVG's direction, so marks in the text say it."""
    anchor = {"start": "end", "end": "start"}.get(words[2], words[2])
    return f'<text{words[1]} text-anchor="{anchor}"{words[3]}>{RIGHT_TO_LEFT}{words[4]}{POP}</text>'


@final
class _Writer:
    """Writes one document; links lead only to what is on it."""

    def __init__(self, of: Document) -> None:
        self.of = of
        self.ids = {block.id for block in every_block(of.blocks) if isinstance(block, Section) and block.id}

    def document(self) -> Data:
        language = self.of.language
        before, _, rest = words(language).message("page.number").partition(PLACES[0])
        between, _, after = rest.partition(PLACES[1])
        return {
            "lang": language,
            "title": drawable(self.of.title),
            "wide": self.of.wide,
            "sheet": bool(self.ids),
            "page": [before, between, after],
            "blocks": self.blocks(self.of.blocks),
        }

    # --- lines

    def line(self, line: Line) -> list[Any]:
        return [self.run(run) for run in line.runs]

    def run(self, run: Run) -> list[Any]:
        match run:
            case Text(text, ""):
                return ["t", drawable(text)]
            case Text(text, turned):
                return ["t", drawable(text), turned]
            case Math(formula, display, equals):
                return self.formula(formula, display=display, equals=equals)
            case Span(runs, said, to):
                style: str = said
                if style == "link" and to[1:] not in self.ids:
                    style = "plain"
                return [style, to[1:], [self.run(one) for one in runs]]
            case _:
                assert_never(run)

    def formula(self, formula: Formula, *, display: bool = False, equals: bool = False) -> list[Any]:
        said = speech(formula, self.of.language)
        if equals:
            said = words(self.of.language).say("speech.equals", right=said)
        return ["m", typst(formula, equals=equals), said, display]

    # --- blocks

    def blocks(self, blocks: tuple[Block, ...]) -> list[Data]:
        return [self.block(block) for block in blocks]

    def block(self, block: Block) -> Data:
        match block:
            case Heading(level, line, marks, verdict):
                return {
                    "k": "heading",
                    "level": level,
                    "line": self.line(line),
                    "marks": self.line(marks),
                    "verdict": self.line(verdict),
                }
            case Paragraph(line, kind):
                return {"k": "paragraph", "line": self.line(line), "kind": kind}
            case Answer(label, line):
                return {"k": "answer", "label": self.line(label), "line": self.line(line)}
            case Items(lines, numbered):
                return {"k": "items", "lines": [self.line(line) for line in lines], "numbered": numbered}
            case Typed():
                return {"k": "typed", **self.typed(block)}
            case Working(steps):
                own = [{"tone": one, "typed": self.line(typed), "said": self.line(said)} for one, typed, said in steps]
                return {"k": "working", "steps": own}
            case Space(label, lines):
                return {"k": "space", "label": self.line(label), "lines": lines}
            case Step():
                return self.step(block)
            case Table(head, rows):
                return {
                    "k": "table",
                    "head": [self.cell(cell) for cell in head],
                    "rows": [[self.cell(cell) for cell in row] for row in rows],
                }
            case Picture(svg, said, caption):
                return {"k": "picture", "svg": _drawn(svg), "alt": said, "caption": self.line(caption)}
            case Section(kind, blocks, id):
                return {"k": "section", "kind": kind, "id": id, "blocks": self.blocks(blocks)}
            case _:
                assert_never(block)

    def typed(self, typed: Typed) -> Data:
        return {"line": self.line(typed_line(typed.text, typed.at)), "dir": direction(typed.text)}

    def step(self, step: Step) -> Data:
        rows = [
            [
                None if left is None else self.formula(left, display=True),
                self.formula(right, display=True, equals=step.truth is None and (left is not None or place > 0)),
            ]
            for place, (left, right) in enumerate(step.rows)
        ]
        return {
            "k": "step",
            "reason": self.line(step.reason),
            "rows": rows,
            "badges": [self.badge(badge) for badge in step.badges],
            "notes": [self.line(note) for note in step.notes],
            "short": step.short,
            "truth": None if step.truth is None else [step.truth[0], self.line(step.truth[1])],
            "apart": step.apart,
            "opens": self.line(step.opens),
            "inner": [self.step(small) for small in step.inner],
        }

    def badge(self, badge: Badge) -> Data:
        return {"line": self.line(badge.line), "verdict": badge.verdict}

    def cell(self, cell: Cell) -> Data:
        said: dict[str, Any] = {
            "number": cell.is_number,
            "wide": "bars" in cell.kind,
            "tone": cell.kind.removeprefix("number").strip(),
        }
        match cell.content:
            case Typed() as typed:
                said["typed"] = self.typed(typed)
            case Fraction() as share:
                said["bar"] = float(share)
            case line:
                said["line"] = self.line(line)
        return said
