"""How large a formula is as a rational function: bounds on its degrees and coefficients, found without computing it.

A formula is a fraction of polynomials with whole coefficients in its names, in its opaque functions, and in the values
and chances of its random names. `bits` bounds log2 of the sum of the absolute coefficients of either.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, final

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
    """Degrees of numerator and denominator, bits of their coefficients, and how many functions are opaque.

    inside  bits of what stands in opaque functions; `UNBOUNDED` where these and `bits` do not bound every coefficient
    """

    top: int
    bottom: int
    bits: int
    opaque: int
    inside: int


UNBOUNDED: Final = limits.COEFFICIENT_BITS
_NAME: Final = Magnitude(1, 0, 1, 0, 0)
_UNKNOWN: Final = frozenset("floor ceil sqrt abs sign max min relu ln sin cos tan sinh cosh tanh erf".split())
"""Functions that are one more unknown each; others are worked out as several, or add what stands in them."""


def magnitude(formula: Formula, outcomes: int = 1) -> Magnitude:
    """Bounds on the rational function that a formula is; beyond the limits it is refused.

    >>> magnitude(Div(Pow(Name("x"), Number(3)), Name("y"))).top
    3
    """
    match formula:
        case Name():
            return _NAME
        case Number(value, _):
            size = Magnitude(0, 0, value.numerator.bit_length() + value.denominator.bit_length(), 0, 0)
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


@lru_cache(maxsize=1024)
def largest(formula: Formula) -> int:
    """How many bits the numbers inside a formula may have where its names are small numbers."""
    sizes = (magnitude(part) for part in subformulas(formula) if not isinstance(part, Relation | Group))
    return max((8 * (size.top + size.bottom) + size.bits for size in sizes), default=0)


def _together(formula: Formula, parts: list[Magnitude], outcomes: int) -> Magnitude:
    """The magnitude of a formula from those of its parts."""
    top = bottom = bits = opaque = inside = 0
    for part in parts:
        top, bottom, bits, opaque = top + part.top, bottom + part.bottom, bits + part.bits, opaque + part.opaque
        inside = max(inside, part.inside)
    match formula:
        case Neg():
            return parts[0]
        case Add():
            highest = max(part.top + bottom - part.bottom for part in parts)
            return Magnitude(highest, bottom, bits + len(parts), opaque, inside)
        case Mul():
            return Magnitude(top, bottom, bits, opaque, inside)
        case Div():
            above, below = parts
            return Magnitude(above.top + below.bottom, above.bottom + below.top, bits, opaque, inside)
        case Pow(_, exponent):
            times = None if names(exponent) else exact(exponent)
            if not isinstance(times, int):
                return Magnitude(1, 0, 1, opaque + 1, max(inside, bits))
            base, size = parts[0], abs(times)
            top, bottom = (base.top, base.bottom) if times >= 0 else (base.bottom, base.top)
            return Magnitude(top * size, bottom * size, base.bits * size, opaque, inside)
        case Call(function, _) if function in MOMENTS:
            chances = (2 * bottom + 2) * outcomes
            inside = UNBOUNDED if function == "std" else inside
            return Magnitude(2 * top + chances, chances, _moment_bits(bits, bottom, outcomes), opaque, inside)
        case Fold(kind, _, _, low, high):
            return _folded(kind, parts[2], low, high)
        case Call(function, _) if function in _UNKNOWN:
            return Magnitude(1, 0, 1, opaque + 1, max(inside, bits))
        case _:
            return Magnitude(1, 0, 1, opaque + 1, UNBOUNDED)


def _moment_bits(bits: int, bottom: int, outcomes: int) -> int:
    """Bits of sum(w f^2) sum(w) - sum(w f)^2 and of sum(w)^2, summed over all outcomes with their chances w.

    A denominator that has names in it is another one at every outcome.
    """
    return 2 * (bits + outcomes.bit_length()) + 1 if bottom == 0 else (2 * bits + 64) * outcomes


def _folded(kind: str, body: Magnitude, low: Formula, high: Formula) -> Magnitude:
    """A sum or product; where it is worked out, its variable stands for numbers, whose powers are in coefficients."""
    first, last = (None if names(limit) else exact(limit) for limit in (low, high))
    if kind == "int" or not (isinstance(first, int) and isinstance(last, int)):
        return Magnitude(body.top + body.bottom + 2, body.bottom, body.bits + 2, body.opaque + 1, UNBOUNDED)
    count = max(0, last - first + 1)
    if count > limits.FOLD_TERMS:
        raise Refused("number_too_big")
    of_index = max(abs(first), abs(last)).bit_length()
    top, bottom = body.top + body.bottom + 1, body.bottom
    bits = body.bits + (body.top + body.bottom) * of_index + 1
    return Magnitude(top * count, bottom * count, bits * count, body.opaque * count, UNBOUNDED)
