"""Fields of outputs that see different stretches in turn, as after upsampling or uneven adaptive pooling.

Unit q P + t of a signal with P phases sees r_t pixels from a_t + q P j on, t = 0..P-1; a unit that nothing reaches has
r_t = 0. A layer that takes so many input units further after each period of its outputs keeps this form.

    r, j, a     size, jump and start of a field
    k, s, p, d  kernel, stride, padding, dilation of a transposed window
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any, TypeAlias

from solver.derivation import Quantity, component, exact, formula, law, value_of
from solver.layers.base import AxisField, Hyper, NotFollowed
from solver.values import Value

Phases: TypeAlias = "tuple[tuple[int, int], ...]"
Taps: TypeAlias = "tuple[tuple[int, ...], ...]"
"""For each output of a period the input units that it is made from."""

GUIDE = "Dumoulin & Visin 2016, A guide to convolution arithmetic for deep learning, chapter 4"

MOST_PHASES = 100_000

TRANSPOSED_SIZE = formula(
    "field.transposed_size",
    "r + floor((k - 1)/s)*j",
    symbol="r_out",
    source=GUIDE,
    seen_as_convolution="r + (k - 1)*j",
    stride_ignored_in_field="r + floor((k - 1)/s)",
)

TRANSPOSED_JUMP = formula("field.transposed_jump", "j/s", symbol="j_out", source=GUIDE, jump_multiplied="j*s")

TRANSPOSED_START = formula(
    "field.transposed_start",
    "a + ceil((p - k + 1)/s)*j",
    symbol="a_out",
    source=GUIDE,
    padding_forgotten="a + ceil((1 - k)/s)*j",
    seen_as_convolution="a - p*j",
)

ENVELOPE_SIZE = formula(
    "field.envelope_size", "r + (k - 1)*d*j/s", symbol="r_out", source=GUIDE, seen_as_convolution="r + (k - 1)*d*j"
)

ENVELOPE_START = formula(
    "field.envelope_start",
    "a + (p - (k - 1)*d)*j/s",
    symbol="a_out",
    source=GUIDE,
    padding_forgotten="a - (k - 1)*d*j/s",
    seen_as_convolution="a - p*j",
)


def _seen(premises: Mapping[str, Value]) -> Value:
    given: Any = premises
    before = Periodic(given["a"], given["r"], given["j"], given["phases"])
    taps, advance = given["taps"], given["advance"]
    periods = lcm(advance, before.count) // advance
    if periods * len(taps) > MOST_PHASES:
        raise NotFollowed("field.phases", {"phases": periods * len(taps)})
    return tuple(before.box([unit + period * advance for unit in units]) for period in range(periods) for units in taps)


def _largest(premises: Mapping[str, Value]) -> Value:
    seen: Any = premises["phases"]
    return max(size for _, size in seen)


def _united(premises: Mapping[str, Value]) -> Value:
    given: Any = premises
    count = sum(1 for name in given if name.startswith("r_"))
    facts = [[given[f"{fact}_{path}"] for fact in ("a", "r", "j", "phases")] for path in range(1, count + 1)]
    paths = [Periodic(*path) for path in facts]
    return tuple(_box([path.unit(unit) for path in paths]) for unit in range(lcm(*(path.count for path in paths))))


PHASES = law("field.phases", _seen, source=f"{GUIDE}: each output is made from the inputs that reach it")

UNITED = law("field.united_phases", _united)

INTEGER = law("field.integer", lambda premises: int(exact(premises["j"])), hidden=True)
"""A fraction with denominator 1 as the integer that it is."""

LARGEST = law("field.largest", _largest, hidden=True)
"""The largest field of any phase."""


class Periodic:
    """The fields of all units of a signal along one axis."""

    def __init__(self, start: int, size: int, jump: int | Fraction, phases: Phases) -> None:
        self.phases = phases or ((start, size),)
        self.count = len(self.phases)
        self.period = jump * self.count

    def unit(self, number: int) -> tuple[int, int]:
        """(first pixel, how many) of any unit, also of those in the padding."""
        turns, phase = divmod(number, self.count)
        start, size = self.phases[phase]
        return int(start + turns * self.period), size

    def box(self, units: Sequence[int]) -> tuple[int, int]:
        """(first pixel, how many) around what several units see."""
        return _box([self.unit(unit) for unit in units])


def _box(stretches: Sequence[tuple[int, int]]) -> tuple[int, int]:
    reached = [(start, start + size) for start, size in stretches if size]
    if not reached:
        return 0, 0
    first = min(start for start, _ in reached)
    return first, max(end for _, end in reached) - first


def is_periodic(axis: AxisField) -> bool:
    """Whether the fields of all units are known by numbers."""
    numbers = (axis.size, axis.start, axis.jump)
    return all(isinstance(value_of(number), int | Fraction) for number in numbers)


def counted(*values: Hyper) -> tuple[int, ...]:
    """Hyper-parameters by which units are counted off: numbers."""
    known = tuple(value for value in values if isinstance(value, int))
    if len(known) < len(values):
        raise NotFollowed("field.phases", {"values": values})
    return known


def tapped(axis: AxisField, taps: Taps, advance: int, jump: Quantity, about: str) -> AxisField:
    """The field behind a layer whose outputs are made from these inputs, period by period."""
    if not is_periodic(axis):
        raise NotFollowed("field.phases", {"r": value_of(axis.size), "j": value_of(axis.jump)})
    seen = PHASES(about, a=axis.start, r=axis.size, j=axis.jump, phases=axis.phases, taps=taps, advance=advance)
    return _phased(seen, jump, about)


def united(axes: Sequence[AxisField], about: str) -> AxisField:
    """The box around what several paths see, unit by unit."""
    if len({value_of(axis.jump) for axis in axes}) > 1 or not all(map(is_periodic, axes)):
        raise NotFollowed("field.united_phases", {"jumps": tuple(value_of(axis.jump) for axis in axes)})
    facts: dict[str, Quantity] = {}
    for path, axis in enumerate(axes, start=1):
        said = {"a": axis.start, "r": axis.size, "j": axis.jump, "phases": axis.phases}
        facts |= {f"{fact}_{path}": quantity for fact, quantity in said.items()}
    return _phased(UNITED(about, **facts), axes[0].jump, about)


def _phased(seen: Quantity, jump: Quantity, about: str) -> AxisField:
    """The field whose phases are these; none are kept where all units see something, and alike."""
    first = component(component(seen, 0), 0)
    size = LARGEST(about, phases=seen)
    phases: Any = value_of(seen)
    step: Any = value_of(jump)
    if isinstance(step, Fraction) and step.denominator == 1:
        jump, step = INTEGER(about, j=jump), int(step)
    alike = all((start, r) == (phases[0][0] + turn * step, phases[0][1]) for turn, (start, r) in enumerate(phases))
    regular = alike and phases[0][1] > 0 and isinstance(step, int)
    return AxisField(size, jump, first, () if regular else seen)


def transposed(axis: AxisField, window: tuple[Hyper, Hyper, Hyper, Hyper], about: str) -> AxisField:
    """The field behind a transposed window: output o is made from each input i with o = i s - p + m d, 0 <= m < k.

    With symbols it is the box that every unit's field lies in, of a length that may be a fraction.
    """
    k, s, p, d = window
    numbers = all(isinstance(number, int) for number in window) and is_periodic(axis)
    jump = TRANSPOSED_JUMP(about, j=axis.jump, s=s)
    if not numbers:
        if axis.phases != ():
            raise NotFollowed("field.phases", {"k": k, "s": s})
        facts = {"k": k, "d": d, "j": axis.jump, "s": s}
        return AxisField(
            ENVELOPE_SIZE(about, r=axis.size, **facts), jump, ENVELOPE_START(about, a=axis.start, p=p, **facts)
        )
    seen = tapped(axis, transposed_taps(*(int(number) for number in window)), 1, jump, about)
    if axis.phases == () and d == 1 and int(k) >= int(s):
        size = TRANSPOSED_SIZE(about, r=axis.size, k=k, s=s, j=axis.jump)
        start = TRANSPOSED_START(about, a=axis.start, p=p, k=k, s=s, j=axis.jump)
        return AxisField(size, jump, start, seen.phases)
    return seen


def transposed_taps(k: int, s: int, p: int, d: int) -> Taps:
    """The inputs that reach each of the first s outputs; those of the next s are one input further."""
    return tuple(tuple((t + p - m * d) // s for m in range(k) if (t + p - m * d) % s == 0) for t in range(s))


def scaled_taps(before: int, after: int, spread: bool) -> tuple[Taps, int]:
    """Outputs in the ratio after : before, each made from the inputs that it overlaps, or from the first of them.

    floor(o n/m) .. ceil((o + 1) n/m) - 1 as in adaptive pooling, or floor(o n/m) alone as the nearest one. Returned
    with how many inputs a period goes on.
    """
    common = gcd(before, after)
    n, m = before // common, after // common
    ends = [-(-(o + 1) * n // m) if spread else o * n // m + 1 for o in range(m)]
    return tuple(tuple(range(o * n // m, end)) for o, end in enumerate(ends)), n
