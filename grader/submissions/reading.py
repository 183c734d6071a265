"""Files and folders that were handed in, as text in the format they turn out to have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, TypeAlias, cast, final

from exercises.library import EDGES
from grader.gradebooks.worksheets import groups, is_gradebook
from grader.results import Answer, Problem
from grader.submissions.archives import MAGIC, Member, kind_of, member_named, members
from grader.submissions.columns import DELIMITERS, HEAD, head_of, plain
from grader.submissions.columns import MOST_CHARACTERS as MOST_CHARACTERS
from grader.submissions.online_text import unmarked
from grader.submissions.owners import METADATA, each, is_online_text, owner_of, submitted_at, submitters
from grader.submissions.signatures import not_text
from grader.submissions.table import Row, lines_of, record
from grader.submissions.times import times
from solver.frozen import frozen

MOST_BYTES = 64 * 2**20
MOST_OF_ONE = 16 * 2**20  # of what one student or group handed in
MOST_ROSTER = 8 * 2**20  # of a table that is looked at for groups
NOT_ANSWERS = frozenset({"readme.md", "thumbs.db", "desktop.ini", "course.toml"})

_WORD = re.compile("[\u05d0-\u05ea]{2}")
_MIXED = re.compile("[a-z][\u05d0-\u05ea]|[\u05d0-\u05ea][a-z]", re.IGNORECASE)
_LONE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")

Read: TypeAlias = Iterator[Answer | Problem]


class Format(Protocol):
    """What a module of this package offers."""

    def recognises(self, text: str) -> bool:
        """Whether a file with this text is in the format."""

    def read(self, text: str, source: str) -> Read:
        """The answers, in the order of the file; what cannot be read is a problem with its line."""


@final
@frozen(slots=True)
class Wanted:
    """What the operator says of the files: the format they are in ("": told by content), and what columns are called.

    `columns` gives for a role or a place (11.1/2) the name that its column has, and `usual` the name that it has on the
    course's site, where it is there.
    """

    format: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, str]:
        """The names of columns, those of `columns` first."""
        return {**self.usual, **self.columns}

    def renamed(self, text: str) -> str:
        """A text whose first line calls columns by their roles and places.

        >>> Wanted(columns={"student": "no."}).renamed("no.,11.1/2\\n7,48")
        '"student","11.1/2"\\n7,48'
        """
        names = self.names
        lines = lines_of(text) if names else []
        first = next((index for index, line in enumerate(lines) if line.strip(EDGES)), None)
        if first is None:
            return text
        roles = {plain(name): role for role, name in names.items()}
        for delimiter in DELIMITERS:
            header = record(lines[: first + 60], first, delimiter)
            if isinstance(header, Row) and any(plain(cell) in roles for cell in header.cells):
                cells = (roles.get(plain(cell), cell).replace('"', '""') for cell in header.cells)
                rest = lines[header.last :]
                padding = [""] * (header.last - first - 1)  # rows keep the numbers of their lines
                return "\n".join([*lines[:first], *padding, delimiter.join(f'"{cell}"' for cell in cells), *rest])
        return text


@final
@frozen(slots=True)
class File:
    """A file to read."""

    path: Path

    @property
    def source(self) -> str:
        """The name by which problems call it: the path, with what is not text in it replaced."""
        return named(self.path)


def formats(package: str = "grader.submissions") -> Mapping[str, Format]:
    """The formats by name: every module of the package that says what it recognises."""
    modules = (import_module(f"{package}.{found.name}") for found in iter_modules(import_module(package).__path__))
    known = (module for module in modules if hasattr(module, "recognises"))
    return {module.__name__.rpartition(".")[2].replace("_", "-"): cast("Format", module) for module in known}


def submissions(
    paths: Iterable[Path], without: Iterable[Path] = (), wanted: Wanted | None = None, owner: str = ""
) -> Read:
    """The answers in files and folders, folders in the order of their names; what is in `without` is passed over.

    What a pair or a group handed in once is each one's answer. Everything is the `owner`'s, where one is named.
    """
    reader = _Reader(formats(), wanted or Wanted(), owner)
    passed = {path.resolve() for path in without}
    found = [file for path in paths for file in files(path, passed)]
    reader.look_around(file.path for file in found if isinstance(file, File))
    for file in found:
        for one in reader.read(file) if isinstance(file, File) else (file,):
            if isinstance(one, Answer) and (students := each(one.student)) != (one.student,):
                yield from (one._replace(student=student) for student in students)
            else:
                yield one
    yield from reader.not_there()


@final
class _Reader:
    """Reads files in the formats there are, knowing who handed in together."""

    def __init__(self, known: Mapping[str, Format], wanted: Wanted, owner: str) -> None:
        self.known, self.wanted, self.owner = known, wanted, owner
        self.owners: dict[str, str] = {}
        self.columns: set[str] = set()  # that any table has, where some are wanted by name

    def look_around(self, paths: Iterable[Path]) -> None:
        """Finds the groups that worksheets name, and the submitters that Gradescope names."""
        for path in paths:
            if path.name == METADATA or (path.suffix.casefold() in (".csv", ".txt") and _size(path) <= MOST_ROSTER):
                text = _text(File(path))
                if isinstance(text, str):
                    self.owners |= submitters(text) if path.name == METADATA else groups(text)

    def read(self, file: File) -> Read:
        """The answers in a file, in an archive, or in a spreadsheet."""
        if file.path.name == METADATA:
            text = _text(file)
            yield from submitted_at(text, file.source) if isinstance(text, str) else (text,)
            return
        kind = kind_of(file.path) if _starts(file.path, MAGIC) else "text"
        if kind == "archive":
            yield from self._archive(file)
            return
        if kind == "document":
            text = Problem(file.source, 0, "document")
        elif kind == "workbook" and _size(file.path) <= MOST_BYTES:
            text = _of_workbook(file.path.read_bytes(), file.source)
        else:
            text = _text(file)
        yield from self._text(text, file.source, self._owner_of(file.source))

    def not_there(self) -> Iterator[Problem]:
        """The columns that were named by hand and that no table has."""
        for role, name in self.wanted.columns.items():
            if plain(name) not in self.columns:
                yield Problem("--map", 0, "no_such_column", f"{role}={name}")

    def _owner_of(self, source: str) -> str:
        return self.owner or owner_of(source, self.owners)

    def _archive(self, file: File) -> Read:
        """Each member by itself, as if the archive were a folder."""
        metadata = decoded(member_named(file.path, METADATA))
        self.owners |= submitters(metadata)
        yield from submitted_at(metadata, f"{file.source}/{METADATA}")
        for one in members(file.path, file.source):
            if isinstance(one, Problem):
                yield one
                continue
            source = f"{file.source}/{_shown(one.name)}"
            owner = self._owner_of(source)
            if isinstance(one, Member):
                if one.name.rpartition("/")[2] != METADATA:
                    book = one.data.startswith(MAGIC)
                    text = _of_workbook(one.data, source) if book else _said(one.data, source)
                    yield from self._text(text, source, owner)
            else:
                yield Problem(source, 0, one.reason)
                yield from _waits(owner, source)

    def _text(self, text: str | Problem, source: str, owner: str) -> Read:
        """The answers in a text; where its owner is known, all of them are the owner's."""
        if owner and isinstance(text, str) and len(text) > MOST_OF_ONE:
            text = Problem(source, 0, "file_too_big")
        if isinstance(text, str):
            table = head_of(text) if self.wanted.columns else None
            self.columns |= set(table.names) if table else set()
        found = self._recognised(text, source, owner)
        if not owner:
            yield from times(self.wanted.renamed(text), source) if isinstance(text, str) else ()
            yield from found
            return
        for one in found:
            yield one._replace(student=owner) if isinstance(one, Answer) else one
            if isinstance(one, Problem) and one.line == 0:
                yield from _waits(owner, source)

    def _recognised(self, text: str | Problem, source: str, owner: str) -> Read:
        if isinstance(text, Problem):
            yield text
            return
        if is_online_text(source):
            text = unmarked(text)
        if not text.strip(EDGES):
            yield Problem(source, 0, "empty_file")
            return
        renamed = self.wanted.renamed(text)
        forced = self.known.get(self.wanted.format)
        one = forced or next((one for one in self.known.values() if one.recognises(renamed)), None)
        if one is not None:
            owned: Callable[[str, str, str], Read] | None = getattr(one, "read_owned", None)
            yield from owned(renamed, source, owner) if owner and owned else one.read(renamed, source)
        elif not is_gradebook(text, self.wanted.names):
            yield Problem(source, 0, "binary" if "\0" in text[:HEAD] else "file_type")


