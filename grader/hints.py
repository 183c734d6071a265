"""Hints, read off the derivation of a key: a rule, its formula, the numbers that the exercise gives; never a result.

    ladder(marker, "3", answered)    every hint to a part, the vaguest first
    reached(asked, wrong, rungs)     how far up a student is
    about_slip(marker, "2", slip)    what to look at after a mistake that was recognised

Nothing that was derived is in a hint, only what the exercise itself says. A formula in symbols can still be an answer:
a rung that would be judged right, in this part or in another that is not answered yet, is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, TypeAlias, final

from grader.judge import Marker
from grader.verdict import Slip
from solver.derivation import Derivation, Derived, Given, rests_on, walk
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import Formula, Name, Relation
from solver.values import as_formula

Sort: TypeAlias = Literal["rule", "formula", "numbers", "slip"]

BOOKKEEPING = ("shape", "tuple", "component")


@final
@frozen(slots=True)
class Rung:
    """One hint: its sort, the rule and the layer it is about, and what it shows in mathematics."""

    sort: Sort
    rule: str
    about: str = ""
    shows: tuple[Formula, ...] = ()
    slip: Slip | None = None


def ladder(marker: Marker, part_id: str, answered: Collection[str] = ()) -> tuple[Rung, ...]:
    """The hints to a part; `answered` are the parts whose keys are no secret any more."""
    asked = [part for part in _secret(marker) if part == part_id or part not in answered]
    part = marker.instance.part(part_id)
    rungs = dict.fromkeys(_rungs(marker.instance.keys[part_id], with_numbers=not part.options))
    return tuple(kept for rung in rungs if (kept := _kept(rung, marker, asked)) is not None)


def reached(asked: int, wrong: int, rungs: int) -> int:
    """How many hints are shown: as many as were asked for, and each wrong answer earns a more specific one.

    >>> reached(0, 3, 9), reached(1, 0, 9), reached(1, 2, 9), reached(5, 0, 3)
    (0, 1, 3, 3)
    """
    return min(rungs, asked + wrong) if asked else 0


def about_slip(marker: Marker, part_id: str, slip: Slip) -> Rung:
    """The rule in which a mistake was made."""
    rules = {node.rule.name: node for node in walk(marker.instance.keys[part_id])}
    shows = _formula(rules[slip.rule]) if slip.rule in rules else ()
    secret = any(_is_answer(said, marker, part) for said in shows for part in _secret(marker))
    return Rung("slip", slip.rule, slip.about, () if secret else shows, slip)


def _rungs(key: Derivation, *, with_numbers: bool) -> Iterator[Rung]:
    """All that can be told, step by step in reading order; a rule is explained once, wherever it is applied."""
    for node in walk(key):
        if node.rule.name in BOOKKEEPING:
            continue
        yield Rung("rule", node.rule.name)
        if node.rule.taught is not None:
            yield Rung("formula", node.rule.name, "", _formula(node))
        if with_numbers and (numbers := tuple(_numbers(node))):
            yield Rung("numbers", node.rule.name, node.about, numbers)


def _formula(node: Derived) -> tuple[Formula, ...]:
    """The formula as it is taught, with what it gives on its left."""
    taught = node.rule.taught
    if taught is None:
        return ()
    if node.rule.symbol and not isinstance(taught, Relation):
        return (Relation((formula(node.rule.symbol), taught), ("=",)),)
    return (taught,)


def _numbers(node: Derived) -> Iterator[Formula]:
    """The premises that the exercise gives: k = 4, p = 0."""
    for name in node.rule.uses or ():
        given = _given(node.premises[name]) if name in node.premises else None
        if given is None or isinstance(given.result, bool):
            continue
        value = as_formula(given.result)
        if value != Name(name):
            yield Relation((formula(name), value), ("=",))


def _given(node: Derivation) -> Given | None:
    """What nobody derived, also where it is one size of a shape."""
    while isinstance(node, Derived):
        below = rests_on(node)
        if not node.rule.hidden or len(below) != 1:
            return None
        (node,) = below
    return node


def _kept(rung: Rung, marker: Marker, asked: Collection[str]) -> Rung | None:
    """The rung without what answers a part that is asked; None where nothing is left of it."""
    if not rung.shows:
        return rung
    safe = tuple(said for said in rung.shows if not any(_is_answer(said, marker, part) for part in asked))
    return Rung(rung.sort, rung.rule, rung.about, safe) if safe else None


def _is_answer(said: Formula, marker: Marker, part_id: str) -> bool:
    """Whether a formula, or a side of it, would be judged right."""
    sides = said.sides if isinstance(said, Relation) else (said,)
    return any(marker.part(part_id).says_key(plain(side)) for side in sides)


def _secret(marker: Marker) -> list[str]:
    """The parts that a formula may answer: of options only the words do."""
    return [part.id for part in marker.instance.exercise.parts if not part.options]
