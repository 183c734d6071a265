"""Worksheets come back with marks and feedback and no other byte changed; exercises go out as questions."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from exercises.exercise import LANGUAGES
from exercises.library import Library, search_path
from grader.batch import grade
from grader.gradebooks import marks_json, nbgrader
from grader.gradebooks.cells import hundredths
from grader.gradebooks.lossless import cut, decoded
from grader.gradebooks.worksheets import Earned, Filled, Row, fill
from grader.judge import judge
from grader.results import Answer, Problem
from grader.verdict import Right, Slipped, marks
from reports.exports import exports
from reports.exports.questions import questions
from tirgul import cli, gradescope
from tirgul.course import Course, carried, course, unpacked

LIBRARY = Library(search_path(()))


def row(student: str, earned: int | None = 8, most: int = 10, said: str = "well done") -> Row:
    one = Earned(None if earned is None else Fraction(earned), Fraction(most), said)
    return Row(student, {"11.1": one, "": one})


# --- tables that can be written back


@given(st.text('a",;\t\r\n 1=', max_size=40), st.sampled_from(",;\t"))
def test_a_table_is_written_back_as_it_was(text, delimiter):
    table = cut(text, delimiter)
    assert table is None or table.text({}) == text


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe"]))
def test_bytes_are_written_back_as_they_were(data, mark):
    text = decoded(mark + data)
    assert text is None or text.encoded(text.text) == mark + data


ANY = st.characters(exclude_categories=())
WORD = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n\0'), max_size=12)
PERSON = st.tuples(st.integers(1, 10**6), WORD, st.integers(0, 10))


@given(
    st.lists(PERSON, min_size=1, max_size=5, unique_by=lambda one: one[0]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_only_cells_of_grades_and_feedback_change(people, delimiter, end, encoding):
    """The law of every worksheet: read again, all other cells are as before, and the bytes around them too."""
    names = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
    rows = [[f"Participant {number}", f'"{word}"', "", "100.00", "-", ""] for number, word, _ in people]
    text = end.join(delimiter.join(cells) for cells in [names, *rows]) + end
    filled = fill(text.encode(encoding), [row(str(number), earned) for number, _, earned in people])
    assert filled is not None and not filled.problems
    expected = [
        delimiter.join([*cells[:2], f"{10 * earned}.00", *cells[3:5], "well done"])
        for cells, (_, _, earned) in zip(rows, people, strict=True)
    ]
    assert filled.data == (end.join([delimiter.join(names), *expected]) + end).encode(encoding)
    again = fill(filled.data, [row(str(number), earned) for number, _, earned in people])
    assert again is not None and again.data == filled.data and again.changes == ()


SHEETS = [
    # source, filled with 8 of 10 for 012 or 601683, note
    (
        "Identifier,ID number,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\r\n"
        "Participant 601683,012,,100.00,Yes,-,\r\n",
        "Participant 601683,012,80.00,100.00,Yes,-,well done\r\n",
        "Moodle's worksheet",
    ),
    (
        "מספר מזהה;מצב;ציונים;ציון מירבי;הציון ניתן לשינוי;תאריך שינוי אחרון (ציון);הערות למשוב\n"
        "משתתף:601683;הוגש למתן ציון -  - ;;100,00;כן;-;\n",
        "משתתף:601683;הוגש למתן ציון -  - ;80,00;100,00;כן;-;well done\n",
        "as an Israeli site calls its columns, with a decimal comma",
    ),
    (
        "First name,Surname,ID number,Assignment: 11.1 (Real),Assignment: 11.1 (Feedback),Quiz: x (Real),"
        "Last downloaded from this course\nDana,C,012,-,,-,1700000000\n",
        "Dana,C,012,8.00,well done,-,1700000000\n",
        "Moodle's gradebook",
    ),
    (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 11.1 (1234),Exam (99),Final Score\r"
        "    Points Possible,,,,,20,100,(read only)\r\"Cohen, Dana\",5,012,dana,S1,,,77\r",
        '"Cohen, Dana",5,012,dana,S1,16.00,,77\r',
        "Canvas, lines ended as on an old Macintosh",
    ),
    (
        "First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,Submission Time,"
        "Lateness (H:M:S),View Count,Submission Count,1: 11.1 (20.0 pts)\r\n"
        "Dana,Cohen,012,d@x.org,,,20.0,Ungraded,7,2027-01-11 05:31:30 +0200,5:32:30,0,1,\r\n",
        "Dana,Cohen,012,d@x.org,,16.00,20.0,Ungraded,7,2027-01-11 05:31:30 +0200,5:32:30,0,1,\r\n",
        "Gradescope's scores",
    ),
    (
        "Name,SID,Email,Total Score,Max Points,Status,Submission ID,Submission Time,Lateness (H:M:S),View Count,"
        "Submission Count\nDana Cohen,,012,5.0,10.0,Graded,7,2027-01-11 05:31:30 +0200,00:00:00,0,1\n",
        "Dana Cohen,,012,8.00,10.0,Graded,7,2027-01-11 05:31:30 +0200,00:00:00,0,1\n",
        "… with one column of names, a student known by another id",
    ),
    ("student,11.1/2,grade,feedback\n012,48,,\n", "012,48,8.00,well done\n", "a table of one's own"),
    (
        "מזהה בקורס,ציון,ציון מרבי,קבוצה\r\nמשתתף 601683,,20,צוות 1\r\nמשתתף 601684,,20,צוות 1\r\n",
        "משתתף 601683,16.00,20,צוות 1\r\nמשתתף 601684,,20,צוות 1\r\n",
        "identifiers known by what stands in their column",
    ),
]


@pytest.mark.parametrize("source, filled, note", SHEETS, ids=[note for *_, note in SHEETS])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_worksheet_is_filled(source, filled, note, encoding):
    student = "601683" if "601683" in source else "012"
    done = fill(source.encode(encoding), [row(student)])
    assert done is not None and done.problems == ()
    text = done.data.decode(encoding)
    assert text.endswith(filled) and text.removesuffix(filled) == source[: len(text) - len(filled)]


@pytest.mark.parametrize(
    "wrote",
    [
        lambda xml: re.sub(r'<row r="\d+"', "<row", xml),
        lambda xml: re.sub(r'<c r="[A-Z]+\d+"', "<c", xml),
        lambda xml: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", xml).replace("xmlns=", "xmlns:x="),
    ],
    ids=["rows without numbers", "cells without names", "tags with a prefix"],
)
def test_a_spreadsheet_that_is_written_in_another_way_is_left_as_it_is(wrote):
    book, data = Workbook(), io.BytesIO()
    for cells in (("student", "grade"), ("012", None)):
        book.active.append(cells)
    book.save(data)
    other = io.BytesIO()
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            said = old.read(name)
            new.writestr(name, wrote(said.decode()).encode() if name.endswith("sheet1.xml") else said)
    done = fill(other.getvalue(), [row("012")], "g.xlsx")
    assert done == Filled(other.getvalue(), (), (Problem("g.xlsx", 0, "workbook_unfilled"),))
    usual = fill(data.getvalue(), [row("012")])
    assert usual is not None and usual.changes


def test_every_column_of_a_worksheet_is_named_by_hand():
    source = b"No.,Mark,Out of\nParticipant 7,,20\n"
    assert fill(source, [row("7")]) is None
    done = fill(source, [row("7")], columns={"identifier": "no.", "grade": "MARK", "max": "Out of"})
    assert done is not None and done.data.endswith(b"Participant 7,16.00,20\n")


@pytest.mark.parametrize("said", ["EX", "N/A"])
def test_who_is_excused_in_canvas_stays_excused(said):
    source = f"Student,ID,Section,A (1)\nDana,012,S,{said}\n".encode()
    done = fill(source, [row("012")])
    assert done is not None and done.data == source and [one.reason for one in done.problems] == ["grade_locked"]


def test_a_column_is_named_by_hand():
    source = b"Student,ID,Section,A (1),B (2)\nDana,012,S,,\n"
    unclear = fill(source, [row("012")])
    assert unclear is not None and unclear.data == source
    assert [one.reason for one in unclear.problems] == ["which_column"]
    done = fill(source, [row("012")], columns={"grade": "B (2)"})
    assert done is not None and done.data.endswith(b"Dana,012,S,,8.00\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(ANY),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(ANY), inner) | st.tuples(inner, inner),
)


@given(st.dictionaries(st.text(ANY), JSON))
def test_a_document_is_what_json_makes_of_it(data):
    """Python's own writer, what turns text around escaped."""
    plain = json.dumps(data, ensure_ascii=False, indent=1)
    turning = [*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0x61C, 0xFEFF]
    escaped = {one: f"\\u{one:04x}" for one in (*turning, *range(0xD800, 0xE000))}
    assert marks_json.dumped(data) == plain.translate(escaped) + "\n"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_no_document_holds_what_json_has_not(number):
    with pytest.raises(ValueError, match="JSON"):
        marks_json.dumped({"x": [number]})


