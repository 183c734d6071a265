"""Whether two formulas are the same: a ladder from certain to likely, which ends in "undecided", never in a guess.

    structure -> exact arithmetic -> residues modulo random primes -> exact points of the declared domain, or intervals

A verdict "different" always rests on a proof: residues or values that differ. "equal" says how certain it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, TypeAlias, final

from solver.notation.arithmetic import MOMENTS, Chance, Undefined, random_names
from solver.notation.evaluation import exact
from solver.notation.modular import agreement, vanishes
from solver.notation.naming import canonical
from solver.notation.printing import ascii_text, plain
from solver.notation.reading import read
from solver.notation.sampling import REAL_FUNCTIONS, WHOLE_FUNCTIONS, Domain, Sampled, sampled
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
    Pow,
    Relation,
    names,
    subformulas,
    substitute,
)
from solver.notation.unreadable import Refused, Unreadable

Verdict: TypeAlias = Literal["equal", "different", "unreadable", "undecided"]
Certainty: TypeAlias = Literal["proved", "probable", "sampled", ""]

_STEPPED: Final = WHOLE_FUNCTIONS | {"abs", "sign", "max", "min", "relu", "relu'", "indicator", "delta"}
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


@final
@dataclass(frozen=True, slots=True)
class Assumptions:
    """What an exercise declares about its names.

    domains      the values a name takes: "size", "integer", "positive" or "real"
    independent  random names that are mutually independent
    centred      random names with mean 0
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    independent: tuple[str, ...] = ()
    centred: frozenset[str] = frozenset()


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict, why and where a text is unreadable, how it was read, and how certain the verdict is.

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

    @property
    def read_as(self) -> str:
        """The answer in plain text, as it was understood."""
        return "" if self.formula is None else plain(self.formula)


_EQUAL: Final = Comparison("equal", certainty="proved")
_DIFFERENT: Final = Comparison("different", certainty="proved")
_UNDECIDED: Final = Comparison("undecided")


def compare(
    answer: str | Formula,
    key: str | Formula,
    *,
    names: Iterable[str] | None = None,
    functions: Sequence[str] = (),
    assume: Assumptions | None = None,
) -> Comparison:
    """Whether an answer says the same as a key.

    >>> compare("n*(n+1)/2", "(n^2+n)/2").verdict, compare("n Var(w) E[x]^2", "n Var(w) E[x^2]").verdict
    ('equal', 'different')
    >>> compare("ceil(n/2)", "floor((n+1)/2)").certainty, compare("x/(y-y)", "x").reason
    ('sampled', 'division_by_zero')
    """
    known = None if names is None else tuple(names)
    said = read(answer, known, functions=functions) if isinstance(answer, str) else answer
    if isinstance(said, Unreadable):
        return Comparison("unreadable", said.reason, said.at, said.word)
    wanted = _key(key, known, tuple(functions)) if isinstance(key, str) else key
    seed = "\n".join(text if isinstance(text, str) else ascii_text(text) for text in (key, answer))
    try:
        return replace(_Ladder(assume or Assumptions(), seed).compare(said, wanted), formula=said)
    except Refused as refused:
        why = refused.unreadable
        return Comparison("unreadable", why.reason, why.at, why.word, formula=said)


@lru_cache(maxsize=1024)
def _key(text: str, names: tuple[str, ...] | None, functions: tuple[str, ...]) -> Formula:
    wanted = read(text, names, functions=functions)
    if isinstance(wanted, Unreadable):
        raise ValueError(f"the key cannot be read: {wanted.reason} at {wanted.at} in {text!r}")
    return wanted


