"""Steps of imported networks that torch has no layer for and that compute: what functions and operators do to signals.

Shapes are without a batch axis, as everywhere; an axis is its number in such a shape. A step that mixes positions of
the input sees the whole input. A count that nobody knows is a symbol of its own, so that no total passes over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from solver.derivation import DoesNotFit, Quantity, component, law, rank, total, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, Elementwise, Field, Join, Layer, named, sizes_of
from solver.layers.counts import POSITIONS, multiplied_each
from solver.layers.joins import MATRIX_PRODUCT, union
from solver.networks.moves import BROADCAST
from solver.values import Shape, Size, Value

# --- the laws: bookkeeping, said once for values and for derivations


def _reduced(given: Any) -> Value:
    axes, kept = given["axes"], given["kept"]
    return Shape(1 if axis in axes else size for axis, size in enumerate(given["shape"]) if kept or axis not in axes)


def _met(given: Any) -> Value:
    if tuple(value for name, value in given.items() if name not in ("met", "made")) != given["met"]:
        raise DoesNotFit("no_formula", given)
    shape: Value = given["made"]
    return shape


REDUCED = law("reduced", _reduced, hidden=True)
MET = law("no_formula", _met, hidden=True)
"""The shape that torch gave for these input shapes; for others nobody knows."""


def _many(names: Sequence[Quantity]) -> dict[str, Quantity]:
    return {f"x_{number}": shape for number, shape in enumerate(names, start=1)}


# --- from one signal


@final
@frozen
class Function(Elementwise):
    """A function that maps every number by itself and multiplies nothing: exp, sqrt, x + 1."""

    function: str

    @property
    def kind(self) -> str:
        """torch's name of the function."""
        return self.function


@final
@frozen
class Scale(Elementwise):
    """Every number times, or divided by, one number: one multiplication an element."""

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return _elements(output, self.name)


def _elements(shape: Quantity, about: str) -> Quantity:
    """One multiplication for each number, also of a tensor without axes."""
    return multiplied_each(shape, about) if rank(shape) else 1


@final
@frozen
class Mixed(Elementwise):
    """A step that keeps the shape, and whose outputs depend on other positions: roll, cumsum."""

    function: str

    @property
    def kind(self) -> str:
        """torch's name of the function."""
        return self.function

    def reach(self, field: Field) -> Field:
        return WHOLE


@final
@frozen
class Tokenwise(Layer):
    """A dense layer or a norm along the channels, where these are the last axis: each position by itself."""

    layer: Layer

    @property
    def kind(self) -> str:
        """The kind of the layer."""
        return self.layer.kind

    def output(self, shape: Quantity) -> Quantity:
        return self.layer.output(shape)

    def parameters(self, shape: Quantity) -> Quantity:
        return self.layer.parameters(shape)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.layer.multiplications(shape, output)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.layer.macs(shape, output)

    def reach(self, field: Field) -> Field:
        return field

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return self.layer.inferred(shape)


@final
@frozen
class Reduce(Layer):
    """A sum, mean or extreme along axes: a mean divides once an output, a norm squares each number, a variance both."""

    function: str
    axes: tuple[int, ...]
    kept: bool = False
    mixes: bool = True

    @property
    def kind(self) -> str:
        """torch's name of the function."""
        return self.function

    def output(self, shape: Quantity) -> Quantity:
        return REDUCED(self.name, shape=shape, axes=self.axes, kept=self.kept)

    def parameters(self, shape: Quantity) -> Quantity:
        return 0

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        counted = {"mean": (output,), "norm": (shape,), "prod": (shape,), "var": (shape, output, output)}
        counted["std"] = counted["var"]
        each = counted.get(self.function, ())
        return total({f"part_{part}": _elements(one, self.name) for part, one in enumerate(each)}, self.name)

    def reach(self, field: Field) -> Field:
        return WHOLE if self.mixes else field


# --- from several


@final
@frozen
class Combine(Join):
    """A function of several tensors, number by number, that multiplies nothing: minus, where, maximum."""

    function: str

    @property
    def kind(self) -> str:
        """torch's name of the function."""
        return self.function

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        return BROADCAST(self.name, **_many(shapes))

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return union(fields, self.name)


@final
@frozen
class Assign(Join):
    """A signal some of whose numbers are replaced by those of another: x[...] = y."""

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        return shapes[0]

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return union(fields, self.name)


