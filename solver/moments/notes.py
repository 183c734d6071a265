"""What "mean 0 and constant variance" gives and what it does not: the notes of the exercise as theorems.

With Var(w) = 2/n the mean over networks of R = |x_L|^2/|x_0|^2 is 1 at every width and depth (`propagation`, exact).
That is all it gives. One network is not the mean of all: with normal weights E[R^2] = (1 + 5/n)^L grows without bound,
so that R is near 0 in most networks and huge in few; and a layer of width n has only zeros with probability 2^-n.

    r  relu(v)^2 of one neuron, |x|^2 = 1: v ~ N(0, 2/n)          a, b  E[r^2] and E[r]

>>> dead_networks(2, 2).result, spread(5, 20).result == 2**20
(Fraction(7, 16), True)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from solver.derivation import Derivation, Given, Quantity, derived, formula

SOURCE: Final = "Hanin and Rolnick 2018, How to start training"

SQUARE: Final = formula(
    "notes.square", "c*V", symbol="b", source="He et al. 2015, section 2.2", half_forgotten="V"
)
"""E[relu(v)^2] = Var(v)/2: the half lemma."""
FOURTH: Final = formula("notes.fourth", "c*3*V^2", symbol="a", source=SOURCE, half_forgotten="3*V^2")
"""E[relu(v)^4] = 3 Var(v)^2/2: half of the fourth moment of a normal number."""
LAYER: Final = formula("notes.layer", "n*a + n*(n - 1)*b^2", source=SOURCE, pairs_forgotten="n*a")
"""E[(r_1 + … + r_n)^2] for independent r_i: n squares and n (n - 1) products of two."""
DEPTH: Final = formula("notes.depth", "f^L", symbol="E[R^2]", source=SOURCE, layers_added="L*f")
"""The layers' factors are independent: their expectations multiply."""
DEAD: Final = formula("notes.dead", "1 - (1 - 1/2^n)^L", symbol="P", source=SOURCE, one_layer="1/2^n")
"""A layer of width n has only zeros with probability 2^-n, whatever came before, and then so have all behind it."""


def spread(width: int, depth: int) -> Derivation:
    """E[R^2] = (1 + 5/n)^L"""
    n, half = Given("n", width), Given("c", Fraction(1, 2))
    variance = Given("V", Fraction(2, width))
    factor = LAYER(n=n, a=FOURTH(c=half, V=variance), b=SQUARE(c=half, V=variance))
    return derived(DEPTH(f=factor, L=Given("L", depth)))


def dead_networks(width: int, depth: int) -> Derivation:
    """P(every number is 0 behind L layers) = 1 - (1 - 2^-n)^L"""
    return derived(DEAD(n=Given("n", width), L=Given("L", depth)))


def notes() -> Mapping[str, Quantity]:
    """The notes of exercise 11.3, for a network of width 5 and 20 layers."""
    return {"spread": spread(5, 20), "dead": dead_networks(5, 20)}
