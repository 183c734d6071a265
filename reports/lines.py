"""A line of words as values, ready for any format: its words, mathematics, links, and what must not turn around.

A `Line` is its own plain text, and knows the runs that it is made of:

    Text      words; those of the other direction are isolated by naming theirs
    Math      a formula
    Span      a line inside a line: a link, bold, or what no line break may part

`text_line` reads an author's text, `Sayer` puts values into messages of the catalogs; a value that is no line itself
is shown as it was typed, and kept apart from the words around it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from reports.bidi import Direction, direction
from reports.bidi import runs as runs_of_words
from reports.words import Words
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import Formula
from solver.patterns import pattern

if TYPE_CHECKING:
    from exercises.exercise import Language

MOST_SHOWN: Final = 2_000

_GLUED: Final = pattern(r"((?:[^\s$]*\$[^$]*\$)+[^\s$]*)")
_CROSS: Final = pattern(r"(?<=\w) x (?=\w)")
_LINES: Final = pattern(r"[^\n]*\n|[^\n]+")
_HEBREW: Final = pattern(r"[\u0590-\u05ff]")
_PLACEHOLDER: Final = pattern(r"%\((\w+)\)s")

Style: TypeAlias = Literal["nb", "strong", "link", "mark", "soft"]


@final
@frozen(slots=True)
class Text:
    """Words; `direction` isolates them from those around them, "" leaves them in the line's own."""

    text: str
    direction: Direction | Literal[""] = ""


@final
@frozen(slots=True)
class Math:
    """A formula; `display` for its full size, `equals` with an equality sign before it."""

    formula: Formula
    display: bool = False
    equals: bool = False


@final
@frozen(slots=True)
class Span:
    """Runs that stand together: "nb" without a line break, "link" that leads `to` an id ("#…") or a file."""

    runs: tuple[Run, ...]
    style: Style
    to: str = ""


Run: TypeAlias = Text | Math | Span


@final
class Line(str):
    """Runs side by side; as a string it is their plain text."""

    runs: tuple[Run, ...]

    def __new__(cls, *said: str | Run) -> Line:
        runs = tuple(_runs(said))
        line = super().__new__(cls, "".join(map(_plain, runs)))
        line.runs = runs
        return line


def _runs(said: Iterable[str | Run]) -> Iterator[Run]:
    for one in said:
        match one:
            case Line():
                yield from one.runs
            case str():
                if one:
                    yield Text(one)
            case _:
                yield one


def _plain(run: Run) -> str:
    match run:
        case Text(text, _):
            return text
        case Math(formula, _, equals):
            return f"= {plain(formula)}" if equals else plain(formula)
        case Span(runs, _, _):
            return "".join(map(_plain, runs))


NOTHING: Final = Line()


def joined(lines: Iterable[Line], between: str = "") -> Line:
    """Lines one after the other.

    >>> joined([Line("a"), Line("b")], ", ")
    'a, b'
    """
    put: list[str | Run] = []
    for line in lines:
        put += [between, line] if put else [line]
    return Line(*put)


def words_line(text: str, language: Language) -> Line:
    """Words of a language, with what is of the other direction isolated.

    >>> words_line("ב־C++ בלבד", "he").runs[1]
    Text(text='C++', direction='ltr')
    """
    other: Direction = "ltr" if language == "he" else "rtl"
    return Line(*(Text(piece, other) if foreign else Text(piece) for piece, foreign in runs_of_words(text, language)))


def pieces(text: str) -> Iterator[str | Formula]:
    """Words and formulas of an author's text in turn; raises ValueError where the mathematics cannot be read.

    >>> list(pieces("size $n$."))
    ['size ', Name(text='n'), '.']
    """
    for place, piece in enumerate(text.split("$")):
        if place % 2:
            yield formula(_CROSS.sub(" × ", piece))
        elif piece:
            yield piece


@lru_cache(maxsize=4_096)  # questions are shown again and again
def text_line(text: str, language: Language) -> Line:
    """An author's text: words and $mathematics$; formulas keep what touches them on their line."""
    put: list[str | Run] = []
    for place, piece in enumerate(_GLUED.split(text)):
        said = [words_line(run, language) if isinstance(run, str) else Math(run) for run in pieces(piece)]
        put += [Span(Line(*said).runs, "nb")] if place % 2 and len(said) > 1 else said
    return Line(*put)


