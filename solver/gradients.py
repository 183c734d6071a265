"""Gradients back through a residual block, step by step: which part of dC/dx_m comes along which path.

    x_m        what comes in            y_2,k   what is rectified: y_1,k + x_k
    y_1,k      the inner path's end     y_k     what comes out: relu(y_2,k)        C  the cost, a function of the y_k

    z_j, h_j, a_j   in ResBlockMLP's inner path: behind Z1, behind the normalisation, behind its ReLU
    u, v, b, c      weights and biases of Z1 and of Z2; s_j, t_j, mu_j  scale, shift and mean of the normalisation

The derivative of relu at 0 is a convention: the course writes 1{y >= 0}, torch's relu has 0 there. The steps hold where
no y_2,k is 0.

>>> gradient().result
Sum((D(y[1, k], x[m]) + KroneckerDelta(k, m))*D(C, y[k])*indicator(y[2, k] >= 0), (k, 0, n))
>>> dead().result, dead(skip=False).result
(D(C, y[m])*indicator(y[2, m] >= 0), 0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from sympy import Add, Function, Indexed, KroneckerDelta, Mul, S, Sum, Symbol

from solver.derivation import Derivation
from solver.moments.assumptions import Facts, assume, definition
from solver.moments.derive import chain, given
from solver.moments.laws import rewriting
from solver.symbols import D, family, indicator, relu

Expr = Any

SOURCE: Final = "He et al. 2016, Deep residual learning; the chapter on residual networks"

i, j, k, m, n = (Symbol(letter, integer=True) for letter in "ijkmn")
x, y, z, h, a = map(family, "xyzha")
u, v, b, c, s, t, mu = map(family, ("u", "v", "b", "c", "s", "t", "mu"))
SIGNALS: Final = (x, y, z, h, a)
C, w = Symbol("C", real=True), Symbol("w", real=True)


# --- laws


def _apart(expr: Expr, each: Any) -> Expr:
    """Each derivative in an expression rewritten, and sums of 0 put to 0."""
    return _tidy(expr.replace(D, each))


def _tidy(expr: Expr) -> Expr:
    return expr.replace(Sum, lambda body, *limits: S.Zero if body == 0 else Sum(body, *limits))


def _through(expr: Expr, facts: Facts) -> Expr:
    """dC/dx -> sum over k of dC/dy_k dy_k/dx, C = C(y_k)"""

    def each(of: Expr, by: Expr) -> Expr:
        means = facts.definitions().get(of)
        if not isinstance(of, Symbol) or means is None or _family(means.args[0]) == _family(by):
            return D(of, by)
        (between,) = means.args
        return Sum(D(of, between) * D(between, by), (between.indices[-1], 0, n))

    return _apart(expr, each)


def _substituted(expr: Expr, facts: Facts) -> Expr:
    """dy/dx -> df/dx for y = f"""
    known = [(left, right) for left, right in facts.definitions().items() if isinstance(left, Indexed)]

    def each(of: Expr, by: Expr) -> Expr:
        if _family(of) == _family(by):
            return D(of, by)
        means = (_instance(of, left, right) for left, right in known)
        return next((D(right, by) for right in means if right is not None), D(of, by))

    return _apart(expr, each)


def _instance(of: Expr, left: Expr, right: Expr) -> Expr | None:
    """The right side of a definition for one member of what it defines; None where it defines something else."""
    if not isinstance(of, Indexed) or of.base != left.base or len(of.indices) != len(left.indices):
        return None
    pairs = list(zip(left.indices, of.indices, strict=True))
    if any(not meant.is_Symbol and meant != index for meant, index in pairs):
        return None
    return right.xreplace({meant: index for meant, index in pairs if meant.is_Symbol})


def _family(expr: Expr) -> tuple[Any, ...]:
    """What a number is a member of: y_1,k of the y_1, x_k of the x."""
    if not isinstance(expr, Indexed):
        return (expr,)
    return (expr.base, *(index for index in expr.indices if index.is_Integer))


def _linear(expr: Expr, facts: Facts) -> Expr:
    """d(f + g)/dx -> df/dx + dg/dx, d(c f)/dx -> c df/dx, sums go out; weights, biases and statistics are constants"""
    return _linear_with(expr, lambda terms: terms)


def _linear_with(expr: Expr, kept: Callable[[Sequence[Expr]], Sequence[Expr]]) -> Expr:
    """The same with some of the terms of each sum."""

    def each(of: Expr, by: Expr) -> Expr:
        match of:
            case Add():
                return Add(*(each(term, by) for term in kept(of.args)))
            case Sum():
                return Sum(each(of.function, by), *of.limits)
            case Mul():
                constant = Mul(*(factor for factor in of.args if not _is_signal(factor)))
                return constant * each(of / constant, by) if constant != 1 else D(of, by)
        return D(of, by) if _is_signal(of) else S.Zero

    return _apart(expr, each)


def _is_signal(expr: Expr) -> bool:
    """Whether a number changes with the input."""
    return any(one.base in SIGNALS for one in expr.atoms(Indexed)) or C in expr.free_symbols


def _rectified(expr: Expr, facts: Facts) -> Expr:
    """d relu(y)/dx -> 1{y >= 0} dy/dx"""
    return _apart(expr, lambda of, by: indicator(of.args[0] >= 0) * D(of.args[0], by) if _bent(of) else D(of, by))


def _passed_on(expr: Expr, facts: Facts) -> Expr:
    """d relu(y)/dx -> dy/dx"""
    return _apart(expr, lambda of, by: D(of.args[0], by) if _bent(of) else D(of, by))


def _bent(of: Expr) -> bool:
    return isinstance(of, relu)


def _coordinates(expr: Expr, facts: Facts) -> Expr:
    """dx_k/dx_m -> delta_km"""

    def each(of: Expr, by: Expr) -> Expr:
        if not isinstance(of, Indexed) or _family(of) != _family(by):
            return D(of, by)
        return Mul(*(KroneckerDelta(one, other) for one, other in zip(of.indices, by.indices, strict=True)))

    return _apart(expr, each)


def _all_ones(expr: Expr, facts: Facts) -> Expr:
    """dx_k/dx_m -> 1"""
    return _apart(expr, lambda of, by: S.One if _family(of) == _family(by) else D(of, by))


def _vanishing(expr: Expr, facts: Facts) -> Expr:
    """dy_1,k/dx_m -> 0, where that is assumed"""
    zero = [_shape_of(left) for left, right in facts.definitions().items() if isinstance(left, D) and right == 0]
    return _tidy(_apart(expr, lambda of, by: S.Zero if _shape_of(D(of, by)) in zero else D(of, by)))


def _shape_of(derivative: Expr) -> tuple[Any, ...]:
    return tuple(_family(one) for one in derivative.args)


def _sifted(expr: Expr, facts: Facts) -> Expr:
    """sum over k of f(k) delta_km -> f(m)"""

    def each(body: Expr, *limits: Any) -> Expr:
        index = limits[0][0]
        for delta in sorted(body.atoms(KroneckerDelta), key=str):
            others = [one for one in delta.args if one != index]
            if len(limits) == 1 and len(others) == 1 and delta in Mul.make_args(body):
                return (body / delta).xreplace({index: others[0]})
        return Sum(body, *limits)

    return expr.replace(Sum, each)


CHAIN: Final = rewriting("gradient.chain", _through, assumes=("definition",), source=SOURCE)
MEANS: Final = rewriting("gradient.means", _substituted, assumes=("definition",), source=SOURCE)
RECTIFIED: Final = rewriting(
    "gradient.rectified", _rectified, source=SOURCE, indicator_forgotten=_passed_on
)
LINEAR: Final = rewriting(
    "gradient.linear",
    _linear,
    source=SOURCE,
    skip_forgotten=lambda expr, facts: _linear_with(expr, lambda terms: _without(terms, x)),
    path_forgotten=lambda expr, facts: _linear_with(expr, lambda terms: _only(terms, x)),
)
COORDINATES: Final = rewriting("gradient.coordinates", _coordinates, source=SOURCE, delta_forgotten=_all_ones)
VANISHING: Final = rewriting("gradient.vanishing", _vanishing, assumes=("definition",), source=SOURCE)
SIFTED: Final = rewriting("gradient.sifted", _sifted, source=SOURCE)


def _without(terms: Iterable[Expr], base: Expr) -> list[Expr]:
    return [term for term in terms if getattr(term, "base", None) != base]


def _only(terms: Iterable[Expr], base: Expr) -> list[Expr]:
    kept = [term for term in terms if getattr(term, "base", None) == base]
    return kept or list(terms)


# --- the block


def _function(value: Expr, of: Expr) -> Any:
    return definition(value, Function(str(value))(of))


COST: Final = assume(_function(C, y[k]))
"""C is a function of the y_k alone."""
BLOCK: Final = assume(definition(y[k], relu(y[2, k])), definition(y[2, k], y[1, k] + x[k]))
PLAIN: Final = assume(definition(y[k], relu(y[2, k])), definition(y[2, k], y[1, k]))
"""The same layers without the skip."""
DEAD: Final = assume(definition(D(y[1, k], x[m]), S.Zero))
"""No y_1,k moves with any x_m, also not with k = m."""
EARLIER: Final = assume(_function(C, x[m]))
"""Whatever comes before the block reaches the cost through its inputs alone."""
MLP: Final = assume(
    definition(y[1, k], Sum(v[k, j] * a[j], (j, 0, n)) + c[k]),
    definition(a[j], relu(h[j])),
    definition(h[j], s[j] * (z[j] - mu[j]) + t[j]),
    definition(z[j], Sum(u[j, i] * x[i], (i, 0, n)) + b[j]),
)
"""ResBlockMLP's inner path; the normalisation has fixed statistics, as in evaluation."""