def _waits(owner: str, source: str) -> Read:
    """That somebody handed in what nobody can read."""
    if owner:
        yield Answer(owner, "", "", "", source, 0, "unplaced")


def _of_workbook(data: bytes, source: str) -> str | Problem:
    from grader import workbook  # openpyxl is needed for nothing else

    try:
        return workbook.text_of(data)
    except workbook.Unopened as problem:
        return Problem(source, 0, str(problem))


def _shown(name: str) -> str:
    return name.encode("utf-8", errors="replace").decode()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _starts(path: Path, magic: bytes) -> bool:
    """Whether a file begins with these bytes."""
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


def files(path: Path, passed: set[Path]) -> Iterator[File | Problem]:
    """The files below a path that may hold answers: hidden ones, notes for readers and links out are left."""
    if not path.is_dir():
        yield File(path)
        return
    for folder, inside, names in os.walk(path):
        inside[:] = sorted(
            name for name in inside if not _hidden(name) and (Path(folder) / name).resolve() not in passed
        )
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_symlink():
                yield Problem(named(file), 0, "link")
            elif not _hidden(name) and file.resolve() not in passed:
                yield File(file)


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$", "__MACOSX")) or name.casefold() in NOT_ANSWERS


def _text(file: File) -> str | Problem:
    """The file's text; bytes that are not UTF-8 stay marked, so that only their rows are lost."""
    try:
        if not file.path.is_file():
            return Problem(file.source, 0, "cannot_open" if file.path.exists() else "not_found")
        if file.path.stat().st_size > MOST_BYTES:
            return Problem(file.source, 0, "file_too_big")
        return _said(file.path.read_bytes(), file.source)
    except OSError as problem:
        return Problem(file.source, 0, "cannot_open", problem.strerror or type(problem).__name__)


