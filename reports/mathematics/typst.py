"""A formula as Typst mathematics, in the order in which it was written.

Every letter is written as itself and every word as a string, so that no name is taken for one of Typst's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from reports.mathematics.symbols import (
    FOLDS,
    INFIX,
    LETTERS,
    RELATIONS,
    WORDS,
    Symbol,
    is_known,
    is_tall,
    symbol,
    times_shown,
)
from solver.notation.matrices import rows_of
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

_FENCES: Final = {
    "floor": ("⌊", "⌋"),
    "ceil": ("⌈", "⌉"),
    "abs": ("|", "|"),
    "(": ("(", ")"),
    "[": ("[", "]"),
    "{": ("{", "}"),
}
COMMA: Final = "\\, "  # escaped, so that it parts no arguments
_ACCENTS: Final = {"hat": "hat", "bar": "macron", "tilde": "tilde"}


_INFIX: Final[Mapping[str, str]] = {**INFIX, "without": "backslash"}


def typst(formula: Formula, values: Mapping[str, Formula] | None = None, *, equals: bool = False) -> str:
    """A formula as Typst mathematics without dollar signs, with formulas put in for names.

    `equals` starts it with an equality sign.

    >>> typst(Div(Neg(Name("sigma_w")), Name("C_in")))
    'frac(−σ_(w),C_(upright("in")))'
    """
    said = _said(substitute(formula, values) if values else formula)
    return f"= {said}" if equals else said


def _said(formula: Formula) -> str:
    match formula:
        case Number(value, written):
            return _number(value, written)
        case Name(text):
            return _name(text)
        case Neg():
            return "−" + _inside(formula, 0)
        case Add():
            return _sum(formula)
        case Mul():
            return _product(formula)
        case Div(top, bottom):
            return _over(_said(top), _said(bottom))
        case Pow():
            return _power(formula)
        case Call():
            return _call(formula)
        case Fold():
            return _fold(formula)
        case Partial():
            return _over(*(f"∂ {_inside(formula, place)}" for place in range(2)))
        case Group():
            return _group(formula)
        case Relation():
            return _relation(formula)


def _over(top: str, bottom: str) -> str:
    return f"frac({top},{bottom})"


def _string(text: str) -> str:
    """Text as one of Typst's strings.

    >>> _string('a"b')
    '"a\\\\"b"'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _inside(parent: Formula, place: int) -> str:
    """A child of a formula, in brackets where it needs them."""
    child = children(parent)[place]
    said = _said(child)
    return _fenced("(", said, is_tall(child)) if bracketed(child, parent, place, stacked=True) else said


def _fenced(fence: str, said: str, tall: bool) -> str:
    """Something between brackets, which grow with what is higher than a line and with nothing else.

    Bare brackets grow in Typst, escaped ones do not.
    """
    opening, closing = _FENCES[fence]
    if tall:
        return f"lr({opening}{said}{closing})"
    return f'class("opening", \\{opening}) {said} class("closing", \\{closing})'


def _listed(formulas: tuple[Formula, ...]) -> str:
    return COMMA.join(map(_said, formulas))


def _number(value: int | Fraction, written: str) -> str:
    if written:
        return written if written.isdecimal() else _string(written)
    return str(value) if value.denominator == 1 else _over(str(value.numerator), str(value.denominator))


def _name(text: str) -> str:
    if text == "infinity":
        return "∞"
    parts = symbol(text)
    return _letter(parts) + "'" * parts.primes + _below(parts)


def _letter(parts: Symbol) -> str:
    said = _word(parts.letter)
    for accent in parts.accents:
        said = f"{_ACCENTS[accent]}({said})"
    return said


def _below(parts: Symbol) -> str:
    return f"_({COMMA.join(map(_word, parts.below))})" if parts.below else ""


def _word(word: str) -> str:
    """A letter as itself, italic as Typst sets letters; a number; anything else as an upright word."""
    if word in LETTERS:
        return LETTERS[word]
    return word if (len(word) == 1 and word.isalpha()) or word.isdecimal() else f"upright({_string(word)})"