@final
@dataclass(frozen=True, slots=True)
class _Ladder:
    assume: Assumptions
    seed: str

    def compare(self, said: Formula, wanted: Formula) -> Comparison:
        match said, wanted:
            case Relation(), Relation():
                return self.relations(said, wanted)
            case Relation(), _:
                return self.chain(said, wanted)
            case _, Relation(sides, operators) if set(operators) == {"="}:
                return self.compare(said, sides[-1])
            case Group(), Group():
                return self.groups(said, wanted)
            case (Group(items, "x"), _) | (Group((_,) as items, "(" | "["), _) if not isinstance(wanted, Relation):
                return self.compare(_product(items), wanted)
            case _, Group(items, "x"):
                return self.compare(said, _product(items))
            case (Group() | Relation(), _) | (_, Group() | Relation()):
                raise Refused("wrong_type")
            case _:
                return self.numbers(said, wanted)

    # --- numbers and expressions

    def numbers(self, said: Formula, wanted: Formula) -> Comparison:
        if not names(said) and not _is_random(said):
            value = exact(said)
            if isinstance(value, Unreadable) and value.reason != "undefined":
                raise Refused(value.reason, value.at, value.word)
            key = exact(wanted) if not names(wanted) else None
            if isinstance(value, int | Fraction) and isinstance(key, int | Fraction):
                return _EQUAL if value == key else _DIFFERENT
        chance = self.chance(said, wanted)
        if said == wanted and not vanishes(said, chance, self.seed):
            return _EQUAL
        return self.expressions(said, wanted, chance)

    def chance(self, said: Formula, wanted: Formula) -> Chance:
        if not (_is_random(said) or _is_random(wanted)):
            return Chance()
        independent = tuple(map(canonical, self.assume.independent))
        return Chance(
            random_names((said, wanted)) | {*independent, *self.assume.centred},
            independent,
            frozenset(map(canonical, self.assume.centred)),
        )

    def expressions(self, said: Formula, wanted: Formula, chance: Chance) -> Comparison:
        try:
            found = agreement(said, wanted, chance, self.seed)
        except Undefined:
            return _UNDECIDED
        if found.agree:
            return Comparison("equal", certainty="probable", error=found.error)
        kinds = _kinds(said) | _kinds(wanted)
        if not kinds:
            return _DIFFERENT
        if "real" in kinds:
            return _from_points(_enclosed(said, wanted, chance, self.assume.domains, self.seed))
        return _from_points(sampled(said, wanted, chance, self.assume.domains, self.seed))

    # --- equations, conditions and chains

    def chain(self, said: Relation, wanted: Formula) -> Comparison:
        """An equation or a chain of them where a formula is asked: the last side, if the links hold."""
        if set(said.operators) != {"="}:
            raise Refused("wrong_type")
        self.check_links(said)
        return self.compare(said.sides[-1], wanted)

    def check_links(self, said: Relation) -> None:
        """x = 5 = 6 is no answer: two numbers in one chain are one number."""
        for left, right in pairwise(said.sides):
            if names(left) or names(right) or isinstance(left, Group) or isinstance(right, Group):
                continue
            if self.numbers(left, right).verdict == "different":
                raise Refused("false_link", 0, f"{plain(left)} = {plain(right)}")

    def relations(self, said: Relation, wanted: Relation) -> Comparison:
        """Two relations say the same if side by side they do, or as equations up to a constant factor."""
        if set(said.operators) == {"="}:
            self.check_links(said)
        direct = self.sides(said.sides, said.operators, wanted)
        if direct.verdict != "different":
            return direct
        turned = self.sides(said.sides[::-1], tuple(_FLIPPED[sign] for sign in said.operators[::-1]), wanted)
        if turned.verdict != "different":
            return turned
        if said.operators == wanted.operators == ("=",):
            return self.scaled(said, wanted)
        if len(said.operators) == len(wanted.operators):
            return _UNDECIDED if said.operators != wanted.operators else direct
        if set(said.operators) == set(wanted.operators) == {"="}:
            return self.compare(said.sides[-1], wanted.sides[-1])
        return direct

    def sides(self, sides: tuple[Formula, ...], operators: tuple[str, ...], wanted: Relation) -> Comparison:
        if operators != wanted.operators:
            return _DIFFERENT
        return _all([self.compare(mine, other) for mine, other in zip(sides, wanted.sides, strict=True)])

    def scaled(self, said: Relation, wanted: Relation) -> Comparison:
        """l = r and L = R are one equation if (l - r)/(L - R) is a number other than 0."""
        mine, other = (Add((sides[0], Neg(sides[1]))) for sides in (said.sides, wanted.sides))
        if any(isinstance(part, Group | Relation) for side in (mine, other) for part in subformulas(side)):
            return _DIFFERENT
        ratio = Div(mine, other)
        try:
            if self.numbers(mine, Number(0)).verdict == "equal":
                return _DIFFERENT
            return self.numbers(ratio, _elsewhere(ratio))
        except Refused:
            return _UNDECIDED

    # --- shapes, tuples, sets

    def groups(self, said: Group, wanted: Group) -> Comparison:
        if "{" in (said.bracket, wanted.bracket) and said.bracket != wanted.bracket:
            return _DIFFERENT
        if len(said.items) != len(wanted.items):
            return _DIFFERENT
        if said.bracket == "{":
            return self.sets(said.items, wanted.items)
        return _all([self.compare(mine, other) for mine, other in zip(said.items, wanted.items, strict=True)])

    def sets(self, items: tuple[Formula, ...], wanted: tuple[Formula, ...]) -> Comparison:
        """Each item is some wanted one, and each wanted one is taken once."""
        left = list(wanted)
        found: list[Comparison] = []
        for item in items:
            if item in left:
                left.remove(item)
                continue
            verdicts = [self.compare(item, other) for other in left]
            equal = [place for place, verdict in enumerate(verdicts) if verdict.verdict == "equal"]
            if not equal:
                return _UNDECIDED if any(v.verdict == "undecided" for v in verdicts) else _DIFFERENT
            found.append(verdicts[equal[0]])
            del left[equal[0]]
        return _all(found)


