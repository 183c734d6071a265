"""A derivation told again with something exchanged: each step, where `replay` says only what it leads to."""

from __future__ import annotations

from collections.abc import Iterable

from solver.derivation import Derivation, Derived, DoesNotFit, Exchange, Given, Rule, nodes
from solver.values import Value


def retold(derivation: Derivation, exchange: Exchange) -> Derivation | None:
    """The derivation with `exchange(node)` in place of a node: another rule, or a value, which then is given.

    What nothing was exchanged below stays the same node. None where a rule no longer applies.

    >>> from solver.derivation import formula, walk
    >>> AREA, VOLUME = formula("area", "h*w"), formula("volume", "a*d")
    >>> floor = AREA(h=Given("h", 3), w=5)
    >>> told = retold(VOLUME(a=floor, d=2), lambda node: 16 if node is floor else None)
    >>> [(step.rule.name, step.premises["a"].result, step.result) for step in walk(told)]
    [('volume', 16, 32)]
    """

    def below(node: Derivation) -> Iterable[Derivation]:
        if isinstance(node, Given) or not isinstance(exchange(node), Rule | None):
            return ()
        return node.premises.values()

    made: dict[int, Derivation] = {}
    try:
        for node in nodes(derivation, below):
            made[id(node)] = _retold(node, exchange(node), made)
    except DoesNotFit:
        return None
    return made[id(derivation)]


def _retold(node: Derivation, instead: Rule | Value | None, made: dict[int, Derivation]) -> Derivation:
    if instead is not None and not isinstance(instead, Rule):
        return Given(node.name if isinstance(node, Given) else node.rule.symbol or node.rule.name, instead)
    if isinstance(node, Given):
        return node
    premises = {name: made[id(premise)] for name, premise in node.premises.items()}
    if instead is None and all(premises[name] is premise for name, premise in node.premises.items()):
        return node
    return Derived.of(instead or node.rule, premises, node.about)
