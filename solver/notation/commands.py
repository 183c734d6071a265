"""LaTeX commands: letters, signs, words set as words, environments, and what only looks different."""

from __future__ import annotations

from typing import Final

from solver.notation.scanning import Scanner
from solver.notation.vocabulary import (
    ACCENTS,
    COMMAND_LETTERS,
    COMMAND_SIGNS,
    COMMAND_WORDS,
    PROSE,
    SETS,
    SILENT,
    STYLES,
)
from solver.notation.words import COMMAND, STYLED, name
from solver.patterns import pattern

_ENVIRONMENT: Final = pattern(r" *\{([A-Za-z]+)\*?\}(?: *\{[clr|]*\})?")
_DIFFERENTIAL: Final = pattern(r" *\{ *d *\} *([A-Za-z])(?![A-Za-z])")
_MATRICES: Final = frozenset("matrix pmatrix bmatrix Bmatrix smallmatrix array".split())
_ALIGNED: Final = frozenset("align aligned equation gather gathered".split())


def command(scan: Scanner) -> None:
    """The command that begins here."""
    match = COMMAND.match(scan.text, scan.at)
    said = match[1] if match else ""
    if match is None:
        raise scan.refuse("unknown_command")
    end = match.end()
    if said in SILENT:
        scan.at = end
    elif said in COMMAND_LETTERS:
        name(scan, COMMAND_LETTERS[said], end)
    elif said in COMMAND_WORDS:
        name(scan, COMMAND_WORDS[said], end)
    elif said in STYLES:
        _styled(scan, said, end)
    elif said in ACCENTS:
        letter = STYLED.match(scan.text, end)
        if letter is None:
            raise scan.refuse("syntax", said)
        name(scan, letter[1] + ACCENTS[said], letter.end())
    elif said in ("begin", "end"):
        _environment(scan, said, end)
    elif said == "\\" and scan.matrices:
        scan.sign("row", 2)
    elif said == "\\" and "&" in scan.text:
        scan.at = end
    elif said in COMMAND_SIGNS:
        kind = COMMAND_SIGNS[said]
        scan.sign(kind, end - scan.at)
        if kind in ("frac", "sqrt", "binom"):
            _shorten(scan, kind)
    else:
        raise scan.refuse("unknown_command", said)


def _environment(scan: Scanner, said: str, end: int) -> None:
    """\\begin{pmatrix} and its end; environments that only align are passed over."""
    named = _ENVIRONMENT.match(scan.text, end)
    if named is None or named[1] not in _MATRICES | _ALIGNED:
        raise scan.refuse("unknown_command", said)
    if named[1] in _MATRICES:
        scan.matrices += 1 if said == "begin" else -1
        scan.add("matrix" if said == "begin" else "endmatrix", "")
    scan.at = named.end()


def _styled(scan: Scanner, said: str, end: int) -> None:
    """A letter or word in another type, or a bracket in which the type does not matter."""
    text = scan.text
    if differential := _DIFFERENTIAL.match(text, end):
        name(scan, "d" + differential[1], differential.end())
        return
    if letter := STYLED.match(text, end):
        base = SETS.get(letter[1], letter[1]) if said == "mathbb" else letter[1]
        scan.prose, before = max(scan.prose, scan.at + 1), scan.prose
        name(scan, base, letter.end())
        scan.prose = before
        return
    rest = text[end:].lstrip()
    if said in PROSE and rest.startswith("{"):
        opening = scan.past_spaces(end)
        closing = scan.closing(opening)
        scan.dropped |= {opening, closing}
        scan.prose = closing
        scan.at = opening
        return
    if said == "mathbb" and rest[:1] in SETS:
        place = scan.past_spaces(end)
        name(scan, SETS[rest[:1]], place + 1)
        return
    if rest.startswith("{1}"):
        scan.add("number", "1", 1)
        scan.at = text.index("{1}", end) + 3
    elif rest.startswith("{\\") and (inner := COMMAND.match(text, text.index("{", end) + 1)):
        if inner[1] not in COMMAND_LETTERS or text[inner.end() : inner.end() + 1] != "}":
            raise scan.refuse("unknown_command", inner[1])
        name(scan, COMMAND_LETTERS[inner[1]], inner.end() + 1)
    elif rest[:1].isalpha() and rest[:1].isascii():
        place = scan.past_spaces(end)
        name(scan, text[place], place + 1)
    else:
        raise scan.refuse("syntax", said)


def _shorten(scan: Scanner, kind: str) -> None:
    """TeX takes one digit or letter where there is no brace: \\frac12."""
    place = scan.past_spaces(scan.at)
    for _ in range(1 if kind == "sqrt" else 2):
        if place >= len(scan.text):
            return
        if scan.text[place] == "{":
            place = scan.past_spaces(scan.closing(place) + 1)
        elif scan.text[place].isalnum():
            scan.short.add(place)
            place = scan.past_spaces(place + 1)
        else:
            return
