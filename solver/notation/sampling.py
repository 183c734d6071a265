"""Equality of formulas with floors, remainders, maxima and conditions: exact values at points of their declared domain.

A point where they differ proves that they differ; agreement is evidence from so many points, not proof. Names beside a
floor or a factorial are positive whole numbers unless declared otherwise (x, y, z, t, u, v under a floor are not, nor
what is rounded alone): every name runs through all of its small values, so that every residue is met. Other names are
real: the points include 0, whole numbers, their neighbours and places where names are equal, because that is where such
formulas break.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from random import Random
from typing import Any, Final, Literal, TypeAlias, final

from solver.frozen import frozen
from solver.notation import limits
from solver.notation.arithmetic import UNIT, Arithmetic, Chance, Undefined
from solver.notation.evaluation import FUNCTIONS, exact, power, whole
from solver.notation.magnitude import largest
from solver.notation.tree import Call, Div, Fold, Formula, Name, names, subformulas
from solver.notation.vocabulary import BARE

Domain: TypeAlias = Literal["size", "integer", "positive", "real", "complex"]
"""Positive whole numbers; whole numbers; positive numbers; all real numbers; all complex ones."""

Exact: TypeAlias = "int | Fraction"

WHOLE_FUNCTIONS: Final = frozenset({"floor", "ceil", "mod", "factorial", "binomial", "gcd", "lcm"})
COMPLEX_FUNCTIONS: Final = frozenset({"conjugate", "re", "im", "arg"})
_COUNTING: Final = WHOLE_FUNCTIONS - {"floor", "ceil"}
_CONTINUOUS: Final = frozenset("xyztuv")
"""Letters that stand for real numbers also where they are rounded: floor(x + 1/2) is not floor(x)."""
REAL_FUNCTIONS: Final = BARE | frozenset("tanh' sigmoid sigmoid' erf std root".split())
POINTS: Final = 64
SWEEP: Final = 16
MOST_PERIOD: Final = 1_024
_LARGEST: Final = 20_000
"""Bits of the numbers in a formula that is computed at many points."""
_TERMS: Final = 10_000
"""Terms of sums at all points together."""


@final
@frozen(slots=True)
class Sampled:
    """Whether two formulas differ somewhere, and at how many points they were compared.

    skipped  points that were left out      real  whether the left formula was real at all of them
    alone    of those left out, the points at which one formula alone has a value
    """

    differ: bool
    points: int
    skipped: int = 0
    alone: int = 0
    real: bool = True


def sampled(left: Formula, right: Formula, chance: Chance, assume: Mapping[str, Domain], seed: str) -> Sampled:
    """Exact comparison at many points.

    >>> from solver.notation.reading import formula
    >>> sampled(formula("floor((n + 1)/2)"), formula("ceil(n/2)"), Chance(), {}, "").differ
    False
    >>> sampled(formula("abs(x)"), formula("x"), Chance(), {}, "").differ
    True
    """
    if max(map(largest, (left, right))) > _LARGEST:
        return Sampled(False, 0)
    compared = terms = 0
    for place, point in enumerate(points((left, right), chance, assume, seed)):
        at = Fractions(point, f"{seed} {place}", chance)
        try:
            mine: Exact | None = at.value(left)
            other: Exact | None = at.value(right)
        except (ZeroDivisionError, ValueError, OverflowError, Undefined):
            mine = other = None
        if mine != other:
            return Sampled(True, compared + 1)
        compared += mine is not None
        terms += limits.FOLD_TERMS - at.terms_left
        if terms > _TERMS:
            break
    return Sampled(False, compared)


def points(
    formulas: Sequence[Formula], chance: Chance, assume: Mapping[str, Domain], seed: str
) -> Iterator[dict[str, Exact]]:
    """Points of the domain: each name through its small values, and all names at random."""
    free = sorted({name for formula in formulas for name in names(formula)} - chance.random)
    domains = {**default_domains(free, formulas), **{name: assume[name] for name in free if name in assume}}
    random = Random(int.from_bytes(sha256(seed.encode()).digest(), "big"))
    sweep = max(SWEEP, 2 * period(formulas))
    for name in free:
        for step in range(sweep if domains[name] == "size" else SWEEP):
            yield {**_random_point(domains, random), name: _swept(domains[name], step)}
    for _ in range(POINTS):
        yield _random_point(domains, random)
    for _ in range(SWEEP if len(free) > 1 else 0):
        point = _random_point(domains, random)
        same, other = random.sample(free, 2)
        yield {**point, same: point[other] if domains[same] == domains[other] else point[same]}


def default_domains(free: Iterable[str], formulas: Sequence[Formula]) -> dict[str, Domain]:
    """A size where something is rounded or counted; real elsewhere, and where what is rounded is not whole by itself.

    >>> from solver.notation.reading import formula
    >>> default_domains("nxa", [formula("floor((n + x)/2)*floor(a)")])
    {'n': 'size', 'x': 'real', 'a': 'real'}
    """
    steps = [part for formula in formulas for part in subformulas(formula) if is_rounding(part) or _is_counting(part)]
    if not steps:
        return dict.fromkeys(free, "real")
    counted = {name for part in steps if _is_counting(part) for name in names(part)}
    alone = {part.arguments[0] for part in steps if isinstance(part, Call)}

    def domain(name: str) -> Domain:
        continuous = Name(name) in alone or name.split("_")[0] in _CONTINUOUS
        return "real" if continuous and name not in counted else "size"

    return {name: domain(name) for name in free}


def is_rounding(part: Formula) -> bool:
    """Whether it makes a whole number of any number."""
    return isinstance(part, Call) and part.function in ("floor", "ceil")


def _is_counting(part: Formula) -> bool:
    """Whether it is meant for whole numbers alone."""
    return isinstance(part, Fold) or (isinstance(part, Call) and part.function in _COUNTING)


def period(formulas: Sequence[Formula]) -> int:
    """The least common multiple of the numbers that something is divided by under a floor, or is a remainder of.

    Over so many whole numbers a floor of a linear formula repeats itself, up to a constant gain.

    >>> from solver.notation.reading import formula
    >>> period([formula("floor((n + 1)/4)"), formula("ceil(n/(3*2))")])
    12
    """
    found = 1
    for formula in formulas:
        for part in subformulas(formula):
            if isinstance(part, Call) and part.function in ("floor", "ceil", "mod"):
                inside = [
                    quotient.bottom
                    for whole in part.arguments
                    for quotient in subformulas(whole)
                    if isinstance(quotient, Div)
                ]
                for divisor in (*inside, *part.arguments[1:]):
                    value = exact(divisor) if not names(divisor) else None
                    if isinstance(value, int) and value > 0 and math.lcm(found, value) <= MOST_PERIOD:
                        found = math.lcm(found, value)
    return found


def _random_point(domains: Mapping[str, Domain], random: Random) -> dict[str, Exact]:
    return {name: _random_value(domain, random) for name, domain in domains.items()}


def _random_value(domain: Domain, random: Random) -> Exact:
    match domain:
        case "size":
            return random.randint(1, random.choice((4, 12, 64)))
        case "integer":
            return random.randint(-12, 12)
        case "positive":
            return Fraction(random.randint(1, 400), 100)
        case "real" | "complex":
            return Fraction(random.randint(-400, 400), 100)


def _swept(domain: Domain, step: int) -> Exact:
    match domain:
        case "size":
            return step + 1
        case "integer":
            return step - SWEEP // 2
        case "positive":
            return Fraction(2 * step + 1, 8)
        case "real" | "complex":
            from_below = step // 2 if step % 2 else SWEEP - 1 - step // 2  # both ends of the range come first
            return whole(Fraction(from_below - SWEEP // 2, 2) + Fraction(from_below % 4 // 3, 1000))


@final
class Fractions(Arithmetic[Exact]):
    """Formulas over exact numbers, at a given point."""

    def __init__(self, point: Mapping[str, Exact], seed: str, chance: Chance) -> None:
        super().__init__(chance)
        self.point = {name.replace("_", ""): value for name, value in point.items()}
        self.seed = seed

    def beside(self, other: Arithmetic[Any]) -> Fractions:
        """This, where variables of sums and random names have the values that they have in the other."""
        self.indices, self.outcome = other.indices, other.outcome
        return self

    def draw(self, key: str) -> Exact:
        digest = sha256(f"{self.seed} {key}".encode()).digest()
        size = Fraction(int.from_bytes(digest[:2], "big") % 199 + 1, 40)
        return -size if digest[2] % 2 and not key.startswith("chance") else size

    def number(self, value: Exact) -> Exact:
        return value

    def unknown(self, name: str) -> Exact:
        if name in ("pi", "e", "infinity", UNIT):
            raise Undefined("a number that is no fraction")
        return self.point[name] if name in self.point else self.draw(name)

    def plus(self, left: Exact, right: Exact) -> Exact:
        return left + right

    def times(self, left: Exact, right: Exact) -> Exact:
        return left * right

    def over(self, top: Exact, bottom: Exact) -> Exact:
        return whole(Fraction(top) / bottom)

    def raised(self, base: Exact, exponent: Formula) -> Exact:
        by = self.value(exponent)
        if abs(Fraction(by)) > limits.EXPONENT:
            raise Undefined("an exponent that is too big")
        value: Exact = power(base, by)
        return value

    def applied(self, function: str, arguments: list[Exact]) -> Exact:
        if function in FUNCTIONS:
            value: Exact = FUNCTIONS[function](*arguments)
            return value
        if function in REAL_FUNCTIONS:
            raise Undefined("a value that is no fraction")
        return self.draw(f"{function} {arguments}")

    def holds(self, left: Exact, operator: str, right: Exact) -> Exact:
        held = {"=": left == right, "!=": left != right, "<": left < right, ">": left > right}
        return int(held.get(operator, left <= right if operator == "<=" else left >= right))

    def opaque_fold(self, fold: Fold, body: Exact) -> Exact:
        raise Undefined("an integral, or a sum whose limits are no whole numbers")

    def whole(self, formula: Formula) -> int | None:
        value = exact(formula) if not names(formula) else self.value(formula)
        return value if isinstance(value, int) else None
