"""What a worker does, wherever it runs: bytes with questions in, bytes with judgements out.

    judge_chunk(question(path, asked)) -> Said().of(…) reads them

A chunk says in which folders exercises are found, so that any process that has these folders can judge it. A worker
keeps what it has worked out for later chunks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, final

from exercises.library import Library, SearchPath
from grader.judge import Likeness, Marker, PartMarker
from grader.packing import packed, unpacked
from grader.verdict import Judgement, Review

CRASHED = "internal"
MOST_MARKERS = 64
MOST_SHARED = 1_000  # parts of variants


@final
class Asked(NamedTuple):
    """All that a judgement rests on: equal ones are judged once.

    `earlier` are the same student's answers, not right, to parts that this one may rest on.
    """

    exercise: str
    variant: str
    part: str
    text: str
    earlier: tuple[tuple[str, str], ...] = ()


def question(path: SearchPath, asked: Sequence[Asked]) -> bytes:
    """A chunk for a worker."""
    return json.dumps([[str(folder) for folder in path], asked]).encode()


@final
class Said:
    """What workers said, equal judgements of several chunks read once and as one object."""

    def __init__(self) -> None:
        self._known: dict[bytes, Judgement] = {}

    def of(self, data: bytes, asked: Sequence[Asked]) -> list[Judgement]:
        """What a worker said of a chunk; raises ValueError where that is not a judgement for each question."""
        places, *different = data.split(b"\n")
        try:
            said = [self._read(different[place]) for place in unpacked(places)]
        except (TypeError, IndexError) as problem:
            raise ValueError(f"not judgements and their places: {problem}") from problem
        for judgement, one in zip(said, asked, strict=True):
            if not isinstance(judgement, Judgement) or (judgement.part, judgement.answer) != (one.part, one.text):
                raise ValueError("an answer to another question")
        return said

    def _read(self, line: bytes) -> Judgement:
        known = self._known.get(line)
        if known is None:
            known = self._known[line] = unpacked(line)
        return known


def judge_chunk(data: bytes) -> bytes:
    """For each question of a chunk, in order, the place of its judgement among the lines that follow, all different.

    Parts that are alike in several variants share judgements.
    """
    path, asked = json.loads(data)
    judged = [_bench(tuple(path), one[0]).judged(Asked(*one)) for one in asked]
    different = {id(one): one for one in judged}
    place = {name: at for at, name in enumerate(different)}
    lines = (tuple(place[id(one)] for one in judged), *different.values())
    return "\n".join(map(packed, lines)).encode()


@lru_cache(2)  # exercises come one after the other, and the variants of each take room
def _bench(path: tuple[str, ...], _: str) -> Bench:
    return Bench(Library(tuple(map(Path, path))))


@final
class Bench:
    """Judges with one marker an exercise and variant, the last of which are kept."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._shared: dict[Likeness, PartMarker] = {}
        self._marker = lru_cache(MOST_MARKERS)(self._made)

    def __call__(self, asked: Sequence[Asked]) -> list[Judgement]:
        """The judgements, in order."""
        return [self.judged(one) for one in asked]

    def judged(self, asked: Asked) -> Judgement:
        """One judgement."""
        try:
            marker = self._marker(asked.exercise, asked.variant)
            return marker.judge(asked.part, asked.text, dict(asked.earlier))
        except Exception:  # a fault of ours must cost neither this student nor the rest of the class
            return Judgement(asked.part, asked.text, "", Review(CRASHED))

    def _made(self, exercise: str, variant: str) -> Marker:
        if len(self._shared) > MOST_SHARED:
            self._shared.clear()
        return Marker(self._library.instance(exercise, variant), self._shared)
