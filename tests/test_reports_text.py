"""Words with mathematics: what is isolated in lines of two directions, for pages and for terminals."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.bidi import POP, runs
from reports.blank import FIRST_LINE, HEADING, answer_label, blank_sheet, student_label
from reports.html.blocks import line_html
from reports.lines import text_line, words_line
from reports.text import text_plain
from tests.test_reports_solution import INSTANCES

# What a Hebrew reader would see turned around, were it not isolated; the run to isolate is between brackets.
TURNED = [
    "הגודל הוא ⟦3×5×7⟧.",
    "הפרש של ⟦−5⟧ בלבד",
    "חסר ה־⟦+1⟧ שבסוף",
    "עלייה של ⟦+3.1%⟧ בשנה",
    "עמודים ⟦5–10⟧ בספר",
    "שפת ⟦C++⟧ היא",
    "גרסה ⟦Python 3.11⟧, מותקנת",
    "שכבה (⟦padding=1, stride=1⟧) נוספת",
    "פונקציית ⟦max pooling⟧ בגודל",
    "מסוג ⟦ReLU⟧; ⟦average pooling⟧ בגודל",
    "שכבת ⟦Fully Connected⟧. אין היסט.",
    "⟦C1⟧: קונבולוציה",
    "הערך ⟦48⟧, ⟦300⟧ ועוד",
    "אורך ⟦0.5⟧.",
]


@pytest.mark.parametrize("line", TURNED)
def test_runs_are_isolated_whole_and_without_the_sentence(line):
    found = "".join(f"⟦{run}⟧" if foreign else run for run, foreign in runs(re.sub("[⟦⟧]", "", line), "he"))
    assert found == line


def test_hebrew_is_isolated_in_english():
    assert list(runs("the word שלום עולם, here", "en"))[1] == ("שלום עולם", True)


@given(st.text(alphabet="אבג abC+−-3.5,;:()%×\n", max_size=60), st.sampled_from(["he", "en"]))
def test_nothing_is_lost(text, language):
    assert "".join(run for run, _ in runs(text, language)) == text
    assert unescape(re.sub("<[^>]*>", "", line_html(words_line(text, language)))) == text


def test_words_are_escaped():
    assert line_html(words_line('a < b & "c"', "en")) == "a &lt; b &amp; &quot;c&quot;"


def test_formulas_become_markup():
    assert line_html(text_line("size $n$", "en")) == "size <math><mi>n</mi></math>"


def test_a_formula_holds_on_to_what_touches_it():
    """A bracket, a comma or a Hebrew prefix is never parted from its formula by a line break."""
    assert line_html(text_line("מ־$n$, ועוד", "he")) == '<span class="nb">מ־<math><mi>n</mi></math>,</span> ועוד'


def test_a_lone_x_between_sizes_is_a_cross():
    assert text_plain("$13 x 13$ and $K x K$", "en") == "13×13 and K×K"


def test_mathematics_that_cannot_be_read_is_the_authors_mistake():
    with pytest.raises(ValueError, match="syntax"):
        text_plain("size $n +$", "en")


def test_isolating_marks_are_balanced_and_asked_for():
    said = text_plain("אורך $D_in$ ב־Python 3.11", "he", isolate=True)
    assert said.count(POP) == 2
    assert text_plain("אורך $D_in$ ב־Python 3.11", "he") == "אורך D_in ב־Python 3.11"


# --- blank sheets


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize("instance", INSTANCES.values(), ids=INSTANCES)
def test_a_blank_sheet_has_a_place_for_every_answer(instance, language):
    sheet = blank_sheet(instance, language)
    first = FIRST_LINE.fullmatch(sheet.splitlines()[0])
    assert first is not None
    assert first["exercise"] == instance.exercise.id
    places = re.split(HEADING.pattern, sheet, flags=re.MULTILINE)[3::3]
    assert [match["part"] for match in HEADING.finditer(sheet)] == [part.id for part in instance.exercise.parts]
    assert all(place.rstrip("\n").endswith(f"{answer_label(language)} ") for place in places)
    assert sheet.count(student_label(language)) == 1
    assert "$" not in sheet
