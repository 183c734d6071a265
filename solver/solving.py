"""What a result says about the numbers that led to it: inputs with one output, hyper-parameters.

    n  an input size      b, A, M, B  of a size floor((b n + A)/M) + B      k, s, p, d  of a window
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import lcm
from typing import final

from solver.derivation import DoesNotFit, Rule
from solver.frozen import frozen
from solver.sizes import Size


def inputs_with(size: Size, value: int) -> range:
    """All n >= 1 with size(n) = value: an interval, since a size never falls as n grows.

    >>> H = Size.symbol("H")
    >>> inputs_with((H - 1)//32 + 1, 7)
    range(193, 225)
    """
    return range(first_at_least(size, value), first_at_least(size, value + 1))


def first_at_least(size: Size, value: int) -> int:
    """The smallest n >= 1 with size(n) >= value."""
    floor = -((size.offset - value) // size.outer)  # of floor((b n + A)/M)
    return max(1, -((size.shift - floor * size.divisor) // size.inner))


@final
@frozen(slots=True)
class Residues:
    """The n whose remainder by a modulus is one of these."""

    name: str
    modulus: int
    remainders: tuple[int, ...]

    def __contains__(self, n: object) -> bool:
        return isinstance(n, int) and n % self.modulus in self.remainders


def where_equal(left: Size, right: Size) -> Residues:
    """The n for which two sizes of one symbol that grow alike are equal; no remainders where they never are.

    >>> H = Size.symbol("H")
    >>> where_equal(H, (H//2)*2)
    Residues(name='H', modulus=2, remainders=(0,))
    """
    slopes = [(size.outer * size.inner, size.divisor) for size in (left, right)]
    if left.name != right.name or slopes[0][0] * slopes[1][1] != slopes[1][0] * slopes[0][1]:
        return Residues(left.name, 1, ())
    modulus = lcm(left.divisor, right.divisor)
    return Residues(left.name, modulus, tuple(n for n in range(modulus) if left.at(n) == right.at(n)))


def choices(rule: Rule, result: int, **premises: int | Iterable[int]) -> Iterator[dict[str, int]]:
    """All ways to choose premises, each a number or several to choose from, that lead to a result.

    >>> from solver.layers.window import OUTPUT_SIZE
    >>> list(choices(OUTPUT_SIZE, 112, n=224, k=(3, 5, 7), s=2, p=range(4), d=1))[-1]
    {'n': 224, 'k': 7, 's': 2, 'p': 3, 'd': 1}
    """
    names = tuple(premises)
    for values in product(*((value,) if isinstance(value, int) else tuple(value) for value in premises.values())):
        chosen = dict(zip(names, values, strict=True))
        try:
            if rule(**chosen) == result:
                yield chosen
        except DoesNotFit:
            continue