_OUTSIDE: Final = (CHAIN, MEANS, RECTIFIED, MEANS, LINEAR, COORDINATES)


@cache
def _gradient(skip: bool) -> Derivation:
    return chain(given(D(C, x[m])), _OUTSIDE, (*COST, *(BLOCK if skip else PLAIN)))


def gradient(*, skip: bool = True) -> Derivation:
    """dC/dx_m = sum over k of dC/dy_k 1{y_2,k >= 0} (dy_1,k/dx_m + delta_km)"""
    return _gradient(skip)


def dead(*, skip: bool = True) -> Derivation:
    """Where the inner path is dead: dC/dx_m = dC/dy_m 1{y_2,m >= 0}, and 0 without the skip."""
    return chain(_gradient(skip), (VANISHING, SIFTED), DEAD)


def earlier(*, skip: bool = True) -> Derivation:
    """dC/dw of a parameter before a dead block: sum over m of dC/dy_m 1{y_2,m >= 0} dx_m/dw, and 0 without the skip."""
    start = chain(given(D(C, w)), (CHAIN,), EARLIER)
    known = (*COST, *(BLOCK if skip else PLAIN), *DEAD)
    return chain(start, (*_OUTSIDE, VANISHING, SIFTED), known)


@cache
def of_mlp() -> Derivation:
    """dC/dx_m of ResBlockMLP, the inner path worked out too."""
    inside = (MEANS, LINEAR, MEANS, RECTIFIED, MEANS, LINEAR, MEANS, LINEAR, COORDINATES, SIFTED)
    return chain(gradient(), inside, MLP)
