"""Reading mathematics: any text whatever becomes a formula or an `Unreadable`, in bounded time and depth.

    condition := relation {(and | or) relation}  relation := side {relation-sign side}
    side     := sum | shape such as 3x10x10, 3@10x10 | sums joined by ∪, ∩, ∖
    sum      := [sign] product {sign product}    product := factor {(* | / | nothing) factor}, from left to right
    factor   := sign factor | power              power   := postfix [^ power], grouping to the right

A minus sign before a product covers the product and one before a power covers the power: -x^2 is -(x^2). Order and
structure stay as authored; brackets become structure, not nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import log10
from typing import Final

from solver.notation import limits
from solver.notation.evaluation import exact
from solver.notation.lexing import Token, tokens
from solver.notation.naming import Vocabulary, named, vocabulary
from solver.notation.tree import (
    Add,
    Bracket,
    Call,
    Comparison,
    Div,
    Fold,
    FoldKind,
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
from solver.notation.unreadable import Refused, Unreadable
from solver.notation.vocabulary import ARITY, BARE, FOLDS, TRUTHS, VULGAR

_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "⌊": "⌋", "⌈": "⌉", "|": "|"}
_COMPARISONS: Final[dict[str, Comparison]] = {sign: sign for sign in ("=", "!=", "<", ">", "<=", ">=")}
_FOLD_KINDS: Final[dict[str, FoldKind]] = {"sum": "sum", "prod": "prod", "int": "int"}
_DOUBLE: Final = {"±": "pm", "∓": "mp"}
_SETS: Final = {"∪": "union", "∩": "intersection", "∖": "without"}
_LOGIC: Final = {"and": "∧", "or": "∨"}
_OF_SETS: Final = frozenset({"matrix", "element", *_SETS.values()})
_MIXED: Final = (
    (("frac", "{", "number", "}", "{", "number", "}"), 2, 5),
    (("frac", "number", "number"), 1, 2),
    (("number", "/", "number"), 0, 2),
)
_FENCED: Final = {"⌊": "floor", "⌈": "ceil", "|": "abs"}
_OPERANDS: Final = frozenset(
    "number name function fold diff delta matrix ( [ { \\{ ⌊ ⌈ frac sqrt binom boxed sum prod int ∂".split()
)


def read(
    text: str,
    names: Iterable[str] | None = None,
    *,
    functions: Iterable[str] = (),
    lists: bool = False,
    near: Iterable[str] = (),
) -> Formula | Unreadable:
    """What a text says. With `names` only these are known; with `lists` a comma never is a decimal comma.

    Without `names` every word may be a name, and `near` are those to be expected.

    >>> read("2n + 1")
    Add(terms=(Mul(factors=(Number(value=2, written=''), Name(text='n'))), Number(value=1, written='')))
    >>> read("nVar(w)", ["n"])
    Unreadable(reason='unknown_name', at=5, word='w')
    """
    known = vocabulary(None if names is None else tuple(names), tuple(functions), tuple(near))
    try:
        return _read(text, known, lists)
    except Refused as refused:
        return refused.unreadable


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


def _read(text: str, known: Vocabulary, lists: bool) -> Formula:
    stream = tokens(text, lists=lists, free=known.open)
    words, stranger = named(stream, known, latex="\\" in text or "$" in text)
    if sum(token.kind == "boxed" for token in words) > 1:
        raise Refused("syntax", next(token.at for token in words if token.kind == "boxed"))
    said = _Parser(words, "\\" in text, known.open).answer()
    if stranger is not None:
        raise Refused("unknown_name", stranger.at, stranger.text)
    if len(stream) > limits.TOKENS:
        raise Refused("too_long", stream[limits.TOKENS].at)
    _check(said, known, words)
    return said


class _Parser:
    """Precedence climbing over the tokens; every way to nest passes `sum` or another place that goes `deeper`."""

    def __init__(self, stream: list[Token], latex: bool, free: bool) -> None:
        self.stream = stream
        self.latex = latex
        self.free = free
        self.place = 0
        self.depth = 0
        self.opened: list[str] = []
        self.shapes: list[Formula] = []
        self.closed_by = ""

    @property
    def token(self) -> Token:
        return self.stream[self.place]

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.place += 1
        return token

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.refuse("syntax")
        return self.next()

    def refuse(self, reason: str, at: int | None = None, word: str = "") -> Refused:
        return Refused(reason, self.token.at if at is None else at, word)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > limits.DEPTH:
            raise self.refuse("too_deep")

    # --- the whole, and lists

    def answer(self) -> Formula:
        """A condition, or several formulas separated by commas."""
        items, listed = self.items(("end",))
        return self.group(items, ",") if listed else self.crossed(items[0])

    def group(self, items: tuple[Formula, ...], bracket: Bracket) -> Formula:
        return Group(tuple(map(self.crossed, items)), bracket)

    def items(self, closing: tuple[str, ...]) -> tuple[tuple[Formula, ...], bool]:
        """What stands between brackets, and whether it is a list rather than one formula."""
        found: list[Formula] = []
        listed = False
        while self.token.kind not in closing:
            found.append(self.condition())
            if self.token.kind in TRUTHS and not self.free:
                raise self.refuse("bad_word", word=self.token.text)
            if self.token.kind not in (",", "and", "or"):
                break
            word = self.next()
            if word.kind == "," and self.token.kind in ("and", "or"):
                word = self.next()
            if word.kind != "," and self.token.kind in closing:
                raise self.refuse("syntax", word.at, word.text)
            listed = True
        if self.token.kind not in closing:
            raise self.refuse("syntax")
        self.closed_by = self.next().kind
        return tuple(found), listed or not found

    def enclosed(self) -> tuple[tuple[Formula, ...], bool]:
        """An opening bracket, what stands in it, and its closing bracket; an interval may be closed by another one."""
        opening = self.next().kind
        self.opened.append(opening)
        at = self.token.at
        items, listed = self.items((")", "]") if opening in ("(", "[") else (_CLOSING[opening],))
        if self.closed_by != _CLOSING[opening] and len(items) != 2:
            raise self.refuse("syntax", self.stream[self.place - 1].at if items else at)
        self.opened.pop()
        return items, listed

    def bracketed(self) -> Formula:
        """(a), (a, b), [a, b), ..."""
        opening = self.token.kind
        items, listed = self.enclosed()
        if not listed:
            return items[0]
        mixed: dict[str, Bracket] = {"(]": "(]", "[)": "[)", "()": "(", "[]": "["}
        return self.group(items, mixed[opening + self.closed_by])

    # --- conditions

    def condition(self) -> Formula:
        return self.joined("or", lambda: self.joined("and", self.negation))

    def joined(self, word: str, part: Callable[[], Formula]) -> Formula:
        """Conditions with "and" or "or" between them; between other formulas these words separate a list."""
        parts = [part()]
        signs = (word, _LOGIC[word])
        while self.token.kind == signs[1] or (self.token.kind == word and self.is_truth(parts[-1])):
            said = self.next()
            parts.append(part())
            if said.kind == word and not self.is_truth(parts[-1]):
                raise self.refuse("bad_word", said.at, said.text)
        if len(parts) > 1 and word == "and" and all(map(_is_equation, parts)):
            return Group(tuple(map(self.crossed, parts)), ",")
        return parts[0] if len(parts) == 1 else Call(word, tuple(map(self.crossed, parts)))

    def is_truth(self, said: Formula) -> bool:
        match said:
            case Relation() | Call("and" | "or" | "not" | "element", _):
                return True
            case Name():
                return self.free and not self.latex
            case _:
                return False

    def negation(self) -> Formula:
        if self.token.kind != "not":
            return self.relation()
        word = self.next()
        self.deeper()
        body = self.negation()
        self.depth -= 1
        if not self.is_truth(body):
            raise self.refuse("bad_word", word.at, word.text)
        return Call("not", (body,))

    def relation(self) -> Formula:
        if self.token.kind == "≈":
            self.next()
        sides = [self.side()]
        operators: list[Comparison] = []
        while self.token.kind in _COMPARISONS or self.token.kind in ("≈", "∈"):
            kind = self.next().kind
            side = self.side()
            if kind == "∈":
                return Call("element", (sides[0], side))
            if kind == "≈" and not (len(sides) == 1 and isinstance(sides[0], Name)):
                continue  # an exact value and what it is about
            operators.append(_COMPARISONS.get(kind, "="))
            sides.append(side)
        return Relation(tuple(sides), tuple(operators)) if operators else sides[0]

    def side(self) -> Formula:
        """A set of points; a ratio; a binomial coefficient; a shape such as 3@10x10; a sum."""
        said = self.sized()
        while self.token.kind in _SETS:
            function = _SETS[self.next().kind]
            right = self.sized()
            flat = isinstance(said, Call) and said.function == function and function != "without"
            said = Call(function, (*(said.arguments if flat and isinstance(said, Call) else (said,)), right))
        if self.token.kind == ":" and self.free:
            parts = [said]
            while self.token.kind == ":":
                self.next()
                parts.append(self.sum())
            return Call("ratio", tuple(parts))
        if self.token.kind == "choose":
            self.next()
            return Call("binomial", (said, self.sum()))
        return said

    def sized(self) -> Formula:
        first = self.sum()
        if self.token.kind != "@":
            return first
        at = self.next().at
        rest = self.crossed(self.sum())
        sizes = rest.items if isinstance(rest, Group) and rest.bracket == "x" else (rest,)
        if not all(isinstance(size, Number | Name) for size in (first, *sizes)):
            raise self.refuse("syntax", at)
        return Group((first, *sizes), "@")

    def crossed(self, said: Formula) -> Formula:
        """Sizes joined by crosses are a shape where they stand alone, and a product everywhere else."""
        match said:
            case Relation(sides, operators):
                return Relation(tuple(map(self.crossed, sides)), operators)
            case Mul(factors) if any(said is shape for shape in self.shapes):
                return Group(factors, "x")
            case _:
                return said

    # --- sums, products, powers

    def sum(self) -> Formula:
        self.deeper()
        terms = [Call(_DOUBLE[self.next().kind], (self.product(),)) if self.token.kind in _DOUBLE else self.signed()]
        while self.token.kind in ("+", "-") or self.token.kind in _DOUBLE:
            if self.token.kind in _DOUBLE:
                double = _DOUBLE[self.next().kind]
                terms = [Call(double, (_added(terms), self.product()))]
            else:
                terms.append(self.signed())
        self.depth -= 1
        return _added(terms)

    def signed(self) -> Formula:
        return self.term(self.sign())

    def sign(self) -> bool:
        """Whether a minus sign stands here; a plus sign is passed over."""
        return self.token.kind in ("+", "-") and self.next().kind == "-"

    def term(self, negative: bool) -> Formula:
        if self.token.kind in ("+", "-"):
            self.deeper()
            body = self.signed()
            self.depth -= 1
        elif self.token.kind in _DOUBLE:
            body = Call(_DOUBLE[self.next().kind], (self.product(),))
        else:
            body = self.product()
        return Neg(body) if negative else body

    def product(self) -> Formula:
        factors = [self.factor()]
        crosses = others = 0
        while True:
            token = self.token
            if token.kind in ("×", "x"):
                self.next()
                factors.append(self.factor())
                crosses += 1
            elif token.kind == "*":
                self.next()
                factors.append(self.factor())
                others += 1
            elif token.kind == "/":
                self.next()
                factors = [Div(_product(factors), self.factor())]
                others += 1
            elif token.kind == "mod":
                self.next()
                factors = [Call("mod", (_product(factors), self.factor()))]
                others += 1
            elif self.starts_operand(token):
                if token.kind == "number":
                    raise self.refuse("ambiguous")
                factors = self.beside(factors, self.power(), token)
                others += 1
            else:
                break
        said = _product(factors)
        if crosses and not others and all(map(_is_size, factors)):
            self.shapes.append(said)
        return said

    def starts_operand(self, token: Token) -> bool:
        if token.kind == "|":
            return not (self.opened and self.opened[-1] == "|")
        return token.kind in _OPERANDS

    def beside(self, factors: list[Formula], right: Formula, token: Token) -> list[Formula]:
        """Factors without a sign between them; 1 before a condition is an indicator."""
        if not isinstance(right, Relation):
            return [*factors, right]
        if factors[-1] != Number(1):
            raise self.refuse("syntax", token.at)
        return [*factors[:-1], Call("indicator", (right,))]

    def factor(self) -> Formula:
        if self.token.kind not in ("+", "-"):
            return self.power()
        self.deeper()
        negative = self.sign()
        body = self.factor()
        self.depth -= 1
        return Neg(body) if negative else body

    def power(self) -> Formula:
        base = self.postfix()
        if self.token.kind != "^":
            return base
        at = self.next().at
        return self.raised(base, self.exponent(), at)

    def exponent(self) -> Formula:
        self.deeper()
        if self.token.kind in ("+", "-"):
            negative = self.sign()
            body = self.exponent()
            said: Formula = Neg(body) if negative else body
        else:
            said = self.braced() if self.token.kind == "{" else self.postfix()
            if self.token.kind == "^":
                at = self.next().at
                said = self.raised(said, self.exponent(), at)
        self.depth -= 1
        return said

    def raised(self, base: Formula, exponent: Formula, at: int) -> Formula:
        """base^exponent, where the exponent is bounded."""
        if not names(exponent):
            value = exact(exponent)
            if isinstance(value, Unreadable):
                if value.reason not in ("undefined", "wrong_type"):
                    raise self.refuse(value.reason, at)
            elif abs(Fraction(value)) > limits.EXPONENT or _digits(base, value) > limits.POWER_DIGITS:
                raise self.refuse("exponent_too_big", at)
        elif any(isinstance(inner, Pow) and names(inner.exponent) for inner in subformulas(exponent)):
            raise self.refuse("exponent_not_constant", at)
        return Pow(base, exponent)

    def postfix(self) -> Formula:
        said = self.primary()
        while self.token.kind in ("!", "sup", "°"):
            token = self.next()
            if token.kind == "sup":
                said = self.superscript(said, token)
            else:
                said = Call("factorial" if token.kind == "!" else "degrees", (said,))
        return said

    def superscript(self, base: Formula, token: Token) -> Formula:
        match = re.fullmatch(r"([+-]?)(?:([0-9]+)|([ni]))", token.text)
        if match is None:
            raise self.refuse("syntax", token.at)
        sign, digits, letter = match.groups()
        if digits and len(digits) > limits.DIGITS:
            raise self.refuse("too_many_digits", token.at)
        exponent: Formula = Number(int(digits)) if digits else Name(letter)
        return self.raised(base, Neg(exponent) if sign == "-" else exponent, token.at)

    # --- what stands alone

    def primary(self) -> Formula:
        token = self.token
        match token.kind:
            case "number":
                return self.number()
            case "name":
                self.next()
                return Name(token.text)
            case "function":
                return self.call()
            case "fold":
                return self.called_fold()
            case "diff":
                return self.called_partial()
            case "delta":
                first, second = self.next().text.split(",")
                return Call("delta", (_index(first), _index(second)))
            case "(" | "[":
                return self.bracketed()
            case "matrix":
                return self.matrix()
            case "{":
                return self.braced() if self.latex else self.group(self.enclosed()[0], "{")
            case "\\{":
                return self.group(self.enclosed()[0], "{")
            case "⌊" | "⌈" | "|":
                return self.fenced()
            case "frac":
                return self.fraction()
            case "sqrt":
                return self.radical()
            case "binom":
                self.next()
                return Call("binomial", (self.argument(), self.argument()))
            case "boxed":
                self.next()
                return self.braced()
            case "sum" | "prod":
                return self.fold(_FOLD_KINDS[self.next().kind])
            case "int":
                return self.integral()
            case "∂":
                return self.partial()
            case _:
                raise self.refuse("syntax")

    def matrix(self) -> Formula:
        """Rows of entries, which & separates."""
        self.next()
        rows: list[Formula] = []
        while self.token.kind != "endmatrix":
            row = [self.entry()]
            while self.token.kind == "&":
                self.next()
                row.append(self.entry())
            rows.append(Group(tuple(row), "["))
            if self.token.kind != "row":
                break
            self.next()
        self.expect("endmatrix")
        if len({len(row.items) for row in rows if isinstance(row, Group)}) != 1:
            raise self.refuse("syntax", self.stream[self.place - 1].at)
        return Call("matrix", tuple(rows))

    def entry(self) -> Formula:
        return self.crossed(self.sum())

    def mixed(self, whole: Token) -> Formula | None:
        """1 1/2 and 1\\frac{1}{2}: a whole number and a proper fraction side by side."""
        kinds = [token.kind for token in self.stream[self.place : self.place + 7]]
        for pattern, top, bottom in _MIXED:
            if tuple(kinds[: len(pattern)]) == pattern:
                above, below = self.stream[self.place + top], self.stream[self.place + bottom]
                break
        else:
            half = self.token
            if half.kind != "number" or isinstance(half.value, int) or half.text not in VULGAR:
                return None
            self.next()
            return _quotient(whole.value + half.value)
        plain = all(token.text.isdecimal() for token in (whole, above, below))
        if not plain or not above.value < below.value or not above.value:
            return None
        self.place += len(pattern)
        return _quotient(whole.value + Fraction(above.value) / below.value)

    def number(self) -> Formula:
        token = self.next()
        if (mixed := self.mixed(token)) is not None:
            return mixed
        if token.text == "1" and self.token.kind == "_":
            self.next()
        elif not (token.text == "1" and self.token.kind in ("{", "\\{")):
            return self.counted(token)
        (condition,), _ = self.single(self.enclosed())
        return Call("indicator", (condition,))

    def counted(self, token: Token) -> Formula:
        return Number(token.value, token.text) if _is_as_typed(token) else _quotient(token.value)

    def single(self, enclosed: tuple[tuple[Formula, ...], bool]) -> tuple[tuple[Formula, ...], bool]:
        """What stands in a bracket that holds one condition."""
        items, listed = enclosed
        if len(items) != 1 or not isinstance(items[0], Relation):
            raise self.refuse("syntax")
        return items, listed

    def fenced(self) -> Formula:
        """⌊a⌋, ⌈a⌉ and |a|, whose fences look alike, so that something must stand between them."""
        opening = self.next().kind
        self.opened.append(opening)
        body = self.sum()
        self.expect(_CLOSING[opening])
        self.opened.pop()
        return Call(_FENCED[opening], (body,))

    def braced(self) -> Formula:
        """{a}: the braces of LaTeX, which only hold together."""
        at = self.token.at
        if self.token.kind != "{":
            raise self.refuse("syntax")
        items, listed = self.enclosed()
        if listed:
            raise self.refuse("syntax", at)
        return items[0]

    def argument(self) -> Formula:
        """The argument of a LaTeX command: braces, or the next single thing."""
        if self.token.kind == "number":
            return self.counted(self.next())
        return self.braced() if self.token.kind == "{" else self.primary_deeper()

    def primary_deeper(self) -> Formula:
        self.deeper()
        said = self.primary()
        self.depth -= 1
        return said

    def fraction(self) -> Formula:
        self.next()
        if self.token.kind == "{" and self.stream[self.place + 1].kind == "∂":
            return self.partial_fraction()
        return Div(self.argument(), self.argument())

    def radical(self) -> Formula:
        self.next()
        if self.token.kind != "[":
            return Call("sqrt", (self.argument(),))
        at = self.token.at
        degree, listed = self.enclosed()
        if listed:
            raise self.refuse("syntax", at)
        return self.raised(self.argument(), Div(Number(1), degree[0]), at)

    # --- functions, sums, derivatives

    def call(self) -> Formula:
        """f(a, b), f[a], f²(a), and ln n without a bracket."""
        token = self.next()
        raising = self.token
        exponent: Formula | None = None
        if raising.kind == "^":
            self.next()
            exponent = self.exponent()
        elif raising.kind == "sup":
            lifted = self.superscript(Number(1), self.next())
            exponent = lifted.exponent if isinstance(lifted, Pow) else None
        if self.token.kind in ("(", "[", "{", "\\{"):
            arguments = tuple(map(self.crossed, self.enclosed()[0])) if token.text in _OF_SETS else self.enclosed()[0]
        elif token.text in BARE or token.text.startswith("log_"):
            arguments = (self.bare_argument(),)
        else:
            raise self.refuse("syntax")
        if exponent == Neg(Number(1)) and f"a{token.text}" in ARITY:
            return self.applied(replace(token, text=f"a{token.text}"), arguments)
        said = self.applied(token, arguments)
        return said if exponent is None else self.raised(said, exponent, raising.at)

    def applied(self, token: Token, arguments: tuple[Formula, ...]) -> Formula:
        function = token.text
        if function == "matrix" and len(arguments) == 1 and isinstance(arguments[0], Group):
            inner = arguments[0].items
            arguments = inner if all(isinstance(row, Group) for row in inner) else arguments
        if function.startswith("log_"):
            function, arguments = "log", (*arguments, _index(function.removeprefix("log_")))
        least, most = ARITY.get(function.rstrip("'"), (1, limits.TOKENS))
        if not least <= len(arguments) <= most:
            raise self.refuse("syntax", token.at, function)
        return Call(function, arguments)

    def bare_argument(self) -> Formula:
        """What follows a function without a bracket: one letter or number, or a number and letters as in sin 2x."""
        self.deeper()
        leads = self.token.kind == "number"
        negative = self.sign()
        said = self.power()
        factors = [Neg(said) if negative else said]
        while leads and self.token.kind == "name":
            factors.append(self.power())
        self.depth -= 1
        if self.starts_operand(self.token) and self.token.kind != "function":
            raise self.refuse("ambiguous")
        return _product(factors)

    def called_fold(self) -> Formula:
        """sum(i, 1, n, body)"""
        token = self.next()
        items, _ = self.enclosed()
        match items:
            case (body, Name(variable), low, high) if body == items[1] or (
                not isinstance(body, Name) and variable not in names(low)
            ):
                return Fold(_FOLD_KINDS[FOLDS[token.text]], body, variable, low, high)
            case (Name(variable), low, high, body):
                return Fold(_FOLD_KINDS[FOLDS[token.text]], body, variable, low, high)
        raise self.refuse("syntax", token.at, token.text)

    def called_partial(self) -> Formula:
        """diff(of, by)"""
        token = self.next()
        items, _ = self.enclosed()
        if len(items) != 2:
            raise self.refuse("syntax", token.at, token.text)
        return Partial(items[0], items[1])

    def fold(self, kind: FoldKind) -> Formula:
        """∑_{i=1}^{n} of the product that follows."""
        at = self.token.at
        high = self.limit("^")
        below = self.limit("_")
        high = high or self.limit("^")
        match below:
            case Relation((Name(variable), low), ("=",)) if high is not None:
                return Fold(kind, self.body(), variable, low, high)
        raise self.refuse("syntax", at)

    def limit(self, kind: str) -> Formula | None:
        if self.token.kind != kind:
            return None
        self.next()
        if self.token.kind == "-":
            self.next()
            return Neg(self.argument())
        return self.argument()

    def body(self) -> Formula:
        self.deeper()
        negative = self.sign()
        said = self.product()
        self.depth -= 1
        return Neg(said) if negative else said

    def integral(self) -> Formula:
        """∫_{a}^{b} body dx"""
        self.next()
        at = self.token.at
        high = self.limit("^")
        low = self.limit("_")
        high = high or self.limit("^")
        if low is None or high is None:
            raise self.refuse("syntax", at)
        body = self.sum()
        return Fold("int", body, self.expect("dx").text, low, high)

    def partial(self) -> Formula:
        """∂C/∂x, or ∂/∂x of the factor that follows."""
        self.next()
        of = None if self.token.kind == "/" else self.primary_deeper()
        self.expect("/")
        self.expect("∂")
        by = self.primary_deeper()
        return Partial(self.primary_deeper() if of is None else of, by)

    def partial_fraction(self) -> Formula:
        """\\frac{\\partial C}{\\partial x}"""
        self.expect("{")
        self.expect("∂")
        of = None if self.token.kind == "}" else self.primary_deeper()
        self.expect("}")
        self.expect("{")
        self.expect("∂")
        by = self.primary_deeper()
        self.expect("}")
        return Partial(self.primary_deeper() if of is None else of, by)


def _is_equation(formula: Formula) -> bool:
    return isinstance(formula, Relation) and set(formula.operators) == {"="}


def _added(terms: list[Formula]) -> Formula:
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _product(factors: list[Formula]) -> Formula:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _is_size(piece: Formula) -> bool:
    """A piece that can be a size in a shape that is written with crosses."""
    return isinstance(piece, Number | Name) or (isinstance(piece, Call) and piece.function in ("floor", "ceil"))


def _quotient(value: int | Fraction) -> Formula:
    return Number(value) if value.denominator == 1 else Div(Number(value.numerator), Number(value.denominator))


def _is_as_typed(token: Token) -> bool:
    """Whether a number is printed as it was typed: decimals, powers of ten, percent and ½ are."""
    return token.text != str(token.value)


def _index(text: str) -> Formula:
    return Number(int(text)) if text.isdigit() and len(text) <= limits.DIGITS else Name(text)


def _digits(base: Formula, exponent: int | Fraction) -> float:
    """How many digits a power of a plain number has."""
    match base:
        case Number(value, _) if value:
            return abs(float(exponent)) * abs(log10(value.numerator) - log10(value.denominator))
        case _:
            return 0.0


def _check(said: Formula, known: Vocabulary, words: list[Token]) -> None:
    """What the grammar alone does not say: how high a tree may grow, and where conditions and lists may stand."""
    waiting: list[tuple[Formula, int]] = [(said, 1)]
    while waiting:
        node, height = waiting.pop()
        if height > limits.HEIGHT:
            raise Refused("too_deep")
        for child in children(node):
            if isinstance(child, Relation) and not isinstance(node, Group | Call):
                raise Refused("syntax")
            if isinstance(child, Group) and not isinstance(node, Group | Call | Relation):
                raise Refused("syntax")
            waiting.append((child, height + 1))
    if not known.open or any(token.text == "infinity" for token in words):
        _check_free(said, known, words)


def _check_free(said: Formula, known: Vocabulary, words: list[Token]) -> None:
    """The variable of a sum is known inside it alone, and infinity as a limit or an end of something alone."""
    folds = [node for node in subformulas(said) if isinstance(node, Fold)]
    variables = {fold.variable for fold in folds}
    placed = sum(_is_infinite(limit) for fold in folds for limit in (fold.low, fold.high)) + sum(
        _is_infinite(part)
        for node in subformulas(said)
        if isinstance(node, Group | Relation) and not (isinstance(node, Group) and node.bracket == "x")
        for part in children(node)
    )
    infinite = sum(node == Name("infinity") for node in subformulas(said))
    for free in names(said):
        if known.is_declared(free):
            continue
        at = next((token.at for token in words if token.text == free), 0)
        if free == "infinity" and infinite > placed + (known.open and _is_infinite(said)):
            raise Refused("not_a_number", at)
        if free in variables and not known.open:
            raise Refused("unknown_name", at, free)


def _is_infinite(formula: Formula) -> bool:
    return formula in (Name("infinity"), Neg(Name("infinity")))
