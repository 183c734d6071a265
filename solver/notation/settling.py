"""What two formulas that were read apart have to agree on before they are compared, where nobody declared any names.

Letters side by side are a product where the other side has these letters, a comma separates where the other side is a
list, i is the imaginary unit, and a word beside a number is its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, final

from solver.frozen import frozen
from solver.notation.arithmetic import UNIT
from solver.notation.comparison import Assumptions
from solver.notation.naming import spelling
from solver.notation.reading import Reader
from solver.notation.tree import (
    Call,
    Div,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Pow,
    Relation,
    names,
    rebuild,
    subformulas,
    substitute,
)
from solver.notation.units import DEGREES, has_degrees, letters, unit
from solver.notation.unreadable import Unreadable
from solver.notation.vocabulary import CONSTANTS, GREEK, SETS, THOUSANDS

_WHOLE: Final = frozenset({*GREEK.values(), *SETS.values(), *CONSTANTS, "emptyset", "infinity", "true", "false"})
_LIKE_FUNCTIONS: Final = "fghFGH"
"""Letters that stand for functions where a bracket follows them."""


@final
@frozen(slots=True)
class Said:
    """A formula, and the text that it was read from if it was."""

    formula: Formula
    text: str | None

    def read(self, reader: Reader, *, lists: bool = False, near: Iterable[str] = ()) -> Said:
        """The same text read in another way, where that can be done."""
        again = None if self.text is None else reader.read(self.text, lists=lists, near=near)
        return self if again is None or isinstance(again, Unreadable) else Said(again, self.text)


def free_names(formula: Formula) -> tuple[str, ...]:
    """The names in a formula that could be letters side by side."""
    return tuple(name for name in names(formula) if name not in _WHOLE)


def in_same_letters(said: Formula, wanted: Formula) -> bool:
    """Whether both sides are about the same letters, so that nothing about names, lists and units is in doubt."""
    if isinstance(said, Group) != isinstance(wanted, Group):
        return False
    letters = {*names(wanted)}
    return letters == {*names(said)} and all(len(name) == 1 for name in letters) and not letters & {"i", "I"}


def settled(said: Said, wanted: Said, reader: Reader, assume: Assumptions) -> tuple[Formula, Formula, bool]:
    """Both sides as they are compared, and whether their units differ."""
    said, wanted = _with_lists(said, wanted, reader), _with_lists(wanted, said, reader)
    wanted = _taken_apart(wanted, said.formula, reader)
    return _without_units(*_agreed(said.formula, wanted.formula, assume))


def other_readings(said: Said, wanted: Said, reader: Reader) -> Iterator[tuple[Said, Said]]:
    """What two texts also may say: f(2x) is f of 2x or f times 2x, and ab^2 is (ab)^2 or a b^2."""
    both = (said, wanted)
    texts = f"{said.text or ''} {wanted.text or ''}"
    calls = [letter for letter in _LIKE_FUNCTIONS if letter in texts and _is_called(letter, both)]
    if calls:
        aware = reader.with_functions(calls)
        yield said.read(aware), wanted.read(aware)
    words = {word for each in both for word in _words_in_doubt(each.formula)}
    if words:
        letters = sorted({letter for word in words for letter in word})
        yield said.read(reader, near=letters), wanted.read(reader, near=letters)


def are_anagrams(said: Formula, wanted: Formula) -> bool:
    """Whether two longer words have the same letters, as act and cat, and so would be one product."""
    match said, wanted:
        case Name(mine), Name(other):
            return mine != other and len(mine) > 2
        case _:
            return False


def spelled_twice(said: Formula, wanted: Formula) -> bool:
    """Whether one side has x1 and the other x_1, which are the same name only if somebody says so."""
    mine, other = {*free_names(said)}, {*free_names(wanted)}
    return mine != other and any(spelling(name) in {*map(spelling, other - mine)} for name in mine - other)


def _with_lists(side: Said, other: Said, reader: Reader) -> Said:
    """6,8 as a list of two where the other side is a list, and as a decimal number elsewhere."""
    number = side.formula.body if isinstance(side.formula, Neg) else side.formula
    listed = isinstance(other.formula, Group) and isinstance(number, Number)
    return side.read(reader, lists=True) if listed and "," in (side.text or "") else side


def _taken_apart(wanted: Said, said: Formula, reader: Reader) -> Said:
    """The key with its words taken apart where the answer has their letters."""
    mine = free_names(said)
    words = free_names(wanted.formula)
    if all(len(name) == 1 or name in mine for name in words):
        return wanted
    return wanted.read(reader, near=(*mine, *(name for name in words if len(name) == 1)))


def _agreed(said: Formula, wanted: Formula, assume: Assumptions) -> tuple[Formula, Formula]:
    """Both sides with i as the imaginary unit, and with short words as products if that gives them the same names."""
    before = {*free_names(said)}, {*free_names(wanted)}
    if before[0] != before[1] and any(1 < len(name) < 4 for name in before[0] ^ before[1]):
        mine, other = map(_in_letters, (said, wanted))
        if {*free_names(mine)} == {*free_names(other)}:
            said, wanted = mine, other
    if not {"i", "I"} & (before[0] | before[1]):
        return said, wanted
    unit_names = {name: Name(UNIT) for name in ("i", "I") if name not in assume.domains}
    if {*names(said), *names(wanted)} & {*unit_names}:
        said, wanted = substitute(said, unit_names), substitute(wanted, unit_names)
    return said, wanted


def _in_letters(formula: Formula) -> Formula:
    match formula:
        case Name(text) if _is_letters(text):
            return Mul(tuple(map(Name, text)))
        case _:
            return rebuild(formula, _in_letters)


def _in_thousands(formula: Formula, other: Formula) -> Formula:
    """513K as a number beside a number."""
    match formula:
        case Mul((Number() as count, Name(size))) if size in THOUSANDS and not names(other):
            return Mul((count, Number(THOUSANDS[size])))
        case _:
            return formula


def _without_units(said: Formula, wanted: Formula) -> tuple[Formula, Formula, bool]:
    """Both sides without the units beside their numbers, and whether equal numbers have units that differ."""
    if isinstance(said, Relation) and set(said.operators) == {"="}:
        number, beside = unit(said.sides[-1], frozenset(names(wanted)))
        if beside is not None or number != said.sides[-1]:
            said = Relation((*said.sides[:-1], number), said.operators)
        return said, wanted, False
    if isinstance(said, Group | Relation) or isinstance(wanted, Group | Relation):
        return said, wanted, False
    said, wanted = _in_thousands(said, wanted), _in_thousands(wanted, said)
    number, beside = unit(said, frozenset())
    key, besides = unit(wanted, frozenset())
    if beside is not None and besides is not None and beside != besides:
        return said, wanted, number == key
    if (beside not in DEGREES and has_degrees(key)) or (besides not in DEGREES and has_degrees(number)):
        return number, key, True
    if letters(number) or letters(key):
        return said, wanted, False
    return number, key, False


# --- what may be read in two ways


def _is_called(letter: str, both: tuple[Said, Said]) -> bool:
    """Whether a letter stands before a bracket wherever it stands."""
    pattern = rf"(?<![A-Za-z\\_]){letter} *(?:\\left *)?\("
    called = sum(len(re.findall(pattern, each.text or "")) for each in both)
    return 0 < called == sum(part == Name(letter) for each in both for part in subformulas(each.formula))


def _words_in_doubt(formula: Formula) -> Iterator[str]:
    """Short words that are raised or divided by, as one name or as letters of which only the last or first one is."""
    for part in subformulas(formula) if any(map(_is_letters, names(formula))) else ():
        match part:
            case Pow(Name(word), _) | Div(_, Name(word) | Pow(Name(word), _)) | Call("factorial", (Name(word),)):
                if _is_letters(word):
                    yield word


def _is_letters(word: str) -> bool:
    return 1 < len(word) < 4 and word.isascii() and word.isalpha() and word not in _WHOLE
