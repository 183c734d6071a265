"""Where the chapters are wrong, or say more or less than they need: each place with what is right and a check of it.

A check is run when it is asked for, and answers whether things are as we say. One that needs torch or data says so and
is left out without them.

    tutorial    tutorial 11: CNN and initialisation
    residual    the chapter on residual networks
    tools       what other tools print, where it bears on the chapters
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Literal, TypeAlias, final

from exercises.exercise import Text
from solver.frozen import frozen
from solver.verify.check import Check

By: TypeAlias = Literal["counts", "values", "symbols", "models", "source", "torch", "data"]
DATA = "TIRGUL_DATA"
MNIST = Path("mnist") / "t10k-images-idx3-ubyte.gz"


@final
@frozen(slots=True)
class Erratum:
    """One place: where, what is said there, what is right, and the check that shows it.

    `by` is what the check does, a key of the catalogs: it counts, computes values, works with symbols, tries finite
    models, reads the printed source, asks torch, or looks at data.
    """

    id: str
    where: Text
    says: Text
    right: Text
    by: By
    shown: Callable[[], bool]


def everything() -> Sequence[Erratum]:
    """Every entry, chapter by chapter."""
    from exercises.errata import residual, tools, tutorial  # each rests on this module

    return (*tutorial.ENTRIES, *residual.ENTRIES, *tools.ENTRIES)


def missing(erratum: Erratum) -> str:
    """What a check needs that is not here, a key of the catalogs: "torch", "data", or nothing."""
    if erratum.by == "torch" and not find_spec("torch"):
        return "torch"
    if erratum.by == "data" and not (Path(os.environ.get(DATA, "")) / MNIST).is_file():
        return "data"
    return ""


def checked(erratum: Erratum) -> Check:
    """Runs the check: verified, refuted (we are wrong ourselves), or inconclusive where something is missing."""
    if lacking := missing(erratum):
        return Check(erratum.id, erratum.by, "inconclusive", because=lacking)
    started = perf_counter()
    verdict: Literal["verified", "refuted"] = "verified" if erratum.shown() else "refuted"
    return Check(erratum.id, erratum.by, verdict, seconds=perf_counter() - started)
