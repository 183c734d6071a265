"""A table of text cells as aligned lines, and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape


def table_lines(
    heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 2, *, ruled: bool = False
) -> Iterator[str]:
    """Heads and rows in columns, the first `left` of them flush left and the others right; ruled: heads underlined.

    >>> print(*table_lines(("name", "parameters"), [("conv1", "348"), ("fc", "4")], left=1), sep="\\n")
    name   parameters
    conv1         348
    fc              4
    """
    table = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    if ruled:
        table.insert(1, ["-" * width for width in widths])
    for row in table:
        sides = [cell.ljust(width) for cell, width in zip(row[:left], widths[:left], strict=True)]
        sides += [cell.rjust(width) for cell, width in zip(row[left:], widths[left:], strict=True)]
        yield "  ".join(sides).rstrip()


def table_html(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 2) -> str:
    """The same as a table of HTML, every cell escaped.

    >>> table_html(("<",), [])
    '<table><thead><tr><th style="text-align:left">&lt;</th></tr></thead><tbody></tbody></table>'
    """

    def line(kind: str, cells: Sequence[str]) -> str:
        sides = ("left" if at < left else "right" for at in range(len(heads)))
        written = (
            f'<{kind} style="text-align:{side}">{escape(cell)}</{kind}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(written)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', heads)}</thead><tbody>{body}</tbody></table>"
