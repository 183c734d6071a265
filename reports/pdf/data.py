"""A document as data for `document.typ`: lines and blocks as JSON, formulas as Typst mathematics with spoken words.

What people typed is text in this data and never becomes Typst. PDF/UA wants a glyph for every character, so those that
no font here has are written as their codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, assert_never, final

from reports.bidi import direction
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

FONTS: Final = Path(__file__).parents[1] / "fonts" / "pdf"
CHARACTERS: Final = FONTS / "characters.txt"
EMBEDDED: Final = FONTS / "embedded.txt"
"""What only a font inside typst can draw: Cyrillic, Arabic, rarer signs."""
MOST_ON_A_LINE: Final = 70
"""About so many characters of what is typed stand on a line."""
UPRIGHT: Final = (21 - 2 * 1.9) / 2.54 * 96
WIDE: Final = (29.7 - 2 * 1.9) / 2.54 * 96
"""Pixels on a line of A4 between the margins of `document.typ`, upright and on its side."""
LEAST: Final = 0.9
"""What pictures that share a line may be narrowed to."""
PLACES: Final = ("%(page)s", "%(pages)s")
_WIDTH: Final = re.compile(r'^<svg [^>]*?\bwidth="(\d+)"')

Data = Mapping[str, Any]


def document_data(document: Document) -> Data:
    """The data of a whole document."""
    return _Writer(document).document()


@cache
def drawn() -> frozenset[str]:
    """The characters that the fonts can draw: those beside this package, and behind them one in typst itself."""
    return listed(CHARACTERS) | listed(EMBEDDED)


def listed(file: Path) -> frozenset[str]:
    """The characters that a file lists, as spans of codes."""
    spans = [span.split("-") for span in file.read_text(encoding="utf-8").split()]
    return frozenset(chr(code) for ends in spans for code in range(int(ends[0], 16), int(ends[-1], 16) + 1))


def drawable(text: str) -> str:
    """Text with the codes of what no font here can draw.

    >>> drawable("שלום Жанна 中")
    'שלום Жанна [U+4E2D]'
    """
    return "".join(one if one in drawn() or one == "\n" else _instead(one) for one in text)


def _instead(character: str) -> str:
    return "    " if character == "\t" else f"[U+{ord(character):04X}]"


def in_rows(blocks: Iterable[Block], room: float) -> Iterator[Block | tuple[Picture, ...]]:
    """Blocks one by one; pictures that follow each other in rows, as many as a line has room for."""
    row: tuple[Picture, ...] = ()
    for block in blocks:
        if row and not (isinstance(block, Picture) and sum(map(width, (*row, block))) * LEAST <= room):
            yield row
            row = ()
        if isinstance(block, Picture):
            row = (*row, block)
        else:
            yield block
    if row:
        yield row


def width(picture: Picture) -> int:
    """How many pixels a picture is wide."""
    return int(_WIDTH.findall(picture.svg)[0])


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
        return [
            self.pictures(block) if isinstance(block, tuple) else self.block(block)
            for block in in_rows(blocks, WIDE if self.of.wide else UPRIGHT)
        ]

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
            case Picture():
                return self.pictures((block,))
            case Section(kind, blocks, id):
                return {"k": "section", "kind": kind, "id": id, "blocks": self.blocks(blocks)}
            case _:
                assert_never(block)

    def pictures(self, row: Sequence[Picture]) -> Data:
        own = [{"svg": one.svg, "wide": width(one), "alt": one.said, "caption": self.line(one.caption)} for one in row]
        return {"k": "pictures", "row": own}

    def typed(self, typed: Typed) -> Data:
        return {
            "line": self.line(typed_line(typed.text, typed.at)),
            "dir": direction(typed.text),
            "lines": sum(1 + len(line) // MOST_ON_A_LINE for line in typed.text.split("\n")),
        }

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
