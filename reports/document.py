"""A page as values: blocks one below the other, the same for every format.

Builders (`reports/pages/`) make documents of exercises, results and classes; printers (`reports/formats/`) make HTML,
PDF, LaTeX and Markdown of documents. A new page is one builder, a new format is one printer.

Kinds, of sections and paragraphs, name what a block is, not how it looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from reports.lines import NOTHING, Line
from solver.frozen import frozen
from solver.notation.tree import Formula

if TYPE_CHECKING:
    from exercises.exercise import Language

Kind: TypeAlias = Literal[
    "", "statement", "ask", "note", "from", "feedback", "total", "pending", "kind", "label", "hint", "foot"
]


@final
@frozen(slots=True)
class Heading:
    """A title; `marks` and `verdict` stand beside it."""

    level: int
    line: Line
    marks: Line = NOTHING
    verdict: Line = NOTHING


@final
@frozen(slots=True)
class Paragraph:
    """A line of text, and what it is."""

    line: Line
    kind: Kind = ""


@final
@frozen(slots=True)
class Answer:
    """A line with its label, set off from what leads to it."""

    label: Line
    line: Line
    formula_id: str = ""


@final
@frozen(slots=True)
class Items:
    """Lines in a list, numbered or not."""

    lines: tuple[Line, ...]
    numbered: bool = True


@final
@frozen(slots=True)
class Typed:
    """What somebody typed, as it is; `at` is the character that could not be read. `code` keeps its lines whole."""

    text: str
    at: int | None = None
    code: bool = False


@final
@frozen(slots=True)
class Working:
    """A student's own steps: each with its verdict, what it leads to as it was typed, and what is said of it."""

    steps: tuple[tuple[str, Line, Line], ...]


@final
@frozen(slots=True)
class Space:
    """An empty place to write an answer into, so many lines high."""

    label: Line
    lines: int


@final
@frozen(slots=True)
class Badge:
    """What checked a step, in words and for programs; `label` says it to those who do not see the sign before it."""

    line: Line
    label: str
    verdict: str
    method: str
    data: Mapping[str, str] = field(default_factory=dict)


@final
@frozen(slots=True)
class Step:
    """An equation with the reason for it and what checked it.

    rows     what stands left of the first equality sign, and right of each; a claim has no left side
    short    whether all of it fits on one line
    truth    whether a claim holds, in words, and whether it does
    apart    marks the step as the one at which an answer parts from the solution
    inner    the smaller steps that a lemma opens into, and what `opens` says of them
    """

    rule: str
    reason: Line
    rows: tuple[tuple[Formula | None, Formula], ...]
    badges: tuple[Badge, ...] = ()
    notes: tuple[Line, ...] = ()
    short: bool = True
    truth: tuple[bool, Line] | None = None
    formula_id: str = ""
    apart: bool = False
    inner: tuple[Step, ...] = ()
    opens: Line = NOTHING


@final
@frozen(slots=True)
class Cell:
    """A field of a table: a line, what somebody typed, or a bar as long as a share of the whole."""

    content: Line | Typed | Fraction
    kind: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands in a column of numbers."""
        return "number" in self.kind.split()


@final
@frozen(slots=True)
class Table:
    """Rows under a head; the first cell of each names the row. `stacked`: on a phone each row becomes a list."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    stacked: bool = False


@final
@frozen(slots=True)
class Picture:
    """A drawing in SVG, with the words that say what it shows to those who do not see it."""

    svg: str
    said: str
    caption: Line = NOTHING


@final
@frozen(slots=True)
class Section:
    """Blocks that belong together; `id` is where links lead, `data` what programs read."""

    kind: str
    blocks: tuple[Block, ...]
    id: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


Block: TypeAlias = Heading | Paragraph | Answer | Items | Typed | Working | Space | Step | Table | Picture | Section


@final
@frozen(slots=True)
class Document:
    """A page in one language."""

    language: Language
    title: str
    blocks: tuple[Block, ...]
    wide: bool = False


def together(documents: Sequence[Document]) -> Document:
    """Documents in one language, one after the other."""
    blocks = tuple(block for document in documents for block in document.blocks)
    return Document(documents[0].language, " · ".join(document.title for document in documents), blocks)


def every_block(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Every block, sections before what is in them."""
    for block in blocks:
        yield block
        if isinstance(block, Step):
            yield from every_block(block.inner)
        if isinstance(block, Section):
            yield from every_block(block.blocks)
