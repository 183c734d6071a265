"""Steps of imported networks that have no layer kind of torch's: what functions and operators do to signals.

Shapes are without a batch axis, as everywhere. A step that mixes positions of the input says `whole input`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias, final

from solver.derivation import DoesNotFit, Quantity, law, value_of
from solver.layers.base import WHOLE, AxisField, Elementwise, Field, Join, Layer
from solver.sizes import Polynomial, Size
from solver.values import Shape, Value

Sizes: TypeAlias = "tuple[Any, ...]"


def product(sizes: Iterable[Any]) -> Any:
    """The product of sizes, 1 of none."""
    return prod(sizes, start=1)


def quotient(whole: Any, part: Any) -> Any:
    """whole / part where it has no remainder whatever the symbols are, else None.

    >>> H, W = Size.symbol("H"), Size.symbol("W")
    >>> quotient(12*H*W, 4*H), quotient(H, 2)
    (3*W, None)
    """
    if whole == part:
        return 1
    if isinstance(whole, int) and isinstance(part, int):
        return whole // part if part and whole % part == 0 else None
    below = _monomial(part)
    terms = _terms(whole)
    if below is None or terms is None:
        return None
    divisor, factor = below
    made: dict[tuple[Size, ...], int] = {}
    for monomial, count in terms:
        left = list(monomial)
        for size in divisor:
            if size not in left:
                return None
            left.remove(size)
        if count % factor:
            return None
        made[tuple(left)] = count // factor
    return simple(Polynomial.of(made))


def simple(count: Any) -> Any:
    """A polynomial that is one size as that size."""
    if isinstance(count, Polynomial) and sum(1 for monomial, _ in count.terms if monomial) == 1:
        value: Any = 0
        for monomial, factor in count.terms:
            if len(monomial) > 1:
                return count
            value = value + factor * (monomial[0] if monomial else 1)
        return value
    return count


def _terms(value: Any) -> tuple[tuple[tuple[Size, ...], int], ...] | None:
    many = value if isinstance(value, Polynomial) else (value + Size.symbol("_")) - Size.symbol("_") if False else value
    if isinstance(many, Size):
        many = Polynomial.of({}) + many if False else many**1
    return many.terms if isinstance(many, Polynomial) else None


def _monomial(value: Any) -> tuple[tuple[Size, ...], int] | None:
    if isinstance(value, int):
        return ((), value) if value else None
    terms = _terms(value)
    return terms[0] if terms is not None and len(terms) == 1 else None
