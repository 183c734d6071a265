"""Steps of imported networks that only move numbers: axes in another order or of other sizes, slices, constants.

Shapes are without a batch axis, as everywhere; an axis is its number in such a shape.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias, final

from solver.derivation import DoesNotFit, Quantity, law
from solver.frozen import frozen
from solver.layers.base import WHOLE, AxisField, Elementwise, Field
from solver.networks.conditions import quotient, simple, times
from solver.networks.reshaping import Grouping
from solver.values import Shape, Value

Sizes: TypeAlias = "tuple[Any, ...]"


# --- the laws: bookkeeping, said once for values and for derivations


def _permuted(given: Any) -> Value:
    shape, order = given["shape"], given["order"]
    if sorted(order) != list(range(len(shape))):
        raise DoesNotFit("permuted", given)
    return Shape(shape[axis] for axis in order)


def _reshaped(given: Any) -> Value:
    made: list[Any] = []
    for axes, sizes in given["grouping"]:
        before, known = times(given["shape"][axis] for axis in axes), times(size for size in sizes if size != -1)
        left = quotient(before, known)
        fits = left is not None if -1 in sizes else left == 1 or not (isinstance(before, int) or isinstance(known, int))
        if not fits:
            raise DoesNotFit("reshaped", given)
        made.extend(left if size == -1 else size for size in sizes)
    return Shape(made)


def _sliced(given: Any) -> Value:
    made = list(given["shape"])
    for axis, start, stop, step in given["cuts"]:
        made[axis] = cut(made[axis], start, stop, step)
    return Shape(made)


def _padded(given: Any) -> Value:
    made = list(given["shape"])
    for axis, before, behind in given["sides"]:
        made[axis] = made[axis] + before + behind
    if any(isinstance(size, int) and size < 1 for size in made):
        raise DoesNotFit("padded", given)
    return Shape(made)


def _broadcast(given: Any) -> Value:
    shapes = list(given.values())
    axes = max(map(len, shapes))
    made = []
    for sizes in zip(*((1,) * (axes - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        different = dict.fromkeys(size for size in sizes if size != 1)
        if len(different) > 1:
            raise DoesNotFit("broadcast", given)
        made.append(next(iter(different), 1))
    return Shape(made)


PERMUTED = law("permuted", _permuted, hidden=True)
RESHAPED = law("reshaped", _reshaped, hidden=True)
SLICED = law("sliced", _sliced, hidden=True)
PADDED = law("padded", _padded, hidden=True)
CONSTANT = law("constant", lambda premises: premises["sizes"], hidden=True)
BROADCAST = law("broadcast", _broadcast, hidden=True)


def cut(size: Any, start: int, stop: int | None, step: int) -> Any:
    """The length of x[start:stop:step] along an axis of this size; -1 counts from the end.

    >>> from solver.values import Size
    >>> cut(7, 0, None, 2), cut(7, -2, None, 1), cut(Size.symbol("H"), 1, -1, 1)
    (4, 2, H - 2)
    """
    if isinstance(size, int):
        return len(range(*slice(start, stop, step).indices(size)))
    first = size + start if isinstance(start, int) and start < 0 else start
    last = size if stop is None else size + stop if isinstance(stop, int) and stop < 0 else stop
    return simple((last - first + step - 1) // step)


# --- the steps


@final
@frozen
class Constant(Elementwise):
    """Numbers that do not depend on the input, beside a signal; `learned` of them are parameters used first here."""

    sizes: Sizes
    learned: int = 0

    view: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """Parameter, where any of them is learned."""
        return "Parameter" if self.learned else "Constant"

    def output(self, shape: Quantity) -> Quantity:
        return CONSTANT(self.name, sizes=Shape(self.sizes), beside=shape)

    def parameters(self, shape: Quantity) -> Quantity:
        return self.learned


@final
@frozen
class Permute(Elementwise):
    """The axes in another order."""

    order: tuple[int, ...]

    view: ClassVar[bool] = True

    def output(self, shape: Quantity) -> Quantity:
        return PERMUTED(self.name, shape=shape, order=self.order)


@final
@frozen
class Reshape(Elementwise):
    """Runs of axes become other sizes: ((0,), (8, -1)) takes channels in groups of eight."""

    grouping: Grouping

    view: ClassVar[bool] = True

    def output(self, shape: Quantity) -> Quantity:
        return RESHAPED(self.name, shape=shape, grouping=self.grouping)


@final
@frozen
class Slice(Elementwise):
    """x[start:stop:step] along axes; `along` says which of them run along which axis of the field."""

    cuts: tuple[tuple[int, int, int | None, int], ...]
    along: tuple[tuple[int, int, int], ...] = ()

    view: ClassVar[bool] = True

    def output(self, shape: Quantity) -> Quantity:
        return SLICED(self.name, shape=shape, cuts=self.cuts)

    def reach(self, field: Field) -> Field:
        if field == WHOLE:
            return WHOLE
        made = list(field)
        for axis, start, step in self.along:
            seen = made[axis]
            if seen.phases != ():
                return WHOLE
            made[axis] = AxisField(seen.size, _times(seen.jump, step), _plus(seen.start, _times(seen.jump, start)))
        return tuple(made)


def _times(left: Quantity, right: Quantity) -> Quantity:
    return TIMES(a=left, b=right)


def _plus(left: Quantity, right: Quantity) -> Quantity:
    return PLUS(a=left, b=right)


TIMES = law("times", lambda premises: premises["a"] * premises["b"], hidden=True)  # type: ignore[operator]  # numbers
PLUS = law("plus", lambda premises: premises["a"] + premises["b"], hidden=True)  # type: ignore[operator]  # numbers


@final
@frozen
class Expand(Elementwise):
    """Axes of size 1 repeated to these sizes, and new axes in front."""

    sizes: Sizes

    view: ClassVar[bool] = True

    def output(self, shape: Quantity) -> Quantity:
        return BROADCAST(self.name, shape=shape, sizes=Shape(self.sizes))


@final
@frozen
class Pad(Elementwise):
    """Numbers, zeros or others, added (or, below 0, cut off) before and behind along axes; `along` as for slices."""

    sides: tuple[tuple[int, Any, Any], ...]
    along: tuple[tuple[int, Any], ...] = ()
    zeros: bool = True

    def output(self, shape: Quantity) -> Quantity:
        return PADDED(self.name, shape=shape, sides=self.sides)

    def reach(self, field: Field) -> Field:
        if field == WHOLE:
            return WHOLE
        made = list(field)
        for axis, before in self.along:
            seen = made[axis]
            if not isinstance(before, int) or seen.phases != ():
                return WHOLE
            made[axis] = AxisField(seen.size, seen.jump, _plus(seen.start, _times(seen.jump, -before)))
        return tuple(made)
