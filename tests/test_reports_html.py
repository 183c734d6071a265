"""Pages: whole, inert, the same in both languages, and with nothing in a Hebrew line that would show turned around."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from exercises.exercise import LANGUAGES
from grader.judge import judge
from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import Judgement, Review, Right, Slip, Slipped, Unreadable, marks
from reports.bidi import runs
from reports.html import Refuted, feedback_html, sheet_html, summary_html
from reports.html.blocks import typed_html
from reports.html.page import TEMPLATES
from reports.lines import visible
from reports.pages.marks import mark
from reports.solution import solution
from solver.verify.check import Check
from tests.test_reports_solution import INSTANCES

VOID = {"meta", "input", "br", "link", "img", "hr"}

HOSTILE = [
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</pre></section><iframe src=//example.org>",
    "javascript:alert(1)",
    "{% for i in range(10**9) %}x{% endfor %}{{ 7*7 }}",
    "%s%s%s%n {0.__class__} %(word)s",
    "x'); DROP TABLE attempts;--",
    '=HYPERLINK("http://127.0.0.1/?"&A1,"x")',
    'a,b\n"c',
    "4\u202e8 \u2066x",
    "\x00\x1b[2J\x07",
    "\ud800 half",
    "&lt;b&gt; &amp;",
    "<!-- --><![CDATA[x]]>",
]


@dataclass
class Element:
    """A tag with its attributes, the tags around it, and the text directly inside."""

    tag: str
    attributes: dict[str, str]
    parents: tuple["Element", ...]
    text: str = ""
    pieces: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads a page strictly: every tag that is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.texts: list[tuple[str, tuple[Element, ...]]] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {[element.tag for element in self.open]}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>"
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.open[-1].text += data
        if data.strip():
            self.texts.append((data, tuple(self.open)))

    def tagged(self, tag: str, **attributes: str) -> list[Element]:
        """The elements with this tag and these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element for element in self.elements if element.tag == tag and wanted.items() <= element.attributes.items()
        ]


def result(part: str, text: str | None, exercise: str = "ex11_1") -> Result:
    instance = INSTANCES[exercise]
    full = Fraction(instance.part(part).marks)
    if text is None:
        return Result(instance.exercise.id, part, full, Fraction(0), None)
    judgement = judge(instance, part, text)
    return Result(instance.exercise.id, part, full, marks(judgement.verdict, instance.part(part)), judgement)


STUDENT = Student(
    "דנה כהן",
    (
        result("1a", "9x9x3"),
        result("1b", "5×5×3 ערוצים"),
        result("2", "51"),
        result("3", "3*(4"),
        result("4", None),
        result("5", "לא"),
        result("6", "שיתוף משקולות, 51900"),
    ),
)
HOSTILE_STUDENTS = tuple(
    Student(text, (Result("11.1", "2", Fraction(1), None, Judgement("2", text, text, Unreadable("syntax", 1, text))),))
    for text in HOSTILE
)
CLASS = ClassResult(
    ("11.1",),
    (STUDENT, *HOSTILE_STUDENTS),
    tuple(Problem(text, 3, "bad_row", text) for text in HOSTILE),
    tuple(Answer(text, "11.1", "2", text, text, 7) for text in HOSTILE),
)
BY_ID = {instance.exercise.id: instance for instance in INSTANCES.values()}


def pages() -> Iterator[tuple[str, str]]:
    for name, instance in INSTANCES.items():
        yield f"sheet {name}", sheet_html([instance], LANGUAGES)
    for language in LANGUAGES:
        yield f"student {language}", feedback_html(STUDENT, BY_ID, language)
    for index, student in enumerate(HOSTILE_STUDENTS):
        yield f"hostile student {index}", feedback_html(student, BY_ID, "he")
    yield "summary", summary_html(CLASS, BY_ID, pages={STUDENT.student: "feedback/1.he.html"})


PAGES = dict(pages())
READ = {name: Reader(page) for name, page in PAGES.items()}
SHEETS = [name for name in PAGES if name.startswith("sheet")]
every_page = pytest.mark.parametrize("name", PAGES)
every_sheet = pytest.mark.parametrize("name", SHEETS)


# --- whole and inert


@every_page
def test_a_page_loads_and_runs_nothing(name):
    read = READ[name]
    tags = {element.tag for element in read.elements}
    forbidden = "script link img iframe object embed form base image use foreignobject"
    assert not tags & set(forbidden.split())
    for element in read.elements:
        assert not [attribute for attribute in element.attributes if attribute.startswith("on") or attribute == "style"]
        assert element.attributes.get("href", "#").startswith(("#", "feedback/"))
    (style,) = read.tagged("style")
    assert not re.search(r"url\((?!data:)|@import", style.text)


