"""A class in numbers: histogram, facility, discrimination, groups, what waits, and the same as data."""

import csv
import io
import json
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.class_data import HEAD, report_csv, report_json
from grader.results import ClassResult, Result, Student
from grader.statistics import BINS, by_part, correlation, groups, histogram, waiting
from grader.verdict import Judgement, Review, Right, Slip, Slipped, Wrong

SLIP = ((Slip("convolution.weights", "biases_counted"),),)


def result(part: str, earned: int | None, answer: str = "1") -> Result:
    wrong = Slipped(SLIP) if answer == "51" else Wrong()
    verdict = Review("undecided") if earned is None else Right() if earned else wrong
    marks = None if earned is None else Fraction(earned)
    return Result("11.1", part, Fraction(1), marks, Judgement(part, answer, answer, verdict))


def student(name: str, *earned: int | None) -> Student:
    return Student(name, tuple(result(str(place), one) for place, one in enumerate(earned, start=1)))


CLASS = ClassResult(
    ("11.1",),
    (student("a", 1, 1, 1), student("b", 1, 1, 0), student("c", 0, 0, 0), student("d", 0, None, 0)),
)

MARKS = st.lists(st.lists(st.sampled_from([0, 1, None]), min_size=3, max_size=3), min_size=1, max_size=9)


def of(marks) -> ClassResult:
    return ClassResult(("11.1",), tuple(student(str(place), *row) for place, row in enumerate(marks)))


@given(MARKS)
def test_everybody_is_in_the_histogram(marks):
    bins = histogram(of(marks).students)
    assert (len(bins), sum(bins)) == (BINS, len(marks))


@given(MARKS)
def test_verdicts_and_facilities_add_up(marks):
    for part in by_part(of(marks)):
        assert sum(part.counts.values()) == len(marks)
        decided = [row[int(part.part) - 1] for row in marks if row[int(part.part) - 1] is not None]
        assert part.facility == (Fraction(sum(decided), len(decided)) if decided else None)
        assert part.discrimination is None or -1.000001 <= part.discrimination <= 1.000001


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=9))
def test_correlation_as_the_standard_library_has_it(pairs):
    left, right = zip(*pairs, strict=True)
    mine = correlation([(float(x), float(y)) for x, y in pairs])
    if len(set(left)) == 1 or len(set(right)) == 1:
        assert mine is None
    else:
        assert mine == pytest.approx(statistics.correlation(left, right), abs=1e-5)


def test_groups_are_compared():
    found = {group.name: group for group in groups(CLASS, {"a": "A", "b": "A", "c": "B"})}
    assert {name: len(group.students) for name, group in found.items()} == {"": 1, "A": 2, "B": 1}
    assert found["A"].mean == Fraction(5, 6)
    assert found["A"].deviation == pytest.approx(0.2357, abs=1e-4)
    assert found["B"].deviation is None


def test_answers_for_a_person_are_together_by_reading():
    same = ClassResult(
        ("11.1",),
        tuple(Student(name, (result("2", None, text),)) for name, text in (("a", "7"), ("b", "8"), ("c", "7"))),
    )
    assert [(reading, [one.student for one, _ in who]) for *_, reading, who in waiting(same)] == [
        ("7", ["a", "c"]),
        ("8", ["b"]),
    ]


def test_slips_have_examples():
    slipped = ClassResult(("11.1",), tuple(Student(name, (result("2", 0, "51"),)) for name in "abc"))
    (typical,) = by_part(slipped)[0].slips
    assert (typical.count, typical.examples, typical.explanation) == (3, ("51",), SLIP[0])


def test_data_says_what_the_page_says():
    said = json.loads(report_json(CLASS, {"a": "A"}))
    assert (said["schema"], said["students"], sum(said["histogram"])) == ("tirgul/report/1", 4, 4)
    assert [part["facility"] for part in said["parts"]] == [0.5, pytest.approx(2 / 3, abs=1e-6), 0.25]
    assert said["waiting"][0]["students"] == ["d"]
    rows = list(csv.DictReader(io.StringIO(report_csv(CLASS).decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEAD
    assert [(row["part"], row["right"], row["facility"]) for row in rows] == [
        ("1", "2", "0.5000"),
        ("2", "2", "0.6667"),
        ("3", "1", "0.2500"),
    ]