def _said(data: bytes, source: str) -> str | Problem:
    reason = not_text(data)
    return Problem(source, 0, reason) if reason else decoded(data)


def decoded(data: bytes) -> str:
    r"""Bytes as text: UTF-8 with or without its mark, UTF-16 with one, the Hebrew code page of Windows.

    What is none of these becomes lone surrogates.

    >>> decoded("תשובה: 48".encode("cp1255")), decoded("caf\u00e9".encode("latin-1"))
    ('תשובה: 48', 'caf\udce9')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    return (_hebrew(data) or text) if undecodable(text) else text


def _hebrew(data: bytes) -> str:
    """Bytes read as Windows reads Hebrew, where that gives Hebrew words and next to nothing else that is no ASCII."""
    try:
        text = data.decode("cp1255")
    except UnicodeDecodeError:
        return ""
    foreign = [one for one in text[:HEAD] if one > "\x7f" and one not in EDGES]
    letters = sum("\u05d0" <= one <= "\u05ea" for one in foreign)
    words = _WORD.search(text) and not _MIXED.search(text) and not _CONTROL.search(text)
    return text if words and letters >= 0.9 * len(foreign) else ""


def named(path: Path) -> str:
    """A path as text that can be written anywhere."""
    return os.fsencode(path.as_posix()).decode("utf-8", errors="replace")


def undecodable(text: str) -> bool:
    """Whether a text holds bytes that were not UTF-8."""
    return not text.isascii() and _LONE.search(text) is not None
