"""How large a formula is as a rational function: bounds on its degrees and coefficients, found without computing it."""

from __future__ import annotations

from typing import NamedTuple, final

from solver.notation import limits
from solver.notation.arithmetic import MOMENTS, Undefined
from solver.notation.evaluation import exact
from solver.notation.tree import (
    Add,
    Call,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Pow,
    Relation,
    children,
    names,
    subformulas,
)
from solver.notation.unreadable import Refused


@final
class Magnitude(NamedTuple):
    """Degrees of numerator and denominator, bits of the largest coefficient, and how many functions are opaque."""

    top: int
    bottom: int
    bits: int
    opaque: int


_NAME = Magnitude(1, 0, 1, 0)


def magnitude(formula: Formula, outcomes: int = 1) -> Magnitude:
    """Bounds on the rational function that a formula is; beyond the limits it is refused.

    >>> magnitude(Div(Pow(Name("x"), Number(3)), Name("y"))).top
    3
    """
    match formula:
        case Name():
            return _NAME
        case Number(value, _):
            size = Magnitude(0, 0, value.numerator.bit_length() + value.denominator.bit_length(), 0)
        case Group() | Relation():
            raise Undefined("a list or a condition is no number")
        case _:
            parts = [magnitude(child, outcomes) for child in children(formula) if type(child) is not Relation]
            size = _together(formula, parts, outcomes)
    if size.top + size.bottom > limits.DEGREE:
        raise Refused("exponent_too_big")
    if size.bits > limits.COEFFICIENT_BITS:
        raise Refused("number_too_big")
    return size


def largest(formula: Formula) -> int:
    """How many bits the numbers inside a formula may have where its names are small numbers."""
    sizes = (magnitude(part) for part in subformulas(formula) if not isinstance(part, Relation | Group))
    return max((8 * (size.top + size.bottom) + size.bits for size in sizes), default=0)


def _together(formula: Formula, parts: list[Magnitude], outcomes: int) -> Magnitude:
    """The magnitude of a formula from those of its parts."""
    top = bottom = bits = opaque = 0
    for part in parts:
        top, bottom, bits, opaque = top + part.top, bottom + part.bottom, bits + part.bits, opaque + part.opaque
    match formula:
        case Neg():
            return parts[0]
        case Add():
            highest = max(part.top + bottom - part.bottom for part in parts)
            return Magnitude(highest, bottom, bits + len(parts), opaque)
        case Mul():
            return Magnitude(top, bottom, bits, opaque)
        case Div():
            above, below = parts
            return Magnitude(above.top + below.bottom, above.bottom + below.top, bits, opaque)
        case Pow(_, exponent):
            times = None if names(exponent) else exact(exponent)
            if not isinstance(times, int):
                return Magnitude(1, 0, 1, opaque + 1)
            base, size = parts[0], abs(times)
            top, bottom = (base.top, base.bottom) if times >= 0 else (base.bottom, base.top)
            return Magnitude(top * size, bottom * size, base.bits * size, opaque)
        case Call(function, _) if function in MOMENTS:
            chances = (2 * bottom + 2) * outcomes
            return Magnitude(2 * top + chances, chances, (2 * bits + 64) * outcomes, opaque)
        case Fold(kind, _, _, low, high):
            return _folded(kind, parts[2], low, high)
        case _:
            return Magnitude(1, 0, 1, opaque + 1)


def _folded(kind: str, body: Magnitude, low: Formula, high: Formula) -> Magnitude:
    first, last = (None if names(limit) else exact(limit) for limit in (low, high))
    if kind == "int" or not (isinstance(first, int) and isinstance(last, int)):
        return Magnitude(body.top + body.bottom + 2, body.bottom, body.bits + 2, body.opaque + 1)
    count = max(0, last - first + 1)
    if count > limits.FOLD_TERMS:
        raise Refused("number_too_big")
    top, bottom, bits = body.top + body.bottom + 1, body.bottom, body.bits + 1
    return Magnitude(top * count, bottom * count, bits * count, body.opaque * count)
