"""Exact equality of rational formulas by residues: equal formulas always agree, different ones almost never.

Both formulas are computed at a random point modulo a prime. Points, hash keys and random primes come from SHA-256 over
the question and the answer, so that a judgement repeats exactly and nobody can choose the point. A function that is no
rational one is a hash of its name and of its arguments' residues. The difference of two formulas is a fraction whose
numerator is a polynomial with whole coefficients, of total degree d and with coefficients of B bits, both tracked, in
the names and in m functions.

Below 2^126 no coefficient is 0 modulo 2^255 - 19, nor is a + b i, which divides a^2 + b^2: this prime is 1 modulo 4, so
that the imaginary unit has a residue. One point is enough there: by Schwartz-Zippel different formulas agree with
probability d/2^127 at most, and so do different arguments of functions, m^2 pairs of them.

A larger coefficient could be chosen to be 0 modulo any prime that is known beforehand. So larger ones are compared
modulo random primes of 40 bits, again and again until the bound on the error is below 10^-20: different formulas agree
once with probability at most (1 + m^2) d/2^39 + B/1.9e10, because a coefficient has at most B/39 prime factors of which
each is met with probability 1080/2^39 at most, the primes of 40 bits being no further apart than 540; twice that,
because where the imaginary unit occurs only primes are used that are 1 modulo 4. Where that says nothing, because there
are too many functions, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from hashlib import blake2b, sha256
from itertools import islice
from math import gcd, prod
from typing import Final, final

from solver.frozen import frozen
from solver.notation import limits
from solver.notation.arithmetic import UNIT, Arithmetic, Chance, Undefined
from solver.notation.evaluation import exact
from solver.notation.magnitude import magnitude
from solver.notation.tree import (
    Fold,
    Formula,
    Number,
    names,
)
from solver.notation.unreadable import Refused

ERROR: Final = 1e-20
_PRIME: Final = 2**255 - 19
_MOST_BITS: Final = 126
"""Of coefficients that are compared modulo this prime alone."""
_TRIES: Final = 16
_WITNESSES: Final = (2, 13, 23, 1662803)
_SMALL: Final = prod(n for n in range(3, 100, 2) if all(n % d for d in range(3, n, 2)))
_SYMMETRIC: Final = frozenset({"max", "min", "delta"})


@final
@frozen(slots=True)
class Agreement:
    """Whether two formulas agree as rational ones, and the probability of having been deceived if they do."""

    agree: bool
    error: float


def agreement(left: Formula, right: Formula, chance: Chance, seed: str) -> Agreement:
    """Whether two formulas are equal as rational functions of their names and of their opaque functions.

    >>> from solver.notation.reading import formula
    >>> agreement(formula("(x + 1)*(x - 1)"), formula("x^2 - 1"), Chance(), "seed").agree
    True
    """
    sides = max(chance.sides, 1) ** max(1, len(chance.independent))
    first, second = magnitude(left, sides), magnitude(right, sides)
    opaque = first.opaque + second.opaque
    degree, bits = first.top + second.top + first.bottom + second.bottom, first.bits + second.bits
    once = (1 + opaque**2) * (degree + 1) / 2**39 + bits / 1.9e10
    if once > 0.1:
        raise Undefined("too many functions")
    points, error = _points(seed), 1.0
    if max(bits, 2 * first.inside, 2 * second.inside) < _MOST_BITS and not chance.centred:
        points = _points(seed, _PRIME)
        once = (degree + 2 * limits.DEGREE * (opaque * sides) ** 2) / 2**127
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
        if not agree or modulus == _PRIME or is_prime(modulus):
            return agree
    raise Refused("division_by_zero")


def vanishes(formula: Formula, chance: Chance, seed: str) -> bool:
    """Whether a formula is undefined everywhere, because it divides by what is identically 0."""
    for prime, key in islice(_points(seed, _PRIME), _TRIES):
        try:
            Residues(prime, key, chance).value(formula)
        except ZeroDivisionError:
            continue
        except Undefined:
            pass
        return False
    return True


def _points(seed: str, prime: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Keys without end, from a seed, each beside a prime: a given one, or what almost surely is a random one."""
    state = sha256(seed.encode()).digest()
    while True:
        state = sha256(state).digest()
        yield prime or _likely_prime(int.from_bytes(state[:8], "big")), state[8:]


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
    """A number of 40 bits at or after a random place that passes Fermat's test, as hardly any does that is no prime."""
    candidate = (start % 2**39 + 2**39) | 1
    while gcd(candidate, _SMALL) != 1 or pow(2, candidate - 1, candidate) != 1:
        candidate = candidate + 2 if candidate < 2**40 - 2 else 2**39 + 1
    return candidate


def is_prime(n: int) -> bool:
    """Miller-Rabin with Jaeschke's four bases, which decide all odd n below 1.12e12, and so all of 40 bits.

    >>> [n for n in range(40, 60) if is_prime(n)], is_prime(2**40 - 87), is_prime(3215031751)
    ([41, 43, 47, 53, 59], True, False)
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
        if value.denominator == 1:
            return int(value) % self.prime
        return value.numerator * self.inverse(value.denominator) % self.prime

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
