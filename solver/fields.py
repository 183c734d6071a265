"""What one unit of a network sees: its box, which pixels and how often, and whether its paths look at one place.

unit_field(network, shape, layer, position)      any unit of any layer
misalignments(network, shape)                    joins whose paths look at different places
effective_field(network)                         how far what matters reaches, in the limit of many layers: approximate

    k, d  kernel and dilation      j  jump      v  variance of the place in the input, in pixels squared
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import sqrt
from typing import Any, final

from solver.derivation import DoesNotFit, Given, Quantity, formula, value_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, AxisField, Field, Join, Layer, input_field, lengths
from solver.layers.composite import Chain
from solver.layers.padding import Pad
from solver.layers.phases import Periodic
from solver.layers.repeated import Repeat
from solver.layers.window import Window
from solver.support import Counts, Support, Traced
from solver.values import Value

LUO = "Luo et al. 2016, Understanding the effective receptive field in deep convolutional neural networks, section 2.2"

VARIANCE = formula(
    "field.variance",
    "v + (k**2 - 1)*d**2*j**2/12",
    symbol="v_out",
    source=f"{LUO}: the variance of a uniform choice among k cells d j apart",
    stride_ignored_in_field="v + (k**2 - 1)*d**2/12",
    dilation_ignored_in_field="v + (k**2 - 1)*j**2/12",
    continuous_kernel="v + k**2*d**2*j**2/12",
)

VARIANCE_REPEATED = formula(
    "field.variance_repeated",
    "v + L*(k**2 - 1)*d**2*j**2/12",
    symbol="v_out",
    source=f"{LUO}, for L equal layers of stride 1",
    deviations_added="v + L**2*(k**2 - 1)*d**2*j**2/12",
)


# --- one unit


@final
@frozen
class UnitField:
    """What a unit at a position of a layer sees.

    box        along each axis the first to the last pixel, those in the padding included; None where paths move at
               different speeds, so that there is no recursion for it
    support    the pixels themselves, and how often each is used
    """

    layer: str
    position: tuple[int, ...]
    box: tuple[range, ...] | None
    support: Support

    @property
    def whole(self) -> bool:
        """Whether a layer on its way mixes all positions, so that it sees the whole input."""
        return self.support.whole

    @property
    def clipped(self) -> tuple[range, ...]:
        """The box without the padding: from the first pixel of the input that is used to the last."""
        return self.support.box

    @property
    def uses(self) -> Counts:
        """How often each pixel is used, along all paths together."""
        return self.support.uses

    @property
    def pixels(self) -> int:
        """How many pixels are used."""
        return self.support.pixels


def unit_field(
    network: Layer,
    shape: tuple[Any, ...],
    layer: str | int | None = None,
    position: tuple[int, ...] | None = None,
) -> UnitField:
    """What a unit sees, channels left out: the middle unit of the output unless a layer and a position are given.

    >>> from solver.layers.convolution import Conv2d
    >>> stack = Chain((Conv2d(1, 3, padding=1, name="first"), Conv2d(1, 3, padding=1)))
    >>> corner = unit_field(stack, (1, 9, 9), position=(0, 4))
    >>> corner.box, corner.clipped, int(corner.uses[0, 4])
    ((range(-2, 3), range(2, 7)), (range(0, 3), range(2, 7)), 6)
    >>> unit_field(stack, (1, 9, 9), "first").clipped
    (range(3, 6), range(3, 6))
    """
    traced = Traced.of(network, shape)
    signal = traced.signal(layer)
    at = traced.unit(position, signal)
    found = traced.support(at, layer)
    given = len(traced.inputs)
    row = traced.rows[signal - given].layer if signal >= given else None
    box = tuple(map(range, lengths(traced.inputs[0]))) if found.whole else _box(traced.field(signal), at)
    return UnitField((row.name or row.kind) if row else "", at, box, found)


def _box(field: Field, position: tuple[int, ...]) -> tuple[range, ...] | None:
    if field == WHOLE or len(field) != len(position):
        return None
    stretches = (_periodic(axis).unit(unit) for axis, unit in zip(field, position, strict=True))
    return tuple(range(start, start + size) for start, size in stretches)


def _periodic(axis: AxisField) -> Periodic:
    facts: Any = [value_of(fact) for fact in (axis.start, axis.size, axis.jump, axis.phases)]
    return Periodic(*facts)


# --- paths


@final
@frozen
class Misalignment:
    """A join whose paths look at different places along an axis of the input.

    Of each path that does not see the whole input, the centre of what the first unit sees, in pixels, and by how many
    the centre of the next one is further; `shift` is how far apart the centres are, None where that grows. Where units
    see different stretches in turn, as after upsampling, their mean counts.
    """

    join: str
    axis: int
    centres: tuple[Fraction, ...]
    jumps: tuple[int | Fraction, ...]
    shift: Fraction | None


def misalignments(network: Layer, shape: tuple[Any, ...]) -> tuple[Misalignment, ...]:
    """The joins of a network whose paths are not aligned: their centres differ, or their jumps.

    >>> from solver.layers.composite import Sum
    >>> from solver.layers.convolution import Conv1d
    >>> from solver.layers.pooling import AvgPool1d
    >>> (said,) = misalignments(Sum((Conv1d(1, 1, stride=2), AvgPool1d(2)), name="block"), (1, 8))
    >>> said.join, said.jumps, said.shift
    ('block', (2, 2), Fraction(1, 2))
    """
    traced = Traced.of(network, shape)
    found = []
    for node, row in zip(traced.graph.nodes, traced.rows, strict=True):
        if isinstance(node.operation, Join):
            fields = [seen for seen in map(traced.field, node.inputs) if seen != WHOLE]
            if len({len(seen) for seen in fields}) == 1:
                found += list(_misaligned(row.layer.name or row.layer.kind, fields))
    return tuple(found)


def _misaligned(join: str, fields: list[Field]) -> Iterator[Misalignment]:
    for number, axes in enumerate(zip(*fields, strict=True)):
        paths = [_periodic(axis) for axis in dict.fromkeys(axes)]
        jumps: Any = tuple(value_of(axis.jump) for axis in dict.fromkeys(axes))
        centres = tuple(_centre(path) for path in paths)
        apart, grows = max(centres) - min(centres), len(set(jumps)) > 1
        if apart or grows:
            yield Misalignment(join, number, centres, jumps, None if grows else apart)


def _centre(path: Periodic) -> Fraction:
    """Where the first unit looks, on the average over a period of units that look at different places in turn."""
    stretches = [path.unit(unit) for unit in range(path.count)]
    ahead = Fraction(path.period) * (path.count - 1) / (2 * path.count)
    return sum((start + Fraction(size - 1, 2) for start, size in stretches), Fraction(0)) / path.count - ahead


# --- what matters


@final
@frozen
class EffectiveField:
    """How the influence of pixels on a unit spreads, as a normal distribution around the centre of its field.

    variance    along each axis, in pixels squared
    kind        approximate: it is a limit of many layers
    """

    variance: tuple[Quantity, ...]
    kind: str = "approximate"
    assumes: tuple[str, ...] = ("independent_weights", "equal_variances", "many_layers", "activations_pass_alike")

    @property
    def deviation(self) -> tuple[float, ...]:
        """The standard deviation along each axis, where it is a number."""
        return tuple(sqrt(value_of(each)) for each in self.variance)  # type: ignore[arg-type]  # numbers

    @property
    def size(self) -> tuple[float, ...]:
        """Four standard deviations: where 95.45 per cent of the influence lies."""
        return tuple(4 * each for each in self.deviation)


def effective_field(network: Layer, axes: int = 2, *, derived: bool = False) -> EffectiveField:
    """The Gaussian limit of the gradient of a unit in the input, weights being random.

    Along an axis the place of a pixel is a sum of independent uniform choices, one of the cells of each kernel, so the
    variances add up. Only for layers one after the other: what branches weigh depends on their weights (Luo et al.
    2016, section 3), and is refused.

    >>> from solver.layers.convolution import Conv2d
    >>> effective_field(Repeat(Conv2d(1, 3), 12)).variance == (8, 8)
    True
    """
    pixel = input_field(axes)
    before: Quantity = 0
    if derived:
        pixel = tuple(AxisField(Given("r", 1), Given("j", 1), Given("a", 0)) for _ in pixel)
        before = Given("v", 0)
    _, variances = _spread(network, pixel, (before,) * axes)
    return EffectiveField(variances)


def _spread(layer: Layer, field: Field, variances: tuple[Quantity, ...]) -> tuple[Field, tuple[Quantity, ...]]:
    """What is seen, and how it is spread, behind a layer."""
    match layer:
        case Chain(layers):
            for inner in layers:
                field, variances = _spread(inner, field, variances)
            return field, variances
        case Repeat(inner, int() as times):
            return _spread(Chain((inner,) * times), field, variances)
        case Repeat(inner, times):
            rule, more = VARIANCE_REPEATED, {"L": times}
        case _:
            inner, rule, more = layer, VARIANCE, {}
    after = layer.reach(field)
    window = getattr(inner, "window", None)
    if more and any(value_of(one.jump) != value_of(two.jump) for one, two in zip(field, after, strict=True)):
        raise DoesNotFit("effective_field", {"layer": layer.kind, "times": more["L"]})
    if isinstance(window, Window) and after != WHOLE and all(axis.phases == () for axis in (*field, *after)):
        axes = zip(window.axes, field, variances, strict=True)
        return after, tuple(
            rule(layer.name, v=spread, k=k, d=d, j=axis.jump, **more) for (k, _, _, d), axis, spread in axes
        )
    if after == field or isinstance(layer, Pad):
        return after, variances
    raise DoesNotFit("effective_field", {"layer": layer.kind})


def influence(support: Support, axis: int) -> tuple[Value, Value]:
    """Mean and variance of the place of a pixel along an axis, each counted as often as it is used: exact.

    What `effective_field` says in the limit, for one unit of any network whose paths weigh alike.
    """
    uses = support.uses.astype(object)
    along = uses.sum(axis=tuple(other for other in range(uses.ndim) if other != axis))
    many = int(along.sum())
    mean = Fraction(sum(place * int(count) for place, count in enumerate(along)), many)
    square = Fraction(sum(place**2 * int(count) for place, count in enumerate(along)), many)
    return mean, square - mean**2
