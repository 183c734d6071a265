"""The kinds of answers: how each is read, when it is the same as a key, and how it is shown back.

An answer is read into readings, the values that the text may fairly stand for: `10x10x3` is (10, 10, 3) and, channels
last, (3, 10, 10). It is the same as a key when one of its readings is.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod
from typing import TypeAlias, final

from exercises.exercise import Option, Part
from grader.patterns import blank
from grader.prose import without_words
from grader.respelling import Respelling, declared, last_index, respelled, sums
from solver.frozen import frozen
from solver.notation.equality import compare
from solver.notation.evaluation import exact
from solver.notation.forms import form, unit
from solver.notation.printing import plain
from solver.notation.reading import read
from solver.notation.scanning import Mark
from solver.notation.tree import Bracket, Call, Formula, Group, Mul, Name, Number, Pow, Relation, names
from solver.notation.unreadable import Unreadable
from solver.notation.vocabulary import THOUSANDS
from solver.patterns import pattern
from solver.values import Shape, Value, as_formula

Reading: TypeAlias = "Value | Formula"


@final
@frozen(slots=True)
class Read:
    """What a text may fairly stand for, the likeliest first, and how it is shown back."""

    readings: tuple[Reading, ...]
    shown: str


ROUNDED = Fraction(1, 1000)
"""How far from what a mistake leads to a rough number may be to be explained by it."""

_ABOUT = pattern(
    r"[~≈∼]|\b(?:about|approximately|approx\.?|around|roughly)(?!\w)|(?<![א-ת])(?:בערך|לערך|בקירוב|כ[-־](?=\d))",
    re.IGNORECASE,
)
_IS_ABOUT = pattern(r"(?<=[\w)}])(?<!\bis)\s*(?:[≈∼]|\\approx(?![A-Za-z])|~=?)")
_TIMES = pattern(r"\btimes(?!\w)|(?<![א-ת])פי|^\s*[x×](?=\s*\d)", re.IGNORECASE)
_SHORT = pattern(r"\d(?:\.(\d+))?\s*([KMBkm])\b[^\d]*$")
_ROUND = {**THOUSANDS, "m": 10**6, "B": 10**9}
_TOTAL = pattern(
    r"^.*[\d)].*(?:סה[\"'\u05f3\u05f4\u2019\u201d]כ|סך הכו?ל|\btotal|\bin all|\baltogether)\s*[:=]?\s*(?=[\d(])",
    re.IGNORECASE | re.DOTALL,
)
_TYPESET = pattern(r"\${1,2}|\\[()\[\]]")
_DOTTED = pattern(r"[1-9]\d{0,2}\.\d{3}")
_DIGITS = pattern(r" *-?(0|[1-9][0-9]{0,8}) *")
_BETWEEN_EQUATIONS = pattern(r"[,;](?=\s+[^,;=]*=)")
_AND = r"[,;\n]|\s+ו[-־]?(?=\S)|\s+and\s+|\s+&\s+"
_BECAUSE = pattern(r"[\s,;]*(?:כי|because|since)(?!\w)")
_AROUND_OPTION = pattern(
    r"^(?:(?:תשובה|answer|options?|אפשרות|רק|only|just|both|גם|the|שכבת|for|עבור|because of|due to|בגלל)\s+)*"
    r"(?:ה[-־])?|\s+(?:only|alone|layers?|בלבד|לבד)$"
)
_NAMED_SIZE = pattern(r"\b([CHW])\s*=\s*(\d{1,9})\b")
_BATCH = pattern(r"(?<![\w@])(?:N|B|batch(?:[_ ]size)?|None)\s*[,xX×]\s*(?=\d)", re.IGNORECASE)
_AROUND_ROW = pattern(
    r"^[\s$]*[A-Za-z]\w*\s*=(?!=)|\$|\b(?:torch\.|np\.|numpy\.)?(?:tensor|array)(?=\s*\()"
    r"|\^\s*\{?\s*(?:\\?top\b|\\intercal\b|T\b)\}?|ᵀ"
)
_ROW = pattern(r"\s*\d{1,9}(?:\s+\d{1,9})+\s*")


MOST_FORMULAS = 256


class AnswerKind(ABC):
    """One kind of answer, about one part with one key, which is derived from what is given."""

    def __init__(self, part: Part, key: Value, given: tuple[Value, ...] = ()) -> None:
        self.part = part
        self.key = key
        self.given = given

    @abstractmethod
    def read(self, text: str) -> Read | Unreadable:
        """What the text stands for."""

    @abstractmethod
    def same(self, reading: Reading, key: Value) -> bool | None:
        """Whether a reading is the same as a key; None where that cannot be decided."""

    def incomplete(self, reading: Reading, key: Value) -> str:
        """The slip by which a reading leaves out a part of a key, if it does."""
        return ""

    def typed(self, text: str, found: Read) -> Formula | None:
        """The answer as it was written, whose form can be looked at."""
        said = found.readings[0]
        return said if isinstance(said, Formula) and not isinstance(said, Relation) else None

    def completed(self, reading: Reading) -> Reading:
        """A reading with what it leaves out taken from the key, for answers that rest on it."""
        return reading

    def explained_by(self, reading: Reading, value: Value) -> bool:
        """Whether what a mistake leads to explains a reading."""
        return self.same(reading, value) is True

    @property
    def literal(self) -> bool:
        """Whether the same means equal: then mistakes can be looked up by what they lead to."""
        return False


@final
class Numeric(AnswerKind):
    """A number: exact, or within the part's tolerance. In a chain, 48 + 300 = 348, all links must hold."""

    def read(self, text: str) -> Read | Unreadable:
        if self.part.within is None and (about := _ABOUT.match(text, len(text) - len(text.lstrip()))):
            return Unreadable("approximate", about.start())
        said = _total(text) if self.part.within is None else _roughly(text)
        value = _worked_out(said, self.part.decimal, self.part.within or 0)
        if isinstance(value, Unreadable):
            return value
        if isinstance(self.key, int) and not isinstance(value, int) and self._may_be_thousands(text):
            return Unreadable("ambiguous", text.index("."))
        if (short := _SHORT.search(text)) and self._is_rounded(value, short):
            return Unreadable("approximate", short.start(2))
        return Read((value,), plain(as_formula(value)))

    def _may_be_thousands(self, text: str) -> bool:
        """Whether a whole number is asked and 4.800 is typed, which is 4800 to some and 24/5 to others."""
        plain_text = without_words(text).strip()
        return self.part.decimal is None and self.part.within is None and _DOTTED.fullmatch(plain_text) is not None

    def _is_rounded(self, value: Fraction | int, short: re.Match[str]) -> bool:
        """Whether 61.7K is the key in short, where the key itself is asked for."""
        place: Fraction = Fraction(_ROUND[short[2]], 10 ** len(short[1] or ""))
        near = isinstance(self.key, int) and 0 < abs(Fraction(value) - self.key) <= place / 2
        return near and self.part.within is None

    @property
    def literal(self) -> bool:
        return self.part.within is None and self.unit is None

    @property
    def unit(self) -> Fraction | None:
        """One in the last place, where the answer is to be rounded."""
        wanted = form(self.part.form)
        numeric = isinstance(self.key, int | Fraction) and wanted is not None and wanted.rounds
        return unit(wanted, Fraction(self.key)) if numeric else None  # type: ignore[arg-type]  # as `numeric` says

    def typed(self, text: str, found: Read) -> Formula | None:
        said = read(without_words(text).rpartition("=")[2], (), decimal=self.part.decimal)
        return None if isinstance(said, Unreadable) else said

    def same(self, reading: Reading, key: Value) -> bool | None:
        if not isinstance(reading, int | Fraction) or not isinstance(key, int | Fraction):
            return False
        if self.unit is not None:
            return abs(Fraction(reading) - key) <= self.unit / 2
        if self.part.within is None:
            return reading == key
        return _near(Fraction(reading), Fraction(key), self.part.within)

    def explained_by(self, reading: Reading, value: Value) -> bool:
        if not isinstance(reading, int | Fraction) or not isinstance(value, int | Fraction):
            return False
        return _near(Fraction(reading), Fraction(value), ROUNDED if self.part.within else Fraction(0))