def strong(line: Line) -> Line:
    """A line in bold."""
    return Line(Span(line.runs, "strong"))


def soft(line: Line) -> Line:
    """A line that stands back."""
    return Line(Span(line.runs, "soft"))


def whole(line: Line) -> Line:
    """A line that is not broken, as a date."""
    return Line(Span(line.runs, "nb"))


def link(line: Line, to: str) -> Line:
    """A line that leads somewhere."""
    return Line(Span(line.runs, "link", to))


def token(text: str) -> Line:
    """A name, a number or a path, from left to right whatever stands around it."""
    return Line(Text(visible(text), "ltr"))


def inert(value: object) -> Line:
    """A value between words: a line as it is, anything else as it was typed, kept apart from the words around it."""
    if isinstance(value, Line):
        return value
    text = visible(str(value))
    return Line(Text(text, direction(text))) if text else NOTHING


def visible(text: str) -> str:
    """Text as a page can hold it: what has no shape of its own, or turns text around, is written as its code.

    >>> visible("7\\u202e\\x00 ok")
    '7[U+202E][U+0000] ok'
    """
    if text.isprintable():
        return text
    return "".join(f"[U+{ord(character):04X}]" if _is_formless(character) else character for character in text)


def _is_formless(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def typed_line(text: str, at: int | None = None) -> Line:
    """Text that somebody typed, inert and cut where it is very long.

    Between Hebrew words what is Latin or a number is isolated, or 5×5×3 would show as 3×5×5. What has no shape is
    written as its code. The character at `at` gets a mark, the end of the text too.
    """
    cut, rest = text[:MOST_SHOWN], " …" if len(text) > MOST_SHOWN else ""
    turned = direction(text) == "rtl"
    put: list[str | Run] = []
    start = 0
    for run, foreign in _runs_as_typed(cut):
        put += _marked(run, None if at is None else at - start, foreign and turned)
        start += len(run)
    return Line(*put, *(_marked(" ", 0, False) if at == len(text) and not rest else [rest]))


def _runs_as_typed(text: str) -> Iterator[tuple[str, bool]]:
    """Line by line; one without a Hebrew letter, as `= (n + 1)*x`, is a run of its own."""
    for line in _LINES.findall(text):
        if _HEBREW.search(line):
            yield from runs_of_words(line, "he")
        else:
            yield line, True


def _marked(run: str, at: int | None, isolated: bool) -> list[Run]:
    """Characters side by side, one of them perhaps with a mark."""
    if at is None or not 0 <= at < len(run):
        return [Text(visible(run), "ltr" if isolated else "")]
    spot = visible(run[at]) if run[at].strip() else "\u00a0"
    around: list[Run] = [Text(visible(run[:at])), Span((Text(spot),), "mark"), Text(visible(run[at + 1 :]))]
    return [piece for piece in around if piece != Text("")]


@final
@frozen
class Sayer:
    """A language's messages as lines."""

    words: Words

    def __call__(self, key: str, /, **values: object) -> Line:
        """The message under a key."""
        return self._put(self.words.message(key), values)

    def count(self, key: str, n: int, /, **values: object) -> Line:
        """The message in the plural form for a number."""
        return self._put(self.words.plural(key, n), {"n": n, **values})

    def text(self, text: str) -> Line:
        """An author's text in this language."""
        return text_line(text, self.words.language)

    def _put(self, message: str, values: Mapping[str, object]) -> Line:
        pieces = _pieces_of(message, self.words.language)
        if len(pieces) == 1 and isinstance(pieces[0], Line):
            return pieces[0]
        return Line(*(piece if isinstance(piece, Line) else inert(values[piece]) for piece in pieces))


@lru_cache(maxsize=4_096)  # a catalog's messages are few, and said again and again
def _pieces_of(message: str, language: Language) -> tuple[Line | str, ...]:
    """The words of a message as lines, and between them the names of the values that are put in."""
    return tuple(
        piece if place % 2 else words_line(piece.replace("%%", "%"), language)
        for place, piece in enumerate(_PLACEHOLDER.split(message))
    )
