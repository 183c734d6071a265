"""The ladder's rungs for two numbers or expressions, from certain to likely, ending in "undecided", never in a guess.

    structure -> exact arithmetic -> residues modulo primes -> exact points, or intervals, or complex numbers
              -> SymPy, for integrals, derivatives and sums that nothing above computes

A verdict "different" rests on residues or values that differ, never on a simplification that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from solver.frozen import frozen
from solver.notation import symbolic
from solver.notation.arithmetic import MOMENTS, Chance, Undefined, random_names
from solver.notation.comparison import Assumptions, Comparison, different, equal, undecided
from solver.notation.domains import domains
from solver.notation.evaluation import exact
from solver.notation.modular import agreement, vanishes
from solver.notation.naming import canonical
from solver.notation.sampling import COMPLEX_FUNCTIONS, REAL_FUNCTIONS, WHOLE_FUNCTIONS, Domain, Sampled, sampled
from solver.notation.tree import Call, Fold, Formula, Name, Pow, children, names, subformulas
from solver.notation.unreadable import Refused, Unreadable

_STEPPED: Final = WHOLE_FUNCTIONS | {"abs", "sign", "max", "min", "relu", "relu'", "indicator", "delta"}
_MOST: Final = 8
"""At how many points both sides must have values where at as many or more neither of them has one."""
_NOT_RANDOM: Final = Chance()
_REAL: Final = REAL_FUNCTIONS | COMPLEX_FUNCTIONS


@frozen(slots=True)
class Rungs:
    """Comparisons of numbers under the assumptions of one question; `calls` are the functions that occur anywhere."""

    assume: Assumptions
    seed: str
    calls: frozenset[str]

    def numbers(self, said: Formula, wanted: Formula) -> Comparison:
        """Two numbers or expressions: by arithmetic, by structure, then for each way to understand who is random."""
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

    def chances(self, said: Formula, wanted: Formula) -> tuple[Chance, ...]:
        """What may be known about random names: what is declared, or each way to understand who is random."""
        if not self.is_random:
            return (_NOT_RANDOM,)
        independent = tuple(map(canonical, self.assume.independent))
        centred = frozenset(map(canonical, self.assume.centred))
        random, doubtful = random_names(said, wanted)
        surely = Chance(random | {*independent, *centred}, independent, centred)
        if independent or centred or not doubtful:
            return (surely,)
        return surely, replace(surely, random=surely.random | doubtful)

    def expressions(self, said: Formula, wanted: Formula, chance: Chance) -> Comparison:
        """Two expressions where it is known who is random: by residues, then by what is in them."""
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
            decided = self.reals(said, wanted, chance, within)
            if decided.verdict == "equal" and (narrowed := self.narrowed(said, wanted)):
                wider = {name: domain for name, domain in within.items() if name not in narrowed}
                again = _agreeing(said, wanted, chance, wider, self.seed)
                return decided if again is not None and not again.differ else undecided()
            return decided
        points = sampled(said, wanted, chance, self.assume.domains, self.seed)
        if points.differ or points.points:
            return _from_points(points, "points")
        return self.reals(said, wanted, chance, within)

    def complexes(self, said: Formula, wanted: Formula, chance: Chance, within: Mapping[str, Domain]) -> Comparison:
        """Formulas of names that take complex values."""
        found = None if max(map(_towers, (said, wanted))) > 2 else _agreeing(said, wanted, chance, within, self.seed)
        return undecided() if found is None else _from_points(found, "complex")

    def narrowed(self, said: Formula, wanted: Formula) -> set[str]:
        """The names that one side alone keeps positive, as 2 ln x does, while ln(x^2) says more."""
        mine, other = (domains((side,), self.assume.domains) for side in (said, wanted))
        shared = {*names(said)} & {*names(wanted)}
        return {name for name in shared if (mine.get(name) == "positive") != (other.get(name) == "positive")}

    def reals(self, said: Formula, wanted: Formula, chance: Chance, within: Mapping[str, Domain]) -> Comparison:
        """Intervals prove a difference; where they leave out points, complex numbers may show one."""
        found = _enclosed(said, wanted, chance, within, self.seed)
        if found is not None and (found.differ or not found.skipped):
            return _from_points(found, "intervals")
        told = found is not None and not found.alone and found.points > min(found.skipped, _MOST)
        known = _from_points(found, "intervals") if found is not None and told else undecided()
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