@final
class Sizes(AnswerKind):
    """A shape in any usual spelling and order of channels: 10x10x3, (3, 10, 10), 3@10x10, torch.Size([3, 10, 10])."""

    @property
    def literal(self) -> bool:
        return True

    def read(self, text: str) -> Read | Unreadable:
        named = dict(_NAMED_SIZE.findall(re.sub(r"\b([CHW])\s*=\s*([CHW])\s*=\s*(\d{1,9})\b", r"\1=\3 \2=\3", text)))
        if len(named) == 3:
            return self._shown(tuple(int(named[axis]) for axis in "CHW"), "@")
        return self._last_shape(without_words(_BATCH.sub(blank, text)))

    def _last_shape(self, text: str) -> Read | Unreadable:
        """The last side of an equation that is a shape; a product worked out beside it has to be right."""
        chain = _without_delimiters(text)
        sides = [(side.group(), side.start()) for side in re.finditer(r"[^=]+", chain) if side.group().strip()]
        read_sides: list[tuple[tuple[int, ...], Bracket]] = []
        for said, at in sides:
            formula = read(re.sub(r"(?<=\d)\s+(?=\d)", "x", said) if _ROW.fullmatch(said) else said, ())
            sizes = formula if isinstance(formula, Unreadable) else _sizes(formula)
            if isinstance(sizes, Unreadable):
                if len(sides) > 1 and not read_sides and re.fullmatch(r"[\s\w]*", said):
                    continue  # what the shape is called
                return Unreadable(sizes.reason, sizes.at + at, sizes.word)
            bracket: Bracket = formula.bracket if isinstance(formula, Group) else "x"
            read_sides.append((sizes, bracket))
        if not read_sides:
            return Unreadable("empty")
        products = {prod(sizes) for sizes, _ in read_sides}
        if len(products) > 1:
            return Unreadable("false_link", 0, text.strip())
        shapes = [side for side in read_sides if len(side[0]) > 1]
        return self._shown(*(shapes or read_sides)[-1])

    def _shown(self, sizes: tuple[int, ...], bracket: Bracket) -> Read:
        return Read(tuple(self._orders(sizes, bracket)), "×".join(map(str, sizes)))

    def same(self, reading: Reading, key: Value) -> bool | None:
        return isinstance(reading, tuple) and isinstance(key, tuple) and tuple(reading) == tuple(key)

    def incomplete(self, reading: Reading, key: Value) -> str:
        if isinstance(reading, Shape) and isinstance(key, Shape) and len(key) == 3 and tuple(reading) == key[1:]:
            return "channels_left_out"
        if isinstance(reading, Shape) and isinstance(key, Shape) and len(reading) == 1 < len(key):
            return "sizes_multiplied" if reading[0] == prod(key) else ""
        return ""

    def completed(self, reading: Reading) -> Reading:
        if isinstance(reading, Shape) and isinstance(self.key, Shape) and len(self.key) == 3 and len(reading) == 2:
            return Shape((self.key[0], *reading))
        return reading

    def _orders(self, sizes: tuple[int, ...], bracket: str) -> Iterator[Shape]:
        """The shapes, channels first, that sizes may mean; written 10x10x3 the last is more likely the channels."""
        rank = len(self.key) if isinstance(self.key, Shape) else 0
        if len(sizes) == rank + 1 and sizes[0] == 1:
            sizes = sizes[1:]  # a batch of one
        channels_first = Shape(sizes)
        channels_last = Shape((*sizes[-1:], *sizes[:-1]))
        if bracket == "@" or len(sizes) < 3:
            orders = [channels_first]
        elif bracket == "x":
            orders = [channels_last, channels_first]
        else:
            orders = [channels_first, channels_last]
        wanted = self.key[0] if isinstance(self.key, Shape) else None
        yield from sorted(dict.fromkeys(orders), key=lambda shape: shape[0] != wanted)
        ones = tuple(size for size in sizes if size != 1)
        if isinstance(self.key, Shape) and len(self.key) == 1 and len(ones) <= 1:
            yield Shape(ones or (1,))  # a vector written as a column or a row
        if isinstance(self.key, Shape) and len(sizes) == 1 and self.key[1:] == (1, 1):
            yield Shape((*sizes, 1, 1))  # channels of single pixels
        if isinstance(self.key, Shape) and len(self.key) == 2 and len(sizes) == 1:
            yield Shape(sizes * 2)  # the side of a square


