"""A Jupyter notebook with answer cells, such as nbgrader collects.

* a cell belongs to the part that its metadata names (`tirgul`, a tag `tirgul:11.1/2`, nbgrader's grade_id `11_1-2`)
  or that its first line names: `# 11.1/2`, `%%tirgul 11.1/2`, `11.1/2: 48`
* a notebook that is a sheet of tirgul in cells is read as the sheet
* cells are text: nothing in them is run; outputs are passed over, and so is what nbgrader put there to be replaced
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, TypeAlias

from exercises.library import EDGES
from grader.results import Answer, Problem, State
from grader.submissions import sheets_markdown
from grader.submissions.columns import MOST_CHARACTERS, Read

MOST_NOTEBOOK = 16 * 2**20
MOST_CELLS = 5_000

_PLACE = r"([^\W_][\w.-]*)/([^\W_][\w.-]*)"
_SHEET = re.compile(rf"[{re.escape(EDGES)}]*<!--\s*tirgul sheet:")
_TAG = re.compile(rf"^tirgul:{_PLACE}$")
_FIRST = re.compile(rf"^\s*(?:%%tirgul\s+|#+\s*|\*\*)?{_PLACE}(?:\*\*)?\s*(?:[:=]\s*|$)")
_LABEL = re.compile(r"^[*_\s]*(?:answer|תשובה)[*_\s]*:[*_]*\s*", re.IGNORECASE)
_STUDENT = re.compile(r"^\W*(?:students?|סטודנטים|סטודנטית|סטודנט|מזהה|תעודת זהות)\W*:\W*(.+)$", re.I | re.M)
_STUB = re.compile(r"^[ \t#]*YOUR (?:CODE|ANSWER) HERE[ \t]*(?:\n[ \t]*raise NotImplementedError\(\)[ \t]*)?$", re.M)
_REMARKS = re.compile(r"^(?:[ \t]*#.*\n|[ \t]*\n)+(?=[ \t]*[^\s#])")  # lines above the first that says something
_NBGRADER = re.compile(r"(?:^|/)submitted/([^/]+)/[^/]+/[^/]+\.ipynb$")

Cell: TypeAlias = Mapping[str, Any]


def recognises(text: str) -> bool:
    """Whether a text is the document of a notebook, also where it is damaged."""
    start = text.lstrip(EDGES)[:1]
    return start == "{" and bool(re.search(r'"cells"\s*:\s*\[', text)) and '"nbformat"' in text


def read(text: str, source: str) -> Read:
    """One answer for each cell that names its part; whose it is the notebook or the name of its file tells."""
    submitted = _NBGRADER.search(source)
    yield from read_owned(text, source, submitted[1] if submitted else "")


def read_owned(text: str, source: str, student: str) -> Read:
    """One answer for each cell that names its part, by this student."""
    cells = _cells(text)
    if isinstance(cells, str):
        yield Problem(source, 0, cells)
        if student:
            yield Answer(student, "", "", "", source, 0, "unplaced")
        return
    sources = [_source(cell) for cell in cells]
    whole = "\n\n".join(
        _fenced(said) if cell.get("cell_type") == "code" else said for cell, said in zip(cells, sources, strict=True)
    )
    if _SHEET.match(whole):
        yield from sheets_markdown.read_owned(whole, source, student)
        return
    names = (label[1].strip(EDGES) for said in sources if (label := _STUDENT.search(said)))
    student = student or next(names, "") or PurePath(source).stem
    found = list(_answers(cells, sources))
    if not found:
        yield Problem(source, 0, "no_cells")
        yield Answer(student, "", "", "", source, 0, "unplaced")
    for number, exercise, part, said in found:
        big = len(said) > MOST_CHARACTERS
        if big:
            yield Problem(source, number, "field_too_big", f"{exercise}/{part}")
        state: State = "unread" if big else "read"
        yield Answer(student, exercise, part, said[:MOST_CHARACTERS], source, number, state)


def _cells(text: str) -> list[Cell] | str:
    """The cells, or why there are none."""
    if len(text) > MOST_NOTEBOOK:
        return "file_too_big"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "bad_notebook"
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        return "bad_notebook"
    return "file_too_big" if len(cells) > MOST_CELLS else cells


def _source(cell: Cell) -> str:
    """A cell's text, which is one string or a list of lines."""
    said = cell.get("source", "")
    lines = said if isinstance(said, list) else [said]
    return "".join(line for line in lines if isinstance(line, str))


def _fenced(said: str) -> str:
    return f"```python\n{said}\n```"


def _answers(cells: list[Cell], sources: list[str]) -> Iterator[tuple[int, str, str, str]]:
    """The cells with an answer: their number, the place, and what stands there.

    A heading alone names the part of the cell below it; a cell of nbgrader's that nobody filled in is no answer.
    """
    heading: tuple[str, str] | None = None
    for number, (cell, said) in enumerate(zip(cells, sources, strict=True), start=1):
        place = _told(cell)
        first, _, rest = said.strip(EDGES).partition("\n")
        found = _FIRST.match(first)
        if place is None and found:
            place = found[1], found[2]
            said = f"{first[found.end() :]}\n{rest}"
        stub = _STUB.search(said)
        answer = _LABEL.sub("", _written(cell, said)).strip(EDGES)
        if place is not None and not answer and not stub:
            heading = place
            continue
        place = place or heading
        heading = None
        if place is not None and (answer or stub):
            yield number, *place, answer


def _written(cell: Cell, said: str) -> str:
    """What a student wrote in a cell: without what nbgrader put there, and in code without remarks above it."""
    said = _STUB.sub("", said).strip(EDGES)
    return _REMARKS.sub("", said) if cell.get("cell_type") == "code" else said


def _told(cell: Cell) -> tuple[str, str] | None:
    """The place that a cell's metadata names."""
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict):
        return None
    own, graded = metadata.get("tirgul"), metadata.get("nbgrader")
    if isinstance(own, dict) and isinstance(own.get("exercise"), str) and isinstance(own.get("part"), str):
        return own["exercise"], own["part"]
    tags = metadata.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, str) and (found := _TAG.match(tag)):
            return found[1], found[2]
    if isinstance(graded, dict) and graded.get("solution") and isinstance(graded.get("grade_id"), str):
        return place_of_grade_id(graded["grade_id"])
    return None


def place_of_grade_id(grade_id: str) -> tuple[str, str] | None:
    """The place that nbgrader's name of a cell stands for, which may hold neither dots nor slashes.

    >>> place_of_grade_id("11_1-2"), place_of_grade_id("init_demo-large"), place_of_grade_id("cell")
    (('11.1', '2'), ('init-demo', 'large'), None)
    """
    exercise, dash, part = grade_id.removeprefix("tirgul-").rpartition("-")
    sign = "." if exercise[:1].isdigit() else "-"
    return (exercise.replace("_", sign), part.replace("_", ".")) if dash and exercise and part else None
