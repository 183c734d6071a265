"""A class graded: nobody is lost, nothing depends on the order of rows, and what is written adds up."""

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.library import Library, search_path
from grader.batch import grade
from grader.gradebooks import cells, formats
from grader.judge import Marker
from grader.results import Answer, Problem
from grader.submissions import answers_csv, sheets_markdown, submissions
from grader.verdict import Follows, Review, Right, Slipped
from tests.sources import ROOT

CLASS = ROOT / "examples" / "class"
LIBRARY = Library(search_path())
SOME = ["48", "51", "10x10x3", "9x9x3", "348", "351", "5175", "5100", "x", "", "כן", "no", "7x7"]
PARTS = ["1a", "1b", "2", "3", "4", "5", "6"]


def graded(*answers, duplicates="last"):
    """The class that handed in these: student, exercise/part, text."""
    rows = [
        Answer(student, exercise, part, text, "a.csv", line)
        for line, (student, place, text) in enumerate(answers, 2)
        for exercise, part in [place.split("/")]
    ]
    return grade(rows, LIBRARY, duplicates)


def result(graded_class, student, place):
    (one,) = (one for one in graded_class.students if one.student == student)
    return next(result for result in one.results if f"{result.exercise}/{result.part}" == place)


def test_marks_are_those_of_the_verdicts():
    found = graded(("a", "11.1/2", "48"), ("b", "11.1/2", "51"), ("c", "11.1/2", "50"), ("d", "11.1/2", "?"))
    assert [result(found, student, "11.1/2").marks for student in "abcd"] == [1, Fraction(1, 2), 0, None]
    assert [student.pending for student in found.students] == [0, 0, 0, 1]


def test_consistent_work_after_a_mistake_earns_its_marks():
    found = graded(("a", "11.1/3", "480"), ("a", "11.1/1b", "6x6x3"), ("b", "11.1/3", "480"))
    assert isinstance(result(found, "a", "11.1/3").judgement.verdict, Follows)
    assert result(found, "a", "11.1/3").marks == 2
    assert not isinstance(result(found, "b", "11.1/3").judgement.verdict, Follows | Right)


def test_no_answer_is_missing():
    found = graded(("a", "11.1/2", "48"), ("b", "11.1/3", " \u200f "))
    assert [student.student for student in found.students] == ["a", "b"]
    assert all(one.judgement is None and one.marks == 0 for one in found.students[1].results)


def test_every_student_has_the_parts_of_every_exercise_that_anybody_answered():
    found = graded(("a", "11.2/1", "7x7"), ("b", "11.1/2", "48"))
    assert found.exercises == ("11.1", "11.2")
    assert {student.max for student in found.students} == {Fraction(13)}


def test_ids_are_not_numbers_and_are_not_mended():
    found = graded(*((name, "11.1/2", "48") for name in ["012", "12", " 12 ", "\u200f12", "1E5", "NO", "no"]))
    assert [student.student for student in found.students] == ["012", "12", "1E5", "NO", "no"]


def test_what_has_no_place_is_told_with_file_and_line():
    found = graded(("a", "11.9/1", "48"), ("b", "11.1/77", "48"), ("", "11.1/2", "48"), ("c", "11.1/2", "48"))
    assert [(one.line, one.reason) for one in found.problems] == [
        (2, "unknown_exercise"),
        (3, "unknown_part"),
        (4, "no_student"),
    ]
    assert [(student.student, student.total) for student in found.students] == [("a", 0), ("b", 0), ("c", 1)]


@pytest.mark.parametrize(
    "policy, marks, aside", [("first", Fraction(1, 2), [3, 4]), ("last", 0, [2, 3]), ("best", 1, [2, 4])]
)
def test_of_several_answers_one_counts_and_the_others_are_told(policy, marks, aside):
    found = graded(("a", "11.1/2", "51"), ("a", "11.1/2", "48"), ("a", "11.1/2", "50"), duplicates=policy)
    assert result(found, "a", "11.1/2").marks == marks
    assert [answer.line for answer in found.duplicates] == aside
    assert result(found, "a", "11.1/2").notes == ("duplicate",)


