"""The neuron of the exercise on initialisation: v = w_1 x_1 + … + w_n x_n, its mean, its variance, and what keeps it.

    w, x   weights and inputs          y       what the inputs are activations of: x_i = f(y_i)
    u, z   weights and inputs of the layer before: y_i = u_i1 z_1 + … + u_im z_m

Each result rests on no more than the assumptions that stand here beside it.

>>> from solver.moments.assumptions import assumed
>>> variance().result, len(assumed(variance()))
(n*E(x[1]**2)*Var(w[1]), 6)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from sympy import Sum, Symbol, tanh

from solver.derivation import TUPLE, Derivation, Given, derived
from solver.moments.assumptions import (
    Alike,
    Centred,
    Expr,
    Symmetric,
    Uncorrelated,
    Varies,
    about,
    assume,
    definition,
    independent,
)
from solver.moments.derive import apply, chain, given
from solver.moments.laws import (
    CENTRED,
    DEFINED,
    EQUAL,
    EVEN,
    EXPANDED,
    HALF,
    INDEPENDENCE,
    IS_ZERO,
    LINEAR,
    PRODUCT,
    REFLECTED,
    SECOND,
    SECOND_SPLIT,
    SOLVED,
    SUM,
    SYMMETRIC_SUM,
    VARIANCE,
)
from solver.symbols import E, Var, family, relu, sigmoid, size_symbol, variable

n, m = size_symbol("n"), size_symbol("m")
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
w, x, y, u, z = map(family, "wxyuz")
v = variable("v")

ACTIVATIONS: Final[dict[str, Callable[[Expr], Expr]]] = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}

NEURON: Final = assume(definition(v, Sum(w[i] * x[i], (i, 1, n))))
"""What v is."""
WEIGHTS: Final = assume(independent("w", "x"), *about(Centred, "w"), *about(Uncorrelated, "w"))
"""Weights of mean 0, uncorrelated, and independent of the inputs. They need be neither symmetric nor independent."""
INPUTS_CENTRED: Final = assume(*about(Centred, "x"))
SAME_VARIANCES: Final = assume(*about(Alike, "w", "x"))
"""Mean and variance are the same for all weights, and for all inputs, which may depend on each other."""
LAYER_BEFORE: Final = assume(
    definition(y[i], Sum(u[i, j] * z[j], (j, 1, m))), *about(Symmetric, "u"), independent("u", "z")
)


def mean() -> Derivation:
    """E[v] = 0"""
    return chain(given(E(v)), (DEFINED, LINEAR, INDEPENDENCE, CENTRED), (*NEURON, *WEIGHTS))


def product_variance() -> Derivation:
    """Var(x y) = E[x]^2 Var(y) + E[y]^2 Var(x) + Var(x) Var(y), x and y independent"""
    start = given(Var(variable("x") * variable("y")))
    return chain(start, (VARIANCE, INDEPENDENCE, SECOND_SPLIT, EXPANDED), assume(independent("x", "y")))


@cache
def _terms() -> Derivation:
    """Var(v) = sum of Var(w_i) E[x_i]^2 + Var(w_i) Var(x_i)"""
    return chain(given(Var(v)), (DEFINED, SUM, PRODUCT, CENTRED), (*NEURON, *WEIGHTS))


def variance_centred() -> Derivation:
    """Var(v) = n Var(w_1) Var(x_1), the x_i also of mean 0"""
    return chain(_terms(), (CENTRED, EQUAL), (*INPUTS_CENTRED, *SAME_VARIANCES))


def variance() -> Derivation:
    """Var(v) = n Var(w_1) E[x_1^2]"""
    return chain(_terms(), (SECOND, EQUAL), SAME_VARIANCES)


def input_variance(name: str) -> Expr:
    """Var(x_1), Var(y_1)"""
    return Var(family(name)[1])


def keeping(variance: Derivation, wanted: Expr) -> Derivation:
    """Var(w_1) for which Var(v) is the wanted variance."""
    unknown = Var(w[1])
    solved = SOLVED(variance=variance, wanted=Given("wanted", wanted), unknown=Given("unknown", unknown))
    return derived(solved)


@cache
def symmetric_inputs() -> Derivation:
    """y is symmetric, as the weights of the layer before are, and these do not depend on what they weigh."""
    return derived(SYMMETRIC_SUM(**{fact.name: fact for fact in LAYER_BEFORE}))


def variance_relu(variance: Derivation) -> Derivation:
    """Var(v) = n Var(w_1) Var(y_1)/2 for x_i = relu(y_i)"""
    inputs = assume(definition(x[i], relu(y[i])))
    return chain(variance, (DEFINED, HALF), (*inputs, symmetric_inputs()))


def mean_of_activation(name: str) -> Derivation:
    """E[f(y_1)], y symmetric: tanh 0, sigmoid 1/2, relu E|y_1|/2"""
    start = given(E(ACTIVATIONS[name](y[1])))
    return chain(start, (EVEN, REFLECTED), (symmetric_inputs(),), name)


def centred_activations() -> Derivation:
    """For which activations E[x_i] = 0: sigmoid no, tanh yes, relu no."""
    varies = assume(*about(Varies, "y"))
    return derived(TUPLE(**{name: apply(IS_ZERO, mean_of_activation(name), varies, name) for name in ACTIVATIONS}))