def _product(items: tuple[Formula, ...]) -> Formula:
    return items[0] if len(items) == 1 else Mul(items)


def _elsewhere(formula: Formula) -> Formula:
    """The formula at another point: every name another name."""
    return substitute(formula, {name: Name(f"{name}_other") for name in names(formula)})


def _all(found: list[Comparison]) -> Comparison:
    """All of several comparisons: as bad as the worst and as certain as the least certain."""
    for verdict in ("unreadable", "different", "undecided"):
        for comparison in found:
            if comparison.verdict == verdict:
                return comparison
    ranks: tuple[Certainty, ...] = ("proved", "probable", "sampled")
    certainty = max((comparison.certainty for comparison in found), key=ranks.index, default=ranks[0])
    points = [comparison.points for comparison in found if comparison.points]
    return Comparison("equal", certainty=certainty, error=sum(c.error for c in found), points=min(points, default=0))


def _from_points(found: Sampled | None) -> Comparison:
    if found is None or (not found.differ and found.points == 0):
        return _UNDECIDED
    if found.differ:
        return Comparison("different", certainty="proved", points=found.points)
    return Comparison("equal", certainty="sampled", points=found.points)


def _enclosed(
    said: Formula, wanted: Formula, chance: Chance, domains: Mapping[str, Domain], seed: str
) -> Sampled | None:
    from solver.notation.intervals import enclosed  # mpmath takes longer to import than most comparisons together

    return enclosed(said, wanted, chance, domains, seed)


@lru_cache(maxsize=4096)
def _is_random(formula: Formula) -> bool:
    return any(isinstance(part, Call) and part.function in MOMENTS for part in subformulas(formula))


@lru_cache(maxsize=4096)
def _kinds(formula: Formula) -> frozenset[str]:
    """What in a formula is more than a rational function: "stepped" functions, or "real" ones such as roots."""
    return frozenset(kind for part in subformulas(formula) if (kind := _kind(part)))


def _kind(part: Formula) -> str:
    match part:
        case Call(function, _):
            return "real" if function in REAL_FUNCTIONS else "stepped" if function in _STEPPED else ""
        case Pow(_, exponent):
            return "" if not names(exponent) and isinstance(exact(exponent), int) else "real"
        case Name("pi" | "e"):
            return "real"
        case Fold():
            return "stepped"
        case _:
            return ""