@pytest.mark.parametrize("answers, counts", [(("50", "?"), None), (("51", "?"), Fraction(1, 2)), (("?", "50"), None)])
def test_the_best_answer_waits_for_a_person_before_it_earns_nothing(answers, counts):
    found = graded(*(("a", "11.1/2", answer) for answer in answers), duplicates="best")
    assert result(found, "a", "11.1/2").marks == counts


def test_an_empty_answer_takes_nothing_back():
    found = graded(("a", "11.1/2", "48"), ("a", "11.1/2", ""))
    assert result(found, "a", "11.1/2").marks == 1 and found.duplicates == ()


def test_a_judge_that_fails_leaves_one_answer_to_a_person(monkeypatch):
    judge = Marker.judge

    def failing(self, part, text, earlier):
        if text == "boom":
            raise RecursionError
        return judge(self, part, text, earlier)

    monkeypatch.setattr(Marker, "judge", failing)
    found = graded(("a", "11.1/2", "boom"), ("a", "11.1/3", "348"), ("b", "11.1/2", "48"))
    assert result(found, "a", "11.1/2").judgement.verdict == Review("internal")
    assert [student.total for student in found.students] == [2, 1]


def test_equal_answers_are_judged_once(monkeypatch):
    judged = []
    judge = Marker.judge

    def counting(self, part, text, earlier):
        judged.append(part)
        return judge(self, part, text, earlier)

    monkeypatch.setattr(Marker, "judge", counting)
    graded(*((f"s{index}", "11.1/2", "48") for index in range(50)))
    assert judged == ["2"]


def read_and_graded(name, text):
    """The class of one file that holds this text."""
    read = answers_csv.read if name.endswith(".csv") else sheets_markdown.read
    return grade(read(text, name), LIBRARY)


SHEET = """<!-- tirgul sheet: 11.1 -->
**Student:** a

## 11.1/1a
**Answer:** 10x10x3

## 11.1/2
**Answer:** 48

## 11.1/3
**Answer:** 348
"""
TABLE = "student,exercise,part,answer\nz,11.1,2,48\nz,11.1,1a,10x10x3\n"
UNREAD = [
    # file, text, marks by part (None: a person decides), note
    ("s.md", SHEET, {"1a": 1, "2": 1, "3": 2, "4": 0}, "nothing is missing"),
    ("s.md", SHEET.replace("## 11.1/2", "## Question 2"), {"1a": 1, "2": None, "3": 2, "4": None}, ""),
    ("s.md", SHEET.replace("## 11.1/2", "").replace("10x", "9x"), {"1a": None, "2": None, "3": 2}, "1a may be cut"),
    ("s.md", SHEET.replace("**Answer:**", "**Mine**"), {"1a": None, "2": None, "3": None, "4": 0}, "no label"),
    ("s.md", SHEET.replace("11.1 -->", "11.1 variant: b -->"), {"1a": None, "2": None, "4": None}, ""),
    ("s.md", SHEET.replace("<!-- tirgul sheet: 11.1 -->", ""), {"1a": None, "2": None, "3": None, "4": 0}, ""),
    ("s.md", SHEET.replace("48\n\n", "48\udcff\n\n", 1), {"1a": 1, "2": None, "3": 2, "4": 0}, ""),
    ("s.md", SHEET.replace("11.1/2", "11.1/22"), {"1a": 1, "2": None, "3": 2, "4": 0}, "no such part"),
    ("s.csv", TABLE + "a,11.1,1a,10,10,3", {"1a": 1, "2": 0}, "commas belong to the answer"),
    ("s.csv", TABLE + 'a,11.1,1a,"10,10,3', {"1a": None, "2": 0}, ""),
    ("s.csv", TABLE + "a,11.1,2", {"1a": 0, "2": None}, ""),
    ("s.csv", TABLE + "a,11.1,2,\udcff", {"1a": 0, "2": None}, ""),
    ("s.csv", TABLE + "a,11.1,22,48", {"1a": 0, "2": None, "3": 0}, "no such part, spelled like 2"),
    ("s.csv", TABLE + "a,11.1,ח,5175", {"1a": 0, "2": 0, "4": None}, "no such part, right for 4"),
    ("s.csv", TABLE + "a,11.1,zz,12345", {"1a": 0, "2": 0, "4": 0}, "no such part, right for none"),
    ("s.csv", TABLE + "a,11.7,2,48", {"1a": None, "2": None}, "no such exercise"),
    ("s.csv", TABLE + 'a,11.1,2,48\na,11.1,2,"51', {"1a": 0, "2": None}, "the last answer counts"),
    ("s.csv", TABLE + "a,11.1,2,48\na", {"1a": None, "2": 1}, "only the student shows"),
    ("s.csv", TABLE + "a,11.1,2,48\na,11.1", {"1a": None, "2": 1, "3": None}, "only the exercise shows"),
    ("s.csv", TABLE + 'x,11.1,2,"1\na,11.1,1a,5\n"\na,11.1,2,48', {"1a": None, "2": 1}, "swallowed by a quote"),
]


