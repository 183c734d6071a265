"""What course sites export is read: whose each answer is and where it belongs; what is broken costs nobody else."""

import io
import json
import stat
import zipfile
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from exercises.library import Library, search_path
from grader.batch import grade
from grader.lateness import Late
from grader.results import Answer, Problem
from grader.submissions import Wanted, formats, submissions
from grader.submissions.owners import each
from reports.words import words

SHEET = "<!-- tirgul sheet: 11.1 -->\n**Student:** {}\n\n## 11.1/1a\n**Answer:** 10x10x3\n\n## 11.1/2\n**Answer:** 48\n"


def found(path: Path, **wanted: object) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """Whose answers were read, their places and texts; and the files and reasons of problems."""
    got = list(submissions([path], wanted=Wanted(**wanted)))  # type: ignore[arg-type]  # as a test spells it
    said = [one for one in got if isinstance(one, Answer) and one.state != "handed"]
    answers = [(one.student, f"{one.exercise}/{one.part}", one.text) for one in said]
    problems = [(Path(one.source).name, one.reason) for one in got if isinstance(one, Problem)]
    return [one for one in answers if one[2]], problems


def archive(path: Path, members: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- tables by student

TABLES = [
    # text, answers, problems
    ("student,11.1/1a,11.1/2\n012,10x10x3,48", [("012", "11.1/1a", "10x10x3"), ("012", "11.1/2", "48")], []),
    ("תעודת זהות;11.1/2\r\n012;48\r\n", [("012", "11.1/2", "48")], []),
    ("ID number\t11.1/2 How many?\r012\t48\r", [("012", "11.1/2", "48")], []),
    (
        "student,11.1/2\n012,48\n013,2026-01-11\n",
        [("012", "11.1/2", "48"), ("013", "11.1/2", "2026-01-11")],
        ["date_cell"],
    ),
    ("student,11.1/2,11.01.2026\n012,48,5\n", [("012", "11.1/2", "48")], ["date_column"]),
    (
        'student,11.1/2\n012,"48\n013,49\n014,50\n',
        [("013", "11.1/2", "49"), ("014", "11.1/2", "50")],
        ["quote_not_closed"],
    ),
    ("student,partner,11.1/2\n012,013,48\n", [("012", "11.1/2", "48"), ("013", "11.1/2", "48")], []),
    (
        'Timestamp,Email Address,"11.1/2 How many\nweights?"\n2026/09/27 3:00:00 PM GMT+3,a@x.org,51\n'
        "2026/09/27 3:05:00 PM GMT+3,a@x.org,48\n",
        [("a@x.org", "11.1/2", "51"), ("a@x.org", "11.1/2", "48")],
        [],
    ),
    ("חותמת זמן,תעודת זהות (9 ספרות),11.1/2: כמה?\n27.9.2026,012345678,48", [("012345678", "11.1/2", "48")], []),
    (
        'Surname,ID number,State,Question 1,Response 1\nCohen,012,Finished,"11.1/2: how many?",48\n'
        "Overall average,,,,\n",
        [("012", "11.1/2", "48")],
        [],
    ),
    (
        "שם משפחה,מספר זהות,שאלה 1,תגובה 1\nכהן,012,11.1/2,Seed: 5; ans1: 48 [score]; prt1: # = 1 | prt1-1-T\n",
        [("012", "11.1/2", "48")],
        [],
    ),
    ("ID number,Response 1\n012,48\n", [], ["no_place"]),
    (  # a form that collects addresses and asks for the id
        'חותמת זמן,כתובת אימייל,תעודת זהות (9 ספרות),11.1/2\n2026/11/27 3:00:00 PM GMT+2,d@x.il,012,48\n',
        [("012", "11.1/2", "48")],
        [],
    ),
    ("student,exercise,part,answer\n012,11.1,2,2026-02-01\n", [("012", "11.1/2", "2026-02-01")], ["date_cell"]),
    ("student,exercise,part,answer\n012,11.1,1-Feb,48\n", [("012", "11.1/", "48")], ["date_place"]),
    ("student,exercise,part,answer\n012,11-Jan,2,48\n", [("012", "/", "48")], ["date_place"]),
]


@pytest.mark.parametrize("text, answers, reasons", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read(tmp_path, text, answers, reasons, encoding):
    got = found(written(tmp_path, "table.csv", text.encode(encoding)))
    assert (got[0], [reason for _, reason in got[1]]) == (answers, reasons)


def test_a_table_in_the_code_page_of_windows(tmp_path):
    path = written(tmp_path, "t.csv", "תעודת זהות;שם מלא;11.1/2\r\n012;דנה כהן;48\r\n".encode("cp1255"))
    assert found(path) == ([("012", "11.1/2", "48")], [])


def test_columns_are_named_by_hand(tmp_path):
    path = written(tmp_path, "t.csv", "no.,Response 1\n012,48\n")
    assert found(path)[0] == []
    assert found(path, columns={"student": "no.", "11.1/2": "Response 1"})[0] == [("012", "11.1/2", "48")]


def test_a_column_named_by_hand_that_no_table_has_is_told(tmp_path):
    path = written(tmp_path, "t.csv", "student,Response_1 \n012,48\n")
    assert found(path, columns={"11.1/2": "response 1"}) == ([("012", "11.1/2", "48")], [])
    assert ("--map", "no_such_column") in found(path, columns={"11.1/2": "response 2"})[1]


def test_a_format_is_forced(tmp_path):
    path = written(tmp_path, "t.txt", "so\n11.1/2: 48\nstudent: 012\n")
    assert found(path)[1] == [("t.txt", "file_type")]
    assert found(path, format="answer-lines")[0] == [("012", "11.1/2", "48")]


def test_a_python_file_says_which_part_it_answers_and_its_name_whose_it_is(tmp_path):
    code = "import torch\n\n# train/val: split\nclass LeNet5: ...\n"
    path = written(tmp_path, "012345678.py", f"# lenet5/code:\n{code}")
    assert found(path) == ([("012345678", "lenet5/code", code.strip())], [])


def test_a_file_of_lines_is_nobodys_where_its_name_is_no_id(tmp_path):
    assert found(written(tmp_path, "012345678.txt", "11.1/2: 48\n"))[0] == [("012345678", "11.1/2", "48")]
    assert found(written(tmp_path, "11.1.txt", "11.1/2: 48\n")) == ([], [("11.1.txt", "no_student")])
    named = written(tmp_path, "99999.txt", "student: 012345678\n11.1/2: 48\n")
    assert found(named)[0] == [("012345678", "11.1/2", "48")]


def test_a_spreadsheet_keeps_ids_and_tells_of_dates(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.sheet_view.rightToLeft = True
    sheet.append(["תעודת זהות", "11.1/1a", "11.1/2"])
    sheet.append(["012345678", "10x10x3", 48])
    sheet.append([12345679, "10x10x3", 48.0])
    sheet["A3"].number_format = "000000000"
    sheet.append(["055", "10x10x3", None])
    from datetime import datetime

    sheet["C4"] = datetime(2026, 2, 1)
    book.save(tmp_path / "t.xlsx")
    answers, problems = found(tmp_path / "t.xlsx")
    assert answers[:4] == [
        ("012345678", "11.1/1a", "10x10x3"),
        ("012345678", "11.1/2", "48"),
        ("012345679", "11.1/1a", "10x10x3"),
        ("012345679", "11.1/2", "48"),
    ]
    assert problems == [("t.xlsx", "date_cell")]


@given(
    st.lists(
        st.tuples(st.from_regex(r"[0-9]{3,9}", fullmatch=True), st.text("0123456789x(),+*/ ", min_size=1, max_size=12)),
        min_size=1,
        max_size=6,
        unique_by=lambda row: row[0],
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["\r\n", "\n", "\r"]),
)
def test_every_row_of_a_table_is_read(rows, delimiter, end):
    lines = [f"student{delimiter}11.1/2", *(f'{student}{delimiter}"{text}"' for student, text in rows)]
    got = formats()["students-table"].read(end.join(lines), "t.csv")
    kept = [(one.student, one.text) for one in got if isinstance(one, Answer) and one.state != "handed"]
    assert kept == [(student, text if text.strip() else "") for student, text in rows]


# --- JSON lines and notebooks


def test_json_lines_keep_numbers_as_typed(tmp_path):
    lines = ['{"student": "012", "exercise": "11.1", "part": "2", "answer": 48.0}', '{"student": "013"', "[1]"]
    lines += ['{"student": "014", "student": "015", "exercise": "11.1/2", "answer": "1"}']
    lines += ['{"student": "016", "exercise": "11.1/2", "answer": "7"}', '{"student":' * 3000]
    answers, problems = found(written(tmp_path, "a.jsonl", "\n".join(lines)))
    assert answers == [("012", "11.1/2", "48.0"), ("013", "/", lines[1]), ("016", "11.1/2", "7")]
    assert [reason for _, reason in problems] == ["bad_json", "bad_json", "key_twice", "bad_json"]


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_answer_cells_of_a_notebook(tmp_path):
    text = notebook(
        {"cell_type": "markdown", "metadata": {}, "source": ["## 11.1/1a\n"]},
        {"cell_type": "markdown", "metadata": {}, "source": ["**Answer:** 10x10x3"]},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "11_1-2", "solution": True}}, "source": "48"},
        {"cell_type": "code", "metadata": {"tags": ["tirgul:11.1/3"]}, "source": "348", "outputs": [{"data": "x"}]},
        {"cell_type": "code", "metadata": {}, "source": "%%tirgul 11.1/4\n5175"},
        {"cell_type": "code", "metadata": {}, "source": "import os"},
    )
    answers, problems = found(written(tmp_path, "submitted/012345678/hw/ex.ipynb", text).parents[3])
    assert problems == []
    said = [("1a", "10x10x3"), ("2", "48"), ("3", "348"), ("4", "5175")]
    assert answers == [("012345678", f"11.1/{part}", text) for part, text in said]


