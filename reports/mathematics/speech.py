"""A formula as spoken words of a language, for those who hear a page, and for the alternatives of formulas in PDF.

What a drawing shows by place is said by words: "the fraction a plus b over c, end of fraction". The words are in the
catalogs; letters and numbers stay as they are, and screen readers say them in the language of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final, final

from reports.mathematics.symbols import INFIX, LETTERS, WORDS, is_known, symbol
from reports.words import Words, words
from solver.frozen import frozen
from solver.notation.matrices import rows_of
from solver.notation.precedence import bracketed
from solver.notation.tree import (
    Add,
    Call,
    Comparison,
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

if TYPE_CHECKING:
    from exercises.exercise import Language

RELATIONS: Final[Mapping[Comparison, str]] = {
    "=": "equal",
    "!=": "unequal",
    "<": "less",
    ">": "greater",
    "<=": "at_most",
    ">=": "at_least",
}
_POWERS: Final = {2: "squared", 3: "cubed"}
_ITEMS: Final = {"(": "tuple", "[": "list", "{": "set"}
_HALF_OPEN: Final = {"[)": "open_above", "(]": "open_below"}


def speech(formula: Formula, language: Language, values: Mapping[str, Formula] | None = None) -> str:
    """A formula in spoken words, with formulas put in for names.

    >>> speech(Div(Add((Name("n"), Neg(Number(1)))), Number(2)), "en")
    'the fraction n minus 1 over 2, end of fraction'
    >>> speech(Pow(Name("sigma_w"), Number(2)), "en")
    'sigma sub w, squared'
    """
    return _Speaker(words(language)).say(substitute(formula, values) if values else formula)


@final
@frozen(slots=True)
class _Speaker:
    words: Words

    def put(self, key: str, **values: str) -> str:
        return self.words.say(f"speech.{key}", **values)

    def inside(self, parent: Formula, place: int) -> str:
        """A child of a formula, between spoken brackets where it needs them."""
        child = children(parent)[place]
        said = self.say(child)
        return self.put("bracket", body=said) if bracketed(child, parent, place, stacked=True) else said

    def say(self, formula: Formula) -> str:
        match formula:
            case Number(value, written):
                return self.number(value, written)
            case Name(text):
                return self.name(text)
            case Neg():
                return self.put("negative", body=self.inside(formula, 0))
            case Add():
                return self.sum(formula)
            case Mul(factors):
                return f" {self.put('times')} ".join(self.inside(formula, place) for place in range(len(factors)))
            case Div(top, bottom):
                key = "over" if _is_short(top) and _is_short(bottom) else "fraction"
                return self.put(key, top=self.say(top), bottom=self.say(bottom))
            case Pow():
                return self.power(formula)
            case Call():
                return self.call(formula)
            case Fold():
                return self.fold(formula)
            case Partial():
                return self.put("partial", of=self.inside(formula, 0), by=self.inside(formula, 1))
            case Group():
                return self.group(formula)
            case Relation():
                return self.relation(formula)

    def number(self, value: int | Fraction, written: str) -> str:
        if written or value.denominator == 1:
            return written or str(value)
        return self.put("over", top=str(value.numerator), bottom=str(value.denominator))

    def name(self, text: str) -> str:
        if text == "infinity":
            return self.put("infinity")
        parts = symbol(text)
        said = self.word(parts.letter)
        for accent in (*parts.accents, *["prime"] * parts.primes):
            said = self.put(accent, body=said)
        return self.put("below", name=said, below=", ".join(map(self.word, parts.below))) if parts.below else said

    def word(self, word: str) -> str:
        """A word as it is, a Greek letter by its name."""
        if word not in LETTERS:
            return word
        letter = self.put(f"letter.{word.lower()}")
        return self.put("capital", letter=letter) if word[0].isupper() else letter

    def sum(self, formula: Add) -> str:
        pieces = [self.inside(formula, 0)]
        for place, term in enumerate(formula.terms[1:], start=1):
            match term:
                case Neg():
                    pieces += [self.put("minus"), self.inside(term, 0)]
                case _:
                    pieces += [self.put("plus"), self.inside(formula, place)]
        return " ".join(pieces)

    def power(self, formula: Pow) -> str:
        base = self.inside(formula, 0)
        match formula.exponent:
            case Number(int(value), "") if value in _POWERS:
                return self.put(_POWERS[value], base=base)
            case exponent:
                key = "power" if _is_short(exponent) else "power_long"
                return self.put(key, base=base, exponent=self.say(exponent))

    def call(self, formula: Call) -> str:
        said = [self.say(argument) for argument in formula.arguments]
        match formula.function, said:
            case "factorial", _:
                return self.put("factorial", body=self.inside(formula, 0))
            case "root", [body, degree]:
                return self.put("root", body=body, degree=degree)
            case "root", [body]:
                return self.put("root", body=body, degree="2")
            case "log", [body, base]:
                return self.put("log", body=body, base=base)
            case "binomial" | "mod" | "Cov" | "delta" as function, [first, second]:
                return self.put(f"call.{function.lower()}", first=first, second=second)
            case "max" | "min" | "gcd" | "lcm" as function, _:
                return self.put(f"call.{function}", body=", ".join(said))
            case "matrix", _ if (entries := rows_of(formula)) is not None:
                rows = (self.put("row", entries=", ".join(map(self.say, row))) for row in entries)
                return self.put("matrix", rows=", ".join(rows))
            case function, [_] if function in INFIX:
                return f"{self.put(f'infix.{function}')} {self.inside(formula, 0)}"
            case function, _ if function in INFIX:
                between = f" {self.put(f'infix.{function}')} "
                return between.join(self.inside(formula, place) for place in range(len(said)))
            case function, [body] if f"speech.call.{function.lower()}" in self.words:
                return self.put(f"call.{function.lower()}", body=body)
            case function, _:
                return self.put("call", function=self.function(function), arguments=", ".join(said))

    def function(self, name: str) -> str:
        bare = name.rstrip("'")
        return self.name(WORDS.get(bare, bare) + name[len(bare) :]) if is_known(bare) else self.name(name)

    def fold(self, formula: Fold) -> str:
        low, high, body = (self.say(formula.low), self.say(formula.high), self.inside(formula, 2))
        return self.put(f"fold.{formula.kind}", variable=self.name(formula.variable), low=low, high=high, body=body)

    def group(self, formula: Group) -> str:
        items = [self.inside(formula, place) for place in range(len(formula.items))]
        match formula.bracket:
            case "x":
                return f" {self.put('by')} ".join(items)
            case "@":
                return self.put("at", first=items[0], rest=f" {self.put('by')} ".join(items[1:]))
            case ",":
                return ", ".join(items)
            case "[)" | "(]" as fences:
                return self.put(_HALF_OPEN[fences], low=items[0], high=items[-1])
            case "(" | "[" | "{" as bracket:
                return self.put(_ITEMS[bracket], items=", ".join(items))

    def relation(self, formula: Relation) -> str:
        said = self.inside(formula, 0)
        for place, operator in enumerate(formula.operators, start=1):
            said = self.put(f"relation.{RELATIONS[operator]}", left=said, right=self.inside(formula, place))
        return said


def _is_short(formula: Formula) -> bool:
    """Whether a formula is a name or a number, so that nobody needs to be told where it ends."""
    return isinstance(formula, Name | Number)
