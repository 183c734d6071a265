"""The practical on LeNet-5: four step sizes, a training at the chosen one, early stopping beside it, and the test.

    practical(data, …)      everything, going on from what is saved in a folder
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from exercises.practical.mnist import Mnist
from exercises.practical.record import ETAS, Line, Result, tuples
from exercises.practical.training import BATCH, Curves, Settings, evaluate, logits_of, train

SHOWN = 20
SWEPT = 3
"""Epochs for each step size that is compared."""
DIGITS = 4

Report = Callable[[str, int, int, float], None]
"""Told the name of a run, its step, how many it has, and its training cost."""


def practical(
    data: Mnist, *, eta: float = 0.3, etas: Sequence[float] = ETAS, epochs: int = 20, swept: int = SWEPT,
    seed: int = 0, device: str = "cpu", batch: int = BATCH, saved: Path | None = None, report: Report | None = None,
) -> Result:  # fmt: skip
    """The whole practical; runs that are saved in the folder are not run again."""
    per_epoch = -(-len(data.train) // batch)

    def run(name: str, size: float, many: int) -> Any:
        settings = Settings(size, many, batch, seed, device)
        path = None if saved is None else saved / f"{name}.pt"
        tell = None if report is None else lambda step, cost: report(name, step, per_epoch * many, cost)
        return train(data, settings, saved=path, progress=tell)

    sweep = tuple(_line(size, run(f"eta-{size:g}", size, swept).curves) for size in etas)
    trained = run(f"training-{eta:g}", eta, epochs)
    said = logits_of(trained.network, data.test).argmax(1).cpu()
    first = data.test.part(slice(SHOWN))
    made = {
        "seed": seed, "batch": batch, "epochs": epochs, "swept": swept, "torch": torch.__version__,
        "data": data.source, "train": len(data.train), "validation": len(data.validation), "test": len(data.test),
    }  # fmt: skip
    return Result(
        sweep=sweep,
        main=_line(eta, trained.curves),
        last=evaluate(trained.network, data.test),
        early=evaluate(trained.early, data.test),
        confusion=_confusion(data.test.labels, said),
        shown=tuple(zip(first.labels.tolist(), said[:SHOWN].tolist(), strict=True)),
        pixels=tuples((first.images[:, 0] * 255).round().int().tolist()),
        filters=tuples([_rounded(kernel) for kernel in trained.network.conv1.weight.detach().cpu()[:, 0].tolist()]),
        made=made,
    )


def _line(eta: float, curves: Curves) -> Line:
    validation = tuple(_short(each.cost) for each in curves.validation)
    errors = tuple(each.error for each in curves.validation)
    train_costs = tuple(map(_short, curves.train))
    return Line(eta, tuple(curves.steps), train_costs, validation, errors, curves.best, curves.diverged)


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if isfinite(value) else None


def _rounded(kernel: list[list[float]]) -> list[list[float | None]]:
    return [[_short(value) for value in row] for row in kernel]


def _confusion(labels: Any, said: Any) -> tuple[tuple[int, ...], ...]:
    counts = torch.bincount(labels * 10 + said, minlength=100).reshape(10, 10)
    table: tuple[tuple[int, ...], ...] = tuples(counts.tolist())
    return table