def cell(source: str, name: str, kind: str = "code") -> dict[str, object]:
    """A cell for an answer, as nbgrader makes it."""
    return {"cell_type": kind, "metadata": {"nbgrader": {"grade_id": name, "solution": True}}, "source": source}


def test_what_nbgrader_put_into_a_cell_is_no_answer(tmp_path):
    stub, told = "# YOUR CODE HERE\nraise NotImplementedError()", "# weights\n\n# of the layer\n48  # no biases"
    cells = [cell(stub, "11_1-1a"), cell("YOUR ANSWER HERE", "11_1-1b", "markdown"), cell(told, "11_1-2")]
    cells += [cell(f"{stub.splitlines()[0]}\n348", "11_1-3"), cell("# 5175", "11_1-4")]
    got = [one for one in submissions([written(tmp_path, "012.ipynb", notebook(*cells))]) if isinstance(one, Answer)]
    assert [(one.part, one.text, one.state) for one in got] == [
        ("1a", "", "read"),
        ("1b", "", "read"),
        ("2", "48  # no biases", "read"),
        ("3", "348", "read"),
        ("4", "# 5175", "read"),
    ]


def test_a_notebook_that_is_no_notebook(tmp_path):
    deep = '{"nbformat": 4, "cells": [' + "[" * 100_000
    assert found(written(tmp_path, "a.ipynb", deep)) == ([], [("a.ipynb", "bad_notebook")])
    assert found(written(tmp_path, "a.ipynb", notebook()))[1] == [("a.ipynb", "no_cells")]


