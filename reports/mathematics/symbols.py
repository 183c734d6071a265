"""What the printers share: how a name is taken apart, and which letters and functions are drawn how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from solver.frozen import frozen
from solver.notation.precedence import bracketed, product_sign
from solver.notation.tree import Comparison, Div, Fold, Formula, Mul, Number, Partial, names, subformulas
from solver.notation.vocabulary import ARITY, GREEK

LETTERS: Final[Mapping[str, str]] = {word: letter for letter, word in reversed([*GREEK.items()])}
"""Greek letters by the words that the tree spells them with."""

ACCENTS: Final = ("hat", "bar", "tilde")

WORDS: Final[Mapping[str, str]] = {"relu": "ReLU", "sign": "sgn"}
"""Functions that are not printed under the name that the tree gives them."""

INFIX: Final[Mapping[str, str]] = {
    "and": "∧",
    "or": "∨",
    "element": "∈",
    "union": "∪",
    "intersection": "∩",
    "without": "\\",
    "ratio": ":",
    "pm": "±",
    "mp": "∓",
}
"""Functions that are signs between their arguments, or before the only one."""

RELATIONS: Final[Mapping[Comparison, str]] = {"=": "=", "!=": "≠", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}
FOLDS: Final = {"sum": "∑", "prod": "∏", "int": "∫"}
"""Signs as characters, for the printers that write those."""

FENCES: Final[Mapping[str, tuple[str, str]]] = {"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "abs": ("|", "|")}


@final
@frozen(slots=True)
class Symbol:
    """A name taken apart: y_hat_2,k' is y with a hat, below it 2 and k, and one prime."""

    letter: str
    below: tuple[str, ...]
    accents: tuple[str, ...]
    primes: int


def symbol(name: str) -> Symbol:
    """The parts of a name; commas in a subscript part as in y_2,k.

    >>> symbol("C_in"), symbol("x'")
    (Symbol(letter='C', below=('in',), accents=(), primes=0), Symbol(letter='x', below=(), accents=(), primes=1))
    """
    bare = name.replace("'", "")
    letter, *parts = bare.split("_")
    below = [piece for part in parts if part not in ACCENTS for piece in part.split(",")]
    accents = tuple(part for part in parts if part in ACCENTS)
    return Symbol(letter, tuple(filter(None, below)), accents, len(name) - len(bare))


def is_known(function: str) -> bool:
    """Whether a function is one that every reader knows by name, and not a letter of this text."""
    return function.split("_")[0].rstrip("'") in ARITY


def is_tall(formula: Formula) -> bool:
    """Whether a formula is higher than a line, so that what encloses it has to grow."""
    return any(
        isinstance(part, Div | Fold | Partial)
        or (isinstance(part, Number) and part.value.denominator != 1 and not part.written)
        for part in subformulas(formula)
    )


def times_shown(product: Mul, place: int) -> bool:
    """Whether a sign stands before this factor: where one is needed, and as in 1·(4 − 1) and (−2)·(−1)."""
    left, right = product.factors[place - 1 : place + 1]
    opens = isinstance(left, Number) and bracketed(right, product, place, stacked=True)
    return opens or product_sign(left, right) or not (names(left) or names(right))
