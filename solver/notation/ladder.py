"""Whatever answers are, compared: relations, sets, lists, intervals and matrices come down to sides, members, entries.

Of those, which are numbers, `rungs` decides. A verdict "different" about a condition rests on places that differ.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final, final

from solver.frozen import frozen
from solver.notation.alternatives import alternatives, spread
from solver.notation.arithmetic import Chance
from solver.notation.comparison import Comparison, different, equal, together, undecided
from solver.notation.evaluation import exact
from solver.notation.matrices import rows_of, with_matrices
from solver.notation.printing import plain
from solver.notation.relating import (
    CONSTANTS,
    about_one_name,
    below,
    either_of,
    elsewhere,
    indicator,
    quotient_of,
    vanishing,
)
from solver.notation.rungs import Rungs
from solver.notation.sampling import sampled
from solver.notation.sorts import (
    about_several,
    are_interval_and_condition,
    is_condition,
    is_equation,
    is_expression,
    is_list_of,
    is_point,
    is_set,
    is_title,
    looks_like_interval,
)
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
    Partial,
    Pow,
    Relation,
    names,
    product_of,
)
from solver.notation.unreadable import Refused

_NUMERIC: Final = frozenset({Number, Neg, Add, Mul, Div, Pow, Partial, Fold})
"""Kinds of formulas that are numbers whatever stands in them."""
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_EMPTY: Final = frozenset({Name("false"), Name("emptyset"), Group((), "{")})


@final
@frozen(slots=True)
class Ladder(Rungs):
    """Comparisons of whatever answers are; `listed` says whether an answer is one item of a list."""

    listed: bool = False

    def compare(self, said: Formula, wanted: Formula) -> Comparison:
        """How two formulas of any sort compare: by the sorts of both, down to numbers."""
        if "matrix" in self.calls:
            said, wanted = with_matrices(said), with_matrices(wanted)
        double = self.is_double
        if type(said) in _NUMERIC and type(wanted) in _NUMERIC and not double:
            return self.numbers(said, wanted)
        match said, wanted:
            case Group(), Group() if not (is_set(said) or is_set(wanted)):
                return self.lists(said, wanted)
            case _ if double:
                return self.alternatives(said, wanted)
            case Relation(), Relation():
                return self.relations(said, wanted)
            case _ if is_set(said) or is_set(wanted) or are_interval_and_condition(said, wanted):
                return self.sets(said, wanted)
            case _ if is_condition(said) and is_condition(wanted):
                return self.conditions(said, wanted)
            case Relation(), _:
                return self.chain(said, wanted)
            case _, Relation(sides, operators) if set(operators) == {"="}:
                return self.side(said, sides)
            case Call("matrix", _), _:
                return self.matrices(said, wanted)
            case _, Call("matrix", _):
                return self.matrices(said, wanted)
            case Call("ratio", mine), Call("ratio", other):
                return self.ratios(mine, other)
            case (Group(items, "x"), _) | (Group((_,) as items, "(" | "["), _) if not isinstance(wanted, Relation):
                return self.compare(product_of(items), wanted)
            case _, Group(items, "x"):
                found = self.compare(said, product_of(items))
                return undecided("kind") if found.verdict == "equal" and len(items) > 2 else found
            case (Group() | Relation(), _) | (_, Group() | Relation()):
                raise Refused("wrong_type")
            case _ if is_condition(said) or is_condition(wanted):
                return self.truths(said, wanted)
            case _:
                return self.numbers(quotient_of(said), quotient_of(wanted))

    @property
    def is_double(self) -> bool:
        """Whether ± or ∓ stands anywhere."""
        return not self.calls.isdisjoint(("pm", "mp"))

    @property
    def singly(self) -> Ladder:
        """The ladder for what has every ± written out."""
        return replace(self, calls=self.calls - {"pm", "mp"}) if self.is_double else self

    @property
    def by_item(self) -> Ladder:
        """The ladder for the items of a list."""
        return self.singly if self.listed else replace(self.singly, listed=True)

    # --- equations, conditions and chains

    def chain(self, said: Relation, wanted: Formula) -> Comparison:
        """An equation or a chain of them where a formula is asked: the last side, if the links hold."""
        if set(said.operators) != {"="}:
            raise Refused("wrong_type")
        self.check_links(said)
        first, *_, last = said.sides
        found = self.compare(last, wanted)
        if found.verdict != "equal":
            return found
        if isinstance(first, Name) and names(wanted) and len(said.sides) == 2:
            return undecided("kind")  # y = x is more than x
        if not is_title(first) and self.safely(first, last).verdict != "equal":
            return undecided("kind")  # x - 1 = 0 is more than 0
        return found

    def side(self, said: Formula, sides: tuple[Formula, ...]) -> Comparison:
        """A formula where an equation is the key: its right side, if the left one only says what it is."""
        found = self.compare(said, sides[-1])
        titled = is_title(sides[0]) and not isinstance(sides[0], Name)
        return found if found.verdict != "equal" or self.listed or titled else undecided("kind")

    def check_links(self, said: Relation) -> None:
        """x = 5 = 6 is no answer: two numbers in one chain are one number."""
        for left, right in pairwise(said.sides):
            if names(left) or names(right) or not (is_expression(left) and is_expression(right)):
                continue
            if self.numbers(left, right).verdict == "different":
                raise Refused("false_link", 0, f"{plain(left)} = {plain(right)}")

    def relations(self, said: Relation, wanted: Relation) -> Comparison:
        """Two relations say the same if side by side they do, or as equations up to a constant factor."""
        if set(said.operators) == {"="}:
            self.check_links(said)
        direct = self.sides(said.sides, said.operators, wanted)
        if direct.verdict == "equal":
            return direct
        turned = self.sides(said.sides[::-1], tuple(_FLIPPED[sign] for sign in said.operators[::-1]), wanted)
        if turned.verdict == "equal":
            return turned
        if said.operators == wanted.operators == ("=",):
            return self.scaled(said, wanted)
        if set(said.operators) == set(wanted.operators) == {"="}:
            return self.compare(said.sides[-1], wanted.sides[-1])
        return self.conditions(said, wanted)

    def sides(self, sides: tuple[Formula, ...], operators: tuple[str, ...], wanted: Relation) -> Comparison:
        if operators != wanted.operators:
            return different("kind")
        return together([self.safely(mine, other) for mine, other in zip(sides, wanted.sides, strict=True)])

    def safely(self, said: Formula, wanted: Formula) -> Comparison:
        """A comparison of parts: parts of different types are different."""
        try:
            return self.compare(said, wanted)
        except Refused as refused:
            if refused.unreadable.reason != "wrong_type":
                raise
            return different("kind")

    def scaled(self, said: Formula, wanted: Formula) -> Comparison:
        """Two equations, or alternatives of equations, are one if their differences are, up to a constant factor."""
        mine, other = vanishing(said), vanishing(wanted)
        if mine is None or other is None:
            return different("kind")
        try:
            nothing = [self.numbers(side, Number(0)).verdict == "equal" for side in (mine, other)]
            if any(nothing):
                return equal("residues", "probable") if all(nothing) else different("residues")
            ratio = Div(mine, other)
            return self.numbers(ratio, elsewhere(ratio))
        except Refused:
            return undecided()

    def conditions(self, said: Formula, wanted: Formula) -> Comparison:
        """Two conditions: by their equations, as truths, or by the numbers for which they hold."""
        if vanishing(said) is not None and vanishing(wanted) is not None:
            return self.scaled(said, wanted)
        if said == wanted:
            return equal("structure")
        found = self.truths(said, wanted)
        if found.verdict != "undecided":
            return found
        free = ({*names(said)} | {*names(wanted)}) - CONSTANTS
        if len(free) == 1:
            return self.alike(said, wanted, *free)
        return self.inequalities(said, wanted)

    def truths(self, said: Formula, wanted: Formula) -> Comparison:
        from solver.notation.conditions import same_truths  # mpmath takes longer to import than most comparisons

        same = same_truths(said, wanted)
        return undecided() if same is None else equal("conditions") if same else different("conditions")

    def alike(self, said: Formula, wanted: Formula, name: str) -> Comparison:
        from solver.notation.conditions import alike  # mpmath takes longer to import than most comparisons

        same = alike(said, wanted, name)
        if same is None or (same and _EMPTY & {said, wanted} and any(map(is_equation, (said, wanted)))):
            return undecided()
        return equal("conditions", "sampled") if same else different("conditions", "sampled")

    def inequalities(self, said: Formula, wanted: Formula) -> Comparison:
        """Inequalities in several names: the same up to a positive factor, or different at some point."""
        match below(said), below(wanted):
            case (mine, strict), (other, strictly):
                ratio = Div(mine, other)
                same = self.numbers(ratio, elsewhere(ratio))
                if strict == strictly and same.verdict == "equal":
                    sign = sampled(Call("abs", (ratio,)), ratio, Chance(), {}, self.seed)
                    if not sign.differ and sign.points:
                        return same
        both = tuple(indicator(side) for side in (said, wanted))
        if None in both:
            return undecided()
        found = sampled(both[0], both[1], Chance(), self.assume.domains, self.seed)  # type: ignore[arg-type]  # not None
        return different("points", points=found.points) if found.differ else undecided()

    # --- shapes, lists, sets, matrices

    def lists(self, said: Group, wanted: Group) -> Comparison:
        """Lists item by item: in their order where brackets say so, else in any."""
        if self.is_double:
            said, wanted = spread(said), spread(wanted)
        pair = len(said.items) == len(wanted.items) == 2
        if pair and {said.bracket, wanted.bracket} == {"(", "["} and not is_list_of(said, wanted):
            return undecided("kind")  # a pair, or an interval with its ends or without
        if len(said.items) != len(wanted.items):
            return different("parts")
        titled = about_several(said.items) != about_several(wanted.items)
        if titled and not (is_point(said) or is_point(wanted)):
            return undecided("kind")  # which of them is which nobody said
        item = self.by_item
        if said.bracket == wanted.bracket == "," and not titled:
            return item.members(said.items, wanted.items)
        return together([item.safely(mine, other) for mine, other in zip(said.items, wanted.items, strict=True)])

    def members(self, items: tuple[Formula, ...], wanted: tuple[Formula, ...]) -> Comparison:
        """Each item is some wanted one, and each wanted one is taken once."""
        left = list(wanted)
        found: list[Comparison] = []
        for item in items:
            if item in left:
                left.remove(item)
                continue
            verdicts = [self.safely(item, other) for other in left]
            same = [place for place, verdict in enumerate(verdicts) if verdict.verdict == "equal"]
            if not same:
                return undecided() if any(v.verdict == "undecided" for v in verdicts) else different("parts")
            found.append(verdicts[same[0]])
            del left[same[0]]
        return together(found)

    def alternatives(self, said: Formula, wanted: Formula) -> Comparison:
        """What is written with ± is both of its values; as an equation it is one or the other."""
        if is_condition(said) and is_condition(wanted):
            mine, other = (either_of(alternatives(side)) for side in (said, wanted))
            pairs = zip(alternatives(said), alternatives(wanted), strict=False)
            each = together([self.singly.safely(*pair) for pair in pairs])
            same_count = len(alternatives(said)) == len(alternatives(wanted))
            return each if same_count and each.verdict == "equal" else self.singly.conditions(mine, other)
        mine, other = (spread(side if isinstance(side, Group) else Group((side,), ",")) for side in (said, wanted))
        return self.sets(mine, other) if "{" in (mine.bracket, other.bracket) else self.lists(mine, other)

    def sets(self, said: Formula, wanted: Formula) -> Comparison:
        """Finite sets by their members; sets of real numbers, and conditions on one, by the numbers they hold."""
        match said, wanted:
            case Group(mine, "{" | ","), Group(others, "{" | ","):
                if about_several(mine) != about_several(others):
                    return undecided("kind")
                if said.bracket != wanted.bracket and len(spread(said).items) != len(spread(wanted).items):
                    return undecided("kind")  # a list says how often
                return self.each_other(spread(said).items, spread(wanted).items)
        if _EMPTY & {said, wanted} and any(looks_like_interval(side) for side in (said, wanted)):
            return undecided("kind")
        if not all(is_set(side) or looks_like_interval(side) or is_condition(side) for side in (said, wanted)):
            raise Refused("wrong_type")
        if any(is_equation(side) and names(side) for side in (said, wanted)) and _EMPTY & {said, wanted}:
            return undecided("kind")  # whether it has complex solutions nobody said
        said, wanted = map(about_one_name, (said, wanted))
        free = {name for side in (said, wanted) if is_condition(side) for name in names(side)} - CONSTANTS
        if not free and (is_condition(said) or is_condition(wanted)):
            raise Refused("wrong_type")
        if len(free) > 1 or (is_set(said) and is_set(wanted) and free):
            return undecided()
        name = next(iter(free), "t")
        mine_, other_ = (side if is_condition(side) else Call("element", (Name(name), side)) for side in (said, wanted))
        return self.alike(mine_, other_, name)

    def each_other(self, items: tuple[Formula, ...], wanted: tuple[Formula, ...]) -> Comparison:
        """Two sets hold the same if each member of one is a member of the other."""
        if not (items and wanted):
            return different("parts") if items or wanted else equal("parts")
        item = self.by_item
        if len(items) == len(wanted):
            once = item.members(items, wanted)
            if once.verdict == "equal":
                return once
        rows = [[item.safely(mine, other) for other in wanted] for mine in items]
        for line in (*rows, *zip(*rows, strict=True)):
            verdicts = {comparison.verdict for comparison in line}
            if "equal" not in verdicts:
                return undecided() if "undecided" in verdicts else different("parts")
        return together([next(c for c in row if c.verdict == "equal") for row in rows])

    def matrices(self, said: Formula, wanted: Formula) -> Comparison:
        mine, other = rows_of(said), rows_of(wanted)
        if mine is None or other is None:
            raise Refused("wrong_type")
        if (len(mine), len(mine[0])) != (len(other), len(other[0])):
            return different("parts")
        pairs = [pair for rows in zip(mine, other, strict=True) for pair in zip(*rows, strict=True)]
        return together([self.safely(*pair) for pair in pairs])

    def ratios(self, said: tuple[Formula, ...], wanted: tuple[Formula, ...]) -> Comparison:
        if len(said) != len(wanted):
            return different("parts")
        if any(exact(part) == 0 for part in (*said, *wanted) if not names(part)):
            return together([self.numbers(*pair) for pair in zip(said, wanted, strict=True)])
        pairs = [
            self.numbers(Mul((said[place], wanted[place + 1])), Mul((said[place + 1], wanted[place])))
            for place in range(len(said) - 1)
        ]
        return together(pairs)
