"""What a step or a result assumes of random variables, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from reports.solution import Assumption
from solver.notation.printing import plain
from solver.notation.tree import Formula

Said = TypeVar("Said", bound=str)


def assumptions_said(say: Callable[..., str], assumptions: Sequence[Assumption]) -> str:
    """Assumptions on one line.

    >>> from reports.words import words
    >>> from solver.notation.tree import Name
    >>> assumptions_said(words("en").say, [Assumption("independent", (Name("w"), Name("x")))])
    'assumes: w and x are independent'
    """
    return say("step.assumes", assumptions="; ".join(assumption_said(say, one, plain) for one in assumptions))


def assumption_said(say: Callable[..., Said], assumption: Assumption, shown: Callable[[Formula], str]) -> Said:
    """One assumption; `shown` writes the names in it."""
    first, *_, last = (*assumption.about, assumption.about[-1])
    return say(f"assumption.{assumption.kind}", first=shown(first), second=shown(last))