# --- archives


def test_a_moodle_archive_in_every_form(tmp_path):
    path = archive(
        tmp_path / "CNN-ex-12.zip",
        {
            "Dana Cohen_601683_assignsubmission_file/11.1.md": SHEET.format("999"),
            "Noa Levi_601684_assignsubmission_file_/11.1.md": SHEET.format(""),
            "Avi Mor_601685_assignsubmission_file_my sheet.md": SHEET.format("דנה"),
            "Participant_601686_assignsubmission_onlinetext/onlinetext.html": "<p>11.1/1a: 10x10x3<br>11.1/2: 48",
            "__MACOSX/._x": "x",
        },
    )
    answers, problems = found(path)
    assert problems == []
    assert {student for student, _, _ in answers} == {"601683", "601684", "601685", "601686"}
    assert all([text for one, _, text in answers if one == student] == ["10x10x3", "48"] for student, *_ in answers)


def test_a_group_hands_in_once(tmp_path):
    archive(tmp_path / "a.zip", {"Group A_17_assignsubmission_file/11.1.md": SHEET.format("")})
    text = "Identifier,Full name,Group,Grade,Maximum Grade,Last modified (grade)\nParticipant 601683,D,Group A,,10,-\n"
    written(tmp_path, "grades.csv", text + "Participant 601684,N,Group A,,10,-\nParticipant 601685,A,Group B,,10,-\n")
    answers, _ = found(tmp_path)
    assert {student for student, _, _ in answers} == {"601683", "601684"}


