"""Zip files, read member by member and never unpacked: what a class handed in, as one file.

* every member is counted while it is read, so a small file cannot become a big one
* names that lead out of the archive, links, locked and doubled members and archives inside are told of and not read
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, final

from grader.results import Problem

Kind: TypeAlias = Literal["workbook", "document", "archive"]

MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 10_000
MOST_BYTES = 64 * 2**20  # of one member
MOST_IN_ALL = 2**30
MOST_RATIO = 200  # of what a member is to what it was packed into, where it is big
BIG = 2**20
_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\x00-\x1f]")
_PASSED = re.compile(r"(?:^|/)(?:__MACOSX/|\.(?!\.)|~\$|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@final
@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive: its name there, and what it holds."""

    name: str
    data: bytes


@final
@dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read, and why."""

    name: str
    reason: str


def kind_of(file: Path | io.BytesIO) -> Kind:
    """What a zip file is: a spreadsheet, another document of an office, or an archive, also a damaged one."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return "archive"
    if "xl/workbook.xml" in names:
        return "workbook"
    return "document" if {"[Content_Types].xml", "mimetype"} & set(names) else "archive"


def member_named(path: Path, name: str) -> bytes:
    """What the first member holds that has this name in whatever folder; nothing where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist()[:MOST_MEMBERS]:
                if info.filename.rpartition("/")[2] == name and not _refused(info):
                    data = _read(archive, info, MOST_BYTES)
                    return data if isinstance(data, bytes) else b""
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        pass  # told of where its members are read
    return b""


def entries(data: bytes) -> int:
    """How many members the end of an archive says that it has."""
    at = data.rfind(b"PK\x05\x06")
    return int.from_bytes(data[at + 10 : at + 12], "little") if at >= 0 else 0


def members(path: Path, source: str) -> Iterator[Member | Refused | Problem]:
    """The files in an archive, in the order of their names."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 70_000))
            if entries(file.read()) > MOST_MEMBERS:
                yield Problem(source, 0, "archive_too_big")
                return
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, source)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as broken:
        yield Problem(source, 0, "broken_archive", type(broken).__name__)


def _members(archive: zipfile.ZipFile, source: str) -> Iterator[Member | Refused | Problem]:
    seen: set[str] = set()
    left = MOST_IN_ALL
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if info.is_dir() or _PASSED.search(info.filename):
            continue
        folded = unicodedata.normalize("NFC", info.filename).casefold()
        reason = _refused(info) or ("member_twice" if folded in seen else "")
        seen.add(folded)
        if reason:
            yield Refused(info.filename, reason)
            continue
        data = _read(archive, info, min(MOST_BYTES, left))
        if isinstance(data, str):
            yield Refused(info.filename, data)
            continue
        left -= len(data)
        kind = kind_of(io.BytesIO(data)) if data.startswith(MAGIC) else "workbook"
        reason = {"workbook": "", "document": "file_type", "archive": "archive_inside"}[kind]
        yield Refused(info.filename, reason) if reason else Member(info.filename, data)
        if left <= 0:
            yield Problem(source, 0, "archive_too_big")
            return


def _refused(info: zipfile.ZipInfo) -> str:
    """Why a member is not to be read, by what the archive says of it."""
    if _OUT.search(info.orig_filename) or _OUT.search(info.filename):
        return "unsafe_name"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "link"
    if info.flag_bits & 1:
        return "locked"
    if info.file_size > MOST_BYTES or (info.file_size > BIG and info.file_size > MOST_RATIO * info.compress_size):
        return "file_too_big"
    return ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | str:
    """What a member holds, or why it cannot be read."""
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error, zipfile.BadZipFile):
        return "broken_member"
    return data if len(data) <= most else "file_too_big"
