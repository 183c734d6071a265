"""Exact equality of rational formulas by residues: equal formulas always agree, different ones almost never.

Both formulas are computed at a random point modulo a random prime of 61 bits, and again until the bound on the error is
below 10^-12. Primes, points and hash keys come from SHA-256 over the question and the answer, so that a judgement
repeats exactly and nobody can choose the point. A function that is no rational one is a hash of its name and of its
arguments' residues. With total degree d and coefficients of B bits, tracked, and m functions, two different formulas
agree once with probability at most (1 + m^2) d/2^60 + B/2e16: by Schwartz-Zippel, and because a coefficient has at most
B/60 prime factors of which each is met with probability 3100/2^60 at most, the primes here being no further apart than
1550; twice that, because where the imaginary unit occurs only primes are used that are 1 modulo 4, for which it has a
residue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b, sha256
from itertools import islice
from math import gcd, prod
from typing import Final, final

from solver.notation import limits
from solver.notation.arithmetic import UNIT, Arithmetic, Chance, Undefined
from solver.notation.evaluation import exact
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
)
from solver.notation.unreadable import Refused

ERROR: Final = 1e-12
_TRIES: Final = 16
_WITNESSES: Final = (2, 325, 9375, 28178, 450775, 9780504, 1795265022)
_SMALL: Final = prod(n for n in range(3, 400, 2) if all(n % d for d in range(3, n, 2)))
_SYMMETRIC: Final = frozenset({"max", "min", "delta"})


@final
@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two formulas agree as rational ones, and the probability of having been deceived if they do."""

    agree: bool
    error: float


def agreement(left: Formula, right: Formula, chance: Chance, seed: str) -> Agreement:
    """Whether two formulas are equal as rational functions of their names and of their opaque functions.

    >>> x, one = Name("x"), Number(1)
    >>> product = Mul((Add((x, one)), Add((x, Neg(one)))))
    >>> agreement(product, Add((Pow(x, Number(2)), Neg(one))), Chance(), "seed").agree
    True
    """
    sides = max(chance.sides, 1) ** max(1, len(chance.independent))
    first, second = magnitude(left, sides), magnitude(right, sides)
    points = _points(seed)
    opaque = first.opaque + second.opaque
    degree, bits = first.top + second.top + first.bottom + second.bottom, first.bits + second.bits
    once = (1 + opaque**2) * (degree + 1) / 2**60 + bits / 2e16
    error = 1.0
    while error > ERROR:
        if not _agree_once(left, right, chance, points):
            return Agreement(False, 0.0)
        error *= once
    return Agreement(True, error)


def _agree_once(left: Formula, right: Formula, chance: Chance, points: Iterator[tuple[int, bytes]]) -> bool:
    """Whether two formulas agree at one point; at a pole another point is tried.

    What differs modulo any number differs, so that only a modulus with which they agree has to be proved a prime.
    """
    for modulus, key in islice(points, _TRIES):
        at = Residues(modulus, key, chance)
        try:
            agree = at.value(left) == at.value(right)
        except ZeroDivisionError:
            continue
        if not agree or is_prime(modulus):
            return agree
    raise Refused("division_by_zero")


def vanishes(formula: Formula, chance: Chance, seed: str) -> bool:
    """Whether a formula is undefined everywhere, because it divides by what is identically 0."""
    for prime, key in islice(_points(seed), _TRIES):
        try:
            Residues(prime, key, chance).value(formula)
        except ZeroDivisionError:
            continue
        except Undefined:
            pass
        return False
    return True


def _points(seed: str) -> Iterator[tuple[int, bytes]]:
    """What are almost surely primes, and keys, without end, from a seed."""
    state = sha256(seed.encode()).digest()
    while True:
        state = sha256(state).digest()
        yield _likely_prime(int.from_bytes(state[:8], "big")), state[8:]


