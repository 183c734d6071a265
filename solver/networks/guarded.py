"""A size that is not known, as a module's own code sees it: it computes, and what code takes for granted is noted.

Code may add, multiply and divide it, round what it has divided, and compare it; the answers are those of
`solver.networks.conditions`. Where Python wants a number of its own, as in `range(H)`, it is refused: `Undecided`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, final

from solver.networks.conditions import Conditions, Undecided, quotient, simple
from solver.sizes import Polynomial, Size

MOST_DENOMINATOR = 4096


def bare(value: Any) -> Any:
    """The size itself, of what a module's code computed with."""
    return value.value if isinstance(value, Guarded) else value


def guarded(value: Any, conditions: Conditions) -> Any:
    """A size as code sees it: a number is itself."""
    value = simple(value)
    if isinstance(value, int):
        return value
    if isinstance(value, Size | Polynomial):
        return Guarded(value, conditions)
    raise Undecided(str(value))


@final
class Guarded:
    """A size in symbols among the numbers of a module's code."""

    __slots__ = ("conditions", "value")

    def __init__(self, value: Any, conditions: Conditions) -> None:
        self.value = value
        self.conditions = conditions

    def _with(self, other: object, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, float) and other.is_integer():
            other = int(other)
        if isinstance(other, Guarded) or (isinstance(other, int) and not isinstance(other, bool)):
            return guarded(operation(self.value, bare(other)), self.conditions)
        return NotImplemented

    def __add__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: object) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, float) and not other.is_integer():
            share = Fraction(other).limit_denominator(MOST_DENOMINATOR)
            return Ratio(self.value * share.numerator, share.denominator, self.conditions)
        return self._with(other, lambda a, b: a * b)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return guarded(-self.value, self.conditions)

    def __pow__(self, other: int) -> Any:
        return guarded(self.value**other, self.conditions)

    def __floordiv__(self, other: object) -> Any:
        return self._with(other, lambda a, b: _floored(a, b))

    def __mod__(self, other: object) -> Any:
        if isinstance(other, int):
            return self.conditions.remainder(self.value, other)
        return self - other * (self // other)

    def __divmod__(self, other: object) -> Any:
        rest = self % other
        return (self - rest) // other, rest

    def __truediv__(self, other: object) -> Any:
        exact = quotient(self.value, bare(other))
        if exact is None:
            return Ratio(self.value, bare(other), self.conditions)
        return guarded(exact, self.conditions)

    def __rtruediv__(self, other: object) -> Any:
        return Ratio(other, self.value, self.conditions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(bare(other), int | Size | Polynomial):
            return False
        return self.conditions.equal(self.value, bare(other))

    def __ge__(self, other: Any) -> bool:
        return self.conditions.at_least(self.value, bare(other))

    def __gt__(self, other: Any) -> bool:
        return self.conditions.at_least(self.value, bare(other) + 1)

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __lt__(self, other: Any) -> bool:
        return not self >= other

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        return hash(self.value)

    def __index__(self) -> int:
        raise Undecided(repr(self.value))

    __int__ = __index__
    __float__ = __index__

    def __floor__(self) -> Any:
        return self

    __ceil__ = __floor__
    __trunc__ = __floor__

    def __round__(self, digits: int | None = None) -> Any:
        return self

    def __repr__(self) -> str:
        return repr(self.value)


@final
class Ratio:
    """What is left of a division until it is rounded: math.ceil(H / 2)."""

    __slots__ = ("bottom", "conditions", "top")

    def __init__(self, top: Any, bottom: Any, conditions: Conditions) -> None:
        self.top, self.bottom, self.conditions = top, bottom, conditions

    def __floor__(self) -> Any:
        return guarded(_floored(self.top, self.bottom), self.conditions)

    __trunc__ = __floor__

    def __ceil__(self) -> Any:
        return guarded(-_floored(-self.top, self.bottom), self.conditions)

    def __int__(self) -> int:
        raise Undecided(repr(self))

    __float__ = __int__

    def __repr__(self) -> str:
        return f"{self.top}/{self.bottom}"


def _floored(top: Any, bottom: Any) -> Any:
    exact = quotient(top, bottom)
    if exact is not None:
        return exact
    if not isinstance(bottom, int) or not isinstance(top, int | Size):
        raise Undecided(f"{top} // {bottom}")
    return top // bottom
