"""Files and folders that were handed in, as text in the format they turn out to have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, TypeAlias, cast, final

from exercises.library import EDGES
from grader.results import Answer, Problem

MOST_BYTES = 64 * 2**20
MOST_CHARACTERS = 100_000  # of one answer
NOT_ANSWERS = frozenset({"readme.md", "thumbs.db", "desktop.ini"})

_WORD = re.compile("[\u05d0-\u05ea]{2}")
_MIXED = re.compile("[a-z][\u05d0-\u05ea]|[\u05d0-\u05ea][a-z]", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")

Read: TypeAlias = Iterator[Answer | Problem]


class Format(Protocol):
    """What a module of this package offers."""

    def recognises(self, text: str) -> bool:
        """Whether a file with this text is in the format."""

    def read(self, text: str, source: str) -> Read:
        """The answers, in the order of the file; what cannot be read is a problem with its line."""


@final
@dataclass(frozen=True, slots=True)
class File:
    """A file to read."""

    path: Path

    @property
    def source(self) -> str:
        """The name by which problems call it: the path, with what is not text in it replaced."""
        return named(self.path)


def formats(package: str = "grader.submissions") -> tuple[Format, ...]:
    """The formats: every module of the package that says what it recognises."""
    modules = (import_module(f"{package}.{found.name}") for found in iter_modules(import_module(package).__path__))
    return tuple(cast("Format", module) for module in modules if hasattr(module, "recognises"))


def submissions(paths: Iterable[Path], without: Iterable[Path] = ()) -> Read:
    """The answers in files and folders, folders in the order of their names; folders in `without` are passed over."""
    known = formats()
    passed = {path.resolve() for path in without}
    for path in paths:
        for file in _files(path, passed):
            yield from _answers(file, known) if isinstance(file, File) else (file,)


def _answers(file: File, known: tuple[Format, ...]) -> Read:
    text = _text(file)
    if isinstance(text, Problem):
        yield text
        return
    if not text.strip(EDGES):
        yield Problem(file.source, 0, "empty_file")
        return
    for one in known:
        if one.recognises(text):
            yield from one.read(text, file.source)
            return
    yield Problem(file.source, 0, "file_type")


def _files(path: Path, passed: set[Path]) -> Iterator[File | Problem]:
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
            elif not _hidden(name):
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
        return decoded(file.path.read_bytes())
    except OSError as problem:
        return Problem(file.source, 0, "cannot_open", problem.strerror or type(problem).__name__)


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
    foreign = [one for one in text if one > "\x7f" and one not in EDGES]
    letters = sum("\u05d0" <= one <= "\u05ea" for one in foreign)
    words = _WORD.search(text) and not _MIXED.search(text) and not _CONTROL.search(text)
    return text if words and letters >= 0.9 * len(foreign) else ""


def named(path: Path) -> str:
    """A path as text that can be written anywhere."""
    return os.fsencode(path.as_posix()).decode("utf-8", errors="replace")


def undecodable(text: str) -> bool:
    """Whether a text holds bytes that were not UTF-8."""
    return any("\ud800" <= character <= "\udfff" for character in text)
