"""Notation: the formula tree, and what reads, prints, evaluates and compares it.

    >>> from solver.notation import compare
    >>> compare("n*(n+1)/2", "(n^2+n)/2").verdict
    'equal'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.notation.equality import compare as compare


def __getattr__(name: str) -> Any:
    """`compare`, imported when it is asked for: most modules here need no judge."""
    if name == "compare":
        from solver.notation.equality import compare  # loaded when it is first asked for

        return compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