@final
@frozen
class Applied(Join):
    """A layer whose weights are another signal: nothing is learned here, the rest is the layer's."""

    layer: Layer

    @property
    def kind(self) -> str:
        """The kind of the layer."""
        return self.layer.kind

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        return self.layer.output(shapes[0])

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.layer.multiplications(shapes[0], output)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.layer.macs(shapes[0], output)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE


@final
@frozen
class Each(Layer):
    """A layer applied to each of the inputs along the first axis, as where frames are in the batch: (N, C, H, W)."""

    layer: Layer

    @property
    def kind(self) -> str:
        """The kind of the layer."""
        return self.layer.kind

    def output(self, shape: Quantity) -> Quantity:
        one = self.layer.output(_one(shape))
        return shape_of(named([component(shape, 0), *sizes_of(one)]), self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return self.layer.parameters(_one(shape))

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return _for_each(shape, self.layer.multiplications(_one(shape), _one(output)), self.name)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return _for_each(shape, self.layer.macs(_one(shape), _one(output)), self.name)

    def reach(self, field: Field) -> Field:
        return WHOLE

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        return self.layer.inferred(_one(shape))


def _one(shape: Quantity) -> Quantity:
    return shape_of(named(sizes_of(shape)[1:]))


def _product(sizes: Sequence[Quantity], about: str) -> Quantity:
    many: Quantity = 1
    for size in sizes:
        many = POSITIONS(about, a=many, b=size)
    return many


def _for_each(shape: Quantity, count: Quantity, about: str) -> Quantity:
    return 0 if value_of(count) == 0 else POSITIONS(about, a=component(shape, 0), b=count)


@final
@frozen
class ScaledDotProductAttention(Join):
    """softmax(Q K^T) V for queries (.., L, E), keys (.., S, E) and values (.., S, E_v), perhaps with a mask."""

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        queries, keys, values = map(sizes_of, shapes[:3])
        if value_of(queries[-1]) != value_of(keys[-1]) or value_of(keys[-2]) != value_of(values[-2]):
            raise self.misfit(shapes=tuple(map(value_of, shapes)))
        return shape_of(named([*queries[:-1], values[-1]]), self.name)

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        queries, keys, values = map(sizes_of, shapes[:3])
        many = _product(queries[:-2], self.name)
        scores = MATRIX_PRODUCT(self.name, P=many, n=queries[-2], q=queries[-1], m=keys[-2])
        sums = MATRIX_PRODUCT(self.name, P=many, n=queries[-2], q=keys[-2], m=values[-1])
        return total({"scores": scores, "sums": sums}, self.name)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.multiplications(shapes, output)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE


@final
@frozen
class Einsum(Join):
    """A sum of products of two signals over indices, in einsum's letters: ("nchw", "nkchw", "nkhw")."""

    left: str
    right: str
    result: str

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        sizes = self._letters(shapes)
        return shape_of(named([sizes[letter] for letter in self.result]), self.name)

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return _product(list(self._letters(shapes).values()), self.name)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        summed = set(self.left + self.right) - set(self.result)
        return self.multiplications(shapes, output) if summed else 0

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE

    def _letters(self, shapes: tuple[Quantity, ...]) -> dict[str, Quantity]:
        sizes: dict[str, Quantity] = {}
        for letters, shape in zip((self.left, self.right), shapes, strict=True):
            for letter, size in zip(letters, sizes_of(shape), strict=True):
                before = value_of(sizes.get(letter, 1))
                if before not in (1, value_of(size)) and value_of(size) != 1:
                    raise self.misfit(shapes=tuple(map(value_of, shapes)))
                if letter not in sizes or before == 1:
                    sizes[letter] = size
        return sizes


@final
@frozen
class Unknown(Join):
    """An operation that has no formula here: its shape is the one that torch gave, its cost a symbol of this name.

    Nothing costs what only moves numbers, and the further outputs of an operation that has several.
    """

    function: str
    met: tuple[Shape, ...]
    made: Shape
    cost: str = ""

    @property
    def kind(self) -> str:
        """torch's name of the operation."""
        return self.function

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        if tuple(map(value_of, shapes)) != self.met:
            raise DoesNotFit("no_formula", {"operation": self.function, "shapes": tuple(map(value_of, shapes))})
        return MET(self.name, met=self.met, made=self.made, **_many(shapes))

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return Size.symbol(f"multiplications_{self.cost}") if self.cost else 0

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return Size.symbol(f"macs_{self.cost}") if self.cost else 0


def renamed(operation: Any, name: str) -> Any:
    """The same operation under another name; what it has computed about itself is kept."""
    twin = object.__new__(type(operation))
    twin.__dict__.update(operation.__dict__, name=name)
    return twin
