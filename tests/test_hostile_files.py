"""Files that are broken or mean harm are refused by name, in both languages, and cost no other student anything."""

import io
import json
import random
import struct
import zipfile
from pathlib import Path

import pytest

from exercises.exercise import LANGUAGES
from exercises.library import Library, search_path
from grader.batch import grade
from grader.gradebooks import marks_csv
from grader.results import Answer, Problem
from grader.submissions import archives, submissions
from reports.words import words

SHEET = "<!-- tirgul sheet: 11.1 -->\n**Student:**\n\n## 11.1/1a\n**Answer:** 10x10x3\n\n## 11.1/2\n**Answer:** {}\n"
GOOD = {f"S_{n}_assignsubmission_file/11.1.md": SHEET.format(text) for n, text in ((1, 48), (2, 51), (4, "x"))}
EVE = "Eve_3_assignsubmission_file"
LIBRARY = Library(search_path())
MEBI = 2**20


def archive(path, *members):
    """A zip of members, in this order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def packed(*members):
    data = io.BytesIO()
    archive(data, *members)
    return data.getvalue()


def changed(data, name, at, value):
    """A zip in which a field of a member's local header and of its entry in the list has another value.

    `at` says where: in the entry, whose first fields the local header has two bytes earlier.
    """
    data = bytearray(data)
    for magic, names, shift in ((b"PK\x01\x02", 46, 0), (b"PK\x03\x04", 30, -2)):
        place = data.find(magic)
        while place >= 0:
            if data[place + names : place + names + len(name)] == name.encode():
                data[place + at + shift : place + at + shift + len(value)] = value
            place = data.find(magic, place + 4)
    return bytes(data)


def spreadsheet(sheet="", **more):
    """An .xlsx with one row of answers, and members that are other than they should be."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["student", "11.1/2"])
    book.active.append(["3", "48"])
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b"<worksheet", sheet.encode() + b"<worksheet", 1)
    return packed(*{**members, **more}.items())


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
NOTEBOOK = '{{"nbformat": 4, "cells": [{{"cell_type": "code", "source": "# 11.1/2\\n48", "outputs": ["{}"]}}]}}'
NESTED = '{"nbformat": 4, "cells": [' + "[" * 50_000
TABLE = "student,exercise,part,answer\n3,11.1,2,48\n"

# what a student hands in, made when it is asked for, and why it is refused
HOSTILE = {
    "bomb.md": (lambda: b"\0" * (20 * MEBI), "file_too_big"),
    "big.md": (lambda: random.Random(1).randbytes(MEBI) * 65, "file_too_big"),
    "sheet.md": (lambda: SHEET.format("48") + " \n" * (9 * MEBI), "file_too_big"),
    "inner.zip": (lambda: packed(("x.md", "x")), "archive_inside"),
    "many.zip": (lambda: b"PK\x03\x04" + b"PK\x01\x02" * 200_000, "archive_inside"),
    "photo.jpg": (lambda: b"\xff\xd8\xff\x00" * 1_000, "picture"),
    "empty.md": (lambda: b"", "empty_file"),
    "laughs.xlsx": (lambda: spreadsheet(LAUGHS), "broken_workbook"),
    "late.xlsx": (lambda: spreadsheet(f"<!--{'x' * 9_000}-->{LAUGHS}"), "broken_workbook"),
    "grows.xlsx": (lambda: spreadsheet(**{f"xl/{n}.xml": b" " * (30 * MEBI) for n in range(9)}), "file_too_big"),
    "full.xlsx": (lambda: spreadsheet(**{f"xl/{n}": b"" for n in range(1_001)}), "file_too_big"),
    "torn.xlsx": (lambda: spreadsheet()[:-400], "archive_inside"),
    "huge.ipynb": (lambda: NOTEBOOK.format("x" * (17 * MEBI)), "file_too_big"),
    "deep.ipynb": (lambda: NESTED, "bad_notebook"),
    "cells.ipynb": (lambda: '{"nbformat": 4, "cells": [' + "{}," * 5_000 + "{}]}", "file_too_big"),
    "quote.csv": (lambda: TABLE + '3,11.1,3,"348\n', "quote_not_closed"),
    "field.csv": (lambda: TABLE + "3,11.1,3," + "9" * 100_001, "field_too_big"),
    "columns.csv": (lambda: TABLE + "3,11.1\n", "bad_row"),
    "../../out.md": (lambda: SHEET.format("48"), "unsafe_name"),
    "..\\out.md": (lambda: SHEET.format("48"), "unsafe_name"),
    "11.1.MD": (lambda: SHEET.format("49"), "member_twice"),
}


