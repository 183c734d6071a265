"""Whether an answer says the same as a key: both are read, names agreed on, and the ladder decides.

Without declared names those of the key are expected, and what could be read in two ways is equal only if it is in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, final

from solver.frozen import frozen
from solver.notation.comparison import Assumptions as Assumptions
from solver.notation.comparison import Comparison as Comparison
from solver.notation.comparison import different, undecided
from solver.notation.printing import ascii_text
from solver.notation.reading import Reader
from solver.notation.scanning import Mark
from solver.notation.settling import (
    Said,
    are_anagrams,
    free_names,
    in_same_letters,
    other_readings,
    settled,
    spelled_twice,
)
from solver.notation.tree import Call, Formula, subformulas
from solver.notation.units import has_degrees, without_degrees
from solver.notation.unreadable import Refused, Unreadable

if TYPE_CHECKING:  # what draws numbers, which a ladder needs
    from solver.notation.sampling import Domain


def compare(
    answer: str | Formula,
    key: str | Formula,
    *,
    names: Iterable[str] | None = None,
    functions: Sequence[str] = (),
    assume: Assumptions | Mapping[str, Domain] | Domain | None = None,
    decimal: Mark | None = None,
) -> Comparison:
    """Whether an answer says the same as a key.

    names      the names that are known; without them those of the key are expected
    functions  names that are functions
    assume     what the names are: more in `Assumptions`, or only the values of some names, or of all in one word,
               "size" | "integer" | "positive" | "real" | "complex"
    decimal    the decimal mark, "." or ",", where one is declared

    >>> compare("n*(n+1)/2", "(n^2+n)/2").verdict, compare("n Var(w) E[x]^2", "n Var(w) E[x^2]").verdict
    ('equal', 'different')
    >>> compare("ceil(n/2)", "floor((n+1)/2)").certainty, compare("x/(y-y)", "x").reason
    ('sampled', 'division_by_zero')
    >>> compare("{x: x > 2", "x > 2").verdict, compare("2 < x", "x > 2").verdict
    ('unreadable', 'equal')
    >>> compare("sqrt(x^2)", "x", assume="positive").verdict, compare("sqrt(x^2)", "x").verdict
    ('equal', 'different')
    >>> compare("4.800", "4800", decimal=",").verdict, compare("4.800", "4800").verdict
    ('equal', 'different')
    """
    reader = Reader(None if names is None else tuple(names), tuple(functions), decimal)
    wanted = Said(_key(key, reader), key) if isinstance(key, str) else Said(key, None)
    said = _answer(answer, wanted.formula, reader)
    if isinstance(said, Unreadable):
        return Comparison("unreadable", said.reason, said.at, said.word)
    seed = "\n".join(text if isinstance(text, str) else ascii_text(text) for text in (key, answer))
    judge = _Judge(reader, _assumptions(assume), seed)
    try:
        return judge.verdict(said, wanted).of(said.formula)
    except Refused as refused:
        why = refused.unreadable
        return Comparison("unreadable", why.reason, why.at, why.word, formula=said.formula)


_NOTHING: Final = Assumptions()


def _assumptions(assume: Assumptions | Mapping[str, Domain] | Domain | None) -> Assumptions:
    match assume:
        case Assumptions():
            return assume
        case str():
            return Assumptions(otherwise=assume)
        case _:
            return Assumptions(domains=assume) if assume else _NOTHING


def _answer(answer: str | Formula, wanted: Formula, reader: Reader) -> Said | Unreadable:
    if not isinstance(answer, str):
        return Said(answer, None)
    said = reader.read(answer, near=free_names(wanted) if reader.names is None else ())
    return said if isinstance(said, Unreadable) else Said(said, answer)


@lru_cache(maxsize=1024)
def _key(text: str, reader: Reader) -> Formula:
    wanted = reader.read(text)
    if isinstance(wanted, Unreadable):
        raise ValueError(f"the key cannot be read: {wanted.reason} at {wanted.at} in {text!r}")
    return wanted


@final
@frozen(slots=True)
class _Judge:
    """What one comparison rests on."""

    reader: Reader
    assume: Assumptions
    seed: str

    def verdict(self, said: Said, wanted: Said) -> Comparison:
        if self.reader.names is not None:
            return self.compared(said.formula, wanted.formula)
        found = self.settled(said, wanted)
        if found.verdict != "equal":
            return found
        if are_anagrams(said.formula, wanted.formula):
            return undecided("ambiguous")
        others = other_readings(said, wanted, self.reader)
        return found if all(self.settled(*both).verdict == "equal" for both in others) else undecided("ambiguous")

    def settled(self, said: Said, wanted: Said) -> Comparison:
        if in_same_letters(said.formula, wanted.formula):
            return self.compared(said.formula, wanted.formula)
        mine, other, units_differ = settled(said, wanted, self.reader, self.assume)
        if units_differ:
            return different("kind")
        found = self.compared(mine, other)
        return undecided("unknown_name") if found.verdict == "equal" and spelled_twice(mine, other) else found

    def compared(self, said: Formula, wanted: Formula) -> Comparison:
        from solver.notation.ladder import Ladder  # a tenth of a cold check, and numbers and shapes need no ladder

        calls = frozenset(part.function for side in (said, wanted) for part in subformulas(side) if type(part) is Call)
        assume = self.assume.about((*free_names(said), *free_names(wanted))) if self.assume.otherwise else self.assume
        ladder = Ladder(assume, self.seed, calls)
        if "degrees" not in calls:
            return ladder.compare(said, wanted)
        found = ladder.compare(without_degrees(said), without_degrees(wanted))
        if found.verdict == "equal" or has_degrees(said) == has_degrees(wanted):
            return found
        return ladder.compare(without_degrees(said, inside=True), without_degrees(wanted, inside=True))
