"""One stream of tokens for plain text, Unicode and LaTeX.

A token's kind is one of

    number   with its value                     word     letters, then subscripts and primes, as one flat name
    sup      raised digits or letters, as in x²  single   signs, brackets and structures, each its own kind

Words are not yet names: which letters belong together depends on the names that are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final

from solver.notation.commands import command
from solver.notation.numerals import number, starts_number, superscript, vulgar
from solver.notation.scanning import Mark, Scanner, Token
from solver.notation.unreadable import Refused
from solver.notation.vocabulary import LETTERS, SIGNS, SUPERSCRIPTS, VULGAR
from solver.notation.words import name, word
from solver.patterns import pattern

_CROSS: Final = pattern(r"[xX](?= *[0-9.])")
_LIBRARY_SHAPE: Final = pattern(r"torch *\. *Size(?= *\()")
_RELATION: Final = pattern(r"<=|>=|!=|==|:=|=/=|=<|=>|<>|[=<>]")
_RELATIONS: Final = {"==": "=", ":=": "=", "=<": "<=", "=>": ">=", "<>": "!=", "=/=": "!="}
_DOUBLE_FACTORIAL: Final = pattern(r"(?<!!)!!(?![!=])")
_CURRENCIES: Final = "€£₪"
_DEGREE: Final = pattern(r"\^ *(?:\\circ|\{ *\\circ *\}|\\degree)")
_PERCENT_CONSTANT: Final = pattern(r"(?<![0-9 ])%(pi|i|e)(?![A-Za-z])")


def tokens(text: str, *, lists: bool = False, free: bool = False, decimal: Mark | None = None) -> list[Token]:
    """The tokens of a text, ended by a token of kind "end"; with `lists`, a comma never is a decimal comma.

    With `free` what stands around boxed mathematics, or around mathematics between dollar signs, is left aside.

    >>> [token.kind + token.text for token in tokens("2x_1 ≤ 0,5")]
    ['number2', 'wordx_1', '<=', 'number0.5', 'end']
    """
    scan = Scanner(text, lists=lists, free=free, decimal=decimal)
    while scan.at < len(scan.text):
        _STEPS.get(scan.text[scan.at], _mark)(scan)
    if scan.doubt is not None:
        raise scan.doubt
    if not scan.found:
        raise Refused("empty")
    scan.add("end", "")
    return scan.found


def _pass(scan: Scanner) -> None:
    scan.at += 1


def _lonely(scan: Scanner) -> None:
    """A sign that never is a part of a longer one."""
    scan.sign(scan.text[scan.at], 1)


def _brace(scan: Scanner) -> None:
    if scan.at in scan.dropped:
        scan.at += 1
    else:
        scan.sign(scan.text[scan.at], 1)


def _point(scan: Scanner) -> None:
    """.5, or a full stop, which may end a sentence."""
    if starts_number(scan):
        number(scan)
        return
    if scan.at != len(scan.text) - 1 and scan.doubt is None:
        scan.doubt = scan.refuse("syntax", ".")
    scan.at += 1


def _cross(scan: Scanner) -> None:
    """The x of 3x10, or a word."""
    if scan.found and scan.found[-1].kind == "number" and _CROSS.match(scan.text, scan.at):
        scan.sign("x", 1)
    else:
        word(scan)


def _library(scan: Scanner) -> None:
    """torch.Size before a shape says nothing."""
    if library := _LIBRARY_SHAPE.match(scan.text, scan.at):
        scan.at = library.end()
    else:
        word(scan)


def _raise(scan: Scanner) -> None:
    """^ and ^\\circ"""
    degree = _DEGREE.match(scan.text, scan.at) if scan.latex else None
    if degree is None:
        scan.sign("^", 1)
    else:
        scan.sign("°", degree.end() - scan.at)


def _percent(scan: Scanner) -> None:
    """%pi, as Maxima writes it."""
    if constant := _PERCENT_CONSTANT.match(scan.text, scan.at):
        scan.at += 1
        name(scan, constant[1], constant.end())
    else:
        _mark(scan)


def _star(scan: Scanner) -> None:
    if scan.text.startswith("**", scan.at):
        scan.sign("^", 2)
    else:
        scan.sign("*", 1)


def _indicated(scan: Scanner) -> None:
    """𝟙"""
    scan.add("number", "1", 1)
    scan.at += 1


def _below(scan: Scanner) -> None:
    """The underscore of the limits of a sum, or of the condition of an indicator."""
    last = scan.found[-1] if scan.found else None
    opens = scan.text[scan.at + 1 : scan.at + 2] in ("{", "(")
    if last and (last.kind in ("sum", "prod", "int") or (last.kind == "number" and last.text == "1" and opens)):
        scan.sign("_", 1)
    else:
        _mark(scan)


def _mark(scan: Scanner) -> None:
    """A sign, a bracket or a relation; or a character that has no place in mathematics."""
    text, at = scan.text, scan.at
    char = text[at]
    if text[at : at + 2] in ("</", "/>"):
        raise scan.refuse("bad_character", char)
    if scan.free and text.startswith("#pm#", at):
        scan.sign("±", 4)
    elif scan.free and char == "#":
        scan.sign("!=", 1)
    elif scan.latex and (char == "~" or (char == "&" and not scan.matrices)):
        scan.at += 1
    elif _DOUBLE_FACTORIAL.match(text, at):
        raise scan.refuse("ambiguous", "!!")
    elif relation := _RELATION.match(text, at):
        scan.sign(_RELATIONS.get(relation[0], relation[0]), len(relation[0]))
    elif char in SIGNS and (scan.free or scan.decimal == "," or char != ";"):
        scan.sign(SIGNS[char], 1)
    else:
        raise scan.refuse("bad_character", char)


_OTHER_LETTERS: Final = map(chr, chain(range(0xC0, 0xD7), range(0xD8, 0xF7), range(0xF8, 0x250), range(0x300, 0x370)))

_STEPS: Final[Mapping[str, Callable[[Scanner], None]]] = {
    **dict.fromkeys((*filter(str.isalpha, map(chr, range(128))), *_OTHER_LETTERS, *LETTERS), word),
    **dict.fromkeys("0123456789", number),
    **dict.fromkeys(" " + _CURRENCIES, _pass),
    **dict.fromkeys("+-()[],", _lonely),
    **dict.fromkeys("{}", _brace),
    **dict.fromkeys(SUPERSCRIPTS, superscript),
    **dict.fromkeys(VULGAR, vulgar),
    ".": _point,
    "x": _cross,
    "X": _cross,
    "t": _library,
    "^": _raise,
    "%": _percent,
    "*": _star,
    "_": _below,
    "\\": command,
    "𝟙": _indicated,
}
"""What begins with a character; whatever else is a mark."""
