"""The laws of E: what a name is short for, linearity, independence, what is zero."""

from __future__ import annotations

from typing import Any, Final

from sympy import Add, Indexed, Mul, S, Sum, expand

from solver.moments.assumptions import Expr, Facts, families
from solver.moments.laws.rewriting import is_atom, is_random, rewriting, split, summed, tidy, together
from solver.symbols import E


def _defined(expr: Expr, facts: Facts) -> Expr:
    """v -> w_1 x_1 + … + w_n x_n, x_i -> f(y_i)"""
    for left, right in facts.definitions().items():
        members = [one for one in expr.atoms(Indexed) if isinstance(left, Indexed) and one.base == left.base]
        expr = expr.xreplace({left: right} if not members else {one: _member(one, left, right) for one in members})
    return expr


def _member(one: Expr, left: Expr, right: Expr) -> Expr:
    """What x_1 is, where x_i is known."""
    return right.xreplace(dict(zip(left.indices, one.indices, strict=True)))


DEFINED: Final = rewriting("moments.definition", _defined, assumes=("definition",), source="")


def _linear(expr: Expr, facts: Facts) -> Expr:
    """E[c X + Y] -> c E[X] + E[Y], and sums go out"""
    return tidy(expr.replace(E, mean))


def mean(body: Expr) -> Expr:
    """E[body], constants and sums before it."""
    if not is_random(body):
        return body
    if isinstance(body, Add):
        return Add(*map(mean, body.args))
    if isinstance(body, Sum):
        return summed(mean(body.function), *body.limits)
    constant, rest = split(body)
    if constant != 1 and rest != 1:
        return constant * mean(rest)
    expanded = expand(body)
    return mean(expanded) if isinstance(expanded, Add) else E(body)


LINEAR: Final = rewriting("moments.linearity", _linear)


def _factorised(expr: Expr, facts: Facts) -> Expr:
    """E[X Y] -> E[X] E[Y], X and Y independent"""

    def each(body: Expr) -> Expr:
        if not isinstance(body, Mul):
            return E(body)
        return Mul(*map(E, together(body.args, facts.apart)))

    return expr.replace(E, each)


INDEPENDENCE: Final = rewriting("moments.independence", _factorised, assumes=("independent",))


def _separated(expr: Expr, facts: Facts) -> Expr:
    """E[w_i w_j] -> E[w_i] E[w_j], i != j and the w uncorrelated"""

    def each(body: Expr, distinct: frozenset[tuple[Expr, Expr]]) -> Expr:
        match body:
            case Mul(args=(Indexed() as one, Indexed() as other)) if one.base == other.base:
                pair = (one.indices[0], other.indices[0])
                if (pair in distinct or _differ(*pair)) and facts.uncorrelated(str(one.base.label)):
                    return E(one) * E(other)
        return E(body)

    def inside(body: Expr, *limits: Any) -> Expr:
        pairs = [(limit[0], low) for limit in limits for low in [limit[1] - 1] if low.is_Symbol]
        distinct = frozenset([*pairs, *(pair[::-1] for pair in pairs)])
        return summed(body.replace(E, lambda arg: each(arg, distinct)), *limits)

    outside = expr.replace(E, lambda arg: each(arg, frozenset()))
    return outside.replace(Sum, inside)


def _differ(first: Expr, second: Expr) -> bool:
    return bool(first.is_number and second.is_number and first != second)


UNCORRELATED: Final = rewriting("moments.uncorrelated", _separated, assumes=("uncorrelated",))


def _centred(expr: Expr, facts: Facts) -> Expr:
    """E[w_i] -> 0"""
    zero = {one: S.Zero for one in expr.atoms(E) if is_atom(one.args[0]) and facts.centred(*families(one.args[0]))}
    return tidy(expr.xreplace(zero))


CENTRED: Final = rewriting("moments.centred", _centred, assumes=("symmetric", "centred"))


def _odd(expr: Expr, facts: Facts) -> Expr:
    """E[w_i^k] -> 0, k odd and the law of w symmetric"""

    def each(body: Expr) -> Expr:
        base, exponent = body.as_base_exp()
        odd = exponent.is_odd and exponent.is_positive
        return S.Zero if is_atom(base) and odd and facts.symmetric(*families(base)) else E(body)

    return tidy(expr.replace(E, each))


ODD_MOMENT: Final = rewriting("moments.odd_moment", _odd, assumes=("symmetric",))
