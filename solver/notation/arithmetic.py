"""What a formula is worth in some kind of number: the part that fractions, residues and intervals share.

Sums and products are loops where their limits are whole numbers. Moments are true moments: random names take values
on a small probability space, so E is linear, Var(x) = E[x^2] - E[x]^2, and no law has to be taught.

    T  the kind of number        outcome  a side for every axis of the space        marginal  the chances of the sides
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any, Final, Generic, TypeVar, final

from solver.frozen import frozen
from solver.notation import limits
from solver.notation.naming import spelling
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

T = TypeVar("T")

MOMENTS: Final = frozenset({"E", "Var", "Cov", "std"})

UNIT: Final = "imaginary"
"""The name of i where it is the imaginary unit."""

_RECIPROCAL: Final = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
_OF_RECIPROCAL: Final = {
    **{"asec": "acos", "acsc": "asin", "acot": "atan"},
    **{"asech": "acosh", "acsch": "asinh", "acoth": "atanh"},
}
_USUALLY_RANDOM: Final = frozenset("stuvwxyzSTUVWXYZ")
_HALF: Final = Number(Fraction(1, 2))
_ONE: Final = Number(1)


class Undefined(Exception):
    """No value at this point, or none that can be computed."""


@final
@frozen(slots=True)
class Chance:
    """What is known about random names: which they are, which are mutually independent, which have mean 0."""

    random: frozenset[str] = frozenset()
    independent: tuple[str, ...] = ()
    centred: frozenset[str] = frozenset()

    @property
    def sides(self) -> int:
        """How many values an independent name takes; 0 where there are too many names to enumerate."""
        return {0: 8, 1: 6, 2: 5, 3: 4, 4: 3, 5: 2, 6: 2, 7: 2}.get(len(self.independent), 0)


class Arithmetic(ABC, Generic[T]):
    """The value of formulas at one point; what differs between kinds of numbers is abstract."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.axes = max(1, len(chance.independent))
        self.outcome: tuple[int, ...] | None = None
        self.indices: dict[str, int | str] = {}
        self.known: dict[str, T] = {}
        self.marginals: dict[int, list[T]] = {}
        self.space: list[tuple[tuple[int, ...], T]] = []
        self.moments: dict[tuple[Formula, tuple[tuple[str, int | str], ...]], T] = {}
        self.terms_left = limits.FOLD_TERMS

    @abstractmethod
    def draw(self, key: str) -> T:
        """A number that looks random and depends on the key alone; one for a chance is positive."""

    @abstractmethod
    def number(self, value: int | Fraction) -> T: ...

    @abstractmethod
    def unknown(self, name: str) -> T:
        """The value of a free name, spelled without underscores."""

    @abstractmethod
    def plus(self, left: T, right: T) -> T: ...

    @abstractmethod
    def times(self, left: T, right: T) -> T: ...

    @abstractmethod
    def over(self, top: T, bottom: T) -> T: ...

    @abstractmethod
    def raised(self, base: T, exponent: Formula) -> T: ...

    @abstractmethod
    def applied(self, function: str, arguments: list[T]) -> T: ...

    @abstractmethod
    def holds(self, left: T, operator: str, right: T) -> T:
        """1 where a comparison holds, 0 where it does not."""

    @abstractmethod
    def opaque_fold(self, fold: Fold, body: T) -> T:
        """A sum, product or integral that is not computed, where the variable's own value is that of no name."""

    @abstractmethod
    def whole(self, formula: Formula) -> int | None:
        """The whole number that a limit of a sum is, if it is one."""

    # --- nodes

    def value(self, formula: Formula) -> T:
        said: T = _VISITS[type(formula)](self, formula)
        return said

    def name(self, text: str) -> T:
        index = self.indices.get(text)
        if isinstance(index, int):
            return self.number(index)
        spelled = self.spelled(text)
        if self.outcome is not None and text in self.chance.random:
            return self.random(text, spelled, self.outcome)
        if spelled not in self.known:
            self.known[spelled] = self.unknown(spelled)
        return self.known[spelled]

    def spelled(self, text: str) -> str:
        """A name without underscores, with values for the variables of sums, also among its subscripts."""
        if text in self.indices:
            return str(self.indices[text])
        if not self.indices or "_" not in text:
            return spelling(text)
        head, _, below = text.partition("_")
        return head + ",".join(str(self.indices.get(index, index)) for index in below.split(","))

    def negative(self, value: T) -> T:
        return self.times(self.number(-1), value)

    def call(self, function: str, arguments: tuple[Formula, ...]) -> T:
        match function, arguments:
            case (("E" | "Var" | "Cov" | "std"), _):
                return self.moment(Call(function, arguments))
            case "indicator", (Relation(sides, operators),):
                each = [self.value(side) for side in sides]
                links = zip(each[:-1], operators, each[1:], strict=True)
                return self.product([self.holds(left, operator, right) for left, operator, right in links])
            case "exp", (body,):
                return self.raised(self.name("e"), body)
            case "sqrt", (body,):
                return self.raised(self.value(body), _HALF)
            case "sigmoid", (body,):
                return self.value(Div(_ONE, Add((_ONE, Call("exp", (Neg(body),))))))
            case "sigmoid'", _:
                inner = self.call("sigmoid", arguments)
                return self.times(inner, self.plus(self.number(1), self.negative(inner)))
            case "tanh'", _:
                return self.value(Add((_ONE, Neg(Pow(Call("tanh", arguments), Number(2))))))
            case "relu'", (body,):
                return self.holds(self.value(body), ">", self.number(0))
            case "relu", (body,):
                return self.applied("max", [self.value(body), self.number(0)])
            case "ceil", (body,):
                return self.negative(self.applied("floor", [self.negative(self.value(body))]))
            case "mod", (top, bottom):
                above, below = self.value(top), self.value(bottom)
                floor = self.applied("floor", [self.over(above, below)])
                return self.plus(above, self.negative(self.times(below, floor)))
            case ("asinh" | "acosh" | "atanh"), (body,):
                return self.value(_area(function, body))
            case "lg", (body,):
                return self.over(self.applied("ln", [self.value(body)]), self.applied("ln", [self.number(10)]))
            case "root", (body, *degree):
                return self.raised(self.value(body), Div(_ONE, degree[0] if degree else Number(2)))
            case _, (body,) if function in _RECIPROCAL:
                return self.over(self.number(1), self.call(_RECIPROCAL[function], arguments))
            case _, (body,) if function in _OF_RECIPROCAL:
                return self.call(_OF_RECIPROCAL[function], (Div(_ONE, body),))
            case ("log" | "lg"), (body, base):
                return self.over(self.applied("ln", [self.value(body)]), self.applied("ln", [self.value(base)]))
            case "log", _:
                return self.applied("ln", [self.value(argument) for argument in arguments])
            case _:
                return self.applied(function, [self.value(argument) for argument in arguments])

    def sum(self, values: Sequence[T]) -> T:
        return reduce(self.plus, values) if values else self.number(0)

    def product(self, values: Sequence[T]) -> T:
        return reduce(self.times, values) if values else self.number(1)

    # --- moments

    def moment(self, call: Call) -> T:
        """A moment over the probability space; it does not depend on the outcome around it, so it is computed once."""
        place = call, tuple(self.indices.items())
        if place not in self.moments:
            self.moments[place] = self.fresh_moment(call.function, call.arguments)
        return self.moments[place]

    def fresh_moment(self, function: str, arguments: tuple[Formula, ...]) -> T:
        first = self.over_outcomes(arguments[0])
        if function == "E":
            return self.mean(first)
        second = first if len(arguments) == 1 else self.over_outcomes(arguments[-1])
        mixed = self.mean([self.times(left, right) for left, right in zip(first, second, strict=True)])
        spread = self.plus(mixed, self.negative(self.times(self.mean(first), self.mean(second))))
        return self.raised(spread, _HALF) if function == "std" else spread

    def over_outcomes(self, body: Formula) -> list[T]:
        """The values of a formula over all outcomes."""
        before = self.outcome
        values = []
        for outcome, _ in self.outcomes():
            self.outcome = outcome
            values.append(self.value(body))
        self.outcome = before
        return values

    def outcomes(self) -> list[tuple[tuple[int, ...], T]]:
        """The outcomes of the space, each a side for every axis, and their chances."""
        if not self.chance.sides:
            raise Undefined("too many independent names")
        if not self.space:
            for outcome in product(range(self.chance.sides), repeat=self.axes):
                sides = [self.marginal(axis)[side] for axis, side in enumerate(outcome)]
                self.space.append((outcome, self.product(sides)))
        return self.space

    def mean(self, values: list[T]) -> T:
        return self.sum([self.times(chance, value) for (_, chance), value in zip(self.outcomes(), values, strict=True)])

    def marginal(self, axis: int) -> list[T]:
        """The chances of the values along one axis; they add up to 1."""
        if axis not in self.marginals:
            weights = [self.draw(f"chance {axis} {side}") for side in range(self.chance.sides)]
            share = self.over(self.number(1), self.sum(weights))
            self.marginals[axis] = [self.times(weight, share) for weight in weights]
        return self.marginals[axis]

    def random(self, text: str, spelled: str, outcome: tuple[int, ...]) -> T:
        """The value of a random name at an outcome."""
        alone = text in self.chance.independent
        axis = self.chance.independent.index(text) if alone else 0
        side = outcome[axis] if alone or self.axes == 1 else outcome
        value = self.draw(f"{spelled} {side}")
        if text not in self.chance.centred or isinstance(side, tuple):
            return value
        weighted = [
            self.times(chance, self.draw(f"{spelled} {other}")) for other, chance in enumerate(self.marginal(axis))
        ]
        return self.plus(value, self.negative(self.sum(weighted)))

    # --- sums and products

    def fold(self, fold: Fold) -> T:
        low, high = self.whole(fold.low), self.whole(fold.high)
        if fold.kind == "int" or low is None or high is None:
            return self.symbolic_sum(fold) if fold.kind == "sum" else self.opaque_fold(fold, self.bound(fold))
        self.terms_left -= max(0, high - low + 1)
        if self.terms_left < 0:
            raise Undefined("a sum of too many terms")
        before = self.indices
        values = []
        for index in range(low, high + 1):
            self.indices = {**before, fold.variable: index}
            values.append(self.value(fold.body))
        self.indices = before
        return self.sum(values) if fold.kind == "sum" else self.product(values)

    def symbolic_sum(self, fold: Fold) -> T:
        """A sum to a symbolic limit: linear, and its constants before it."""
        match fold.body:
            case Add(terms):
                return self.sum([self.symbolic_sum(_over(fold, term)) for term in terms])
            case Neg(body):
                return self.negative(self.symbolic_sum(_over(fold, body)))
            case Div(top, bottom) if not depends(bottom, fold.variable):
                return self.over(self.symbolic_sum(_over(fold, top)), self.value(bottom))
            case Mul(factors):
                inner = [factor for factor in factors if depends(factor, fold.variable)]
                outer = [self.value(factor) for factor in factors if not depends(factor, fold.variable)]
                if outer:
                    rest = inner[0] if len(inner) == 1 else Mul(tuple(inner)) if inner else _ONE
                    return self.times(self.product(outer), self.symbolic_sum(_over(fold, rest)))
        if not depends(fold.body, fold.variable):
            count = Add((fold.high, Neg(fold.low), _ONE))
            return self.times(self.value(count), self.value(fold.body))
        return self.opaque_fold(fold, self.bound(fold))

    def bound(self, fold: Fold) -> T:
        """The body of a fold where its variable is nothing but bound, whatever its letter."""
        before = self.indices
        self.indices = {**before, fold.variable: f"#{len(before)}"}
        value = self.value(fold.body)
        self.indices = before
        return value


