"""Numbers as they are typed: 4800, 4,800, 4 800, 0.5, 0,5, 4.8e3, 50%, ½, 0.1\\overline{6}, 204_5.

A comma is a decimal mark or separates thousands, and a dot a decimal mark, unless the other way round is declared.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from solver.notation import limits
from solver.notation.evaluation import whole
from solver.notation.scanning import Scanner
from solver.notation.vocabulary import SUPERSCRIPTS, VULGAR
from solver.patterns import pattern

_PLAIN: Final = pattern(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS: Final = pattern(
    r"[1-9][0-9]{0,2}(?:(?:,| ?\{ ?, ?\} ?|,\\! ?|\\,)[0-9]{3})+(?![0-9])(?!,[0-9])(?:\.[0-9]+)?"
)
_SPACED: Final = pattern(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9])(?:\.[0-9]+)?")
_DECIMAL_COMMA: Final = pattern(r"[0-9]+,[0-9]+")
_BETWEEN_DIGITS: Final = frozenset(", {\\")
"""What may stand between the digits of one number."""
_PERCENT: Final = pattern(r"\\?%(?!\w)(?! *[0-9({\[])| +\\?%(?! *[\w({\[])")
_REPEATING: Final = pattern(r"([0-9]*)\.([0-9]*)(?:\\overline|\\bar) *\{([0-9]{1,12})\}")
_BASE: Final = pattern(r"([0-9]+)_(?:\{([2-9]|1[0-6])\}|([2-9])(?![0-9]))")
_NO_DIGIT: Final = pattern(r"[^0-9.]")

_WITH_COMMA: Final = pattern(
    r"(?P<whole>[1-9][0-9]{0,2}(?:(?:[. ]|\\[,!]|\{\.\})[0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?:(?:,|\{,\})(?P<rest>[0-9]+)(?![0-9]|,[0-9]))?(?P<power>[eE][+-]?[0-9]+)?"
)
"""1.234,5 where a comma is declared the decimal mark; 1,2,3 is a list there too."""


def starts_number(scan: Scanner) -> bool:
    """Whether a number begins at the scanner's place."""
    return _PLAIN.match(scan.text, scan.at) is not None


def number(scan: Scanner) -> None:
    """The number that begins here."""
    text, at = scan.text, scan.at
    if at in scan.short:
        scan.add("number", text[at], int(text[at]))
        scan.at += 1
    elif scan.latex and (repeating := _REPEATING.match(text, at)):
        _repeating(scan, repeating)
    elif "_" in text and (based := _BASE.match(text, at)):
        _based(scan, based)
    elif scan.decimal == ",":
        _with_comma(scan)
    else:
        _with_dot(scan)


def _with_dot(scan: Scanner) -> None:
    text, at = scan.text, scan.at
    plain = _PLAIN.match(text, at)
    assert plain is not None, "a number was seen here"
    if text[plain.end() : plain.end() + 1] not in _BETWEEN_DIGITS:
        _decimal(scan, plain, plain[0])
        return
    outside = scan.depth == 0 and not scan.lists
    if outside and (grouped := _THOUSANDS.match(text, at)):
        _decimal(scan, grouped, _NO_DIGIT.sub("", grouped[0]))
    elif spaced := _SPACED.match(text, at):
        _decimal(scan, spaced, spaced[0].replace(" ", ""))
    elif outside and scan.decimal is None and scan.single_comma and (comma := _DECIMAL_COMMA.match(text, at)):
        _decimal(scan, comma, comma[0].replace(",", "."))
    else:
        _decimal(scan, plain, plain[0])


def _with_comma(scan: Scanner) -> None:
    said = _WITH_COMMA.match(scan.text, scan.at)
    before = scan.text[max(0, scan.at - 2) : scan.at]
    inside = ((scan.depth or scan.lists) and ";" not in scan.text) or (before[-1:] == "," and before[0].isdecimal())
    dotted = _PLAIN.match(scan.text, scan.at)
    if said is None or (said["rest"] and inside) or (dotted and dotted.end() > said.end()):
        _with_dot(scan)
        return
    digits = re.sub("[^0-9]", "", said["whole"])
    rest = "." + said["rest"] if said["rest"] else ""
    _decimal(scan, said, digits + rest + (said["power"] or ""))


def _decimal(scan: Scanner, match: re.Match[str], digits: str) -> None:
    value = _exact(scan, digits)
    digits = "0" + digits if digits[0] == "." else digits
    end = match.end()
    if scan.text[end : end + 1] in ("%", "\\", " ") and (percent := _PERCENT.match(scan.text, end)):
        digits, value, end = digits + "%", whole(Fraction(value) / 100), percent.end()
    scan.add("number", digits, value)
    scan.at = end


def _repeating(scan: Scanner, match: re.Match[str]) -> None:
    """0.1\\overline{6}"""
    if len(match[1] + match[2] + match[3]) > limits.DIGITS:
        raise scan.refuse("too_many_digits")
    once = Fraction(int((match[1] + match[2]) or "0"), 10 ** len(match[2]))
    again = Fraction(int(match[3]), (10 ** len(match[3]) - 1) * 10 ** len(match[2]))
    scan.add("number", str(whole(once + again)), whole(once + again))
    scan.at = match.end()


def _based(scan: Scanner, match: re.Match[str]) -> None:
    """204_5, a number in base 5"""
    base = int(match[2] or match[3])
    if len(match[1]) > limits.DIGITS:
        raise scan.refuse("too_many_digits")
    if any(int(digit) >= base for digit in match[1]):
        raise scan.refuse("syntax", match[0])
    scan.add("number", str(int(match[1], base)), int(match[1], base))
    scan.at = match.end()


def vulgar(scan: Scanner) -> None:
    """½"""
    char = scan.text[scan.at]
    scan.add("number", char, Fraction(*VULGAR[char]))
    scan.at += 1


def superscript(scan: Scanner) -> None:
    """The raised digits or letter of x²."""
    end = scan.at
    while end < len(scan.text) and scan.text[end] in SUPERSCRIPTS:
        end += 1
    scan.add("sup", "".join(SUPERSCRIPTS[char] for char in scan.text[scan.at : end]))
    scan.at = end


def _exact(scan: Scanner, digits: str) -> int | Fraction:
    """The value of 4800, 0.5 and 4.8e3."""
    if len(digits) <= limits.DIGITS and digits.isdecimal():
        return int(digits)
    mantissa, _, power = digits.lower().partition("e")
    before, _, after = mantissa.partition(".")
    if len(before + after) > limits.DIGITS:
        raise scan.refuse("too_many_digits")
    if len(power) > 10 or abs(int(power or "0")) > limits.DECIMAL_EXPONENT:
        raise scan.refuse("exponent_too_big")
    return whole(Fraction(int(before + after)) * Fraction(10) ** (int(power or "0") - len(after)))
