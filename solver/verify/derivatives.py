"""Steps of gradients in small random networks with exact derivatives: dual numbers carried from layer to layer.

A network has n + 1 numbers at each place. What the facts of a step define is computed as they say; what they leave open
is a random function of degree 2 with whole numbers: the cost one of the outputs, the inputs of an earlier parameter,
every other signal of the inputs. To find df/dx, x is given the slope 1 and whatever rests on it is computed anew: no
rule of derivation is used but those for one sum, one product and the sign of one number.

Both sides of a step are polynomials in the numbers drawn wherever no rectified number is 0; networks in which one is 0
are drawn again, as the derivative there is a convention.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random
from time import perf_counter
from typing import Any, TypeAlias, final

import sympy

from solver.derivation import Derived
from solver.frozen import frozen
from solver.gradients import SIGNALS, w, x, y
from solver.moments.assumptions import Facts
from solver.notation.printing import ascii_text
from solver.symbols import D, indicator, relu
from solver.values import as_formula
from solver.verify.check import Check

Expr: TypeAlias = Any
Key: TypeAlias = "tuple[str, tuple[int, ...]]"

SIZES = (0, 1, 2)
"""The n of the networks, whose places have n + 1 numbers each."""
NETWORKS = 3
SPREAD = 2**12
TRIES = 50
ZERO, ONE = Fraction(0), Fraction(1)


class AtATie(Exception):
    """A rectified number is 0."""


class NotComputable(Exception):
    """An expression that the networks have no number for."""


@final
@frozen(slots=True)
class Dual:
    """A number and how it moves."""

    value: Fraction
    slope: Fraction

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)


@final
class Network:
    """A random network in which some definitions hold, n + 1 numbers at each place."""

    def __init__(self, facts: Facts, n: int, seed: str) -> None:
        self.n, self.seed = n, seed
        self.known = [(left, right) for left, right in facts.definitions().items() if isinstance(left, sympy.Indexed)]
        self.dead = any(isinstance(left, D) for left in facts.definitions())
        self.inputs, self.outputs = ([one[place] for place in range(n + 1)] for one in (x, y))
        self.facts = facts
        self.held: dict[tuple[Key, frozenset[Key]], Dual] = {}

    def other(self, turn: int) -> Network:
        """Another network of the same facts and size."""
        return Network(self.facts, self.n, f"{self.seed} {turn}")

    def value(self, expr: Expr) -> Fraction:
        """The number that an expression without open indices is."""
        return self.at(expr, {}, {}).value

    def moved(self, of: Expr, by: Expr, indices: Mapping[Expr, int]) -> Fraction:
        """How one number moves with another."""
        key = self.key(by, indices)
        still = self.at(by, indices, {})
        return self.at(of, indices, {key: Dual(still.value, ONE)}).slope

    def at(self, expr: Expr, indices: Mapping[Expr, int], given: Mapping[Key, Dual]) -> Dual:
        """An expression's number and slope, where numbers are given for some of its variables."""
        match expr:
            case sympy.Rational():
                return Dual(Fraction(int(expr.p), int(expr.q)), ZERO)
            case sympy.Add():
                return _reduced(Dual.__add__, [self.at(term, indices, given) for term in expr.args])
            case sympy.Mul():
                return _reduced(Dual.__mul__, [self.at(factor, indices, given) for factor in expr.args])
            case sympy.Pow() if expr.exp.is_Integer and expr.exp > 0:
                return _reduced(Dual.__mul__, [self.at(expr.base, indices, given)] * int(expr.exp))
            case sympy.Sum():
                return self.total(expr, indices, given)
            case sympy.KroneckerDelta():
                first, second = (self.index(one, indices) for one in expr.args)
                return Dual(Fraction(first == second), ZERO)
            case D(args=(of, by)):
                return Dual(self.moved(of, by, indices), ZERO)
            case indicator():
                return Dual(Fraction(self.holds(expr.args[0], indices)), ZERO)
            case relu():
                inside = self.at(expr.args[0], indices, given)
                if inside.value == 0:
                    raise AtATie
                return inside if inside.value > 0 else Dual(ZERO, ZERO)
            case sympy.Indexed() | sympy.Symbol():
                return self.variable(expr, indices, given)
            case _:
                raise NotComputable(type(expr).__name__)

    def total(self, expr: Expr, indices: Mapping[Expr, int], given: Mapping[Key, Dual]) -> Dual:
        ((index, low, high),) = expr.limits
        numbers = range(self.index(low, indices), self.index(high, indices) + 1)
        terms = [self.at(expr.function, {**indices, index: number}, given) for number in numbers]
        return _reduced(Dual.__add__, [Dual(ZERO, ZERO), *terms])

    def holds(self, condition: Expr, indices: Mapping[Expr, int]) -> bool:
        """A comparison with 0, away from ties."""
        sides = [self.at(side, indices, {}).value for side in (condition.lhs, condition.rhs)]
        if sides[0] == sides[1]:
            raise AtATie
        return bool(condition.func(*sides))

    def index(self, expr: Expr, indices: Mapping[Expr, int]) -> int:
        """An index; those that a step leaves open are the same number everywhere in it."""
        if expr.is_Integer:
            return int(expr)
        if expr in indices:
            return indices[expr]
        return self.n if str(expr) == "n" else Random(f"{self.seed} index {expr}").randint(0, self.n)

    def key(self, expr: Expr, indices: Mapping[Expr, int]) -> Key:
        """A variable by its name and its places."""
        if isinstance(expr, sympy.Indexed):
            return str(expr.base), tuple(self.index(one, indices) for one in expr.indices)
        return str(expr), ()

    # --- what stands at each place

    def variable(self, expr: Expr, indices: Mapping[Expr, int], given: Mapping[Key, Dual]) -> Dual:
        key = self.key(expr, indices)
        if key in given:
            return given[key]
        place = key, frozenset(given)
        if place not in self.held:
            self.held[place] = self.computed(expr, key, given)
        return self.held[place]

    def computed(self, expr: Expr, key: Key, given: Mapping[Key, Dual]) -> Dual:
        """What the facts say of a variable, or something random."""
        for left, right in self.known:
            if isinstance(expr, sympy.Indexed) and expr.base == left.base and len(expr.indices) == len(left.indices):
                pairs = list(zip(left.indices, key[1], strict=True))
                if all(meant.is_Symbol or int(meant) == place for meant, place in pairs):
                    places = {meant: place for meant, place in pairs if meant.is_Symbol}
                    return self.at(right, places, given)
        return self.open(expr, key, given)

    def open(self, expr: Expr, key: Key, given: Mapping[Key, Dual]) -> Dual:
        """What no fact defines: a random function of what it may depend on, or a random number."""
        match key:
            case "C", ():
                return self.random_function(key, self.outputs, given)
            case "x", _:
                return self.random_function(key, [w], given)
            case "y", (1, _) if self.dead:
                return self.random_function(key, [], given)
        signal = isinstance(expr, sympy.Indexed) and expr.base in SIGNALS
        return self.random_function(key, self.inputs if signal else [], given)

    def random_function(self, key: Key, of: list[Expr], given: Mapping[Key, Dual]) -> Dual:
        """A constant, and a first and a second power of each variable, with random coefficients."""
        terms = [Dual(self.draw(f"{key} 0"), ZERO)]
        for one in of:
            number = self.variable(one, {}, given)
            terms.append(number * Dual(self.draw(f"{key} {one} 1"), ZERO))
            terms.append(number * number * Dual(self.draw(f"{key} {one} 2"), ZERO))
        return _reduced(Dual.__add__, terms)

    def draw(self, name: str) -> Fraction:
        return Fraction(Random(f"{self.seed} {name}").randint(-SPREAD, SPREAD))


