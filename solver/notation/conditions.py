"""Whether two conditions on one real number hold for the same numbers: inequalities, intervals, unions, and, or, not.

The places where a condition can change are zeros of polynomials and ends of intervals. Between two such places it does
not change, so that the places themselves and one number between any two of them decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Any, Final

from mpmath import mp

from solver.notation.arithmetic import Chance, Undefined
from solver.notation.complexes import SAME, Complexes, is_real, precision, same
from solver.notation.evaluation import NotComputable, linked
from solver.notation.quotients import over_one
from solver.notation.sorts import NAMED_SETS, SETS, is_infinite
from solver.notation.tree import (
    Add,
    Call,
    Div,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Pow,
    Relation,
    names,
    rebuild,
    subformulas,
)

Real = Any

_DEGREE: Final = 16
_FENCES: Final = 3
"""How many absolute values are taken apart."""

def alike(left: Formula, right: Formula, name: str) -> bool | None:
    """Whether two conditions hold for the same values of a name; None where that is not decided.

    >>> from solver.notation.reading import formula
    >>> inside = formula("-2 < x and x < 2")
    >>> alike(formula("x^2 < 4"), inside, "x"), alike(formula("x^2 < 6"), inside, "x")
    (True, False)
    """
    with precision():
        try:
            places = sorted(_places(left, name)) + sorted(_places(right, name))
            for value in _numbers(_distinct(places)):
                if _Truth(name, value).of(left) != _Truth(name, value).of(right):
                    return False
        except (Undefined, NotComputable, ZeroDivisionError, OverflowError, mp.NoConvergence, ValueError):
            return None
    return True


def _numbers(places: list[Real]) -> Iterator[Real]:
    if not places:
        yield mp.mpf(0)
        return
    yield places[0] - 1
    yield places[-1] + 1
    yield from places
    yield from ((left + right) / 2 for left, right in pairwise(places))


def _distinct(places: list[Real]) -> list[Real]:
    found: list[Real] = []
    for place in sorted(places):
        if not found or not same(found[-1], place):
            found.append(place)
    return found


# --- where a condition can change


def _places(formula: Formula, name: str) -> Iterator[Real]:
    match formula:
        case Relation(sides, _):
            for left, right in pairwise(sides):
                if not (is_infinite(left) or is_infinite(right)):
                    yield from _zeros(Add((left, Neg(right))), name)
        case Call("element", (body, members)):
            for end in _ends(members):
                if not is_infinite(end):
                    yield from _zeros(Add((body, Neg(end))), name)
        case Call("and" | "or" | "not", parts):
            for part in parts:
                yield from _places(part, name)
        case Name("true" | "false"):
            return
        case _:
            raise Undefined("no condition")


def _ends(members: Formula) -> Iterator[Formula]:
    match members:
        case Group(items, _):
            yield from items
        case Call(function, parts) if function in SETS:
            for part in parts:
                yield from _ends(part)
        case Name(text) if text in NAMED_SETS:
            return
        case _:
            raise Undefined("no set of numbers")


def _zeros(formula: Formula, name: str) -> Iterator[Real]:
    """Real zeros and poles of a formula, absolute values resolved in both ways, which gives some places too many."""
    fences = (part for part in subformulas(formula) if isinstance(part, Call) and part.function == "abs")
    fenced: list[Formula] = [part for part in dict.fromkeys(fences) if name in names(part)]
    if len(fenced) > _FENCES:
        raise Undefined("too many absolute values")
    for signs in product((False, True), repeat=len(fenced)):
        chosen = dict(zip(fenced, signs, strict=True))
        for side in over_one(_without_fences(formula, chosen)):
            yield from _real_roots(_polynomial(side, name))


def _without_fences(formula: Formula, signs: Mapping[Formula, bool]) -> Formula:
    match formula:
        case Call("abs", (body,)) if formula in signs:
            inner = _without_fences(body, signs)
            return Neg(inner) if signs[formula] else inner
        case _:
            return rebuild(formula, lambda child: _without_fences(child, signs))


def _real_roots(coefficients: list[Real]) -> Iterator[Real]:
    """The real roots of a polynomial with its constant first; of a constant there are none."""
    while coefficients and _tiny(coefficients[-1]):
        coefficients = coefficients[:-1]
    if len(coefficients) - 1 > _DEGREE:
        raise Undefined("a degree that is too high")
    while coefficients and _tiny(coefficients[0]):
        yield mp.mpf(0)
        coefficients = coefficients[1:]
    if len(coefficients) < 2:
        return
    for root in mp.polyroots(_square_free(coefficients)[::-1], maxsteps=400, extraprec=400):
        if abs(mp.im(root)) <= mp.mpf(10) ** -(SAME // 2):
            yield mp.re(root)


def _square_free(coefficients: list[Real]) -> list[Real]:
    """A polynomial with the same roots, each once: divided by what it shares with its derivative."""
    derived = [power * coefficient for power, coefficient in enumerate(coefficients)][1:]
    shared = _common(coefficients, derived)
    return _divided(coefficients, shared)[0] if len(shared) > 1 else coefficients


def _common(left: list[Real], right: list[Real]) -> list[Real]:
    while right:
        left, right = right, _divided(left, right)[1]
    return left


def _divided(top: list[Real], bottom: list[Real]) -> tuple[list[Real], list[Real]]:
    rest, quotient = list(top), [mp.mpf(0)] * max(1, len(top) - len(bottom) + 1)
    for place in range(len(top) - len(bottom), -1, -1):
        quotient[place] = rest[place + len(bottom) - 1] / bottom[-1]
        for offset, coefficient in enumerate(bottom):
            rest[place + offset] -= quotient[place] * coefficient
    rest = rest[: len(bottom) - 1]
    scale = max(map(abs, top))
    while rest and abs(rest[-1]) <= scale * mp.mpf(10) ** -SAME:
        rest.pop()
    return quotient, rest


def _tiny(value: Real) -> bool:
    return bool(abs(value) <= mp.mpf(10) ** -SAME)


def _polynomial(formula: Formula, name: str) -> list[Real]:
    """The coefficients of a polynomial in a name, its constant first."""
    if name not in names(formula):
        return [_value(formula, name, mp.mpf(0))]
    match formula:
        case Name():
            return [mp.mpf(0), mp.mpf(1)]
        case Neg(body):
            return [-coefficient for coefficient in _polynomial(body, name)]
        case Add(terms):
            parts = [_polynomial(term, name) for term in terms]
            longest = max(map(len, parts))
            return [sum((part[at] for part in parts if at < len(part)), mp.mpf(0)) for at in range(longest)]
        case Mul(factors):
            found = [mp.mpf(1)]
            for factor in factors:
                found = _multiplied(found, _polynomial(factor, name))
            return found
        case Div(top, bottom) if name not in names(bottom):
            divisor = _value(bottom, name, mp.mpf(0))
            return [coefficient / divisor for coefficient in _polynomial(top, name)]
        case Pow(base, Number(int() as exponent)) if exponent <= _DEGREE:
            found = [mp.mpf(1)]
            for _ in range(exponent):
                found = _multiplied(found, _polynomial(base, name))
            return found
        case _:
            raise Undefined("no polynomial")


def _multiplied(left: list[Real], right: list[Real]) -> list[Real]:
    if len(left) + len(right) > 2 * _DEGREE:
        raise Undefined("a degree that is too high")
    found = [mp.mpf(0)] * (len(left) + len(right) - 1)
    for place, mine in enumerate(left):
        for offset, other in enumerate(right):
            found[place + offset] += mine * other
    return found


# --- whether it holds


def _value(formula: Formula, name: str, value: Real) -> Real:
    at = Complexes({}, "", Chance())
    at.known[name.replace("_", "")] = value
    if set(names(formula)) - {name, "pi", "e"}:
        raise Undefined("another name")
    found = at.value(formula)
    if not is_real(mp.mpc(found)):
        raise ArithmeticError("not real")
    return mp.re(found)


class _Truth:
    """Whether conditions hold for one value of a name; what has no real value holds nowhere."""

    def __init__(self, name: str, value: Real) -> None:
        self.name = name
        self.value = value

    def of(self, formula: Formula) -> bool:
        match formula:
            case Relation(sides, operators):
                links = zip(sides[:-1], operators, sides[1:], strict=True)
                return all(self.holds(left, operator, right) for left, operator, right in links)
            case Call("element", (body, members)):
                return self.is_in(body, members)
            case Call("and", parts):
                return all(map(self.of, parts))
            case Call("or", parts):
                return any(map(self.of, parts))
            case Call("not", (body,)):
                return not self.of(body)
            case Name("true" | "false" as said):
                return said == "true"
            case _:
                raise Undefined("no condition")

    def holds(self, left: Formula, operator: str, right: Formula) -> bool:
        if operator in ("<=", ">=") and (is_infinite(left) or is_infinite(right)):
            raise Undefined("nothing reaches infinity")
        mine, other = self.number(left), self.number(right)
        if mine is None or other is None:
            return False
        if mine == other or (abs(mine) != mp.inf and abs(other) != mp.inf and same(mine, other)):
            return operator in ("=", "<=", ">=")
        if operator in ("=", "!="):
            return operator == "!="
        return bool(linked(mine, operator, other))

    def number(self, formula: Formula) -> Real | None:
        if is_infinite(formula):
            return mp.inf if isinstance(formula, Name) else -mp.inf
        try:
            return _value(formula, self.name, self.value)
        except (Undefined, ArithmeticError):
            if set(names(formula)) - {self.name, "pi", "e"}:
                raise Undefined("another name") from None
            return None

    def is_in(self, body: Formula, members: Formula) -> bool:
        match members:
            case Group(items, "{"):
                return any(self.holds(body, "=", item) for item in items)
            case Group((low, high), bracket):
                above = self.holds(body, ">=" if bracket[0] == "[" else ">", low)
                return above and self.holds(body, "<=" if bracket in ("[", "(]") else "<", high)
            case Call("union", parts):
                return any(self.is_in(body, part) for part in parts)
            case Call("intersection", parts):
                return all(self.is_in(body, part) for part in parts)
            case Call("without", (whole, part)):
                return self.is_in(body, whole) and not self.is_in(body, part)
            case Name(text):
                return text == "reals"
            case _:
                raise Undefined("no set of numbers")


def same_truths(left: Formula, right: Formula) -> bool | None:
    """Whether two conditions on names that are true or false themselves are the same, by their truth table."""
    letters = sorted({*names(left), *names(right)} - {"true", "false"})
    if len(letters) > 8:
        return None
    for values in product((False, True), repeat=len(letters)):
        row = dict(zip(letters, values, strict=True)) | {"true": True, "false": False}
        mine, other = _logical(left, row), _logical(right, row)
        if mine is None or other is None:
            return None
        if mine != other:
            return False
    return True


def _logical(formula: Formula, row: Mapping[str, bool]) -> bool | None:
    match formula:
        case Name(text):
            return row[text]
        case Call("and" | "or" | "not" as word, parts):
            found = [_logical(part, row) for part in parts]
            if None in found:
                return None
            return all(found) if word == "and" else any(found) if word == "or" else not found[0]
        case _:
            return None


