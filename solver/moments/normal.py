"""Laws of normal variables: Stein, Price, and the moments of what ReLU leaves. Each declares that it assumes them.

    Stein       E[y g(y)] = Var(y) E[g'(y)]
    Price       d/dCov(u, v) E[f(u) g(v)] = E[f'(u) g'(v)]
    truncated   E[relu(y)^k] = the moment of order k over y > 0

No finite model is normal, so that `verify/integrals.py` checks them: exactly where both sides are integrated in closed
form, otherwise at 30 digits, which is evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sympy import Derivative, Indexed, Integer, Mul, Rational, S, diff, sqrt

from solver.derivation import Rule
from solver.moments.activations import truncated
from solver.moments.assumptions import NORMAL, Expr, Facts, families
from solver.moments.laws import Rewrite, rewriting
from solver.symbols import Cov, E, Var, Variable, relu

STEIN_1981: Final = "Stein 1981, Estimation of the mean of a multivariate normal distribution, lemma 1"
PRICE_1958: Final = "Price 1958, A useful theorem for nonlinear devices having Gaussian inputs"


def _single(body: Expr, facts: Facts) -> Expr | None:
    """The one normal variable in a body."""
    inside = body.atoms(Indexed, Variable)
    return next(iter(inside)) if len(inside) == 1 and facts.normal(families(body)[0]) else None


def _is_smooth(body: Expr) -> bool:
    return not body.has(relu)


def _has_factor(body: Expr, y: Expr) -> bool:
    return any(factor.as_base_exp()[0] == y for factor in Mul.make_args(body))


def _stein(variance: Callable[[Expr], Expr]) -> Rewrite:
    """E[y g(y)] -> Var(y) E[g'(y)], where y is a factor of what stands under E"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(body: Expr) -> Expr:
            y = _single(body, facts)
            if y is None or body == y or not _is_smooth(body) or not _has_factor(body, y):
                return E(body)
            number, slope = diff(body / y, y).as_independent(y, as_Add=False)
            return variance(y) * number * (E(slope) if slope.has(y) else slope)

        return expr.replace(E, each)

    return rewrite


STEIN: Final = rewriting(
    "moments.stein",
    _stein(Var),
    assumes=(NORMAL,),
    source=STEIN_1981,
    variance_forgotten=_stein(lambda y: S.One),
    deviation_for_variance_of_y=_stein(lambda y: sqrt(Var(y))),
)


def _price(slope: Callable[[Expr, Expr, Expr], Expr]) -> Rewrite:
    """d/dCov(u, v) E[f(u) g(v)] -> E[f'(u) g'(v)]"""

    def each(total: Expr, by: Expr, facts: Facts) -> Expr:
        body, (u, v) = total.args[0], by.args
        normal = all(isinstance(one, Indexed | Variable) and facts.normal(*families(one)) for one in (u, v))
        if not normal or u == v or body.atoms(Indexed, Variable) != {u, v} or not _is_smooth(body):
            return Derivative(total, by, evaluate=False)
        return slope(body, u, v)

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        return expr.replace(
            lambda one: isinstance(one, Derivative) and isinstance(one.expr, E) and isinstance(one.variables[0], Cov),
            lambda one: each(one.expr, one.variables[0], facts),
        )

    return rewrite


PRICE: Final = rewriting(
    "moments.price",
    _price(lambda body, u, v: E(diff(body, u, v))),
    assumes=(NORMAL,),
    source=PRICE_1958,
    one_side_differentiated=_price(lambda body, u, v: E(diff(body, u))),
)


def _relu_moments(half: Callable[[Expr], Expr]) -> Rewrite:
    """E[relu(y)^k] -> E[y^k; y > 0]"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(body: Expr) -> Expr:
            base, k = body.as_base_exp()
            y: Any = _single(body, facts)
            if y is None or base != relu(y) or not (k.is_Integer and k > 0):
                return E(body)
            return half(truncated(int(k), low=S.Zero, v=Var(y)))

        return expr.replace(E, each)

    return rewrite


TRUNCATED: Final = rewriting(
    "moments.truncated",
    _relu_moments(lambda moment: moment),
    assumes=(NORMAL,),
    source="integration by parts",
    both_sides_counted=_relu_moments(lambda moment: Integer(2) * moment),
    quarter_taken=_relu_moments(lambda moment: Rational(1, 2) * moment),
)

NORMAL_LAWS: Final[tuple[Rule, ...]] = (STEIN, PRICE, TRUNCATED)
