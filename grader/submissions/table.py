"""Text cut into the rows of a table, so that a row that is broken costs no other row.

The cut has as few broken lines as possible, then as few lines inside quotes that might be rows, then as many rows as
possible. A line either opens a row that closes properly, perhaps lines later, or is a row that holds quotes as plain
characters, or is broken. So a quote that nobody closed breaks its own line: to be closed by a quote of another row,
that row would have to be broken too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias, final

from solver.frozen import frozen

Cells: TypeAlias = tuple[str, ...]
Badness: TypeAlias = tuple[int, int, int]

BROKEN, LITERAL = 2, 1


@final
class Row(NamedTuple):
    """The cells of a row, and the numbers of its first and last line; `literal`: its quotes are plain characters."""

    cells: Cells
    line: int
    last: int
    literal: bool = False


@final
@frozen(slots=True)
class Broken:
    """A line that is no row, and why."""

    line: int
    reason: str

    @property
    def last(self) -> int:
        """A broken line ends where it begins."""
        return self.line


Piece: TypeAlias = Row | Broken


def lines_of(text: str) -> list[str]:
    """The lines of a text, however they end; other characters that Python takes for line ends are part of a cell."""
    return re.split(r"\r\n|\n|\r", text)


def cut(lines: Sequence[str], start: int, delimiter: str, columns: int) -> Iterator[Piece]:
    """The rows of this many columns from a line on (counted from 0), and the lines that are none.

    A line that is a row by itself ends whatever came before it, unless it stands inside what may be a row of several
    lines. So only stretches that begin with any other line have to be weighed.

    >>> [(piece.line, getattr(piece, "cells", "broken")) for piece in cut(['a,"1', "b,2", 'c,"3"'], 0, ",", 2)]
    [(1, 'broken'), (2, ('b', '2')), (3, ('c', '3'))]
    """
    index = start
    while index < len(lines):
        line = lines[index]
        cells = _whole(line, delimiter)
        if len(cells) == columns:
            if line.strip():
                yield Row(cells, index + 1, index + 1)
            index += 1
            continue
        end = _reach(lines, index, delimiter, columns)
        yield from _weighed(lines, index, end, delimiter, columns)
        index = end


def _whole(line: str, delimiter: str) -> Cells:
    """The cells of a line that is a row by itself; none where it is not."""
    if '"' not in line:
        return tuple(line.split(delimiter))
    piece = record((line,), 0, delimiter)
    return piece.cells if isinstance(piece, Row) else ()


def _reach(lines: Sequence[str], start: int, delimiter: str, columns: int) -> int:
    """Where a stretch ends that no row which begins in it leaves."""
    end = index = start
    while index <= end < len(lines):
        if lines[index].strip():
            for piece in _pieces(lines, index, delimiter, columns):
                end = max(end, piece.last - 1)
        index += 1
    return min(end + 1, len(lines))


def _weighed(lines: Sequence[str], start: int, end: int, delimiter: str, columns: int) -> Iterator[Piece]:
    """The best cut of a stretch."""
    after: list[Badness] = [(0, 0, 0)] * (end - start + 1)  # of the best cut from a line on
    best: list[Piece | None] = [None] * (end - start)
    for index in range(end - 1, start - 1, -1):
        at = index - start
        after[at] = after[at + 1]
        if lines[index].strip():
            options = [
                (_badness(piece, lines, delimiter, after[piece.last - start]), piece)
                for piece in _pieces(lines, index, delimiter, columns)
            ]
            after[at], best[at] = min(options, key=lambda option: option[0])
    index = start
    while index < end:
        piece = best[index - start]
        if piece is not None:
            yield piece
        index = index + 1 if piece is None else piece.last


def single(line: str, number: int, delimiter: str) -> Piece:
    """A line as a row by itself."""
    piece = record([line], 0, delimiter)
    return Row(piece.cells, number, number) if isinstance(piece, Row) else Broken(number, piece.reason)


def literal(line: str, number: int, delimiter: str) -> Row:
    """A line as a row whose quotes are plain characters."""
    return Row(tuple(line.split(delimiter)), number, number, literal=True)


def record(lines: Sequence[str], index: int, delimiter: str) -> Piece:
    """The row that begins at a line: cells without quotes, or wholly between quotes, inside which "" is a quote."""
    cells: list[str] = []
    line, at, last = lines[index], 0, index
    while True:
        if line[at : at + 1] == '"':
            quoted = _quoted(lines, last, at + 1)
            if quoted is None:
                return Broken(index + 1, "quote_not_closed")
            cell, last, at = quoted
            line = lines[last]
            if line[at : at + 1] not in ("", delimiter):
                return Broken(index + 1, "quote_not_closed")
        else:
            end = line.find(delimiter, at)
            cell = line[at:] if end < 0 else line[at:end]
            if '"' in cell:
                return Broken(index + 1, "quote_in_cell")
            at += len(cell)
        cells.append(cell)
        if at >= len(line):
            return Row(tuple(cells), index + 1, last + 1)
        at += 1


def _quoted(lines: Sequence[str], index: int, at: int) -> tuple[str, int, int] | None:
    """What stands between quotes from here on, and where it ends; None where the closing quote is missing."""
    parts: list[str] = []
    while index < len(lines):
        line = lines[index]
        end = line.find('"', at)
        while end >= 0 and line[end + 1 : end + 2] == '"':
            parts.append(line[at : end + 1])
            at = end + 2
            end = line.find('"', at)
        if end >= 0:
            parts.append(line[at:end])
            return "".join(parts), index, end + 1
        parts.append(f"{line[at:]}\n")
        index, at = index + 1, 0
    return None


def _pieces(lines: Sequence[str], index: int, delimiter: str, columns: int) -> Iterator[Piece]:
    """What may begin at a line: a proper row, a row with quotes as plain characters, a broken line."""
    proper = record(lines, index, delimiter)
    if isinstance(proper, Row) and len(proper.cells) == columns:
        yield proper
    if '"' in lines[index]:
        plain = literal(lines[index], index + 1, delimiter)
        if len(plain.cells) == columns and not any(cell.lstrip().startswith('"') for cell in plain.cells):
            yield plain
    yield Broken(index + 1, _reason(proper))


def _reason(piece: Piece) -> str:
    """Why a line is broken that would otherwise begin this piece."""
    if isinstance(piece, Broken):
        return piece.reason
    return "bad_row" if piece.last == piece.line else "quote_not_closed"


def _badness(piece: Piece, lines: Sequence[str], delimiter: str, after: Badness) -> Badness:
    """How bad a cut is that begins with this piece, and goes on with the best from where it ends."""
    worse, hidden, rows = after
    if isinstance(piece, Broken):
        return worse + BROKEN, hidden, rows
    inside = lines[piece.line : piece.last]
    like_rows = sum(line.count(delimiter) >= len(piece.cells) - 1 for line in inside)
    return worse + LITERAL * piece.literal, hidden + like_rows, rows - 1
