"""Formulas in the derivatives of a residual block: how its signals may be spelled, and what a formula means.

`solver.gradients` has the names that everything is said in: y2_k, y_2,k and y_2k are its y[2, k].
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import sympy

from solver.gradients import C, n, w, x, y
from solver.notation.tree import Add, Call, Div, Fold, Formula, Mul, Name, Neg, Number, Partial, Pow, Relation
from solver.symbols import D, indicator

INDICES: Final = "ijklmpqr"
PLACES: Final = {
    **dict.fromkeys("xX", ("x",)),
    **dict.fromkeys("yY", ("y",)),
    **{f"{letter}{part}": ("y", part) for letter, part in product("yY", "12")},
    **{f"{letter}_{part}": ("y", part) for letter, part in product("yY", "12")},
}
"""How the block's signals may be spelled, and what they are: Y2 is y_2."""
NAMES: Final = {
    f"{spelled}{mark}{index}": (*place, index)
    for (spelled, place), index in product(PLACES.items(), INDICES)
    for mark in (("_",) if spelled[-1].isalpha() or "_" not in spelled else (",", ""))
}
"""y2_k, y_2,k and y_2k are the same."""
COST: Final = {"C": "C", "L": "C", "J": "C"}
KNOWN: Final = (*NAMES, *COST, *INDICES, "n", "w")

_COMPARED: Final = {">=": "Ge", ">": "Gt", "<=": "Le", "<": "Lt"}


class Strange(Exception):
    """A part of a formula that means nothing in a residual block."""

    def __init__(self, part: Formula, reason: str = "wrong_type") -> None:
        super().__init__(part, reason)
        self.part, self.reason = part, reason


def meaning(said: Formula) -> Any:
    """A formula as a SymPy object in the names of `solver.gradients`.

    >>> from solver.notation.reading import formula
    >>> meaning(formula("sum_{k=0}^n dC/dy_k"))
    Sum(D(C, y[k]), (k, 0, n))
    """
    match said:
        case Number(value, _):
            return sympy.Rational(value.numerator, value.denominator)
        case Name(text) if text in NAMES:
            base, *indices = NAMES[text]
            places = [sympy.Integer(one) if one.isdigit() else sympy.Symbol(one, integer=True) for one in indices]
            return {"x": x, "y": y}[base][tuple(places)]
        case Name(text) if text in COST:
            return C
        case Name("w"):
            return w
        case Neg(body):
            return -meaning(body)
        case Add(terms):
            return sympy.Add(*map(meaning, terms))
        case Mul(factors):
            return sympy.Mul(*map(meaning, factors))
        case Div(top, Number(value)) if value:
            return meaning(top) / sympy.Rational(value.numerator, value.denominator)
        case Pow(base, Number(int() as exponent)) if 0 < exponent < 5:
            return meaning(base) ** exponent
        case Fold("sum", body, variable, Number(0 | 1), Name() | Add()) if variable in INDICES:
            return sympy.Sum(meaning(body), (sympy.Symbol(variable, integer=True), 0, n))
        case Partial(of, by):
            return D(meaning(of), meaning(by))
        case Call("delta", (Name(one), Name(other))):
            return sympy.KroneckerDelta(*(sympy.Symbol(name, integer=True) for name in (one, other)))
        case Call("indicator", (Relation((Name(one), Name(other)), ("=",)),)) if {one, other} <= {*INDICES}:
            return meaning(Call("delta", (Name(one), Name(other))))
        case Call("indicator", (Relation((left, right), (sign,)),)) if sign in _COMPARED:
            return indicator(getattr(sympy, _COMPARED[sign])(meaning(left), meaning(right)))
        case Call("relu'", (inside,)):
            return indicator(meaning(inside) >= 0)
        case _:
            raise Strange(said)
