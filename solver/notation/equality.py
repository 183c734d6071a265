"""Whether an answer says the same as a key: both are read, names agreed on, and the ladder decides.

Without declared names those of the key are expected. Then letters side by side are a product where the other side has
these letters, a word beside a number is its unit, and i is the imaginary unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from solver.notation.arithmetic import UNIT
from solver.notation.comparison import Assumptions as Assumptions
from solver.notation.comparison import Comparison as Comparison
from solver.notation.comparison import different, undecided
from solver.notation.ladder import Ladder
from solver.notation.naming import spelling
from solver.notation.printing import ascii_text
from solver.notation.reading import read
from solver.notation.sampling import Domain
from solver.notation.tree import (
    Call,
    Formula,
    Group,
    Mul,
    Name,
    Number,
    Relation,
    names,
    rebuild,
    subformulas,
    substitute,
)
from solver.notation.units import unit, without_degrees
from solver.notation.unreadable import Refused, Unreadable
from solver.notation.vocabulary import CONSTANTS, GREEK, SETS

_WHOLE = frozenset({*GREEK.values(), *SETS.values(), *CONSTANTS, "emptyset", "infinity", "true", "false"})


def compare(
    answer: str | Formula,
    key: str | Formula,
    *,
    names: Iterable[str] | None = None,
    functions: Sequence[str] = (),
    assume: Assumptions | Mapping[str, Domain] | None = None,
) -> Comparison:
    """Whether an answer says the same as a key. `assume` may be no more than the values that names take.

    >>> compare("n*(n+1)/2", "(n^2+n)/2").verdict, compare("n Var(w) E[x]^2", "n Var(w) E[x^2]").verdict
    ('equal', 'different')
    >>> compare("ceil(n/2)", "floor((n+1)/2)").certainty, compare("x/(y-y)", "x").reason
    ('sampled', 'division_by_zero')
    >>> compare("{x: x > 2", "x > 2").verdict, compare("2 < x", "x > 2").verdict
    ('unreadable', 'equal')
    >>> compare("sqrt(x^2)", "x", assume={"x": "positive"}).verdict, compare("sqrt(x^2)", "x").verdict
    ('equal', 'different')
    """
    known = None if names is None else tuple(names)
    declared = assume if isinstance(assume, Assumptions) else Assumptions(domains=assume or {})
    wanted = _key(key, known, tuple(functions)) if isinstance(key, str) else key
    said = _answer(answer, wanted, known, functions)
    if isinstance(said, Unreadable):
        return Comparison("unreadable", said.reason, said.at, said.word)
    seed = "\n".join(text if isinstance(text, str) else ascii_text(text) for text in (key, answer))
    mine, other = said, wanted
    try:
        if known is None and not _in_same_letters(said, wanted):
            mine, other = _with_lists(answer, key, said, wanted)
            if isinstance(key, str):
                other = _reread(key, mine, other, tuple(functions))
            mine, other = _agreed(mine, other, declared)
            mine, other, beside = _without_units(mine, other)
            if beside is not None:
                return beside.of(said)
        calls = frozenset(part.function for side in (mine, other) for part in subformulas(side) if type(part) is Call)
        if "degrees" in calls:
            mine, other = without_degrees(mine), without_degrees(other)
        found = Ladder(declared, seed, calls).compare(mine, other)
        if known is None and found.verdict == "equal" and _spelled_twice(mine, other):
            found = undecided("unknown_name")
        return found.of(said)
    except Refused as refused:
        why = refused.unreadable
        return Comparison("unreadable", why.reason, why.at, why.word, formula=said)


def _answer(
    answer: str | Formula, wanted: Formula, known: tuple[str, ...] | None, functions: Sequence[str]
) -> Formula | Unreadable:
    if not isinstance(answer, str):
        return answer
    near = _names(wanted) if known is None else ()
    return read(answer, known, functions=functions, near=near)


@lru_cache(maxsize=1024)
def _key(text: str, names: tuple[str, ...] | None, functions: tuple[str, ...]) -> Formula:
    wanted = read(text, names, functions=functions)
    if isinstance(wanted, Unreadable):
        raise ValueError(f"the key cannot be read: {wanted.reason} at {wanted.at} in {text!r}")
    return wanted


# --- the same names on both sides


def _names(formula: Formula) -> tuple[str, ...]:
    return tuple(name for name in names(formula) if name not in _WHOLE)


def _in_same_letters(said: Formula, wanted: Formula) -> bool:
    """Whether both sides are about the same letters, so that nothing about names, lists and units is in doubt."""
    if isinstance(said, Group) != isinstance(wanted, Group):
        return False
    letters = {*names(wanted)}
    return letters == {*names(said)} and all(len(name) == 1 for name in letters) and not letters & {"i", "I"}


def _with_lists(
    answer: str | Formula, key: str | Formula, said: Formula, wanted: Formula
) -> tuple[Formula, Formula]:
    """6,8 as a list of two where the other side is a list, and as a decimal number elsewhere."""
    if isinstance(wanted, Group) and isinstance(said, Number) and isinstance(answer, str) and "," in answer:
        again = read(answer, lists=True)
        return (said if isinstance(again, Unreadable) else again), wanted
    if isinstance(said, Group) and isinstance(wanted, Number) and isinstance(key, str) and "," in key:
        again = read(key, lists=True)
        return said, (wanted if isinstance(again, Unreadable) else again)
    return said, wanted


def _reread(key: str, said: Formula, wanted: Formula, functions: tuple[str, ...]) -> Formula:
    """The key with its words taken apart where the answer has their letters."""
    if all(len(name) == 1 for name in names(wanted)):
        return wanted
    mine = _names(said)
    if all(len(name) == 1 or name in mine for name in _names(wanted)):
        return wanted
    again = read(key, functions=functions, near=(*mine, *(name for name in _names(wanted) if len(name) == 1)))
    return wanted if isinstance(again, Unreadable) else again


def _agreed(said: Formula, wanted: Formula, assume: Assumptions) -> tuple[Formula, Formula]:
    """Both sides with i as the imaginary unit, and with short words as products if that gives them the same names."""
    before = {*_names(said)}, {*_names(wanted)}
    if before[0] != before[1] and any(1 < len(name) < 4 for name in before[0] ^ before[1]):
        mine, other = map(_in_letters, (said, wanted))
        if {*_names(mine)} == {*_names(other)}:
            said, wanted = mine, other
    if not {"i", "I"} & (before[0] | before[1]):
        return said, wanted
    unit_names = {name: Name(UNIT) for name in ("i", "I") if name not in assume.domains}
    if {*names(said), *names(wanted)} & {*unit_names}:
        said, wanted = substitute(said, unit_names), substitute(wanted, unit_names)
    return said, wanted


def _in_letters(formula: Formula) -> Formula:
    match formula:
        case Name(text) if 1 < len(text) < 4 and text.isascii() and text.isalpha() and text not in _WHOLE:
            return Mul(tuple(map(Name, text)))
        case _:
            return rebuild(formula, _in_letters)


def _spelled_twice(said: Formula, wanted: Formula) -> bool:
    """Whether one side has x1 and the other x_1, which are the same name only if somebody says so."""
    mine, other = {*_names(said)}, {*_names(wanted)}
    return mine != other and any(spelling(name) in {*map(spelling, other - mine)} for name in mine - other)


def _in_thousands(formula: Formula, other: Formula) -> Formula:
    """513K as a number beside a number."""
    match formula:
        case Mul((Number() as count, Name("K" | "k" | "M" as size))) if not names(other):
            return Mul((count, Number(10**6 if size == "M" else 1000)))
        case _:
            return formula


def _without_units(said: Formula, wanted: Formula) -> tuple[Formula, Formula, Comparison | None]:
    """Both sides without the units beside their numbers; two units that differ are a difference."""
    if isinstance(said, Relation) and set(said.operators) == {"="}:
        number, beside = unit(said.sides[-1], frozenset(names(wanted)))
        if beside is not None or number != said.sides[-1]:
            said = Relation((*said.sides[:-1], number), said.operators)
        return said, wanted, None
    if isinstance(said, Group | Relation) or isinstance(wanted, Group | Relation):
        return said, wanted, None
    said, wanted = _in_thousands(said, wanted), _in_thousands(wanted, said)
    number, beside = unit(said, frozenset())
    key, besides = unit(wanted, frozenset())
    if beside is not None and besides is not None and beside != besides:
        return said, wanted, different("kind") if number == key else None
    if names(number) or names(key):
        return said, wanted, None
    return number, key, None
