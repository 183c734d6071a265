"""How a law is made of a rewriting, and what the laws share: the parts of expressions in random variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from sympy import Indexed, Integer, Mul, S, Sum, Symbol

from solver.derivation import Conclusion, Derivation, DoesNotFit, Rule
from solver.moments.assumptions import Expr, Facts, assume
from solver.moments.derive import chain, given
from solver.symbols import Cov, E, Var, Variable
from solver.values import Value

Rewrite: TypeAlias = Callable[[Expr, Facts], Expr]

ROSS: Final = "Ross, A First Course in Probability, chapters 4 and 7"
GLOROT: Final = "Glorot and Bengio 2010, section 4.2.1"
HE: Final = "He et al. 2015, section 2.2"
ONE: Final = Integer(1)


def rewriting(
    name: str,
    rewrite: Rewrite,
    *,
    assumes: tuple[str, ...] = (),
    source: str = ROSS,
    lemma: Callable[[], tuple[Rule, ...]] | None = None,
    **slips: Rewrite,
) -> Rule:
    """A law: its premises are an expression and facts of the kinds it assumes; `lemma` gives the laws that prove it."""

    def made(named: str, said: Rewrite, **more: Any) -> Rule:
        return Rule(named, law=_conclusion(named, said), source=source, assumes=assumes, **more)

    def opens(premises: Mapping[str, Value]) -> Derivation:
        facts = assume(*Facts.among(premises.values()))
        return chain(given(expression_of(name, premises)), lemma() if lemma else (), facts)

    wrong = {slip: made(slip, said) for slip, said in slips.items()}
    return made(name, rewrite, slips=wrong, opens=opens if lemma else None)


def _conclusion(name: str, rewrite: Rewrite) -> Conclusion:
    remembered = lru_cache(maxsize=2048)(rewrite)

    def conclude(premises: Mapping[str, Value]) -> Value:
        return cast("Value", remembered(expression_of(name, premises), Facts.among(premises.values())))

    return conclude


def expression_of(name: str, premises: Mapping[str, Value]) -> Expr:
    """The expression among a law's premises; a law of this name does not fit where there is none."""
    if "expression" not in premises:
        raise DoesNotFit(name, premises)
    return premises["expression"]


# --- parts of expressions


def is_random(expr: Expr) -> bool:
    """Whether an expression varies with chance: a random variable stands in it outside E, Var and Cov."""
    if isinstance(expr, E | Var | Cov):
        return False
    return isinstance(expr, Indexed | Variable) or any(map(is_random, expr.args))


def split(expr: Expr) -> tuple[Expr, Expr]:
    """c and X of c X."""
    factors = Mul.make_args(expr)
    random = [factor for factor in factors if is_random(factor)]
    return Mul(*(factor for factor in factors if not is_random(factor))), Mul(*random)


def summed(body: Expr, *limits: Any) -> Expr:
    """The sum of a body, 0 if the body is; what does not change with the index stands before it."""
    if body == 0:
        return S.Zero
    variable = limits[0][0]
    outer = [factor for factor in Mul.make_args(body) if not factor.has(variable) and factor.is_number]
    inner = Mul(*(factor for factor in Mul.make_args(body) if factor not in outer))
    return Mul(*outer) * Sum(inner, *limits)


def tidy(expr: Expr) -> Expr:
    """Sums of 0 are 0."""
    return expr.replace(Sum, summed) if expr.has(Sum) else expr


def at(body: Expr, index: Symbol, value: Expr) -> Expr:
    """A body with a value for its index."""
    return body.xreplace({index: value})


def together(groups: Iterable[Expr], apart: Callable[[Expr, Expr], bool]) -> list[Expr]:
    """Products of the factors that are not apart."""
    found: list[list[Expr]] = []
    for factor in groups:
        near = [group for group in found if not all(apart(factor, other) for other in group)]
        found = [group for group in found if group not in near] + [[factor, *(one for group in near for one in group)]]
    return [Mul(*group) for group in found]


def index_sum(expr: Expr) -> tuple[Expr, Symbol, Expr] | None:
    """Body, index and last index of a sum that begins at 1."""
    if isinstance(expr, Sum) and len(expr.limits) == 1 and expr.limits[0][1] == 1:
        return expr.function, expr.limits[0][0], expr.limits[0][2]
    return None


def is_atom(expr: Expr) -> bool:
    """Whether an expression is a random variable, with an index or without."""
    return isinstance(expr, Indexed | Variable)
