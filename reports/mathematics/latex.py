"""A formula as LaTeX mathematics, in the order in which it was written; reading it gives the same formula back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from reports.mathematics.symbols import LETTERS, WORDS, is_known, is_tall, symbol, times_shown
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

RELATIONS: Final[Mapping[Comparison, str]] = {
    "=": "=",
    "!=": r"\ne",
    "<": "<",
    ">": ">",
    "<=": r"\le",
    ">=": r"\ge",
}
_FENCES: Final = {
    "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil", r"\rceil"),
    "abs": ("|", "|"),
    "(": ("(", ")"),
    "[": ("[", "]"),
    "{": (r"\{", r"\}"),
}
_FOLDS: Final = {"sum": r"\sum", "prod": r"\prod", "int": r"\int"}
_COMMANDS: Final = frozenset("ln log exp sin cos tan sinh cosh tanh max min".split())


_INFIX: Final[Mapping[str, str]] = {
    "and": r"\land",
    "or": r"\lor",
    "element": r"\in",
    "union": r"\cup",
    "intersection": r"\cap",
    "without": r"\setminus",
    "ratio": ":",
    "pm": r"\pm",
    "mp": r"\mp",
}


def latex(formula: Formula, values: Mapping[str, Formula] | None = None) -> str:
    r"""A formula as LaTeX without dollar signs, with formulas put in for names.

    >>> latex(Div(Neg(Name("sigma_w")), Name("C_in")))
    '\\frac{-\\sigma_{w}}{C_{\\mathrm{in}}}'
    """
    return _said(substitute(formula, values) if values else formula)


def _said(formula: Formula) -> str:
    match formula:
        case Number(value, written):
            return _number(value, written)
        case Name(text):
            return _name(text)
        case Neg():
            return "-" + _inside(formula, 0)
        case Add():
            return _sum(formula)
        case Mul():
            return _product(formula)
        case Div(top, bottom):
            return rf"\frac{{{_said(top)}}}{{{_said(bottom)}}}"
        case Pow(_, exponent):
            return f"{_inside(formula, 0)}^{{{_said(exponent)}}}"
        case Call():
            return _call(formula)
        case Fold():
            return _fold(formula)
        case Partial():
            return rf"\frac{{\partial {_inside(formula, 0)}}}{{\partial {_inside(formula, 1)}}}"
        case Group():
            return _group(formula)
        case Relation():
            return _relation(formula)


def _inside(parent: Formula, place: int) -> str:
    """A child of a formula, in brackets where it needs them."""
    child = children(parent)[place]
    said = _said(child)
    return _fenced("(", said, is_tall(child)) if bracketed(child, parent, place, stacked=True) else said


def _fenced(fence: str, said: str, tall: bool) -> str:
    opening, closing = _FENCES[fence]
    if tall:
        return rf"\left{opening} {said} \right{closing}"
    return f"{opening}{said}{closing}" if len(opening) == 1 else f"{opening} {said} {closing}"


def _number(value: int | Fraction, written: str) -> str:
    if written:
        return written.replace("%", r"\%")
    return str(value) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def _name(text: str) -> str:
    if text == "infinity":
        return r"\infty"
    parts = symbol(text)
    said = _word(parts.letter)
    for accent in parts.accents:
        said = rf"\{accent}{{{said}}}"
    if parts.below:
        said += f"_{{{','.join(map(_word, parts.below))}}}"
    return said + "'" * parts.primes


def _word(word: str) -> str:
    if word in LETTERS:
        return "\\" + word
    return rf"\mathrm{{{word}}}" if len(word) > 1 and not word.isdecimal() else word


def _sum(formula: Add) -> str:
    pieces = [_inside(formula, 0)]
    for place, term in enumerate(formula.terms[1:], start=1):
        match term:
            case Neg():
                pieces += ["-", _inside(term, 0)]
            case _:
                pieces += ["+", _inside(formula, place)]
    return " ".join(pieces)


def _product(formula: Mul) -> str:
    pieces = [_inside(formula, 0)]
    for place in range(1, len(formula.factors)):
        pieces += [r"\cdot"] if times_shown(formula, place) else []
        pieces.append(_inside(formula, place))
    return " ".join(pieces)


def _relation(formula: Relation) -> str:
    pieces = [_inside(formula, 0)]
    for place, operator in enumerate(formula.operators, start=1):
        pieces += [RELATIONS[operator], _inside(formula, place)]
    return " ".join(pieces)


def _group(formula: Group) -> str:
    items = [_inside(formula, place) for place in range(len(formula.items))]
    match formula.bracket:
        case "x":
            return r" \times ".join(items)
        case "@":
            return "@".join([*items[:1], r" \times ".join(items[1:])])
        case ",":
            return ", ".join(items)
        case "[)" | "(]" as fences:
            return rf"\left{fences[0]} {', '.join(items)} \right{fences[1]}"
        case "(" | "[" | "{" as bracket:
            return _fenced(bracket, ", ".join(items), is_tall(formula))


def _fold(formula: Fold) -> str:
    variable, low, high = _name(formula.variable), _said(formula.low), _said(formula.high)
    body = _inside(formula, 2)
    if formula.kind == "int":
        return rf"\int_{{{low}}}^{{{high}}} {body} \, d{variable}"
    return rf"{_FOLDS[formula.kind]}_{{{variable} = {low}}}^{{{high}}} {body}"


def _call(formula: Call) -> str:
    inner = ", ".join(map(_said, formula.arguments))
    tall = is_tall(formula)
    match formula.function, formula.arguments:
        case "sqrt", _:
            return rf"\sqrt{{{inner}}}"
        case "factorial", _:
            return _inside(formula, 0) + "!"
        case "binomial", (top, bottom):
            return rf"\binom{{{_said(top)}}}{{{_said(bottom)}}}"
        case "delta", (Name() | Number() as first, Name() | Number() as second):
            return rf"\delta_{{{_said(first)},{_said(second)}}}"
        case "log", (body, Name() | Number() as base):
            return rf"\log_{{{_said(base)}}}" + _fenced("(", _said(body), is_tall(body))
        case "degrees", _:
            return _inside(formula, 0) + r"^{\circ}"
        case "matrix", _ if (entries := rows_of(formula)) is not None:
            lines = (" & ".join(map(_said, row)) for row in entries)
            return r"\begin{pmatrix} " + r" \\ ".join(lines) + r" \end{pmatrix}"
        case "not", _:
            return r"\lnot " + _fenced("(", inner, tall)
        case function, (_,) if function in _INFIX:
            return f"{_INFIX[function]} {_inside(formula, 0)}"
        case function, parts if function in _INFIX:
            return f" {_INFIX[function]} ".join(_inside(formula, place) for place in range(len(parts)))
        case "indicator", _:
            return r"\mathbf{1}" + _fenced("{", inner, tall)  # the \mathbb of amssymb has letters alone, and no digit
        case "E", _:
            return r"\mathbb{E}" + _fenced("[", inner, tall)
        case function, _ if function in _FENCES:
            return _fenced(function, inner, tall)
        case function, _:
            return _function(function) + _fenced("(", inner, tall)


def _function(name: str) -> str:
    """A function's name: upright where everybody knows it, as in Var; otherwise a letter of the text."""
    bare = name.rstrip("'")
    if not is_known(bare):
        return _name(name)
    head, _, below = bare.partition("_")
    said = f"\\{head}" if head in _COMMANDS else rf"\operatorname{{{WORDS.get(head, head)}}}"
    return said + (f"_{{{below}}}" if below else "") + name[len(bare) :]