@given(st.fractions() | st.integers() | st.integers(-(10**6), 10**6).map(lambda n: Fraction(n, 200)))
def test_marks_are_rounded_to_hundredths(mark):
    assert hundredths(mark) == round(mark * 100)


HEAD = "Identifier,ID number,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\n"
TROUBLE = [
    ("Participant 1,012,,10,No,-,\n", [row("012")], "grade_locked"),
    ("Participant 1,012,,10,Yes,-,\nParticipant 2,012,,10,Yes,-,\n", [row("012")], "student_twice"),
    ("Participant 1,012,,10,Yes,-,\n", [row("012"), row("1")], "two_students"),
    ("Participant 1,012,,10,Yes,-,\n", [row("012"), row("77")], "not_in_worksheet"),
    ("Participant 1,012,,10,Yes,-,\n", [row("012", None)], "grade_waits"),
    ('Participant 1,012,,10,"Yes,-,\nParticipant 2,013,,10,Yes,-,\n', [row("013")], "worksheet_broken"),
]


@pytest.mark.parametrize("body, rows, reason", TROUBLE, ids=[one[2] for one in TROUBLE])
def test_trouble_is_named(body, rows, reason):
    done = fill((HEAD + body).encode(), rows)
    if reason == "worksheet_broken":
        assert done is not None and [one.reason for one in done.problems] == [reason]
        assert done.data == (HEAD + body).encode()
        return
    assert done is not None and reason in [one.reason for one in done.problems]
    grades = [cells[2] for cells in csv.reader(io.StringIO(done.data.decode()))][1:]
    assert reason == "student_twice" or reason == "not_in_worksheet" or grades == [""]


