"""Every kind of block in every format, the files that a format makes, and the sources that people paste."""

import re
from fractions import Fraction
from typing import get_args

import pytest

from exercises.exercise import LANGUAGES
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
from reports.figures.svg import element, picture
from reports.formats import ENDINGS, FORMATS, PRINTERS, files, printed
from reports.lines import NOTHING, Line, Math, Span, Text, inert, joined, link, soft, strong
from reports.pages.sheet import sheet, solved
from solver.notation.reading import formula
from tests.test_reports_solution import INSTANCES

DRAWING = picture(9, 9, "square", "a square", element("rect", x=0, y=0, width=9, height=9))
N = formula("n + 1")
BADGES = (Badge(Line("badge-1"), "", "verified", "loops"),)
TRUTH = (False, Line("truth-1"))
CELLS = (Cell(Line("row-1")), Cell(Line("77"), "number right"), Cell(Fraction(1, 3), "bars"), Cell(Typed("typed_2")))
BLOCKS: tuple[Block, ...] = (
    Heading(1, Line("heading-1"), Line("marks-1"), Line("verdict-1")),
    Paragraph(Line("words & ", Text("3×5", "ltr"), " ", Math(N), " ", Span((Text("marked"),), "mark")), "statement"),
    Paragraph(joined([strong(Line("bold")), soft(Line("soft")), link(Line("linked"), "#here")], " ")),
    Answer(Line("label-1"), Line(Math(N, display=True))),
    Items((Line("item-1"), Line("item-2"))),
    Items((Line("item-3"),), numbered=False),
    Typed("typed_1 <b> $x$ #y"),
    Typed("spot", 2),
    Working((("right", Line("work-1"), Line("said-1")), ("wrong", Line("work-2"), Line("said-2")))),
    Space(Line("write-1"), 2),
    Section(
        "steps",
        (
            Step("a", Line("reason-1"), ((formula("a"), N), (None, formula("2"))), BADGES),
            Step("b", Line("reason-2"), ((None, formula("a = b")),), (), (Line("note-1"),), truth=TRUTH),
            Step("c", Line("reason-3"), (), apart=True),
        ),
        id="here",
    ),
    Table(
        (Cell(Line("head-1")), Cell(Line("head-2"), "number"), Cell(Line("head-3")), Cell(Line("head-4"))),
        (CELLS,),
        stacked=True,
    ),
    Picture(DRAWING, "a square", Line("caption-1")),
)


def everything(blocks: tuple[Block, ...]) -> list[Block]:
    return list(every_block(blocks))


def test_every_kind_of_block_is_among_them():
    assert {type(block) for block in everything(BLOCKS)} == set(get_args(Block))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("chosen", FORMATS)
def test_every_kind_of_block_is_printed(chosen, language):
    made = printed([Document(language, "title-1", BLOCKS)], chosen)
    if chosen == "pdf":
        assert made.startswith(b"%PDF")
        return
    text = made.decode().replace("\\_", "_").replace("\\", "")
    words = "heading marks verdict label item work said write reason badge note truth head row caption".split()
    missing = [word for word in words if f"{word}-1" not in text]
    assert missing == []
    assert "typed_1" in text and "typed_2" in text and "77" in text


def test_formats_and_endings_are_one_each():
    assert set(FORMATS) == set(ENDINGS) == set(PRINTERS)
    assert len(set(ENDINGS.values())) == len(FORMATS)


def test_files_are_named_after_their_language():
    both = [Document(language, "x", BLOCKS[:1]) for language in LANGUAGES]
    assert [name for name, _ in files("a", both, FORMATS)] == [
        "a.html",
        *(f"a.{language}.{ending}" for ending in ("pdf", "tex", "md") for language in LANGUAGES),
    ]
    assert [name for name, _ in files("a", both[:1], ("html",))] == ["a.he.html"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", INSTANCES)
def test_sources_hold_the_formulas_of_the_sheet(name, language):
    page = sheet(solved([INSTANCES[name]]), language)
    tex, markdown = (printed([page], chosen).decode() for chosen in ("latex", "markdown"))
    assert tex.count("\\begin{aligned}") == markdown.count("\\begin{aligned}") > 0
    bare = re.sub(r"\\.", "", tex)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert tex.count("\\begin{") == tex.count("\\end{")
    assert "✓" in markdown


def test_text_stays_text():
    """What students type is neither LaTeX nor Markdown."""
    typed = "\\input{x} $a$ # _b_ | <b> ```"
    page = Document("en", "x", (Paragraph(inert(typed)), Typed(typed)))
    tex, markdown = (printed([page], chosen).decode() for chosen in ("latex", "markdown"))
    assert "\\input" not in tex
    assert re.sub(r"\\(.)", r"\1", markdown.split("\n\n")[0]) == f"{typed}"
    assert "````" in markdown


def test_latex_in_hebrew_keeps_latin_words_and_code_in_order():
    """Brackets at the end of a line of code, and sizes in what is said of a figure, would turn around."""
    code, prose = "f(g(x))", "כפול 3"
    page = Document("he", "x", (Picture(DRAWING, "בגודל 3×5×5, C1"), Typed(code), Typed(prose)))
    tex = printed([page], "latex").decode()
    assert "בגודל \\foreignlanguage{english}{3$\\times$5$\\times$5}, \\foreignlanguage{english}{C1}" in tex
    around = dict(re.findall(r"\\begin\{otherlanguage\*\}\{(\w+)\}\n(.*?)\n\\end\{otherlanguage", tex, re.DOTALL))
    assert code in around["english"] and "כפול" in around["hebrew"]


def test_a_line_is_its_plain_text():
    line = Line("size ", Math(N), Span((Text("!"),), "strong"))
    assert line == "size n + 1!"
    assert NOTHING == "" and not NOTHING.runs
