"""Nested floors of SymPy expressions collapse, by the laws of integer division.

    Y real; q, x integer; m positive integer, a number or a symbol

    nest      floor((floor(Y) + q)/m) = floor((Y + q)/m)
    round     floor((q + Y)/m) = floor((q + floor(Y))/m)
    take out  floor(Y + q) = floor(Y) + q
    ceil      floor((x + m - 1)/m) = ceil(x/m)
    halves    floor(x/2) - floor(-x/2) = x

Sizes of one symbol over numbers have a normal form of their own (solver/sizes.py); here hyper-parameters are symbols.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import Add, Expr, ceiling, expand_mul, floor, fraction, together

MOST_NESTED = 64


@lru_cache(maxsize=4096)
def closed(value: Expr) -> Any:
    """An expression with its floors collapsed; equal to it wherever its symbols are positive integers."""
    if not value.has(floor, ceiling):
        return value
    return _as_ceilings(_halves(value.replace(ceiling, _floored).replace(floor, _collapsed)))


def _floored(inside: Expr) -> Any:
    """ceil(inside) as a floor."""
    top, m = fraction(together(inside))
    return floor((top + m - 1)/m) if top.is_integer and m.is_integer else -floor(-inside)


def _collapsed(inside: Expr) -> Any:
    """floor(inside), nested floors collapsed."""
    for _ in range(MOST_NESTED):
        terms = Add.make_args(expand_mul(inside))
        nested = next((made for place in range(len(terms)) if (made := _nested(terms, place)) is not None), None)
        if nested is None:
            break
        inside = nested
    whole = [term for term in Add.make_args(expand_mul(inside)) if term.is_integer]
    rest = inside - Add(*whole)
    return Add(*whole) + floor(_in_order(rest)) if rest != 0 else Add(*whole)


def _nested(terms: tuple[Any, ...], place: int) -> Any:
    """The inside of a floor with one of its terms floor(Y)/m as Y/m; None where the term is none or more is needed."""
    (over, factors) = terms[place].as_independent(floor)
    if not isinstance(factors, floor):
        return None
    m = 1/over
    if not (m.is_integer and m.is_positive):
        return None
    q = floor(expand_mul(m*Add(*terms[:place], *terms[place + 1 :])))
    return None if q.has(floor) and not _held(q, terms) else expand_mul((factors.args[0] + q)/m)


def _held(q: Any, terms: tuple[Any, ...]) -> bool:
    """Whether rounding has made no floor that was not there."""
    return bool(q.atoms(floor) <= Add(*terms).atoms(floor))


def _in_order(inside: Any) -> Any:
    """A sum of fractions as one."""
    top, bottom = fraction(together(inside))
    return expand_mul(top)/bottom


def _halves(value: Any) -> Any:
    """c floor(x/2) - c floor(-x/2) as c x."""
    if not isinstance(value, Add):
        return value.func(*map(_halves, value.args)) if value.args and value.has(floor) else value
    held = {}
    for term in value.args:
        factor, inner = term.as_independent(floor)
        if isinstance(inner, floor):
            held[inner.args[0]] = factor
    for inside, factor in held.items():
        mirrored = next((other for other in held if expand_mul(other + inside) == 0), None)
        if mirrored is not None and held[mirrored] == -factor and (2*inside).is_integer:
            return _halves(expand_mul(value - factor*(floor(inside) - floor(mirrored)) + factor*2*inside))
    return value


def _as_ceilings(value: Any) -> Any:
    """floor((x + m - 1)/m), perhaps split into a floor and a number, as ceil(x/m)."""
    if isinstance(value, Add):
        number, rest = value.as_coeff_Add()
        floors = [term for term in Add.make_args(rest) if isinstance(term, floor)]
        if len(floors) == 1:
            found = _ceiling(floors[0].args[0], number)
            if found is not None:
                return found + Add(*(_as_ceilings(term) for term in Add.make_args(rest) if term != floors[0]))
    if isinstance(value, floor):
        found = _ceiling(value.args[0], 0)
        return value if found is None else found
    return value.func(*map(_as_ceilings, value.args)) if value.args and value.has(floor) else value


def _ceiling(inside: Any, number: Any) -> Any:
    """floor(inside) + number as one ceiling of a monomial over m; None where it is none."""
    top, m = fraction(together(inside))
    constant, x = (expand_mul(top + m*number) - (m - 1)).as_coeff_Add()
    if constant != 0 or m == 1 or x == 0 or isinstance(x, Add):
        return None
    return ceiling(x/m) if x.is_integer else None
