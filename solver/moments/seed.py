"""The chapter's example: five layers of width 5 with weights that are too large or too small, exactly.

    z_l = relu(z_(l-1) s W_l), l = 1..4, z_0 = x            y = z_4 w

W_1..W_4, w and x are standard normal draws in this order. They are binary fractions, so all that follows from them is
computed exactly, and printed digits are those of exact numbers.

    s  scale of W_1..W_4; w keeps its own      d_l  dy/dv_l, v_l = z_(l-1) s W_l      X_l  |z_l|^2/(s |z_(l-1)|)^2
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, TypeAlias, final

import mpmath
import numpy as np
from sympy import Expr, Rational, binomial, sqrt

from solver.frozen import frozen
from solver.values import rounded as rounded

Vector: TypeAlias = "tuple[Fraction, ...]"
Matrix: TypeAlias = "tuple[Vector, ...]"

SEED = 2
WIDTH = 5
LAYERS = 4


@final
@frozen
class Drawn:
    """The numbers of the example at scale 1."""

    weights: tuple[Matrix, ...]
    readout: Vector
    input: Vector


def drawn(seed: int = SEED, width: int = WIDTH, layers: int = LAYERS) -> Drawn:
    """W_1, ..., W_L, w, x from numpy's RandomState, in this order: x is the last of 4 25 + 5 + 5 draws."""
    random = np.random.RandomState(seed)
    weights = tuple(tuple(map(_exact, random.randn(width, width))) for _ in range(layers))
    return Drawn(weights, _exact(random.randn(width)), _exact(random.randn(width)))


def _exact(values: Any) -> Vector:
    return tuple(Fraction(float(value)) for value in values)


def times(x: Vector, matrix: Matrix) -> Vector:
    """x W"""
    return tuple(
        sum((a * row[j] for a, row in zip(x, matrix, strict=True)), Fraction(0)) for j in range(len(matrix[0]))
    )


def dot(x: Sequence[Fraction], y: Sequence[Fraction]) -> Fraction:
    """The sum of x_i y_i."""
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def relu(x: Vector) -> Vector:
    """max(x_i, 0)"""
    return tuple(max(value, Fraction(0)) for value in x)


def scaled(matrix: Matrix, factor: Fraction) -> Matrix:
    """s W"""
    return tuple(tuple(factor * value for value in row) for row in matrix)


@final
@frozen
class Example:
    """The network at one scale of its four hidden layers."""

    scale: Fraction
    drawn: Drawn

    @cached_property
    def weights(self) -> tuple[Matrix, ...]:
        """s W_1, ..., s W_4"""
        return tuple(scaled(matrix, self.scale) for matrix in self.drawn.weights)

    @cached_property
    def layers(self) -> tuple[Vector, ...]:
        """z_0 = x, z_1, ..., z_4"""
        made = [self.drawn.input]
        for matrix in self.weights:
            made.append(relu(times(made[-1], matrix)))
        return tuple(made)

    @property
    def output(self) -> Fraction:
        """y = z_4 w"""
        return dot(self.layers[-1], self.drawn.readout)

    @cached_property
    def deltas(self) -> tuple[Vector, ...]:
        """d_1, ..., d_4: d_4 = w 1{v_4 > 0}, d_l = (d_(l+1) W_(l+1)^T) 1{v_l > 0}"""
        back = self.drawn.readout
        made: list[Vector] = []
        for matrix, z in zip(reversed(self.weights), reversed(self.layers[1:]), strict=True):
            masked = tuple(d if value > 0 else Fraction(0) for d, value in zip(back, z, strict=True))
            made.append(masked)
            back = tuple(dot(row, masked) for row in matrix)
        return tuple(reversed(made))

    @cached_property
    def gradients(self) -> tuple[Matrix, ...]:
        """dy/d(s W_l) = z_(l-1)^T d_l for l = 1..4, and dy/dw = z_4 as a row."""
        hidden = zip(self.layers, self.deltas, strict=False)
        return (*(tuple(tuple(z * d for d in delta) for z in before) for before, delta in hidden), (self.layers[-1],))

    @property
    def inner_products(self) -> tuple[Fraction, ...]:
        """<s W_l, dy/d(s W_l)> for l = 1..4, and <w, dy/dw>: each is y, as y is homogeneous in each layer (Euler)."""
        every = (*self.weights, (self.drawn.readout,))
        return tuple(_inner(matrix, gradient) for matrix, gradient in zip(every, self.gradients, strict=True))

    @property
    def gradient_norms(self) -> tuple[float, ...]:
        """|dy/d(s W_l)| for l = 1..4, and |dy/dw|"""
        return tuple(_root(_inner(gradient, gradient)) for gradient in self.gradients)

    @property
    def norms(self) -> tuple[float, ...]:
        """|x|, |z_1|, ..., |z_4|"""
        return tuple(_root(dot(z, z)) for z in self.layers)

    @cached_property
    def growth(self) -> tuple[Growth, ...]:
        """Each layer beside the law that it was drawn from."""
        squares = [dot(z, z) / self.scale ** (2 * depth) for depth, z in enumerate(self.layers)]
        return tuple(Growth(after / before, len(self.drawn.input)) for before, after in pairwise(squares))

    def printed(self, places: int) -> tuple[str, ...]:
        """z_1, ..., z_4 and y as the chapter prints them, to so many places."""
        rows = ["[" + ", ".join(rounded(value, places) for value in z) + "]" for z in self.layers[1:]]
        return (*rows, rounded(self.output, places))