def read(path):
    """Answers that were read, by student; the reasons of problems by file; who waits."""
    found = list(submissions([path]))
    answers = [one for one in found if isinstance(one, Answer)]
    texts: dict[str, list[tuple[str, str]]] = {one.student: [] for one in answers}
    for one in answers:
        if one.text and one.state == "read":
            texts[one.student].append((one.part, one.text))
    problems = {one.source.removeprefix(f"{path}/"): one.reason for one in found if isinstance(one, Problem)}
    return texts, problems, {one.student for one in answers if one.state in ("unplaced", "unread")}


OTHERS = {"1": [("1a", "10x10x3"), ("2", "48")], "2": [("1a", "10x10x3"), ("2", "51")]}
OTHERS["4"] = [("1a", "10x10x3"), ("2", "x")]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_one_student_hands_in_costs_no_other_wherever_it_stands(tmp_path, name):
    make, reason = HOSTILE[name]
    bad = [(f"{EVE}/{name}", make())]
    if reason == "member_twice":
        bad.insert(0, (f"{EVE}/11.1.md", SHEET.format("48")))
    good = list(GOOD.items())
    for at in (2,) if len(bad[0][1]) > MEBI else (0, 2, 3):
        texts, problems, waiting = read(archive(tmp_path / "in.zip", *good[:at], *bad, *good[at:]))
        assert {one: texts[one] for one in OTHERS} == OTHERS
        assert set(problems.values()) == {reason}
        assert "3" in waiting


@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "field, value, reason",
    [
        (8, b"\x01\x00", "locked"),
        (10, b"\x63\x00", "broken_member"),  # packed in a way that nobody knows
        (16, b"\x00\x00\x00\x01", "broken_member"),  # another checksum
    ],
)
def test_a_damaged_or_locked_member_anywhere(tmp_path, at, field, value, reason):
    good = list(GOOD.items())
    name = f"{EVE}/11.1.md"
    data = packed(*good[:at], (name, SHEET.format("48") * 9), *good[at:])
    (tmp_path / "in.zip").write_bytes(changed(data, name, field, value))
    texts, problems, waiting = read(tmp_path / "in.zip")
    assert {one: texts[one] for one in OTHERS} == OTHERS
    assert problems == {name: reason}
    assert waiting == {"3"}


@pytest.mark.parametrize("most", ["MOST_MEMBERS", "MOST_IN_ALL"])
def test_one_students_many_files_leave_room_for_the_others(tmp_path, monkeypatch, most):
    members = [(f"{EVE}/{n:05d}.md", "x" * 90) for n in range(10_000)]
    if most == "MOST_IN_ALL":
        members = members[:20]
        monkeypatch.setattr(archives, "MOST_IN_ALL", 1_500)
    texts, problems, waiting = read(archive(tmp_path / "in.zip", *members, *GOOD.items()))
    assert texts.pop("3") == []
    assert texts == OTHERS
    assert problems == {f"{EVE}/": "archive_too_big"}
    assert waiting == {"3"}


def test_an_archive_with_more_members_than_can_be_listed_is_refused(tmp_path):
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", *[0] * 18) + b"x" * 0
    entries = entry * (archives.MOST_LISTED + 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entries), 4, 0)  # it says that there is one
    (tmp_path / "in.zip").write_bytes(b"PK\x03\x04" + entries + end)
    assert read(tmp_path / "in.zip") == ({}, {str(tmp_path / "in.zip"): "archive_too_big"}, set())


