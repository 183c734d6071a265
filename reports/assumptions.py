"""What a step or a result assumes of random variables, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.solution import Assumption
from solver.notation.printing import plain
from solver.notation.tree import Formula


def assumptions_said(
    say: Callable[..., str], assumptions: Sequence[Assumption], shown: Callable[[Formula], str] = plain
) -> str:
    """Assumptions on one line; a page hands in a `say` and a `shown` that give markup.

    >>> from reports.words import words
    >>> from solver.notation.tree import Name
    >>> assumptions_said(words("en").say, [Assumption("independent", (Name("w"), Name("x")))])
    'assumes: w and x are independent'
    """
    said = [
        say(f"assumption.{one.kind}", first=shown(one.about[0]), second=shown(one.about[-1])) for one in assumptions
    ]
    return say("step.assumes", assumptions=type(said[0])("; ".join(said)))
