"""What the practical found, as values and as JSON; the run that exercises ask about is committed here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final, final

from solver.frozen import frozen

RECORD: Final = Path(__file__).parent / "lenet5.json"
"""A run on the whole of MNIST; `tirgul practical lenet5 --record` writes it anew."""
ETAS: Final = (0.03, 0.1, 0.3, 1.0)
"""The step sizes that are compared; the chapter gives 0.3 alone."""


@final
@frozen
class Evaluation:
    """Mean cost and share of errors on a set."""

    cost: float
    error: float


@final
@frozen
class Line:
    """A run's curves as a report draws them; a cost that is no number any more is None."""

    eta: float
    steps: tuple[int, ...]
    train: tuple[float | None, ...]
    validation: tuple[float | None, ...]
    errors: tuple[float, ...]
    best: int
    diverged: bool


@final
@frozen
class Result:
    """What the practical found.

    sweep       curves of each step size                    main        curves of the training at the chosen one
    last, early the test at the end, and with the parameters of the smallest validation cost
    confusion   [label][prediction] -> images of the test   shown       label and prediction of the first test images
    pixels      those images, 0 to 255                      filters     the kernels of C1
    made        seed, batch, epochs, versions, the data and how many images each set has
    """

    sweep: tuple[Line, ...]
    main: Line
    last: Evaluation
    early: Evaluation
    confusion: tuple[tuple[int, ...], ...]
    shown: tuple[tuple[int, int], ...]
    pixels: tuple[tuple[tuple[int, ...], ...], ...]
    filters: tuple[tuple[tuple[float, ...], ...], ...]
    made: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """A hash of all of it, printed beside what rests on it."""
        from hashlib import sha256  # brings OpenSSL, and answers are judged without

        return sha256(self.to_json().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """The result as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Result:
    """A result that was written as JSON."""
    held = json.loads(text)
    (main,), sweep = (tuple(map(_line_from, lines)) for lines in ([held["main"]], held["sweep"]))
    last, early = (Evaluation(**held[key]) for key in ("last", "early"))
    rest: dict[str, Any] = {key: tuples(held[key]) for key in ("confusion", "shown", "pixels", "filters")}
    return Result(sweep=sweep, main=main, last=last, early=early, made=held["made"], **rest)


def _line_from(held: Mapping[str, Any]) -> Line:
    return Line(**{name: tuples(value) for name, value in held.items()})


def tuples(value: Any) -> Any:
    """Lists in lists as tuples, which do not change."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


@cache
def recorded() -> Result:
    """The run that is committed."""
    return from_json(RECORD.read_text(encoding="utf-8"))
