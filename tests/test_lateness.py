"""Handing in late costs what the course says, and never on a guess."""

import json
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.library import Library, search_path
from grader.batch import grade
from grader.lateness import MONTHS, Late, time_of
from grader.results import Answer

LIBRARY = Library(search_path())
DUE = datetime(2027, 1, 10, 23, 59)
HERE = ZoneInfo("Asia/Jerusalem")
RULES = Late(DUE, per_day=Fraction(1, 10), most=Fraction(1, 2), grace=timedelta(minutes=15), zone=HERE)
HEADER = "Identifier,Full name,Grade,Maximum Grade,Last modified (submission),Last modified (grade)\n"

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(second=0, microsecond=0))


@given(TIMES, st.sampled_from([0, 1]))
def test_a_time_is_read_back_as_a_site_writes_it(time, language):
    month = MONTHS[time.month - 1][language]
    weekday = ("Sunday", "יום ראשון")[language]
    clock = f"{(time.hour - 1) % 12 + 1}:{time:%M} {'AM' if time.hour < 12 else 'PM'}"
    for said in (
        time.isoformat(),
        f"{time:%Y/%m/%d %H:%M:%S}",
        f"{time:%d.%m.%Y %H:%M}",
        f"{weekday}, {time.day} {month} {time.year}, {clock}",
    ):
        assert time_of(said) == time, said


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text):
    assert time_of(text) is None or isinstance(time_of(text), datetime)


def marks(times, rules=RULES, **more):
    handed = [Answer(who, "", "", said, file, 2, "handed") for who, file, said in times]
    answered = [Answer("a", "11.1", "2", "48"), Answer("a", "11.1", "3", "?!")]
    found = grade([*answered, *handed], LIBRARY, late=rules, **more)
    (student,) = found.students
    return student.total, student.pending, [one.reason for one in found.problems]


@pytest.mark.parametrize(
    "said, total",
    [
        ("2027-01-10 23:59", 1),
        ("2027-01-11 00:14", 1),
        ("2027-01-11 00:15", Fraction(9, 10)),
        ("2027-01-11 23:59", Fraction(9, 10)),
        ("2027-01-12 00:00", Fraction(8, 10)),
        ("2027-01-10 21:59:00 GMT+0", 1),
        ("2027-01-10 22:59:00 GMT+0", Fraction(9, 10)),
        ("2027-01-10 18:30:59.123456000 -03:30", 1),
        ("2027-01-10 18:45:00.123456000 -03:30", Fraction(9, 10)),
        ("2030-01-01 00:00", Fraction(1, 2)),
    ],
)
def test_each_day_that_has_begun_costs(said, total):
    assert marks([("a", "w.csv", said)]) == (total, 1, [])


@pytest.mark.parametrize(
    "times, reason",
    [
        ([], "no_time"),
        ([("b", "w.csv", "2030-01-01 00:00")], "no_time"),
        ([("a", "w.csv", "8/4/2030 23:25")], "time_unread"),
        ([("a", "w.csv", "2027-01-10 20:00"), ("a", "v.csv", "2030-01-10 20:00")], "times_differ"),
    ],
)
def test_what_nobody_knows_costs_nothing_and_is_told_of(times, reason):
    assert marks(times) == (1, 1, [reason])


def test_of_several_tries_the_one_counts_that_counts():
    times = [("a", "f.csv", "2027-01-10 20:00"), ("a", "f.csv", "2027-01-11 20:00")]
    assert marks(times)[0] == Fraction(9, 10)
    assert marks(times, duplicates="first")[0] == 1


def test_who_has_more_time_and_when_another_exercise_is_due():
    late = [("a", "w.csv", "2027-01-12 20:00")]
    assert marks(late, Late(DUE, per_day=Fraction(1, 10), extra={"a": 2}))[0] == 1
    assert marks(late, Late(DUE, {"11.1": datetime(2027, 2, 1)}, per_day=Fraction(1, 10)))[0] == 1
    assert marks(late, Late(None, {"11.2": DUE}, per_day=Fraction(1, 10)))[0] == 1


def test_a_course_says_what_late_costs(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = 'store = "c.db"\nout = "o"\nengine = "serial"\npages = false\n'
    settings += "[late]\ndue = 2027-01-10\nper_day = 10\n"
    (tmp_path / "course.toml").write_text(f'{settings}zone = "Asia/Jerusalem"\n', encoding="utf-8")
    (tmp_path / "in").mkdir()
    rows = 'Participant 7,D,,10,"Monday, 11 January 2027, 8:00 AM",-\n'
    rows += 'Participant 8,N,,10,"Sunday, 10 January 2027, 9:00 PM",-\n'
    (tmp_path / "in" / "grades.csv").write_text(HEADER + rows, encoding="utf-8")
    table = "student,exercise,part,answer\n7,11.1,2,48\n8,11.1,2,48\n"
    (tmp_path / "in" / "a.csv").write_text(table, encoding="utf-8")
    code, said, _ = run("grade", "in")
    assert code == 0, said
    students = json.loads((tmp_path / "o" / "marks.json").read_bytes())["students"]
    assert [one["total"] for one in students] == [0.9, 1]
    assert students[0]["results"][2]["notes"] == ["late"]
    assert json.loads(run("regrade", "--json")[1])["differences"] == []
    (tmp_path / "course.toml").write_text(settings.replace("per_day = 10", "per_day = 20"), encoding="utf-8")
    (one,) = json.loads(run("regrade", "--json")[1])["differences"]
    assert (one["student"], one["old"], one["new"]) == ("7", 0.9, 0.8)


@pytest.mark.parametrize("text", ["due = 3", "due = 'x'", "per_day = -1", "zone = 'Mars'", "early = 1", "most = true"])
@pytest.mark.parametrize("language", ["he", "en"])
def test_a_wrong_rule_is_refused_by_name(run, tmp_path, monkeypatch, text, language):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.toml").write_text(f"[late]\n{text}\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("student,exercise,part,answer\na,11.1,2,48\n", encoding="utf-8")
    code, _, said = run("grade", "a.csv", "--out", "o", "--lang", language)
    assert code == 2
    assert f"late.{text.partition(' ')[0]}" in said
