"""Steps that put signals together: sums with broadcasting, concatenations.

    a, r  start and size of a field      c  channels      n_1, n_2  sizes that have to agree
    P  number of matrices      n, q, m  sizes of the matrices n x q and q x m
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import final

from solver.derivation import DoesNotFit, Quantity, Rule, component, formula, law, rank, total, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, AxisField, Field, Join, named, sizes_of
from solver.layers.counts import POSITIONS, multiplied_each
from solver.layers.phases import united
from solver.values import Value

MATRIX_PRODUCT = formula(
    "matrix_product.multiplications",
    "P*n*q*m",
    symbol="M",
    source="each of the n m numbers of a product is a sum of q products",
    inner_size_forgotten="P*n*m",
    positions_forgotten="n*q*m",
)

FIELDS = "Araujo, Norris & Sim 2019, Computing receptive fields, section on arbitrary graphs"


def _agreed(premises: Mapping[str, Value]) -> Value:
    sizes = dict.fromkeys(size for size in premises.values() if size != 1)
    if len(sizes) > 1:
        raise DoesNotFit("join.agreed", premises)
    return next(iter(sizes), 1)


def _alike(premises: Mapping[str, Value]) -> Value:
    sizes = dict.fromkeys(premises.values())
    if len(sizes) > 1:
        raise DoesNotFit("join.alike", premises)
    return next(iter(sizes))


ALIKE = law("join.alike", _alike, hidden=True)
"""The size that several paths have in common where torch does not broadcast."""

AGREED = law("join.agreed", _agreed, hidden=True)
"""The size that several paths have in common; 1 fits every size, as torch broadcasts it."""


@cache
def union_start(paths: int) -> Rule:
    """The first pixel that one of several paths sees."""
    starts = ", ".join(f"a_{path + 1}" for path in range(paths))
    return formula(
        "field.union_start", f"min({starts})", symbol="a_out", source=FIELDS, later_start=f"max({starts})"
    )


@cache
def union_size(paths: int) -> Rule:
    """How many pixels lie between the first and the last that one of several paths sees."""
    each = range(1, paths + 1)
    ends, starts = ", ".join(f"a_{i} + r_{i}" for i in each), ", ".join(f"a_{i}" for i in each)
    sizes = ", ".join(f"r_{i}" for i in each)
    return formula(
        "field.union_size",
        f"max({ends}) - min({starts})",
        symbol="r_out",
        source=FIELDS,
        smaller_path=f"min({sizes})",
        fields_added=" + ".join(f"r_{i}" for i in each),
    )


@cache
def channels_added(paths: int) -> Rule:
    """The channels of several paths, one behind the other."""
    channels = [f"c_{path + 1}" for path in range(paths)]
    return formula(
        "concatenation.channels", " + ".join(channels), symbol="C_out", channels_not_added=f"max({', '.join(channels)})"
    )


def union(fields: Sequence[Field], about: str = "") -> Field:
    """What is seen along one path or another: the box around all of them; the whole input if one sees it."""
    if any(field == WHOLE for field in fields):
        return WHOLE
    different = list(dict.fromkeys(fields))
    if len(different) == 1:
        return different[0]
    if any(_drift(axes) for axes in zip(*different, strict=True)):
        return WHOLE
    return tuple(_union_axis(axes, about) for axes in zip(*different, strict=True))


def _drift(axes: tuple[AxisField, ...]) -> bool:
    """Whether paths move at different speeds, so that what they see lies further and further apart."""
    return len({value_of(axis.jump) for axis in axes}) > 1


def _union_axis(axes: tuple[AxisField, ...], about: str) -> AxisField:
    if any(axis.phases != () for axis in axes):
        return united(axes, about)
    starts = {f"a_{path}": axis.start for path, axis in enumerate(axes, start=1)}
    sizes = {f"r_{path}": axis.size for path, axis in enumerate(axes, start=1)}
    size = union_size(len(axes))(about, **starts, **sizes)
    return AxisField(size, axes[0].jump, union_start(len(axes))(about, **starts))


def agreed(shapes: Sequence[Quantity], about: str, skip: int | None = None, rule: Rule = AGREED) -> list[Quantity]:
    """Each size of several shapes, which has to be the same or, unless the rule is ALIKE, 1; `skip` leaves one out."""
    axes = max(map(rank, shapes))
    sizes = []
    for axis in range(axes):
        here = {
            f"n_{path}": component(shape, axis - axes + rank(shape))
            for path, shape in enumerate(shapes, start=1)
            if axis - axes + rank(shape) >= 0
        }
        sizes.append(0 if axis == skip else rule(about, **here))
    return sizes


@frozen
class Broadcast(Join):
    """Signals put together element by element; a size of 1 fits every size, as torch broadcasts it."""

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        return shape_of(named(agreed(shapes, self.name)), self.name)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return union(fields, self.name)


@final
class Add(Broadcast):
    """x + y + ..., element by element, as in a skip connection."""


@final
class Subtract(Broadcast):
    """x - y, element by element."""


@final
class Multiply(Broadcast):
    """x*y*..., element by element, as where channels are weighted: one multiplication an element and factor."""

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        times = {f"factor_{index}": multiplied_each(output, self.name) for index in range(1, len(shapes))}
        return total(times, self.name)


@final
class Divide(Broadcast):
    """x/y, element by element: one division an element."""

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return multiplied_each(output, self.name)


@final
@frozen
class Concatenate(Join):
    """Signals one behind the other along an axis, the channels unless said otherwise."""

    axis: int = 0

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        if len({rank(shape) for shape in shapes}) != 1 or not -rank(shapes[0]) <= self.axis < rank(shapes[0]):
            raise DoesNotFit("Concatenate", {"shapes": tuple(map(value_of, shapes)), "axis": self.axis})
        axis = self.axis % rank(shapes[0])
        sizes = agreed(shapes, self.name, skip=axis, rule=ALIKE)
        parts = {f"c_{path}": component(shape, axis) for path, shape in enumerate(shapes, start=1)}
        sizes[axis] = channels_added(len(shapes))(self.name, **parts)
        return shape_of(named(sizes), self.name)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return union(fields, self.name)


@final
@frozen
class Stack(Join):
    """Signals of one shape one behind the other along a new axis."""

    axis: int = 0

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        axes = rank(shapes[0])
        sizes = sizes_of(shapes[0])
        alike = all([value_of(size) for size in sizes_of(shape)] == list(map(value_of, sizes)) for shape in shapes)
        if not alike or not -axes - 1 <= self.axis <= axes:
            raise self.misfit(shapes=tuple(map(value_of, shapes)), axis=self.axis)
        sizes.insert(self.axis % (axes + 1), len(shapes))
        return shape_of(named(sizes), self.name)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE if self.axis else union(fields, self.name)


@final
@frozen
class MatMul(Join):
    """A B for the matrices in the last two axes; the axes before them are broadcast."""

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        before, left, right = self._read(shapes)
        return shape_of(named([*before, left[0], right[1]]), self.name)

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        before, (rows, inner), (_, columns) = self._read(shapes)
        many: Quantity = 1
        for size in before:
            many = POSITIONS(self.name, a=many, b=size)
        return MATRIX_PRODUCT(self.name, P=many, n=rows, q=inner, m=columns)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.multiplications(shapes, output)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE

    def _read(self, shapes: tuple[Quantity, ...]) -> tuple[list[Quantity], list[Quantity], list[Quantity]]:
        """The sizes before the matrices, and those of each matrix."""
        if len(shapes) != 2 or min(map(rank, shapes)) < 2:
            raise self.misfit(shapes=tuple(map(value_of, shapes)))
        left, right = map(sizes_of, shapes)
        if value_of(left[-1]) != value_of(right[-2]):
            raise self.misfit(shapes=tuple(map(value_of, shapes)))
        heads = [shape_of(named(sizes[:-2])) for sizes in (left, right) if len(sizes) > 2]
        return agreed(heads, self.name) if heads else [], left[-2:], right[-2:]
