"""Computing with a formula: over whole numbers, fractions, sizes, SymPy objects or anything else with arithmetic.

A quotient under a floor is one floor division, floor(a/b) = a // b and ceil(a/b) = -(-a // b), so whatever knows `//`
stays within its own kind, and the quotient of whole numbers is a whole number or a `Fraction`, never a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from importlib import import_module
from typing import Any, Final, TypeAlias

from solver.notation import limits
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
    number,
    substitute,
)
from solver.notation.unreadable import Refused, Unreadable

Values: TypeAlias = Mapping[str, Any]
Compute: TypeAlias = Callable[[Values], Any]

_TERMS_LEFT: Final = ""
"""Where sums within sums count their terms together; no name is empty."""


class NotComputable(ValueError):
    """A formula that has no value over numbers: E[x], a derivative, a name without a value."""


def evaluate(formula: Formula, values: Values | None = None) -> Any:
    """The value of a formula.

    >>> from solver.notation.reading import formula
    >>> evaluate(formula("floor((n + 2*p - d*(k - 1) - 1)/s) + 1"), {"n": 13, "p": 0, "d": 1, "k": 4, "s": 1})
    10
    >>> evaluate(formula("n/2 + 1/3"), {"n": 3})
    Fraction(11, 6)
    """
    return compiled(formula)(values or {})


@lru_cache(maxsize=4096)
def compiled(formula: Formula) -> Compute:
    """A formula as a function of the values of its names."""
    match formula:
        case Number(value, _):
            return lambda values: value
        case Name(text):
            return _lookup(text)
        case Neg(body):
            negated = compiled(body)
            return lambda values: -negated(values)
        case Add(terms):
            return _sum(terms)
        case Mul(factors):
            each = tuple(map(compiled, factors))
            return lambda values: reduce(lambda left, right: left * right(values), each[1:], each[0](values))
        case Div(top, bottom):
            above, below = compiled(top), compiled(bottom)
            return lambda values: divided(above(values), below(values))
        case Pow(base, exponent):
            raised, by = compiled(base), compiled(exponent)
            return lambda values: power(raised(values), by(values))
        case Call("floor" | "ceil" as function, (Div(top, bottom),)):
            return _rounded_quotient(function, compiled(top), compiled(bottom))
        case Call(function, arguments):
            return _call(function, tuple(map(compiled, arguments)))
        case Fold():
            return _fold(formula)
        case Group(items, _):
            members = tuple(map(compiled, items))
            return lambda values: tuple(member(values) for member in members)
        case Relation(sides, operators):
            return _relation(tuple(map(compiled, sides)), operators)
        case Partial():
            return _refuse("a derivative")


def divided(top: Any, bottom: Any) -> Any:
    """top/bottom: exact, and a whole number wherever it is one."""
    if isinstance(top, int | Fraction) and isinstance(bottom, int | Fraction):
        return whole(Fraction(top) / bottom)
    return top / bottom


def power(base: Any, exponent: Any) -> Any:
    """base^exponent: exact over numbers, so a root of a number that is no power has no value here."""
    if not (isinstance(base, int | Fraction) and isinstance(exponent, int | Fraction)):
        return base**exponent
    if exponent.denominator != 1:
        return root(power(base, exponent.numerator), exponent.denominator)
    if exponent < 0 and base == 0:
        raise ZeroDivisionError("0 to a negative power")
    return whole(Fraction(base) ** exponent.numerator) if exponent < 0 else base**exponent.numerator


def root(value: int | Fraction, degree: int) -> int | Fraction:
    """The exact root of a number that is a power.

    >>> root(Fraction(9, 4), 2), root(-8, 3)
    (Fraction(3, 2), -2)
    """
    sign = -1 if value < 0 and degree % 2 else 1
    top, bottom = _whole_root(sign * value.numerator, degree), _whole_root(value.denominator, degree)
    if top is None or bottom is None:
        raise NotComputable(f"no exact root of {value}")
    return whole(Fraction(sign * top, bottom))


def _whole_root(value: int, degree: int) -> int | None:
    if value < 0 or degree > limits.EXPONENT:
        return None
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == value else None


def whole(value: int | Fraction) -> int | Fraction:
    """A fraction with denominator 1 as a whole number."""
    return value.numerator if value.denominator == 1 else value


def _lookup(name: str) -> Compute:
    def value(values: Values) -> Any:
        try:
            return values[name]
        except KeyError:
            raise NotComputable(f"{name} has no value") from None

    return value


def _refuse(what: str) -> Compute:
    def refuse(values: Values) -> Any:
        raise NotComputable(f"{what} has no value over numbers")

    return refuse


def _sum(terms: tuple[Formula, ...]) -> Compute:
    """The sum, subtracting where a minus sign stands, so that nothing is negated needlessly."""
    signed = tuple((isinstance(term, Neg), compiled(term.body if isinstance(term, Neg) else term)) for term in terms)

    def value(values: Values) -> Any:
        negative, first = signed[0]
        total = -first(values) if negative else first(values)
        for negative, term in signed[1:]:
            total = total - term(values) if negative else total + term(values)
        return total

    return value


def _rounded_quotient(function: str, top: Compute, bottom: Compute) -> Compute:
    if function == "floor":
        return lambda values: top(values) // bottom(values)
    return lambda values: -(-top(values) // bottom(values))


def _relation(sides: tuple[Compute, ...], operators: tuple[str, ...]) -> Compute:
    """Whether all links hold: True, False, or whatever the sides say where they are not numbers (None: nothing)."""

    def holds(values: Values) -> Any:
        each = [side(values) for side in sides]
        undecided: Any = True
        for left, operator, right in zip(each[:-1], operators, each[1:], strict=True):
            link = linked(left, operator, right)
            if link is False:
                return False
            if link is not True:
                undecided = link
        return undecided

    return holds


def linked(left: Any, operator: str, right: Any) -> Any:
    """Whether a comparison holds: True or False over numbers, else what the sides say of it, or None."""
    if operator in ("=", "!="):
        if left == right:
            return operator == "="
        both = isinstance(left, int | Fraction) and isinstance(right, int | Fraction)
        return operator == "!=" if both else None
    try:
        match operator:
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case _:
                return left >= right
    except TypeError:
        return None


def _fold(fold: Fold) -> Compute:
    body, low, high = compiled(fold.body), compiled(fold.low), compiled(fold.high)
    if fold.kind == "int":
        return _refuse("an integral")
    start: int = 0 if fold.kind == "sum" else 1

    def value(values: Values) -> Any:
        first, last = low(values), high(values)
        if not (isinstance(first, int) and isinstance(last, int)):
            raise NotComputable("a sum needs whole numbers for its limits")
        left: list[int] = values.get(_TERMS_LEFT) or [limits.FOLD_TERMS]
        left[0] -= max(0, last - first + 1)
        if left[0] < 0:
            raise NotComputable("a sum of too many terms")
        total: Any = start
        for index in range(first, last + 1):
            term = body({**values, fold.variable: index, _TERMS_LEFT: left})
            total = total + term if fold.kind == "sum" else total * term
        return total

    return value


# --- functions


def _call(function: str, arguments: tuple[Compute, ...]) -> Compute:
    known = FUNCTIONS.get(function)
    if known is None:
        return _refuse(function)
    return lambda values: known(*(argument(values) for argument in arguments))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction)


def _sqrt(value: Any) -> Any:
    return root(value, 2) if _is_number(value) else value ** Fraction(1, 2)


def _sign(value: Any) -> Any:
    return (value > 0) - (value < 0)


def _factorial(value: Any) -> int:
    if not isinstance(value, int) or not value >= 0:
        raise NotComputable("a factorial of something that is no natural number")
    if value > limits.FACTORIAL:
        raise OverflowError("a factorial that is too big")
    return math.factorial(value)


def _binomial(top: Any, bottom: Any) -> int:
    if not (isinstance(top, int) and isinstance(bottom, int)) or top < 0:
        raise NotComputable("a binomial coefficient of something that is no natural number")
    if top > limits.EXPONENT:
        raise OverflowError("a binomial coefficient that is too big")
    return math.comb(top, bottom) if bottom >= 0 else 0


def _whole_numbers(function: Callable[..., int]) -> Callable[..., int]:
    def of(*values: Any) -> int:
        if not all(isinstance(value, int) for value in values):
            raise NotComputable("of whole numbers alone")
        return function(*values)

    return of


def _arg(value: Any) -> int:
    if not _is_number(value) or value <= 0:
        raise NotComputable("the angle of a negative number is no fraction")
    return 0


def symbols() -> Any:
    """SymPy's side of things, met only where a value is a symbol."""
    return import_module("solver.symbols")


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "floor": lambda value: value // 1,
    "ceil": lambda value: -(-value // 1),
    "abs": abs,
    "sign": _sign,
    "sqrt": _sqrt,
    "max": lambda *values: max(values) if all(map(_is_number, values)) else symbols().greatest(values),
    "min": lambda *values: min(values) if all(map(_is_number, values)) else symbols().least(values),
    "mod": lambda top, bottom: top - bottom * (top // bottom),
    "relu": lambda value: value if value > 0 else 0,
    "factorial": _factorial,
    "binomial": _binomial,
    "gcd": _whole_numbers(math.gcd),
    "lcm": _whole_numbers(math.lcm),
    "conjugate": lambda value: value,
    "re": lambda value: value,
    "im": lambda value: 0,
    "arg": _arg,
    "delta": lambda left, right: int(left == right),
    "indicator": int,
}
"""The functions that have exact values over numbers."""


# --- exact values of what students write


def exact(formula: Formula) -> int | Fraction | Unreadable:
    """The exact value of a formula without names, within the limits.

    >>> from solver.notation.reading import formula
    >>> exact(formula("48*(3*5^2 + 1)")), exact(formula("1/0")).reason
    (3648, 'division_by_zero')
    """
    if type(formula) is Number:
        return formula.value
    try:
        return whole(_Exact().value(formula))
    except Refused as refused:
        return refused.unreadable
    except ZeroDivisionError:
        return Unreadable("division_by_zero")
    except OverflowError:
        return Unreadable("number_too_big")
    except NotComputable as why:
        return Unreadable("undefined", 0, str(why))


@dataclass
class _Exact:
    """Bottom up, with the size of every intermediate result bounded before and after it is made."""

    terms_left: int = limits.FOLD_TERMS

    def value(self, formula: Formula) -> int | Fraction:
        match formula:
            case Number(value, _):
                return value
            case Group(items, "x"):
                return self.value(Mul(items))
            case Group() | Relation():
                raise Refused("wrong_type")
            case Fold():
                return self.fold(formula)
            case Call("indicator", (Relation(sides, operators),)):
                each = [self.value(side) for side in sides]
                links = zip(each[:-1], operators, each[1:], strict=True)
                return int(all(linked(left, operator, right) for left, operator, right in links))
        parts = [self.value(child) for child in children(formula)]
        match formula:
            case Pow():
                return _bounded_power(parts[0], parts[1])
            case Add():
                return _bounded(sum(parts))
            case Mul():
                return reduce(lambda left, right: _bounded(left * right), parts)
            case Neg():
                return -parts[0]
            case Div():
                return _bounded(divided(parts[0], parts[1]))
            case Call(function, _) if function in FUNCTIONS:
                return _bounded(FUNCTIONS[function](*parts))
            case _:
                raise NotComputable("no value over numbers")

    def fold(self, fold: Fold) -> int | Fraction:
        """A sum or product term by term; the terms of sums within sums are counted together."""
        low, high = self.value(fold.low), self.value(fold.high)
        if fold.kind == "int" or not (isinstance(low, int) and isinstance(high, int)):
            raise NotComputable("no exact value")
        self.terms_left -= max(0, high - low + 1)
        if self.terms_left < 0:
            raise Refused("number_too_big")
        total: int | Fraction = 0 if fold.kind == "sum" else 1
        for index in range(low, high + 1):
            term = self.value(substitute(fold.body, {fold.variable: number(index)}))
            total = _bounded(total + term if fold.kind == "sum" else total * term)
        return total


def _bounded_power(base: int | Fraction, exponent: int | Fraction) -> int | Fraction:
    if _size(exponent) > limits.EXPONENT:
        raise Refused("exponent_too_big")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * _size(exponent) > limits.BITS:
        raise Refused("number_too_big")
    value: int | Fraction = power(base, exponent)
    return _bounded(value)


def _size(value: int | Fraction) -> Fraction:
    return abs(Fraction(value))


def _bounded(value: Any) -> int | Fraction:
    if not isinstance(value, int | Fraction):
        raise NotComputable("no number")
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > limits.BITS:
        raise Refused("number_too_big")
    return value
