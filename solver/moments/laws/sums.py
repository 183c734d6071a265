"""The laws of sums: the variance of a sum, terms of which one is like another, sums of what does not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from sympy import Indexed, Mul, Sum, Symbol, sqrt

from solver.moments.assumptions import Expr, Facts, families
from solver.moments.laws.expectation import CENTRED, INDEPENDENCE, UNCORRELATED
from solver.moments.laws.rewriting import GLOROT, ONE, Rewrite, at, index_sum, rewriting
from solver.symbols import Cov, E, Var


def _spread(expr: Expr, facts: Facts) -> Expr:
    """Var(sum of X_i) -> sum of Var(X_i) + 2 sum over i < j of Cov(X_i, X_j)"""
    return expr.replace(Var, lambda body: _spread_of(body) if index_sum(body) else Var(body))


def _spread_of(total: Expr) -> Expr:
    body, i, n = cast("tuple[Expr, Symbol, Expr]", index_sum(total))
    j = next(
        letter for letter in (Symbol(name, integer=True) for name in "jklm") if not body.has(letter) and letter != i
    )
    mixed = Sum(Cov(body, at(body, i, j)), (j, i + 1, n), (i, 1, n))
    return Sum(Var(body), (i, 1, n)) + 2 * mixed


SPREAD: Final = rewriting("moments.sum_spread", _spread)


def _covariance(expr: Expr, facts: Facts) -> Expr:
    """Cov(X, Y) -> E[X Y] - E[X] E[Y]"""
    return expr.replace(Cov, lambda one, other: E(one * other) - E(one) * E(other))


COVARIANCE: Final = rewriting("moments.covariance", _covariance)


def _of_sum(law: Callable[[Expr, Any], Expr]) -> Rewrite:
    """Var(sum of X_i) -> law(X_i), the X_i uncorrelated"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(total: Expr) -> Expr:
            found = index_sum(total)
            if found is None or not _uncorrelated_terms(found[0], found[1], facts):
                return Var(total)
            return law(found[0], total.limits[0])

        return expr.replace(Var, each)

    return rewrite


def _uncorrelated_terms(body: Expr, index: Symbol, facts: Facts) -> bool:
    """Whether the terms of a sum are uncorrelated: w_i, or w_i x_i with w centred and independent of x."""
    names = families(body)
    factors = [one for one in Mul.make_args(body) if isinstance(one, Indexed) and one.indices == (index,)]
    single = {str(one.base.label) for one in factors}
    return any(
        facts.uncorrelated(name) and (len(names) == 1 or (facts.centred(name) and facts.independent([name], others)))
        for name in sorted(single)
        for others in [[other for other in names if other != name]]
    )


SUM: Final = rewriting(
    "moments.sum_variance",
    _of_sum(lambda body, limit: Sum(Var(body), limit)),
    assumes=("symmetric", "centred", "uncorrelated", "independent"),
    lemma=lambda: (SPREAD, COVARIANCE, INDEPENDENCE, UNCORRELATED, CENTRED),
    deviations_added=_of_sum(lambda body, limit: Sum(sqrt(Var(body)), limit) ** 2),
)


def _alike(expr: Expr, facts: Facts) -> Expr:
    """E[w_i], Var(w_i), E[w_i^2] -> those of w_1"""

    def of_first(moment: Expr) -> Expr:
        base, exponent = moment.args[0].as_base_exp()
        same = isinstance(base, Indexed) and facts.alike(str(base.base.label))
        if not same or exponent not in ((1,) if isinstance(moment, Var) else (1, 2)):
            return moment
        return moment.func(base.base[(ONE,) * len(base.indices)] ** exponent)

    return expr.replace(lambda one: isinstance(one, E | Var), of_first)


ALIKE: Final = rewriting("moments.alike", _alike, assumes=("alike",))


def _counted(count: Callable[[Expr], Expr]) -> Rewrite:
    """sum of c -> count(n) c"""

    def each(body: Expr, *limits: Any) -> Expr:
        total = Sum(body, *limits)
        found = index_sum(total)
        return total if found is None or body.has(found[1]) else count(found[2]) * body

    return lambda expr, facts: expr.replace(Sum, each)


CONSTANT: Final = rewriting("moments.constant_sum", _counted(lambda n: n))


def _equal_terms(count: Callable[[Expr], Expr]) -> Rewrite:
    counted = _counted(count)
    return lambda expr, facts: counted(_alike(expr, facts), facts)


EQUAL: Final = rewriting(
    "moments.equal_terms",
    _equal_terms(lambda n: n),
    assumes=("alike",),
    source=GLOROT,
    lemma=lambda: (ALIKE, CONSTANT),
    one_term_only=_equal_terms(lambda n: ONE),
    terms_squared=_equal_terms(lambda n: n**2),
)
