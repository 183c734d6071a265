"""Files that appear whole or not at all, under names that are safe on every system."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

MOST, HASH = 48, 16
_LIKE_HASHED = re.compile(rf"-[0-9a-f]{{{HASH}}}$", re.IGNORECASE)  # nobody takes another's file by choosing an id
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def write(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Writes a file beside its place and then moves it there, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".tirgul-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_mask())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def names(ids: Iterable[str]) -> dict[str, str]:
    """A file name for each id: the id itself where that is safe and nobody else's, else with a hash of it.

    >>> names(["012", "a/b", "Dana", "dana"])["012"], len(set(names(["a/b", "a_b", "Dana", "dana"]).values()))
    ('012', 4)
    """
    given = list(dict.fromkeys(ids))
    often = Counter(map(_folded, given))
    return {one: one if _is_safe(one) and often[_folded(one)] == 1 else _hashed(one) for one in given}


def _folded(name: str) -> str:
    """What file systems that ignore case and composition take a name for."""
    return unicodedata.normalize("NFC", name).casefold()


def _is_safe(name: str) -> bool:
    plain = all(one.isalnum() or one in "_." for one in name.replace("-", "_"))
    ends = name[:1].isalnum() and name[-1:].isalnum() and not _LIKE_HASHED.search(name)
    return plain and ends and len(name) <= MOST and name.casefold().split(".")[0] not in RESERVED


def _hashed(name: str) -> str:
    shown = "".join(one if one.isalnum() else "_" for one in name[:MOST])
    return f"{shown}-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:HASH]}"
