"""A table of answers: whatever the bytes, each well-formed row is read, and what is broken costs its own row."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.results import Answer, Problem
from grader.submissions import answers_csv, submissions
from grader.submissions.reading import MOST_CHARACTERS, decoded
from grader.submissions.table import Broken, cut, lines_of

HEADER = "student,exercise,part,answer"


def read(text: str) -> tuple[list[tuple[str, str, str, str]], list[tuple[int, str]]]:
    """The answers that were read, and the lines and reasons of problems."""
    found = [one for one in answers_csv.read(text, "answers.csv") if isinstance(one, Problem) or one.state == "read"]
    answers = [(one.student, one.exercise, one.part, one.text) for one in found if isinstance(one, Answer)]
    return answers, [(one.line, one.reason) for one in found if isinstance(one, Problem)]


TABLES = [
    # header, row, what is read, note
    (HEADER, "a,11.1,2,48", ("a", "11.1", "2", "48"), ""),
    (HEADER, "a, 11.1 , 2 , 48 ", ("a", "11.1", "2", " 48 "), "an answer is left as typed"),
    (HEADER, "007,11.1,2,48", ("007", "11.1", "2", "48"), "an id is not a number"),
    (HEADER, "a,11.1/2,,48", ("a", "11.1", "2", "48"), "the part beside its exercise"),
    (HEADER, "a,,11.1/2,48", ("a", "11.1", "2", "48"), ""),
    (HEADER, "a,11.1,11.1/2,48", ("a", "11.1", "2", "48"), "the exercise twice"),
    (HEADER, 'a,11.1,1a,"(10,10,3)"', ("a", "11.1", "1a", "(10,10,3)"), ""),
    (HEADER, 'a,11.1,6,"one\ntwo"', ("a", "11.1", "6", "one\ntwo"), "an answer of two lines"),
    (HEADER, 'a,11.1,6,"say ""no"""', ("a", "11.1", "6", 'say "no"'), ""),
    (HEADER, 'a,11.1,3,סה"כ 348', ("a", "11.1", "3", 'סה"כ 348'), "a Hebrew abbreviation without quotes around"),
    ("answer;part;exercise;student", "48;2;11.1;a", ("a", "11.1", "2", "48"), "other order, other delimiter"),
    ("student\texercise\tpart\tanswer", "a\t11.1\t1a\t(10, 10, 3)", ("a", "11.1", "1a", "(10, 10, 3)"), ""),
    ("Student ID,Exercise,Part,Answer,Time", "a,11.1,2,48,12:30", ("a", "11.1", "2", "48"), "a column of no use"),
    ("סטודנט,תרגיל,סעיף,תשובה", "a,11.1,2,48", ("a", "11.1", "2", "48"), ""),
    ("סטודנט,תעודת זהות,תרגיל,סעיף,תשובה", "דנה,012,11.1,2,48", ("012", "11.1", "2", "48"), "an id before a name"),
    ('ת"ז,תרגיל,סעיף,תשובה', "012,11.1,2,48", ("012", "11.1", "2", "48"), "a quote in the header"),
    ("מזהה,סעיף,תשובה", "012,11.1/2,48", ("012", "11.1", "2", "48"), "one column for exercise and part"),
    ("student,part,answer", "a,11.1 2,48", ("a", "11.1", "2", "48"), ""),
    ("\u200fstudent\u200f,\u200eexercise,part,answer", "a,11.1,2,48", ("a", "11.1", "2", "48"), "marks of direction"),
]


