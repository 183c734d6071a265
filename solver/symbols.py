"""Symbols for sizes and hyper-parameters, as SymPy knows them. Imported only where a symbol is met."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from sympy import Expr, Max, Min, Symbol, floor, sympify


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


def floored(quotient: Expr) -> Expr:
    """floor(quotient)"""
    return cast("Expr", floor(quotient))