@pytest.mark.parametrize("name, text, marks, note", UNREAD)
def test_what_cannot_be_read_or_placed_waits_for_a_person(name, text, marks, note):
    found = read_and_graded(name, text)
    assert {part: result(found, "a", f"11.1/{part}").marks for part in marks} == marks
    pending = [one for student in found.students if student.student == "a" for one in student.results if one.pending]
    assert {one.judgement.verdict for one in pending} <= {Review("unread_input")}
    assert bool(found.problems) == bool(note != "nothing is missing")


def test_a_file_called_after_a_student_that_cannot_be_read_waits_for_a_person(tmp_path):
    (tmp_path / "a.csv").write_text("student,exercise,part,answer\n012,11.1,2,48\n013,11.1,2,48\n", encoding="utf-8")
    (tmp_path / "012.docx").write_bytes(b"PK\x03\x04")
    found = grade(submissions([tmp_path]), LIBRARY)
    assert [student.pending for student in found.students] == [6, 0]
    assert [one.reason for one in found.problems] == ["broken_archive"]


# laws ---------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(PARTS), st.sampled_from(SOME)),
    unique_by=lambda row: row[:2],
    min_size=1,
    max_size=10,
)


def marks(found):
    return {
        (student.student, result.exercise, result.part): (result.marks, result.judgement)
        for student in found.students
        for result in student.results
    }


@settings(max_examples=40)
@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    rows = [(student, f"11.1/{part}", text) for student, part, text in rows]
    other = random.sample(rows, len(rows))
    assert marks(graded(*rows)) == marks(graded(*other))


@settings(max_examples=40)
@given(ROWS)
def test_others_do_not_matter(rows):
    rows = [(student, f"11.1/{part}", text) for student, part, text in rows]
    alone = graded(*(row for row in rows if row[0] == rows[0][0]))
    together = graded(*rows)
    assert marks(alone).items() <= marks(together).items()
    assert {student for student, *_ in rows} == {student.student for student in together.students}


@settings(max_examples=40)
@given(ROWS)
def test_marks_add_up(rows):
    for student in graded(*((student, f"11.1/{part}", text) for student, part, text in rows)).students:
        assert student.total == sum(result.marks or 0 for result in student.results)
        assert 0 <= student.total <= student.max
        assert all(result.marks is None or 0 <= result.marks <= result.max for result in student.results)


@settings(max_examples=25)
@given(st.binary(max_size=120))
def test_any_bytes_are_graded_and_written(data):
    text = "student,exercise,part,answer\na,11.1,2,48\n" + data.decode("utf-8", "surrogateescape")
    found = grade(answers_csv.read(text, "a.csv"), LIBRARY)
    for gradebook in formats().values():
        assert gradebook.write(found) == gradebook.write(found)


# gradebooks ---------------------------------------------------------------------------------------


def table(found):
    written = formats()["marks.csv"].write(found)
    assert written.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_the_table_has_marks_totals_and_what_is_pending():
    (row,) = table(graded(("012", "11.1/2", "48"), ("012", "11.1/3", "351"), ("012", "11.1/4", "?")))
    assert row["student"] == "012"
    assert (row["11.1/2"], row["11.1/3"], row["11.1/4"], row["11.1/1a"]) == ("1.00", "1.00", "", "0.00")
    assert (row["11.1"], row["total"], row["max"], row["pending"]) == ("2.00", "2.00", "10.00", "1")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\u200f=", "\ufeff\u200b+", "\uff1d", "\r="])
