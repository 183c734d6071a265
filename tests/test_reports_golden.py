"""Pages as pictures: those of fixed documents are compared with pictures that somebody has looked at.

    python -m tests.test_reports_golden     writes the pictures in tests/golden anew; look at them before committing

A pixel may differ a little, as edges of letters do between versions of the compiler; a letter that moved may not.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exercises.exercise import LANGUAGES, Exercise, Language, Option, Part, Range, Text
from grader.judge import judge
from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import marks
from reports.document import Document
from reports.pages.blank import printed_blank
from reports.pages.sheet import sheet, solved
from reports.pages.student import feedback_page
from reports.pages.summary import class_report
from reports.pdf import document_png
from solver.derivation import Given, formula, total
from tests.test_reports_formats import BLOCKS

GOLDEN = Path(__file__).parent / "golden"
PPI = 45
MOST = 40
"""The most by which the mean of nine neighbouring pixels may differ, of 255."""

AREA = formula(
    "convolution.weights",
    "C_in*C_out*K_h*K_w",
    symbol="N",
    source="a book",
    biases_counted="C_in*C_out*K_h*K_w + C_out",
)
SIZE = formula("window.output_size", "floor((n + 2*p - k)/s) + 1", symbol="n_out", no_plus_one="floor((n + 2*p - k)/s)")


def derive(n: int):
    kernel = {"K_h": Given("K_h", 3), "K_w": Given("K_w", 3)}
    first = AREA("conv1", C_in=3, C_out=8, **kernel)
    second = AREA("conv2", C_in=8, C_out=16, **kernel)
    return {
        "size": SIZE("conv1", n=Given("n", n), p=1, k=3, s=2),
        "first": first,
        "all": total({"conv1": first, "conv2": second}, "network"),
        "less": True,
    }


EXERCISE = Exercise(
    "golden",
    Text("שתי שכבות קונבולוציה", "Two convolution layers"),
    Text(
        "רשת מקבלת תמונה בגודל $3 x {n} x {n}$ ובה שתי שכבות (padding=1, stride=2). הערכים בתחום −1 עד 1.",
        "A network takes an image of size $3 x {n} x {n}$ and has two layers (padding=1, stride=2); values −1 to 1.",
    ),
    {"n": Range(9, 99, 32)},
    (
        Part("size", Text("מהו גודל המוצא $n_out$?", "What is the size $n_out$ of the output?")),
        Part("first", Text("כמה משקולות יש בשכבה conv1?", "How many weights does conv1 have?")),
        Part("all", Text("כמה משקולות יש בשתיהן?", "How many weights do both have?"), marks=2),
        Part(
            "less",
            Text("האם יש פחות מ־$10^4$ משקולות?", "Are there fewer than $10^4$ weights?"),
            options=(Option("yes", Text("כן", "yes")), Option("no", Text("לא", "no"))),
        ),
    ),
    derive,
    source="a book",
)
INSTANCE = EXERCISE.canonical()
GIVEN = [
    ("דנה כהן", {"size": "15", "first": "224", "all": "1376", "less": "כן"}),
    ("012345678", {"size": "16", "first": "216", "all": "1368", "less": "no"}),
    ("noa-7", {"size": "3*(4", "first": "216"}),
]


def student(name: str, given: dict[str, str]) -> Student:
    results = []
    for part in EXERCISE.parts:
        judged = judge(INSTANCE, part.id, given[part.id], given) if part.id in given else None
        earned = marks(judged.verdict, part) if judged else part.marks * 0
        results.append(Result("golden", part.id, part.marks, earned, judged))  # type: ignore[arg-type]  # whole marks
    return Student(name, tuple(results))


def documents(language: Language) -> dict[str, Document]:
    """One document of each kind."""
    students = tuple(student(name, given) for name, given in GIVEN)
    result = ClassResult(
        ("golden",),
        students,
        (Problem("answers.csv", 7, "unknown_part", "golden/9"),),
        (Answer("noa-7", "golden", "first", "217", "answers.csv", 3),),
    )
    by_id = {"golden": INSTANCE}
    return {
        "sheet": sheet(solved([INSTANCE], lambda _: ()), language),
        "student": feedback_page(students[0], by_id, language, "hints"),
        "unreadable": feedback_page(students[2], by_id, language, "answers"),
        "class": class_report(result, by_id, language, of_group={"noa-7": "A", "012345678": "B"}),
        "blank": printed_blank(INSTANCE, language),
        "blocks": Document(language, "blocks", BLOCKS),
    }


@cache
def pictures() -> dict[str, bytes]:
    """Every page as a picture, by its name."""
    return {
        f"{name}.{language}.{number}": page
        for language in LANGUAGES
        for name, document in documents(language).items()
        for number, page in enumerate(document_png(document, PPI), start=1)
    }


def pixels(png: bytes) -> Any:
    """A PNG of eight bits a channel as an array of brightness."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    assert depth == 8
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        packed += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * channels)
    image = np.zeros((height + 1, width * channels + channels), np.int64)
    for y in range(height):
        image[y + 1, channels:] = rows[y, 1:]
        _unfilter(image[y + 1], image[y], int(rows[y, 0]), channels)
    return image[1:, channels:].reshape(height, width, channels)[..., : min(3, channels)].mean(axis=2)


def _unfilter(row: Any, above: Any, kind: int, channels: int) -> None:
    """Undoes a row's filter in place, as the PNG specification says."""
    if kind == 2:
        row += above
    elif kind:
        for x in range(channels, len(row)):
            left, up, corner = int(row[x - channels]), int(above[x]), int(above[x - channels])
            if kind == 1:
                row[x] += left
            elif kind == 3:
                row[x] += (left + up) // 2
            else:
                guess = left + up - corner
                row[x] += min((left, up, corner), key=lambda one: abs(guess - one))
            row[x] &= 255
    row &= 255


def difference(one: Any, other: Any) -> float:
    """The largest difference between the means of nine neighbours."""
    if one.shape != other.shape:
        return 255.0
    apart = np.pad(one - other, 1)
    height, width = one.shape
    around = sum(apart[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return float(np.abs(around).max() / 9)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.png")))
def test_a_page_looks_as_it_did(name):
    assert name in pictures(), "there is no such page any more"
    made, kept = pictures()[name], (GOLDEN / f"{name}.png").read_bytes()
    apart = 0.0 if made == kept else difference(pixels(made), pixels(kept))
    assert apart <= MOST, f"{name} looks different; if it should, python -m tests.test_reports_golden and look at it"


def test_every_page_has_its_picture():
    assert sorted(pictures()) == sorted(path.stem for path in GOLDEN.glob("*.png"))
    assert len(pictures()) >= 12


def test_a_moved_letter_is_seen():
    page = pixels(pictures()["sheet.he.1"])
    assert difference(page, page) == 0
    moved = page.copy()
    moved[:, 3:] = page[:, :-3]
    assert difference(page, moved) > MOST


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.png"):
        old.unlink()
    for page_name, picture in pictures().items():
        (GOLDEN / f"{page_name}.png").write_bytes(picture)
