"""Finite probability spaces in which expressions in E, Var and Cov have exact values, and which satisfy given facts.

A model has whole numbers for chances and values. Expressions are computed in it as fractions, outcome by outcome, with
no law used but the definition of E.

Families that are not declared independent share a space of ATOMS outcomes on which each w_i is an arbitrary table. An
assumption adds just the structure that it names: a fair coin turns all signs of a symmetric family, a centred one has
its mean taken off, uncorrelated members are each multiplied by an independent factor of mean 0, members that are alike
trade places, and some are mirrored at their mean, so that no more than mean and variance are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from operator import add, mul
from random import Random
from typing import Any, Final, TypeAlias, final

import sympy

from solver.frozen import frozen
from solver.moments.assumptions import Assumed, Expr, Fact, Facts
from solver.symbols import Cov, E, Var, Variable, relu, sigmoid

Number: TypeAlias = "int | Fraction"
Values: TypeAlias = "Number | list[Any]"
"""A number, or one for each outcome."""

ATOMS: Final = 5
SPREAD: Final = 2**32
MOST_OUTCOMES: Final = 6_000


class NotComputable(Exception):
    """An expression that has no exact value in a finite model."""


@final
@frozen(slots=True)
class Axis:
    """One coordinate of the outcomes of a space: the whole-number chances of its sides."""

    chances: tuple[int, ...]


@final
class Model:
    """A random finite model of some facts for families of a size."""

    def __init__(self, facts: Facts, members: Mapping[str, int], size: int, seed: str, least: int = 1) -> None:
        """`members` are the families by name, with their numbers of indices; 0 for a variable of its own.

        An index runs to n = `size`, or to `least` where that is more.
        """
        self.facts = facts
        self.size = size
        self.last = max(size, least)
        self.random = Random(f"{seed} {size}")
        self.seed = f"{seed} {size}"
        self.given: dict[Expr, Number] = {}
        self.definitions = {
            family_of(left): (tuple(getattr(left, "indices", ())), right) for left, right in facts.definitions().items()
        }
        self.names = tuple(sorted(members.keys() - self.definitions.keys()))
        self.indices = {name: tuple(product(range(1, self.last + 1), repeat=members[name])) for name in self.names}
        self.blocks = self._blocks()
        self.axes: list[Axis] = []
        self.places: dict[tuple[str, ...], int] = {}
        self._lay_axes()
        if prod(len(axis.chances) for axis in self.axes) > MOST_OUTCOMES:
            raise NotComputable("too many outcomes")
        self.outcomes = list(product(*(range(len(axis.chances)) for axis in self.axes)))
        self.weights = [prod(chances) for chances in product(*(axis.chances for axis in self.axes))]
        self.total = sum(self.weights)
        self.table = {name: self._family(name) for name in self.names}

    # --- the space

    def _blocks(self) -> dict[str, tuple[str, ...]]:
        """Each family's block: those that it may depend on."""
        groups: list[set[str]] = []
        for name in self.names:
            near = [group for group in groups if not all(self.facts.independent([name], [other]) for other in group)]
            groups = [group for group in groups if group not in near] + [{name}.union(*near)]
        return {name: tuple(sorted(group)) for group in groups for name in group}

    def _lay_axes(self) -> None:
        for block in sorted(set(self.blocks.values())):
            self._axis(("base", *block), tuple(self.random.randint(1, SPREAD) for _ in range(ATOMS)))
            for name in block:
                count = len(self.indices[name])
                if self.facts.uncorrelated(name):
                    for index in range(count):
                        self._axis(("factor", name, str(index)), self._factor_chances(name, index))
                if self.facts.alike(name) and count > 1:
                    self._axis(("turn", name), (1,) * count)
                if self.facts.symmetric(name):
                    self._axis(("sign", name), (1, 1))

    def _axis(self, key: tuple[str, ...], chances: tuple[int, ...]) -> None:
        self.places[key] = len(self.axes)
        self.axes.append(Axis(chances))

    def _factor_chances(self, name: str, index: int) -> tuple[int, ...]:
        """Chances b and a of the values a and -b, whose mean is 0; the same for members that are alike."""
        chosen = Random(f"{self.seed} {name} {0 if self.facts.alike(name) else index}")
        return chosen.randint(1, SPREAD), chosen.randint(1, SPREAD)

    # --- the values of a family

    def _family(self, name: str) -> dict[tuple[int, ...], list[int]]:
        """The values of each member at each outcome."""
        members = self.indices[name]
        made = [self._member(name, number, len(members)) for number in range(len(members))]
        if self.facts.symmetric(name):
            signs = [1 - 2 * outcome[self.places["sign", name]] for outcome in self.outcomes]
            made = [list(map(mul, signs, values)) for values in made]
        elif self.facts.centred(name) and not self.facts.uncorrelated(name):
            made = [self._deviations(values) for values in made]
        return dict(zip(members, made, strict=True))

    def _member(self, name: str, number: int, count: int) -> list[int]:
        if self.facts.uncorrelated(name):
            return self._uncorrelated(name, number, count)
        if self.facts.alike(name):
            values = self._turned(name, number, count)
            if number and self.random.random() < 0.7:
                scaled = self._deviations(values)
                mean = sum(map(mul, self.weights, values))
                return [mean - value for value in scaled]
            return [self.total * value for value in values]
        return self._arbitrary(name, number)

    def _deviations(self, values: Sequence[int]) -> list[int]:
        """Values less their mean, times the total chance to stay whole."""
        mean = sum(map(mul, self.weights, values))
        return [self.total * value - mean for value in values]

    def _arbitrary(self, name: str, number: int) -> list[int]:
        """A table over everything that the family may depend on, but not over its own sign."""
        block = self.blocks[name]
        theirs = {key: place for key, place in self.places.items() if key[0] != "base" and key[1] in block}
        own = [self.places["base", *block], *(place for key, place in theirs.items() if key != ("sign", name))]
        table: dict[tuple[int, ...], int] = {}
        return [self._drawn(table, tuple(outcome[place] for place in own)) for outcome in self.outcomes]

    def _turned(self, name: str, number: int, count: int) -> list[int]:
        """Members that trade places: the table of the next one but k, for a fair k."""
        base, turn = self.places["base", *self.blocks[name]], self.places.get(("turn", name))
        table = {
            (member, atom): Random(f"{self.seed} {name} {member} {atom}").randint(-SPREAD, SPREAD)
            for member, atom in product(range(count), range(ATOMS))
        }
        return [
            table[(number + (outcome[turn] if turn is not None else 0)) % count, outcome[base]]
            for outcome in self.outcomes
        ]

    def _uncorrelated(self, name: str, number: int, count: int) -> list[int]:
        """c_i + u_i m_i, where the u_i have mean 0 and are independent of each other and of all m_i."""
        place = self.places["factor", name, str(number)]
        chances = self.axes[place].chances
        factor = (chances[1], -chances[0])
        base = self.places["base", *self.blocks[name]]
        if self.facts.alike(name):
            sizes = self._turned(name, number, count)
        else:
            table: dict[tuple[int, ...], int] = {}
            sizes = [self._drawn(table, (outcome[base],)) for outcome in self.outcomes]
        mirrored = self.random.choice((1, -1))
        shift = 0
        if not self.facts.centred(name):
            member = 0 if self.facts.alike(name) else number
            shift = Random(f"{self.seed} {name} shift {member}").randint(-SPREAD, SPREAD)
        return [
            shift + mirrored * factor[outcome[place]] * size for outcome, size in zip(self.outcomes, sizes, strict=True)
        ]

    def _drawn(self, table: dict[tuple[int, ...], int], key: tuple[int, ...]) -> int:
        if key not in table:
            table[key] = self.random.randint(-SPREAD, SPREAD)
        return table[key]

    # --- expressions

    def value(self, expr: Expr) -> Number:
        """The value of an expression that is not random."""
        found = self.at(expr, {})
        if isinstance(found, list):
            raise NotComputable("a random expression has no one value")
        return found

    def at(self, expr: Expr, indices: Mapping[Expr, int]) -> Values:
        """An expression at each outcome, or the one number that it is."""
        if expr in self.given:
            return self.given[expr]
        match expr:
            case sympy.Integer():
                return int(expr)
            case sympy.Rational():
                return Fraction(int(expr.p), int(expr.q))
            case Variable():
                return self.member(expr.name, ())
            case sympy.Symbol():
                return indices.get(expr, self.size)
            case sympy.Indexed():
                return self.member(family_of(expr), tuple(self.whole(index, indices) for index in expr.indices))
            case sympy.Add():
                return _reduced(add, [self.at(term, indices) for term in expr.args])
            case sympy.Mul():
                return _reduced(mul, [self.at(factor, indices) for factor in expr.args])
            case sympy.Pow():
                return _power(self.at(expr.base, indices), self.whole(expr.exp, indices))
            case sympy.Sum():
                return self.sum(expr.function, expr.limits, indices)
            case E():
                return self.mean(self.at(expr.args[0], indices))
            case Var() | Cov():
                return self.spread(self.at(expr.args[0], indices), self.at(expr.args[-1], indices))
            case _ if expr.func in self.functions:
                return _each(self.functions[expr.func], self.at(expr.args[0], indices))
            case _:
                raise NotComputable(type(expr).__name__)

    def whole(self, expr: Expr, indices: Mapping[Expr, int]) -> int:
        found = self.at(expr, indices)
        if not isinstance(found, int):
            raise NotComputable("a whole number is needed")
        return found

    def member(self, name: str, places: tuple[int, ...]) -> Values:
        if name in self.definitions:
            letters, body = self.definitions[name]
            return self.at(body, dict(zip(letters, places, strict=True)))
        return self.table[name][places]

    def sum(self, body: Expr, limits: Sequence[Any], indices: Mapping[Expr, int]) -> Values:
        """The last of several limits is the outermost."""
        if not limits:
            return self.at(body, indices)
        *inner, (variable, low, high) = limits
        first, last = self.whole(low, indices), self.whole(high, indices)
        terms = [self.sum(body, inner, {**indices, variable: number}) for number in range(first, last + 1)]
        return _reduced(add, terms) if terms else 0

    def mean(self, values: Values) -> Number:
        if not isinstance(values, list):
            return values
        return Fraction(sum(map(mul, self.weights, values)), self.total) if values else 0

    def spread(self, first: Values, second: Values) -> Number:
        mixed = _reduced(mul, [first, second])
        return self.mean(mixed) - self.mean(first) * self.mean(second)

    @cached_property
    def functions(self) -> Mapping[Any, Callable[[Number], Number]]:
        """Activations; tanh is an arbitrary odd function, sigmoid one half more than an arbitrary odd function."""
        return {
            relu: lambda value: max(value, 0),
            sympy.Abs: abs,
            sympy.tanh: lambda value: self.odd("tanh", value),
            sigmoid: lambda value: Fraction(1, 2) + self.odd("sigmoid", value),
        }

    def odd(self, name: str, value: Number) -> int:
        """A random odd function."""
        size = Random(f"{self.seed} {name} {abs(value)}").randint(1, SPREAD)
        return (value > 0) * size - (value < 0) * size

    # --- facts

    def holds(self, fact: Fact) -> bool:
        """Whether a fact is true in this model."""
        if not isinstance(fact, Assumed):
            return fact.lhs in self.definitions or self.at(fact.lhs, {}) == self.at(fact.rhs, {})
        columns = [self.columns(name) for name in fact.names]
        means = [[self.mean(column) for column in family] for family in columns]
        match fact.kind:
            case "independent":
                return self.factorises(*columns)
            case "centred":
                return not any(means[0])
            case "uncorrelated":
                pairs = [(a, b) for a, b in product(columns[0], columns[0]) if a is not b]
                return not any(self.spread(a, b) for a, b in pairs)
            case "symmetric":
                return self.law(columns[0]) == self.law([[-value for value in column] for column in columns[0]])
            case "alike":
                variances = {self.spread(column, column) for column in columns[0]}
                return len(variances) == 1 and len(set(means[0])) == 1
            case "varies":
                return all(any(column) for column in columns[0])
            case _:
                raise NotComputable(fact.kind)

    def columns(self, name: str) -> list[list[Any]]:
        """The values of each member of a family."""
        if name not in self.definitions:
            return list(self.table[name].values())
        letters = self.definitions[name][0]
        found = [self.member(name, places) for places in product(range(1, self.last + 1), repeat=len(letters))]
        return [column if isinstance(column, list) else [column] * len(self.outcomes) for column in found]

    def law(self, columns: Sequence[Sequence[Any]]) -> Counter[tuple[Any, ...]]:
        """The joint law of some members: chances by values."""
        chances: Counter[tuple[Any, ...]] = Counter()
        for weight, values in zip(self.weights, zip(*columns, strict=True), strict=True):
            chances[values] += weight
        return chances

    def factorises(self, first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> bool:
        both, one, other = self.law([*first, *second]), self.law(first), self.law(second)
        return all(
            both[(*left, *right)] * self.total == a * b for (left, a), (right, b) in product(one.items(), other.items())
        )


def family_of(one: Expr) -> str:
    """The family of a variable or a member of one."""
    return str(one.base.label) if isinstance(one, sympy.Indexed) else str(one.name)


def _each(function: Callable[[Any], Any], values: Values) -> Values:
    return [function(value) for value in values] if isinstance(values, list) else function(values)


def _reduced(operation: Callable[[Any, Any], Any], values: Sequence[Values]) -> Values:
    """The operation over numbers and columns of numbers, outcome by outcome."""
    result: Any = values[0]
    for value in values[1:]:
        if isinstance(result, list) and isinstance(value, list):
            result = list(map(operation, result, value))
        elif isinstance(result, list):
            result = [operation(one, value) for one in result]
        elif isinstance(value, list):
            result = [operation(result, one) for one in value]
        else:
            result = operation(result, value)
    found: Values = result
    return found


def _power(base: Values, exponent: int) -> Values:
    if exponent < 0:
        return _each(lambda value: Fraction(1) / Fraction(value) ** -exponent, base)
    return _each(lambda value: value**exponent, base)


def families_in(expressions: Iterable[Expr]) -> dict[str, int]:
    """The families in some expressions and facts, each with its number of indices."""
    found: dict[str, int] = {}
    for expr in expressions:
        found |= {one.name: 0 for one in expr.atoms(Variable)}
        found |= {family_of(one): len(one.indices) for one in expr.atoms(sympy.Indexed)}
    named = {name for expr in expressions if isinstance(expr, Assumed) for name in expr.names}
    return dict.fromkeys(named, 1) | found