@every_page
def test_the_policy_allows_the_style_and_no_more(name):
    (policy,) = READ[name].tagged("meta", http_equiv="Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.attributes["content"].split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", rules["style-src"])
    assert "script-src" not in rules


@every_page
def test_a_page_is_utf_8_and_names_its_language(name):
    PAGES[name].encode("utf-8")
    (root,) = READ[name].tagged("html")
    assert root.attributes["dir"] == ("rtl" if root.attributes["lang"] == "he" else "ltr")
    title, *pictures = READ[name].tagged("title")  # a picture has a title of its own
    assert title.text.strip()
    assert len(pictures) == sum("aria-hidden" not in one.attributes for one in READ[name].tagged("svg"))


@every_page
def test_ids_are_unique(name):
    ids = [element.attributes["id"] for element in READ[name].elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    linked = {
        element.attributes["href"][1:] for element in READ[name].tagged("a") if element.attributes["href"][0] == "#"
    }
    assert linked <= set(ids)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_students_type_is_shown_and_nothing_else(text):
    read = Reader(feedback_html(HOSTILE_STUDENTS[HOSTILE.index(text)], BY_ID, "en"))
    (typed,) = read.tagged("pre")
    shown = "".join(piece for piece, around in read.texts if typed in around)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", visible(text))


def test_hostile_data_is_inert(data_dir):
    texts = [
        item["input"]
        for item in json.loads((data_dir / "hostile.json").read_text(encoding="utf-8"))["items"]
        if isinstance(item.get("input"), str)
    ]
    students = tuple(
        Student(f"{index}{text[:80]}", (Result("11.1", "2", Fraction(1), None, judge(BY_ID["11.1"], "2", text)),))
        for index, text in enumerate(texts)
    )
    read = Reader(summary_html(ClassResult(("11.1",), students), BY_ID))
    assert {element.tag for element in read.elements} <= {element.tag for element in READ["summary"].elements}


def test_the_same_class_gives_the_same_bytes():
    assert summary_html(CLASS, BY_ID, pages={STUDENT.student: "feedback/1.he.html"}) == PAGES["summary"]


# --- two directions


@every_page
def test_hebrew_lines_hold_nothing_that_would_turn_around(name):
    """Latin words and numbers among Hebrew ones stand in an isolate, or in what runs from left to right."""
    assert turned(READ[name]) == []


def test_what_would_turn_around_is_seen():
    assert turned(Reader('<p lang="he">בגודל 3×5×7 בלבד</p>')) == ["3×5×7"]
    assert turned(Reader('<p lang="he">בגודל <bdi dir="ltr">3×5×7</bdi> בלבד</p>')) == []


def turned(page: Reader) -> list[str]:
    found = []
    for text, around in page.texts:
        sections = [element for element in around if "lang" in element.attributes]
        if sections and sections[-1].attributes["lang"] == "he" and not isolated(around) and re.search("[א-ת]", text):
            found += [run for run, foreign in runs(text, "he") if foreign]
    return found


def isolated(around: tuple[Element, ...]) -> bool:
    last = max((at for at, element in enumerate(around) if "lang" in element.attributes), default=0)
    return any(
        element.tag in ("bdi", "math", "pre", "title", "style", "svg") or element.attributes.get("dir") == "ltr"
        for element in around[last + 1 :]
    )


@every_page
def test_every_isolate_says_its_direction(name):
    """Browsers guess differently where a text has no letters, as 48 + 300 = 349."""
    isolates = [*READ[name].tagged("bdi"), *READ[name].tagged("pre")]
    assert [one for one in isolates if one.attributes.get("dir") not in ("ltr", "rtl")] == []


@every_page
def test_mathematics_is_isolated_by_the_style(name):
    (style,) = READ[name].tagged("style")
    assert re.search(r"math \{[^}]*direction: ltr; unicode-bidi: isolate", style.text)


@pytest.mark.parametrize(
    "text, at, said",
    [
        ("5×5×3 ערוצים", None, '<bdi dir="ltr">5×5×3</bdi> ערוצים'),
        ("לכן\n= (n+1)*x", None, 'לכן\n<bdi dir="ltr">= (n+1)*x</bdi>'),
        ("5x5x3", None, "5x5x3"),
        ("3*(4", 4, '3*(4<mark class="at">\xa0</mark>'),
        ("a < b", 2, 'a <mark class="at">&lt;</mark> b'),
    ],
)
def test_typed_text(text, at, said):
    assert typed_html(text, at) == said


# --- sheets


@every_sheet
def test_both_languages_have_the_same_formulas_and_checks(name):
    found = {}
    for language in LANGUAGES:
        page = PAGES[name]
        section = page[page.index(f'<section class="in" lang="{language}"') :].split('<section class="in"')[1]
        found[language] = (
            sorted(re.findall("<math.*?</math>", section)),
            re.findall(r'data-rule="([^"]*)"', section),
            re.findall(r'data-check="([^"]*)" data-method="([^"]*)"', section),
        )
    assert found["he"] == found["en"]
    assert found["he"][0]


@every_sheet
def test_every_step_carries_its_checks(name):
    read = READ[name]
    steps = [
        element
        for element in read.elements
        if element.attributes.get("class") == "step" and not inside(element, "entry")
    ]
    checks = [element for element in read.elements if "data-check" in element.attributes]
    assert steps
    assert all(any(step in check.parents for check in checks) for step in steps)
    assert {check.attributes["data-check"] for check in checks} <= {"verified", "inconclusive"}


def inside(element: Element, kind: str) -> bool:
    """Whether an element stands in a section of this kind."""
    return any(parent.attributes.get("class") == kind for parent in element.parents)


@every_sheet
def test_remarks_are_no_small_print(name):
    """A paragraph's class on a section would shrink all that stands in it."""
    assert {element.tag for element in READ[name].elements if element.attributes.get("class") == "note"} <= {"p"}
    classes = (element.attributes.get("class", "").split() for element in READ[name].tagged("section"))
    assert not [one for one in classes if "note" in one]


def test_pictures_that_follow_each_other_stand_together():
    rows = READ["sheet conv1d"].tagged("div", **{"class": "figures"})
    counts = [
        sum(row in figure.parents[-1:] for figure in READ["sheet conv1d"].tagged("figure")) for row in rows
    ]
    assert counts == [2, 3, 5] * len(LANGUAGES)


@every_sheet
def test_rules_lead_to_their_formula_and_source(name):
    read = READ[name]
    entries = {element.attributes["id"] for element in read.elements if element.attributes.get("class") == "entry"}
    linked = {
        element.attributes["href"][1:] for element in read.tagged("a") if "-rule-" in element.attributes["href"]
    }
    assert linked == entries


@every_sheet
def test_both_languages_have_the_same_formula_ids(name):
    found = {
        language: [
            element.attributes["data-formula"]
            for element in READ[name].elements
            if "data-formula" in element.attributes
            and [one.attributes["lang"] for one in element.parents if "lang" in one.attributes][-1] == language
        ]
        for language in LANGUAGES
    }
    assert found["he"] == found["en"]
    assert len(set(found["he"])) == len(found["he"])


def test_a_kept_check_says_when_it_was_made():
    kept = [element for element in READ["sheet ex11_1"].elements if element.attributes.get("data-method") == "torch"]
    assert kept
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", element.attributes["data-recorded"]) for element in kept)


@every_sheet
def test_every_part_has_its_answer(name):
    instance = INSTANCES[name.removeprefix("sheet ")]
    answers = [
        element
        for element in READ[name].elements
        if element.attributes.get("class") == "answer" and not inside(element, "part remark")
    ]
    codes = [element for element in READ[name].tagged("pre", **{"class": "typed code"}) if inside(element, "part")]
    asked = [part.code is not None for part in instance.exercise.parts]
    assert (len(answers), len(codes)) == (len(LANGUAGES) * asked.count(False), len(LANGUAGES) * asked.count(True))


def test_a_reader_switches_languages_without_a_script():
    read = READ[SHEETS[0]]
    buttons = read.tagged("input", type="radio", name="language")
    assert [button.attributes["id"] for button in buttons] == ["show-he", "show-en"]
    assert {label.attributes["for"] for label in read.tagged("label")} == {"show-he", "show-en"}
    one = Reader(sheet_html([INSTANCES["ex11_2"]], ["en"]))
    assert one.tagged("input") == []


def test_a_refuted_step_has_no_sheet():
    def refuting(_: object) -> tuple[Check, ...]:
        return (Check("", "loops", "refuted", 0),)

    with pytest.raises(Refuted, match=r"11\.1"):
        sheet_html([INSTANCES["ex11_1"]], ["en"], verify=refuting)


# --- feedback and summary


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedback_shows_each_answer_and_no_key(language):
    read = READ[f"student {language}"]
    said = [element.attributes["data-verdict"] for element in read.elements if "data-verdict" in element.attributes]
    assert said == ["slipped", "right", "slipped", "unreadable", "missing", "wrong", "review"]
    text = " ".join(text for text, around in read.texts if not any(element.tag == "style" for element in around))
    for part in ("2", "3", "4"):
        key = str(solution(BY_ID["11.1"], part).key)
        assert not re.search(rf"\b{key}\b", text), f"the key of {part} is on the page"


def test_the_spot_that_could_not_be_read_is_marked():
    (spot,) = READ["student en"].tagged("mark")
    assert spot.parents[-1].tag == "pre"


def test_the_summary_counts_verdicts_and_names_slips():
    result = ClassResult(("11.1",), (STUDENT,))
    text = " ".join(text for text, _ in Reader(summary_html(result, BY_ID, ["en"])).texts)
    assert "the biases were counted although the network has none" in text
    assert "11.1/3" in text
    assert "it is not a complete formula" in text


def test_an_example_of_a_mistake_stands_on_one_line():
    code = "class Net(nn.Module):\n    def forward(self, x):\n" + "        x = self.conv(x)\n" * 9
    slipped = Judgement("2", code, code, Slipped(((Slip("a", "no_plus_one"),),)))
    results = (Result("11.1", "2", Fraction(1), Fraction(1, 2), slipped),)
    page = summary_html(ClassResult(("11.1",), (Student("1", results),)), BY_ID, ["he"])
    (example,) = re.findall(r'<bdi dir="ltr">(class Net[^<]*)</bdi></td>', page)
    assert "\n" not in example
    assert len(example) <= 61


def test_two_slips_are_one_row_each():
    twice = Slipped(((Slip("a", "no_plus_one"),), (Slip("a", "one_bias"),)))
    results = (Result("11.1", "2", Fraction(1), Fraction(1, 2), Judgement("2", "1", "1", twice)),)
    page = summary_html(ClassResult(("11.1",), (Student("1", results), Student("2", results))), BY_ID, ["en"])
    rows = re.findall(r"<td[^>]*>(the \+1|.{0,40}one bias)[^<]*.*?<td class=\"number\"[^>]*><bdi[^>]*>(\d)</bdi>", page)
    assert [count for _, count in rows] == ["2", "2"]


def test_a_mark_that_waits_is_not_in_the_mean():
    right = Result("11.1", "2", Fraction(1), Fraction(1), Judgement("2", "48", "48", Right()))
    waiting = Result("11.1", "2", Fraction(1), None, Judgement("2", "x", "", Review("undecided")))
    for results, shown in (((right, waiting), "1 / 1"), ((waiting,), "–")):
        students = tuple(Student(str(index), (one,)) for index, one in enumerate(results))
        page = summary_html(ClassResult(("11.1",), students), BY_ID, ["en"])
        (row,) = re.findall(r'<th scope="row"><bdi dir="ltr">11.1/2</bdi></th>(.*review.*)</tr>', page)
        assert re.findall(r'<td class="number"><bdi dir="ltr">([^<]*)</bdi></td>', row)[-3] == shown


def test_staff_are_not_told_of_your_answer():
    page = summary_html(ClassResult(("11.1",), (STUDENT,)), BY_ID, ["en"])
    assert "follows from an earlier answer" in page and "your" not in " ".join(text for text, _ in Reader(page).texts)


def test_every_cell_that_is_stacked_says_what_it_holds():
    page = summary_html(ClassResult(("11.1",), (STUDENT,)), BY_ID, ["en"])
    tables = re.findall(r'<table class="stack">.*?</table>', page, re.DOTALL)
    assert tables and not [
        cell for table in tables for cell in re.findall("<td[^>]*>", table) if "data-label" not in cell
    ]


def test_a_review_waits_for_a_person():
    waiting = Result("11.1", "2", Fraction(1), None, Judgement("2", "x", "", Review("undecided")))
    page = summary_html(ClassResult(("11.1",), (Student("1", (waiting,)),)), BY_ID, ["en"])
    assert "could not be decided" in page


@pytest.mark.parametrize("value, said", [(Fraction(1, 3), "0.33"), (Fraction(3, 2), "1.50"), (2, "2"), (0, "0")])
def test_marks(value, said):
    assert mark(value) == said


def test_what_has_no_shape_is_named():
    assert visible("a\u202eb\x00\ud800") == "a[U+202E]b[U+0000][U+D800]"


# --- colours


def luminance(colour: str) -> float:
    """How bright a colour is, as the web's accessibility guidelines count it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def whole(colour: str) -> str:
    """A colour with six digits: #fff is #ffffff."""
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def test_words_stand_out_from_what_is_behind_them():
    """In both schemes and in print, each colour of words on each ground that it stands on."""
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{([^}]*)\}", style)
    schemes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", root)) for root in roots]
    assert len(schemes) == 3
    grounds = {"good": "good-bg", "warn": "warn-bg", "bad": "bad-bg", "info": "info-bg"}
    for scheme in schemes:
        said = {name: whole(value) for name, value in {**schemes[0], **scheme}.items()}
        for ink in ("ink", "soft", "accent", *grounds):
            for ground in ("paper", "panel", *([grounds[ink]] if ink in grounds else [])):
                bright, dark = sorted((luminance(said[ink]), luminance(said[ground])), reverse=True)
                assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
