"""The formula tree: mathematics as it was written, before anybody computes with it.

SymPy reorders terms and executes strings, so neither taught formulas nor students' answers live there. They live in
these frozen nodes, which keep the authored order, mean nothing by themselves, and are read, evaluated, compared and
printed by functions that `match` on them. The set of node kinds is closed.

    Number   3, 1/2, 0.5            Name     n, C_in, sigma_w        Neg    -a
    Add      a + b - c              Mul      a b c                   Div    a/b
    Pow      a^b                    Call     floor(a), Var(x)        Fold   sum over i=1..n of a
    Partial  dC/dx                  Group    (3, 10, 10), {1, 2}     Relation   a = b <= c
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias, final

from solver.frozen import frozen

Bracket: TypeAlias = Literal["(", "[", "{", "x", "@", ",", "[)", "(]"]
FoldKind: TypeAlias = Literal["sum", "prod", "int"]
Comparison: TypeAlias = Literal["=", "!=", "<", ">", "<=", ">="]


@final
@frozen(slots=True)
class Number:
    """A non-negative rational number, and how it was written ("0.5", "4.8e3"; empty: print the value)."""

    value: int | Fraction
    written: str = field(default="", compare=False)


@final
@frozen(slots=True)
class Name:
    """A symbol: a letter or word, then `_subscript` parts and primes: `n`, `C_in`, `w_1`, `sigma_w`, `y_2,k`, `x'`."""

    text: str


@final
@frozen(slots=True)
class Neg:
    """-body"""

    body: Formula


@final
@frozen(slots=True)
class Add:
    """term + term + ...; a subtracted term is a `Neg`."""

    terms: tuple[Formula, ...]


@final
@frozen(slots=True)
class Mul:
    """factor * factor * ..."""

    factors: tuple[Formula, ...]


@final
@frozen(slots=True)
class Div:
    """top / bottom"""

    top: Formula
    bottom: Formula


@final
@frozen(slots=True)
class Pow:
    """base ^ exponent"""

    base: Formula
    exponent: Formula


@final
@frozen(slots=True)
class Call:
    """function(arguments): floor, ceil, sqrt, max, E, Var, relu, indicator, delta, or a declared function's name."""

    function: str
    arguments: tuple[Formula, ...]


@final
@frozen(slots=True)
class Fold:
    """A sum, product or integral of `body` over `variable` from `low` to `high`."""

    kind: FoldKind
    body: Formula
    variable: str
    low: Formula
    high: Formula


@final
@frozen(slots=True)
class Partial:
    """The partial derivative of `of` by `by`."""

    of: Formula
    by: Formula


@final
@frozen(slots=True)
class Group:
    """Several formulas: `(` tuple, `[` list, `{` set, `,` in no bracket; `x` a shape 3x10x10, `@` a shape 3@10x10.

    Two formulas in `(`, `[`, `[)` or `(]` may be the ends of an interval.
    """

    items: tuple[Formula, ...]
    bracket: Bracket = "("


@final
@frozen(slots=True)
class Relation:
    """sides[0] operators[0] sides[1] operators[1] sides[2] ...: an equation, an inequality, or a chain of them."""

    sides: tuple[Formula, ...]
    operators: tuple[Comparison, ...]


Formula: TypeAlias = (
    Number | Name | Neg | Add | Mul | Div | Pow | Call | Fold | Partial | Group | Relation
)


def children(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly inside a formula, in reading order."""
    found: tuple[Formula, ...] = _CHILDREN[type(formula)](formula)
    return found


_CHILDREN: Final[Mapping[type, Callable[[Any], tuple[Formula, ...]]]] = {
    Number: lambda node: (),
    Name: lambda node: (),
    Neg: lambda node: (node.body,),
    Add: attrgetter("terms"),
    Mul: attrgetter("factors"),
    Call: attrgetter("arguments"),
    Group: attrgetter("items"),
    Relation: attrgetter("sides"),
    Div: attrgetter("top", "bottom"),
    Pow: attrgetter("base", "exponent"),
    Partial: attrgetter("of", "by"),
    Fold: attrgetter("low", "high", "body"),
}
"""By kind, because this is what most of the time is spent on."""


def rebuild(formula: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """The same node over changed children."""
    match formula:
        case Number() | Name():
            return formula
        case Neg(body):
            return Neg(change(body))
        case Add(terms):
            return Add(tuple(map(change, terms)))
        case Mul(factors):
            return Mul(tuple(map(change, factors)))
        case Div(top, bottom):
            return Div(change(top), change(bottom))
        case Pow(base, exponent):
            return Pow(change(base), change(exponent))
        case Call(function, arguments):
            return Call(function, tuple(map(change, arguments)))
        case Fold(kind, body, variable, low, high):
            return Fold(kind, change(body), variable, change(low), change(high))
        case Partial(of, by):
            return Partial(change(of), change(by))
        case Group(items, bracket):
            return Group(tuple(map(change, items)), bracket)
        case Relation(sides, operators):
            return Relation(tuple(map(change, sides)), operators)


def subformulas(formula: Formula) -> Iterator[Formula]:
    """The formula and everything inside it, outermost first."""
    waiting = [formula]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += _CHILDREN[type(node)](node)[::-1]


def names(formula: Formula) -> tuple[str, ...]:
    """The free names of a formula, each once, in reading order (a fold binds its variable).

    >>> names(Add((Name("n"), Mul((Number(2), Name("p"))), Name("n"))))
    ('n', 'p')
    """
    if isinstance(formula, Number):
        return ()
    found: dict[str, None] = {}
    waiting: list[Formula] = [formula]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is Name:
            found[node.text] = None  # type: ignore[union-attr]  # a name
        elif kind is Fold:
            break
        elif kind is not Number:
            waiting += _CHILDREN[kind](node)[::-1]
    else:
        return tuple(found)
    found.clear()

    def visit(node: Formula, bound: frozenset[str]) -> None:
        match node:
            case Name(text):
                if text not in bound:
                    found[text] = None
            case Fold(_, body, variable, low, high):
                visit(low, bound)
                visit(high, bound)
                visit(body, bound | {variable})
            case _:
                for child in children(node):
                    visit(child, bound)

    visit(formula, frozenset())
    return tuple(found)


def substitute(formula: Formula, values: Mapping[str, Formula]) -> Formula:
    """The formula with formulas put in for free names; order and brackets stay as authored."""
    match formula:
        case Name(text):
            return values.get(text, formula)
        case Fold(kind, body, variable, low, high):
            inner = {name: value for name, value in values.items() if name != variable}
            return Fold(
                kind, substitute(body, inner), variable, substitute(low, values), substitute(high, values)
            )
        case _:
            return rebuild(formula, lambda child: substitute(child, values))


def product_of(factors: Sequence[Formula]) -> Formula:
    """A product, which of one factor is that factor."""
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def number(value: int | Fraction) -> Formula:
    """A rational number as a formula: a minus sign is a `Neg`."""
    return Neg(Number(-value)) if value < 0 else Number(value)
