"""Facts of a network with symbols, and for which numbers they are what is wanted.

    value(network, "output_size", shape)    sizes as formulas in the symbols of the input and of hyper-parameters
    solutions(value, 7, ["H"])              every H that leads to it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any, Final, TypeAlias

from solver.analysis import NetworkAnalysis, analyze
from solver.derivation import DoesNotFit, value_of
from solver.inverse import Between
from solver.layers.base import Layer, input_field
from solver.layers.composite import Composite
from solver.notation.evaluation import evaluate
from solver.notation.tree import names
from solver.solving import first_at_least
from solver.values import Shape, Size, Value, as_formula

FACTS: Final = ("output_size", "parameters", "multiplications", "macs", "receptive_field")
MOST_TRIED: Final = 100_000
MOST_USUAL: Final = 50_000
LARGEST: Final = 4096

Found: TypeAlias = "Between | tuple[dict[str, int], ...]"


def value(network: Layer, fact: str, shapes: Sequence[Shape]) -> Value:
    """A fact of a network: a shape, a count, or the sizes of a field, axis by axis.

    >>> from solver.networks.text import read_network
    >>> value(read_network("Repeat(Conv2d(8, K), L)"), "receptive_field", ())[0]
    L*(K - 1) + 1
    """
    if fact == "receptive_field" and not shapes:
        return tuple(value_of(axis.size) for axis in network.reach(input_field(axes_of(network))))
    said = analyze(network, *shapes)
    match fact:
        case "output_size":
            return said.output
        case "receptive_field":
            return tuple(value_of(axis.size) for axis in said.field) or Shape(said.input[1:])
        case _:
            count: Value = getattr(said, fact)
            return count


def axes_of(network: Layer) -> int:
    """How many axes the first layer slides along; 2 where it does not say."""
    axes = getattr(network, "axes", None)
    if isinstance(axes, int):
        return axes
    inner = getattr(network, "layers", getattr(network, "paths", (getattr(network, "layer", None),)))
    parts = inner if isinstance(network, Composite) else ()
    return next((axes_of(part) for part in parts if isinstance(part, Layer)), 2)


def symbols_in(said: Value) -> tuple[str, ...]:
    """The names of the symbols of a value."""
    return names(as_formula(said))


def solutions(
    said: Value, wanted: int, unknown: Sequence[str], ranges: Mapping[str, Iterable[int]] | None = None
) -> Found:
    """All numbers for the unknown names with which a value is the one that is wanted; there are no other symbols.

    >>> H = Size.symbol("H")
    >>> print(solutions((H + 31) // 32, 7, ["H"]))
    H = 193..224
    """
    if isinstance(said, Size) and unknown == [said.name] and not ranges:
        return Between(said.name, first_at_least(said, wanted), first_at_least(said, wanted + 1) - 1)
    formula = as_formula(said)
    spans = [(ranges or {}).get(name) or usual(name, len(unknown)) for name in unknown]
    points = islice(product(*spans), MOST_TRIED)
    found = (dict(zip(unknown, point, strict=True)) for point in points)
    return tuple(point for point in found if _at(formula, point) == wanted)


def _at(formula: Any, point: Mapping[str, int]) -> Any:
    try:
        made = evaluate(formula, point)
    except (ZeroDivisionError, DoesNotFit):
        return None
    return made if isinstance(made, int | Fraction) else None


def usual(name: str, unknown: int) -> range:
    """The numbers that are tried for one of so many names where no range is given; a padding begins at 0.

    >>> usual("K", 1), usual("P", 3)
    (range(1, 4097), range(0, 36))
    """
    first = 0 if name.startswith("P") else 1
    return range(first, first + (LARGEST if unknown == 1 else int(MOST_USUAL ** (1 / unknown))))


def closed_forms(said: Value, wanted: Value, unknown: str) -> Iterator[Value]:
    """The unknown as a formula in the other symbols: P = (K - 1)/2 where the size stays H.

    >>> from solver.networks.text import read_network
    >>> sizes = value(read_network("Conv2d(8, K, padding=P)"), "output_size", (Shape((3, Size("H"), Size("W"))),))
    >>> [*closed_forms(sizes[1], Size.symbol("H"), "P")]
    [(K - 1)/2]
    """
    from sympy import solve, together  # SymPy, only where something is solved

    from solver.symbols import expression, size_symbol

    found = solve(expression(said) - expression(wanted), size_symbol(unknown))
    yield from map(together, found)


def same_output(network: Any, shape: Shape) -> tuple[NetworkAnalysis, tuple[Between, ...]]:
    """The analysis with symbols for the sizes of an input, and for each symbol all sizes with the same output.

    >>> _, (rows, columns) = same_output("Conv2d(8, 3, stride=2) MaxPool2d(2)", Shape((3, 33, 40)))
    >>> print(rows, columns, sep=", ")
    H = 33..36, W = 37..40
    """
    letters = {2: ("L",), 3: ("H", "W"), 4: ("D", "H", "W")}.get(len(shape), ())
    if not letters or not all(isinstance(size, int) for size in shape):
        raise DoesNotFit("same_output", {"shape": shape})
    said = analyze(network, (shape[0], *letters))
    before = analyze(network, shape)
    found = []
    for letter, size in zip(letters, shape[1:], strict=True):
        least, most = 1, None
        for row, known in zip(said.outputs[0], before.outputs[0], strict=True):
            if isinstance(row, Size) and row.name == letter and isinstance(known, int):
                inside = Between(letter, first_at_least(row, known), first_at_least(row, known + 1) - 1)
                least, most = max(least, inside.least), min(inside.most or 0, most or inside.most or 0)
        lowest = (said.smallest or {}).get(letter, 1)
        found.append(Between(letter, max(least, lowest), most))
        assert isinstance(size, int)
    return said, tuple(found)
