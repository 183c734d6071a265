"""Which version judges: a hash of all code that a judgement rests on."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from exercises.library import SearchPath

PACKAGES = ("solver", "exercises", "grader")
ROOT = Path(__file__).parent.parent


@lru_cache
def version(path: SearchPath) -> str:
    """The version of solver, exercises and grader, and of the exercise files in these folders."""
    known = sha256()
    for folder in (*(ROOT / name for name in PACKAGES), *path):
        for file in sorted(folder.rglob("*.py")):
            known.update(f"{file.relative_to(folder)}\0".encode("utf-8", "surrogatepass"))
            known.update(sha256(file.read_bytes()).digest())
    return known.hexdigest()
