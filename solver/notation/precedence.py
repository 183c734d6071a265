"""Where brackets and product signs stand: the one place that decides, for every printer.

Reading and all printers share these levels, from the loosest to the tightest:

    Relation < shape < Add < Neg, Fold < Mul, Div < Pow, Partial < factorial < everything with a bracket of its own

A product is read from left to right, so a/b c is (a/b) c; a minus sign in front of a product covers the product;
powers group to the right.
"""

from __future__ import annotations

from typing import Final

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
)

RELATION: Final = 0
SHAPE: Final = 1
SUM: Final = 2
SIGN: Final = 3
PRODUCT: Final = 4
POWER: Final = 5
POSTFIX: Final = 6
ATOM: Final = 7

INFIX: Final = frozenset("and or element union intersection without ratio pm mp".split())
"""Functions that are written as signs between their arguments."""


def binding(formula: Formula) -> int:
    """How tightly a formula holds together when written on one line.

    >>> binding(Add((Name("a"), Name("b")))) < binding(Mul((Name("a"), Name("b")))) < binding(Name("a"))
    True
    """
    match formula:
        case Relation():
            return RELATION
        case Group(_, "x" | "@"):
            return SHAPE
        case Add():
            return SUM
        case Neg() | Fold():
            return SIGN
        case Mul() | Div():
            return PRODUCT
        case Number(value, written):
            return PRODUCT if value.denominator != 1 and not written else ATOM
        case Pow() | Partial():
            return POWER
        case Call("factorial" | "degrees", _):
            return POSTFIX
        case Call("pm" | "mp", _):
            return SUM
        case Call(function, _) if function in INFIX or function == "not":
            return SHAPE
        case Name() | Call() | Group():
            return ATOM


def bracketed(child: Formula, parent: Formula, position: int, *, stacked: bool = False) -> bool:
    """Whether a child needs brackets where it stands; `position` is its index among `children(parent)`.

    `stacked` means two dimensions: fractions are drawn as stacks and exponents are raised, so neither needs brackets
    of its own. A `Neg` after the first term of an `Add` is the minus sign of that term: its body is what is printed,
    and what is asked about is that body inside that `Neg`.

    >>> n, one = Name("n"), Number(1)
    >>> half = Div(Add((n, one)), Number(2))
    >>> bracketed(half.top, half, 0), bracketed(half.top, half, 0, stacked=True)
    (True, False)
    """
    held = binding(child)
    match parent:
        case Relation():
            return held == RELATION
        case Add():
            return held <= SUM
        case Neg():
            return held <= SUM or isinstance(child, Neg)
        case Mul():
            return _bracketed_factor(child, position, stacked)
        case Div():
            if stacked:
                return False
            return held <= (PRODUCT if position else SIGN) or _is_fraction(child) or _is_partial(child)
        case Pow():
            if position == 1 and stacked:
                return False
            return held < (ATOM if position else POSTFIX) or _is_percent(child)
        case Call("factorial" | "degrees", _):
            return held < ATOM or _is_percent(child)
        case Call("pm" | "mp", arguments):
            return held <= SUM if position == len(arguments) - 1 else held < SUM
        case Call(function, _) if function in INFIX:
            return held == SHAPE and isinstance(child, Call)
        case Fold():
            return position == 2 and (held <= SUM or isinstance(child, Neg))
        case Partial():
            return held < ATOM
        case Group(_, "x" | "@"):
            return held < ATOM
        case Number() | Name() | Call() | Group():
            return False


def _bracketed_factor(child: Formula, position: int, stacked: bool) -> bool:
    """A factor: sums, signs and inner products in brackets; a fraction too, unless stacked or leading as in c/g k."""
    match child:
        case Mul():
            return True
        case Div(top, bottom):
            return not stacked and (position > 0 or (isinstance(top, Number) and isinstance(bottom, Number)))
        case Number():
            return not stacked and _is_fraction(child)
        case _:
            return binding(child) < PRODUCT


def _is_fraction(formula: Formula) -> bool:
    return isinstance(formula, Div) or (isinstance(formula, Number) and binding(formula) == PRODUCT)


def _is_percent(formula: Formula) -> bool:
    return isinstance(formula, Number) and formula.written.endswith("%")


def _is_partial(formula: Formula) -> bool:
    return isinstance(formula, Partial)


def product_sign(left: Formula, right: Formula) -> bool:
    """Whether two neighbouring factors need a visible sign between them: 2 n needs none, n·2 and n·(k + 1) do.

    >>> product_sign(Number(2), Name("n")), product_sign(Name("n"), Number(2))
    (False, True)
    >>> product_sign(Name("d"), Add((Name("k"), Number(1)))), product_sign(Number(2), Add((Name("k"), Number(1))))
    (True, False)
    """
    if _starts_with_digit(right):
        return True
    opens = _bracketed_factor(right, 1, stacked=True)
    match left:
        case Number():
            return isinstance(right, Div)
        case Name(text):
            return opens or (_is_word(text) and isinstance(right, Name | Pow))
        case Pow(base, _):
            return opens or product_sign(base, right)
        case _:
            return False


def _starts_with_digit(formula: Formula) -> bool:
    match formula:
        case Number():
            return True
        case Pow(base, _):
            return _starts_with_digit(base)
        case Call("factorial", (body,)):
            return _starts_with_digit(body)
        case Call("indicator", _):
            return True
        case _:
            return False


def _is_word(name: str) -> bool:
    """A name set in several letters, beside which another name would run together."""
    return len(name.split("_")[0].rstrip("'")) > 1
