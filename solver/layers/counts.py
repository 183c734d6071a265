"""Counts over all elements or positions of a shape.

C  channels      D, H, W  sizes      a, b  numbers of positions
"""

from __future__ import annotations

from solver.derivation import Quantity, Rule, formula
from solver.layers.base import sizes_of

ORDER = {1: ("D",), 2: ("C", "D"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}


POSITIONS = formula("product", "a*b", symbol="P", sizes_added="a + b")


def _elements(axes: int) -> Rule:
    said = ORDER[axes]
    slips = {"one_for_each_channel": "C"} if "C" in said else {}
    source = "one multiplication an element"
    return formula("elementwise.multiplications", "*".join(said), symbol="M", source=source, **slips)


ELEMENTS = {axes: _elements(axes) for axes in ORDER}


def multiplied_each(sizes: Quantity, about: str) -> Quantity:
    """One multiplication for each element of a shape."""
    each = sizes_of(sizes)
    while len(each) > len(ORDER):
        each[:2] = [ELEMENTS[2](about, C=each[0], D=each[1])]
    return ELEMENTS[len(each)](about, **dict(zip(ORDER[len(each)], each, strict=True)))


def positions(shape: Quantity, about: str) -> Quantity:
    """The product of all sizes but the last."""
    many: Quantity = 1
    for size in sizes_of(shape)[:-1]:
        many = POSITIONS(about, a=many, b=size)
    return many
