"""Words as they are typed: letters, then subscripts and primes, as one flat name: C_in, σ_w², w₁, y_{2,k}, x'."""

from __future__ import annotations

from typing import Final

from solver.notation.scanning import Scanner
from solver.notation.vocabulary import COMMAND_LETTERS, FOLDS, LETTERS, SIGNS, SILENT, STYLES, SUBSCRIPTS
from solver.patterns import pattern

LETTER: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f"
COMMAND: Final = pattern(r"\\([A-Za-z]+|.)")
STYLED: Final = pattern(r"\s*\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}")
_WORD: Final = pattern(f"[{LETTER}][0-9{LETTER}]*")
_SUBSCRIPT: Final = pattern(r"[0-9]+|[A-Za-z]+[0-9]*")
_EXTRAS: Final = frozenset("+-*,")
_ATTACHED: Final = frozenset({"_", "'", *SUBSCRIPTS})


def word(scan: Scanner) -> None:
    """Letters, then subscripts and primes."""
    letter = scan.text[scan.at]
    match = _WORD.match(scan.text, scan.at)
    if letter in LETTERS or match is None:
        name(scan, LETTERS[letter], scan.at + 1)
    elif scan.at in scan.short:
        name(scan, letter, scan.at + 1)
    else:
        name(scan, match[0], match.end())


def name(scan: Scanner, base: str, end: int) -> None:
    """A word from its base, which ends at `end`: with what is written below and after it."""
    text = scan.text
    if text[end : end + 1] not in _ATTACHED:
        scan.add("word", base)
        scan.at = end
    elif _takes_limits(text, base, end):
        scan.add(FOLDS.get(base, "sum"), "")
        scan.at = end
    else:
        attached, stop = _attached(scan, end)
        scan.add("word", base + attached)
        scan.at = stop


def _takes_limits(text: str, base: str, end: int) -> bool:
    """Whether a word is the sum of sum_{i=1}^n."""
    if base in FOLDS:
        return text[end] == "_"
    return base == "Sigma" and text[end : end + 2] in ("_{", "_(") and "=" in text[end:]


def _attached(scan: Scanner, end: int) -> tuple[str, int]:
    """Subscripts and primes, and where they end."""
    start, text = scan.at, scan.text
    said = ""
    while end < len(text):
        char = text[end]
        if char == "'":
            said, end = said + "'", end + 1
        elif char in SUBSCRIPTS:
            stop = end
            while stop < len(text) and text[stop] in SUBSCRIPTS:
                stop += 1
            said, end = said + "_" + "".join(SUBSCRIPTS[sub] for sub in text[end:stop]), stop
        elif char == "_":
            below, end = _subscript(scan, end + 1)
            said += "_" + below
        else:
            break
    scan.at = start
    return said, end


def _subscript(scan: Scanner, at: int) -> tuple[str, int]:
    """What follows an underscore, and where it ends."""
    text = scan.text
    at = scan.past_spaces(at)
    scan.at = min(at, len(text) - 1)
    match text[at : at + 1]:
        case "{" | "(" as opening:
            return _braced_subscript(scan, at + 1, "}" if opening == "{" else ")")
        case letter if letter in LETTERS:
            return LETTERS[letter], at + 1
        case "\\":
            return _letter_command(scan, at)
    if match := _SUBSCRIPT.match(text, at):
        return match[0], match.end()
    raise scan.refuse("bad_character" if at < len(text) else "syntax", "_")


def _braced_subscript(scan: Scanner, at: int, closing: str) -> tuple[str, int]:
    text = scan.text
    parts: list[str] = []
    while at < len(text) and text[at] != closing:
        char = text[at]
        if char == " " or char in "{}":
            at += 1
        elif char == "_":
            parts.append("_")
            at += 1
        elif char in LETTERS:
            parts.append(LETTERS[char])
            at += 1
        elif char == "\\":
            said, at = _letter_command(scan, at, styled_closing=closing)
            parts.append(said)
        elif (char.isascii() and char.isalnum()) or char in _EXTRAS or char == "'":
            parts.append(char)
            at += 1
        else:
            scan.at = at
            raise scan.refuse("syntax" if char in SIGNS else "bad_character", char)
    if at == len(text) or not parts:
        scan.at = min(at, len(text) - 1)
        raise scan.refuse("syntax")
    return "".join(parts), at + 1


def _letter_command(scan: Scanner, at: int, styled_closing: str = "") -> tuple[str, int]:
    """A LaTeX letter below another: \\sigma, \\text{in}."""
    scan.at = at
    match = COMMAND.match(scan.text, at)
    said = match[1] if match else ""
    if match is None or (
        said not in COMMAND_LETTERS and said not in STYLES and not (styled_closing and said in SILENT)
    ):
        raise scan.refuse("unknown_command", said)
    if said in COMMAND_LETTERS:
        return COMMAND_LETTERS[said], match.end()
    if said in SILENT:
        return "", match.end()
    styled = STYLED.match(scan.text, match.end())
    if styled is None:
        raise scan.refuse("syntax")
    return styled[1], styled.end()
