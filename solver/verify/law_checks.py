"""Checks the laws of moments exactly, in random models that satisfy nothing but the assumptions of a step; n = 1, 2, 3.

Why this is more than trying: both sides are polynomials in the values and chances of the model, so that a wrong step
agrees in a random model with probability degree/2^32 at most (Schwartz-Zippel); laws with ATOMS atoms satisfy no
equation of degree below DEGREE that not all laws satisfy; and where at most two indices differ, n = 1, 2, 3 decide all
n. What is linear in the law of a symmetric y is decided by y = a and y = -a, also where it is no polynomial. A step
outside these bounds is checked all the same, and the check says that it is evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from time import perf_counter
from typing import Any, Final, final

import sympy

from solver.derivation import Derived, opened, walk
from solver.frozen import frozen
from solver.moments.assumptions import NORMAL, Expr, Fact, Facts, families, is_fact, kind_of
from solver.moments.laws import activations
from solver.notation.printing import ascii_text
from solver.symbols import Cov, E, Var, Variable
from solver.values import as_formula
from solver.verify.check import Check
from solver.verify.finite_models import Model, NotComputable, Number, families_in
from solver.verify.integrals import check_step as integrated

DEGREE: Final = 10
SIZES: Final = (1, 2, 3)
MODELS: Final = 2


def values_degree(expr: Expr) -> int:
    """The degree of an expression in the values of random variables."""
    match expr:
        case sympy.Indexed() | Variable():
            return 1
        case sympy.Add():
            return max(map(values_degree, expr.args))
        case sympy.Mul() | Cov():
            return sum(map(values_degree, expr.args))
        case sympy.Pow():
            return values_degree(expr.base) * abs(int(expr.exp)) if expr.exp.is_Integer else DEGREE
        case Var():
            return 2 * values_degree(expr.args[0])
        case sympy.Sum():
            return values_degree(expr.function)
        case _:
            return max(map(values_degree, expr.args), default=0)


def index_degree(expr: Expr) -> int:
    """How many indices of an expression may differ, and the degree of n in it: both sides of a step are decided by
    one more values of n."""
    match expr:
        case sympy.Symbol():
            return int(bool(expr.is_integer))
        case sympy.Indexed():
            return 0
        case sympy.Add():
            return max(map(index_degree, expr.args))
        case sympy.Mul() | Cov():
            return sum(map(index_degree, expr.args))
        case sympy.Pow():
            return index_degree(expr.base) * abs(int(expr.exp)) if expr.exp.is_Integer else DEGREE
        case Var():
            return 2 * index_degree(expr.args[0])
        case sympy.Sum():
            return index_degree(expr.function) + len(expr.limits)
        case _:
            return max(map(index_degree, expr.args), default=0)


def reach(sides: Sequence[Expr], facts: Facts) -> str:
    """Why agreement in the models is a proof: "polynomial", "mixtures"; "" where it is evidence."""
    tried = sizes_tried((*sides, *facts))
    if max(map(values_degree, sides)) >= DEGREE or max(map(index_degree, sides)) >= len(tried):
        return ""
    bent = {name for side in sides for one in activations(side) for name in families(one)}
    if not bent:
        return "polynomial"
    return "mixtures" if all(linear_in_law(side, name, facts) for side in sides for name in bent) else ""


def linear_in_law(expr: Expr, name: str, facts: Facts) -> bool:
    """Whether a side is c + d E[f(y)] for the y of a family; the variance of a symmetric y is E[y^2]."""
    moments = [one for one in expr.atoms(E, Var, Cov) if name in families(one)]
    plain = all(isinstance(one, E) or (isinstance(one, Var) and facts.symmetric(name)) for one in moments)
    t = sympy.Dummy()
    scaled = sympy.expand(expr.xreplace({one: t * sympy.Dummy() for one in moments}))
    return plain and not scaled.has(sympy.Sum) and sympy.Poly(scaled, t).degree() <= 1


def check_step(node: Derived) -> Check:
    """A step of a law: right in every model of its assumptions that was tried, or refuted by one.

    No finite model is normal: a step that assumes normal variables is integrated instead.
    """
    if any(is_fact(one.result) and kind_of(one.result) == NORMAL for one in node.premises.values()):
        return integrated(node)
    started = perf_counter()
    claim = f"{node.rule.name} = {ascii_text(as_formula(node.result))}"
    premises = {name: premise.result for name, premise in node.premises.items()}
    try:
        trial = _trial(node.result, premises)
        failed = next(_failures(trial), None)
    except NotComputable:
        return Check(claim, "models_evidence", "inconclusive", None, perf_counter() - started)
    why = "definition" if node.rule.name == "moments.definition" else trial.why
    method = {"": "models_evidence", "definition": "definition"}.get(why, "models")
    tried = map(str, sizes_tried((*trial.expressions, *trial.facts)))
    scope = "" if method == "definition" else f"n = {', '.join(tried)}"
    if failed is not None:
        return Check(claim, method, "refuted", failed.said, perf_counter() - started, f"n = {failed.size}")
    return Check(claim, method, "verified", None, perf_counter() - started, scope, trial.why if scope else "")


def inner_checks(node: Derived) -> Iterator[tuple[Derived, Check]]:
    """The steps that a lemma opens into, each with its check; the last ends where the lemma does."""
    inside = opened(node)
    if inside is None:
        return
    for step in walk(inside):
        yield step, check_step(step)
    if inside.result != node.result:
        yield node, Check(node.rule.name, "models", "refuted")


def refuted(before: Expr, after: Expr, facts: Iterable[Fact]) -> bool:
    """Whether some model of the facts tells two expressions apart."""
    return next(_failures(_equal(before, after, Facts.among(facts))), None) is not None


@final
@frozen(slots=True)
class Trial:
    """What is asked of each model of some facts: None where it agrees, otherwise what it says instead."""

    facts: Facts
    expressions: tuple[Expr, ...]
    ask: Callable[[Model], Number | bool | None]
    why: str


@final
@frozen(slots=True)
class Failure:
    """The size of a model that disagrees, and what it says."""

    size: int
    said: Any


def _trial(result: Any, premises: Mapping[str, Any]) -> Trial:
    facts = Facts.among(premises.values())
    if is_fact(result):
        return Trial(facts, (), lambda model: None if model.holds(result) else False, "")
    if isinstance(result, bool):
        expression = premises["expression"]
        return Trial(
            facts,
            (expression,),
            lambda model: None if (model.value(expression) == 0) is result else model.value(expression),
            "polynomial",
        )
    if "unknown" in premises:
        return _solution(result, premises)
    return _equal(premises["expression"], result, facts)


def _equal(before: Expr, after: Expr, facts: Facts) -> Trial:
    """before = after"""

    def ask(model: Model) -> Number | None:
        said = model.value(before)
        return None if said == model.value(after) else said

    return Trial(facts, (before, after), ask, reach((before, after), facts))


def _solution(result: Expr, premises: Mapping[str, Any]) -> Trial:
    """variance = wanted where the unknown is the result"""
    variance, wanted, unknown = premises["variance"], premises["wanted"], premises["unknown"]

    def ask(model: Model) -> Number | None:
        model.given[unknown] = model.value(result)
        said = model.value(variance)
        return None if said == model.value(wanted) else said

    return Trial(Facts.among(()), (variance, wanted, unknown, result), ask, reach((variance, wanted), Facts.among(())))


def _failures(trial: Trial) -> Iterator[Failure]:
    """The models that disagree."""
    seed = " ".join(map(str, (*trial.expressions, *trial.facts)))
    members, least = families_in((*trial.expressions, *trial.facts)), _greatest_index(trial.expressions)
    for size, turn in product(sizes_tried((*trial.expressions, *trial.facts)), range(MODELS)):
        said = trial.ask(Model(trial.facts, members, size, f"{turn} {seed}", least))
        if said is not None:
            yield Failure(size, said)


def sizes_tried(expressions: Iterable[Expr | Fact]) -> tuple[int, ...]:
    """The n that are tried; a family with two indices has n^2 members, whose models grow too large."""
    return SIZES[:2] if max(families_in(expressions).values(), default=0) > 1 else SIZES


def _greatest_index(expressions: Iterable[Expr]) -> int:
    """The greatest number that stands as an index."""
    indices = (index for expr in expressions for one in expr.atoms(sympy.Indexed) for index in one.indices)
    return max((int(index) for index in indices if index.is_Integer), default=1)
