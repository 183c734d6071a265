"""Which letters are which names: words become names, functions and products of names.

Without declared names every word is a name. With them the longest declared names are found, so that nVar(w) is
n Var(w), 2P is 2 P, and w₁, w_1, w_{1} and w1 are one name if one of them is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from solver.notation.scanning import Token
from solver.notation.unreadable import Refused
from solver.notation.vocabulary import (
    ALIASES,
    ARITY,
    BARE,
    CONSTANTS,
    FOLDS,
    GLUED,
    GREEK,
    HEDGES,
    LETTERS,
    NOT_NUMBERS,
    NOUNS,
    ROOTS,
    SETS,
    THOUSANDS,
    TRUTHS,
)
from solver.patterns import pattern

_BRACKETS: Final = ("(", "[", "{", "\\{")
_AFTER_NAMES: Final = frozenset("= end , ) ] } + * /".split())
_NAMES: Final = frozenset({"word", "∞"})
_CONDITIONS: Final = frozenset({"=", "<", ">", "<=", ">=", "!=", "∈"})
_OFTEN_GLUED: Final = ("pi", "i", "I")
"""What is seen in a word beside the names that are expected: pir^2 for pi r^2."""

_SPELLED_BASES: Final = frozenset({"log2", "log10"})
_BEFORE_LETTER: Final = frozenset({"ln", "log", "sin", "cos", "tan"})
_WHOLE_WORDS: Final = frozenset(
    {*ALIASES, *ARITY, *GREEK.values(), *SETS.values(), *CONSTANTS, "emptyset", "true", "false", "percent", "pct"}
)
_DIFFERENTIAL: Final = pattern(r"d([A-Za-z](?:_.+)?)")
_SUFFIXES: Final = sorted((word for word in (*ARITY, *ALIASES) if len(word) > 2), key=len, reverse=True)
_SHORT_DIFFERENTIAL: Final = pattern(r"d[A-Za-z][0-9]?(?:_.+)?'*")
_GREEK_WORDS: Final = frozenset(GREEK.values())


def canonical(name: str) -> str:
    """A name as the tree spells it: Greek letters in words, subscripts after underscores, no braces.

    >>> canonical("σ_w"), canonical("C_{in}"), canonical("w₁")
    ('sigma_w', 'C_in', 'w_1')
    """
    from_digits = re.sub("[₀-₉]+", lambda run: "_" + run[0].translate(_SUBSCRIPT_DIGITS), name)
    spelled = "".join(LETTERS.get(char, char) for char in from_digits)
    return re.sub(r"[{}()\s\\]", "", spelled)


_SUBSCRIPT_DIGITS: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def spelling(name: str) -> str:
    """What two spellings of one name have in common: w1 and w_1, Cin and C_in."""
    return name.replace("_", "")


class Vocabulary:
    """The names and functions a text may use; `names=None` allows every word, and `near` are then those expected."""

    def __init__(self, names: Iterable[str] | None, functions: Iterable[str], near: Iterable[str] = ()) -> None:
        self.functions = frozenset(map(canonical, functions))
        self.open = names is None
        expected = (*near, *_OFTEN_GLUED) if near else ()
        declared = [canonical(name) for name in (expected if names is None else names)]
        self.names: dict[str, str] = {}
        for name in declared:
            if not (self.open and name[-1].isdigit()):
                self.names.setdefault(spelling(name), name)
            if not self.open and (digits := re.fullmatch(r"([A-Za-z]+)([0-9]+)", name)):
                self.names.setdefault(f"{digits[1]}_{digits[2]}", name)
        self.names.update({name: name for name in declared})
        self.heads = frozenset(name.split("_")[0] for name in declared)
        self.crosses = any(name.startswith("x") for name in self.names)
        self.longest = max(map(len, self.names), default=0)

    def function(self, word: str) -> str | None:
        """The function that a word names, with the primes it has: `relu`, `F'`."""
        bare = word.rstrip("'")
        primes = word[len(bare) :]
        if bare in self.functions:
            return bare + primes
        known = ALIASES.get(bare, bare)
        return known + primes if known in ARITY or known in ROOTS else None

    def is_declared(self, word: str) -> bool:
        return word in self.names

    def split(self, word: str) -> list[str] | None:
        """The declared names whose product a word is, the longest first."""
        dead: set[int] = set()

        def after(start: int) -> list[str] | None:
            if start == len(word):
                return []
            if start in dead:
                return None
            for stop in range(min(len(word), start + self.longest), start, -1):
                name = self.names.get(word[start:stop])
                if name is not None and word[stop : stop + 1] not in ("_", "'"):
                    rest = after(stop)
                    if rest is not None:
                        return [name, *rest]
            dead.add(start)
            return None

        return after(0) if 0 < len(word) <= 60 else None


@lru_cache(maxsize=256)
def vocabulary(
    names: tuple[str, ...] | None, functions: tuple[str, ...], near: tuple[str, ...] = ()
) -> Vocabulary:
    """The vocabulary of these names and functions; of one question it is made once."""
    return Vocabulary(names, functions, near)


def named(tokens: list[Token], known: Vocabulary, latex: bool = False) -> tuple[list[Token], Token | None]:
    """The tokens with names for words, and the first word that is no declared name, if there is one.

    In LaTeX letters side by side are a product: xy is x y.
    """
    kinds = {token.kind for token in tokens}
    if kinds.isdisjoint(_NAMES) and not ("x" in kinds and known.crosses):
        return tokens, None
    naming = _Naming(tokens, known, latex)
    found: list[Token] = []
    for place, token in enumerate(tokens):
        if token.kind == "word":
            found += naming.a_word(token, place)
        elif token.kind == "number" and naming.is_crossed(place - 1):
            found[-1] = found[-1].named(known.names["x" + token.text])
        elif token.kind == "∞":
            found.append(naming.infinity(token))
        else:
            found.append(token)
            naming.integrals += token.kind == "int"
    return found, naming.stranger


class _Naming:
    def __init__(self, tokens: list[Token], known: Vocabulary, latex: bool) -> None:
        self.tokens = tokens
        self.known = known
        self.latex = latex
        self.bound = frozenset(_bound_variables(tokens, known))
        self.integrals = 0
        self.stranger: Token | None = None

    def a_word(self, token: Token, place: int) -> list[Token]:
        """The named tokens for a word at a place."""
        text, known = token.text, self.known
        if text in HEDGES and not known.is_declared(text):
            truth = NOUNS.get(text, text)
            if truth in TRUTHS and (known.open or any(near.kind in _CONDITIONS for near in self.tokens)):
                return [token._replace(kind=truth)]
            raise Refused("bad_word", token.at, text)
        if text == "U" and self.is_union(place) and not known.is_declared(text):
            return [token._replace(kind="∪", text="")]
        if self.integrals and (variable := self.differential(token)):
            self.integrals -= 1
            return [variable]
        if text[0] == "d" and self.is_partial(place):
            sign = token._replace(kind="∂", text="")
            return [sign, *self.word(token._replace(text=text[1:]), place)] if len(text) > 1 else [sign]
        return self.word(token, place)

    def kind(self, place: int) -> str:
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else "end"

    # --- words

    def word(self, token: Token, place: int) -> list[Token]:
        text, known = token.text, self.known
        called = self.kind(place + 1) in _BRACKETS
        if known.is_declared(text):
            return [token.named(known.names[text])]
        if self.kind(place + 1) == "(" and (text in FOLDS or text == "diff"):
            return [token._replace(kind="fold" if text in FOLDS else "diff")]
        if text == "mod" and not called:
            return [token._replace(kind="mod", text="")]
        if function := self.function(token, place):
            return [function]
        if text.startswith("delta_") and (pair := self.kronecker(token)):
            return [pair]
        if text in THOUSANDS and not known.open and self.kind(place - 1) == "number" and not called:
            size = THOUSANDS[text]
            return [token._replace(kind="*", text=""), token._replace(kind="number", text=str(size), value=size)]
        if text in self.bound or text in CONSTANTS:
            return [token.named(token.text)]
        if text.lower() in NOT_NUMBERS and not known.open:
            raise Refused("not_a_number", token.at, text)
        if text.lower() in ("inf", "infinity", "minf"):
            sign = [token._replace(kind="-", text="")] if text.lower() == "minf" else []
            return [*sign, self.infinity(token)]
        if text.lower() == "nan":
            raise Refused("not_a_number", token.at, text)
        if (called or self.is_raised(place + 1)) and (glued := self.glued(token, called)):
            return glued
        if known.open:
            return self.freely(token)
        return self.product(token, called)

    def freely(self, token: Token) -> list[Token]:
        """A word where every word is allowed: expected names side by side, sin and x, letters side by side, a name."""
        text = token.text
        if len(text) == 1 or token.styled:
            return [token.named(token.text)]
        if text not in _WHOLE_WORDS and (pieces := self.known.split(text)):
            return [token.named(piece) for piece in pieces]
        head, rest = text[:-1], text[-1]
        if head in _BEFORE_LETTER and rest.isalpha():
            return [token._replace(kind="function", text=head), token.named(rest)]
        letters = re.match("[A-Za-z]*", text)
        if self.latex and letters and letters.end() > 1 and text[letters.end() :][:1] in ("", "_", "'"):
            if letters[0] in _WHOLE_WORDS:
                return [token.named(token.text)]
            last = text[letters.end() - 1 :]
            return [token.named(letter) for letter in (*letters[0][:-1], last)]
        return [token.named(token.text)]

    def product(self, token: Token, called: bool) -> list[Token]:
        """A word that is no name itself: declared names side by side, or a stranger."""
        text = token.text
        if self.is_indexed(text):
            return [token.named(token.text)]
        if pieces := self.known.split(text):
            return [token.named(piece) for piece in pieces]
        if crossed := self.shape(token):
            return crossed
        if called:
            raise Refused("unknown_function", token.at, text)
        if len(text) > 1 and self.known.split(text.rstrip("0123456789")):
            raise Refused("ambiguous", token.at, text)
        self.stranger = self.stranger or token
        return [token.named(token.text)]

    def function(self, token: Token, place: int) -> Token | None:
        """sqrt(, sin x, sin² x, log_2 x, F'( and delta( with two arguments."""
        text = token.text
        following = self.kind(place + 1)
        base, _, below = text.partition("_")
        if base == "log" and below:
            return token._replace(kind="function", text=text)
        if text in _SPELLED_BASES and following in _BRACKETS:
            return token._replace(kind="function", text=text.replace("log", "log_"))
        name = self.known.function(text)
        if name is None:
            primed = self.known.open and text.endswith("'") and following == "("
            return token._replace(kind="function") if primed else None
        if name == "delta" and not self.is_pair(place + 1):
            return None
        if following in _BRACKETS or self.is_raised(place + 1) or (name in BARE and following not in _AFTER_NAMES):
            return token._replace(kind="function", text=name)
        return None

    def is_raised(self, place: int) -> bool:
        """Whether an exponent stands here, and a bracket after it."""
        return self.kind(place) in ("^", "sup") and self.kind(self.past_exponent(place)) in _BRACKETS

    def past_exponent(self, place: int) -> int:
        """The place after a simple exponent."""
        if self.kind(place) == "sup":
            return place + 1
        if self.kind(place + 1) == "{":
            while self.kind(place) not in ("}", "end"):
                place += 1
            return place + 1
        return place + 2

    def is_pair(self, place: int) -> bool:
        """Whether a bracket holds exactly two arguments."""
        depth = commas = 0
        for token in self.tokens[place:]:
            depth += (token.kind in _BRACKETS) - (token.kind in (")", "]", "}", "\\}"))
            commas += token.kind == "," and depth == 1
            if depth == 0:
                break
        return commas == 1

    def is_union(self, place: int) -> bool:
        """Whether brackets that cannot be multiplied stand on both sides, as in (0,1) U (2,3)."""
        if self.kind(place - 1) not in (")", "]", "}", "\\}"):
            return False
        following = self.kind(place + 1)
        return following in ("{", "\\{") or (following in ("(", "[") and self.is_pair(place + 1))

    def kronecker(self, token: Token) -> Token | None:
        """delta_km and delta_k,m as the delta of k and m."""
        below = token.text.removeprefix("delta_").split(",")
        if len(below) == 1 and len(below[0]) == 2 and below[0].isalpha():
            below = list(below[0])
        if len(below) != 2 or not all(re.fullmatch(r"[A-Za-z]|[0-9]+", index) for index in below):
            return None
        return token._replace(kind="delta", text=",".join(below))

    def glued(self, token: Token, called: bool) -> list[Token]:
        """nVar(w) as n Var(w), and where an exponent stands between, Bsec^2(x) as B sec^2(x)."""
        declared = sorted(self.known.functions, key=len, reverse=True) if called else ()
        for name in (*(GLUED if called else ()), *declared, *(_SUFFIXES if self.known.open else ())):
            head = token.text.removesuffix(name)
            if head == token.text or not head or head.endswith("_"):
                continue
            if name in _SUFFIXES:
                if len(head) > 1 and not self.known.split(head):
                    continue
                name = self.known.function(name) or name
            pieces = [head] if self.known.open and name != "E" else self.known.split(head)
            if pieces:
                return [
                    *(token.named(piece) for piece in pieces),
                    token._replace(kind="function", text=name),
                ]
        return []

    def is_indexed(self, text: str) -> bool:
        """w_i where w is declared in some form and i is the variable of a sum."""
        head, _, below = text.partition("_")
        return head in self.known.heads and bool(below) and all(index in self.bound for index in below.split(","))

    # --- shapes

    def is_crossed(self, place: int) -> bool:
        """Whether 3x1 stands here where x_1 is a declared name."""
        return self.kind(place) == "x" and "x" + self.tokens[place + 1].text in self.known.names

    def shape(self, token: Token) -> list[Token]:
        """CxHxW as a shape, where x itself is not declared."""
        pieces = re.split("[xX]", token.text)
        if len(pieces) < 2 or self.known.is_declared("x"):
            return []
        names = [self.known.names.get(piece, "") for piece in pieces]
        if not all(names[1:]) or (not names[0] and pieces[0]):
            return []
        crossed: list[Token] = []
        for name in names:
            crossed += [token._replace(kind="x", text=""), token.named(name)]
        return crossed[1:] if names[0] else crossed[2:]

    # --- differentials

    def is_partial(self, place: int) -> bool:
        """Whether a word is the dL of dL/dx, the d of d/dx, or the dx of either."""
        match self.kind(place + 1), self.kind(place - 1):
            case "/", _ if self.kind(place + 2) == "word":
                return self.is_derivative(place, place + 2)
            case _, "/" if self.kind(place - 2) == "word":
                return self.is_derivative(place - 2, place)
            case "}", "{" if self.kind(place - 2) == "frac" and self.kind(place + 3) == "word":
                return self.is_derivative(place, place + 3)
            case "}", "{" if self.kind(place - 4) == "{" and self.kind(place - 5) == "frac":
                return self.is_derivative(place - 3, place)
        return False

    def is_derivative(self, top: int, bottom: int) -> bool:
        alone = self.tokens[top].text == "d" and not self.known.is_declared("d")
        return self.is_difference(bottom) and (alone or self.is_difference(top))

    def is_difference(self, place: int) -> bool:
        token = self.tokens[place]
        if token.kind != "word" or not token.text.startswith("d") or self.known.is_declared(token.text):
            return False
        if self.known.open:
            rest = token.text[1:].split("_")[0].rstrip("'")
            return _SHORT_DIFFERENTIAL.fullmatch(token.text) is not None or rest in _GREEK_WORDS
        return self.known.is_declared(token.text[1:]) or self.known.split(token.text[1:]) is not None

    def differential(self, token: Token) -> Token | None:
        if self.known.is_declared(token.text) or not _DIFFERENTIAL.fullmatch(token.text):
            return None
        variable = token.text[1:]
        return token._replace(kind="dx", text=variable) if variable in self.bound else None

    def infinity(self, token: Token) -> Token:
        return token.named("infinity")


def _bound_variables(tokens: list[Token], known: Vocabulary) -> Iterator[str]:
    """The variables of all sums and integrals of a text."""
    integrals = 0
    for place, token in enumerate(tokens):
        if token.kind == "int":
            integrals += 1
        elif token.kind in ("sum", "prod"):
            match tokens[place + 1 : place + 4]:
                case [Token("_"), Token("{" | "("), Token("word") as variable]:
                    yield variable.text
        elif token.kind == "word" and token.text in FOLDS:
            match tokens[place + 1 : place + 4]:
                case [Token("("), Token("word") as variable, Token(",")]:
                    yield variable.text
        elif integrals and (match := _DIFFERENTIAL.fullmatch(token.text)) and not known.is_declared(token.text):
            integrals -= 1
            yield match[1]
