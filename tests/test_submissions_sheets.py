"""Answer sheets in Markdown, as printed and as people and editors leave them; and what folders hold besides."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.exercise import LANGUAGES
from exercises.library import Library, available, search_path
from grader.results import Answer, Problem
from grader.submissions import answers_csv, sheets_markdown, submissions
from grader.submissions.reading import MOST_BYTES, decoded, formats
from reports.blank import answer_label, blank_sheet, student_label

SHEET = """<!-- tirgul sheet: 11.1 -->

# Exercise 11.1

**Student:** 012

## 11.1/1a

What size?

**Answer:** 10x10x3

## 11.1/2

**Answer:** 48
"""


def read(text, source="sheets/007.md"):
    """The answers that have a part, and the lines and reasons of problems."""
    found = list(sheets_markdown.read(text, source))
    answers = [
        (one.student, f"{one.exercise}/{one.part}", one.text)
        for one in found
        if isinstance(one, Answer) and one.part and one.state in ("read", "cut")
    ]
    return answers, [(one.line, one.reason) for one in found if isinstance(one, Problem)]


def test_a_sheet_is_read():
    assert read(SHEET) == ([("012", "11.1/1a", "10x10x3"), ("012", "11.1/2", "48")], [])


CHANGES = [
    # what somebody did to the sheet, student, answer to 11.1/2, note
    ("**Student:** 012", "**Student:** ", "007", "48", "the file's name is the id"),
    ("**Student:** 012", "**Student:** ____", "007", "48", ""),
    ("**Student:** 012", "Student: 012", "012", "48", "an editor took the asterisks"),
    ("**Student:** 012", "**סטודנטים:** 012", "012", "48", ""),
    ("**Student:** 012", "**Student:** \u200f012\u200f", "012", "48", "marks of direction"),
    ("**Student:** 012", "**Student:** Dana Cohen", "Dana Cohen", "48", ""),
    ("**Answer:** 48", "**Answer:**\n48", "012", "48", "on the line below"),
    ("**Answer:** 48", "**Answer:**\n\n4*4*3 = 48\n\n", "012", "4*4*3 = 48", ""),
    ("**Answer:** 48", "**תשובה:** 48", "012", "48", ""),
    ("**Answer:** 48", "\u200f**תשובה:**\u200f 48\u200f", "012", "48", ""),
    ("**Answer:** 48", "Answer: 48", "012", "48", ""),
    ("**Answer:** 48", "**Answer**: 48", "012", "48", ""),
    ("**Answer:** 48", "**Answer: 48**", "012", "48", "typed inside the label's asterisks"),
    ("**Answer:** 48", "**Answer:** -5", "012", "-5", "a minus is no list"),
    ("**Answer:** 48", "**Answer:** *x", "012", "*x", "an asterisk of the answer's own"),
    ("**Answer:** 48", "**Answer:** one\ntwo", "012", "one\ntwo", ""),
    ("**Answer:** 48", "**Answer:**\n```python\n# code\nx = 1\n```\n", "012", "# code\nx = 1", "a fence around code"),
    ("**Answer:** 48", "**Answer:** 48 <!-- sure? -->", "012", "48", "a remark"),
    ("**Answer:** 48", "**Answer:**", "012", "", "left empty"),
    ("**Answer:** 48", "**Answer:** ______", "012", "", ""),
    ("<!-- tirgul sheet: 11.1 -->", "\ufeff\n<!-- TIRGUL SHEET:11.1-->", "012", "48", ""),
    ("## 11.1/2", "##  11.1/2 (1 mark)", "012", "48", ""),
]


@pytest.mark.parametrize("old, new, student, answer, note", CHANGES)
def test_a_changed_sheet_is_read(old, new, student, answer, note):
    assert old in SHEET
    assert sheets_markdown.recognises(SHEET.replace(old, new))
    answers, problems = read(SHEET.replace(old, new))
    assert (answers[-1], problems) == ((student, "11.1/2", answer), [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("exercise", [exercise.id for exercise in available(search_path())])
def test_every_blank_sheet_is_read_back(exercise, language):
    instance = Library(search_path()).instance(exercise)
    ids = [part.id for part in instance.exercise.parts]
    blank = blank_sheet(instance, language)
    label, student = answer_label(language), student_label(language)
    assert read(blank.replace(student, f"{student} 012")) == ([("012", f"{exercise}/{part}", "") for part in ids], [])
    filled = blank.replace(student, f"{student} 012").replace(label, f"{label} 4\n8")
    assert read(filled) == ([("012", f"{exercise}/{part}", "4\n8") for part in ids], [])


PROBLEMS = [
    ("**Student:** 012", "**Student:**", "sheets/11.1.en.md", [(1, "no_student")]),
    ("sheet: 11.1 ", "sheet: 11.1 variant: b7 ", "s.md", [(1, "unknown_variant")]),
    ("**Answer:** 48", "48", "s.md", [(13, "no_label")]),
    ("<!-- tirgul sheet: 11.1 -->", "", "s.md", [(1, "no_header")]),
    ("48", "\udcff", "s.md", [(13, "not_utf8")]),
    ("012", "\udcff", "s.md", [(1, "not_utf8")]),
]


@pytest.mark.parametrize("old, new, source, problems", PROBLEMS)
def test_what_a_sheet_lacks_is_named(old, new, source, problems):
    assert old in SHEET
    text = SHEET.replace(old, new)
    assert sheets_markdown.recognises(text)
    assert read(text, source)[1] == problems


def test_a_sheet_without_headings_is_told_of():
    found = list(sheets_markdown.read(SHEET.partition("##")[0], "s.md"))
    assert found[0] == Problem("s.md", 1, "no_label", "11.1")
    told = [one for one in found if isinstance(one, Answer)]
    assert [(one.student, one.exercise, one.part, one.state) for one in told] == [("012", "11.1", "", "unplaced")]


MISPLACED = [
    # old, new, problems, answers by part, states of all that is no whole answer
    ("## 11.1/2", "## Question 2", [(13, "unknown_heading")], {"1a": "10x10x3"}, ["cut", "unplaced"]),
    ("## 11.1/2", "## 2", [(13, "unknown_heading")], {"1a": "10x10x3"}, ["cut", "unplaced"]),
    ("## 11.1/2", "### Question 2", [(13, "unknown_heading")], {"1a": "10x10x3"}, ["cut", "unplaced"]),
    ("## 11.1/2\n", "", [(14, "second_label")], {"1a": "10x10x3"}, ["cut", "unplaced"]),
    ("## 11.1/2", "Question 2", [(15, "second_label")], {"1a": "10x10x3\n\nQuestion 2"}, ["cut", "unplaced"]),
    ("## 11.1/1a", "## Question 1a", [(7, "unknown_heading")], {"2": "48"}, ["unplaced"]),
    ("10x10x3", "\n```\n10x10x3", [(15, "unknown_heading")], {"1a": "10x10x3"}, ["cut", "unplaced"]),
    ("48", "48\n\n## Remarks\n", [(17, "unknown_heading")], {"1a": "10x10x3", "2": "48"}, ["cut"]),
    ("**Answer:**", "**My answer**", [(7, "no_label"), (13, "no_label")], {}, ["unread", "unread"]),
]


@pytest.mark.parametrize("old, new, problems, answers, states", MISPLACED)
def test_what_has_no_place_in_a_sheet_ends_the_answer_and_is_told_of(old, new, problems, answers, states):
    sheet = SHEET.replace(old, new)
    if "```" in new:
        sheet = sheet.replace("## 11.1/2", "## Question 2")
    found = list(sheets_markdown.read(sheet, "s.md"))
    assert [(one.line, one.reason) for one in found if isinstance(one, Problem)] == problems
    told = [one for one in found if isinstance(one, Answer)]
    assert {one.part: one.text for one in told if one.part and one.state in ("read", "cut")} == answers
    assert [one.state for one in told if one.state != "read"] == states


def test_a_heading_in_an_answer_does_not_end_it_and_the_next_part_does():
    answers, _ = read(SHEET.replace("10x10x3", "\n```\n# a comment\n## another"))
    assert [text for *_, text in answers] == ["# a comment\n## another", "48"]


def test_a_closed_fence_may_hold_headings_and_labels():
    answers, problems = read(SHEET.replace("10x10x3", "\n```\n## another\nAnswer: 5\n```"))
    assert ([text for *_, text in answers], problems) == (["## another\nAnswer: 5", "48"], [])


def test_a_sheet_in_the_code_page_of_windows_is_read(tmp_path):
    sheet = SHEET.replace("48", "התשובה היא 48").replace("**Answer:**", "**תשובה:**")
    (tmp_path / "s.md").write_bytes(sheet.encode("cp1255"))
    told = [one for one in submissions([tmp_path / "s.md"]) if isinstance(one, Answer) and one.part]
    assert [one.text for one in told] == ["10x10x3", "התשובה היא 48"]


@pytest.mark.parametrize("data", ["café 48".encode("latin-1"), b"\xe0", b"\x00\xe0\xe1", b"x\xe0\xe1", b"\xff\xe0\xe1"])
def test_other_code_pages_are_not_taken_for_hebrew(data):
    assert not set(decoded(data)) & set("אבגדהוזחטיכלמנסעפצקרשת")


@given(st.text(max_size=300), st.integers(0, len(SHEET)))
def test_any_text_is_read(text, place):
    for sheet in (text, SHEET[:place] + text, SHEET[:place] + text + SHEET[place:]):
        sheets_markdown.recognises(sheet)
        assert all(isinstance(one, Answer | Problem) for one in sheets_markdown.read(sheet, "a.md"))


# folders ------------------------------------------------------------------------------------------


def found(*paths, without=()):
    return [
        (Path(one.source).name, one.reason if isinstance(one, Problem) else f"{one.student} {one.part}".strip())
        for one in submissions(paths, without)
    ]


def test_folders_are_read_in_order_and_by_content(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.dat").write_text(SHEET, encoding="utf-8")
    (tmp_path / "a.md").write_text("student,exercise,part,answer\nx,11.1,2,48\n", encoding="utf-8")
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7\n\xff\xfe\x00")
    (tmp_path / "d.csv").write_bytes(b"")
    (tmp_path / "README.md").write_text("notes", encoding="utf-8")
    (tmp_path / ".hidden").write_text("notes", encoding="utf-8")
    assert found(tmp_path) == [
        ("a.md", "x 2"),
        ("c.pdf", "pdf"),
        ("d.csv", "empty_file"),
        ("z.dat", "012"),
        ("z.dat", "012 1a"),
        ("z.dat", "012 2"),
    ]
    assert found(tmp_path / "b", tmp_path / "a.md", without=[tmp_path])[-1] == ("a.md", "x 2")


def test_what_is_written_is_not_read(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "marks.csv").write_text("student,11.1/2\n", encoding="utf-8")
    assert found(tmp_path, without=[tmp_path / "out"]) == []


def test_links_are_not_followed(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "secret.md").write_text(SHEET, encoding="utf-8")
    try:
        (tmp_path / "class" / "s.md").symlink_to(tmp_path / "secret.md")
    except OSError:
        pytest.skip("no links here")
    assert found(tmp_path / "class") == [("s.md", "link")]


def test_a_file_that_is_too_big_is_not_read(tmp_path):
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert found(tmp_path) == [("big.csv", "file_too_big")]


def test_a_file_that_is_not_there(tmp_path):
    assert found(tmp_path / "nothing.csv") == [("nothing.csv", "not_found")]


@given(st.binary(max_size=300))
def test_no_two_formats_claim_one_file(data):
    assert sum(one.recognises(decoded(data)) for one in formats().values()) <= 1


def test_every_format_is_found():
    assert {answers_csv, sheets_markdown} <= set(formats().values())
    assert list(formats()) == [
        "answer-lines",
        "answers-csv",
        "answers-jsonl",
        "google-forms",
        "moodle-quiz",
        "moodle-worksheet",
        "notebook",
        "sheets-markdown",
        "students-table",
    ]