@pytest.mark.parametrize("said", ["=HYPERLINK(1)", "+1", "-5 and so", "@x", "\t=1", "\u200f=1"])
def test_feedback_is_no_formula(said):
    done = fill((HEAD + "Participant 1,012,,10,Yes,-,\n").encode(), [row("012", said=said)])
    assert done is not None
    (cells,) = [*csv.reader(io.StringIO(done.data.decode()))][1:]
    assert cells[6].startswith("'") and cells[2] == "8.00"


def test_a_spreadsheet_is_filled_and_nothing_else_in_it_changes():
    book = Workbook()
    sheet = book.active
    sheet.append(["תעודת זהות", "שם", "ציון", "משוב"])
    sheet.append(["012", "דנה & <b>", None, None])
    sheet.append(["013", "נועה", 3, "old"])
    sheet["C3"].number_format = "0.00"
    book.create_sheet("second")["A1"] = "kept"
    data = io.BytesIO()
    book.save(data)
    done = fill(data.getvalue(), [row("012"), row("013", 7, said="=1+1 & <x>")])
    assert done is not None and done.problems == () and len(done.changes) == 4
    after = load_workbook(io.BytesIO(done.data))
    assert [[cell.value for cell in line] for line in after.worksheets[0].iter_rows(min_row=2)] == [
        ["012", "דנה & <b>", 8, "well done"],
        ["013", "נועה", 7, "'=1+1 & <x>"],
    ]
    assert after.worksheets[0]["C3"].number_format == "0.00"
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(io.BytesIO(done.data)) as new:
        same = [name for name in old.namelist() if old.read(name) == new.read(name)]
        assert set(old.namelist()) - set(same) == {"xl/worksheets/sheet1.xml"} and old.namelist() == new.namelist()