def test_members_over_one_another_are_counted_each(tmp_path, monkeypatch):
    """A small archive whose list says one member a thousand times is not read a thousand times."""
    name = "00000_assignsubmission_file_a.md"
    data = packed((name, random.Random(2).randbytes(100_000)))
    start = data.index(b"PK\x01\x02")
    entry, _ = data[start:].split(b"PK\x05\x06")
    entries = b"".join(entry.replace(name.encode(), f"{n:05d}{name[5:]}".encode()) for n in range(1_000))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1_000, 1_000, len(entries), start, 0)
    (tmp_path / "in.zip").write_bytes(data[:start] + entries + tail)
    took = []
    real = archives._read

    def counted(*one):
        took.append(len(real(*one)))
        return real(*one)

    monkeypatch.setattr(archives, "_read", counted)
    monkeypatch.setattr(archives, "MOST_IN_ALL", 2_000_000)
    _, problems, _ = read(tmp_path / "in.zip")
    assert len(problems) == 1_000
    assert len(took) == 20


@pytest.mark.parametrize("at", ["first", "middle", "last"])
@pytest.mark.parametrize("name", ["cut.ipynb", "deep.ipynb", "huge.ipynb"])
def test_a_broken_notebook_in_a_folder(tmp_path, name, at):
    letter = {"first": "a", "middle": "k", "last": "z"}[at]
    good = NOTEBOOK.format("")
    for student in ("012", "o55"):
        folder = tmp_path / "submitted" / f"j{student}" / "hw"
        folder.mkdir(parents=True)
        (folder / "ex.ipynb").write_text(good, encoding="utf-8")
    folder = tmp_path / "submitted" / f"{letter}3" / "hw"
    folder.mkdir(parents=True)
    bad = good[:60] if name == "cut.ipynb" else HOSTILE[name][0]()
    (folder / "ex.ipynb").write_text(bad, encoding="utf-8")
    texts, problems, waiting = read(tmp_path)
    assert texts.pop(f"{letter}3") == []
    assert texts == {"j012": [("2", "48")], "jo55": [("2", "48")]}
    assert list(problems) == [str(Path("submitted") / f"{letter}3" / "hw" / "ex.ipynb")]
    assert waiting == {f"{letter}3"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_named_to_who_grades_and_the_exit_code_tells(tmp_path, run, language):
    small = {name: made for name, made in HOSTILE.items() if made[1] != "file_too_big" and made[1] != "member_twice"}
    small["bomb.md"] = HOSTILE["bomb.md"]
    bad = [(f"Eve_{n}_assignsubmission_file/{name}", make()) for n, (name, (make, _)) in enumerate(small.items(), 100)]
    archive(tmp_path / "in.zip", *GOOD.items(), *bad)
    typed = ("grade", tmp_path / "in.zip", "--out", tmp_path / "out", "--no-pages", "--lang", language)
    code, said, _ = run(*typed, "--engine", "serial")
    assert code == 1
    for name, (_, reason) in small.items():
        (line,) = (line for line in said.splitlines() if f"/{name}" in line)
        assert words(language).say(f"problem.{reason}") in line
    archive(tmp_path / "good.zip", *GOOD.items())
    alone = grade(submissions([tmp_path / "good.zip"]), LIBRARY)
    table = (tmp_path / "out" / "marks.csv").read_bytes()
    for row in marks_csv.write(alone).splitlines()[1:]:
        assert row in table
    document = json.loads((tmp_path / "out" / "marks.json").read_bytes())
    assert {one["student"] for one in document["students"]} == {*OTHERS, *(str(n) for n in range(100, 100 + len(bad)))}
    assert all(one["pending"] for one in document["students"] if one["student"] not in OTHERS)
