"""The ladder of equality, from certain to likely, which ends in "undecided", never in a guess.

    structure -> exact arithmetic -> residues modulo random primes -> exact points, or intervals, or complex numbers
              -> SymPy, for integrals, derivatives and sums that nothing above computes

A verdict "different" rests on residues, values or places that differ, never on a simplification that failed. Relations,
sets, lists, intervals and matrices come down to their sides, members and entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Final, final

from solver.notation import symbolic
from solver.notation.alternatives import alternatives, spread
from solver.notation.arithmetic import MOMENTS, UNIT, Chance, Undefined, random_names
from solver.notation.comparison import Assumptions, Comparison, different, equal, together, undecided
from solver.notation.domains import domains
from solver.notation.evaluation import exact
from solver.notation.matrices import rows_of, with_matrices
from solver.notation.modular import agreement, vanishes
from solver.notation.naming import canonical
from solver.notation.printing import plain
from solver.notation.quotients import over_one
from solver.notation.sampling import COMPLEX_FUNCTIONS, REAL_FUNCTIONS, WHOLE_FUNCTIONS, Domain, Sampled, sampled
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
    children,
    names,
    subformulas,
    substitute,
)
from solver.notation.unreadable import Refused, Unreadable
from solver.notation.vocabulary import ARITY

_NUMERIC: Final = frozenset({Number, Neg, Add, Mul, Div, Pow, Partial, Fold})
"""Kinds of formulas that are numbers whatever stands in them."""
_STEPPED: Final = WHOLE_FUNCTIONS | {"abs", "sign", "max", "min", "relu", "relu'", "indicator", "delta"}
_REAL: Final = REAL_FUNCTIONS | COMPLEX_FUNCTIONS
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_SETS: Final = frozenset({"union", "intersection", "without"})
_NAMED_SETS: Final = frozenset({"reals", "emptyset"})


@final
@dataclass(frozen=True, slots=True)
class Ladder:
    """Comparisons under the assumptions of one question.

    calls   the functions that occur anywhere        listed   whether an answer is one item of a list
    """

    assume: Assumptions
    seed: str
    calls: frozenset[str]
    listed: bool = False

    def compare(self, said: Formula, wanted: Formula) -> Comparison:
        if "matrix" in self.calls:
            said, wanted = with_matrices(said), with_matrices(wanted)
        double = not self.calls.isdisjoint(("pm", "mp"))
        if type(said) in _NUMERIC and type(wanted) in _NUMERIC and not double:
            return self.numbers(said, wanted)
        match said, wanted:
            case Group(), Group() if not (_is_set(said) or _is_set(wanted)):
                return self.lists(said, wanted)
            case _ if double:
                return self.alternatives(said, wanted)
            case Relation(), Relation():
                return self.relations(said, wanted)
            case _ if _is_set(said) or _is_set(wanted) or _are_interval_and_condition(said, wanted):
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
                return self.compare(_product(items), wanted)
            case _, Group(items, "x"):
                found = self.compare(said, _product(items))
                return undecided("kind") if found.verdict == "equal" and len(items) > 2 else found
            case (Group() | Relation(), _) | (_, Group() | Relation()):
                raise Refused("wrong_type")
            case _ if is_condition(said) or is_condition(wanted):
                return self.truths(said, wanted)
            case _:
                return self.numbers(_ratio(said), _ratio(wanted))

    # --- numbers and expressions

    def numbers(self, said: Formula, wanted: Formula) -> Comparison:
        free = names(said)
        if not free:
            value = exact(said)
            if isinstance(value, Unreadable) and value.reason != "undefined":
                raise Refused(value.reason, value.at, value.word)
            key = exact(wanted) if not names(wanted) else None
            if isinstance(value, int | Fraction) and isinstance(key, int | Fraction):
                return equal("arithmetic") if value == key else different("arithmetic")
        first, *others = self.chances(said, wanted)
        if said == wanted and not vanishes(said, first, self.seed):
            return equal("structure")
        found = self.expressions(said, wanted, first)
        if found.verdict == "equal" and any(self.expressions(said, wanted, o).verdict != "equal" for o in others):
            return undecided("ambiguous")
        return found

    @property
    def is_random(self) -> bool:
        return not self.calls.isdisjoint(MOMENTS)

    @property
    def singly(self) -> Ladder:
        """The ladder for what has every ± written out."""
        return self if self.calls.isdisjoint(("pm", "mp")) else replace(self, calls=self.calls - {"pm", "mp"})

    @property
    def by_item(self) -> Ladder:
        """The ladder for the items of a list."""
        return self.singly if self.listed else replace(self.singly, listed=True)

    def chances(self, said: Formula, wanted: Formula) -> tuple[Chance, ...]:
        """What may be known about random names: what is declared, or each way to understand who is random."""
        if not self.is_random:
            return (Chance(),)
        independent = tuple(map(canonical, self.assume.independent))
        centred = frozenset(map(canonical, self.assume.centred))
        random, doubtful = random_names(said, wanted)
        surely = Chance(random | {*independent, *centred}, independent, centred)
        if independent or centred or not doubtful:
            return (surely,)
        return surely, replace(surely, random=surely.random | doubtful)

    def expressions(self, said: Formula, wanted: Formula, chance: Chance) -> Comparison:
        try:
            found = agreement(said, wanted, chance, self.seed)
        except Undefined:
            return undecided()
        if found.agree:
            return equal("residues", "probable", error=found.error)
        kinds = _kinds(said) | _kinds(wanted)
        if not kinds:
            return different("residues")
        if "symbolic" in kinds:
            return symbolic.compared(said, wanted, self.assume.domains)
        within = domains((said, wanted), self.assume.domains)
        if "complex" in within.values():
            return self.complexes(said, wanted, chance, within)
        if "real" in kinds:
            return self.reals(said, wanted, chance, within)
        points = sampled(said, wanted, chance, self.assume.domains, self.seed)
        if points.differ or points.points:
            return _from_points(points, "points")
        return self.reals(said, wanted, chance, within)

    def complexes(self, said: Formula, wanted: Formula, chance: Chance, within: Mapping[str, Domain]) -> Comparison:
        """Formulas of names that take complex values."""
        found = None if max(map(_towers, (said, wanted))) > 2 else _agreeing(said, wanted, chance, within, self.seed)
        return undecided() if found is None else _from_points(found, "complex")

    def reals(self, said: Formula, wanted: Formula, chance: Chance, within: Mapping[str, Domain]) -> Comparison:
        """Intervals prove a difference; where they leave out points, complex numbers may show one."""
        found = _enclosed(said, wanted, chance, within, self.seed)
        if found is not None and (found.differ or not found.skipped):
            return _from_points(found, "intervals")
        known = undecided() if found is None or found.points <= found.skipped else _from_points(found, "intervals")
        if max(map(_towers, (said, wanted))) > 2:
            return known
        wider = _agreeing(said, wanted, chance, within, self.seed)
        if wider is None:
            return known
        if not wider.real and not names(said):
            raise Refused("undefined")
        if wider.differ:
            return different("complex", "sampled", wider.points)
        return _from_points(wider, "complex")

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
        if not _is_title(first) and self.safely(first, last).verdict != "equal":
            return undecided("kind")  # x - 1 = 0 is more than 0
        return found

    def side(self, said: Formula, sides: tuple[Formula, ...]) -> Comparison:
        """A formula where an equation is the key: its right side, if the left one only says what it is."""
        found = self.compare(said, sides[-1])
        titled = _is_title(sides[0]) and not isinstance(sides[0], Name)
        return found if found.verdict != "equal" or self.listed or titled else undecided("kind")

    def check_links(self, said: Relation) -> None:
        """x = 5 = 6 is no answer: two numbers in one chain are one number."""
        for left, right in pairwise(said.sides):
            if names(left) or names(right) or not (_is_expression(left) and _is_expression(right)):
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
        mine, other = _vanishing(said), _vanishing(wanted)
        if mine is None or other is None:
            return different("kind")
        try:
            nothing = [self.numbers(side, Number(0)).verdict == "equal" for side in (mine, other)]
            if any(nothing):
                return equal("residues", "probable") if all(nothing) else different("residues")
            ratio = Div(mine, other)
            return self.numbers(ratio, _elsewhere(ratio))
        except Refused:
            return undecided()

    def conditions(self, said: Formula, wanted: Formula) -> Comparison:
        """Two conditions: by their equations, as truths, or by the numbers for which they hold."""
        if _vanishing(said) is not None and _vanishing(wanted) is not None:
            return self.scaled(said, wanted)
        if said == wanted:
            return equal("structure")
        found = self.truths(said, wanted)
        if found.verdict != "undecided":
            return found
        free = ({*names(said)} | {*names(wanted)}) - _CONSTANTS
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
        if same is None or (same and _EMPTY & {said, wanted} and any(map(_is_equation, (said, wanted)))):
            return undecided()
        return equal("conditions", "sampled") if same else different("conditions", "sampled")

    def inequalities(self, said: Formula, wanted: Formula) -> Comparison:
        """Inequalities in several names: the same up to a positive factor, or different at some point."""
        match _below(said), _below(wanted):
            case (mine, strict), (other, strictly):
                ratio = Div(mine, other)
                same = self.numbers(ratio, _elsewhere(ratio))
                if strict == strictly and same.verdict == "equal":
                    sign = sampled(Call("abs", (ratio,)), ratio, Chance(), {}, self.seed)
                    if not sign.differ and sign.points:
                        return same
        both = tuple(_indicator(side) for side in (said, wanted))
        if None in both:
            return undecided()
        found = sampled(both[0], both[1], Chance(), self.assume.domains, self.seed)  # type: ignore[arg-type]  # not None
        return different("points", points=found.points) if found.differ else undecided()

    # --- shapes, lists, sets, matrices

    def lists(self, said: Group, wanted: Group) -> Comparison:
        said, wanted = spread(said), spread(wanted)
        pair = len(said.items) == len(wanted.items) == 2
        if pair and {said.bracket, wanted.bracket} == {"(", "["} and not _is_list_of(said, wanted):
            return undecided("kind")  # a pair, or an interval with its ends or without
        if len(said.items) != len(wanted.items):
            return different("parts")
        titled = _about_several(said.items) != _about_several(wanted.items)
        if titled and not (_is_point(said) or _is_point(wanted)):
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
            mine, other = (_either(alternatives(side)) for side in (said, wanted))
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
                if _about_several(mine) != _about_several(others):
                    return undecided("kind")
                if said.bracket != wanted.bracket and len(spread(said).items) != len(spread(wanted).items):
                    return undecided("kind")  # a list says how often
                return self.each_other(spread(said).items, spread(wanted).items)
        if _EMPTY & {said, wanted} and any(_looks_like_interval(side) for side in (said, wanted)):
            return undecided("kind")
        if not all(_is_set(side) or _looks_like_interval(side) or is_condition(side) for side in (said, wanted)):
            raise Refused("wrong_type")
        if any(_is_equation(side) and names(side) for side in (said, wanted)) and _EMPTY & {said, wanted}:
            return undecided("kind")  # whether it has complex solutions nobody said
        said, wanted = map(_about_one_name, (said, wanted))
        free = {name for side in (said, wanted) if is_condition(side) for name in names(side)} - _CONSTANTS
        if not free and (is_condition(said) or is_condition(wanted)):
            raise Refused("wrong_type")
        if len(free) > 1 or (_is_set(said) and _is_set(wanted) and free):
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


_EMPTY: Final = frozenset({Name("false"), Name("emptyset"), Group((), "{")})
_CONSTANTS: Final = frozenset({"pi", "e", "infinity", "reals", "emptyset", "true", "false"})


def is_condition(formula: Formula) -> bool:
    match formula:
        case Relation() | Call("and" | "or" | "not" | "element", _) | Name("true" | "false"):
            return True
        case _:
            return False


def _is_set(formula: Formula) -> bool:
    match formula:
        case Group(_, bracket):
            return bracket in ("{", "[)", "(]") or _has_infinite_end(formula)
        case Call(function, _):
            return function in _SETS
        case Name(text):
            return text in _NAMED_SETS
        case _:
            return False


def _has_infinite_end(group: Group) -> bool:
    return len(group.items) == 2 and any("infinity" in names(item) for item in group.items)


def _are_interval_and_condition(said: Formula, wanted: Formula) -> bool:
    for one, other in ((said, wanted), (wanted, said)):
        if _looks_like_interval(one) and is_condition(other):
            return not (isinstance(other, Relation) and "=" in other.operators)
    return False


def _about_one_name(formula: Formula) -> Formula:
    """0 < f(x) < 1 as 0 < t < 1: a condition on one quantity, whatever that is."""
    if isinstance(formula, Relation) and "=" not in formula.operators:
        with_names = [side for side in dict.fromkeys(formula.sides) if set(names(side)) - _CONSTANTS]
        if len(with_names) == 1 and len({*names(with_names[0])} - _CONSTANTS) > 1:
            sides = tuple(Name("t") if side == with_names[0] else side for side in formula.sides)
            return Relation(sides, formula.operators)
    return formula


def _looks_like_interval(formula: Formula) -> bool:
    return isinstance(formula, Group) and formula.bracket in ("(", "[") and len(formula.items) == 2


def _is_list_of(said: Group, wanted: Group) -> bool:
    """Whether pairs surely are lists: of more than numbers."""
    return any(not _is_expression(item) for item in (*said.items, *wanted.items))


def _is_title(formula: Formula) -> bool:
    """Whether a side of an equation only says what the other one is: y, Var(w), f(x), dL/dx, (x, y)."""
    match formula:
        case Name() | Partial() | Group() | Call("E" | "Var" | "Cov" | "std", _):
            return True
        case Call(function, _):
            return function not in ARITY
        case _:
            return False


def _is_expression(formula: Formula) -> bool:
    return not (isinstance(formula, Group | Relation) or _is_set(formula) or is_condition(formula))


def _product(items: tuple[Formula, ...]) -> Formula:
    return items[0] if len(items) == 1 else Mul(items)


def _ratio(formula: Formula) -> Formula:
    """A ratio of two numbers is their quotient."""
    match formula:
        case Call("ratio", (top, bottom)):
            return Div(top, bottom)
        case _:
            return formula


def _is_equation(formula: Formula) -> bool:
    return isinstance(formula, Relation) and set(formula.operators) == {"="}


def _about_several(items: tuple[Formula, ...]) -> bool:
    """Whether items are equations for different names, as x = 0, y = 0."""
    return len({item.sides[0] for item in items if isinstance(item, Relation) and _is_equation(item)}) > 1


def _is_point(group: Group) -> bool:
    """Whether equations say what (x, y) is, in this order."""
    titles = [item.sides[0] for item in group.items if isinstance(item, Relation) and _is_equation(item)]
    spelled = [title.text for title in titles if isinstance(title, Name)]
    return len(spelled) == len(group.items) and spelled == sorted(spelled)


def _either(parts: tuple[Formula, ...]) -> Formula:
    return parts[0] if len(parts) == 1 else Call("or", parts)


def _elsewhere(formula: Formula) -> Formula:
    """The formula at another point: every name another name."""
    free = [name for name in names(formula) if name not in _CONSTANTS and name != UNIT]
    return substitute(formula, {name: Name(f"{name}_other") for name in free})


def _vanishing(formula: Formula) -> Formula | None:
    """What is 0 where an equation holds, and where one of several does: a numerator, or a product of them."""
    match formula:
        case Relation((left, right), ("=",)):
            if not (_is_expression(left) and _is_expression(right)):
                return None
            match left, right:
                case Call("abs", (mine,)), Call("abs", (other,)):
                    return Add((Pow(mine, Number(2)), Neg(Pow(other, Number(2)))))
            return over_one(Add((left, Neg(right))))[0]
        case Call("or", parts):
            factors = tuple(factor for part in parts if (factor := _vanishing(part)) is not None)
            return Mul(factors) if len(factors) == len(parts) else None
        case _:
            return None


def _below(formula: Formula) -> tuple[Formula, bool] | None:
    """An inequality as a formula that is below 0, and whether strictly."""
    match formula:
        case Relation((left, right), ("<" | "<=" as operator,)):
            return Add((left, Neg(right))), operator == "<"
        case Relation((left, right), (">" | ">=" as operator,)):
            return Add((right, Neg(left))), operator == ">"
        case _:
            return None


def _indicator(formula: Formula) -> Formula | None:
    match formula:
        case Relation(sides, _) if all(map(_is_expression, sides)):
            return Call("indicator", (formula,))
        case Call("and", parts):
            return _joined(parts, lambda found: Mul(found))
        case Call("not", (body,)):
            return None if (inner := _indicator(body)) is None else Add((Number(1), Neg(inner)))
        case Call("or", parts):
            return _joined(parts, lambda found: Call("max", found))
        case _:
            return None


def _joined(parts: tuple[Formula, ...], join: Callable[[tuple[Formula, ...]], Formula]) -> Formula | None:
    found = tuple(inner for part in parts if (inner := _indicator(part)) is not None)
    return join(found) if len(found) == len(parts) else None


def _from_points(found: Sampled, reason: str) -> Comparison:
    if found.differ:
        return different(reason, points=found.points)
    return equal(reason, "sampled", points=found.points) if found.points else undecided()


def _enclosed(
    said: Formula, wanted: Formula, chance: Chance, assume: Mapping[str, Domain], seed: str
) -> Sampled | None:
    from solver.notation.intervals import enclosed  # mpmath takes longer to import than most comparisons together

    return enclosed(said, wanted, chance, assume, seed)


def _agreeing(
    said: Formula, wanted: Formula, chance: Chance, assume: Mapping[str, Domain], seed: str
) -> Sampled | None:
    from solver.notation.complexes import agreeing  # mpmath takes longer to import than most comparisons together

    return agreeing(said, wanted, chance, assume, seed, strict=_is_power_of_power(said) or _is_power_of_power(wanted))


def _towers(formula: Formula) -> int:
    """How deep exponentials and powers with names stand in one another: their values grow beyond all digits."""
    match formula:
        case Call("exp", (body,)):
            return 1 + _towers(body)
        case Pow(base, exponent) if names(exponent):
            return max(_towers(base), 1 + _towers(exponent))
        case _:
            return max((_towers(part) for part in children(formula)), default=0)


def _is_power_of_power(formula: Formula) -> bool:
    """(a^b)^c, which is a^(b c) for some numbers alone."""
    powers = [part for part in subformulas(formula) if isinstance(part, Pow) and names(part.exponent)]
    return any(inner in powers for power in powers for inner in subformulas(power.base))


@lru_cache(maxsize=4096)
def _kinds(formula: Formula) -> frozenset[str]:
    """What in a formula is more than rational: "stepped" functions, "real" ones such as roots, "symbolic" integrals."""
    return frozenset(kind for part in subformulas(formula) if (kind := _kind(part)))


def _kind(part: Formula) -> str:
    if symbolic.is_needed(part):
        return "symbolic"
    match part:
        case Call(function, _):
            return "real" if function in _REAL else "stepped" if function in _STEPPED else ""
        case Pow(_, exponent):
            return "" if not names(exponent) and isinstance(exact(exponent), int) else "real"
        case Name("pi" | "e"):
            return "real"
        case Fold():
            return "stepped"
        case _:
            return ""
