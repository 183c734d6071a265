"""Small exact models of layers, on which claims about kinds of layers are tried with integers.

Each model maps a list of integers to a list of numbers with fixed weights that have no structure of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any, TypeAlias

from solver.derivation import value_of
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.grid import Grid
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d

Model: TypeAlias = Callable[[list[int]], list[Any]]

CELLS = 16
ROUNDS = 40


def _weights(sizes: tuple[int, ...], count: int) -> Grid:
    random = Random(count)
    return Grid(sizes, tuple(random.randint(-9, 9) for _ in range(count)))


def _listed(grid: Grid) -> list[Any]:
    return [value_of(cell) for cell in grid.cells]


def _dense(x: list[int]) -> list[Any]:
    rows = _weights((3, CELLS), 3 * CELLS).cells
    return [sum(rows[row * CELLS + i] * x[i] for i in range(CELLS)) for row in range(3)]  # type: ignore[operator, misc]  # integers


MODELS: dict[str, Model] = {
    "Conv1d": lambda x: _listed(Conv1d(2, 3).compute(Grid((1, CELLS), tuple(x)), _weights((2, 1, 3), 6))),
    "Conv2d": lambda x: _listed(Conv2d(2, 2).compute(Grid((1, 4, 4), tuple(x)), _weights((2, 1, 2, 2), 8))),
    "AvgPool1d": lambda x: _listed(AvgPool1d(2).compute(Grid((1, CELLS), tuple(x)))),
    "AvgPool2d": lambda x: _listed(AvgPool2d(2).compute(Grid((1, 4, 4), tuple(x)))),
    "MaxPool1d": lambda x: _listed(MaxPool1d(2).compute(Grid((1, CELLS), tuple(x)))),
    "MaxPool2d": lambda x: _listed(MaxPool2d(2).compute(Grid((1, 4, 4), tuple(x)))),
    "Linear": _dense,
    "Flatten": list,
    "ReLU": lambda x: [max(value, 0) for value in x],
    "Identity": list,
}


def _inputs(seed: int) -> Iterator[list[int]]:
    random = Random(seed)
    while True:
        yield [random.randint(-9, 9) for _ in range(CELLS)]


def is_linear(model: Model) -> bool:
    """Whether f(a x + y) = a f(x) + f(y) on random integers."""
    inputs = _inputs(1)
    for a in range(-ROUNDS // 2, ROUNDS // 2):
        x, y = next(inputs), next(inputs)
        mixed = model([a * u + v for u, v in zip(x, y, strict=True)])
        if mixed != [a * u + v for u, v in zip(model(x), model(y), strict=True)]:
            return False
    return True


def is_elementwise(model: Model) -> bool:
    """Whether changing one input changes no other output, on random integers."""
    inputs = _inputs(2)
    for cell, _ in product(range(CELLS), range(4)):
        x = next(inputs)
        changed = [*x[:cell], x[cell] + 7, *x[cell + 1 :]]
        before, after = model(x), model(changed)
        if len(before) != CELLS or any(before[other] != after[other] for other in range(CELLS) if other != cell):
            return False
    return True


def imitated(premises: Mapping[str, Any]) -> bool | None:
    """Whether each of these kinds of layers is linear or element-wise in its model; None where one has no model."""
    if not all(kind in MODELS for kind in premises):
        return None
    return all(is_linear(MODELS[kind]) or is_elementwise(MODELS[kind]) for kind in premises)


def order_ignored(premises: Mapping[str, Any]) -> bool:
    """Whether the functions x -> sum of w_i x_i over c of n inputs stay the same set when the inputs are permuted.

    Every function is listed, with weights from {0, 1}, for the windows that c inputs in a row can take.
    """
    n, c = min(premises["n"], 5), premises["c"]
    c = n if c >= premises["n"] else min(c, n - 1)
    functions = {tuple(w[i] if i < c else 0 for i in range(n)) for w in product((0, 1), repeat=n)}
    swapped = {(*function[1:], function[0]) for function in functions}
    return functions == swapped


def _normalised(numbers: list[int]) -> list[Any]:
    """Signed squares of (x - mean)/deviation, which are exact."""
    mean = Fraction(sum(numbers), len(numbers))
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    return [(number - mean) * abs(number - mean) / variance for number in numbers]


READERS: dict[str, Callable[[list[int]], list[Any]]] = {
    "BatchNorm1d": _normalised,
    "BatchNorm2d": _normalised,
    "BatchNorm3d": _normalised,
    "InstanceNorm2d": _normalised,
    "LayerNorm": _normalised,
    "ReLU": lambda numbers: [max(number, 0) for number in numbers],
    "Add": lambda numbers: [number + place for place, number in enumerate(numbers)],
}
"""What stands behind a layer with a bias, on the numbers of one channel; a sum adds numbers of its own."""


def bias_cancelled(premises: Mapping[str, Any]) -> bool | None:
    """Whether each of these layers gives the same with a number added to all it reads; None where one has no model."""
    if not all(kind in READERS for kind in premises):
        return None
    inputs = _inputs(3)
    drawn = [(next(inputs), bias) for bias in range(-ROUNDS // 2, ROUNDS // 2)]
    return all(
        READERS[kind](numbers) == READERS[kind]([number + bias for number in numbers])
        for kind in premises
        for numbers, bias in drawn
    )
