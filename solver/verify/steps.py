"""Asks the oracles about each step of a derivation, with numbers, or with numbers put in for its symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from time import perf_counter
from typing import Any, TypeAlias

from solver.derivation import Derivation, Derived, DoesNotFit, walk
from solver.notation.printing import ascii_text
from solver.values import Polynomial, Shape, Size, Value, as_formula
from solver.verify.check import Check, Verdict
from solver.verify.loops import DIGITS, ORACLES

Oracles: TypeAlias = Mapping[str, Callable[[Mapping[str, Any]], Any]]

BOOKKEEPING = {"shape", "tuple", "component"}
"""Rules whose conclusion is only their premises in a row: true by definition."""

MOST_POINTS = 400
EVERY = 64
SMALL = 6


def verify(derivation: Derivation, oracles: Oracles = ORACLES, method: str = "loops") -> Iterator[Check]:
    """A check for each step that readers are shown, in reading order."""
    return (verify_step(node, oracles, method) for node in walk(derivation))


def verify_step(node: Derived, oracles: Oracles = ORACLES, method: str = "loops") -> Check:
    """One step, given its premises: verified, refuted with what the oracle says, or inconclusive.

    A step on symbols is asked about with numbers put in: one symbol runs from 1 over two periods of its floors (both
    sides of a true equality of sizes gain the same over a period), several run over small numbers each. A law of
    moments is asked about in finite models of its assumptions, whatever the oracles.
    """
    if node.rule.name.startswith("gradient."):
        from solver.verify import derivatives  # SymPy is loaded where a step of a gradient was made

        return derivatives.check_step(node)
    if node.rule.assumes is not None:
        from solver.verify.law_checks import check_step  # SymPy is loaded where a law of moments was used

        return check_step(node)
    claim = f"{node.rule.name} = {ascii_text(as_formula(node.result))}"
    if node.rule.name in BOOKKEEPING:
        return Check(claim, "definition", "verified", node.result)
    if node.rule.name not in oracles:
        return Check(claim, method, "inconclusive")
    values = {name: premise.result for name, premise in node.premises.items()}
    free = sorted(set().union(*map(symbols, (*values.values(), node.result))))
    started, said = perf_counter(), None
    most = max(EVERY, *map(period, (*values.values(), node.result))) if len(free) == 1 else SMALL
    tried = 0
    for numbers in _points(most, len(free)):
        point = dict(zip(free, numbers, strict=True))
        premises = {name: at(value, point) for name, value in values.items()}
        if not _fits(node, premises):
            continue
        said = oracles[node.rule.name](premises)
        if said is None:
            break
        tried += 1
        if said != at(node.result, point):
            where = ", ".join(f"{name} = {number}" for name, number in point.items())
            return Check(claim, method, "refuted", said, perf_counter() - started, where)
    scope = ", ".join(f"{name} = 1..{most}" for name in free)
    verdict: Verdict = "verified" if tried and said is not None else "inconclusive"
    return Check(claim, method, verdict, said if not free else None, perf_counter() - started, scope)


def _points(most: int, symbols: int) -> list[tuple[int, ...]]:
    """All ways to give each symbol a number from 1 to `most`; the same sample of them where there are too many."""
    every = list(product(range(1, most + 1), repeat=symbols))
    return every if symbols == 1 or len(every) <= MOST_POINTS else Random(0).sample(every, MOST_POINTS)


def symbols(value: Value) -> set[str]:
    """The symbols that a value is a function of."""
    match value:
        case Size():
            return {value.name}
        case Polynomial():
            return value.symbols
        case tuple():
            return set().union(*map(symbols, value))
        case _:
            return {symbol.name for symbol in getattr(value, "free_symbols", ())}


def period(value: Value) -> int:
    """Twice the number over which a size repeats itself, up to a constant gain; 0 where that is not known."""
    return 2 * value.divisor if isinstance(value, Size) else 0


def at(value: Value, point: Mapping[str, int]) -> Value:
    """A value with integers put in for its symbols; what is then no fraction, to so many digits."""
    match value:
        case Size():
            return value.at(point[value.name])
        case Polynomial():
            return value.at(point)
        case Shape():
            return Shape(at(item, point) for item in value)
        case tuple():
            return tuple(at(item, point) for item in value)
        case int() | Fraction():
            return value
        case _:
            put = value.subs({symbol: point[symbol.name] for symbol in value.free_symbols})
            if put.is_integer:
                return int(put)
            if put.is_Rational:
                return Fraction(int(put.p), int(put.q))
            return round(Fraction(str(put.evalf(2 * DIGITS))), DIGITS)


def _fits(node: Derived, premises: Mapping[str, Value]) -> bool:
    try:
        node.rule.conclude(premises)
    except DoesNotFit:
        return False
    return True
