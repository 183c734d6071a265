"""Zip files, read member by member and never unpacked: what a class handed in, as one file.

* every member is counted while it is read, so a small file cannot become a big one
* where an archive holds too much in all, the folders that hold least are read and the others told of
* names that lead out of the archive, links, locked and doubled members and archives inside are told of and not read
"""

from __future__ import annotations

import io
import posixpath
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal, TypeAlias, final

from grader.results import Problem
from solver.frozen import frozen

Kind: TypeAlias = Literal["workbook", "document", "archive"]

MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 10_000
MOST_BYTES = 64 * 2**20  # of one member
MOST_IN_ALL = 2**30
MOST_LISTED = 100_000  # an archive that says it has more is not even listed
MOST_RATIO = 200  # of what a member is to what it was packed into, where it is big
BIG = 2**20
_ENTRY = b"PK\x01\x02"  # that every member's entry in the list begins with
_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\x00-\x1f]")
_PASSED = re.compile(r"(?:^|/)(?:__MACOSX/|\.(?!\.)|~\$|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@final
@frozen(slots=True)
class Member:
    """A file inside an archive: its name there, and what it holds."""

    name: str
    data: bytes


@final
@frozen(slots=True)
class Refused:
    """A member that is not read, and why."""

    name: str
    reason: str


def kind_of(file: Path | io.BytesIO) -> Kind:
    """What a zip file is: a spreadsheet, another document of an office, or an archive, also a damaged one."""
    try:
        with listed(file) as archive:
            names = archive.namelist()
    except FAILURES:
        return "archive"
    if "xl/workbook.xml" in names:
        return "workbook"
    return "document" if {"[Content_Types].xml", "mimetype"} & set(names) else "archive"


def member_named(path: Path, name: str) -> bytes:
    """What the first member holds that has this name in whatever folder; nothing where there is none."""
    try:
        with listed(path) as archive:
            for info in archive.infolist():
                if info.filename.rpartition("/")[2] == name and not _refused(info):
                    data = _read(archive, info)
                    return data if isinstance(data, bytes) else b""
    except FAILURES:
        pass  # told of where its members are read
    return b""


class TooMany(ValueError):
    """An archive that would take gigabytes only to list."""


FAILURES = (OSError, ValueError, NotImplementedError, zipfile.BadZipFile)
"""What may come of opening an archive."""


def listed(file: Path | io.BytesIO, most: int = MOST_LISTED) -> zipfile.ZipFile:
    """An archive, opened; raises TooMany before anything is made of members of which there are too many."""
    found, rest = 0, b""
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as data:
        while block := data.read(BIG):
            found += (rest + block).count(_ENTRY)
            rest = block[-3:]
    if found > most:
        raise TooMany
    return zipfile.ZipFile(file)


def members(path: Path, source: str) -> Iterator[Member | Refused | Problem]:
    """The files in an archive, in the order of their names."""
    try:
        with listed(path) as archive:
            empty = True
            for one in _members(archive):
                empty = False
                yield one
            if empty:
                yield Problem(source, 0, "empty_file")
    except TooMany:
        yield Problem(source, 0, "archive_too_big")
    except FAILURES as broken:
        yield Problem(source, 0, "broken_archive", type(broken).__name__)


def _members(archive: zipfile.ZipFile) -> Iterator[Member | Refused]:
    seen: set[str] = set()
    wanted, too_much = _shared(
        info for info in archive.infolist() if not info.is_dir() and not _PASSED.search(info.filename)
    )
    yield from (Refused(folder, "archive_too_big") for folder in too_much)
    for info in wanted:
        folded = unicodedata.normalize("NFC", info.filename).casefold()
        data = _refused(info) or ("member_twice" if folded in seen else _read(archive, info))
        seen.add(folded)
        if isinstance(data, str):
            yield Refused(info.filename, data)
            continue
        kind = kind_of(io.BytesIO(data)) if data.startswith(MAGIC) else "workbook"
        reason = {"workbook": "", "document": "document", "archive": "archive_inside"}[kind]
        yield Refused(info.filename, reason) if reason else Member(info.filename, data)


def _shared(infos: Iterable[zipfile.ZipInfo]) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """The members to look at, by name, and the folders for which there is no room: nobody's files take another's."""
    given = list(infos)
    safe = [info.filename for info in given if not _OUT.search(info.filename)]
    root = posixpath.commonprefix(safe).rpartition("/")[0]
    start = len(root) + 1 if root else 0
    folders: dict[str, list[zipfile.ZipInfo]] = {}
    for info in given:
        cut = info.filename.find("/", start)
        folders.setdefault(info.filename[: cut + 1] or info.filename, []).append(info)
    wanted: list[zipfile.ZipInfo] = []
    too_much = []
    left = MOST_IN_ALL
    for folder, inside in sorted(folders.items(), key=lambda one: (_size(one[1]), len(one[1]))):
        if len(wanted) + len(inside) > MOST_MEMBERS or _size(inside) > left:
            too_much.append(folder)
        else:
            wanted += inside
            left -= _size(inside)
    return sorted(wanted, key=lambda info: info.filename), sorted(too_much)


def _size(infos: Sequence[zipfile.ZipInfo]) -> int:
    """What members will take once they are read: nothing for those that are not."""
    return sum(0 if _refused(info) else info.file_size for info in infos)


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


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | str:
    """What a member holds, or why it cannot be read."""
    try:
        with archive.open(info) as file:
            return file.read(info.file_size + 1)
    except (*FAILURES, RuntimeError, EOFError, zlib.error):
        return "broken_member"
