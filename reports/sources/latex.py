"""A document as LaTeX source for LuaLaTeX: one file that compiles as it is, and whose parts can be pasted elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final, assert_never, final

from reports.bidi import Direction, direction
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
    every_block,
)
from reports.lines import Line, Math, Run, Span, Text, typed_line, words_line
from reports.mathematics.latex import latex
from reports.sources.characters import escaped
from reports.sources.markdown import aligned
from reports.sources.tikz import PREAMBLE, tikz
from reports.words import words
from solver.frozen import frozen

if TYPE_CHECKING:
    from exercises.exercise import Language

_LEVELS: Final = {1: "section*", 2: "subsection*", 3: "subsubsection*"}
_FONTS: Final = {"hebrew": ("Frank Ruhl Libre", "Frank Ruehl CLM", "David CLM"), "english": ("STIX Two Text",)}
"""The fonts by language, of which the first that is installed is taken."""


def document_latex(document: Document) -> str:
    """A document as LaTeX."""
    body = "\n\n".join(piece for block in document.blocks for piece in _Printer(document.language).block(block))
    main = "main, " if document.language == "he" else ""
    fonts = "".join(_font(language, names) for language, names in _FONTS.items())
    figures = any(isinstance(block, Picture) for block in every_block(document.blocks))
    return (
        "% Compile with lualatex. Other fonts: change the lines of \\babelfont.\n"
        "\\documentclass[11pt,a4paper]{article}\n"
        "\\usepackage[margin=2cm]{geometry}\n\\usepackage{amsmath,amssymb,array,fontspec}\n"
        "\\usepackage[english,bidi=basic,layout=tabular]{babel}\n"
        f"\\babelprovide[{main}import]{{hebrew}}\n"
        f"{fonts}"
        f"{PREAMBLE if figures else ''}"
        "\\setlength{\\parindent}{0pt}\n\\setlength{\\parskip}{0.6em}\n"
        f"\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"
    )


def _font(language: str, names: tuple[str, ...]) -> str:
    chosen = ""
    for name in reversed(names):
        chosen = f"\\IfFontExistsTF{{{name}}}{{\\babelfont[{language}]{{rm}}{{{name}}}}}{{{chosen}}}"
    return f"{chosen}\n"


@final
@frozen
class _Printer:
    """Prints in a language; what runs in its direction needs no isolating."""

    language: Language

    @property
    def direction(self) -> Direction:
        return words(self.language).direction

    def line(self, line: Line) -> str:
        return "".join(map(self.run, line.runs))

    def run(self, run: Run) -> str:
        match run:
            case Text(text, direction) if direction in ("", self.direction):
                return escaped(text)
            case Text(text, direction):
                language = "english" if direction == "ltr" else "hebrew"
                return f"\\foreignlanguage{{{language}}}{{{escaped(text)}}}"
            case Math(formula, display, equals):
                style, sign = "\\displaystyle " if display else "", "= " if equals else ""
                return f"${style}{sign}{latex(formula)}$"
            case Span(runs, style, _):
                inside = "".join(map(self.run, runs))
                match style:
                    case "nb":
                        return f"\\mbox{{{inside}}}"
                    case "strong" | "mark":
                        return f"\\textbf{{{inside}}}"
                    case "soft":
                        return f"{{\\small {inside}}}"
                    case "link":
                        return inside
                    case _:
                        assert_never(style)
            case _:
                assert_never(run)

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case Heading(level, line, marks, verdict):
                beside = "".join(f" \\normalfont\\small\\ ({self.line(one)})" for one in (verdict, marks) if one)
                yield f"\\{_LEVELS[level]}{{{self.line(line)}{beside}}}"
            case Paragraph(line, kind):
                yield f"{{\\small {self.line(line)}}}" if kind in ("kind", "note", "foot") else self.line(line)
            case Answer(label, line):
                yield f"\\textbf{{{self.line(label)}:}} {self.line(line)}"
            case Items(lines, numbered):
                name = "enumerate" if numbered else "itemize"
                items = "\n".join(f"\\item {self.line(line)}" for line in lines)
                yield f"\\begin{{{name}}}\n{items}\n\\end{{{name}}}"
            case Typed(text, at):
                quote = f"\\begin{{quote}}\\ttfamily\\footnotesize\n{self.typed(text, at)}\n\\end{{quote}}"
                language = "english" if direction(text) == "ltr" else "hebrew"
                yield f"\\begin{{otherlanguage*}}{{{language}}}\n{quote}\n\\end{{otherlanguage*}}"
            case Working(steps):
                items = "\n".join(f"\\item {self.line(typed)}: {self.line(said)}" for _, typed, said in steps)
                yield f"\\begin{{enumerate}}\n{items}\n\\end{{enumerate}}"
            case Space(label, lines):
                yield f"\\textbf{{{self.line(label)}:}}\n" + "\\par\\vspace{2em}\\hrule\n" * lines
            case Step():
                yield from self.step(block)
            case Table():
                yield self.table(block)
            case Picture(svg, said, caption):
                title = "" if said.startswith(caption) else f"{self.line(caption)}. "
                said_of = self.line(words_line(said, self.language))
                yield f"{_fitted(tikz(svg))}\n{{\\small {title}{said_of}}}"
            case Section(_, blocks):
                for inside in blocks:
                    yield from self.block(inside)
            case _:
                assert_never(block)

    def typed(self, text: str, at: int | None) -> str:
        """Line by line, each as far in as it was typed."""
        return "\\\\\n".join(map(_indented, self.line(typed_line(text, at)).split("\n")))

    def step(self, step: Step) -> Iterator[str]:
        said = [f"\\textbf{{{self.line(step.reason)}}}", *(f"{{\\small {self.line(note)}}}" for note in step.notes)]
        badges = "; ".join(self.line(badge.line) for badge in step.badges)
        yield " \\quad ".join([*said, *([f"{{\\footnotesize [{badges}]}}"] if badges else [])])
        if step.rows:
            yield f"\\[\n{aligned(step)}\n\\]"
        if step.truth is not None:
            yield self.line(step.truth[1])
        for small in step.inner:
            yield from self.step(small)

    def table(self, table: Table) -> str:
        columns = "".join("r" if cell.is_number else "l" for cell in table.head)
        head, *rows = (" & ".join(map(self.cell, row)) for row in (table.head, *table.rows))
        body = "".join(f"{row} \\\\\n" for row in rows)
        return f"\\begin{{tabular}}{{{columns}}}\n{head} \\\\ \\hline\n{body}\\end{{tabular}}"

    def cell(self, cell: Cell) -> str:
        match cell.content:
            case Typed(text, at):
                return self.typed(text, at).replace("\\\\\n", " ")
            case Fraction() as share:
                return f"\\rule{{{round(60 * float(share))}pt}}{{6pt}}"
            case line:
                return self.line(line)


def _fitted(picture: str) -> str:
    """A picture in the middle, smaller where it is broader than the text; in Hebrew too its left is left."""
    fitting = "\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi"
    inside = f"\\foreignlanguage{{english}}{{\\resizebox{{{fitting}}}{{!}}{{%\n{picture}}}}}"
    return f"{{\\centering\n{inside}\\par}}\\nopagebreak"


def _indented(line: str) -> str:
    r"""A line with the blanks that it begins with, which a line of LaTeX would lose.

    >>> _indented("  x = 1")
    '\\mbox{}~~x = 1'
    """
    rest = line.lstrip(" ")
    return f"\\mbox{{}}{'~' * (len(line) - len(rest))}{rest}" if rest != line else line