def _area(function: str, body: Formula) -> Formula:
    """The inverse hyperbolic functions as logarithms."""
    square = Pow(body, Number(2))
    match function:
        case "asinh":
            return Call("ln", (Add((body, Call("sqrt", (Add((square, _ONE)),)))),))
        case "acosh":
            return Call("ln", (Add((body, Call("sqrt", (Add((square, Neg(_ONE))),)))),))
        case _:
            return Mul((_HALF, Call("ln", (Div(Add((_ONE, body)), Add((_ONE, Neg(body)))),))))


def _over(fold: Fold, body: Formula) -> Fold:
    return Fold(fold.kind, body, fold.variable, fold.low, fold.high)


def depends(formula: Formula, variable: str) -> bool:
    """Whether a formula changes with the variable of a sum, also as a subscript."""
    return any(variable == name or variable in name.partition("_")[2].split(",") for name in names(formula))


def random_names(said: Formula, wanted: Formula) -> tuple[frozenset[str], frozenset[str]]:
    """The names that surely are random, and those that may be.

    A name that also stands outside of moments is none, as c in E[x - c] = E[x] - c, unless a moment would be of nothing
    random then: x is not E[x]. A letter such as x, though not one such as n, that stands inside of moments in one
    formula and outside in the other, may be.
    """
    (mine, outside_mine), (others, outside_others) = _sorted_names(said), _sorted_names(wanted)
    random = (mine | others) - outside_mine - outside_others
    for part in (*subformulas(said), *subformulas(wanted)):
        if type(part) is Call and part.function in MOMENTS and random.isdisjoint(inner := names(part)):
            random.update(inner)
    doubtful = ((mine - outside_mine) & outside_others) | ((others - outside_others) & outside_mine)
    return frozenset(random), frozenset(name for name in doubtful - random if name[0] in _USUALLY_RANDOM)


