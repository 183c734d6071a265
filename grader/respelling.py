"""Short spellings written out before an answer is read, and where a place of the new text was in the old one.

    sums        a sum that only has its sign, or its index below, runs from 1 to the last that there is
    variances   V(x), V[x] is Var(x)
    names       K for k, D for D_in, where the question has only the one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from solver.patterns import pattern

Respelling: TypeAlias = "tuple[int, int, str]"
"""From where to where, and what stands there instead."""

_SUM: Final = pattern(
    r"(?:\\sum|∑|Σ|(?<![A-Za-z])[Ss]um)(?:\\limits)?\s*(?:_\s*(?:\{\s*([ijk])\s*\}|([ijk])))?(?!\s*[_^])(?![A-Za-z])"
)
_VARIANCE: Final = pattern(r"(?<![A-Za-z\\_])V(?=\s*[\[(])")
_LETTER: Final = pattern(r"(?<![A-Za-z\\_])[A-Za-z](?![A-Za-z_])")


def respelled(text: str, respellings: Iterable[Respelling]) -> tuple[str, Callable[[int], int]]:
    """The new text, and for a place in it the place in the old one.

    >>> text, was = respelled("V[x] + 1", variances("V[x] + 1"))
    >>> text, was(text.index("+"))
    ('Var[x] + 1', 5)
    """
    pieces: list[str] = []
    shifts: list[tuple[int, int]] = []
    place = done = 0
    for start, end, instead in sorted(respellings):
        pieces += [text[done:start], instead]
        place += start - done + len(instead)
        done = end
        shifts.append((place, done))
    pieces.append(text[done:])

    def was(at: int) -> int:
        new, old = next(((new, old) for new, old in reversed(shifts) if new <= at), (0, 0))
        return min(len(text), old + at - new) if new or not shifts else min(at, shifts[0][1])

    return "".join(pieces), was


def sums(text: str, last: str) -> Iterator[Respelling]:
    """Sums that say over what, where a student only wrote the sign.

    >>> [instead for _, _, instead in sums("sum w_i x_i", "n")]
    ['∑_{i=1}^{n} ']
    """
    for match in _SUM.finditer(text):
        body = text[match.end() :]
        if re.match(r"\s*\(\s*\w+\s*,", body):
            continue  # sum(i, 1, n, …)
        index = match[1] or match[2] or next(iter(re.findall(r"_\{?([ijk])", body)), "i")
        yield match.start(), match.end(), f"∑_{{{index}=1}}^{{{last}}} "


def variances(text: str) -> Iterator[Respelling]:
    """V for the variance, as some books write it."""
    return ((match.start(), match.end(), "Var") for match in _VARIANCE.finditer(text))


def declared(text: str, names: Iterable[str]) -> Iterator[Respelling]:
    """Single letters as the question has them, where they can only be one of its names.

    >>> respelled("(k-1)L + D", declared("(k-1)L + D", ["K", "L", "D_in"]))[0]
    '(K-1)L + D_in'
    """
    known = set(names)
    single = {name for name in known if len(name) == 1}
    meant: dict[str, set[str]] = {}
    for name in known:
        letter, below, _ = name.partition("_")
        if len(name) == 1 and name.swapcase() not in single:
            meant.setdefault(name.swapcase(), set()).add(name)
        elif below and letter not in single:
            meant.setdefault(letter, set()).add(name)
    for match in _LETTER.finditer(text):
        if len(choices := meant.get(match[0], ())) == 1:
            yield match.start(), match.end(), next(iter(choices))


def last_index(names: Iterable[str]) -> str:
    """The last index of the only family of names that is numbered from 1; "" where there is none.

    >>> last_index(["z_1", "z_2", "z_3", "n"]), last_index(["n"])
    ('3', '')
    """
    numbered = [found for name in names if (found := re.fullmatch(r"(\w+?)_(\d+)", name))]
    numbers = sorted(int(found[2]) for found in numbered)
    one_family = len({found[1] for found in numbered}) == 1 and numbers == [*range(1, len(numbers) + 1)]
    return str(len(numbers)) if one_family else ""
