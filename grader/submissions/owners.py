"""Whose a file is, where the folder or the archive that holds it tells: then nothing in the file says otherwise.

    Dana Cohen_601683_assignsubmission_file/11.1.md            Moodle, also flat and with one underscore more
    Participant_601683_assignsubmission_onlinetext/…html       Moodle, blind
    Group A_17_assignsubmission_file/…                         Moodle, a group: each member's that a worksheet names
    submission_1234/…                                          Gradescope: the submitters in submission_metadata.yml

The same file says when they handed in. Moodle's id is the number, which the worksheet has as `Participant 601683`;
names are never joined on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias, final

from exercises.library import EDGES
from grader.results import Answer

METADATA = "submission_metadata.yml"

Owners: TypeAlias = Mapping[str, str]  # folder of Gradescope or name of a group: its students, separated by commas

_MOODLE = re.compile(r"(?:^|/)([^/]+?)_(\d+)_assignsubmission_(?:file|onlinetext)(?:_|/|$)")
_GRADESCOPE = re.compile(r"(?:^|/)(submission_\d+)/")
_ENTRY = re.compile(r"^(submission_\d+):\s*$")
_FIELD = re.compile(r"^\s*(?:-\s+)?:(sid|email|name):\s*(.*?)\s*$")
_OTHER = re.compile(r"^\s{1,4}:(?!sid|email|name)(\w+):")
_CREATED = re.compile(r"^  :created_at:\s*(.*?)\s*$")  # deeper ones are those of earlier submissions

_TOGETHER = re.compile(r"\s*[,;&+/\n]\s*|\s+and\s+|\s+ו[-־]?\s*(?=[\w])")
_ID = re.compile(r"^(?=.*\d)[\w.@-]{3,64}$|^[\w.+-]+@[\w.-]+$")


def owner_of(path: str, owners: Owners) -> str:
    """Whose the file at a path is, as far as the path tells.

    >>> owner_of("in.zip/Dana Cohen_601683_assignsubmission_file_/a.md", {})
    '601683'
    >>> owner_of("x/Group A_17_assignsubmission_file_a.md", {"Group A": "601683, 601684"})
    '601683, 601684'
    """
    moodle = _MOODLE.search(path)
    if moodle:
        return owners.get(moodle[1].replace("_", " ").strip(EDGES), moodle[2])
    gradescope = _GRADESCOPE.search(path)
    return owners.get(gradescope[1], "") if gradescope else ""


def is_online_text(path: str) -> bool:
    """Whether a file holds what was typed into Moodle's editor."""
    return "_assignsubmission_onlinetext" in path and path.lower().endswith((".html", ".htm"))


@final
@dataclass(slots=True)
class Submitted:
    """What Gradescope says of a submission: who handed it in, and when, on which line of the file."""

    people: list[dict[str, str]] = field(default_factory=list)
    created: str = ""
    line: int = 0

    @property
    def students(self) -> list[str]:
        """Their ids, as far as there are any."""
        return [name for one in self.people if (name := one.get("sid") or one.get("email") or one.get("name", ""))]


def submitters(metadata: str) -> dict[str, str]:
    """Gradescope's folders, each with its students."""
    return {folder: ", ".join(one.students) for folder, one in _submitted(metadata).items()}


def submitted_at(metadata: str, source: str) -> Iterator[Answer]:
    """When each student handed in, as Gradescope says it."""
    for one in _submitted(metadata).values():
        if one.created:
            yield from (Answer(name, "", "", one.created, source, one.line, "handed") for name in one.students)


def _submitted(metadata: str) -> dict[str, Submitted]:
    """Gradescope's folders; a line at a time, since a student may choose the names in it."""
    found: dict[str, Submitted] = {}
    folder, listing = "", False
    for number, line in enumerate(metadata.splitlines(), 1):
        if entry := _ENTRY.match(line):
            folder = entry[1]
            found[folder] = Submitted()
        elif not folder:
            continue
        elif line.strip() == ":submitters:":
            listing = True
        elif _OTHER.match(line):
            listing = False
            if created := _CREATED.match(line):
                found[folder].created, found[folder].line = _unquoted(created[1]), number
        elif listing and (said := _FIELD.match(line)):
            if line.lstrip().startswith("-") or not found[folder].people:
                found[folder].people.append({})
            found[folder].people[-1][said[1]] = _unquoted(said[2])
    return found


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


@lru_cache(10_000)  # a large class says the same few names again and again
def each(students: str) -> tuple[str, ...]:
    """The students of a pair or group who handed in once; one name stays one.

    >>> each("012345678, 098765432"), each("012345678 ו-098765432"), each("Cohen, Dana"), each("012345678")
    (('012345678', '098765432'), ('012345678', '098765432'), ('Cohen, Dana',), ('012345678',))
    """
    pieces = [piece.strip(EDGES) for piece in _TOGETHER.split(students) if piece.strip(EDGES)]
    return tuple(dict.fromkeys(pieces)) if len(pieces) > 1 and all(map(_ID.match, pieces)) else (students,)