@pytest.mark.parametrize(
    "text",
    [
        "student,11.1/1a,11.1/2\n012,,48\n013,,\n",
        "Surname,ID number,Question 1,Response 1\nCohen,012,11.1/2,48\nLevi,013,11.1/2,-\nOverall average,,,\n",
        "Timestamp,Student ID,11.1/2\n27.9.2026 10:00,012,48\n27.9.2026 10:00,013,\n",
    ],
)
def test_who_answered_nothing_is_in_the_class(tmp_path, text):
    result = grade(submissions([written(tmp_path, "t.csv", text)]), Library(search_path(())))
    assert [(one.student, int(one.total)) for one in result.students] == [("012", 1), ("013", 0)]
    assert not result.problems


def test_when_a_quiz_was_handed_in(tmp_path):
    text = "שם משפחה,מספר זהות,הושלם,שאלה 1,תשובה 1\nכהן,012,28 נובמבר 2026  04:37,11.1/2,48\n"
    got = [one for one in submissions([written(tmp_path, "t.csv", text)]) if isinstance(one, Answer)]
    assert [(one.text, one.state) for one in got] == [("28 נובמבר 2026  04:37", "handed"), ("48", "read")]


@pytest.mark.parametrize("word", ["", "שאלה ", "Exercise ", "**תרגיל "])
def test_a_line_may_say_that_its_part_is_a_question(tmp_path, word):
    assert found(written(tmp_path, "a.txt", f"student: 012\n{word}11.1/2: 48"))[0] == [("012", "11.1/2", "48")]


