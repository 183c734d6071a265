"""Symbols for sizes and hyper-parameters, random variables and their moments, as SymPy knows them.

Imported only where a symbol is met.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from sympy import (
    Add,
    Expr,
    Function,
    IndexedBase,
    Max,
    Min,
    Symbol,
    bernoulli,
    expand,
    factor_terms,
    floor,
    summation,
    sympify,
)


@cache
def size_symbol(name: str) -> Symbol:
    """A positive integer."""
    return Symbol(name, integer=True, positive=True)


def greatest(values: tuple[Any, ...]) -> Expr:
    """max(values)"""
    return cast("Expr", Max(*map(expression, values)))


def least(values: tuple[Any, ...]) -> Expr:
    """min(values)"""
    return cast("Expr", Min(*map(expression, values)))


def expression(value: Any) -> Any:
    """A size or a number as SymPy knows it."""
    return value.expression() if hasattr(value, "expression") else sympify(value, strict=True)


def counter(beside: str) -> Symbol:
    """A whole number from 0 on that runs up to another."""
    return Symbol("i" if beside != "i" else "i_", integer=True, nonnegative=True)


def sum_over(term: Expr, place: Symbol, times: Any) -> Expr:
    """The sum of a polynomial in a counter that runs from 0 to times - 1, power by power (Faulhaber's formula).

    >>> i, L = counter("L"), size_symbol("L")
    >>> sum_over(2*i + 1, i, L), sum_over(3*i**2, i, L)
    (L**2, L*(L**2 - 3*L/2 + 1/2))
    """
    polynomial = expand(term).as_poly(place)
    if polynomial is None:
        return cast("Expr", factor_terms(summation(expand(term), (place, 0, times - 1)).expand()))
    sums = (
        factor * (bernoulli(power + 1, times) - bernoulli(power + 1, 0)) / (power + 1)
        for (power,), factor in polynomial.terms()
    )
    return cast("Expr", factor_terms(expand(Add(*sums))))


def balanced(left: Any, right: Any) -> tuple[Any, Any]:
    """Two sides of a relation without what they have in common, nothing negative on either: (K, 2*P + 1).

    >>> H, K, P = map(size_symbol, "HKP")
    >>> balanced(H, H - K + 2*P + 1), balanced(H + 1, H)
    ((K, 2*P + 1), (1, 0))
    """
    terms = Add.make_args(expand(expression(left) - expression(right)))
    behind = [term for term in terms if term.could_extract_minus_sign()]
    sides = Add(*(term for term in terms if term not in behind)), -Add(*behind)
    one, other = (int(side) if side.is_Integer else side for side in sides)
    return one, other


def floored(quotient: Expr) -> Expr:
    """floor(quotient)"""
    return cast("Expr", floor(quotient))


# --- chance: SymPy's own functions and indexed names, which evaluate nothing


class Variable(Symbol):
    """A random variable of its own: v."""

    is_real = True


@cache
def variable(name: str) -> Variable:
    """A random variable of its own: v."""
    return Variable(name)


@cache
def family(name: str) -> IndexedBase:
    """Random variables with an index: family("w")[i] is w_i."""
    return IndexedBase(name, real=True)


class Unevaluated(Function):
    """A function that SymPy knows nothing of; it would take the E of a number for mpmath's constant e."""

    def _eval_evalf(self, prec: int) -> None:
        return None


class E(Unevaluated):
    """E[x]"""

    nargs = 1
    is_real = True


class Var(Unevaluated):
    """Var(x)"""

    nargs = 1
    is_real = True
    is_nonnegative = True


class Cov(Unevaluated):
    """Cov(x, y)"""

    nargs = 2
    is_real = True
    _diff_wrt = True  # Price's theorem differentiates by it


class D(Unevaluated):
    """The derivative of the first by the second, whatever lies between."""

    nargs = 2
    is_real = True


class indicator(Unevaluated):
    """1 where a condition holds, otherwise 0."""

    nargs = 1
    is_real = True
    is_nonnegative = True


class relu(Unevaluated):
    """max(0, y)"""

    nargs = 1
    is_real = True
    is_nonnegative = True


class sigmoid(Unevaluated):
    """1/(1 + exp(-y))"""

    nargs = 1
    is_real = True
