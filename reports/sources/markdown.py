"""A document as Markdown: headings, lists and tables as everywhere, formulas as LaTeX between dollar signs.

In Hebrew, what runs from left to right stands between invisible marks of direction, since Markdown has none of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final, assert_never, final

from reports.bidi import LEFT_TO_RIGHT, RIGHT_TO_LEFT, Direction, isolated
from reports.document import (
    Answer,
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
)
from reports.lines import Line, Math, Run, Span, Text, visible
from reports.mathematics.latex import latex
from reports.words import words
from solver.frozen import frozen
from solver.notation.tree import Formula

if TYPE_CHECKING:
    from exercises.exercise import Language

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|$~])")
_STARTS: Final = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$)")
BADGES: Final = {"verified": "✓ ", "refuted": "✗ ", "inconclusive": ""}


def document_markdown(document: Document) -> str:
    """A document as Markdown."""
    return "\n\n".join(piece for block in document.blocks for piece in _Printer(document.language).block(block)) + "\n"


@final
@frozen
class _Printer:
    """Prints in a language; what runs in its direction needs no isolating."""

    language: Language

    @property
    def direction(self) -> Direction:
        return words(self.language).direction

    def line(self, line: Line) -> str:
        """A line; a sign at its start that would make a list of it is escaped."""
        return _STARTS.sub(r"\1\\\2", "".join(map(self.run, line.runs)))

    def run(self, run: Run) -> str:
        match run:
            case Text(text, direction) if direction in ("", self.direction):
                return _escaped(text)
            case Text(text, direction):
                return isolated(_escaped(text), LEFT_TO_RIGHT if direction == "ltr" else RIGHT_TO_LEFT)
            case Math(formula, _, equals):
                return f"${'= ' if equals else ''}{latex(formula)}$"
            case Span(runs, style, _):
                inside = "".join(map(self.run, runs))
                return f"**{inside}**" if style == "strong" else inside
            case _:
                assert_never(run)

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case Heading(level, line, marks, verdict):
                beside = "".join(f" ({self.line(one)})" for one in (verdict, marks) if one)
                yield f"{'#' * level} {self.line(line)}{beside}"
            case Paragraph(line, kind):
                yield f"*{self.line(line)}*" if kind in ("kind", "note", "foot") else self.line(line)
            case Answer(label, line):
                yield f"**{self.line(label)}:** {self.line(line)}"
            case Items(lines, numbered):
                signs = (f"{place}." if numbered else "-" for place in range(1, len(lines) + 1))
                yield "\n".join(f"{sign} {self.line(line)}" for sign, line in zip(signs, lines, strict=True))
            case Typed(text):
                yield _fenced(visible(text))
            case Working(steps):
                yield "\n".join(
                    f"{place}. {self.line(typed)}: {self.line(said)}" for place, (_, typed, said) in enumerate(steps, 1)
                )
            case Space(label):
                yield f"**{self.line(label)}:** "
            case Step():
                yield from self.step(block)
            case Table():
                yield self.table(block)
            case Picture(_, said, caption):
                yield f"*{self.line(caption) or _escaped(said)}*"
            case Section(_, blocks):
                for inside in blocks:
                    yield from self.block(inside)
            case _:
                assert_never(block)

    def step(self, step: Step) -> Iterator[str]:
        yield f"**{self.line(step.reason)}**"
        for note in step.notes:
            yield f"*{self.line(note)}*"
        if step.rows:
            yield f"$$\n{aligned(step)}\n$$"
        if step.truth is not None:
            yield self.line(step.truth[1])
        for small in step.inner:
            yield from self.step(small)
        if step.badges:
            yield f"*{'; '.join(BADGES[badge.verdict] + self.line(badge.line) for badge in step.badges)}*"

    def table(self, table: Table) -> str:
        rule = ("---:" if cell.is_number else "---" for cell in table.head)
        rows = [table.head, *table.rows]
        said = [_row(map(self.cell, row)) for row in rows]
        return "\n".join([said[0], _row(rule), *said[1:]])

    def cell(self, cell: Cell) -> str:
        match cell.content:
            case Typed(text):
                return _escaped(visible(text)).replace("\n", " ")
            case Fraction() as share:
                return "█" * round(20 * share)
            case line:
                return self.line(line).replace("\n", " ")


def _escaped(text: str) -> str:
    """Text that stays text.

    >>> _escaped("a_b *c*")
    'a\\\\_b \\\\*c\\\\*'
    """
    return _SPECIAL.sub(r"\\\1", text)


def _fenced(text: str) -> str:
    """What somebody typed, between fences longer than any in it."""
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`+", text))])
    return f"{fence}\n{text}\n{fence}"


def aligned(step: Step) -> str:
    """A step's equation as LaTeX, its equality signs below each other."""
    if len(step.rows) == 1 and step.rows[0][0] is None:
        return latex(step.rows[0][1])
    chain = step.truth is None
    first, right = step.rows[0]
    if len(step.rows) == 1 and not step.short and first is not None:  # a long side begins a line of its own
        return f"\\begin{{aligned}}\n&{latex(first)} \\\\\n&\\quad= {latex(right)}\n\\end{{aligned}}"
    rows = (f"{_left(left)}&{'= ' if chain else ' '}{latex(right)}" for left, right in step.rows)
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _left(left: Formula | None) -> str:
    return "" if left is None else f"{latex(left)} "


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
