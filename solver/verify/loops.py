"""Oracles that count one by one. They share no code and no formula with the rules: windows are slid, weights and
multiplications are ticked off, pixels are marked. They need no torch.

    ORACLES: rule name -> (premises -> value); an oracle answers None where there is too much to count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

from solver.verify.models import imitated, order_ignored

MOST_TICKS = 3_000_000

Premises: TypeAlias = Mapping[str, Any]
Oracle: TypeAlias = Callable[[Premises], Any]


def _ticks(*lengths: int) -> int | None:
    """How often the body of nested loops runs; where there are many turns the inner loop is ticked as a whole."""
    outer, inner = lengths[:-1], lengths[-1]
    turns = 1
    for length in outer:
        turns *= length
    if turns * inner <= 20_000:
        return sum(1 for _ in product(*map(range, lengths)))
    if turns > MOST_TICKS:
        return None
    row = range(inner)
    count = 0
    for _ in product(*map(range, outer)):
        count += len(row)
    return count


def _sorted_ticks(*lengths: int) -> int | None:
    """As _ticks, with the longest loop inside."""
    return _ticks(*sorted(lengths))


def _plus(count: int | None, more: int | None) -> int | None:
    return None if count is None or more is None else count + more


def _axes(premises: Premises, letter: str, suffix: str = "") -> list[int]:
    """The premises called letter or letter_axis, as K, K_h, K_w."""
    return [
        value for name, value in premises.items() if name in {letter + axis + suffix for axis in ("", "_d", "_h", "_w")}
    ]


def _positions(premises: Premises) -> list[int]:
    return [value for name, value in premises.items() if name.endswith("_out") and name != "C_out"]


def windows(premises: Premises) -> int:
    """Slides a window over the padded input and counts where it fits."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    count, first = 0, -p
    while first + (k - 1) * d <= n + p - 1:
        count += 1
        first += s
    return count


def weights(premises: Premises) -> int | None:
    """Ticks off every weight of every filter of every group."""
    groups = premises.get("g", 1)
    if premises["C_in"] % groups or premises["C_out"] % groups:
        return None
    filters, channels = premises["C_out"] // groups, premises["C_in"] // groups
    return _sorted_ticks(groups, filters, channels, *_axes(premises, "K"))


def multiplied(premises: Premises) -> int | None:
    """Ticks off every weight at every output position."""
    groups = premises.get("g", 1)
    channels = premises["C_in"] // groups
    return _sorted_ticks(premises["C_out"], *_positions(premises), channels, *_axes(premises, "K"))


def field_size(premises: Premises) -> int:
    """Marks the pixels that each cell of the kernel sees and measures the marked stretch."""
    marked: set[int] = {
        cell * premises["d"] * premises["j"] + pixel for cell in range(premises["k"]) for pixel in range(premises["r"])
    }
    return max(marked) - min(marked) + 1


def field_repeated(premises: Premises) -> int:
    """Marks pixels through one layer after the other, each of stride 1."""
    marked = set(range(premises["r"]))
    for _ in range(premises["L"]):
        steps = [cell * premises["d"] * premises["j"] for cell in range(premises["k"])]
        marked = {pixel + step for pixel in marked for step in steps}
    return max(marked) - min(marked) + 1


def union_size(premises: Premises) -> int:
    """Marks what each path sees and measures the marked stretch."""
    paths = range(1, len(premises) // 2 + 1)
    marked = {premises[f"a_{path}"] + pixel for path in paths for pixel in range(premises[f"r_{path}"])}
    return max(marked) - min(marked) + 1


def _walked(start: int, steps: int, step: int) -> int:
    for _ in range(steps):
        start += step
    return start


def _cells(premises: Premises, letter: str) -> list[Any]:
    found = [(int(name[2:]), value) for name, value in premises.items() if name.startswith(letter + "_")]
    return [value for _, value in sorted(found)]


def correlated(premises: Premises) -> Any:
    """Multiplies cell by cell and adds."""
    value = premises.get("b", 0)
    for x, w in zip(_cells(premises, "x"), _cells(premises, "w"), strict=True):
        value += x * w
    return value


def averaged(premises: Premises) -> Fraction:
    """Adds the cells and shares the sum out."""
    cells = _cells(premises, "x")
    return sum(map(Fraction, cells), Fraction(0)) / len(cells)


def added(premises: Premises) -> Any:
    """Adds the terms from last to first."""
    value: Any = 0
    for term in reversed(list(premises.values())):
        value = term + value
    return value


ORACLES: dict[str, Oracle] = {
    "window.output_size": windows,
    "field.size": field_size,
    "field.jump": lambda at: _walked(0, at["s"], at["j"]),
    "field.start": lambda at: _walked(at["a"], at["p"], -at["j"]),
    "field.repeated": field_repeated,
    "field.union_start": lambda at: sorted(at.values())[0],
    "field.union_size": union_size,
    "concatenation.channels": added,
    "convolution.channels": lambda at: sum(1 for _ in range(at["m"])),
    "convolution.weights": weights,
    "convolution.parameters": lambda at: _plus(weights(at), _ticks(at["C_out"])),
    "convolution.multiplications": multiplied,
    "convolution.value": correlated,
    "max_pooling.value": lambda at: sorted(_cells(at, "x"))[-1],
    "average_pooling.value": averaged,
    "average_pooling.multiplications": lambda at: _sorted_ticks(at["C"], *_positions(at)),
    "dense.weights": lambda at: _sorted_ticks(at["D_in"], at["D_out"]),
    "dense.parameters": lambda at: _plus(_sorted_ticks(at["D_in"], at["D_out"]), _ticks(at["D_out"])),
    "dense.multiplications": lambda at: _sorted_ticks(at["D_in"], at["D_out"]),
    "dense.multiplications_each": lambda at: _sorted_ticks(at["P"], at["D_in"], at["D_out"]),
    "flatten.features": lambda at: _sorted_ticks(*at.values()),
    "mlp.represents": imitated,
    "order.ignored": order_ignored,
    "sharing.same_count": lambda at: not set(range(at["N_1"])) ^ set(range(at["N_2"])),
    "product": lambda at: _sorted_ticks(at["a"], at["b"]),
    "ratio": lambda at: Fraction(at["N_1"], at["N_2"]),
    "total": added,
}
