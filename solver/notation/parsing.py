"""The grammar of conditions, sums, products and powers; what stands alone in them is read by `atoms`.

    condition := relation {(and | or) relation}  relation := side {relation-sign side}
    side     := sum | shape such as 3x10x10, 3@10x10 | sums joined by ∪, ∩, ∖
    sum      := [sign] product {sign product}    product := factor {(* | / | nothing) factor}, from left to right
    factor   := sign factor | power              power   := postfix [^ power], grouping to the right

A minus sign before a product covers the product and one before a power covers the power: -x^2 is -(x^2). Order and
structure stay as authored; brackets become structure, not nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import log10
from typing import Final, TypeAlias, final

from solver.notation import limits
from solver.notation.evaluation import exact
from solver.notation.scanning import Token
from solver.notation.sorts import is_equation
from solver.notation.tree import (
    Add,
    Bracket,
    Call,
    Comparison,
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
    product_of,
    subformulas,
)
from solver.notation.unreadable import Refused, Unreadable
from solver.notation.vocabulary import TRUTHS
from solver.patterns import pattern

Atom: TypeAlias = "Callable[[Parser], Formula]"

CLOSING: Final = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "⌊": "⌋", "⌈": "⌉", "|": "|"}
_COMPARISONS: Final[dict[str, Comparison]] = {sign: sign for sign in ("=", "!=", "<", ">", "<=", ">=")}
_RELATED: Final = frozenset({*_COMPARISONS, "≈", "∈"})
_DOUBLE: Final = {"±": "pm", "∓": "mp"}
_SIGNS: Final = frozenset({"+", "-"})
_ADDED: Final = _SIGNS | {*_DOUBLE}
_SETS: Final = {"∪": "union", "∩": "intersection", "∖": "without"}
_BETWEEN_SUMS: Final = frozenset({"@", ":", "choose", *_SETS})
_TRUTH: Final = {"and": "and", "∧": "and", "or": "or", "∨": "or"}
_POSTFIX: Final = {"!": "factorial", "°": "degrees"}
_AFTER_ATOM: Final = frozenset({"sup", *_POSTFIX})
_SUPERSCRIPT: Final = pattern(r"([+-]?)(?:([0-9]+)|([ni]))")
_MIXED_BRACKETS: Final[dict[str, Bracket]] = {"(]": "(]", "[)": "[)", "()": "(", "[]": "["}


@final
class Parser:
    """Precedence climbing over the tokens; every way to nest passes `sum` or another place that goes `deeper`.

    atoms   what reads a thing that stands alone, by the kind of its first token
    latex   whether braces only hold together    free   whether any word may be a name
    kind    the kind of the token at hand        opened the brackets around it
    """

    def __init__(self, stream: list[Token], atoms: Mapping[str, Atom], *, latex: bool, free: bool) -> None:
        self.stream = stream
        self.atoms = atoms
        self.latex = latex
        self.free = free
        self.place = 0
        self.kind = stream[0].kind
        self.depth = 0
        self.opened: list[str] = []
        self.shapes: list[Formula] = []
        self.closed_by = ""

    @property
    def token(self) -> Token:
        return self.stream[self.place]

    def next(self) -> Token:
        token = self.stream[self.place]
        if token.kind != "end":
            self.place += 1
            self.kind = self.stream[self.place].kind
        return token

    def skip(self, count: int) -> None:
        self.place += count
        self.kind = self.stream[self.place].kind

    def expect(self, kind: str) -> Token:
        if self.kind != kind:
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
        while self.kind not in closing:
            found.append(self.condition())
            if self.kind in TRUTHS and not self.free:
                raise self.refuse("bad_word", word=self.token.text)
            if self.kind not in (",", "and", "or"):
                break
            word = self.next()
            if word.kind == "," and self.kind in ("and", "or"):
                word = self.next()
            if word.kind != "," and self.kind in closing:
                raise self.refuse("syntax", word.at, word.text)
            listed = True
        if self.kind not in closing:
            raise self.refuse("syntax")
        self.closed_by = self.next().kind
        return tuple(found), listed or not found

    def enclosed(self) -> tuple[tuple[Formula, ...], bool]:
        """An opening bracket, what stands in it, and its closing bracket; an interval may be closed by another one."""
        opening = self.next().kind
        self.opened.append(opening)
        at = self.token.at
        items, listed = self.items((")", "]") if opening in ("(", "[") else (CLOSING[opening],))
        if self.closed_by != CLOSING[opening] and len(items) != 2:
            raise self.refuse("syntax", self.stream[self.place - 1].at if items else at)
        self.opened.pop()
        return items, listed

    def bracketed(self) -> Formula:
        """(a), (a, b), [a, b), ..."""
        opening = self.kind
        items, listed = self.enclosed()
        return self.group(items, _MIXED_BRACKETS[opening + self.closed_by]) if listed else items[0]

    # --- conditions

    def condition(self) -> Formula:
        """Relations joined by "or", and more tightly by "and"; between other formulas these words separate a list."""
        said = self.conjunction()
        if self.kind not in _TRUTH or not self.joins(said, "or"):
            return said
        parts = [said]
        while self.joins(parts[-1], "or"):
            parts.append(self.operand(self.conjunction))
        return Call("or", tuple(map(self.crossed, parts)))

    def conjunction(self) -> Formula:
        said = self.negation()
        if self.kind not in _TRUTH or not self.joins(said, "and"):
            return said
        parts = [said]
        while self.joins(parts[-1], "and"):
            parts.append(self.operand(self.negation))
        crossed = tuple(map(self.crossed, parts))
        return Group(crossed, ",") if all(map(is_equation, parts)) else Call("and", crossed)

    def joins(self, said: Formula, word: str) -> bool:
        """Whether "and" or "or" follows, as a sign or as a word after a condition."""
        return _TRUTH.get(self.kind) == word and (self.kind != word or self.is_truth(said))

    def operand(self, part: Callable[[], Formula]) -> Formula:
        """What follows "and" or "or"."""
        sign = self.next()
        said = part()
        if sign.kind in TRUTHS and not self.is_truth(said):
            raise self.refuse("bad_word", sign.at, sign.text)
        return said

    def is_truth(self, said: Formula) -> bool:
        match said:
            case Relation() | Call("and" | "or" | "not" | "element", _):
                return True
            case Name():
                return self.free and not self.latex
            case _:
                return False

    def negation(self) -> Formula:
        if self.kind != "not":
            return self.relation()
        word = self.next()
        self.deeper()
        body = self.negation()
        self.depth -= 1
        if not self.is_truth(body):
            raise self.refuse("bad_word", word.at, word.text)
        return Call("not", (body,))

    def relation(self) -> Formula:
        if self.kind == "≈":
            self.next()
        first = self.side()
        if self.kind not in _RELATED:
            return first
        sides = [first]
        operators: list[Comparison] = []
        while self.kind in _RELATED:
            kind = self.next().kind
            side = self.side()
            if kind == "∈":
                return Call("element", (sides[0], side))
            if kind == "≈" and not (len(sides) == 1 and isinstance(sides[0], Name)):
                continue  # an exact value and what it is about
            operators.append(_COMPARISONS.get(kind, "="))
            sides.append(side)
        return Relation(tuple(sides), tuple(operators)) if operators else first

    def side(self) -> Formula:
        """A set of points; a ratio; a binomial coefficient; a shape such as 3@10x10; a sum."""
        said = self.sum()
        if self.kind not in _BETWEEN_SUMS:
            return said
        said = self.sized(said)
        while self.kind in _SETS:
            function = _SETS[self.next().kind]
            right = self.sized(self.sum())
            flat = isinstance(said, Call) and said.function == function and function != "without"
            said = Call(function, (*(said.arguments if flat and isinstance(said, Call) else (said,)), right))
        if self.kind == ":" and self.free:
            parts = [said]
            while self.kind == ":":
                self.next()
                parts.append(self.sum())
            return Call("ratio", tuple(parts))
        if self.kind == "choose":
            self.next()
            return Call("binomial", (said, self.sum()))
        return said

    def sized(self, first: Formula) -> Formula:
        """3@10x10, where its first size was read."""
        if self.kind != "@":
            return first
        at = self.next().at
        rest = self.crossed(self.sum())
        sizes = rest.items if isinstance(rest, Group) and rest.bracket == "x" else (rest,)
        if not all(isinstance(size, Number | Name) for size in (first, *sizes)):
            raise self.refuse("syntax", at)
        return Group((first, *sizes), "@")

    def crossed(self, said: Formula) -> Formula:
        """Sizes joined by crosses are a shape where they stand alone, and a product everywhere else."""
        if not self.shapes:
            return said
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
        terms = [self.term() if self.kind in _ADDED else self.product()]
        while self.kind in _ADDED:
            if self.kind in _DOUBLE:
                terms = [Call(_DOUBLE[self.next().kind], (_added(terms), self.product()))]
            else:
                terms.append(self.term())
        self.depth -= 1
        return _added(terms)

    def term(self) -> Formula:
        """A sign, and the product after it."""
        if self.kind in _DOUBLE:
            return Call(_DOUBLE[self.next().kind], (self.product(),))
        negative = self.next().kind == "-"
        if self.kind not in _ADDED:
            body = self.product()
        elif self.kind in _DOUBLE:
            body = self.term()
        else:
            self.deeper()
            body = self.term()
            self.depth -= 1
        return Neg(body) if negative else body

    def sign(self) -> bool:
        """Whether a minus sign stands here; a plus sign is passed over."""
        return self.kind in _SIGNS and self.next().kind == "-"

    def product(self) -> Formula:
        factors = [self.factor() if self.kind in _SIGNS else self.power()]
        crosses = others = 0
        while True:
            kind = self.kind
            if kind == "*":
                self.next()
                factors.append(self.factor())
                others += 1
            elif kind == "/":
                self.next()
                factors = [Div(product_of(factors), self.factor())]
                others += 1
            elif kind in ("×", "x"):
                self.next()
                factors.append(self.factor())
                crosses += 1
            elif kind == "mod":
                self.next()
                factors = [Call("mod", (product_of(factors), self.factor()))]
                others += 1
            elif self.starts_operand():
                if kind == "number":
                    raise self.refuse("ambiguous")
                at = self.token.at
                factors = self.beside(factors, self.power(), at)
                others += 1
            else:
                break
        said = product_of(factors)
        if crosses and not others and all(map(_is_size, factors)):
            self.shapes.append(said)
        return said

    def starts_operand(self) -> bool:
        if self.kind == "|":
            return not (self.opened and self.opened[-1] == "|")
        return self.kind in self.atoms

    def beside(self, factors: list[Formula], right: Formula, at: int) -> list[Formula]:
        """Factors without a sign between them; 1 before a condition is an indicator, and C before a pair a binomial."""
        if isinstance(right, Group) and factors[-1] == Name("C") and right.bracket == "(" and len(right.items) == 2:
            return [*factors[:-1], Call("binomial", right.items)]
        if not isinstance(right, Relation):
            return [*factors, right]
        if factors[-1] != Number(1):
            raise self.refuse("syntax", at)
        return [*factors[:-1], Call("indicator", (right,))]

    def factor(self) -> Formula:
        """A power, and the signs before it."""
        if self.kind not in _SIGNS:
            return self.power()
        self.deeper()
        negative = self.sign()
        body = self.factor()
        self.depth -= 1
        return Neg(body) if negative else body

    def power(self) -> Formula:
        base = self.postfix()
        if self.kind != "^":
            return base
        at = self.next().at
        return self.raised(base, self.exponent(), at)

    def exponent(self) -> Formula:
        self.deeper()
        if self.kind in _SIGNS:
            negative = self.sign()
            body = self.exponent()
            said: Formula = Neg(body) if negative else body
        else:
            said = self.braced() if self.kind == "{" else self.postfix()
            if self.kind == "^":
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
            elif not -limits.EXPONENT <= value <= limits.EXPONENT or _digits(base, value) > limits.POWER_DIGITS:
                raise self.refuse("exponent_too_big", at)
        elif any(isinstance(inner, Pow) and names(inner.exponent) for inner in subformulas(exponent)):
            raise self.refuse("exponent_not_constant", at)
        return Pow(base, exponent)

    def postfix(self) -> Formula:
        atom = self.atoms.get(self.kind)
        if atom is None:
            raise self.refuse("syntax")
        said = atom(self)
        while self.kind in _AFTER_ATOM:
            token = self.next()
            said = self.superscript(said, token) if token.kind == "sup" else Call(_POSTFIX[token.kind], (said,))
        return said

    def superscript(self, base: Formula, token: Token) -> Formula:
        match = _SUPERSCRIPT.fullmatch(token.text)
        if match is None:
            raise self.refuse("syntax", token.at)
        sign, digits, letter = match.groups()
        if digits and len(digits) > limits.DIGITS:
            raise self.refuse("too_many_digits", token.at)
        exponent: Formula = Number(int(digits)) if digits else Name(letter)
        return self.raised(base, Neg(exponent) if sign == "-" else exponent, token.at)

    def braced(self) -> Formula:
        """{a}: the braces of LaTeX, which only hold together."""
        at = self.token.at
        if self.kind != "{":
            raise self.refuse("syntax")
        items, listed = self.enclosed()
        if listed:
            raise self.refuse("syntax", at)
        return items[0]

    def atom(self) -> Formula:
        """What stands alone, one level deeper."""
        atom = self.atoms.get(self.kind)
        if atom is None:
            raise self.refuse("syntax")
        self.deeper()
        said = atom(self)
        self.depth -= 1
        return said


def _added(terms: list[Formula]) -> Formula:
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _is_size(piece: Formula) -> bool:
    """A piece that can be a size in a shape that is written with crosses."""
    return isinstance(piece, Number | Name) or (isinstance(piece, Call) and piece.function in ("floor", "ceil"))


def _digits(base: Formula, exponent: int | Fraction) -> float:
    """How many digits a power of a plain number has."""
    match base:
        case Number(value, _) if value:
            return abs(float(exponent)) * abs(log10(value.numerator) - log10(value.denominator))
        case _:
            return 0.0
