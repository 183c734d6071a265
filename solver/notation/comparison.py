"""What a comparison says, and what an exercise declares about the names in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.tree import Formula

if TYPE_CHECKING:  # what draws numbers, which a ladder needs
    from solver.notation.sampling import Domain

Verdict: TypeAlias = Literal["equal", "different", "unreadable", "undecided"]
Certainty: TypeAlias = Literal["proved", "probable", "sampled", ""]

RUNGS: Final = (
    "structure",
    "arithmetic",
    "residues",
    "points",
    "intervals",
    "complex",
    "conditions",
    "symbolic",
    "parts",
    "kind",
)
"""What decides: the same tree; exact numbers; residues modulo primes; exact points of the domain; intervals there;
complex numbers there; places where a condition changes; SymPy; the number of members; the kind of thing that it is."""


@final
@frozen(slots=True)
class Assumptions:
    """What an exercise declares about its names.

    domains      the values a name takes: "size", "integer", "positive", "real" or "complex"
    otherwise    the values that every other name takes
    independent  random names that are mutually independent
    centred      random names with mean 0
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    independent: tuple[str, ...] = ()
    centred: frozenset[str] = frozenset()
    otherwise: Domain | None = None

    def about(self, names: Iterable[str]) -> Assumptions:
        """The same with the values of these names said one by one."""
        every = {} if self.otherwise is None else dict.fromkeys(names, self.otherwise)
        return Assumptions({**every, **self.domains}, self.independent, self.centred)


@final
@frozen(slots=True)
class Comparison:
    """A verdict, its reason, how the answer was read, and how certain the verdict is.

    reason     the rung of the ladder that decided; of an unreadable answer why, `at` where, and the `word` in question
    certainty  "proved"; "probable": wrong with probability `error` at most; "sampled": agreed at `points` points
    formula    what the answer was read as, if it was
    """

    verdict: Verdict
    reason: str = ""
    at: int = 0
    word: str = ""
    certainty: Certainty = ""
    error: float = 0.0
    points: int = 0
    formula: Formula | None = None

    def of(self, formula: Formula) -> Comparison:
        """The same about an answer that was read so."""
        return Comparison(
            self.verdict, self.reason, self.at, self.word, self.certainty, self.error, self.points, formula
        )

    @property
    def read_as(self) -> str:
        """The answer in plain text, as it was understood."""
        return "" if self.formula is None else plain(self.formula)


def equal(reason: str, certainty: Certainty = "proved", error: float = 0.0, points: int = 0) -> Comparison:
    return Comparison("equal", reason, certainty=certainty, error=error, points=points)


def different(reason: str, certainty: Certainty = "proved", points: int = 0) -> Comparison:
    return Comparison("different", reason, certainty=certainty, points=points)


def undecided(reason: str = "") -> Comparison:
    return Comparison("undecided", reason)


def together(found: Sequence[Comparison]) -> Comparison:
    """All of several comparisons: as bad as the worst and as certain as the least certain."""
    for verdict in ("unreadable", "different", "undecided"):
        for comparison in found:
            if comparison.verdict == verdict:
                return comparison
    if not found:
        return equal("parts")
    ranks: tuple[Certainty, ...] = ("proved", "probable", "sampled")
    least = max(found, key=lambda comparison: ranks.index(comparison.certainty or "proved"))
    points = [comparison.points for comparison in found if comparison.points]
    error = sum(comparison.error for comparison in found)
    return equal(least.reason, least.certainty, error, min(points, default=0))
