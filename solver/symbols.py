"""Symbols for sizes and hyper-parameters, as SymPy knows them. Imported only where a symbol is met."""

from __future__ import annotations

from functools import cache
from typing import cast

from sympy import Expr, Symbol, floor


@cache
def size_symbol(name: str) -> Symbol:
    """A positive integer."""
    return Symbol(name, integer=True, positive=True)


def floored(quotient: Expr) -> Expr:
    """floor(quotient)"""
    return cast("Expr", floor(quotient))