# --- the command


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    monkeypatch.setenv("TIRGUL_LANG", "en")
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "grades.csv").write_bytes((HEAD + "Participant 7,012,,100,Yes,-,\n").encode("utf-8-sig"))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        text = "<p>11.1/1a: 10x10x3</p><p>11.1/2: 51</p>"
        archive.writestr("Dana_7_assignsubmission_onlinetext/onlinetext.html", text)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_grade_returns_the_worksheet(inbox, tmp_path, capsys, language):
    before = (inbox / "grades.csv").read_bytes()
    assert cli.run(["grade", str(inbox), "--out", str(tmp_path / "out"), "--dry-run", "--lang", language]) == 0
    out = capsys.readouterr().out
    assert "'' -> '15.00'" in out and not (tmp_path / "out").exists()
    assert cli.run(["grade", str(inbox), "--out", str(tmp_path / "out"), "--to", "nbgrader", "--lang", language]) == 0
    after = (tmp_path / "out/worksheets/grades.csv").read_text(encoding="utf-8-sig")
    (cells,) = [*csv.reader(io.StringIO(after))][1:]
    assert cells[:6] == ["Participant 7", "012", "15.00", "100", "Yes", "-"] and "11.1/2 (0.50/1.00)" in cells[6]
    assert (inbox / "grades.csv").read_bytes() == before
    assert "11.1,,,7,,,,1.50,0.00,1.50,10.00" in (tmp_path / "out/nbgrader.csv").read_text()