@final
class Row(AnswerKind):
    """A row of numbers, with commas, semicolons or blanks between them, in any bracket or none."""

    @property
    def literal(self) -> bool:
        return True

    def read(self, text: str) -> Read | Unreadable:
        said = _AROUND_ROW.sub(blank, without_words(text))
        values = self._typeset(said) if "\\" in said else self._separated(said)
        if isinstance(values, Unreadable):
            return values
        return Read((values,), plain(as_formula(values))) if values else Unreadable("empty")

    def _typeset(self, text: str) -> tuple[Value, ...] | Unreadable:
        """The numbers of a list, or of a matrix that is a row or a column, in LaTeX."""
        match read(text, (), decimal=self.part.decimal):
            case Call("matrix", (Group(items, _),)) | Group(items, _):
                pass
            case Call("matrix", rows) if all(isinstance(row, Group) and len(row.items) == 1 for row in rows):
                items = tuple(row.items[0] for row in rows if isinstance(row, Group))
            case Unreadable() as unreadable:
                return unreadable
            case _:
                return Unreadable("wrong_type")
        values = [exact(item) for item in items]
        return next((value for value in values if isinstance(value, Unreadable)), None) or tuple(values)

    def _separated(self, text: str) -> tuple[Value, ...] | Unreadable:
        inside = re.sub(r"[\[\](){}]", " ", text)
        marks = r"[;|]" if self.part.decimal == "," and ";" in inside else r"[,;|]"
        separator = marks if re.search(marks, inside) else r"\s+"
        values: list[Value] = []
        for piece in re.finditer(rf"(?:(?!{separator}).)+", inside.strip()):
            if not piece.group().strip():
                continue
            value = _number(piece.group(), self.part.decimal)
            if isinstance(value, Unreadable):
                lead = len(inside) - len(inside.lstrip())
                return Unreadable(value.reason, value.at + piece.start() + lead, value.word)
            values.append(value)
        return tuple(values)

    def same(self, reading: Reading, key: Value) -> bool | None:
        return isinstance(reading, tuple) and isinstance(key, tuple) and tuple(reading) == tuple(key)


