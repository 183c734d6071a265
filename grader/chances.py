"""The steps of a working with E, Var and Cov of random names, whose rules are the laws of moments."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, Final, final

from exercises.exercise import Part
from grader.algebra import REARRANGED, Algebra, Link
from grader.kinds import read_as
from grader.moments import MOMENTS, Moment
from grader.respelling import sums, variances
from grader.verdict import Explanation, Slip, Unreadable, Verdict
from grader.working import Side
from solver.derivation import Derivation, Derived, mistakes
from solver.notation.equality import compare
from solver.notation.evaluation import exact
from solver.notation.reading import formula
from solver.notation.tree import (
    Call,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Number,
    Pow,
    children,
    names,
    rebuild,
    subformulas,
)

MOST_DEGREE: Final = 16
MOST_NESTED: Final = 3
MOST_REMEMBERED: Final = 4096
MEAN_TAKEN_FOR_ZERO: Final = "mean_taken_for_zero"
"""The slip of resting a step on a mean of 0 that is not assumed; it belongs to no law."""


@final
class Chances(Algebra):
    """Working with E, Var and Cov of random names; its rules are the laws of moments."""

    chained = True

    def __init__(self, part: Part, derivation: Derivation, kind: Moment) -> None:
        from solver.moments import working  # SymPy is loaded for those who show steps

        self.working = working
        self.kind = kind
        self.known = kind.known
        self.derivation = derivation
        alone = tuple(name for name in self.known.independent if "_" not in name)
        self.random = (*alone, *(name for name in self.known.stands_for if "_" not in name))
        assumes = self.known.assumes or (
            *(f"independent({a}, {b})" for a in alone for b in alone if a < b),
            *(f"centred({name.split('_')[0]})" for name in self.known.centred),
        )
        facts = working.facts_of(assumes, self.known.stands_for)
        self.ground = working.Ground.of(facts, alone)
        self.asked = next((formula(left) for left, right in self.known.says.items() if right == "key"), None)
        self.unknown: Any = None
        if isinstance(derivation, Derived) and derivation.rule.name == "moments.solved":
            self.unknown, self.asked = derivation.premises["unknown"].result, None
        self.root: Any = derivation.result
        self._links: dict[tuple[Formula, Formula], Link] = {}

    def begins(self, plain: Verdict) -> None:
        self.root = self.derivation.result

    # --- reading

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names that a working may use."""
        meant = [formula(right) for right in self.known.stands_for.values()]
        families = {name.split("_")[0] for said in meant for name in names(said) if "_" in name}
        families |= {name.split("_")[0] for name in self.known.independent if "_" in name}
        members = [f"{name}_{index}" for name in sorted(families) for index in "ijk123n"]
        single = [name for name in families if name not in self.known.sizes]
        more = [*self.known.stands_for, *self.kind.readable]
        return tuple(dict.fromkeys([*more, *members, *sorted(single)]))

    def read(self, side: Side) -> Formula | Unreadable:
        text = side.text
        said = read_as(text, self.names, [sums(text, self.kind.last), variances(text)], (), self.kind.part.decimal)
        if isinstance(said, Unreadable):
            return Unreadable(said.reason, side.at - _lead(side) + said.at, said.word)
        if isinstance(said, Group):
            return Unreadable("wrong_type", side.at)
        free = [text.partition("_")[2] for text in names(said) if text.partition("_")[2] in ("i", "j", "k")]
        return self._spelled(said, tuple(dict.fromkeys(free)), frozenset())

    def _spelled(self, said: Formula, free: tuple[str, ...], bound: frozenset[str]) -> Formula:
        """One spelling for each name; an index that no sum binds stands for any member, as the first."""
        match said:
            case Name(text):
                if text in self.kind.letters:
                    return self.kind.letters[text]
                head, _, below = text.partition("_")
                if below in bound:
                    return Name(f"{head.lower() if f'{head.lower()}_1' in self.known.independent else head}_{below}")
                if below in free and text not in self.known.says:
                    return Name(f"{head}_{free.index(below) + 1}")
                meant = self.known.also.get(text)
                return Name(meant or (f"{text}_1" if f"{text}_i" in self.names and text not in self.random else text))
            case Fold(kind, body, index, low, high):
                inner = bound | {index}
                return Fold(
                    kind,
                    self._spelled(body, free, inner),
                    index,
                    self._spelled(low, free, bound),
                    self._spelled(high, free, bound),
                )
            case Call("std", _):
                return rebuild(said, lambda one: self._spelled(one, free, bound))
            case _:
                return rebuild(said, lambda one: self._spelled(one, free, bound))

    def is_title(self, side: Side) -> bool:
        return False

    # --- steps

    def link(self, before: Formula, after: Formula) -> Link:
        if self.unknown is not None:
            return self._linked(before, after)
        if (before, after) not in self._links:
            if len(self._links) >= MOST_REMEMBERED:
                self._links.clear()
            self._links[before, after] = self._linked(before, after)
        return self._links[before, after]

    def _linked(self, before: Formula, after: Formula) -> Link:
        first, second = self.expr(before), self.expr(after)
        ground = self.ground
        if first is None or second is None:
            return Link(None)
        holds = ground.holds(first, second)
        if holds is None:
            holds = {"equal": True, "different": False}.get(compare(before, after, assume=self.kind.assume).verdict)
        if holds is None or (self.unknown is not None and not holds):
            return self._equation(first, second) if self.unknown is not None else Link(None)
        counts = before != after and not isinstance(before, Number)
        if holds:
            laws = ground.laws(first, second)
            if laws is None:
                return Link(True, (), counts=counts)
            rules = tuple(dict.fromkeys(law.name for law in laws)) or (REARRANGED,)
            mean_alone = not {"moments.half", "moments.even_part", "moments.odd_moment"} & {*rules}
            rests = tuple(
                ("centred" if mean_alone and fact.kind == "symmetric" else str(fact.kind), tuple(fact.names))
                for fact in ground.rests_on(first, laws)
                if hasattr(fact, "names")
            )
            return Link(True, rules, rests_on=rests, counts=counts and bool(laws))
        slips = tuple((Slip(law.name, name),) for law, name in ground.slips(first, second))
        return Link(False, (), self._assumed(first, second) or slips)

    def expr(self, said: Formula) -> Any:
        """A side as SymPy knows it; None for one that is too big to be expanded."""
        if degree(said) > MOST_DEGREE or not all(map(self._is_short, subformulas(said))):
            return None
        try:
            return self.working.expression(said, self.random)
        except (TypeError, ValueError, ZeroDivisionError, RecursionError):
            return None

    def _is_short(self, part: Formula) -> bool:
        """Whether a part is no sum of many terms."""
        if not isinstance(part, Fold):
            return True
        nested = sum(isinstance(inner, Fold) for inner in subformulas(part))
        return part.kind == "sum" and nested <= MOST_NESTED and part.low == Number(1) and isinstance(part.high, Name)

    def _assumed(self, before: Any, after: Any) -> tuple[Explanation, ...]:
        """The assumption that nobody made and under which a step would hold."""
        found = self.ground.would_need(before, after)
        return tuple((Slip("moments", slip, about),) for slip, about in found)

    def _equation(self, before: Any, after: Any) -> Link:
        """An equation for what was asked: it holds where the answer to it does."""
        reduced = self.working.reduced(before - after, self.ground)
        if self.working.vanishes(reduced, self.unknown, self.root):
            return Link(True, ("moments.solved",))
        root = self.working.root(reduced, self.unknown)
        if root is None:
            return Link(None if reduced.has(self.unknown) is False else False)
        slips = tuple(
            tuple(Slip(mistake.steps[0].rule.name, name) for name, _ in mistake.slips)
            for mistake in mistakes(self.derivation)
            if len(mistake.slips) == 1 and self.working.vanishes(root - mistake.value, self.unknown, root)
        )
        self.root = root
        return Link(False, (), tuple(dict.fromkeys(slips)))


def degree(said: Formula) -> int:
    """The degree of a formula in the values of its names; a root or a function counts as what it is of.

    >>> degree(formula("n*Var(w)*E[x^2]^3"))
    9
    """
    match said:
        case Number():
            return 0
        case Name():
            return 1
        case Pow(base, exponent):
            times = None if names(exponent) else exact(exponent)
            return degree(base) * ceil(abs(Fraction(times))) if isinstance(times, int | Fraction) else MOST_DEGREE + 1
        case Mul(factors):
            return sum(map(degree, factors))
        case Call(function, arguments):
            return (1 if function == "E" else 2 if function in MOMENTS else 1) * sum(map(degree, arguments))
        case Div(top, bottom):
            return degree(top) + degree(bottom)
        case _:
            return max(map(degree, children(said)), default=0)


def _lead(side: Side) -> int:
    return len(side.text) - len(side.text.lstrip())