@pytest.mark.parametrize("header, row, said, note", TABLES)
def test_a_row_is_read(header, row, said, note):
    assert read(f"{header}\n{row}\n") == ([said], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(end):
    assert read(end.join([HEADER, "a,11.1,2,48", "", "b,11.1,2,51"])) == (
        [("a", "11.1", "2", "48"), ("b", "11.1", "2", "51")],
        [],
    )


BROKEN = [
    ('a,11.1,2,"48', "quote_not_closed"),
    ('a,11.1,2,"48"x', "quote_not_closed"),
    ('"a,11.1,2,48', "quote_not_closed"),
    ("a,11.1,2", "bad_row"),
    ("a", "bad_row"),
    ('"', "quote_not_closed"),
    ('a,11.1,"2"",48', "quote_not_closed"),
    ("a,11.1,2,\udc80", "not_utf8"),
    ("a,11.1,2," + "9" * (MOST_CHARACTERS + 1), "field_too_big"),
]
OTHERS = [
    ("b", "11.1", "2", "48"),
    ("c", "11.1", "1a", "10,10,3"),
    ("d", "11.1", "6", '\n"two" lines'),
    ("e", "11.1", "3", ""),
]
ROWS = ["b,11.1,2,48", 'c,11.1,1a,"10,10,3"', 'd,11.1,6,"\n""two"" lines"', 'e,11.1,3,""']


@pytest.mark.parametrize("row, reason", BROKEN)
@pytest.mark.parametrize("place", range(len(ROWS) + 1))
def test_a_broken_row_costs_no_other(row, reason, place):
    answers, problems = read("\n".join([HEADER, *ROWS[:place], row, *ROWS[place:]]))
    line = 2 + sum(1 + one.count("\n") for one in ROWS[:place])
    assert answers == OTHERS
    assert problems == [(line, reason)]


def test_a_student_whose_only_row_is_broken_is_not_forgotten():
    found = list(answers_csv.read(f'{HEADER}\na,11.1,2,48\nb,11.1,2,"48\nc,11.1,1a,10,10,3', "answers.csv"))
    assert [one.student for one in found if isinstance(one, Answer)] == ["a", "b", "c"]
    assert [one.line for one in found if isinstance(one, Problem)] == [3, 4]


JOINED = [
    # row, answer, problems, note
    ("a,11.1,1a,10,10,3", "10,10,3", [(3, "commas_in_answer")], ""),
    ("a,11.1,4,5,175", "5,175", [(3, "commas_in_answer")], ""),
    ('a,11.1,6,say "no", then', 'say "no", then', [(3, "commas_in_answer")], "a quote that is a character"),
    ('a,11.1,6,"yes, it is", then', "yes, it is, then", [(3, "commas_in_answer")], ""),
    ("a,11.1,2,48,,", "48", [], "a spreadsheet's empty columns"),
]


@pytest.mark.parametrize("row, answer, problems, note", JOINED)
def test_commas_without_quotes_belong_to_an_answer_that_stands_last(row, answer, problems, note):
    answers, told = read(f"{HEADER}\nz,11.1,2,48\n{row}")
    assert (answers[1:], told) == ([("a", "11.1", row.split(",")[2], answer)], problems)


def test_where_the_answer_stands_not_last_nothing_is_joined():
    answers, told = read("student,answer,exercise,part\nz,48,11.1,2\na,10,10,3,11.1,1a")
    assert (len(answers), told) == (1, [(3, "bad_row")])


UNREAD = [
    # row, student, exercise and part, state, what a person is shown
    ('a,11.1,2,"48', "a", "11.1", "2", "unread", 'a,11.1,2,"48'),
    ("a,11.1,2", "a", "11.1", "2", "unread", "a,11.1,2"),
    ("a,11.1,2,\udc80", "a", "11.1", "2", "unread", "\udc80"),
    ("z", "z", "", "", "unplaced", "z"),
    ('z,"11.1', "z", "", "", "unplaced", 'z,"11.1'),
]


@pytest.mark.parametrize("row, student, exercise, part, state, text", UNREAD)
def test_whose_a_broken_row_is_and_where_it_belongs_is_told(row, student, exercise, part, state, text):
    found = answers_csv.read(f"{HEADER}\nz,11.1,2,48\n{row}", "a.csv")
    assert [one for one in found if isinstance(one, Answer)][1:] == [
        Answer(student, exercise, part, text, "a.csv", 3, state)
    ]


def test_rows_inside_anothers_quotes_take_nothing_back():
    found = answers_csv.read(f'{HEADER}\nv,11.1,2,48\nx,11.1,2,"1\nv,11.1,2,1\n"', "a.csv")
    assert [(one.student, one.state) for one in found if isinstance(one, Answer)] == [
        ("v", "read"),
        ("x", "unread"),
        ("v", "unplaced"),
    ]


def test_rows_between_two_broken_quotes_are_told_of():
    """Two rows that are both broken may close each other's quotes; what is between is not read as an answer."""
    answers, problems = read(f'{HEADER}\nz,11.1,2,48\na,11.1,2,"48\nb,11.1,2,48\nc,11.1,2,48"\nd,11.1,2,48')
    assert [student for student, *_ in answers] == ["z", "d"]
    assert problems == [(3, "quote_over_rows"), (4, "row_in_quotes")]


def test_nobody_answers_for_another_from_inside_an_answer():
    answers, problems = read(f'{HEADER}\nvictim,11.1,2,48\nx,11.1,2,"1\nvictim,11.1,2,1\n"\ny,11.1,2,48')
    assert answers == [("victim", "11.1", "2", "48"), ("y", "11.1", "2", "48")]
    assert problems == [(3, "quote_over_rows"), (4, "row_in_quotes")]


def test_the_header_may_come_again():
    answers, problems = read(f"{HEADER}\na,11.1,2,48\n{HEADER}\nb,11.1,2,48\n,,,\n")
    assert [student for student, *_ in answers] == ["a", "b"] and problems == []


@pytest.mark.parametrize("text", ["", "a,b,c", "student,mark", "x = 5", "\n\n", '"', "answer"])
def test_what_is_no_table_of_answers_is_not_taken_for_one(text):
    assert not answers_csv.recognises(text)


@pytest.mark.parametrize(
    "header, missing",
    [("student,exercise,part", "answer"), ("exercise,part,answer", "student"), ("student,answer", "exercise")],
)
def test_a_missing_column_is_named(header, missing):
    (problem,) = answers_csv.read(f"{header}\na,b,c", "answers.csv")
    assert problem == Problem("answers.csv", 1, "missing_column", missing)


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
def test_codes(code, tmp_path):
    (tmp_path / "a.csv").write_bytes(f"{HEADER}\nדנה,11.1,2,48".encode(code))
    assert list(submissions([tmp_path / "a.csv"])) == [
        Answer("דנה", "11.1", "2", "48", (tmp_path / "a.csv").as_posix(), 2)
    ]


# laws ---------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)
ANSWERS = st.lists(CELLS, min_size=1, max_size=6)
JUNK = st.text(st.sampled_from('",\na1 '), max_size=12).filter(lambda text: "\n" not in text)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    for text in (decoded(data), f"{HEADER}\n{decoded(data)}"):
        answers_csv.recognises(text)
        for one in answers_csv.read(text, ""):
            assert isinstance(one, Answer | Problem)


@given(st.text(st.sampled_from('",\n;a'), max_size=40))
def test_every_line_is_in_one_piece(text):
    lines = lines_of(text)
    at = 0
    for piece in cut(lines, 0, ",", 2):
        assert all(not line.strip() for line in lines[at : piece.line - 1])
        at = piece.last
    assert all(not line.strip() for line in lines[at:])


@given(ANSWERS)
def test_what_is_written_by_the_rules_is_read_back(answers):
    rows = [f"s{index},11.1,2,{quoted(answer)}" for index, answer in enumerate(answers)]
    pieces = cut(lines_of("\n".join([HEADER, *rows])), 1, ",", 4)
    assert [piece.cells[3] for piece in pieces if not isinstance(piece, Broken)] == answers


@given(ANSWERS, st.data())
def test_answers_survive_a_broken_row_anywhere(answers, data):
    answers = [answer.replace("\n", " ") for answer in answers]
    rows = [f"s{index},11.1,2,{quoted(answer)}" for index, answer in enumerate(answers)]
    junk = data.draw(JUNK)
    place = data.draw(st.integers(0, len(rows)))
    found = {one[0]: one[3] for one in read("\n".join([HEADER, *rows[:place], junk, *rows[place:]]))[0]}
    assert {f"s{index}": answer for index, answer in enumerate(answers)}.items() <= found.items()


def test_a_big_table_takes_time_in_proportion(tmp_path: Path):
    rows = "\n".join(f's{index},11.1,2,"4{"" if index % 3 else chr(34)}' for index in range(30_000))
    assert len(list(cut(lines_of(rows), 0, ",", 4))) > 10_000