@final
class Expression(AnswerKind):
    """A formula in the names of the key and of what led to it; of an equation the side that is asked counts."""

    def read(self, text: str) -> Read | Unreadable:
        said = without_words(text)
        if "x" not in self._known:
            said = re.sub(r"(?<=\s)[xX](?=\s)", "×", said)
        last = last_index(self._known)
        short = [sums(said, last)] if last else []
        formula = read_as(said, self._names(text), short, self._known, self.part.decimal)
        match formula:
            case Unreadable():
                return formula
            case Relation(sides, operators):
                if set(operators) != {"="}:
                    return Unreadable("wrong_type", 0)
                for left, right in pairwise(sides[1:]):
                    if compare(left, right, names=self._known).verdict == "different":
                        return Unreadable("false_link", 0, f"{plain(left)} = {plain(right)}")
                return Read((sides[-1],), plain(formula))
            case _:
                return Read((formula,), plain(formula))

    def same(self, reading: Reading, key: Value) -> bool | None:
        compared = compare(reading, self._formula(key), names=self._known)  # type: ignore[arg-type]  # read as a formula
        match compared.verdict:
            case "equal":
                return True
            case "different":
                return False
            case _:
                return None

    @cached_property
    def _formula(self) -> Callable[[Value], Formula]:
        """Values as formulas, those of mistakes once for all answers."""
        return lru_cache(MOST_FORMULAS, typed=True)(as_formula)

    @cached_property
    def _known(self) -> tuple[str, ...]:
        """A mistake may leave names in an answer that the key has none of: 2*C*H*W for 2*C."""
        values = (self.key, *(value for value in self.given if not isinstance(value, bool)))
        return tuple(dict.fromkeys(name for value in values for name in names(as_formula(value))))

    def _names(self, text: str) -> tuple[str, ...]:
        """The names that are known, and the one left of an equality sign that the answer gives its result."""
        left = re.match(r"(?:\s|\$|\\[(\[])*\\?([A-Za-z]\w*)\s*(?:\([A-Za-z]\w*\)\s*)?=", text)
        return (*self._known, *((left[1],) if left else ()))