def _inner(first: Matrix, second: Matrix) -> Fraction:
    return sum((dot(a, b) for a, b in zip(first, second, strict=True)), Fraction(0))


def _root(square: Fraction) -> float:
    with mpmath.mp.workdps(30):
        return float(mpmath.sqrt(mpmath.mpf(square.numerator) / square.denominator))


@cache
def seed_example(scale: Any = 10) -> Example:
    """The example with weights of this standard deviation: 10 in the first table, 1/10 in the second.

    >>> [seed_example(10).printed(2)[0], *seed_example("0.1").printed(5)[::4]]
    ['[0.00, 18.93, 0.00, 29.21, 0.00]', '[0.00000, 0.18927, 0.00000, 0.29210, 0.00000]', '0.00155']
    """
    return Example(Fraction(str(scale)) if isinstance(scale, float) else Fraction(scale), drawn())


# --- the law of growth


@final
@frozen
class Growth:
    """X = |z_l|^2/(s |z_(l-1)|)^2 is chi-square with B degrees of freedom, B the heads of n fair coins.

    The columns of W_l are independent, v_j/(s |z_(l-1)|) is standard normal, and its sign is a fair coin independent of
    its square. The X_l of different layers are independent: |z_L|^2 = s^(2 L) |x|^2 X_1 ... X_L.
    """

    observed: Fraction
    width: int

    @property
    def mean(self) -> Fraction:
        """E[X] = n/2"""
        return Fraction(self.width, 2)

    @property
    def second(self) -> Fraction:
        """E[X^2] = E[B^2 + 2 B] = (n/2)^2 (1 + 5/n)"""
        return self.mean**2 * (1 + Fraction(5, self.width))

    @property
    def below(self) -> float:
        """P(X <= observed): the sum of binomial(n, k) 2^-n P(chi^2_k <= observed)."""
        with mpmath.mp.workdps(30):
            x = mpmath.mpf(self.observed.numerator) / self.observed.denominator
            return float(_distribution(x, self.width))


def _distribution(x: Any, width: int) -> Any:
    chances = [mpmath.binomial(width, k) / mpmath.mpf(2) ** width for k in range(width + 1)]
    inside = [mpmath.gammainc(mpmath.mpf(k) / 2, 0, x / 2, regularized=True) for k in range(1, width + 1)]
    return mpmath.fdot(chances, [mpmath.mpf(1), *inside])


def mean_growth(width: int, scale: Any, layers: int) -> Expr:
    """E[|z_L|^2]/|x|^2 = (n s^2/2)^L, exactly at every width."""
    return (Rational(width, 2) * Rational(str(scale)) ** 2) ** layers


def root_mean_growth(width: int, scale: Any) -> Expr:
    """sqrt(n/2) s, the factor of a layer: 15.8 for s = 10 and n = 5, 0.158 for s = 0.1."""
    return sqrt(Rational(width, 2)) * Rational(str(scale))


def second_growth(width: int, layers: int) -> Expr:
    """E[R^2] = (1 + 5/n)^L for R = |z_L|^2/E[|z_L|^2]."""
    return (1 + Rational(5, width)) ** layers


def dead(width: int, layers: int) -> Expr:
    """P(z_L = 0) = 1 - (1 - 2^-n)^L

    >>> dead(5, 5).evalf(3), dead(5, 20).evalf(2)
    (0.147, 0.47)
    """
    return 1 - (1 - Rational(1, 2**width)) ** layers


def median_growth(width: int) -> float:
    """The median of X, where half of all layers shrink |z|^2/s^2 more than by this."""
    with mpmath.mp.workdps(20):
        half = mpmath.mpf(1) / 2
        return float(mpmath.findroot(lambda x: _distribution(x, width) - half, (half, width), solver="anderson"))


def log_growth(width: int, digits: int = 15) -> Any:
    """E[log X given X > 0]: the sum over k > 0 of binomial(n, k)/(2^n - 1) (psi(k/2) + log 2)."""
    with mpmath.mp.workdps(digits + 5):
        chances = [(k, int(binomial(width, k))) for k in range(1, width + 1)]
        return sum(c * (mpmath.psi(0, mpmath.mpf(k) / 2) + mpmath.log(2)) for k, c in chances) / (2**width - 1)
