"""What stands beside a number without being a part of it: units, degrees, percent in words."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from solver.notation.tree import Call, Div, Formula, Mul, Name, Neg, Number, Pow, names, rebuild, subformulas
from solver.notation.vocabulary import CONSTANTS, GREEK, SETS, TRIGONOMETRIC

_PERCENT: Final = frozenset({"percent", "pct", "percentage"})
_NO_UNITS: Final = frozenset(
    {*GREEK.values(), *SETS.values(), *CONSTANTS, "emptyset", "infinity", "true", "false", "imaginary"}
)


DEGREES: Final = (None, Name("deg"), Name("degree"), Name("degrees"))
"""What may stand beside a number where the other one has a sign for degrees: nothing, or the word."""


def has_degrees(formula: Formula) -> bool:
    """Whether a sign for degrees stands anywhere in a formula."""
    return any(isinstance(part, Call) and part.function == "degrees" for part in subformulas(formula))


def without_degrees(formula: Formula, inside: bool = False) -> Formula:
    """Degrees under a sine, cosine or tangent, or `inside` of anything, as parts of pi, and elsewhere as numbers.

    >>> from solver.notation.printing import ascii_text
    >>> from solver.notation.reading import formula
    >>> [ascii_text(without_degrees(formula(text))) for text in ("90°", "sin(30°)")]
    ['90', 'sin(30*pi/180)']
    """
    match formula:
        case Call("degrees", (body,)):
            return Div(Mul((body, Name("pi"))), Number(180)) if inside else body
        case Call(function, arguments) if function in TRIGONOMETRIC:
            return Call(function, tuple(without_degrees(argument, True) for argument in arguments))
        case _:
            return rebuild(formula, lambda child: without_degrees(child, inside))


def unit(formula: Formula, known: frozenset[str]) -> tuple[Formula, Formula | None]:
    """A number and the unit beside it: 5 cm is 5 and cm. Names that the question knows are no units.

    >>> from solver.notation.reading import formula
    >>> unit(formula("28 percent"), frozenset())[0], unit(formula("5 cm"), frozenset())[1]
    (Number(value=Fraction(7, 25), written=''), Name(text='cm'))
    """
    match formula:
        case Neg(body):
            number, beside = unit(body, known)
            return Neg(number), beside
        case Mul((*factors, last)) if factors and _is_unit(last, known):
            rest: Formula = factors[0] if len(factors) == 1 else Mul(tuple(factors))
            number, beside = unit(rest, known)
            if letters(number):
                return formula, None
            if beside is not None:
                return number, Mul((beside, last))
            if isinstance(last, Name) and last.text in _PERCENT:
                return (Number(Fraction(number.value) / 100), None) if isinstance(number, Number) else (formula, None)
            return number, last
        case Div(top, bottom) if _is_unit(bottom, known):
            number, beside = unit(top, known)
            return (number, Div(beside, bottom)) if beside is not None else (formula, None)
        case _:
            return formula, None


def letters(formula: Formula) -> set[str]:
    """The names in a formula that stand for no number."""
    return {*names(formula)} - {*CONSTANTS}


def _is_unit(formula: Formula, known: frozenset[str]) -> bool:
    match formula:
        case Name(text):
            return len(text) > 1 and text.isalpha() and text.isascii() and text not in known | _NO_UNITS
        case Pow(base, Number()):
            return _is_unit(base, known)
        case _:
            return False
