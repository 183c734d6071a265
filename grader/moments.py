"""Answers in E, Var and Cov of random names, of whose independence and means the part says what is known.

An answer may be a formula or an equation for what was asked: Var(w) = 1/n, std(w) = 1/sqrt(n), n/2 Var(w) = 1, and
w ~ N(0, 1/n) names a variance too. Of a chain the links must hold. An equation for something else, or one that ends in
a moment still to be worked out, as Var(w x), is not wrong but unreadable: it does not say what was asked.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from typing import Final, final

from exercises.exercise import Part, Quantities
from grader.kinds import AnswerKind, Read, Reading, read_as
from grader.prose import without_words
from grader.respelling import sums, variances
from solver.notation.equality import Assumptions, compare
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import (
    Add,
    Call,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Relation,
    names,
    rebuild,
    subformulas,
    substitute,
)
from solver.notation.unreadable import Unreadable
from solver.patterns import pattern
from solver.values import Value, as_formula

MOMENTS = ("E", "Var", "Cov", "std")
KEY = "key"

_CALLED: Final = {"E": "ה?תוחלת|the expectation|the mean", "Var": "ה?שונות|the variance"}
_DEVIATION: Final = pattern(
    r"(?<![א-ת\w])(?:ה?סטיית[ -]ה?תקן|(?:the )?standard deviation)(?:\s+(?:היא|is))?(?![א-ת\w])(?!\s*\()\s*=?",
    re.IGNORECASE,
)
"""The standard deviation by its name, whether or not an equals sign stands behind it."""
_CENTRED_LAW: Final = pattern(r"^\s*(?:[a-z]\w*\s*(?:~|∼|\\sim)\s*)?(?:N|𝒩|\\mathcal\s*\{?N\}?)\s*\(\s*0\s*,(.+)\)\s*$")
"""w ~ N(0, variance), as a normal law is written."""
_ASKED_ALONE: Final = pattern(r"(?<![A-Za-z\\])(?:std|Var)(?=\s*=)")


@final
class Moment(AnswerKind):
    """A formula in the moments of random names, equal to the key for every law that the part's assumptions admit."""

    def __init__(self, part: Part, key: Value, given: tuple[Value, ...] = ()) -> None:
        super().__init__(part, key, given)
        self.known = part.quantities or Quantities()
        self.assume = Assumptions(
            dict.fromkeys(self.known.sizes, "size"), self.known.independent, frozenset(self.known.centred)
        )

    def read(self, text: str) -> Read | Unreadable:
        text = self._asked_words.sub(lambda words: " " * len(words.group()), text)
        text = _CENTRED_LAW.sub(lambda law: law[1].rjust(law.end(1)), text)
        text = _DEVIATION.sub(lambda words: "σ =".ljust(len(words.group())), text)
        text = _ASKED_ALONE.sub(lambda asked: ("σ²" if asked.group() == "Var" else "σ").ljust(3), without_words(text))
        short = [sums(text, self.last), variances(text)]
        said = read_as(text, self.readable, short, self.readable, self.part.decimal)
        match said:
            case Unreadable():
                return said
            case Group():
                return Unreadable("wrong_type", 0)
            case Relation(_, operators) if set(operators) != {"="}:
                return Unreadable("wrong_type", 0)
            case Relation():
                return self._equation(said)
            case _:
                return self._worked_out(self._spelled(said)) or Read((self._spelled(said),), plain(said))

    def same(self, reading: Reading, key: Value) -> bool | None:
        if not isinstance(reading, Formula):
            return False
        side, wanted = reading, as_formula(key)
        if isinstance(reading, Relation):
            left, side = reading.sides
            wanted = substitute(self._says[left], {KEY: wanted})
        return {"equal": True, "different": False}.get(compare(side, wanted, assume=self.assume).verdict)

    def completed(self, reading: Reading) -> Reading:
        """A formula as SymPy knows it, for answers that rest on it."""
        if not isinstance(reading, Formula) or isinstance(reading, Relation | Group):
            return reading
        from solver.notation.bridge import symbols_of, to_sympy  # SymPy is loaded for whoever follows wrong answers

        value: Value = to_sympy(reading, symbols_of(self.key))
        return value

    # --- equations

    def _equation(self, said: Relation) -> Read | Unreadable:
        """The side of an equation that was asked; its other sides have to be the same."""
        sides = tuple(map(self._spelled, said.sides))
        asked = [side for side in sides if side in self._says]
        rest = [side for side in sides if side not in self._says and not self._is_title(side)]
        if not rest:
            return Unreadable("wrong_type", 0)
        if not asked and len(rest) == 2 and (found := self._solved(*rest)) is not None:
            return self._worked_out(found) or Read((found,), plain(said))
        for left, right in pairwise(rest):
            if compare(left, right, assume=self.assume).verdict == "different":
                return Unreadable("false_link" if asked else "other_quantity", 0, f"{plain(left)} = {plain(right)}")
        last = rest[-1] if asked[:1] == [sides[0]] or not asked else rest[0]
        reading = Relation((asked[0], last), ("=",)) if asked else last
        return self._worked_out(last) or Read((reading,), plain(said))

    def _solved(self, left: Formula, right: Formula) -> Formula | None:
        """What was asked, from an equation that is linear in it: t = f(0)/(f(0) - f(1)) for f(t) = left - right."""
        for asked in (said for said, means in self._says.items() if means == Name(KEY)):
            at = [Add((_exchanged(left, asked, t), Neg(_exchanged(right, asked, t)))) for t in range(3)]
            bent = compare(Add((at[0], at[2])), Mul((Number(2), at[1])), assume=self.assume).verdict != "equal"
            if not bent and compare(at[0], at[1], assume=self.assume).verdict == "different":
                return Div(at[0], Add((at[0], Neg(at[1]))))
        return None

    def _worked_out(self, said: Formula) -> Unreadable | None:
        """What is to be said where a moment of a sum, a product or an activation is left."""
        for part in subformulas(said):
            if isinstance(part, Call) and part.function in MOMENTS and not self._is_plain(part):
                return Unreadable("not_worked_out", 0, plain(part))
        return None

    def _is_plain(self, moment: Call) -> bool:
        """Whether a moment is of one random name, or a covariance."""
        inside = [part for argument in moment.arguments for part in subformulas(argument)]
        if any(isinstance(part, Fold) or (isinstance(part, Call) and part.function not in MOMENTS) for part in inside):
            return False
        return moment.function == "Cov" or len({*names(moment)} & {*self.known.independent}) < 2

    def _is_title(self, side: Formula) -> bool:
        """What an answer may be called: a name of none of the quantities."""
        return isinstance(side, Name) and side.text not in {*names(as_formula(self.key)), *self.known.independent}

    @cached_property
    def _says(self) -> dict[Formula, Formula]:
        return {self._spelled(formula(left)): formula(right) for left, right in self.known.says.items()}

    @cached_property
    def _asked_words(self) -> re.Pattern[str]:
        """What the moment that is asked is called; what another is called stays, and makes an answer unreadable."""
        asked = next(iter(self._says), None)
        named = _CALLED.get(asked.function, r"(?!)") if isinstance(asked, Call) else r"(?!)"
        return re.compile(rf"(?<![א-ת\w])(?:{named})(?![א-ת\w])", re.IGNORECASE)

    @cached_property
    def letters(self) -> dict[str, Formula]:
        """The usual letters for moments of the random names: sigma_w is std(w_1), mu_x is E[x_1]."""
        taken = {*names(as_formula(self.key)), *self.known.independent}
        letters: dict[str, Formula] = {}
        for name in self.known.independent:
            for short in {name, name.split("_")[0]}:
                letters |= {f"sigma_{short}": Call("std", (Name(name),)), f"mu_{short}": Call("E", (Name(name),))}
        return {letter: moment for letter, moment in letters.items() if letter not in taken}

    # --- names

    @property
    def last(self) -> str:
        """Where sums end that do not say it."""
        return (*self.known.sizes, "n")[0]

    @cached_property
    def readable(self) -> tuple[str, ...]:
        """The names that an answer may use."""
        known = [*self.known.independent, *self.known.sizes, *self.known.known, *self.known.also]
        asked = [name for left in self.known.says for name in names(formula(left))]
        return tuple(dict.fromkeys([*names(as_formula(self.key)), *known, *asked, *self.letters]))

    def _spelled(self, said: Formula) -> Formula:
        """The formula with one spelling for each name; a moment of a sum keeps its own, where w_1 and w_2 differ."""
        match said:
            case Name(text):
                return self.letters.get(text) or Name(self.known.also.get(text, text))
            case Call(function, _) if function in MOMENTS and any(isinstance(part, Fold) for part in subformulas(said)):
                return said
            case _:
                return rebuild(said, self._spelled)


def _exchanged(said: Formula, old: Formula, value: int) -> Formula:
    """The formula with a number for every place where another stands in it."""
    return Number(value) if said == old else rebuild(said, lambda part: _exchanged(part, old, value))
