"""The files of a graded class: marks, a feedback page for each student, a summary."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import final
from urllib.parse import quote

from exercises.exercise import LANGUAGES, Instance, Language
from exercises.library import Library
from grader.gradebooks import formats
from grader.results import ClassResult, Student
from reports.formats import ENDINGS, Format, printed
from reports.formats import files as document_files
from reports.pages.student import Reveal, feedback_page
from reports.pages.summary import class_report
from solver.frozen import frozen
from tirgul.files import names, write

GENERATOR = b'<meta name="generator" content="tirgul">'
KEYWORD = b"<pdf:Keywords>tirgul"
STUDENT = '   "student": '  # how a line of marks.json begins that has an id


@final
@frozen(slots=True)
class Pages:
    """What pages are written: their languages and formats, and how much they tell."""

    languages: Sequence[Language]
    formats: Sequence[Format] = ("html",)
    reveal: Reveal = "nothing"


def write_class(result: ClassResult, shelf: Library, out: Path, pages: Pages | None) -> list[str]:
    """Writes every file, takes away feedback pages that an earlier run left, and gives the names of the files."""
    earlier = pages_of(out)
    written = list(_written(result, shelf, out, pages))
    for page in earlier - set(written):
        (out / page).unlink(missing_ok=True)
    return written


def _written(result: ClassResult, shelf: Library, out: Path, pages: Pages | None) -> Iterator[str]:
    for name, data in chain(_pages(result, shelf, pages) if pages else (), _gradebooks(result)):
        write(out / name, data)
        yield name


def _gradebooks(result: ClassResult) -> Iterator[tuple[str, bytes | Iterable[bytes]]]:
    for name, gradebook in formats().items():
        pieces = getattr(gradebook, "pieces", None)  # a large class is written as it comes
        yield name, pieces(result) if pieces else gradebook.write(result)


def _pages(result: ClassResult, shelf: Library, wanted: Pages) -> Iterator[tuple[str, bytes]]:
    instances: Mapping[str, Instance] = {exercise: shelf.instance(exercise) for exercise in result.exercises}
    stems = names(student.student for student in result.students)
    ending = ENDINGS[wanted.formats[0]]
    pages = {student: quote(f"feedback/{stem}.{wanted.languages[0]}.{ending}") for student, stem in stems.items()}
    for student in result.students:
        own = _own(student, shelf)
        for language in wanted.languages:
            page = feedback_page(student, own, language, wanted.reveal)
            yield from document_files(f"feedback/{stems[student.student]}", [page], wanted.formats)
    summary = [class_report(result, instances, language, pages=pages) for language in wanted.languages]
    if "html" in wanted.formats:
        yield "summary.html", printed(summary, "html")
    yield from document_files("summary", summary, [one for one in wanted.formats if one != "html"])


def _own(student: Student, shelf: Library) -> Mapping[str, Instance]:
    """The exercises with the numbers that a student has."""
    return {one.exercise: shelf.instance(one.exercise, one.variant) for one in student.results}


def pages_of(out: Path) -> set[str]:
    """The feedback pages that an earlier run wrote to a folder: those of the students in its marks.json."""
    students = set()
    with suppress(OSError, ValueError), (out / "marks.json").open(encoding="utf-8") as lines:
        for line in lines:  # not as a document: that of a large class takes gigabytes
            if line.startswith(STUDENT):
                students.add(str(json.loads(line.removeprefix(STUDENT).rstrip(",\n"))))
    stems = names(students)
    kinds = [(language, ending) for language in LANGUAGES for ending in ("html", "pdf")]
    pages = {f"feedback/{stem}.{language}.{ending}" for stem in stems.values() for language, ending in kinds}
    return {page for page in pages if _is_ours(out / page)}


def _is_ours(page: Path) -> bool:
    """Whether tirgul wrote a page."""
    try:
        with page.open("rb") as file:
            data = file.read() if page.suffix == ".pdf" else file.read(2_000)
            return not page.is_symlink() and (GENERATOR in data or (data[:5] == b"%PDF-" and KEYWORD in data))
    except OSError:
        return False
