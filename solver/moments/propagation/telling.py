"""Gains and variances as they are told: a short formula as it is, a long one that is a number by its digits."""

from __future__ import annotations

from typing import Any

import sympy

from solver.notation.printing import plain
from solver.values import as_formula

DIGITS = 6
MOST_SHOWN = 6
"""A formula that takes more operations is given by its digits, where it is a number."""
MOST_TOLD = 40
MOST_TERMS = 6
"""A whole network's gain in symbols that takes more operations is told term by term, if it has no more of these."""


def shown(value: Any) -> str:
    """A short formula as it is; a long one that is a number by its digits.

    >>> shown(sympy.Rational(1, 3)), shown(sympy.pi ** 7 / 3 + sympy.sqrt(2) * sympy.exp(3))
    ('1/3', '1035.17')
    """
    value = sympy.sympify(value)
    if not value.is_number:
        value = value.xreplace({digits: sympy.Float(digits, DIGITS) for digits in value.atoms(sympy.Float)})
    if not value.is_number or (value.count_ops() <= MOST_SHOWN and not value.has(sympy.Float)):
        return plain(as_formula(value))
    return f"{float(value):.{DIGITS}g}"


def number(value: Any) -> int | float | None:
    """What a formula without symbols comes to; None for one with symbols."""
    value = sympy.sympify(value)
    if value.is_Integer:
        return int(value)
    return float(value) if value.is_number else None


def is_short(gain: Any) -> bool:
    """Whether a gain is a number, or a formula that is told as it is."""
    return bool(gain.is_number or gain.count_ops() <= MOST_SHOWN)


def whole_gain(gain: Any) -> Any:
    """A gain as a sum of products of variances, their numbers as digits where they are long; None if it is long."""
    if gain is None or gain.count_ops() <= MOST_TOLD:
        return gain
    variances = sorted((one for one in gain.atoms(sympy.Function) if one.func.__name__ == "Var"), key=str)
    try:
        terms = sympy.Poly(gain, *variances).terms()
    except sympy.PolynomialError:
        return None
    if len(terms) > MOST_TERMS or any(coefficient.has(*variances) for _, coefficient in terms):
        return None
    return sympy.Add(*(_digits(c) * sympy.prod(v**k for v, k in zip(variances, at, strict=True)) for at, c in terms))


def _digits(coefficient: Any) -> Any:
    return coefficient.evalf(DIGITS) if coefficient.is_number and coefficient.count_ops() > MOST_SHOWN else coefficient
