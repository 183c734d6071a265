"""Reading mathematics: any text whatever becomes a formula or an `Unreadable`, in bounded time and depth.

    text --lexing--> tokens --naming--> tokens that are names --parsing--> formula --checks--> formula or Unreadable
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import final

from solver.frozen import frozen
from solver.notation import limits
from solver.notation.atoms import ATOMS
from solver.notation.lexing import tokens
from solver.notation.naming import Vocabulary, named, vocabulary
from solver.notation.parsing import Parser
from solver.notation.scanning import Mark, Token
from solver.notation.sorts import is_infinite
from solver.notation.tree import Call, Fold, Formula, Group, Name, Relation, children, names, subformulas
from solver.notation.unreadable import Refused, Unreadable


def read(
    text: str,
    names: Iterable[str] | None = None,
    *,
    functions: Iterable[str] = (),
    lists: bool = False,
    near: Iterable[str] = (),
    decimal: Mark | None = None,
) -> Formula | Unreadable:
    """What a text says. With `names` only these are known; with `lists` a comma never is a decimal comma.

    Without `names` every word may be a name, and `near` are those to be expected. `decimal` declares the decimal mark;
    without it a single comma or dot that no thousands could stand before is one.

    >>> read("2n + 1")
    Add(terms=(Mul(factors=(Number(value=2, written=''), Name(text='n'))), Number(value=1, written='')))
    >>> read("nVar(w)", ["n"])
    Unreadable(reason='unknown_name', at=5, word='w')
    >>> read("4.800", decimal=",").value, read("4.800").value
    (4800, Fraction(24, 5))
    """
    known = vocabulary(None if names is None else tuple(names), tuple(functions), tuple(near))
    try:
        return _read(text, known, lists, decimal)
    except Refused as refused:
        return refused.unreadable


@final
@frozen(slots=True)
class Reader:
    """How the texts of one question are read: its names, its functions and its decimal mark."""

    names: tuple[str, ...] | None = None
    functions: tuple[str, ...] = ()
    decimal: Mark | None = None

    def read(self, text: str, *, lists: bool = False, near: Iterable[str] = ()) -> Formula | Unreadable:
        """A text as a formula of this question, or why it is none."""
        return read(text, self.names, functions=self.functions, lists=lists, near=near, decimal=self.decimal)

    def with_functions(self, functions: Iterable[str]) -> Reader:
        return Reader(self.names, (*self.functions, *functions), self.decimal)


@lru_cache(maxsize=4096)
def formula(text: str, functions: tuple[str, ...] = ()) -> Formula:
    """A formula that an author wrote; one that cannot be read is the author's mistake.

    >>> formula("C_in*K_h*K_w")
    Mul(factors=(Name(text='C_in'), Name(text='K_h'), Name(text='K_w')))
    """
    said = read(text, functions=functions)
    if isinstance(said, Unreadable):
        raise ValueError(f"{said.reason} at {said.at} in {text!r}")
    return said


def _read(text: str, known: Vocabulary, lists: bool, decimal: Mark | None) -> Formula:
    stream = tokens(text, lists=lists, free=known.open, decimal=decimal)
    latex = "\\" in text
    words, stranger = named(stream, known, latex=latex or "$" in text)
    if latex and sum(token.kind == "boxed" for token in words) > 1:
        raise Refused("syntax", next(token.at for token in words if token.kind == "boxed"))
    said = Parser(words, ATOMS, latex=latex, free=known.open).answer()
    if stranger is not None:
        raise Refused("unknown_name", stranger.at, stranger.text)
    if len(stream) > limits.TOKENS:
        raise Refused("too_long", stream[limits.TOKENS].at)
    _check(said)
    if not known.open or "inf" in text.lower() or "∞" in text:
        _check_free(said, known, words)
    return said


def _check(said: Formula) -> None:
    """What the grammar alone does not say: how high a tree may grow, and where conditions and lists may stand."""
    level: list[Formula] = [said]
    height = 0
    while level:
        height += 1
        if height > limits.HEIGHT:
            raise Refused("too_deep")
        below: list[Formula] = []
        for node in level:
            inside = children(node)
            if inside:
                below += inside
                kind = type(node)
                if kind is not Group and kind is not Call:
                    for child in inside:
                        if type(child) is Relation or (type(child) is Group and kind is not Relation):
                            raise Refused("syntax")
        level = below


def _check_free(said: Formula, known: Vocabulary, words: list[Token]) -> None:
    """The variable of a sum is known inside it alone, and infinity as a limit or an end of something alone."""
    folds = [node for node in subformulas(said) if isinstance(node, Fold)]
    variables = {fold.variable for fold in folds}
    placed = sum(is_infinite(limit) for fold in folds for limit in (fold.low, fold.high)) + sum(
        is_infinite(part)
        for node in subformulas(said)
        if isinstance(node, Group | Relation) and not (isinstance(node, Group) and node.bracket == "x")
        for part in children(node)
    )
    infinite = sum(node == Name("infinity") for node in subformulas(said))
    for free in names(said):
        if known.is_declared(free):
            continue
        at = next((token.at for token in words if token.text == free), 0)
        if free == "infinity" and infinite > placed + (known.open and is_infinite(said)):
            raise Refused("not_a_number", at)
        if free in variables and not known.open:
            raise Refused("unknown_name", at, free)
