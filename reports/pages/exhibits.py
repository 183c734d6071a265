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
        yield Table(
            tuple(Cell(_line(cell, language)) for cell in exhibit.head),
            tuple(tuple(_cell(cell, language) for cell in row) for row in exhibit.rows),
        )
    else:
        from reports.figures.drawing import drawing  # NumPy, which pages without pictures do without

        said = f"{exhibit.title.said(language)}. {exhibit.description.said(language)}"
        yield Picture(drawing(exhibit, language), said, title)


def _cell(cell: Text | str, language: Language) -> Cell:
    number = isinstance(cell, str) and not cell.startswith("$")
    return Cell(_line(cell, language), "number" if number else "")


def _line(cell: Text | str, language: Language) -> Line:
    """Words in the reader's language, mathematics between dollars, or a number."""
    return text_line(cell if isinstance(cell, str) else cell.said(language), language)