@final
class Choice(AnswerKind):
    """One or more of the part's options: by id, number, Hebrew or Latin letter, or in its own words."""

    def read(self, text: str) -> Read | Unreadable:
        stripped = text.strip(" .,;:!\t\n\u200e\u200f()[]{}\"'׳").casefold()
        if not stripped:
            return Unreadable("empty")
        pieces = [*self._pieces(stripped)]
        chosen = [option for _, option in pieces if option is not None]
        for piece, option in pieces:
            if option is None:
                return Unreadable("unknown_option", max(0, text.casefold().find(piece)), piece[:40])
        truths = tuple(option in chosen for option in self.part.options)
        return Read((truths,), ", ".join(option.id for option in self.part.options if option in chosen))

    def same(self, reading: Reading, key: Value) -> bool | None:
        wanted = (key, not key) if isinstance(key, bool) else key
        return reading == wanted

    def _pieces(self, text: str) -> Iterator[tuple[str, Option | None]]:
        """The options that a text names, split the coarsest way in which each piece is one; else what is not."""
        for separators in (r"$^", r"[;\n]", r"[,;\n]", _AND, rf"{_AND}|\s+|\+"):
            pieces = [piece.strip() for piece in re.split(separators, text) if piece.strip()]
            named = [(piece, self._option(piece)) for piece in pieces]
            if all(option for _, option in named):
                yield from named
                return
        first, *rest = re.split(r"[,.;:\n]\s|\s[-–—]\s|\s(?=כי\b|because\b|since\b|as\b)", text, maxsplit=1)
        reasoned = self._option(first.strip())
        others = [word for word in re.findall(r"\w{2,}", " ".join(rest)) if self._option(word) not in (None, reasoned)]
        if reasoned and (_BECAUSE.match(text[len(first) :]) or (isinstance(self.key, bool) and not others)):
            yield first, reasoned  # "yes, because ..."
            return
        yield from ((piece, self._option(piece)) for piece in re.split(_AND, text) if piece.strip())

    def _option(self, piece: str) -> Option | None:
        plain_piece = _AROUND_OPTION.sub("", piece).strip(" .()׳'")
        for number, option in enumerate(self.part.options):
            names = {option.id, *option.also, option.text.he, option.text.en, str(number + 1)}
            names |= {"אבגדהוזחטי"[number], "abcdefghij"[number]}
            if plain_piece in {name.casefold() for name in names}:
                return option
        return None


@final
class Written(AnswerKind):
    """Code, which `grader.code` judges: it has no value that other answers could rest on."""

    def read(self, text: str) -> Read | Unreadable:
        return Read((), "") if text.strip() else Unreadable("empty")

    def same(self, reading: Reading, key: Value) -> bool | None:
        return None


@final
class FreeText(AnswerKind):
    """Words, which a person judges; the numbers in them are read, to say whether the count that was asked is there."""

    def read(self, text: str) -> Read | Unreadable:
        if not text.strip():
            return Unreadable("empty")
        found = (_number(number.strip(",. "), self.part.decimal) for number in re.findall(r"\d[\d,. ]*", text))
        return Read(tuple(value for value in found if not isinstance(value, Unreadable)), "")

    def same(self, reading: Reading, key: Value) -> bool | None:
        return reading == key


KINDS: dict[str, type[AnswerKind]] = {
    "whole": Numeric,
    "number": Numeric,
    "shape": Sizes,
    "row": Row,
    "formula": Expression,
    "choice": Choice,
    "free": FreeText,
}
"""Kinds that need no more than this module, by the names that `Instance.kind` gives; `judge.EVERY_KIND` has all."""


def read_as(
    text: str,
    names: Iterable[str],
    short: Iterable[Iterable[Respelling]],
    known: Iterable[str],
    decimal: Mark | None = None,
) -> Formula | Unreadable:
    """A formula, short spellings written out; where a name is unknown, letters are those that the question has."""
    spelled, was = respelled(text, (one for each in short for one in each))
    found = read(spelled, names, decimal=decimal)
    if isinstance(found, Unreadable) and found.reason in ("unknown_name", "unknown_function"):
        again = read(respelled(spelled, declared(spelled, known))[0], names, decimal=decimal)
        found = found if isinstance(again, Unreadable) else again
    return Unreadable(found.reason, was(found.at), found.word) if isinstance(found, Unreadable) else found


