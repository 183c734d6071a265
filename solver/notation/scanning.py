"""A text that is being taken apart into tokens: where we are in it, and what was found so far."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias, final

from solver.notation.characters import characters
from solver.notation.excerpts import excerpt, whole
from solver.notation.unreadable import Refused

Mark: TypeAlias = Literal[".", ","]
"""The decimal mark."""

_OPENING: Final = frozenset(("(", "[", "\\{"))
_CLOSING: Final = frozenset((")", "]", "\\}"))


@final
class Token(NamedTuple):
    """A piece of text: its kind, what it says, where it begins in the text as typed, and a number's value."""

    kind: str
    text: str
    at: int
    value: int | Fraction = 0
    styled: bool = False
    """Whether a word was set as one word, as in \\text{in} and \\mathrm{Var}."""

    def named(self, name: str) -> Token:
        return Token("name", name, self.at)


@final
class Scanner:
    """A text, a place in it, and the tokens before that place.

    lists    whether a comma separates items wherever it may       free   whether any word may be a name
    decimal  the declared decimal mark, if one is                  depth  how many brackets are open
    prose    the place before which words were set as words        short  places where TeX takes one character alone
    dropped  places of braces that say nothing                     doubt  a complaint about something odd on the way
    """

    def __init__(self, text: str, *, lists: bool, free: bool, decimal: Mark | None) -> None:
        said, places = characters(text)
        self.text, places = excerpt(said, places) if free else whole(said, places)
        self.places = [*places, len(text)]
        self.latex = "\\" in self.text
        self.lists = lists
        self.free = free
        self.decimal = decimal
        self.single_comma = self.text.count(",") == 1 or ";" in self.text
        self.at = 0
        self.prose = 0
        self.dropped: set[int] = set()
        self.matrices = 0
        self.depth = 0
        self.short: set[int] = set()
        self.found: list[Token] = []
        self.doubt: Refused | None = None

    def add(self, kind: str, text: str, value: int | Fraction = 0) -> None:
        """A token that begins here."""
        self.found.append(Token(kind, text, self.places[self.at], value, self.at < self.prose))

    def sign(self, kind: str, length: int) -> None:
        """A token that is no more than its kind."""
        if kind in _OPENING or (kind == "{" and not self.latex):
            self.depth += 1
        elif kind in _CLOSING or (kind == "}" and not self.latex):
            self.depth -= 1
        self.add(kind, "")
        self.at += length

    def refuse(self, reason: str, word: str = "") -> Refused:
        return Refused(reason, self.places[self.at], word)

    def past_spaces(self, at: int) -> int:
        while at < len(self.text) and self.text[at] == " ":
            at += 1
        return at

    def closing(self, opening: int) -> int:
        """Where the brace that opens here is closed."""
        depth = 0
        for place in range(opening, len(self.text)):
            if self.text[place - 1] != "\\" or place == opening:
                depth += (self.text[place] == "{") - (self.text[place] == "}")
            if depth == 0:
                return place
        return len(self.text)