def _sum(formula: Add) -> str:
    pieces = [_inside(formula, 0)]
    for place, term in enumerate(formula.terms[1:], start=1):
        match term:
            case Neg():
                pieces += ["−", _inside(term, 0)]
            case _:
                pieces += ["+", _inside(formula, place)]
    return " ".join(pieces)


def _product(formula: Mul) -> str:
    pieces = [_inside(formula, 0)]
    for place in range(1, len(formula.factors)):
        pieces.append("⋅" if times_shown(formula, place) else _silent(formula, place))
        pieces.append(_inside(formula, place))
    return " ".join(piece for piece in pieces if piece)


def _silent(formula: Mul, place: int) -> str:
    """A little space where factors without a sign between them would run together."""
    left, right = formula.factors[place - 1 : place + 1]
    return "#h(0.14em)" if isinstance(left, Name | Call | Pow) or isinstance(right, Call) else ""


def _power(formula: Pow) -> str:
    """The exponent above; right above the subscript of a name that has one."""
    base, exponent = _inside(formula, 0), f"^({_said(formula.exponent)})"
    return base + exponent if isinstance(formula.base, Name | Number) else f"attach({base}, t: {exponent[2:-1]})"


def _relation(formula: Relation) -> str:
    pieces = [_inside(formula, 0)]
    for place, operator in enumerate(formula.operators, start=1):
        pieces += [RELATIONS[operator], _inside(formula, place)]
    return " ".join(pieces)


def _group(formula: Group) -> str:
    items = [_inside(formula, place) for place in range(len(formula.items))]
    match formula.bracket:
        case "x":
            return " × ".join(items)
        case "@":
            return " \\@ ".join([*items[:1], " × ".join(items[1:])])
        case ",":
            return _listed(formula.items)
        case "[)" | "(]" as fences:
            return f'class("opening", \\{fences[0]}) {_listed(formula.items)} class("closing", \\{fences[1]})'
        case "(" | "[" | "{" as bracket:
            return _fenced(bracket, _listed(formula.items), is_tall(formula))


def _fold(formula: Fold) -> str:
    variable, low, high = _name(formula.variable), _said(formula.low), _said(formula.high)
    body = _inside(formula, 2)
    if formula.kind == "int":
        return f'∫_({low})^({high}) {body} thin upright("d") {variable}'
    return f"{FOLDS[formula.kind]}_({variable} = {low})^({high}) {body}"


def _call(formula: Call) -> str:
    inner, tall = _listed(formula.arguments), is_tall(formula)
    match formula.function, formula.arguments:
        case "sqrt", _:
            return f"sqrt({inner})"
        case "factorial", _:
            return _inside(formula, 0) + "!"
        case "binomial", (top, bottom):
            return f"binom({_said(top)},{_said(bottom)})"
        case "delta", (first, second):
            return f"δ_({_said(first)}{COMMA}{_said(second)})"
        case "log", (body, base):
            return f'op("log")_({_said(base)}) {_fenced("(", _said(body), is_tall(body))}'
        case "degrees", _:
            return _inside(formula, 0) + " °"
        case "matrix", _ if (entries := rows_of(formula)) is not None:
            return "mat(" + "; ".join(", ".join(map(_said, row)) for row in entries) + ")"
        case "not", _:
            return "¬ " + _fenced("(", inner, tall)
        case function, (_,) if function in _INFIX:
            return f"{_INFIX[function]} {_inside(formula, 0)}"
        case function, parts if function in _INFIX:
            return f" {_INFIX[function]} ".join(_inside(formula, place) for place in range(len(parts)))
        case "indicator", _:
            return "𝟙 " + _fenced("{", inner, tall)
        case "E", _:
            return "𝔼 " + _fenced("[", inner, tall)
        case function, _ if function in _FENCES:
            return _fenced(function, inner, tall)
        case function, _:
            return f"{_function(function)} {_fenced('(', inner, tall)}"


def _function(name: str) -> str:
    """A function's name: upright where everybody knows it, as in Var; otherwise a letter of the text."""
    bare = name.rstrip("'")
    if not is_known(bare):
        return _name(name)
    head, _, below = bare.partition("_")
    said = f"op({_string(WORDS.get(head, head))})" + "'" * (len(name) - len(bare))
    return said + (f"_({_word(below)})" if below else "")
