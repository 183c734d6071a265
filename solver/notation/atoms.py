"""What stands alone: numbers, names, brackets, fractions, roots, functions, sums, derivatives, matrices."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from solver.notation import limits
from solver.notation.parsing import CLOSING, Atom, Parser
from solver.notation.scanning import Token
from solver.notation.tree import (
    Call,
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
    names,
)
from solver.notation.vocabulary import ARITY, BARE, FOLDS, ROOTS, VULGAR

_FOLD_KINDS: Final[dict[str, FoldKind]] = {"sum": "sum", "prod": "prod", "int": "int"}
_SET_HEADS: Final = tuple(
    (*head, bar) for bar in (":", "|") for head in (("name",), ("name", "∈", "name"))
)
"""The kinds of the tokens after the brace of a set that is given by a condition."""
_OF_SETS: Final = frozenset({"matrix", "element", "union", "intersection", "without"})
_BRACKETS: Final = frozenset({"(", "[", "{", "\\{"})
_MIXED: Final = (
    (("frac", "{", "number", "}", "{", "number", "}"), 2, 5),
    (("frac", "number", "number"), 1, 2),
    (("number", "/", "number"), 0, 2),
)
"""A fraction that may stand beside a whole number, and the places of its two numbers."""
_FENCED: Final = {"⌊": "floor", "⌈": "ceil", "|": "abs"}


# --- numbers


def _number(parser: Parser) -> Formula:
    token = parser.next()
    following = parser.kind
    if following in ("number", "frac") and (mixed := _mixed(parser, token)) is not None:
        return mixed
    if token.text == "1" and following in ("_", "{", "\\{"):
        if following == "_":
            parser.next()
        return Call("indicator", (_one_condition(parser),))
    return _counted(token)


def _mixed(parser: Parser, whole: Token) -> Formula | None:
    """1 1/2 and 1\\frac{1}{2}: a whole number and a proper fraction side by side."""
    kinds = tuple(token.kind for token in parser.stream[parser.place : parser.place + 7])
    for pattern, top, bottom in _MIXED:
        if kinds[: len(pattern)] == pattern:
            above, below = parser.stream[parser.place + top], parser.stream[parser.place + bottom]
            break
    else:
        half = parser.token
        if half.kind != "number" or isinstance(half.value, int) or half.text not in VULGAR:
            return None
        parser.next()
        return _quotient(whole.value + half.value)
    plain = all(token.text.isdecimal() for token in (whole, above, below))
    if not plain or not above.value < below.value or not above.value:
        return None
    parser.skip(len(pattern))
    return _quotient(whole.value + Fraction(above.value) / below.value)


def _counted(token: Token) -> Formula:
    """A number, with its text where it is printed as it was typed: decimals, powers of ten, percent and ½ are."""
    if token.text != str(token.value):
        return Number(token.value, token.text)
    return _quotient(token.value)


def _quotient(value: int | Fraction) -> Formula:
    return Number(value) if value.denominator == 1 else Div(Number(value.numerator), Number(value.denominator))


def _one_condition(parser: Parser) -> Formula:
    """A bracket that holds one condition."""
    items, _ = parser.enclosed()
    if len(items) != 1 or not isinstance(items[0], Relation):
        raise parser.refuse("syntax")
    return items[0]


# --- names and brackets


def _name(parser: Parser) -> Formula:
    return Name(parser.next().text)


def _delta(parser: Parser) -> Formula:
    first, second = parser.next().text.split(",")
    return Call("delta", (_index(first), _index(second)))


def _index(text: str) -> Formula:
    return Number(int(text)) if text.isdigit() and len(text) <= limits.DIGITS else Name(text)


def _brace(parser: Parser) -> Formula:
    """A set; in LaTeX, and before a power as in {x}^{2}, braces that only hold together."""
    if parser.latex:
        return parser.braced()
    if _is_condition(parser):
        return _such_that(parser)
    items, listed = parser.enclosed()
    return items[0] if not listed and parser.kind == "^" else parser.group(items, "{")


def _set(parser: Parser) -> Formula:
    return _such_that(parser) if _is_condition(parser) else parser.group(parser.enclosed()[0], "{")


def _is_condition(parser: Parser) -> bool:
    """Whether a set begins as {x : or {x ∈ ℝ | do, and not as {x |y|} does, whose bars come in pairs."""
    kinds = tuple(token.kind for token in parser.stream[parser.place + 1 :])
    inside = kinds[: kinds.index(closing)] if (closing := CLOSING[parser.kind]) in kinds else ()
    return any(inside[: len(head)] == head for head in _SET_HEADS) and (":" in inside or inside.count("|") % 2 == 1)


def _such_that(parser: Parser) -> Formula:
    """{x : x > 2} and {x ∈ ℝ | x > 2}, which say the same as their conditions."""
    closing = CLOSING[parser.next().kind]
    element = Name(parser.next().text)
    domain = Name("reals")
    if parser.next().kind == "∈":
        domain = Name(parser.next().text)
        parser.next()
    said = parser.condition()
    if isinstance(said, Name) or not parser.is_truth(said):
        raise parser.refuse("syntax")
    parser.expect(closing)
    return said if domain == Name("reals") else Call("and", (Call("element", (element, domain)), said))


def _fenced(parser: Parser) -> Formula:
    """⌊a⌋, ⌈a⌉ and |a|, whose fences look alike, so that something must stand between them."""
    opening = parser.next().kind
    parser.opened.append(opening)
    body = parser.sum()
    parser.expect(CLOSING[opening])
    parser.opened.pop()
    return Call(_FENCED[opening], (body,))


def _matrix(parser: Parser) -> Formula:
    """Rows of entries, which & separates."""
    parser.next()
    rows: list[Formula] = []
    while parser.kind != "endmatrix":
        row = [parser.crossed(parser.sum())]
        while parser.kind == "&":
            parser.next()
            row.append(parser.crossed(parser.sum()))
        rows.append(Group(tuple(row), "["))
        if parser.kind != "row":
            break
        parser.next()
    parser.expect("endmatrix")
    if len({len(row.items) for row in rows if isinstance(row, Group)}) != 1:
        raise parser.refuse("syntax", parser.stream[parser.place - 1].at)
    return Call("matrix", tuple(rows))


# --- LaTeX commands with arguments


def _argument(parser: Parser) -> Formula:
    """The argument of a LaTeX command: braces, or the next single thing."""
    if parser.kind == "number":
        return _counted(parser.next())
    return parser.braced() if parser.kind == "{" else parser.atom()


def _fraction(parser: Parser) -> Formula:
    parser.next()
    if parser.kind == "{" and parser.stream[parser.place + 1].kind == "∂":
        return _partial_fraction(parser)
    return Div(_argument(parser), _argument(parser))


def _radical(parser: Parser) -> Formula:
    parser.next()
    if parser.kind != "[":
        return Call("sqrt", (_argument(parser),))
    at = parser.token.at
    degree, listed = parser.enclosed()
    if listed:
        raise parser.refuse("syntax", at)
    return parser.raised(_argument(parser), Div(Number(1), degree[0]), at)


def _binomial(parser: Parser) -> Formula:
    parser.next()
    return Call("binomial", (_argument(parser), _argument(parser)))


def _boxed(parser: Parser) -> Formula:
    parser.next()
    return parser.braced()


# --- functions


def _call(parser: Parser) -> Formula:
    """f(a, b), f[a], f²(a), and ln n without a bracket."""
    token = parser.next()
    raising = parser.token
    exponent: Formula | None = None
    if raising.kind == "^":
        parser.next()
        exponent = parser.exponent()
    elif raising.kind == "sup":
        lifted = parser.superscript(Number(1), parser.next())
        exponent = lifted.exponent if isinstance(lifted, Pow) else None
    if parser.kind in _BRACKETS:
        arguments, _ = parser.enclosed()
        if token.text in _OF_SETS:
            arguments = tuple(map(parser.crossed, arguments))
    elif token.text in BARE or token.text.startswith("log_"):
        arguments = (_bare_argument(parser),)
    else:
        raise parser.refuse("syntax")
    if exponent == Neg(Number(1)) and f"a{token.text}" in ARITY:
        return _applied(parser, token, f"a{token.text}", arguments)
    said = _applied(parser, token, token.text, arguments)
    return said if exponent is None else parser.raised(said, exponent, raising.at)


def _applied(parser: Parser, token: Token, function: str, arguments: tuple[Formula, ...]) -> Formula:
    if function == "matrix" and len(arguments) == 1 and isinstance(arguments[0], Group):
        inner = arguments[0].items
        arguments = inner if all(isinstance(row, Group) for row in inner) else arguments
    if function == "matrix":
        arguments = tuple(row if isinstance(row, Group) else Group((row,), "[") for row in arguments)
    if function.startswith("log_"):
        function, arguments = "log", (*arguments, _index(function.removeprefix("log_")))
    least, most = ARITY.get(function.rstrip("'"), (1, limits.TOKENS))
    if not least <= len(arguments) <= most:
        raise parser.refuse("syntax", token.at, function)
    if function in ROOTS and len(arguments) == 1:
        return Pow(arguments[0], Div(Number(1), Number(ROOTS[function])))
    return Call(function, arguments)


def _bare_argument(parser: Parser) -> Formula:
    """What follows a function without a bracket: one letter or number, or a number and letters as in sin 2x."""
    parser.deeper()
    leads = parser.kind == "number"
    negative = parser.sign()
    said = parser.power()
    factors = [Neg(said) if negative else said]
    while leads and parser.kind == "name":
        factors.append(parser.power())
    parser.depth -= 1
    if parser.starts_operand() and parser.kind != "function":
        raise parser.refuse("ambiguous")
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


# --- sums, products, integrals


def _called_fold(parser: Parser) -> Formula:
    """sum(i, 1, n, body)"""
    token = parser.next()
    items, _ = parser.enclosed()
    match items:
        case (body, Name(variable), low, high) if body == items[1] or (
            not isinstance(body, Name) and variable not in names(low)
        ):
            return Fold(_FOLD_KINDS[FOLDS[token.text]], body, variable, low, high)
        case (Name(variable), low, high, body):
            return Fold(_FOLD_KINDS[FOLDS[token.text]], body, variable, low, high)
    raise parser.refuse("syntax", token.at, token.text)


def _fold(parser: Parser) -> Formula:
    """∑_{i=1}^{n} of the product that follows."""
    kind = _FOLD_KINDS[parser.next().kind]
    at = parser.token.at
    high = _limit(parser, "^")
    below = _limit(parser, "_")
    high = high or _limit(parser, "^")
    match below:
        case Relation((Name(variable), low), ("=",)) if high is not None:
            return Fold(kind, _body(parser), variable, low, high)
    raise parser.refuse("syntax", at)


def _limit(parser: Parser, kind: str) -> Formula | None:
    if parser.kind != kind:
        return None
    parser.next()
    if parser.kind == "-":
        parser.next()
        return Neg(_argument(parser))
    return _argument(parser)


def _body(parser: Parser) -> Formula:
    parser.deeper()
    negative = parser.sign()
    said = parser.product()
    parser.depth -= 1
    return Neg(said) if negative else said


def _integral(parser: Parser) -> Formula:
    """∫_{a}^{b} body dx"""
    parser.next()
    at = parser.token.at
    high = _limit(parser, "^")
    low = _limit(parser, "_")
    high = high or _limit(parser, "^")
    if low is None or high is None:
        raise parser.refuse("syntax", at)
    body = Number(1) if parser.kind == "dx" else parser.sum()
    return Fold("int", body, parser.expect("dx").text, low, high)


# --- derivatives


def _called_partial(parser: Parser) -> Formula:
    """diff(of, by)"""
    token = parser.next()
    items, _ = parser.enclosed()
    if len(items) != 2:
        raise parser.refuse("syntax", token.at, token.text)
    return Partial(items[0], items[1])


def _partial(parser: Parser) -> Formula:
    """∂C/∂x, or ∂/∂x of the power that follows."""
    parser.next()
    of = None if parser.kind == "/" else parser.atom()
    parser.expect("/")
    parser.expect("∂")
    by = parser.atom()
    return Partial(_following(parser) if of is None else of, by)


def _following(parser: Parser) -> Formula:
    """The power that follows d/dx."""
    parser.deeper()
    said = parser.power()
    parser.depth -= 1
    return said


def _partial_fraction(parser: Parser) -> Formula:
    """\\frac{\\partial C}{\\partial x}"""
    parser.expect("{")
    parser.expect("∂")
    of = None if parser.kind == "}" else parser.atom()
    parser.expect("}")
    parser.expect("{")
    parser.expect("∂")
    by = parser.atom()
    parser.expect("}")
    return Partial(_following(parser) if of is None else of, by)


ATOMS: Final[Mapping[str, Atom]] = {
    "number": _number,
    "name": _name,
    "function": _call,
    "fold": _called_fold,
    "diff": _called_partial,
    "delta": _delta,
    "(": Parser.bracketed,
    "[": Parser.bracketed,
    "matrix": _matrix,
    "{": _brace,
    "\\{": _set,
    "⌊": _fenced,
    "⌈": _fenced,
    "|": _fenced,
    "frac": _fraction,
    "sqrt": _radical,
    "binom": _binomial,
    "boxed": _boxed,
    "sum": _fold,
    "prod": _fold,
    "int": _integral,
    "∂": _partial,
}
"""By the kind of the token that a thing begins with."""