def _sorted_names(formula: Formula) -> tuple[set[str], set[str]]:
    """The names inside of moments, and those outside."""
    inside: set[str] = set()
    outside: set[str] = set()
    _sort_names(formula, False, inside, outside)
    return inside, outside


def _sort_names(formula: Formula, chance: bool, inside: set[str], outside: set[str]) -> None:
    match formula:
        case Name(text):
            (inside if chance else outside).add(text)
        case Call(function, arguments) if function in MOMENTS:
            for argument in arguments:
                _sort_names(argument, True, inside, outside)
        case Fold(_, body, _, low, high) if _has_moments(formula):
            _sort_names(body, chance, inside, outside)
            outside.update(names(low), names(high))
        case Fold():
            (inside if chance else outside).update(names(formula))
        case _:
            for child in children(formula):
                _sort_names(child, chance, inside, outside)


def _has_moments(formula: Formula) -> bool:
    return any(isinstance(part, Call) and part.function in MOMENTS for part in subformulas(formula))


def _refuse(at: Any, node: Formula) -> Any:
    raise Undefined("a list or a condition is no number")


_VISITS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    Number: lambda at, node: at.number(node.value),
    Name: lambda at, node: at.name(node.text),
    Neg: lambda at, node: at.negative(at.value(node.body)),
    Add: lambda at, node: at.sum([at.value(term) for term in node.terms]),
    Mul: lambda at, node: at.product([at.value(factor) for factor in node.factors]),
    Div: lambda at, node: at.over(at.value(node.top), at.value(node.bottom)),
    Pow: lambda at, node: at.raised(at.value(node.base), node.exponent),
    Call: lambda at, node: at.call(node.function, node.arguments),
    Fold: lambda at, node: at.fold(node),
    Partial: lambda at, node: at.applied("∂", [at.value(node.of), at.value(node.by)]),
    Group: _refuse,
    Relation: _refuse,
}