def test_an_id_does_not_run(start):
    (row,) = table(graded((f"{start}SUM(A1:A9)", "11.1/2", "48")))
    assert row["student"].startswith("'") and row["student"].endswith("SUM(A1:A9)")


def test_no_answer_is_in_the_table():
    found = graded(("a", "11.1/2", "=HYPERLINK(1)"), ("a", "11.1/6", "secret words"))
    written = formats()["marks.csv"].write(found).decode()
    assert "HYPERLINK" not in written and "secret" not in written


@given(st.text(max_size=20))
def test_only_what_may_run_is_changed(text):
    assert cells.harmless(text) in (text, f"'{text}")
    assert not cells.harmless(text).lstrip().startswith(("=", "+", "-", "@"))


@given(st.fractions(min_value=0, max_value=100))
def test_a_mark_has_two_decimals(mark):
    assert abs(Fraction(cells.decimal(mark)) - mark) <= Fraction(1, 200)


def test_the_document_tells_everything():
    found = graded(
        ("012", "11.1/2", "51"), ("012", "11.1/2", "51"), ("012", "11.9/1", "\u202e1"), ("013", "11.1/2", "\u202e")
    )
    document = json.loads(formats()["marks.json"].write(found))
    assert document["schema"] == "tirgul/marks/1"
    (told,) = (one for one in document["students"][0]["results"] if one["part"] == "2")
    assert told == {
        "exercise": "11.1",
        "part": "2",
        "marks": 0.5,
        "max": 1.0,
        "notes": ["duplicate"],
        "answer": "51",
        "verdict": "slipped",
        "read_as": "51",
        "slips": [[{"rule": "convolution.weights", "name": "biases_counted", "about": ""}]],
    }
    assert [one["reason"] for one in document["problems"]] == ["unknown_exercise"]
    assert [one["line"] for one in document["duplicates"]] == [2]


def test_no_document_turns_text_around():
    written = formats()["marks.json"].write(graded(("a", "11.1/2", "\u202e48\u2066\u200f"))).decode()
    assert not set(written) & set("\u202e\u2066\u200f")
    assert json.loads(written)["students"][0]["results"][2]["answer"] == "\u202e48\u2066\u200f"


# the example --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example():
    return grade(submissions([CLASS]), LIBRARY)


def test_the_example_class_has_every_verdict_and_kind_of_trouble(example):
    verdicts = {type(one.judgement.verdict) for student in example.students for one in student.results if one.judgement}
    assert {Right, Slipped, Follows, Review} <= verdicts and len(example.students) >= 12
    assert {one.reason for one in example.problems} == {
        "quote_not_closed",
        "commas_in_answer",
        "unknown_part",
        "unknown_exercise",
    }
    assert len(example.duplicates) == 1


def test_the_example_class_follows_through(example):
    follows = result(example, "027182818", "11.1/3")
    assert isinstance(follows.judgement.verdict, Follows) and follows.marks == follows.max


def test_spellings_earn_the_same(example):
    for student in ("012345678", "016180339", "דנה כהן", "024681012", "098765432"):
        right = [type(result(example, student, f"11.1/{part}").judgement.verdict) for part in PARTS[:-1]]
        assert right == [Right] * 6, student


def test_what_cannot_be_read_costs_nothing(example):
    (student,) = (one for one in example.students if one.student == "013579111")
    assert student.pending >= 5 and all(one.marks != 0 for one in student.results if one.judgement)


def test_every_problem_names_a_line_of_a_file(example):
    for problem in example.problems:
        assert isinstance(problem, Problem)
        assert Path(problem.source).is_file() and problem.line > 1


def test_ids_that_differ_in_zeros_alone_are_told():
    ids = ["12345678", "7", "012345678", "0", "00", "d0", "d"]
    rows = "".join(f"{one},11.1,2,48\n" for one in ids)
    found = grade(answers_csv.read(f"student,exercise,part,answer\n{rows}", "a.csv"), LIBRARY)
    assert [student.student for student in found.students] == ids
    assert [one.detail for one in found.problems if one.reason == "ids_alike"] == ["12345678, 012345678", "0, 00"]
