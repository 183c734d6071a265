"""Reading mathematics: any text whatever becomes a formula or an `Unreadable`, in bounded time and depth.

    relation := side {relation-sign side}        side    := sum | shape such as 3x10x10, 3@10x10
    sum      := [sign] product {sign product}    product := factor {(* | / | nothing) factor}, from left to right
    factor   := sign factor | power              power   := postfix [^ power], grouping to the right

A minus sign before a product covers the product and one before a power covers the power: -x^2 is -(x^2). Order and
structure stay as authored; brackets become structure, not nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
from solver.notation.vocabulary import ARITY, BARE, FOLDS

_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "⌊": "⌋", "⌈": "⌉", "|": "|"}
_COMPARISONS: Final[dict[str, Comparison]] = {sign: sign for sign in ("=", "!=", "<", ">", "<=", ">=")}
_FOLD_KINDS: Final[dict[str, FoldKind]] = {"sum": "sum", "prod": "prod", "int": "int"}
_FENCED: Final = {"⌊": "floor", "⌈": "ceil", "|": "abs"}
_OPERANDS: Final = frozenset(
    "number name function fold diff delta ( [ { \\{ ⌊ ⌈ frac sqrt binom boxed sum prod int ∂".split()
)


def read(
    text: str, names: Iterable[str] | None = None, *, functions: Iterable[str] = (), lists: bool = False
) -> Formula | Unreadable:
    """What a text says. With `names` only these are known; with `lists` a comma never is a decimal comma.

    >>> read("2n + 1")
    Add(terms=(Mul(factors=(Number(value=2, written=''), Name(text='n'))), Number(value=1, written='')))
    >>> read("nVar(w)", ["n"])
    Unreadable(reason='unknown_name', at=5, word='w')
    """
    known = vocabulary(None if names is None else tuple(names), tuple(functions))
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
    stream = tokens(text, lists=lists)
    words, stranger = named(stream, known)
    if sum(token.kind == "boxed" for token in words) > 1:
        raise Refused("syntax", next(token.at for token in words if token.kind == "boxed"))
    said = _Parser(words, latex="\\" in text).answer()
    if stranger is not None:
        raise Refused("unknown_name", stranger.at, stranger.text)
    if len(stream) > limits.TOKENS:
        raise Refused("too_long", stream[limits.TOKENS].at)
    _check(said, known, words)
    return said


class _Parser:
    """Precedence climbing over the tokens; every way to nest passes `sum` or another place that goes `deeper`."""

    def __init__(self, stream: list[Token], latex: bool) -> None:
        self.stream = stream
        self.latex = latex
        self.place = 0
        self.depth = 0
        self.opened: list[str] = []
        self.shapes: list[Formula] = []

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
        """A relation, or several separated by commas."""
        items, listed = self.items("end")
        return self.group(items, "(") if listed else self.crossed(items[0])

    def group(self, items: tuple[Formula, ...], bracket: Bracket) -> Formula:
        return Group(tuple(map(self.crossed, items)), bracket)

    def items(self, closing: str) -> tuple[tuple[Formula, ...], bool]:
        """What stands between brackets, and whether it is a list rather than one formula."""
        found: list[Formula] = []
        listed = False
        while self.token.kind != closing:
            found.append(self.relation())
            if self.token.kind != ",":
                break
            self.next()
            listed = True
        self.expect(closing)
        return tuple(found), listed or not found

    def enclosed(self) -> tuple[tuple[Formula, ...], bool]:
        """An opening bracket, what stands in it, and its closing bracket."""
        opening = self.next().kind
        self.opened.append(opening)
        items, listed = self.items(_CLOSING[opening])
        self.opened.pop()
        return items, listed

    def relation(self) -> Formula:
        sides = [self.side()]
        operators: list[Comparison] = []
        while self.token.kind in _COMPARISONS:
            operators.append(_COMPARISONS[self.next().kind])
            sides.append(self.side())
        return Relation(tuple(sides), tuple(operators)) if operators else sides[0]

    def side(self) -> Formula:
        """A sum; or a shape such as 3@10x10."""
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
        terms = [self.term(self.sign())]
        while self.token.kind in ("+", "-"):
            terms.append(self.term(self.sign()))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def sign(self) -> bool:
        """Whether a minus sign stands here; a plus sign is passed over."""
        return self.token.kind in ("+", "-") and self.next().kind == "-"

    def term(self, negative: bool) -> Formula:
        if self.token.kind in ("+", "-"):
            self.deeper()
            body = self.term(self.sign())
            self.depth -= 1
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
        while self.token.kind in ("!", "sup"):
            token = self.next()
            said = Call("factorial", (said,)) if token.kind == "!" else self.superscript(said, token)
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
                items, listed = self.enclosed()
                return self.group(items, "(" if token.kind == "(" else "[") if listed else items[0]
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

    def number(self) -> Formula:
        token = self.next()
        if token.text == "1" and self.token.kind == "_":
            self.next()
        elif not (token.text == "1" and self.token.kind in ("{", "\\{")):
            return Number(token.value, token.text if _is_as_typed(token) else "")
        (condition,), _ = self.single(self.enclosed())
        return Call("indicator", (condition,))

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
            arguments = self.enclosed()[0]
        elif token.text in BARE or token.text.startswith("log_"):
            arguments = (self.bare_argument(),)
        else:
            raise self.refuse("syntax")
        said = self.applied(token, arguments)
        return said if exponent is None else self.raised(said, exponent, raising.at)

    def applied(self, token: Token, arguments: tuple[Formula, ...]) -> Formula:
        function = token.text
        if function.startswith("log_"):
            function, arguments = "log", (*arguments, _index(function.removeprefix("log_")))
        least, most = ARITY.get(function.rstrip("'"), (1, limits.TOKENS))
        if not least <= len(arguments) <= most:
            raise self.refuse("syntax", token.at, function)
        return Call(function, arguments)

    def bare_argument(self) -> Formula:
        """The letter or number after a function without a bracket; what follows it must not be in doubt."""
        self.deeper()
        said = self.power() if self.token.kind != "number" else self.postfix()
        self.depth -= 1
        if self.starts_operand(self.token):
            raise self.refuse("ambiguous")
        return said

    def called_fold(self) -> Formula:
        """sum(i, 1, n, body)"""
        token = self.next()
        items, _ = self.enclosed()
        match items:
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


def _product(factors: list[Formula]) -> Formula:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _is_size(piece: Formula) -> bool:
    """A piece that can be a size in a shape that is written with crosses."""
    return isinstance(piece, Number | Name) or (isinstance(piece, Call) and piece.function in ("floor", "ceil"))


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
    """The variable of a sum is known inside it alone, and infinity as a limit alone."""
    folds = [node for node in subformulas(said) if isinstance(node, Fold)]
    variables = {fold.variable for fold in folds}
    limited = {limit for fold in folds for limit in (fold.low, fold.high)}
    for free in names(said):
        if known.is_declared(free):
            continue
        at = next((token.at for token in words if token.text == free), 0)
        if free == "infinity" and not limited & {Name(free), Neg(Name(free))}:
            raise Refused("not_a_number", at)
        if free in variables and not known.open:
            raise Refused("unknown_name", at, free)
