"""Hints in words: what rule to think of, its formula, the numbers that the exercise gives, a slip that was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from grader.hints import Rung
from reports.feedback import Say, slip_said
from reports.lines import Line, joined
from reports.words import Unsaid
from solver.notation.tree import Formula

Shown: TypeAlias = Callable[[Formula], str]


def hint(say: Say, shown: Shown, rung: Rung) -> str:
    """One hint; `shown` puts a formula into the format at hand.

    >>> from reports.words import words
    >>> from solver.notation.printing import plain
    >>> hint(words("en").say, plain, Rung("rule", "dense.weights"))
    'Think of this rule: weights of a fully connected layer without biases.'
    """
    rule = _rule(say, rung.rule)
    shows = [shown(formula) for formula in rung.shows]
    match rung.sort:
        case "rule":
            return say("hint.rule", rule=rule)
        case "formula":
            return say("hint.formula", rule=rule, formula=_listed(shows))
        case "numbers":
            numbers = _listed(shows)
            if rung.about:
                return say("hint.numbers_of", about=rung.about, numbers=numbers)
            return say("hint.numbers", numbers=numbers)
        case "slip":
            slip = slip_said(say, rung.slip) if rung.slip else rule
            if not rung.rule:
                return say("hint.slip_alone", slip=slip)
            if not shows:
                return say("hint.slip", slip=slip, rule=rule)
            return say("hint.slip_formula", slip=slip, rule=rule, formula=_listed(shows))


def _rule(say: Say, name: str) -> str:
    try:
        return say(f"rule.{name}")
    except Unsaid:  # a rule of somebody's own exercise
        return name


def _listed(shows: list[str]) -> str:
    """Formulas side by side, as text or as lines."""
    lines = [one for one in shows if isinstance(one, Line)]
    return joined(lines, ", ") if lines else ", ".join(shows)
