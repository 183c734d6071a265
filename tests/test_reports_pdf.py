"""PDF: PDF/UA-1 throughout, the same bytes every time, whatever students type, and formulas that can be heard."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from fontTools.ttLib import TTFont

from exercises.exercise import LANGUAGES
from grader.results import Result, Student
from grader.verdict import Judgement, Unreadable
from reports import pdf
from reports.document import Cell, Document, Paragraph, Picture, Table, Typed, Working, every_block
from reports.figures.svg import picture
from reports.lines import Line, Text, inert, token
from reports.pages.blank import printed_blank
from reports.pages.sheet import sheet, solved
from reports.pages.student import REVEALS, feedback_page
from reports.pages.summary import class_report
from reports.pdf import document_pdf, document_png
from reports.pdf.data import CHARACTERS, UPRIGHT, WIDE, document_data, drawable, drawn, listed
from tests.sources import ROOT
from tests.test_reports_golden import pixels
from tests.test_reports_html import BY_ID, CLASS, HOSTILE, STUDENT
from tests.test_reports_solution import INSTANCES

SOLVED = {name: solved([instance]) for name, instance in INSTANCES.items()}
FONTS = ROOT / "reports" / "fonts"


def documents(language) -> dict[str, Document]:
    """A page of every kind."""
    return {
        **{f"sheet {name}": sheet(found, language) for name, found in SOLVED.items()},
        **{f"student {reveal}": feedback_page(STUDENT, BY_ID, language, reveal) for reveal in REVEALS},
        "class": class_report(CLASS, BY_ID, language, pages={STUDENT.student: "x"}, of_group={STUDENT.student: "A"}),
        "blank": printed_blank(INSTANCES["ex11_1"], language),
    }


PAGES = {(name, language): page for language in LANGUAGES for name, page in documents(language).items()}
every_page = pytest.mark.parametrize("name, language", PAGES)


@every_page
def test_a_page_is_accessible(name, language):
    """The compiler refuses what PDF/UA-1 forbids: an untold formula or figure, a missing letter, a level left out."""
    made = document_pdf(PAGES[name, language])
    assert made.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert f"<rdf:li>{language}</rdf:li>".encode() in made


def test_what_is_not_accessible_is_refused():
    """The test above can fail."""
    picture = Picture('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>', "")
    page = Document("en", "x", (picture,))
    with pytest.raises(Exception, match=r"(?i)alt|PDF/UA"):
        pdf._compiler().compile(
            sys_inputs={"data": json.dumps(document_data(page)).replace('"alt": ""', '"alt": null')},
            format="pdf",
            pdf_standards=["ua-1"],
        )
    assert document_pdf(Document("en", "x", (replace(picture, said="a square"),)))


def test_the_same_page_gives_the_same_bytes_in_another_process():
    page = PAGES["sheet ex11_2", "he"]
    code = (
        "import sys; from exercises.library import Library, search_path;"
        "from reports.pages.sheet import sheet, solved; from reports.pdf import document_pdf;"
        "found = solved([Library(search_path(())).instance('11.2')]);"
        "sys.stdout.buffer.write(document_pdf(sheet(found, 'he')))"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout
    pdf._compiler.cache_clear()
    assert document_pdf(page) == other


def formulas(data: object) -> list[list[str]]:
    """Every formula in the data of a page."""
    match data:
        case ["m", str(typst), str(said), *_]:
            return [["m", typst, said]]
        case list():
            return [found for one in data for found in formulas(one)]
        case dict():
            return [found for one in data.values() for found in formulas(one)]
        case _:
            return []


@pytest.mark.parametrize("name", list(INSTANCES))
def test_formulas_are_heard_in_the_language_of_the_page(name):
    heard = {language: formulas(dict(document_data(PAGES[f"sheet {name}", language]))) for language in LANGUAGES}
    assert sorted(said for _, said, *_ in heard["he"]) == sorted(said for _, said, *_ in heard["en"])
    assert all(one[2].strip() for language in LANGUAGES for one in heard[language])
    assert not any(re.search("[א-ת]", one[2]) for one in heard["en"])
    assert sum(bool(re.search("[א-ת]", one[2])) for one in heard["he"]) > len(heard["he"]) / 3


TYPST = ('"]) #panic("x") $1$ @ref *b* // /* `', '#eval("1")', "😀 Ж 漢 ע", "a\n\n  b\tc", "\\u{48}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_students_type_is_printed_and_nothing_else(language):
    judged = [Judgement("2", text, text, Unreadable("syntax", 1, text)) for text in (*HOSTILE, *TYPST)]
    results = tuple(Result("11.1", "2", Fraction(1), None, judgement) for judgement in judged)
    page = feedback_page(Student("".join(TYPST), results), BY_ID, language)
    assert document_pdf(page)
    said = json.dumps(document_data(page), ensure_ascii=False)
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in said for text in TYPST[:2])


def test_what_no_font_draws_is_written_as_its_code():
    assert drawable("ab Ж中😀") == "ab Ж[U+4E2D][U+1F600]"
    assert set("אבג abc 0123 +−×·≤ ✓") <= drawn()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["א" * 300, "x" * 300, "n*Var(w_1)*(E[x_1]^2+Var(x_1))+" * 9])
def test_what_has_no_blank_stays_between_the_margins(text, language):
    table = Table((Cell(Line("a")), Cell(Line("b"))), ((Cell(Line("a")), Cell(inert(text))),))
    blocks = (Typed(text), Paragraph(inert(text)), Working((("wrong", token(text), Line("a")),)), table)
    (page,) = map(pixels, document_png(Document(language, "x", blocks), 48))
    margin = int(1.7 / 2.54 * 48)
    assert page[:, :margin].min() == page[:, -margin:].min() == 255


def test_every_line_of_what_is_isolated_is():
    def drawn_of(*runs):
        return document_png(Document("he", "x", (Paragraph(Line(*runs)),)))

    lines = ("= (n+1)*x", "x+1) # (", "-5")
    apart = [run for line in lines for run in (Text(line, "ltr"), "\n")][:-1]
    assert drawn_of(Text("\n".join(lines), "ltr")) == drawn_of(*apart)


def test_what_only_typst_draws_is_drawn():
    """A page with every character that `embedded.txt` lists; PDF/UA refuses one without a glyph."""
    rarer = "".join(sorted(drawn() - listed(CHARACTERS)))
    assert set("Жанна سلام Ελένη ἀ") - set(rarer) <= listed(CHARACTERS)
    assert document_pdf(Document("he", "x", (Paragraph(Line(rarer)), Typed(rarer))))


def test_the_fonts_are_those_of_the_pages():
    """Each font for PDF has the characters of the one for HTML, and `characters.txt` lists them."""
    found: set[int] = set()
    for path in sorted((FONTS / "pdf").glob("*.ttf")):
        mine = set(TTFont(path).getBestCmap())
        assert mine == set(TTFont(FONTS / f"{path.stem}.woff2").getBestCmap())
        if "hebrew" in path.stem:
            mine = {code for code in mine if 0x590 <= code <= 0x5FF or 0xFB1D <= code <= 0xFB4F}
        found |= mine
    assert listed(CHARACTERS) == {chr(code) for code in found if code >= 32}, f"write {CHARACTERS} anew"


def test_links_lead_to_what_is_on_the_page():
    for page in PAGES.values():
        text = json.dumps(document_data(page), ensure_ascii=False)
        ids = set(re.findall(r'"id": "([^"]+)"', text))
        assert set(re.findall(r'\["link", "([^"]+)"', text)) <= ids


def test_pages_are_drawn():
    (page,) = document_png(Document("en", "x", PAGES["student nothing", "en"].blocks[:1]), ppi=30)
    assert page.startswith(b"\x89PNG")


def test_every_section_with_an_id_has_it_once():
    for page in PAGES.values():
        ids = [block.id for block in every_block(page.blocks) if getattr(block, "id", "")]  # type: ignore[union-attr]
        assert len(ids) == len(set(ids))


def test_a_title_is_needed():
    assert all(page.title for page in PAGES.values())
    assert Line("x") == "x"


# --- pictures


def pictured(wide):
    return Picture(picture(wide, 9, "a", "b"), f"{wide}")


@pytest.mark.parametrize(
    ("widths", "rows"),
    [
        ((350, 272), [[350, 272]]),
        ((700, 300, 300, 300), [[700], [300, 300], [300]]),
        ((200, 200, 200, 200), [[200, 200, 200], [200]]),
        ((340, 340), [[340, 340]]),  # a little narrower than they are
        ((370, 370), [[370], [370]]),
    ],
)
def test_pictures_share_a_line_where_it_has_room(widths, rows):
    note = Paragraph(Line("between"))
    document = Document("en", "x", (*map(pictured, widths), note, pictured(50)))
    *found, between, last = json.loads(json.dumps(document_data(document)))["blocks"]
    assert [[one["wide"] for one in row["row"]] for row in found] == rows
    assert (between["k"], [one["alt"] for one in last["row"]]) == ("paragraph", ["50"])


def test_a_page_on_its_side_has_room_for_more():
    blocks = tuple(map(pictured, (400, 400)))
    counts = [len(document_data(Document("en", "x", blocks, wide=wide))["blocks"]) for wide in (False, True)]
    assert counts == [2, 1]


def test_the_room_is_that_of_the_page():
    margin = re.search(r"margin: \(x: ([\d.]+)cm", (ROOT / "reports/pdf/document.typ").read_text(encoding="utf-8"))
    assert margin and [float(margin[1])] * 2 == pytest.approx(
        [(size - room / 96 * 2.54) / 2 for size, room in ((21, UPRIGHT), (29.7, WIDE))]
    )
