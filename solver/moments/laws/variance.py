"""The laws of Var: its definition, what is put before it, and the variance of a product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sympy import Add, Mul, Pow, S, Sum, expand

from solver.moments.assumptions import Expr, Facts
from solver.moments.laws.expectation import INDEPENDENCE
from solver.moments.laws.rewriting import Rewrite, is_random, rewriting, split, together
from solver.symbols import Cov, E, Var


def _by_definition(expr: Expr, facts: Facts) -> Expr:
    """Var(X) -> E[X^2] - E[X]^2, Cov(X, Y) -> E[X Y] - E[X] E[Y]"""
    apart = expr.replace(Cov, lambda one, other: E(one * other) - E(one) * E(other))
    return apart.replace(Var, lambda body: E(body**2) - E(body) ** 2)


def _square_alone(expr: Expr, facts: Facts) -> Expr:
    """Var(X) -> E[X^2]"""
    return expr.replace(Var, lambda body: E(body**2))


def _scaled(expr: Expr, facts: Facts) -> Expr:
    """Var(c X) -> c^2 Var(X)"""
    return _pulled(expr, 2)


def _scaled_once(expr: Expr, facts: Facts) -> Expr:
    """Var(c X) -> c Var(X)"""
    return _pulled(expr, 1)


def _pulled(expr: Expr, power: int) -> Expr:
    def each(body: Expr) -> Expr:
        constant, rest = split(body)
        return constant**power * Var(rest) if is_random(rest) else S.Zero

    return expr.replace(Var, each)


SCALED: Final = rewriting("moments.scaled", _scaled, factor_not_squared=_scaled_once)


def _second_split(expr: Expr, facts: Facts) -> Expr:
    """E[X^2] -> Var(X) + E[X]^2"""

    def each(body: Expr) -> Expr:
        base, exponent = body.as_base_exp()
        return Var(base) + E(base) ** 2 if exponent == 2 else E(body)

    return expr.replace(E, each)


def _second_is_variance(expr: Expr, facts: Facts) -> Expr:
    """E[X^2] -> Var(X)"""
    return expr.replace(E, lambda body: Var(body.args[0]) if _is_square(body) else E(body))


def _is_square(body: Expr) -> bool:
    return isinstance(body, Pow) and body.exp == 2


SECOND_SPLIT: Final = rewriting("moments.second_split", _second_split, mean_forgotten=_second_is_variance)


def _expanded(expr: Expr, facts: Facts) -> Expr:
    """(a + b) c -> a c + b c, inside the sums where there are sums"""
    return expr.replace(Sum, lambda body, *limits: Sum(expand(body), *limits)) if expr.has(Sum) else expand(expr)


EXPANDED: Final = rewriting("moments.expanded", _expanded, source="")


def _folded(instead: Callable[[Expr], Expr]) -> Rewrite:
    """A Var(X) + A E[X]^2 -> A instead(X)"""

    def folded(expr: Expr, facts: Facts) -> Expr:
        return expr.replace(lambda one: isinstance(one, Add), each)

    def each(total: Expr) -> Expr:
        terms = list(total.args)
        for variance in sorted(total.atoms(Var), key=str):
            body = variance.args[0]
            for term in list(terms):
                rest, left = term / variance, None
                if term in terms and not rest.has(variance):
                    left = rest * E(body) ** 2
                if left in terms:
                    terms.remove(term)
                    terms.remove(left)
                    terms.append(rest * instead(body))
        return Add(*terms)

    return folded


SECOND: Final = rewriting(
    "moments.second_moment",
    _folded(lambda body: E(body**2)),
    square_of_mean=_folded(lambda body: E(body) ** 2),
    mean_forgotten=_folded(Var),
)


def _multiplied(expr: Expr, facts: Facts) -> Expr:
    """Var(X Y) -> Var(X) Var(Y)"""
    return expr.replace(Var, lambda body: Mul(*map(Var, Mul.make_args(body))))


VARIANCE: Final = rewriting(
    "moments.variance", _by_definition, mean_not_subtracted=_square_alone, variances_multiplied=_multiplied
)


def _of_product(law: Callable[[Expr, Expr], Expr]) -> Rewrite:
    """Var(X Y) -> law(X, Y), X and Y independent"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(body: Expr) -> Expr:
            if not isinstance(body, Mul):
                return Var(body)
            first, *rest = sorted(together(body.args, facts.apart), key=str)
            return law(first, Mul(*rest)) if rest else Var(body)

        return expr.replace(Var, each)

    return rewrite


def _product_variance(one: Expr, other: Expr) -> Expr:
    return E(one) ** 2 * Var(other) + E(other) ** 2 * Var(one) + Var(one) * Var(other)


PRODUCT: Final = rewriting(
    "moments.product_variance",
    _of_product(_product_variance),
    assumes=("independent",),
    lemma=lambda: (VARIANCE, INDEPENDENCE, SECOND_SPLIT, EXPANDED),
    variances_multiplied=_of_product(lambda one, other: Var(one) * Var(other)),
)