def _root_of_minus_one(prime: int) -> int:
    """i modulo a prime that is 1 modulo 4; another prime is as bad as a pole."""
    if prime % 4 == 3:
        raise ZeroDivisionError
    for base in range(2, 200):
        root = pow(base, (prime - 1) // 4, prime)
        if root * root % prime == prime - 1:
            return root
    raise Undefined("no root of -1")


def _likely_prime(start: int) -> int:
    """A number of 61 bits at or after a random place that passes Fermat's test, as hardly any does that is no prime."""
    candidate = (start % 2**60 + 2**60) | 1
    while gcd(candidate, _SMALL) != 1 or pow(2, candidate - 1, candidate) != 1:
        candidate = candidate + 2 if candidate < 2**61 - 2 else 2**60 + 1
    return candidate


def is_prime(n: int) -> bool:
    """Miller-Rabin with Sinclair's seven bases, which decide all odd n below 2^64.

    >>> [n for n in range(40, 60) if is_prime(n)], is_prime(2**61 - 1)
    ([41, 43, 47, 53, 59], True)
    """
    if n < 3 or n % 2 == 0:
        return n == 2
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for witness in _WITNESSES:
        power = pow(witness, odd, n)
        if power in (0, 1, n - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % n
            if power == n - 1:
                break
        else:
            return False
    return True


@final
class Residues(Arithmetic[int]):
    """Formulas modulo a prime, at a point that a key chooses."""

    def __init__(self, prime: int, key: bytes, chance: Chance) -> None:
        super().__init__(chance)
        self.prime = prime
        self.key = key

    def draw(self, key: str) -> int:
        return int.from_bytes(blake2b(key.encode(), key=self.key, digest_size=16).digest(), "big") % self.prime

    def number(self, value: int | Fraction) -> int:
        return value.numerator * self.inverse(value.denominator) % self.prime if value.denominator != 1 else int(value)

    def inverse(self, value: int) -> int:
        try:
            return pow(value, -1, self.prime)
        except ValueError:
            raise ZeroDivisionError from None

    def unknown(self, name: str) -> int:
        return _root_of_minus_one(self.prime) if name == UNIT else self.draw(f"name {name}")

    def plus(self, left: int, right: int) -> int:
        return (left + right) % self.prime

    def times(self, left: int, right: int) -> int:
        return left * right % self.prime

    def sum(self, values: Sequence[int]) -> int:
        return sum(values) % self.prime

    def over(self, top: int, bottom: int) -> int:
        return top * self.inverse(bottom) % self.prime

    def raised(self, base: int, exponent: Formula) -> int:
        value = None if names(exponent) else exact(exponent)
        if isinstance(value, int | Fraction):
            if value < 0:
                return self.inverse(self.raised(base, Number(-value)))
            if value.denominator == 1:
                return pow(base, int(value), self.prime)
            return self.draw(f"^ {base % self.prime} {value}")
        return self.draw(f"^ {base % self.prime} {self.value(exponent) % self.prime}")

    def applied(self, function: str, arguments: list[int]) -> int:
        residues = [argument % self.prime for argument in arguments]
        if function == "abs":
            residues = [min(residues[0], self.prime - residues[0])]
        if function in _SYMMETRIC:
            residues.sort()
        return self.draw(f"{function} {residues}")

    def holds(self, left: int, operator: str, right: int) -> int:
        if operator in (">", ">="):
            left, right, operator = right, left, operator.replace(">", "<")
        return self.draw(f"holds {operator} {left % self.prime} {right % self.prime}")

    def opaque_fold(self, fold: Fold, body: int) -> int:
        limits_of_fold = [self.value(limit) % self.prime for limit in (fold.low, fold.high)]
        return self.draw(f"fold {fold.kind} {limits_of_fold} {body % self.prime}")

    def whole(self, formula: Formula) -> int | None:
        value = None if names(formula) else exact(formula)
        return value if isinstance(value, int) else None


# --- how large a formula may be


@final
@dataclass(frozen=True, slots=True)
class Magnitude:
    """Degrees of numerator and denominator, bits of the largest coefficient, and how many functions are opaque."""

    top: int
    bottom: int
    bits: int
    opaque: int


def magnitude(formula: Formula, outcomes: int = 1) -> Magnitude:
    """Bounds on the rational function that a formula is; beyond the limits it is refused.

    >>> magnitude(Div(Pow(Name("x"), Number(3)), Name("y"))).top
    3
    """
    size = _magnitude(formula, outcomes)
    if size.top + size.bottom > limits.DEGREE:
        raise Refused("exponent_too_big")
    if size.bits > limits.COEFFICIENT_BITS:
        raise Refused("number_too_big")
    return size


def largest(formula: Formula) -> int:
    """How many bits the numbers inside a formula may have where its names are small numbers."""
    sizes = (magnitude(part) for part in subformulas(formula) if not isinstance(part, Relation | Group))
    return max((8 * (size.top + size.bottom) + size.bits for size in sizes), default=0)


def _magnitude(formula: Formula, outcomes: int) -> Magnitude:
    match formula:
        case Number(value, _):
            return Magnitude(0, 0, value.numerator.bit_length() + value.denominator.bit_length(), 0)
        case Name():
            return Magnitude(1, 0, 1, 0)
        case Group() | Relation():
            raise Undefined("a list or a condition is no number")
    parts = [magnitude(child, outcomes) for child in children(formula) if not isinstance(child, Relation)]
    opaque = sum(part.opaque for part in parts)
    match formula:
        case Neg():
            return parts[0]
        case Add():
            bottom = sum(part.bottom for part in parts)
            top = max(part.top + bottom - part.bottom for part in parts)
            return Magnitude(top, bottom, sum(part.bits for part in parts) + len(parts), opaque)
        case Mul():
            top, bottom = sum(part.top for part in parts), sum(part.bottom for part in parts)
            return Magnitude(top, bottom, sum(part.bits for part in parts), opaque)
        case Div():
            above, below = parts
            return Magnitude(above.top + below.bottom, above.bottom + below.top, above.bits + below.bits, opaque)
        case Pow(_, exponent):
            times = None if names(exponent) else exact(exponent)
            if not isinstance(times, int):
                return Magnitude(1, 0, 1, opaque + 1)
            base, size = parts[0], abs(times)
            top, bottom = (base.top, base.bottom) if times >= 0 else (base.bottom, base.top)
            return Magnitude(top * size, bottom * size, base.bits * size, opaque)
        case Call("E" | "Var" | "Cov" | "std", _):
            top, bottom, bits = (2 * sum(getattr(part, of) for part in parts) for of in ("top", "bottom", "bits"))
            return Magnitude(top + (bottom + 2) * outcomes, (bottom + 2) * outcomes, (bits + 64) * outcomes, opaque)
        case Fold(kind, _, _, low, high):
            return _fold_magnitude(kind, parts[2], low, high)
        case Call() | Partial():
            return Magnitude(1, 0, 1, opaque + 1)


def _fold_magnitude(kind: str, body: Magnitude, low: Formula, high: Formula) -> Magnitude:
    first, last = (None if names(limit) else exact(limit) for limit in (low, high))
    if kind == "int" or not (isinstance(first, int) and isinstance(last, int)):
        return Magnitude(body.top + body.bottom + 2, body.bottom, body.bits + 2, body.opaque + 1)
    count = max(0, last - first + 1)
    if count > limits.FOLD_TERMS:
        raise Refused("number_too_big")
    top, bottom, bits = body.top + body.bottom + 1, body.bottom, body.bits + 1
    return Magnitude(top * count, bottom * count, bits * count, body.opaque * count)
