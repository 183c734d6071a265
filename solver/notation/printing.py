"""A formula as plain text, in the order in which it was written; reading the text gives the same formula back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, final

from solver.frozen import frozen
from solver.notation.precedence import bracketed
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
    children,
    substitute,
)
from solver.notation.vocabulary import GREEK, SUPERSCRIPTS
from solver.patterns import pattern


@final
@frozen(slots=True)
class Signs:
    """What two ways of writing differ in."""

    minus: str
    times: str
    cross: str
    relations: Mapping[str, str]
    fences: Mapping[str, tuple[str, str]]
    greek: Mapping[str, str]
    typeset: bool


_UNICODE: Final = Signs(
    minus="−",
    times="·",
    cross="×",
    relations={"!=": "≠", "<=": "≤", ">=": "≥"},
    fences={"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "abs": ("|", "|"), "sqrt": ("√(", ")")},
    greek={word: letter for letter, word in reversed([*GREEK.items()])} | {"infinity": "∞"},
    typeset=True,
)
_ASCII: Final = Signs(
    minus="-",
    times="*",
    cross="x",
    relations={},
    fences={},
    greek={},
    typeset=False,
)
_RAISED: Final = {digit: raised for raised, digit in SUPERSCRIPTS.items()}
_INFIX: Final = {
    "element": " ∈ ",
    "union": " ∪ ",
    "intersection": " ∩ ",
    "without": " ∖ ",
    "pm": " ± ",
    "mp": " ∓ ",
    "ratio": ":",
}
_SIMPLE: Final = pattern(r"[A-Za-z]+[0-9]*|[0-9]+")


def plain(formula: Formula, values: Mapping[str, Formula] | None = None) -> str:
    """A formula as Unicode text, with formulas put in for names.

    >>> from solver.notation.reading import formula
    >>> size = formula("floor((n + 2*p - d*(k - 1) - 1)/s) + 1")
    >>> plain(size)
    '⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1'
    >>> plain(size, {name: Number(value) for name, value in {"n": 13, "p": 0, "d": 1, "k": 4, "s": 1}.items()})
    '⌊(13 + 2·0 − 1·(4 − 1) − 1)/1⌋ + 1'
    """
    return _Printer(_UNICODE).text(substitute(formula, values) if values else formula)


def ascii_text(formula: Formula) -> str:
    """A formula as it is typed in code.

    >>> from solver.notation.reading import formula
    >>> ascii_text(formula("⌈H/32⌉·σ_w² ≤ 3×10"))
    'ceil(H/32)*sigma_w^2 <= 3x10'
    """
    return _Printer(_ASCII).text(formula)


@final
@frozen(slots=True)
class _Printer:
    signs: Signs

    def text(self, formula: Formula) -> str:
        match formula:
            case Number(value, written):
                return self.number(value, written)
            case Name(text):
                return self.name(text)
            case Neg():
                return self.signs.minus + self.inside(formula, 0)
            case Add():
                return self.sum(formula)
            case Mul(factors):
                return self.signs.times.join(self.inside(formula, place) for place in range(len(factors)))
            case Div():
                return f"{self.inside(formula, 0)}/{self.inside(formula, 1)}"
            case Pow():
                return self.power(formula)
            case Call():
                return self.call(formula)
            case Fold():
                return self.fold(formula)
            case Partial():
                return self.partial(formula)
            case Group():
                return self.group(formula)
            case Relation():
                return self.relation(formula)

    def inside(self, parent: Formula, place: int) -> str:
        """A child of a formula, in brackets where it needs them."""
        child = children(parent)[place]
        said = self.text(child)
        called = isinstance(child, Fold | Partial) and not self.signs.typeset
        return f"({said})" if bracketed(child, parent, place) and not called else said

    def number(self, value: int | Fraction, written: str) -> str:
        if written and (self.signs.typeset or written.isascii()):
            return written
        return f"({value})" if written else str(value)

    def name(self, text: str) -> str:
        """σ_w for sigma_w, y_{2,k} for y_2,k"""
        head, *below = text.split("_")
        return "_".join([self.letter(head), *map(self.subscript, below)])

    def letter(self, word: str) -> str:
        bare = word.rstrip("'")
        return self.signs.greek.get(bare, bare) + word[len(bare) :]

    def subscript(self, word: str) -> str:
        bare = word.rstrip("'")
        if bare in self.signs.greek or _SIMPLE.fullmatch(bare):
            return self.letter(word)
        return "{" + bare + "}" + word[len(bare) :]

    def sum(self, formula: Add) -> str:
        """The terms, each minus sign as a subtraction."""
        pieces = [self.inside(formula, 0)]
        for place, term in enumerate(formula.terms[1:], start=1):
            match term:
                case Neg():
                    pieces += [self.signs.minus, self.inside(term, 0)]
                case _:
                    pieces += ["+", self.inside(formula, place)]
        return " ".join(pieces)

    def power(self, formula: Pow) -> str:
        base = self.inside(formula, 0)
        match formula.exponent:
            case Number(int(value), "") if self.signs.typeset:
                return base + self.raised(str(value))
            case Neg(Number(int(value), "")) if self.signs.typeset:
                return base + self.raised(f"-{value}")
        return f"{base}^{self.inside(formula, 1)}"

    def raised(self, digits: str) -> str:
        return "".join(_RAISED[digit] for digit in digits)

    def call(self, formula: Call) -> str:
        inner = ", ".join(self.inside(formula, place) for place in range(len(formula.arguments)))
        match formula:
            case Call("factorial", _):
                return inner + "!"
            case Call("indicator", (Relation(),)):
                return "1{" + inner + "}"
            case Call("E", _):
                return f"E[{inner}]"
            case Call("and" | "or" as word, parts):
                return f" {word} ".join(self.inside(formula, place) for place in range(len(parts)))
            case Call("not", _):
                return f"not ({inner})"
            case Call(function, parts) if self.signs.typeset and function in _INFIX and len(parts) > 1:
                return _INFIX[function].join(self.inside(formula, place) for place in range(len(parts)))
            case Call("pm" | "mp" as function, (_,)) if self.signs.typeset:
                return _INFIX[function].strip() + inner
            case Call("degrees", _) if self.signs.typeset:
                return f"{inner}°"
            case Call(function, _) if function in self.signs.fences:
                opening, closing = self.signs.fences[function]
                return opening + inner + closing
            case Call(function, _):
                return f"{self.letter(function)}({inner})"

    def fold(self, formula: Fold) -> str:
        """∑_{i=1}^{n} w_i·x_i, in code sum(i, 1, n, w_i*x_i)"""
        variable = self.name(formula.variable)
        low, high = self.text(formula.low), self.text(formula.high)
        if not self.signs.typeset or (formula.kind == "int" and len(formula.variable) > 1):
            function = "integral" if formula.kind == "int" else formula.kind
            return f"{function}({variable}, {low}, {high}, {self.text(formula.body)})"
        body = self.inside(formula, 2)
        if formula.kind == "int":
            return f"∫_{{{low}}}^{{{high}}} {body} d{variable}"
        return f"{'∑' if formula.kind == 'sum' else '∏'}_{{{variable}={low}}}^{{{high}}} {body}"

    def partial(self, formula: Partial) -> str:
        if self.signs.typeset:
            return f"∂{self.inside(formula, 0)}/∂{self.inside(formula, 1)}"
        return f"diff({self.text(formula.of)}, {self.text(formula.by)})"

    def group(self, formula: Group) -> str:
        items = [self.inside(formula, place) for place in range(len(formula.items))]
        match formula.bracket:
            case "x":
                return self.signs.cross.join(items)
            case "@":
                return "@".join([*items[:1], self.signs.cross.join(items[1:])])
            case "{":
                return "{" + ", ".join(items) + "}"
            case ",":
                return ", ".join(items) + ("," if len(items) == 1 else "")
            case "[)" | "(]" as fences:
                return fences[0] + ", ".join(items) + fences[1]
            case "(" | "[" as opening:
                alone = "," if len(items) == 1 else ""
                return opening + ", ".join(items) + alone + (")" if opening == "(" else "]")

    def relation(self, formula: Relation) -> str:
        pieces = [self.inside(formula, 0)]
        for place, operator in enumerate(formula.operators, start=1):
            pieces += [self.signs.relations.get(operator, operator), self.inside(formula, place)]
        return " ".join(pieces)