def test_a_dry_run_as_data(inbox, tmp_path, capsys):
    assert cli.run(["grade", str(inbox), "--out", str(tmp_path / "out"), "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["worksheets"][0]["changes"][0] | {"old": "", "new": "15.00"} == said["worksheets"][0]["changes"][0]


def test_a_map_that_is_none(inbox, tmp_path, capsys):
    assert cli.run(["grade", str(inbox), "--out", str(tmp_path / "out"), "--map", "grade"]) == 2
    assert "grade" in capsys.readouterr().err


def test_nbgrader_has_every_student_and_exercise():
    result = grade([Answer("012", "11.1", "2", "48"), Answer("013", "11.2", "1", "7x7")], LIBRARY)
    rows = list(csv.DictReader(io.StringIO(nbgrader.write(result).decode())))
    assert [(one["assignment"], one["student_id"]) for one in rows] == [
        (exercise, student) for exercise in ("11.1", "11.2") for student in ("012", "013")
    ]


# --- exercises out

BANK = ("11.1", "11.2", "11.3", "conv1d")


@pytest.fixture(scope="module")
def asked():
    return list(questions([LIBRARY.instance(name) for name in BANK], LANGUAGES))


def test_our_grader_says_of_every_question_what_the_question_says(asked):
    """An answer that a question takes is right, and a branch earns its share, before a grader that knows neither."""
    for question in asked:
        for said in question.answers:
            assert isinstance(judge(question.instance, question.part.id, said).verdict, Right), (question.name, said)
        for branch in question.branches:
            for said in branch.answers[:2]:
                verdict = judge(question.instance, question.part.id, said).verdict
                assert isinstance(verdict, Slipped), (question.name, said)
                assert marks(verdict, question.part) == branch.share * question.part.marks
    assert sum(len(question.branches) for question in asked) > 20


@pytest.mark.parametrize("name", exports())
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_is_the_same_twice(name, language):
    instances = [LIBRARY.instance("11.1")]
    first, second = (exports()[name].write(instances, [language]) for _ in range(2))
    assert first == second


def test_moodle_xml_has_a_tree_of_slips():
    instances = [LIBRARY.instance(name) for name in ("11.1", "11.2")]
    quiz = ElementTree.fromstring(exports()["moodle-xml"].write(instances, LANGUAGES))
    by_name = {one.findtext("name/text"): one for one in quiz if one.get("type") != "category"}
    kinds = {name: one.get("type") for name, one in by_name.items()}
    assert kinds["11.1/1a"] == "shortanswer" and kinds["11.1/2"] == "stack" and kinds["11.1/5"] == "multichoice"
    nodes = by_name["11.2/2"].findall("prt/node")
    assert nodes[0].findtext("tans") == "ta1" and len(nodes) > 1
    assert [one.findtext("falsenextnode") for one in nodes] == [*map(str, range(1, len(nodes))), "-1"]
    assert by_name["11.2/2"].findtext("input/allowwords") in ("K, L", "L, K")
    assert len(by_name["11.2/2"].findall("qtest")) == len(nodes)
    assert "\\(" in str(by_name["11.1/2"].findtext("questiontext/text"))


def test_qti_is_a_package_of_items():
    with zipfile.ZipFile(io.BytesIO(exports()["qti"].write([LIBRARY.instance("11.1")], LANGUAGES))) as package:
        manifest = ElementTree.fromstring(package.read("imsmanifest.xml"))
        named = [one.get("href") for one in manifest.iter() if one.tag.endswith("}resource")]
        assert [*package.namelist()] == ["imsmanifest.xml", *named]
        for name in named:
            item = ElementTree.fromstring(package.read(str(name)))
            declared = {one.get("identifier") for one in item if one.tag.endswith("declaration")}
            used = {one.get("response-identifier") for one in item.iter() if one.get("response-identifier")}
            assert item.tag.endswith("}qti-assessment-item") and used == {"RESPONSE"} and declared >= used
            shown = {one.get("identifier") for one in item if one.tag.endswith("modal-feedback")}
            values = (one for one in item.iter() if one.tag.endswith("set-outcome-value"))
            told = {one[0].text for one in values if one.get("identifier") == "FEEDBACK"}
            assert shown == told


def test_the_gradescope_archive_grades_what_it_is_given(tmp_path):
    data = gradescope.harness([LIBRARY.instance("11.1")], LANGUAGES)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        modes = {name: archive.getinfo(name).external_attr >> 16 & 0o111 for name in ("setup.sh", "run_autograder")}
        settings = archive.read("settings.json")
    assert {"solver/derivation.py", "reports/catalogs/he.po", "tirgul/gradescope.py"} <= set(names)
    assert all(modes.values()) and not any("__pycache__" in name for name in names)
    for folder in ("source", "submission", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "source/settings.json").write_bytes(settings)
    (tmp_path / "submission/mine.txt").write_text("student: 1\n11.1/1a: 10x10x3\n11.1/2: 51\n11.1/6: because\n")
    gradescope.main(tmp_path)
    said = json.loads((tmp_path / "results/results.json").read_text(encoding="utf-8"))
    tests = {one["name"]: one for one in said["tests"]}
    assert [tests[f"11.1/{part}"]["score"] for part in ("1a", "1b", "2")] == [1, 0, 0.5]
    assert len(tests) == 7 and "status" not in tests["11.1/6"] and said["extra_data"]["pending"] == 1
    assert "48" not in json.dumps(said)


COURSE = """\
store = "postgresql://me:secret@example.org/db"
lang = "he"
[marks]
"11.1/2" = 2.5
[late]
due = 2027-01-10T23:59:00
per_day = 10
grace = 15
zone = "Asia/Jerusalem"
[late.exercises]
"11.2" = 2027-02-01T12:00:00Z
[late.extra_days]
"012345678" = 2
"""


def test_what_marks_rest_on_is_carried_to_another_machine(tmp_path):
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    here = course(str(tmp_path))
    data = json.dumps(carried(here))
    there = unpacked(json.loads(data))
    assert here.late is not None and there.late is not None and "secret" not in data
    assert (there.marks, there.decimal, there.late.extra) == (here.marks, here.decimal, here.late.extra)
    assert there.late.due == datetime(2027, 1, 10, 21, 59, tzinfo=UTC)
    for handed in (datetime(2027, 1, 10, 22, minute, tzinfo=UTC) for minute in range(0, 60, 7)):
        for student in ("1", "012345678"):
            for exercise in ("11.1", "11.2"):
                assert there.late.days(student, exercise, handed) == here.late.days(student, exercise, handed)
    assert unpacked(json.loads(json.dumps(carried(Course())))) == Course()


@pytest.mark.parametrize(
    "created, sid, score, note",
    [
        ("2027-01-10T23:50:11.365935+02:00", "7", 2.5, ""),
        ("2027-01-11T01:50:11.365935-07:00", "7", 2.25, "Handed in late"),
        ("2027-01-11T01:50:11.365935-07:00", "012345678", 2.5, ""),
        (None, "7", 2.5, "nothing was taken off"),
    ],
)
def test_the_gradescope_archive_knows_what_late_costs(tmp_path, capsys, created, sid, score, note):
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    words = ["export", "gradescope", "11.1", "--course", tmp_path / "course.toml", "--out", tmp_path / "a.zip"]
    assert cli.run([*map(str, words), "--lang", "en"]) == 0, capsys.readouterr()
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        file.extract("settings.json", tmp_path / "source")
    users = [{"email": "d@x.org", "id": 1, "name": "Dana", "sid": "1"}, {"email": "n@x.org", "id": 2, "sid": sid}]
    metadata = {"id": 7, "created_at": created, "users": users, "previous_submissions": []}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "mine.txt").write_text("11.1/2: 48\n", encoding="utf-8")
    forged = "student,Last modified (submission),Identifier,Grade\nsubmission,2020-01-01 00:00,submission,\n"
    (tmp_path / "submission" / "grades.csv").write_text(forged, encoding="utf-8")
    gradescope.main(tmp_path)
    said = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    (one,) = [test for test in said["tests"] if test["name"] == "11.1/2"]
    assert (one["score"], one["max_score"]) == (score, 2.5)
    assert note in one["output"] + said["output"]
    assert ("Handed in late" in one["output"]) is (score < 2.5)


def test_the_gradescope_archive_runs_by_itself(tmp_path):
    with zipfile.ZipFile(io.BytesIO(gradescope.harness([LIBRARY.instance("11.2")], ["he"]))) as archive:
        archive.extractall(tmp_path / "source")
    for folder in ("submission", "results", "venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "submission" / "a.txt").write_text("11.2/1: 7x7\n11.2/2: ?\n", encoding="utf-8")
    script = (tmp_path / "source" / "run_autograder").read_text(encoding="utf-8").replace("/autograder", str(tmp_path))
    run = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.defpath})
    assert run.returncode == 0, run.stderr
    said = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["score"]) for one in said["tests"]] == [("11.2/1", 1), ("11.2/2", 0)]
    assert said["extra_data"]["pending"] == 1


def test_an_export_is_written(tmp_path, capsys):
    out = tmp_path / "q.xml"
    assert cli.run(["export", "moodle-xml", "11.1", "--out", str(out), "--lang", "he"]) == 0
    assert ElementTree.parse(out).getroot().tag == "quiz" and Path(out).name in capsys.readouterr().out
    assert cli.run(["export", "word", "11.1"]) == 2


def test_a_class_without_a_table_to_be_filled_in_costs_no_remarks(run, tmp_path, monkeypatch):
    from tirgul import gradebooks

    asked = []

    def said(*about):
        asked.append(about)
        return "said"

    monkeypatch.setattr(gradebooks, "feedback", said)
    answers, worksheet = tmp_path / "answers.csv", tmp_path / "grades.csv"
    answers.write_text("student,exercise,part,answer\n012,11.1,2,48\n", encoding="utf-8")
    assert run("grade", answers, "--no-pages", "--out", tmp_path / "out")[0] == 0
    assert asked == []
    worksheet.write_text(HEAD + "Participant 1,012,,10,Yes,-,\n", encoding="utf-8")
    run("grade", answers, worksheet, "--no-pages", "--out", tmp_path / "out")
    assert asked
