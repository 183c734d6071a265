"""Chains of laws: from an expression, one law after the other, each with the assumptions that its step rests on.

chain(given(Var(v)), (DEFINED, SUM, …), facts)      a derivation whose steps hold just the facts that they need
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from solver.derivation import Derivation, Derived, DoesNotFit, Given, Rule
from solver.moments.assumptions import Expr, Facts, kind_of
from solver.notation.bridge import from_sympy
from solver.notation.printing import ascii_text


def given(expr: Expr) -> Given:
    """An expression to begin from."""
    return Given(ascii_text(from_sympy(expr)), expr)


def chain(start: Derivation, laws: Iterable[Rule], facts: Sequence[Derivation], about: str = "") -> Derivation:
    """The laws one after the other; those that change nothing are passed over."""
    known = Facts.among(fact.result for fact in facts)
    node = start
    for law in laws:
        if _concluded(law, node.result, known) not in (node.result, None):
            node = apply(law, node, facts, about)
    return node


def apply(law: Rule, node: Derivation, facts: Sequence[Derivation], about: str = "") -> Derived:
    """One law as a step, with no more of the facts than give the same; raises DoesNotFit where it changes nothing."""
    needed = facts_needed(law, node.result, Facts.among(fact.result for fact in facts))
    premises = {_name(fact): fact for fact in facts if fact.result in needed.known}
    step = Derived.of(law, {"expression": node, **premises}, about)
    if step.result == node.result:
        raise DoesNotFit(law.name, {"expression": node.result})
    return step


def facts_needed(law: Rule, expr: Any, facts: Facts) -> Facts:
    """A smallest set of the facts under which a law gives what it gives under all."""
    kept = Facts(frozenset(fact for fact in facts if kind_of(fact) in (law.assumes or ())))
    wanted = _concluded(law, expr, kept)
    for fact in kept:
        fewer = kept.without(fact)
        if _concluded(law, expr, fewer) == wanted:
            kept = fewer
    return kept


def _concluded(law: Rule, expr: Any, facts: Facts) -> Any:
    try:
        return law.conclude({"expression": expr, **{str(fact): fact for fact in facts}})
    except DoesNotFit:
        return None


def _name(fact: Derivation) -> str:
    return fact.name if isinstance(fact, Given) else ascii_text(from_sympy(fact.result))
