"""JSON lines: an object a line with student, exercise, part and answer, under the names that a table's columns have.

* numbers are kept as they were typed; null is no answer; a line that is no such object is a problem of its own, and
  what a known student answered in it waits for a person
* a name that stands twice in one object is told of: nobody can say which is meant
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from exercises.library import EDGES, placed
from grader.results import Answer, Problem
from grader.submissions.answers_csv import NAMES
from grader.submissions.columns import HEAD, MOST_CHARACTERS, Read, plain
from grader.submissions.table import lines_of

_COLUMNS = {role: "|".join(names).replace(" ", "[ _]") for role, names in NAMES.items()}
_NAMED = re.compile(rf'"(?:{"|".join(_COLUMNS.values())})"\s*:')
_STUDENT = re.compile(rf'"(?:{_COLUMNS["student"]})"\s*:\s*"?([\w.@-]+)')


class Twice(ValueError):
    """A name stands twice in one object."""


def recognises(text: str) -> bool:
    """Whether the first line that is not blank begins an object with one of these names, whole or not."""
    first = next((line.strip(EDGES) for line in lines_of(text[:HEAD]) if line.strip(EDGES)), "")
    return first.startswith("{") and _NAMED.search(first[:10_000]) is not None and '"nbformat"' not in text


def read(text: str, source: str) -> Read:
    """One answer a line."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.strip(EDGES):
            yield from _answer(line, source, number)


def _answer(line: str, source: str, number: int) -> Read:
    try:
        document = _object(line.strip(EDGES))
    except Twice as twice:
        yield Problem(source, number, "key_twice", str(twice))
        yield from _waits(line, source, number)
        return
    except (ValueError, RecursionError):
        yield Problem(source, number, "bad_json")
        yield from _waits(line, source, number)
        return
    fields = {plain(str(name)): value for name, value in document.items()} if isinstance(document, Mapping) else {}
    found = {role: next((fields[name] for name in names if name in fields), "") for role, names in NAMES.items()}
    names = found["student"], found["exercise"], found["part"]
    if not found["student"] or not all(isinstance(name, str) for name in names):
        yield Problem(source, number, "bad_json")
        return
    student, (exercise, part) = names[0], placed(*names[1:])
    said = "" if found["answer"] is None else found["answer"]
    answer = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    reason = "bad_json" if answer is not said else "field_too_big" if len(answer) > MOST_CHARACTERS else ""
    if any("\ud800" <= one <= "\udfff" for one in student + exercise + part + answer):
        reason = "not_utf8"
    if reason:
        yield Problem(source, number, reason)
    if not any("\ud800" <= one <= "\udfff" for one in student + exercise + part):
        yield Answer(student, exercise, part, answer[:MOST_CHARACTERS], source, number, "unread" if reason else "read")


def _waits(line: str, source: str, number: int) -> Read:
    """That somebody answered in a line that cannot be read, where it names one student."""
    students = _STUDENT.findall(line)
    if len(students) == 1 and not any("\ud800" <= one <= "\udfff" for one in line):
        yield Answer(students[0], "", "", line[:MOST_CHARACTERS], source, number, "unplaced")


def _object(line: str) -> Any:
    return json.loads(line, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's names and values; raises Twice."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise Twice(name[:60])
    return dict(pairs)
