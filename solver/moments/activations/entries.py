"""The activations: one entry each, its definition from its parameters, and the names that torch gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from typing import final

import sympy
from sympy import Expr, Rational, Symbol, exp, log, pi, sin, sqrt, tanh

from solver.frozen import frozen
from solver.moments.activations.definitions import Definition, Normal, Pieces, Ratio, Smooth, pieces
from solver.moments.activations.integrals import P, q, r, y


@final
@frozen
class Entry:
    """An activation: its definition from its parameters, their values where none are given, torch's names for them.

    `spread` names a parameter that is drawn at random, uniformly between two others, for each number by itself.
    """

    define: Callable[..., Definition]
    source: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    torch: Mapping[str, str] = field(default_factory=dict)
    spread: tuple[str, str, str] | None = None


PARTS = "integrated by parts between its break points"
STEIN = "Stein's lemma and the orthant law"
HE = "He et al. 2015, Delving deep into rectifiers, section 2.2"
NUMERIC = "no closed form is known; integrated numerically"


def _leaky(a: Expr) -> Pieces:
    return pieces(a * y, (0, y))


def _elu(a: Expr) -> Pieces:
    return pieces(a * (exp(y) - 1), (0, y))


def _hardtanh(low: Expr, high: Expr) -> Pieces:
    return pieces(low, (low, y), (high, high))


@cache
def selu_constants() -> tuple[Expr, Expr]:
    """(alpha, lambda) for which lambda ELU_alpha(y) has mean 0 and second moment 1 when y ~ N(0, 1).

    The mean is linear in alpha, which solves mean = 0; lambda^2 is then one over the second moment.

    >>> [constant.evalf(20) for constant in selu_constants()]
    [1.6732632423543772848, 1.0507009873554804934]
    """
    al = Symbol("alpha", positive=True)
    mean, second = (_elu(al).moment(fact).subs(q, 1) for fact in ("mean", "second"))
    alpha = sympy.cancel(-mean.subs(al, 0) / sympy.diff(mean, al))
    return alpha, 1 / sqrt(second.subs(al, alpha))


def _selu() -> Pieces:
    symbols = sympy.symbols("alpha lambda", positive=True)
    curve, scale = symbols
    shape = pieces(scale * curve * (exp(y) - 1), (0, scale * y))
    return Pieces(shape.pieces, tuple(zip(symbols, selu_constants(), strict=True)))


_SIGMOID = 1 / (1 + exp(-y))
_TANH_OF_GELU = tanh(sqrt(2 / pi) * (y + Rational(44715, 1000000) * y**3))

ACTIVATIONS: dict[str, Entry] = {
    "linear": Entry(lambda: pieces(y), "definition of the variance"),
    "relu": Entry(lambda: pieces(0, (0, y)), HE),
    "leaky_relu": Entry(_leaky, f"{HE}, equation 12", {"a": Rational(1, 100)}, {"negative_slope": "a"}),
    "prelu": Entry(_leaky, f"{HE}, equation 12", {"a": Rational(1, 4)}, {"init": "a"}),
    "rrelu": Entry(
        lambda a, lower, upper: _leaky(a),
        HE,
        {"lower": Rational(1, 8), "upper": Rational(1, 3)},
        {},
        ("a", "lower", "upper"),
    ),
    "abs": Entry(lambda: pieces(-y, (0, y)), PARTS),
    "relu6": Entry(lambda: pieces(0, (0, y), (6, 6)), PARTS),
    "hardtanh": Entry(_hardtanh, PARTS, {"low": -1, "high": 1}, {"min_val": "low", "max_val": "high"}),
    "hardsigmoid": Entry(lambda: pieces(0, (-3, y / 6 + Rational(1, 2)), (3, 1)), PARTS),
    "hardswish": Entry(lambda: pieces(0, (-3, y * (y + 3) / 6), (3, y)), PARTS),
    "hardshrink": Entry(lambda c: pieces(y, (-c, 0), (c, y)), PARTS, {"c": Rational(1, 2)}, {"lambd": "c"}),
    "softshrink": Entry(lambda c: pieces(y + c, (-c, 0), (c, y - c)), PARTS, {"c": Rational(1, 2)}, {"lambd": "c"}),
    "threshold": Entry(lambda c, value: pieces(value, (c, y)), PARTS, {"c": 0, "value": 0}, {"threshold": "c"}),
    "step": Entry(lambda: pieces(0, (0, 1)), PARTS),
    "squared_relu": Entry(lambda: pieces(0, (0, y**2)), PARTS),
    "exp": Entry(lambda: pieces(exp(y)), "the moment generating function of N(0, q)"),
    "sin": Entry(lambda: pieces(sin(y)), "the characteristic function of N(0, q)"),
    "elu": Entry(_elu, PARTS, {"a": 1}, {"alpha": "a"}),
    "celu": Entry(lambda a: pieces(a * (exp(y / a) - 1), (0, y)), PARTS, {"a": 1}, {"alpha": "a"}),
    "selu": Entry(_selu, "Klambauer et al. 2017, Self-normalizing neural networks: the fixed point (0, 1)"),
    "gelu": Entry(lambda: Normal(y * P), STEIN),
    "erf": Entry(lambda: Normal(2 * P - 1, sqrt(2)), f"{STEIN}; Williams 1997, Computing with infinite networks"),
    "softsign": Entry(lambda: Ratio(1 - r, r - 1), "integrated by parts; exponential integral"),
    "sigmoid": Entry(lambda: Smooth(_SIGMOID, Rational(1, 2)), NUMERIC),
    "tanh": Entry(lambda: Smooth(tanh(y), sympy.S.Zero), NUMERIC),
    "tanhshrink": Entry(lambda: Smooth(y - tanh(y), sympy.S.Zero), NUMERIC),
    "softplus": Entry(lambda beta: Smooth(log(1 + exp(beta * y)) / beta), NUMERIC, {"beta": 1}, {"beta": "beta"}),
    "logsigmoid": Entry(lambda: Smooth(-log(1 + exp(-y))), NUMERIC),
    "silu": Entry(lambda: Smooth(y * _SIGMOID), NUMERIC),
    "mish": Entry(lambda: Smooth(y * (1 - 2 / (1 + (1 + exp(y)) ** 2))), NUMERIC),
    "gelu_tanh": Entry(lambda: Smooth(y * (1 + _TANH_OF_GELU) / 2), NUMERIC),
}

OTHER_NAMES = {
    "identity": "linear",
    "clip": "hardtanh",
    "relu2": "squared_relu",
    "swish": "silu",
    "sign_step": "step",
    "heaviside": "step",
    "gelu_exact": "gelu",
}
