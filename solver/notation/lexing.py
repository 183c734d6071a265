"""One stream of tokens for plain text, Unicode and LaTeX.

A token's kind is one of

    number   with its value                     word     letters, then subscripts and primes, as one flat name
    sup      raised digits or letters, as in x²  single   signs, brackets and structures, each its own kind

Words are not yet names: which letters belong together depends on the names that are declared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, final

from solver.notation import limits
from solver.notation.characters import characters
from solver.notation.excerpts import excerpt, whole
from solver.notation.unreadable import Refused
from solver.notation.vocabulary import (
    ACCENTS,
    COMMAND_LETTERS,
    COMMAND_SIGNS,
    COMMAND_WORDS,
    FOLDS,
    LETTERS,
    PROSE,
    SETS,
    SIGNS,
    SILENT,
    STYLES,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    VULGAR,
)


@final
@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: its kind, what it says, where it begins in the text as typed, and a number's value."""

    kind: str
    text: str
    at: int
    value: int | Fraction = 0
    styled: bool = False
    """Whether a word was set as one word, as in \\text{in} and \\mathrm{Var}."""

    def named(self, name: str) -> Token:
        return Token("name", name, self.at)


_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_ASCII_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LETTER: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f"
_WORD = re.compile(f"[{_LETTER}][0-9{_LETTER}]*")
_STYLED = re.compile(r"\s*\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}")
_SUBSCRIPT = re.compile(r"[0-9]+|[A-Za-z]+[0-9]*")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:(?:,|\{,\}|,\\! ?|\\,)[0-9]{3})+(?![0-9])(?!,[0-9])(?:\.[0-9]+)?")
_SPACED = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9])(?:\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+")
_PLAIN = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PERCENT = re.compile(r"\\?%(?!\w)(?! *[0-9({\[])| +\\?%(?! *[\w({\[])")
_CROSS = re.compile(r"[xX](?= *[0-9.])")
_LIBRARY_SHAPE = re.compile(r"torch *\. *Size(?= *\()")
_RELATION = re.compile(r"<=|>=|!=|==|:=|=/=|=<|=>|<>|[=<>]")
_RELATIONS: Final = {"==": "=", ":=": "=", "=<": "<=", "=>": ">=", "<>": "!=", "=/=": "!="}
_EXTRAS: Final = frozenset("+-*,")
_LONELY: Final = frozenset("+-()[],")
"""Signs that never are a part of a longer one."""
_DIGITS: Final = frozenset("0123456789.")
_CURRENCIES: Final = frozenset("€£₪")
_DEGREE = re.compile(r"\^ *(?:\\circ|\{ *\\circ *\}|\\degree)")
_PERCENT_CONSTANT = re.compile(r"(?<![0-9 ])%(pi|i|e)(?![A-Za-z])")
_REPEATING = re.compile(r"([0-9]*)\.([0-9]*)(?:\\overline|\\bar) *\{([0-9]{1,12})\}")
_BASE = re.compile(r"([0-9]+)_(?:\{([2-9]|1[0-6])\}|([2-9])(?![0-9]))")
_ENVIRONMENT = re.compile(r" *\{([A-Za-z]+)\*?\}(?: *\{[clr|]*\})?")
_MATRICES: Final = frozenset("matrix pmatrix bmatrix Bmatrix smallmatrix array".split())
_ALIGNED: Final = frozenset("align aligned equation gather gathered".split())


def tokens(text: str, *, lists: bool = False, free: bool = False) -> list[Token]:
    """The tokens of a text, ended by a token of kind "end"; with `lists`, a comma never is a decimal comma.

    With `free` what stands around boxed mathematics, or around mathematics between dollar signs, is left aside.

    >>> [token.kind + token.text for token in tokens("2x_1 ≤ 0,5")]
    ['number2', 'wordx_1', '<=', 'number0.5', 'end']
    """
    return _Lexer(text, lists, free).run()


class _Lexer:
    def __init__(self, text: str, lists: bool, free: bool) -> None:
        chars = characters(text)
        said = "".join(char for char, _ in chars), [at for _, at in chars]
        self.text, self.places = excerpt(*said) if free else whole(*said)
        self.places.append(len(text))
        self.latex = "\\" in self.text
        self.lists = lists
        self.free = free
        self.single_comma = self.text.count(",") == 1 or ";" in self.text
        self.at = 0
        self.prose = 0
        self.dropped: set[int] = set()
        self.matrices = 0
        self.depth = 0
        self.short: set[int] = set()
        self.found: list[Token] = []
        self.doubt: Refused | None = None

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            self.step()
        if self.doubt is not None:
            raise self.doubt
        if not self.found:
            raise Refused("empty")
        self.add("end", "")
        return self.found

    def add(self, kind: str, text: str, value: int | Fraction = 0) -> None:
        self.found.append(Token(kind, text, self.places[self.at], value, styled=self.at < self.prose))

    def refuse(self, reason: str, word: str = "") -> Refused:
        return Refused(reason, self.places[self.at], word)

    def step(self) -> None:
        """Read one token, or skip what says nothing."""
        char = self.text[self.at]
        after_number = bool(self.found) and self.found[-1].kind == "number"
        if char == " " or self.at in self.dropped or char in _CURRENCIES:
            self.at += 1
        elif char in _LONELY:
            self.sign(char, 1)
        elif char == "^" and self.latex and (degree := _DEGREE.match(self.text, self.at)):
            self.sign("°", degree.end() - self.at)
        elif char == "%" and (constant := _PERCENT_CONSTANT.match(self.text, self.at)):
            self.at += 1
            self.name(constant[1], constant.end())
        elif char in _DIGITS and _PLAIN.match(self.text, self.at):
            self.number()
        elif after_number and _CROSS.match(self.text, self.at):
            self.sign("x", 1)
        elif char == "t" and (library := _LIBRARY_SHAPE.match(self.text, self.at)):
            self.at = library.end()
        elif self.starts_word(char):
            self.word()
        elif char == "\\":
            self.command()
        elif char in SUPERSCRIPTS:
            self.superscript()
        elif char in VULGAR:
            self.add("number", char, Fraction(*VULGAR[char]))
            self.at += 1
        elif char == "𝟙":
            self.add("number", "1", 1)
            self.at += 1
        elif char == "_" and self.takes_limits():
            self.sign("_", 1)
        else:
            self.mark(char)

    # --- marks

    def mark(self, char: str) -> None:
        """A sign, a bracket or a relation; or a character that has no place in mathematics."""
        if self.text.startswith("**", self.at):
            self.sign("^", 2)
        elif self.text[self.at : self.at + 2] in ("</", "/>"):
            raise self.refuse("bad_character", char)
        elif self.free and self.text.startswith("#pm#", self.at):
            self.sign("±", 4)
        elif self.free and char == "#":
            self.sign("!=", 1)
        elif self.latex and (char == "~" or (char == "&" and not self.matrices)):
            self.at += 1
        elif relation := _RELATION.match(self.text, self.at):
            self.sign(_RELATIONS.get(relation[0], relation[0]), len(relation[0]))
        elif self.text.startswith("!=", self.at):
            self.sign("!=", 2)
        elif char == ".":
            if self.at != len(self.text) - 1 and self.doubt is None:
                self.doubt = self.refuse("syntax", char)
            self.at += 1
        elif char in SIGNS and (self.free or char != ";"):
            self.sign(SIGNS[char], 1)
        else:
            raise self.refuse("bad_character", char)

    def sign(self, kind: str, length: int) -> None:
        self.depth += (kind in ("(", "[", "\\{") or (kind == "{" and not self.latex)) - (
            kind in (")", "]", "\\}") or (kind == "}" and not self.latex)
        )
        self.add(kind, "")
        self.at += length

    def takes_limits(self) -> bool:
        """Whether an underscore here opens the limits of a sum, or the condition of an indicator."""
        last = self.found[-1] if self.found else None
        if last is None:
            return False
        opens = self.text[self.at + 1 : self.at + 2] in ("{", "(")
        return last.kind in ("sum", "prod", "int") or (last.kind == "number" and last.text == "1" and opens)

    # --- numbers

    def number(self) -> None:
        """4800, 4,800, 4 800, 0.5, 0,5, 4.8e3, 50%"""
        if self.at in self.short:
            self.add("number", self.text[self.at], int(self.text[self.at]))
            self.at += 1
            return
        outside = self.depth == 0 and not self.lists
        if self.latex and (repeating := _REPEATING.match(self.text, self.at)):
            self.repeating(repeating)
            return
        if "_" in self.text and (based := _BASE.match(self.text, self.at)):
            self.based(based)
            return
        if outside and (grouped := _THOUSANDS.match(self.text, self.at)):
            self.decimal(grouped, re.sub(r"[^0-9.]", "", grouped[0]))
        elif spaced := _SPACED.match(self.text, self.at):
            self.decimal(spaced, spaced[0].replace(" ", ""))
        elif outside and self.single_comma and (comma := _DECIMAL_COMMA.match(self.text, self.at)):
            self.decimal(comma, comma[0].replace(",", "."))
        else:
            plain = _PLAIN.match(self.text, self.at)
            assert plain is not None, "a number was seen here"
            self.decimal(plain, plain[0])

    def decimal(self, match: re.Match[str], digits: str) -> None:
        mantissa, _, exponent = digits.lower().partition("e")
        if len(mantissa.replace(".", "")) > limits.DIGITS:
            raise self.refuse("too_many_digits")
        if len(exponent) > 10 or abs(int(exponent or "0")) > limits.DECIMAL_EXPONENT:
            raise self.refuse("exponent_too_big")
        value = _exact(mantissa, int(exponent or "0"))
        digits = "0" + digits if digits.startswith(".") else digits
        end = match.end()
        if percent := _PERCENT.match(self.text, end):
            self.add("number", digits + "%", _whole(Fraction(value) / 100))
            self.at = percent.end()
            return
        self.add("number", digits, value)
        self.at = end

    def repeating(self, match: re.Match[str]) -> None:
        """0.1\\overline{6}"""
        if len(match[1] + match[2] + match[3]) > limits.DIGITS:
            raise self.refuse("too_many_digits")
        once = Fraction(int((match[1] + match[2]) or "0"), 10 ** len(match[2]))
        again = Fraction(int(match[3]), (10 ** len(match[3]) - 1) * 10 ** len(match[2]))
        self.add("number", str(_whole(once + again)), _whole(once + again))
        self.at = match.end()

    def based(self, match: re.Match[str]) -> None:
        """204_5, a number in base 5"""
        base = int(match[2] or match[3])
        if len(match[1]) > limits.DIGITS:
            raise self.refuse("too_many_digits")
        if any(int(digit) >= base for digit in match[1]):
            raise self.refuse("syntax", match[0])
        self.add("number", str(int(match[1], base)), int(match[1], base))
        self.at = match.end()

    def superscript(self) -> None:
        end = self.at
        while end < len(self.text) and self.text[end] in SUPERSCRIPTS:
            end += 1
        self.add("sup", "".join(SUPERSCRIPTS[char] for char in self.text[self.at : end]))
        self.at = end

    # --- words

    def starts_word(self, char: str) -> bool:
        return char in LETTERS or _WORD.match(char) is not None

    def word(self) -> None:
        """Letters, then subscripts and primes."""
        letter = self.text[self.at]
        match = _WORD.match(self.text, self.at)
        if letter in LETTERS or match is None:
            self.name(LETTERS[letter], self.at + 1)
        elif self.at in self.short:
            self.name(letter, self.at + 1)
        else:
            self.name(match[0], match.end())

    def name(self, base: str, end: int) -> None:
        """A word from its base, which ends at `end`: with what is written below and after it."""
        if (end < len(self.text) and self.text[end] == "_" and base in FOLDS) or (
            base == "Sigma" and self.text[end : end + 2] in ("_{", "_(") and "=" in self.text[end:]
        ):
            self.add(FOLDS.get(base, "sum"), "")
            self.at = end
            return
        start = self.at
        parts = [base]
        while end < len(self.text):
            char = self.text[end]
            if char == "'":
                parts.append("'")
                end += 1
            elif char in SUBSCRIPTS:
                stop = end
                while stop < len(self.text) and self.text[stop] in SUBSCRIPTS:
                    stop += 1
                parts.append("_" + "".join(SUBSCRIPTS[sub] for sub in self.text[end:stop]))
                end = stop
            elif char == "_":
                below, end = self.subscript(end + 1)
                parts.append("_" + below)
            else:
                break
        self.at = start
        self.add("word", "".join(parts))
        self.at = end

    def subscript(self, at: int) -> tuple[str, int]:
        """What follows an underscore, and where it ends."""
        at = self.past_spaces(at)
        self.at = min(at, len(self.text) - 1)
        if at < len(self.text) and self.text[at] in "{(":
            closing = "}" if self.text[at] == "{" else ")"
            return self.braced_subscript(at + 1, closing)
        if at < len(self.text) and self.text[at] in LETTERS:
            return LETTERS[self.text[at]], at + 1
        if at < len(self.text) and self.text[at] == "\\":
            return self.letter_command(at)
        if match := _SUBSCRIPT.match(self.text, at):
            return match[0], match.end()
        raise self.refuse("bad_character" if at < len(self.text) else "syntax", "_")

    def braced_subscript(self, at: int, closing: str) -> tuple[str, int]:
        parts: list[str] = []
        while at < len(self.text) and self.text[at] != closing:
            char = self.text[at]
            if char == " " or char in "{}":
                at += 1
            elif char == "_":
                parts.append("_")
                at += 1
            elif char in LETTERS:
                parts.append(LETTERS[char])
                at += 1
            elif char == "\\":
                said, at = self.letter_command(at, styled_closing=closing)
                parts.append(said)
            elif (char.isascii() and char.isalnum()) or char in _EXTRAS or char == "'":
                parts.append(char)
                at += 1
            else:
                self.at = at
                raise self.refuse("syntax" if char in SIGNS else "bad_character", char)
        if at == len(self.text) or not parts:
            self.at = min(at, len(self.text) - 1)
            raise self.refuse("syntax")
        return "".join(parts), at + 1

    def letter_command(self, at: int, styled_closing: str = "") -> tuple[str, int]:
        """A LaTeX letter below another: \\sigma, \\text{in}."""
        self.at = at
        match = _COMMAND.match(self.text, at)
        said = match[1] if match else ""
        if match is None or (
            said not in COMMAND_LETTERS and said not in STYLES and not (styled_closing and said in SILENT)
        ):
            raise self.refuse("unknown_command", said)
        if said in COMMAND_LETTERS:
            return COMMAND_LETTERS[said], match.end()
        if said in SILENT:
            return "", match.end()
        styled = _STYLED.match(self.text, match.end())
        if styled is None:
            raise self.refuse("syntax")
        return styled[1], styled.end()

    # --- LaTeX

    def command(self) -> None:
        match = _COMMAND.match(self.text, self.at)
        said = match[1] if match else ""
        if match is None:
            raise self.refuse("unknown_command")
        end = match.end()
        if said in SILENT:
            self.at = end
        elif said in COMMAND_LETTERS:
            self.name(COMMAND_LETTERS[said], end)
        elif said in COMMAND_WORDS:
            self.name(COMMAND_WORDS[said], end)
        elif said in STYLES:
            self.styled(said, end)
        elif said in ACCENTS:
            letter = _STYLED.match(self.text, end)
            if letter is None:
                raise self.refuse("syntax", said)
            self.name(letter[1] + ACCENTS[said], letter.end())
        elif said == "begin" or said == "end":
            self.environment(said, end)
        elif said == "\\" and self.matrices:
            self.sign("row", 2)
        elif said == "\\" and "&" in self.text:
            self.at = end
        elif said in COMMAND_SIGNS:
            kind = COMMAND_SIGNS[said]
            self.sign(kind, end - self.at)
            if kind in ("frac", "sqrt", "binom"):
                self.shorten(kind)
        else:
            raise self.refuse("unknown_command", said)

    def environment(self, said: str, end: int) -> None:
        """\\begin{pmatrix} and its end; environments that only align are passed over."""
        named = _ENVIRONMENT.match(self.text, end)
        if named is None or named[1] not in _MATRICES | _ALIGNED:
            raise self.refuse("unknown_command", said)
        if named[1] in _MATRICES:
            self.matrices += 1 if said == "begin" else -1
            self.add("matrix" if said == "begin" else "endmatrix", "")
        self.at = named.end()

    def styled(self, said: str, end: int) -> None:
        """A letter or word in another type, or a bracket in which the type does not matter."""
        if letter := _STYLED.match(self.text, end):
            base = SETS.get(letter[1], letter[1]) if said == "mathbb" else letter[1]
            self.prose, before = max(self.prose, self.at + 1), self.prose
            self.name(base, letter.end())
            self.prose = before
            return
        rest = self.text[end:].lstrip()
        if said in PROSE and rest.startswith("{"):
            opening = self.past_spaces(end)
            closing = self.closing(opening)
            self.dropped |= {opening, closing}
            self.prose = closing
            self.at = opening
            return
        if said == "mathbb" and rest[:1] in SETS:
            place = self.past_spaces(end)
            self.name(SETS[rest[:1]], place + 1)
            return
        if rest.startswith("{1}"):
            self.add("number", "1", 1)
            self.at = self.text.index("{1}", end) + 3
        elif rest.startswith("{\\") and (inner := _COMMAND.match(self.text, self.text.index("{", end) + 1)):
            if inner[1] not in COMMAND_LETTERS or self.text[inner.end() : inner.end() + 1] != "}":
                raise self.refuse("unknown_command", inner[1])
            self.name(COMMAND_LETTERS[inner[1]], inner.end() + 1)
        elif rest[:1].isalpha() and rest[:1].isascii():
            place = self.past_spaces(end)
            self.name(self.text[place], place + 1)
        else:
            raise self.refuse("syntax", said)

    def shorten(self, kind: str) -> None:
        """TeX takes one digit or letter where there is no brace: \\frac12."""
        place = self.past_spaces(self.at)
        for _ in range(1 if kind == "sqrt" else 2):
            if place >= len(self.text):
                return
            if self.text[place] == "{":
                place = self.past_spaces(self.closing(place) + 1)
            elif self.text[place].isalnum():
                self.short.add(place)
                place = self.past_spaces(place + 1)
            else:
                return

    def closing(self, opening: int) -> int:
        """Where the brace that opens here is closed."""
        depth = 0
        for place in range(opening, len(self.text)):
            if self.text[place - 1] != "\\" or place == opening:
                depth += (self.text[place] == "{") - (self.text[place] == "}")
            if depth == 0:
                return place
        return len(self.text)

    def past_spaces(self, at: int) -> int:
        while at < len(self.text) and self.text[at] == " ":
            at += 1
        return at


def _exact(mantissa: str, exponent: int) -> int | Fraction:
    if exponent == 0 and "." not in mantissa:
        return int(mantissa)
    whole, _, after = mantissa.partition(".")
    return _whole(Fraction(int((whole or "0") + after)) * Fraction(10) ** (exponent - len(after)))


def _whole(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value
