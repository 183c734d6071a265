"""Conclusions that rewrite nothing: what Var(w) has to be, which sums are symmetric, whether a mean is zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, cast

from sympy import Abs, Indexed, Mul, S, Sum, Symbol, expand, sqrt

from solver.derivation import Conclusion, DoesNotFit, Rule
from solver.moments.assumptions import Expr, Facts, Symmetric, families
from solver.moments.laws.rewriting import GLOROT, HE, ONE, expression_of
from solver.symbols import E
from solver.values import Value


def _solved(instead: Callable[[Expr], Expr]) -> Conclusion:
    """The value of `unknown` for which `variance` is `wanted`."""

    def conclude(premises: Mapping[str, Value]) -> Value:
        variance, wanted, unknown = (cast("Expr", premises[name]) for name in ("variance", "wanted", "unknown"))
        solution = _root(variance, wanted, unknown)
        if solution is None:
            raise DoesNotFit("moments.solved", premises)
        return cast("Value", instead(solution))

    return conclude


@lru_cache(maxsize=2048)
def _root(variance: Expr, wanted: Expr, unknown: Expr) -> Expr | None:
    """(wanted - b)/a for variance = a unknown + b"""
    b = variance.xreplace({unknown: S.Zero})
    a = expand(variance - b) / unknown
    a = expand(a)
    if a == 0 or a.has(unknown):
        return None
    return (wanted - b) / a


SOLVED: Final = Rule(
    "moments.solved",
    law=_solved(lambda root: root),
    source=GLOROT,
    slips={
        "inverted": Rule("inverted", law=_solved(lambda root: 1 / root), assumes=()),
        "deviation_for_variance": Rule("deviation_for_variance", law=_solved(sqrt), assumes=()),
    },
    assumes=(),
)


def _symmetric_sum(premises: Mapping[str, Value]) -> Value:
    """Symmetric(y) for y_i = sum of u_ij z_j, where u is symmetric and independent of z."""
    facts = Facts.among(premises.values())
    for left, right in facts.definitions().items():
        body = right.function if isinstance(right, Sum) else right
        factors = Mul.make_args(body)
        for factor in factors:
            others = families(Mul(*(other for other in factors if other is not factor)))
            name = families(factor)
            if isinstance(factor, Indexed) and facts.symmetric(*name) and facts.independent(name, others):
                return cast("Value", Symmetric(Symbol(families(left)[0])))
    raise DoesNotFit("moments.symmetric_sum", premises)


SYMMETRIC_SUM: Final = Rule(
    "moments.symmetric_sum",
    law=_symmetric_sum,
    source=HE,
    assumes=("symmetric", "independent", "definition"),
)


def _is_zero(premises: Mapping[str, Value]) -> Value:
    """Whether an expectation is 0: 0 itself, another number, or E|y| of a y that is not always 0."""
    expression, facts = cast("Expr", expression_of("moments.is_zero", premises)), Facts.among(premises.values())
    if expression == 0:
        return True
    positive = expression.xreplace(
        {one: ONE for one in expression.atoms(E) if isinstance(one.args[0], Abs) and facts.varies(*families(one))}
    )
    if positive.is_number and positive != 0:
        return False
    raise DoesNotFit("moments.is_zero", premises)


IS_ZERO: Final = Rule("moments.is_zero", law=_is_zero, assumes=("varies",))
