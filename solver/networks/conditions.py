"""When a network whose input has symbols for sizes fits: divisibility, least sizes, and equations that are left.

    n  the symbol of a size      P, R  a period and the residues of n modulo P that are allowed      t  n = P t + r

Where code asks something of a size that depends on n, the answer is the one for large n and the residues that are
allowed, and what was taken for granted is a condition: a U-Net of depth four fits where 16 | H.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, product
from math import ceil, lcm, prod
from typing import Any, TypeAlias, final

from solver.frozen import frozen
from solver.layers.base import KEPT
from solver.notation.printing import ascii_text
from solver.sizes import Polynomial, Size
from solver.values import as_formula

Count: TypeAlias = "int | Size | Polynomial"
Monomial: TypeAlias = "tuple[Size, ...]"

LARGE = 10**6
MOST_RESIDUES = 20_000
MOST_DIVISOR = 8
MOST_LISTED = 8
MOST_TRIED = 300_000


# --- arithmetic of counts


def times(sizes: Iterable[Any]) -> Any:
    """The product of sizes, in the simplest form; 1 of none."""
    return simple(prod(sizes, start=1))


def simple(value: Any) -> Any:
    """A polynomial that is one size as that size.

    >>> H = Size.symbol("H")
    >>> type(simple(3*H*H)).__name__, type(simple(H**1)).__name__
    ('Polynomial', 'Size')
    """
    if not isinstance(value, Polynomial) or any(len(monomial) > 1 for monomial, _ in value.terms):
        return value
    if sum(1 for monomial, _ in value.terms if monomial) != 1:
        return value
    return sum((factor * (monomial[0] if monomial else 1) for monomial, factor in value.terms), 0)


def quotient(whole: Any, part: Any) -> Any:
    """whole / part where it has no remainder, whatever the symbols are; else None.

    >>> H, W = Size.symbol("H"), Size.symbol("W")
    >>> quotient(12*H*W, 4*H), quotient(H, 2)
    (3*W, None)
    """
    below = _terms(part)
    if len(below) != 1:
        return 1 if whole == part else None
    ((divisor, factor),) = below
    made: dict[Monomial, int] = {}
    for monomial, amount in _terms(whole):
        left = list(monomial)
        for size in divisor:
            if size not in left:
                return None
            left.remove(size)
        if amount % factor:
            return None
        made[tuple(left)] = amount // factor
    return simple(Polynomial.of(made))


def symbols(value: Any) -> set[str]:
    """The symbols of a size or a count."""
    return {size.name for monomial, _ in _terms(value) for size in monomial}


def at(value: Any, point: Mapping[str, int]) -> int:
    """A size or a count where the symbols are integers."""
    if isinstance(value, Size):
        return value.at(point[value.name])
    return value.at(point) if isinstance(value, Polynomial) else int(value)


def reaches(size: Size, least: int) -> int:
    """The first n at which a size that grows with n is at least so large.

    >>> reaches((Size.symbol("H") - 7) // 2 + 1, 3)
    11
    """
    needed = ceil(Fraction(least - size.offset, size.outer))
    return ceil(Fraction(size.divisor * needed - size.shift, size.inner))


def size_from(points: Sequence[Mapping[str, int]], values: Sequence[int], known: Iterable[Any]) -> Any:
    """The size that takes these values at these points: a number, a known size, or floor((b n + A)/M) of one symbol.

    >>> size_from([{"H": 97}, {"H": 150}, {"H": 1019}], [49, 76, 510], ())
    floor((H + 2)/2)
    """
    if len(set(values)) == 1:
        return values[0]
    names = sorted(points[0])
    grown = (_grown(name, points, values) for name in names)
    found = (size for size in (*known, *grown) if [at(size, point) for point in points] == list(values))
    return next(found, None)


def _grown(name: str, points: Sequence[Mapping[str, int]], values: Sequence[int]) -> Any:
    """The floor of a multiple of one symbol that grows from the first to the last point as the values do."""
    first, last = points[0][name], points[-1][name]
    slope = Fraction(values[-1] - values[0], last - first).limit_denominator(MOST_DIVISOR)
    if slope <= 0:
        return 0
    each = zip(points, values, strict=True)
    shift = max(value * slope.denominator - slope.numerator * point[name] for point, value in each)
    return Size.normal(name, 1, slope.numerator, shift, slope.denominator, 0)


def _terms(value: Any) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(value, int):
        return (((), value),) if value else ()
    polynomial = value**1
    return polynomial.terms if isinstance(polynomial, Polynomial) else (((), polynomial),)


# --- conditions


@final
@frozen(slots=True)
class Condition:
    """left = right, left != right, left >= right or left | right: what sizes have to satisfy, and where it is asked."""

    relation: str
    left: Any
    right: Any
    about: str = ""

    @property
    def counted(self) -> bool:
        """Whether its sides are numbers and counts of the input's symbols, without hyper-parameters."""
        return all(isinstance(side, int | Size | Polynomial) for side in (self.left, self.right))

    def holds(self, point: Mapping[str, int]) -> bool:
        """Whether it holds where the symbols are integers."""
        return KEPT[self.relation](at(self.left, point), at(self.right, point))

    def __str__(self) -> str:
        return f"{ascii_text(as_formula(self.left))} {self.relation} {ascii_text(as_formula(self.right))}"


@final
@frozen(slots=True)
class Domain:
    """The n >= least whose residue modulo the period is allowed; `only` these where they are finitely many.

    >>> Domain(period=16), 48 in Domain(period=16), Domain(32, 16).smallest
    (16 | n, True, 32)
    """

    least: int = 1
    period: int = 1
    residues: frozenset[int] = frozenset({0})
    only: frozenset[int] | None = None

    def __contains__(self, n: int) -> bool:
        return n >= self.least and n % self.period in self.residues and (self.only is None or n in self.only)

    def __iter__(self) -> Iterator[int]:
        if not self.residues:
            return iter(())
        candidates = count(self.least) if self.only is None else sorted(self.only)
        return (n for n in candidates if n in self)

    @property
    def smallest(self) -> int | None:
        """The least n that fits, None where none does."""
        return next(iter(self), None)

    def restricted(self, period: int, residues: Iterable[int]) -> Domain:
        """The domain with these residues modulo this period alone, written with the least period."""
        both, allowed = lcm(self.period, period), frozenset(residues)
        kept = {r for r in range(both) if r % self.period in self.residues and r % period in allowed}
        for short in (divisor for divisor in range(1, both + 1) if both % divisor == 0):
            classes = frozenset(r % short for r in kept)
            if len(classes) * (both // short) == len(kept):
                return Domain(self.least, short, classes, self.only)
        return Domain(self.least, both, frozenset(kept), self.only)

    def written(self, name: str) -> list[str]:
        """The conditions on a symbol of this name: ["16 | H", "H >= 32"]."""
        said = []
        if self.only is not None:
            numbers = [*self]
            if len(numbers) == 1:
                return [f"{name} = {numbers[0]}"]
            if len(numbers) > MOST_LISTED and numbers == [*range(numbers[0], numbers[-1] + 1)]:
                return [f"{name} >= {numbers[0]}", f"{name} <= {numbers[-1]}"]
            return [f"{name} in {{{', '.join(map(str, numbers))}}}"]
        if self.period > 1:
            rest = f"{name} mod {self.period} in {{{', '.join(map(str, sorted(self.residues)))}}}"
            said.append(f"{self.period} | {name}" if self.residues == {0} else rest)
        if self.least > 1 or not said:
            said.append(f"{name} >= {self.least}")
        return said

    def __repr__(self) -> str:
        return ", ".join(self.written("n"))


class Undecided(Exception):
    """A question about sizes whose answer depends on which of two symbols is larger, or that leaves their forms."""

    def __init__(self, asked: str) -> None:
        super().__init__(asked)
        self.asked = asked


@final
@dataclass
class Conditions:
    """What has been taken for granted about the symbols of an input."""

    where: Callable[[], str] = lambda: ""
    domains: dict[str, Domain] = field(default_factory=dict)
    asked: list[Condition] = field(default_factory=list)
    left: list[Condition] = field(default_factory=list)
    """Those that no domain of one symbol says."""
    granted: Set[tuple[Any, Any]] = frozenset()
    """Equations that are taken to hold, since the network refuses its input where they do not."""

    def fit(self, left: Any, right: Any) -> bool:
        """Makes two sizes equal that have to be; false where no input makes them so."""
        if left == right:
            return True
        if isinstance(left, int):
            left, right = right, left
        if isinstance(left, int):
            return False
        condition = Condition("=", left, right, self.where())
        if not condition.counted:
            return self._of_symbols(condition)
        if not (self._for_residues(left, right) or self._for_some(left, right)):
            names = symbols(left) | symbols(right)
            if len(names) < 2:
                return False
            self.left.append(condition)
        self.asked.append(condition)
        return True

    def demand(self, relation: str, left: Any, right: Any) -> bool:
        """Grants what a layer demands of its input; false where no input satisfies it."""
        if (relation, left) == ("|", 1):
            return True
        condition = Condition(relation, left, right, self.where())
        if isinstance(left, int) and isinstance(right, int):
            return condition.holds({})
        if not condition.counted:
            return self._of_symbols(condition)
        match relation:
            case "=":
                return self.fit(left, right)
            case "|" if isinstance(left, int) and isinstance(right, Size):
                return self._for_residues(right, left * (right // left))
            case ">=" if isinstance(left, Size) and isinstance(right, int):
                self._from(left - right)
            case _:
                self.left.append(condition)
        return True

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two sizes are equal: they are taken to be where they are so again and again."""
        if left == right:
            return True
        if isinstance(left, int) and isinstance(right, int):
            return False
        if (left, right) in self.granted:
            return self.fit(left, right)
        fits = self._for_residues(left, right)
        condition = Condition("=" if fits else "!=", left, right, self.where())
        self.asked.append(condition)
        if not fits and not self._never(left, right):
            self.left.append(condition)
        return fits

    def granting(self) -> Conditions | None:
        """These conditions at the start, with the equation that was denied last; None where no input satisfies it."""
        last = self.asked[-1] if self.asked else None
        if last is None or last.relation != "!=" or (last.left, last.right) in self.granted:
            return None
        fresh = Conditions(granted={*self.granted, (last.left, last.right)})
        return fresh if all(fresh.fit(*equation) for equation in fresh.granted) and not fresh.left else None

    @property
    def known(self) -> dict[str, int]:
        """The symbols that can be one number alone."""
        finite = {name: [*domain] for name, domain in self.domains.items() if domain.only is not None}
        return {name: numbers[0] for name, numbers in finite.items() if len(numbers) == 1}

    def remainder(self, value: Any, by: int) -> int:
        """value mod by: 0 where that can be."""
        floor = value // by
        if not isinstance(floor, int | Size | Polynomial):
            raise Undecided(f"{value} mod {by}")
        for rest in range(by):
            if self._for_residues(value, by * floor + rest):
                if value != by * floor + rest:
                    self.asked.append(Condition("=", value, by * floor + rest, self.where()))
                return rest
        raise Undecided(f"{value} mod {by}")

    def at_least(self, left: Any, right: Any) -> bool:
        """Whether left >= right: the answer for large sizes, which are then the ones that fit."""
        difference = left - right
        if isinstance(difference, int):
            return difference >= 0
        signs = {self._sign(difference, point) for point in _far(symbols(difference))}
        if len(signs) > 1:
            raise Undecided(f"{left} >= {right}")
        holds = signs == {True}
        low, high = (left, right) if holds else (right - 1, left)
        self.asked.append(Condition(">=", low, high, self.where()))
        self._from(low - high)
        return holds

    def positive(self, size: Any) -> None:
        """Every size along a network is at least 1."""
        if isinstance(size, Size) and size.outer > 0:
            self._raise(size.name, reaches(size, 1))

    def smallest(self, names: Iterable[str]) -> dict[str, int] | None:
        """The smallest input that fits, by the sum of its sizes; None where none was found."""
        domains = {name: self.domains.get(name, Domain()) for name in names}
        if not all(condition.counted for condition in self.left):
            return None
        if any(domain.smallest is None for domain in domains.values()):
            return None
        if not self.left:
            return {name: domain.smallest or 0 for name, domain in domains.items()}
        return self._searched(domains)

    def written(self) -> list[str]:
        """All conditions as text, those on single symbols first."""
        said = [text for name, domain in sorted(self.domains.items()) for text in domain.written(name)]
        return [*said, *dict.fromkeys(map(str, self.left))]

    def _of_symbols(self, condition: Condition) -> bool:
        """Notes what is asked of hyper-parameters; false where it is the same for all of them and does not hold."""
        from solver.symbols import balanced  # SymPy, which has made them

        relation, left, right = condition.relation, condition.left, condition.right
        if relation != "|":
            left, right = balanced(left, right)
        if isinstance(left, int) and isinstance(right, int):
            return KEPT[relation](left, right)
        self.left.append(Condition(relation, left, right, condition.about))
        return True

    def _searched(self, domains: Mapping[str, Domain]) -> dict[str, int] | None:
        names = list(domains)
        each = max(8, int(MOST_TRIED ** (1 / len(names))))
        values = [[n for n, _ in zip(domains[name], range(each), strict=False)] for name in names]
        for tried in sorted(product(*values), key=lambda point: (sum(point), max(point))):
            point = dict(zip(names, tried, strict=True))
            if all(condition.holds(point) for condition in self.left):
                return point
        return None

    def _domain(self, name: str) -> Domain:
        return self.domains.get(name, Domain())

    def _raise(self, name: str, least: int) -> None:
        here = self._domain(name)
        if least > here.least:
            self.domains[name] = Domain(least, here.period, here.residues, here.only)

    def _for_residues(self, left: Any, right: Any) -> bool:
        """Restricts the residues of each symbol so that left = right for all n of theirs; false where none do."""
        parts = _by_symbol(left, right)
        if parts is None:
            return False
        found: dict[str, Domain] = {}
        for name, one, other in parts:
            residues = self._residues(name, one, other)
            domain = self._domain(name).restricted(*residues) if residues is not None else None
            if domain is None or domain.smallest is None:
                return False
            found[name] = domain
        self.domains |= {name: domain for name, domain in found.items() if domain != Domain()}
        return True

    def _residues(self, name: str, left: Any, right: Any) -> tuple[int, list[int]] | None:
        """The period of left - right, and the residues for which it is 0 at every n."""
        terms = (*_terms(left), *_terms(right))
        period = lcm(*(size.divisor for monomial, _ in terms for size in monomial))
        degree = max(len(monomial) for monomial, _ in terms)
        if period > MOST_RESIDUES:
            return None

        def always(residue: int) -> bool:
            points = ({name: period * t + residue} for t in range(degree + 1))
            return all(at(left, point) == at(right, point) for point in points)

        return period, [residue for residue in range(period) if always(residue)]

    def _for_some(self, left: Any, right: Any) -> bool:
        """Restricts one symbol to the finitely many n for which left = right, if there are."""
        names = symbols(left) | symbols(right)
        if len(names) != 1:
            return False
        (name,) = names
        low, high = 1, MOST_RESIDUES
        if isinstance(left, Size) and isinstance(right, int) and left.outer > 0:
            low, high = max(1, reaches(left, right)), reaches(left, right + 1)
        found = frozenset(n for n in range(low, high) if at(left, {name: n}) == at(right, {name: n}))
        here = self._domain(name)
        domain = Domain(here.least, here.period, here.residues, found if here.only is None else found & here.only)
        if domain.smallest is None:
            return False
        self.domains[name] = domain
        return True

    def _never(self, left: Any, right: Any) -> bool:
        """Whether two sizes are equal at no input at all, as far as that is seen at once."""
        if isinstance(left, Size) and isinstance(right, int) and left.outer > 0:
            return left.at(self._domain(left.name).least) > right
        return isinstance(left - right, int)

    def _sign(self, difference: Any, far: Mapping[str, int]) -> bool:
        """Whether a count is not negative far out, at residues that are allowed."""
        return at(difference, {name: self._near(name, n) for name, n in far.items()}) >= 0

    def _near(self, name: str, n: int) -> int:
        domain = self._domain(name)
        if domain.only is not None:
            return max(domain.only)
        return next(m for m in count(n) if m in domain)

    def _from(self, difference: Any) -> None:
        """Raises the least n of a single symbol to where a count begins to stay at least 0."""
        names = symbols(difference)
        if len(names) != 1:
            self.left.append(Condition(">=", difference, 0, self.where()))
            return
        (name,) = names
        if isinstance(difference, Size) and difference.outer > 0:
            self._raise(name, reaches(difference, 0))
        else:
            allowed = (n for n in range(MOST_RESIDUES, 0, -1) if n in self._domain(name))
            last = next((n for n in allowed if at(difference, {name: n}) < 0), 0)
            self._raise(name, last + 1)


def _far(names: set[str]) -> Iterator[dict[str, int]]:
    """Points far out, each symbol in turn the largest by far."""
    yield dict.fromkeys(names, LARGE)
    for large in names if len(names) > 1 else ():
        yield {name: LARGE * LARGE if name == large else LARGE for name in names}


def _by_symbol(left: Any, right: Any) -> list[tuple[str, Any, Any]] | None:
    """left = right as one equation a symbol: c F(H) G(W) = c' F'(H) G'(W) where each pair grows alike.

    >>> H, W = Size.symbol("H"), Size.symbol("W")
    >>> _by_symbol(H*W, 4*(H//2)*(W//2))
    [('H', H, 2*floor(H/2)), ('W', W, 2*floor(W/2))]
    """
    names = sorted(symbols(left) | symbols(right))
    if len(names) == 1:
        return [(names[0], left, right)]
    one, other = _terms(left), _terms(right)
    if len(one) != 1 or len(other) != 1:
        return None
    ((sizes, factor), (sizes_right, factor_right)), ratio, made = (one[0], other[0]), Fraction(1), []
    for name in names:
        mine, theirs = ([size for size in each if size.name == name] for each in (sizes, sizes_right))
        if len(mine) != len(theirs):
            return None
        grows = _growth(theirs) / _growth(mine)
        ratio *= grows
        made.append((name, times(mine) * grows.numerator, times(theirs) * grows.denominator))
    return made if ratio * factor_right == factor else None


def _growth(sizes: Iterable[Size]) -> Fraction:
    """The limit of a product of floors over the same power of n."""
    return prod((Fraction(size.outer * size.inner, size.divisor) for size in sizes), start=Fraction(1))