def _reduced(operation: Any, values: list[Dual]) -> Dual:
    result = values[0]
    for value in values[1:]:
        result = operation(result, value)
    return result


# --- checks


def networks(facts: Facts, seed: str) -> Iterator[Network]:
    """Random networks in which the facts hold, of every size."""
    for n in SIZES:
        for turn in range(NETWORKS):
            yield Network(facts, n, f"{seed} {n} {turn}")


def same(first: Expr, second: Expr, facts: Facts) -> bool:
    """Whether two expressions are the same in every network that was tried."""
    return all(_agree(first, second, network) for network in networks(facts, f"{first} {second}"))


def _agree(first: Expr, second: Expr, network: Network) -> bool:
    """Whether two expressions are the same in a network; where a number is tied, in another one."""
    for turn in range(TRIES):
        try:
            return network.value(first) == network.value(second)
        except AtATie:
            network = network.other(turn)
    raise NotComputable("every network has a tie")


def check_step(node: Derived) -> Check:
    """A step of a gradient: right in every random network of its facts that was tried, or refuted by one."""
    started = perf_counter()
    claim = f"{node.rule.name} = {ascii_text(as_formula(node.result))}"
    premises = [premise.result for premise in node.premises.values()]
    facts, before = Facts.among(premises), node.premises["expression"].result
    try:
        agreed = same(before, node.result, facts)
    except NotComputable:
        return Check(claim, "derivatives", "inconclusive", None, perf_counter() - started)
    scope = f"n = {', '.join(map(str, SIZES))}"
    return Check(claim, "derivatives", "verified" if agreed else "refuted", None, perf_counter() - started, scope)