@pytest.mark.parametrize("kind", ["csv", "zip", "xlsx", "txt"])
def test_when_a_form_was_sent_is_read_wherever_its_table_stands(tmp_path, kind):
    rows = [["Timestamp", "Student ID (9 digits)", "11.1/2"], ["2026/11/27 3:00:00 PM GMT+2", "012", "48"]]
    text = "\n".join(map(",".join, rows))
    if kind == "zip":  # as Google hands it out
        path = archive(tmp_path / "form.csv.zip", {"form.csv": text})
    elif kind == "xlsx":
        path, book = tmp_path / "form.xlsx", Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        path = written(tmp_path, f"form.{kind}", text)
    handed = [one for one in submissions([path]) if isinstance(one, Answer) and one.state == "handed"]
    assert [(one.student, one.text) for one in handed] == [("012", rows[1][0])]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"%PDF-1.7\n\xe2\xe3", "pdf"),
        (b"\x89PNG\r\n\x1a\n\0", "picture"),
        (b"\0\0\0\x18ftypheic\0", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"),
        (b"Rar!\x1a\x07\0", "other_archive"),
        (b"PK\x05\x06" + bytes(18), "empty_file"),
        (b"MZ\x90\0\3\0", "binary"),
        ("שלום, מצורף התרגיל".encode(), "file_type"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_no_text_is_called_by_its_kind(tmp_path, data, reason, inside):
    packed = {"S_1_assignsubmission_file/f": data}
    answers, problems = found(archive(tmp_path / "a.zip", packed) if inside else written(tmp_path, "f", data))
    assert not answers and problems == [("f", reason)]


def test_an_archive_in_which_nothing_is_to_be_read(tmp_path):
    assert found(archive(tmp_path / "a.zip", {"__MACOSX/._a": "x"}))[1] == [("a.zip", "empty_file")]


def test_nobody_hands_in_for_somebody_else(tmp_path):
    table = "student,exercise,part,answer\n601684,11.1,2,48\n"
    path = archive(tmp_path / "a.zip", {"Dana_601683_assignsubmission_file/answers.csv": table})
    assert found(path)[0] == [("601683", "11.1/2", "48")]


def test_a_gradescope_archive(tmp_path):
    metadata = (
        "submission_7:\n  :submitters:\n  - :name: \"Dana: Cohen\"\n    :sid: '012345678'\n    :email: d@x.org\n"
        "  - :name: Noa\n    :sid: '098765432'\n  :created_at: 2026-01-01\n  :results:\n    :name: forged\n"
        "submission_8:\n  :submitters:\n  - :name: Avi\n    :sid: '055'\n  :status: processed\n"
    )
    path = archive(
        tmp_path / "assignment_1_export.zip",
        {
            "assignment_1_export/submission_metadata.yml": metadata,
            "assignment_1_export/submission_7/11.1.md": SHEET.format("x"),
            "assignment_1_export/submission_8/11.1.md": SHEET.format("y"),
        },
    )
    answers, problems = found(path)
    assert problems == [] and [student for student, *_ in answers] == ["012345678", "098765432"] * 2 + ["055", "055"]


METADATA = """\
submission_7:
  :submitters:
  - :name: "Dana: Cohen"
    :sid: '012345678'
    :email: d@x.org
  - :name: Noa Levi
    :email: noa@x.org
  :created_at: 2027-01-11 03:31:30.123456000 Z
  :score: 10.0
  :status: processed
  :results:
    :execution_time: 4
    :created_at: 2020-01-01 00:00:00.000000000 Z
  :history:
  - :id: 6
    :created_at: 2027-01-09 03:31:30.123456000 Z
  - :created_at: 2027-01-08 03:31:30.123456000 Z
    :score: 3.0
submission_8:
  :submitters:
  - :name: |-
      Avi
        :created_at: 1999-01-01 00:00:00 Z
    :sid: '055'
  :created_at: 2027-01-10 23:00:00.000000000 +02:00
submission_9:
  :submitters:
  - :name: Ron
    :sid: '077'
"""


@pytest.mark.parametrize("packed", [True, False])
def test_gradescope_says_when_somebody_handed_in(tmp_path, packed):
    files: dict[str, bytes | str] = {
        "assignment_1_export/submission_metadata.yml": METADATA,
        "assignment_1_export/submission_7/11.1.md": SHEET.format("x"),
        "assignment_1_export/submission_8/11.1.md": SHEET.format("x"),
    }
    for name, data in ({} if packed else files).items():
        written(tmp_path, name, data)
    if packed:
        archive(tmp_path / "export.zip", files)
    got = list(submissions([tmp_path]))
    handed = {one.student: one.text for one in got if isinstance(one, Answer) and one.state == "handed"}
    assert handed == {
        "012345678": "2027-01-11 03:31:30.123456000 Z",
        "noa@x.org": "2027-01-11 03:31:30.123456000 Z",
        "055": "2027-01-10 23:00:00.000000000 +02:00",
    }
    assert not any(isinstance(one, Problem) for one in got)
    assert {one.student for one in got if isinstance(one, Answer)} == set(handed)
    rules = Late(datetime(2027, 1, 10, 23, 59), per_day=Fraction(1, 10), zone=ZoneInfo("Asia/Jerusalem"))
    graded = grade(got, Library(search_path()), late=rules)
    assert [(one.student, one.total) for one in graded.students] == [
        ("012345678", Fraction(9, 5)), ("noa@x.org", Fraction(9, 5)), ("055", Fraction(2)),
    ]  # fmt: skip


SCORES = (
    "First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,Submission Time,"
    "Lateness (H:M:S),View Count,Submission Count,1: 11.1/1a (1.0 pts),2: 11.1/2 (1.0 pts)\n"
    "Dana,Cohen,012345678,d@x.org,,1.0,2.0,Graded,7,2027-01-11 05:31:30 +0200,5:32:30,0,1,1.0,0.0\n"
    "Ron,Gal,077,r@x.org,,,2.0,Missing,,,,,,,\n"
)


def test_scores_of_gradescope_are_no_answers_and_say_when(tmp_path):
    written(tmp_path, "scores.csv", SCORES)
    written(tmp_path, "a.csv", "student,exercise,part,answer\n012345678,11.1,2,48\n")
    answers, problems = found(tmp_path)
    assert (answers, problems) == ([("012345678", "11.1/2", "48")], [])
    handed = [one for one in submissions([tmp_path]) if isinstance(one, Answer) and one.state == "handed"]
    assert {(one.student, one.text) for one in handed} == {
        ("012345678", "2027-01-11 05:31:30 +0200"), ("d@x.org", "2027-01-11 05:31:30 +0200"),
    }  # fmt: skip


def hostile(path: Path, at: int) -> Path:
    """An archive with three students and, somewhere among them, every member that has to be refused."""
    link = zipfile.ZipInfo("Eve_3_assignsubmission_file/link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("x.md", "x")
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
    bad: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("../../Eve_3_assignsubmission_file/out.md", SHEET.format("3").encode()),
        ("Eve_3_assignsubmission_file/bomb.md", b"\0" * 20_000_000),
        ("Eve_3_assignsubmission_file/inner.zip", inner.getvalue()),
        (link, b"/etc/passwd"),
        ("Eve_3_assignsubmission_file/essay.docx", document.getvalue()),
        ("Eve_3_assignsubmission_file/photo.jpg", b"\xff\xd8\xff\x00"),
        ("Eve_3_assignsubmission_file/PHOTO.jpg", b"\xff\xd8\xff\x00"),
    ]
    good = [(f"S{n}_{n}_assignsubmission_file/11.1.md", SHEET.format("").encode()) for n in (1, 2, 4)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in [*good[:at], *bad, *good[at:]]:
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("at", [0, 2, 3])
def test_bad_members_cost_nobody_else(tmp_path, at):
    answers, problems = found(hostile(tmp_path / "a.zip", at))
    assert {student for student, *_ in answers} == {"1", "2", "4"} and len(answers) == 6
    assert sorted(problems) == [
        ("PHOTO.jpg", "picture"),
        ("bomb.md", "file_too_big"),
        ("essay.docx", "document"),
        ("inner.zip", "archive_inside"),
        ("link.md", "link"),
        ("out.md", "unsafe_name"),
        ("photo.jpg", "member_twice"),
    ]
    waiting = [one for one in submissions([tmp_path / "a.zip"]) if isinstance(one, Answer) and one.student == "3"]
    assert waiting and {one.state for one in waiting} == {"unplaced"}


def test_a_damaged_member_and_a_damaged_archive(tmp_path):
    path = archive(tmp_path / "a.zip", {f"S_{n}_assignsubmission_file/11.1.md": SHEET.format("") for n in (1, 2)})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    damaged = written(tmp_path, "b.zip", bytes(data))
    answers, problems = found(damaged)
    assert {student for student, *_ in answers} == {"2"} and [reason for _, reason in problems] == ["broken_member"]
    assert found(written(tmp_path, "c.zip", path.read_bytes()[:100]))[1] == [("c.zip", "broken_archive")]


@given(st.binary(max_size=200))
def test_any_archive_is_read_or_refused(data):
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        answers, problems = found(written(Path(folder), "a.zip", b"PK\x03\x04" + data))
    assert answers or problems
    assert all(f"problem.{reason}" in words("en") for _, reason in problems)


# --- students


@given(st.lists(st.from_regex(r"[0-9]{5,9}", fullmatch=True), min_size=1, max_size=4, unique=True))
def test_a_pair_is_each_of_its_students(ids):
    assert each(", ".join(ids)) == tuple(ids)
    assert each(" ו-".join(ids)) == tuple(ids)
