"""The tables and charts that an exercise shows beside its solutions, as blocks."""

from __future__ import annotations

from collections.abc import Iterator

from exercises.exercise import Language, Text
from exercises.exhibit import Exhibit
from exercises.exhibit import Table as Shown
from reports.document import Block, Cell, Paragraph, Picture, Table
from reports.lines import Line, text_line


def exhibited(exhibit: Exhibit, language: Language) -> Iterator[Block]:
    """An exhibit in one language, under its title."""
    title = _line(exhibit.title, language)
    if isinstance(exhibit, Shown):
        yield Paragraph(title, "label")
        kinds = ["number" if any(map(_is_number, column)) else "" for column in zip(*exhibit.rows, strict=True)]
        head, *rows = (
            tuple(Cell(_line(cell, language), kind) for cell, kind in zip(row, kinds, strict=True))
            for row in (exhibit.head, *exhibit.rows)
        )
        yield Table(head, tuple(rows))
    else:
        from reports.figures.drawing import drawing  # NumPy, which pages without pictures do without

        said = f"{exhibit.title.said(language)}. {exhibit.description.said(language)}"
        yield Picture(drawing(exhibit, language), said, title)


def _is_number(cell: Text | str) -> bool:
    return isinstance(cell, str) and not cell.startswith("$")


def _line(cell: Text | str, language: Language) -> Line:
    """Words in the reader's language, mathematics between dollars, or a number."""
    return text_line(cell if isinstance(cell, str) else cell.said(language), language)