def _total(text: str) -> str:
    """What stands behind "in total", where parts are told before it."""
    return _TOTAL.sub(blank, text)


def _without_delimiters(text: str) -> str:
    """A chain without the dollar signs around it, which would stay on its first and its last side."""
    return _TYPESET.sub(blank, text) if "=" in text else text


def _near(value: Fraction, wanted: Fraction, within: Fraction) -> bool:
    return abs(value - wanted) <= within * abs(wanted)


def _roughly(text: str) -> str:
    """Where a rough number will do, without the words that say so; "is about" between two numbers is an equality."""
    return _TIMES.sub(blank, _ABOUT.sub(blank, _IS_ABOUT.sub(lambda sign: "=".ljust(len(sign.group())), text)))


def _worked_out(text: str, decimal: Mark | None, within: Fraction | int = 0) -> int | Fraction | Unreadable:
    """The number of the last of several equations, 25*3+1 = 76, 76*6 = 456, if all of them hold."""
    starts = [0, *(comma.end() for comma in _BETWEEN_EQUATIONS.finditer(text))]
    if len(starts) == 1 or "=" not in text[: starts[1]]:
        return _number(text, decimal, within)
    for start, stop in pairwise((*starts, len(text) + 1)):
        value = _number(text[start : stop - 1], decimal, within)
        if isinstance(value, Unreadable):
            return Unreadable(value.reason, value.at + start, value.word)
    return value


def _number(text: str, decimal: Mark | None, within: Fraction | int = 0) -> int | Fraction | Unreadable:
    """The number that a text says, also as the last side of a chain whose links all hold, up to what is allowed."""
    sides = without_words(_without_delimiters(text)).replace("==", " =").split("=")
    starts = [sum(len(side) + 1 for side in sides[:index]) for index in range(len(sides))]
    if len(sides) > 1 and re.fullmatch(r"[\s\w\\{}().#]*[^\W\d_][\s\w\\{}().#]*|\s*", sides[0]):
        sides, starts = sides[1:], starts[1:]  # "N = 48": what the number is called
    values = []
    for side, start in zip(sides, starts, strict=True):
        value = _exact(side, decimal)
        if isinstance(value, Unreadable):
            return Unreadable(value.reason, value.at + start, value.word)
        values.append(value)
    for index, (left, right) in enumerate(pairwise(values)):
        if left != right and not (within and _near(Fraction(right), Fraction(left), Fraction(within))):
            link = f"{sides[index].strip()} = {sides[index + 1].strip()}"
            return Unreadable("false_link", starts[index + 1], link)
    return values[-1]


def _exact(text: str, decimal: Mark | None) -> int | Fraction | Unreadable:
    if _DIGITS.fullmatch(text):
        return int(text)  # as nearly all items of rows are: reading them would take most of a row's time
    formula = read(text, (), decimal=decimal)
    return formula if isinstance(formula, Unreadable) else exact(formula)


def _sizes(formula: Formula) -> tuple[int, ...] | Unreadable:
    """The sizes that a formula lists, brackets and powers written out: 3 x (10 x 10), 10^2 x 3."""
    match formula:
        case Group(items, "(" | "[" | ",") if any(isinstance(item, Group | Mul) for item in items):
            return Unreadable("ambiguous")  # several shapes
        case Group(items, _) | Mul(items):
            sizes: list[int] = []
            for item in items:
                inner = _sizes(item)
                if isinstance(inner, Unreadable):
                    return inner
                sizes += inner
            return tuple(sizes)
        case Pow(base, Number(int() as exponent)) if 1 < exponent < 4:
            inner = _sizes(base)
            return inner if isinstance(inner, Unreadable) else inner * exponent
        case Name(text):
            return Unreadable("unknown_name", 0, text)
        case _:
            value = exact(formula)
    if isinstance(value, Unreadable):
        return value
    return (value,) if isinstance(value, int) and value >= 0 else Unreadable("wrong_type")
