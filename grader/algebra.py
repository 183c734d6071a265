"""The mathematics of a working's steps: what a line says, and whether one side of it follows from another.

`Formulas` is for numbers and for names of the key: its rules are those of the key's derivation. Working with chances
is in `grader.chances`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from fractions import Fraction
from functools import cached_property
from typing import Final, final

from grader.verdict import Assumed, Explanation, Right, Slip, Unreadable, Verdict
from grader.working import Side
from solver.derivation import Derivation, Derived, Rule, replay, walk
from solver.frozen import frozen
from solver.notation.equality import compare
from solver.notation.evaluation import exact
from solver.notation.reading import read
from solver.notation.scanning import Mark
from solver.notation.tree import Formula, Group, Name, Number, names, subformulas
from solver.patterns import pattern
from solver.values import Value, as_formula

ROUNDED: Final = Fraction(1, 100)
"""How far apart the sides of "about" may be."""
REARRANGED: Final = "lines.rearranged"
"""The rule of steps that only write the same in another way."""

_TITLE: Final = pattern(r"[^\W\d]\w*(?:\([A-Za-z]\w*\))?|[#\w\s]*[^\W\d_]{3,}[#\w\s]*")


@final
@frozen(slots=True)
class Link:
    """What is known of a step: whether it holds (None: nothing decides), by which rules, or why not."""

    holds: bool | None
    rules: tuple[str, ...] = ()
    slips: tuple[Explanation, ...] = ()
    rests_on: tuple[Assumed, ...] = ()
    counts: bool = True


class Algebra(ABC):
    """The mathematics of the steps of one part."""

    asked: Formula | None = None
    """What the working is about, where the part names it."""
    chained = False
    """Whether all of a working is one chain: a line goes on from the one before it."""

    @abstractmethod
    def read(self, side: Side) -> Formula | Unreadable:
        """A side; a position is one in the answer."""

    @abstractmethod
    def link(self, before: Formula, after: Formula) -> Link:
        """The step from one side to the next."""

    def began(self, said: Formula) -> Link | None:
        """What is known of the first side of a line, where it is a step by itself."""
        return None

    @abstractmethod
    def begins(self, plain: Verdict) -> None:
        """Prepares for one more working, whose answer has this verdict."""

    def is_title(self, side: Side) -> bool:
        """Whether a side only says what the line is called."""
        return _TITLE.fullmatch(side.text.strip()) is not None


def about(before: Formula, after: Formula) -> Link:
    """Whether two numbers are about the same."""
    first, second = exact(before), exact(after)
    if isinstance(first, Unreadable) or isinstance(second, Unreadable):
        return Link(None)
    one, other = Fraction(first), Fraction(second)
    return Link(abs(one - other) <= ROUNDED * max(abs(one), abs(other)), (REARRANGED,))


# --- numbers and formulas


@final
class Formulas(Algebra):
    """Working with numbers, or with the names of the key; its rules are those of the key's derivation."""

    def __init__(self, derivation: Derivation, decimal: Mark | None = None) -> None:
        self.derivation = derivation
        self.decimal = decimal
        self.key = derivation.result
        self.names = names(as_formula(self.key)) if not isinstance(self.key, tuple) else ()
        self.slipped: dict[int, Rule] = {}
        self.explains = True

    def read(self, side: Side) -> Formula | Unreadable:
        text = re.sub(r"(?<=\s)[xX](?=\s)", "×", side.text) if "x" not in self.names else side.text
        said = read(text, self.names, decimal=self.decimal)
        return Unreadable(said.reason, side.at + said.at, said.word) if isinstance(said, Unreadable) else said

    def begins(self, plain: Verdict) -> None:
        """In a working with the right answer, part of a rule is no slip: 4*4 = 16, then 16*3."""
        self.slipped = {}
        self.explains = not isinstance(plain, Right)

    def link(self, before: Formula, after: Formula) -> Link:
        if isinstance(before, Group) or isinstance(after, Group):
            return Link(_same(before, after), (REARRANGED,))
        holds = _same(before, after)
        return Link(holds, self.recognised(before) or (REARRANGED,) if holds else ())

    def began(self, said: Formula) -> Link | None:
        """Numbers put into a rule, or into a slip of it."""
        if isinstance(said, Number | Name | Group):
            return None
        if self.recognised(said):
            return Link(True, self.recognised(said))
        if not self.explains:
            return None
        for node in self.nodes:
            for slip, rule in node.rule.slips.items():
                if self._is(said, node, rule):
                    self.slipped |= {id(other): rule for other in self.nodes if _alike(other, node)}
                    return Link(False, (node.rule.name,), ((Slip(node.rule.name, slip),),))
        return None

    def recognised(self, said: Formula) -> tuple[str, ...]:
        """The rule of the key into which numbers were put."""
        if isinstance(said, Number | Name):
            return ()
        return next(((node.rule.name,) for node in self.nodes if self._is(said, node, node.rule)), ())

    @cached_property
    def nodes(self) -> tuple[Derived, ...]:
        return tuple(node for node in walk(self.derivation) if node.rule.taught is not None)

    def _is(self, said: Formula, node: Derived, rule: Rule) -> bool:
        """Whether a side is what a rule leads to, in the numbers that are its premises."""
        value = self._value(node, rule)
        if value is None or isinstance(value, tuple | bool) or rule.taught is None:
            return False
        premises = {name: premise.result for name, premise in node.premises.items()}
        allowed = {abs(one) for one in premises.values() if isinstance(one, int | Fraction)} | _numbers(rule.taught)
        if not _numbers(said) <= allowed | {0, 1, 2} and not self.names:
            return False
        return _same(said, as_formula(value)) is True

    def _value(self, node: Derived, rule: Rule) -> Value | None:
        """What a rule gives at a node, after the slips that were made before."""

        def exchange(other: Derivation) -> Rule | Value | None:
            return rule if other is node else self.slipped.get(id(other))

        return replay(node, exchange)


def _alike(node: Derived, other: Derived) -> bool:
    return node.rule is other.rule and node.about == other.about


def _numbers(said: Formula) -> set[int | Fraction]:
    return {part.value for part in subformulas(said) if isinstance(part, Number)}


def _same(before: Formula, after: Formula) -> bool | None:
    return {"equal": True, "different": False}.get(compare(before, after).verdict)
