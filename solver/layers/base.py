"""What a layer is: what it says about one step of a network, each fact said once with rules.

A layer answers about quantities, which are values (then it computes) or derivations (then it explains):

    output(shape)                    the shape after it
    parameters(shape)                how many numbers it learns
    buffers(shape)                   how many numbers it keeps and does not learn, as running means
    multiplications(shape, output)   scalar multiplications at inference, as the course counts them
    macs(shape, output)              multiply-accumulates of convolution, dense and matrix products only
    activations(shape, output)       how many numbers of its own it puts out: none where it only shows its input anew
    reach(field)                     what one of its outputs sees of the network's input, given the same of its inputs
    seen(field, shape)               the same, where it depends on the shape
    reads(shape)                     the inputs that each output is made from, one by one along each axis
    demands(shape)                   what sizes have to satisfy, beside that something comes out

The fields of a layer's class are torch's arguments in torch's order; what torch wants to be told of the input
(`in_channels`) is inferred, and `inferred(shape)` says it. An optional argument that torch demands, as `num_features`,
is compared with the input where it is given. Counts follow torch's: activations, pooling by maxima and powers, fixed
interpolation, dropout and whatever only moves numbers multiply nothing.

    C  channels      n  length of one axis      k, s, p, d  kernel, stride, padding, dilation of one axis      g  groups
    r  size of a field      j  its jump (stride) in input pixels      a  its first pixel, negative in the padding
"""

from __future__ import annotations

from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, TypeVar, cast, final

from solver.derivation import DoesNotFit, Quantity, component, rank, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen

if TYPE_CHECKING:
    from sympy import Expr

    from solver.values import Shape, Value

Hyper: TypeAlias = "int | Expr"
PerAxis: TypeAlias = "Hyper | tuple[Hyper, ...]"

AXES: dict[int, tuple[str, ...]] = {1: ("",), 2: ("_h", "_w"), 3: ("_d", "_h", "_w")}
SIZES: dict[int, tuple[str, ...]] = {1: ("D",), 2: ("H", "W"), 3: ("D", "H", "W")}


@final
@frozen(slots=True)
class AxisField:
    """What one unit sees along one axis of the input: r pixels, the first unit from a on, the next one j further.

    Where units see different stretches in turn, as after upsampling, `phases` tells (a_t, r_t) of the first P of them,
    which repeat P j pixels further (solver/layers/phases.py); r is then the largest, and j may be a fraction.
    """

    size: Quantity
    jump: Quantity
    start: Quantity
    phases: Quantity = ()

    @property
    def stride(self) -> Quantity:
        """The jump, as it is called in data."""
        return self.jump


Field: TypeAlias = tuple[AxisField, ...]

Reads: TypeAlias = "tuple[tuple[tuple[int, ...], ...], ...]"
"""Along each axis, for each output position the input positions that it is made from, as often as it takes them."""

Demand: TypeAlias = "tuple[str, Value, Value]"
"""("|", k, n) where k has to divide n, (">=", n, k) and ("=", n, k)."""

WHOLE: Field = ()
"""The field of a unit that sees the whole input, whatever its size."""


class NotFollowed(DoesNotFit):
    """Units see different stretches in turn, and nobody knows which: the layer fits all the same."""


def followed(ask: Callable[..., Field], *about: Any) -> Field:
    """What is seen; the whole input is sure where it cannot be followed."""
    try:
        return ask(*about)
    except NotFollowed:
        return WHOLE


def input_field(axes: int) -> Field:
    """The field of an input pixel: itself."""
    return (AxisField(1, 1, 0),) * axes


@final
@frozen(eq=False)
class Row:
    """What a network says about one of its steps; each fact is derived once, when it is first asked for.

    `learns` is false where a step uses the weights of an earlier one again.
    """

    layer: Layer | Join
    inputs: tuple[Quantity, ...]
    output: Quantity
    field: Field
    learns: bool = True

    @property
    def name(self) -> str:
        """The name of the step."""
        return self.layer.name

    @property
    def kind(self) -> str:
        """What the step is: the name of its class in torch."""
        return self.layer.kind

    @cached_property
    def parameters(self) -> Quantity:
        """How many numbers the step learns."""
        if not self.learns:
            return 0
        return self.layer.parameters(self.inputs[0] if isinstance(self.layer, Layer) else self.inputs)  # type: ignore[arg-type]  # one or all

    @cached_property
    def buffers(self) -> Quantity:
        """How many numbers the step keeps and does not learn."""
        return self.layer.buffers(self.inputs[0]) if isinstance(self.layer, Layer) and self.learns else 0

    @cached_property
    def multiplications(self) -> Quantity:
        """Its scalar multiplications, as the course counts them."""
        if isinstance(self.layer, Layer):
            return self.layer.multiplications(self.inputs[0], self.output)
        return self.layer.multiplications(self.inputs, self.output)

    @cached_property
    def macs(self) -> Quantity:
        """Its multiply-accumulates."""
        if isinstance(self.layer, Layer):
            return self.layer.macs(self.inputs[0], self.output)
        return self.layer.macs(self.inputs, self.output)

    @cached_property
    def activations(self) -> Value:
        """How many numbers of its own it puts out."""
        return self.layer.activations(self.inputs[0], self.output)


Trail: TypeAlias = "tuple[Trail, Row] | tuple[()]"
"""The rows passed so far: the trail before the last one, and the last one."""


@final
@frozen(slots=True)
class Signal:
    """What travels through a network: the shape, its field, and the trail of rows behind it."""

    shape: Quantity
    field: Field
    trail: Trail = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows behind the signal, first to last."""
        rows, trail = [], self.trail
        while trail:
            trail, row = trail
            rows.append(row)
        return tuple(reversed(rows))


@frozen
class Operation(ABC):  # noqa: B024  # its two kinds, Layer and Join, have the abstract methods
    """One step of a network: compared by its arguments, not by its name."""

    name: str = field(default="", kw_only=True, compare=False)

    view: ClassVar[bool] = False
    """Whether the output is the input shown in another way, at inference, and holds no numbers of its own."""

    @property
    def kind(self) -> str:
        """The name of the operation's class, which is torch's where torch has one."""
        return type(self).__name__

    @property
    def arguments(self) -> dict[str, object]:
        """What it was called with, by torch's names, without its own name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "name"}

    def activations(self, shape: Quantity, output: Quantity) -> Value:
        """How many numbers of its own it puts out; the shape is that of its first input."""
        return 0 if self.view else numbers(output)

    def misfit(self, **premises: object) -> DoesNotFit:
        """The refusal of arguments or inputs, which names the operation."""
        refusal = DoesNotFit(self.kind, premises)
        refusal.about = self.name
        return refusal


@frozen
class Layer(Operation):
    """A step from one signal to one signal, or a network."""

    @abstractmethod
    def output(self, shape: Quantity) -> Quantity:
        """The shape after the layer; raises DoesNotFit."""

    @abstractmethod
    def parameters(self, shape: Quantity) -> Quantity:
        """How many numbers the layer learns on inputs of this shape."""

    @abstractmethod
    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        """Scalar multiplications at inference, as the course counts them."""

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        """Multiply-accumulates; only layers that multiply by weights have them."""
        return 0

    def buffers(self, shape: Quantity) -> Quantity:
        """How many numbers torch keeps with the layer and does not learn."""
        return 0

    @abstractmethod
    def reach(self, field: Field) -> Field:
        """What one output sees, from what one input sees; raises DoesNotFit where that depends on the shape."""

    def seen(self, field: Field, shape: Quantity) -> Field:
        """What one output sees, from what one input of this shape sees."""
        return self.reach(field)

    def reads(self, shape: Shape) -> Reads | None:
        """What each output is made from, channels left out, where this is a matter of each axis by itself; else None.

        What is padding is left out, what padding repeats is there again.
        """
        return None

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        """What the sizes of its input have to satisfy, beside that something comes out."""
        return ()

    def inferred(self, shape: Quantity) -> Mapping[str, Value]:
        """The arguments that torch wants to be told, read off the input: {"in_channels": 3}."""
        return {}

    def pass_through(self, signal: Signal) -> Signal:
        """The signal after the layer, with a row about it. Layers made of layers pass it through their parts."""
        try:
            after, seen = self.output(signal.shape), followed(self.seen, signal.field, signal.shape)
        except DoesNotFit as misfit:
            misfit.about = misfit.about or self.name
            raise
        return Signal(after, seen, (signal.trail, Row(self, (signal.shape,), after, seen)))


@frozen
class Join(Operation):
    """A step that puts several signals together; most learn nothing."""

    @abstractmethod
    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        """The shape of what is put together; raises DoesNotFit."""

    @abstractmethod
    def reach(self, fields: tuple[Field, ...]) -> Field:
        """What one output sees, from what the inputs see."""

    def parameters(self, shapes: tuple[Quantity, ...]) -> Quantity:
        """How many numbers the join learns on inputs of these shapes."""
        return 0

    def inferred(self, shapes: tuple[Quantity, ...]) -> Mapping[str, Value]:
        """The arguments that torch wants to be told, read off the inputs."""
        return {}

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        """Scalar multiplications at inference, as the course counts them."""
        return 0

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        """Multiply-accumulates; only products of matrices have them."""
        return 0


@frozen
class Elementwise(Layer):
    """A layer that maps every number by itself: same shape, same field, nothing learned."""

    def output(self, shape: Quantity) -> Quantity:
        return shape

    def parameters(self, shape: Quantity) -> Quantity:
        return 0

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def reach(self, field: Field) -> Field:
        return field


Family = TypeVar("Family", bound=Operation)


def family(base: type[Family], *axes: int) -> tuple[type[Family], ...]:
    """One final class for each number of axes, called as torch calls it: Conv1d, Conv2d, Conv3d from Conv."""

    def made(count: int) -> type[Family]:
        sizes = "(" + ", ".join(("C", *SIZES[count])) + ")"
        held = {"axes": count, "__module__": base.__module__, "__doc__": f"{base.__doc__}\n\nOn {sizes}."}
        return final(cast("type[Family]", ABCMeta(f"{base.__name__}{count}d", (base,), held)))

    return tuple(map(made, axes or (1, 2, 3)))


def per_axis(value: PerAxis, axes: int, what: str) -> tuple[Hyper, ...]:
    """One value for each axis, from one for all or one for each."""
    values = value if isinstance(value, tuple) else (value,) * axes
    if len(values) != axes:
        raise DoesNotFit(what, {what: values, "axes": axes})
    return values


def spatial(shape: Quantity, axes: int, kind: str) -> tuple[Quantity, tuple[Quantity, ...]]:
    """Channels and sizes of a shape with this many axes behind the channels."""
    if rank(shape) != axes + 1:
        raise DoesNotFit(kind, {"shape": value_of(shape), "axes": axes + 1})
    return component(shape, 0), tuple(component(shape, axis + 1) for axis in range(axes))


def channels_first(channels: Quantity, sizes: Sequence[Quantity], about: str = "") -> Quantity:
    """The shape of channels and sizes, as one node."""
    return shape_of({"C": channels} | dict(zip(SIZES[len(sizes)], sizes, strict=True)), about)


def sizes_of(shape: Quantity) -> list[Quantity]:
    """The sizes of a shape, one by one."""
    return [component(shape, axis) for axis in range(rank(shape))]


def numbers(shape: Quantity) -> Value:
    """The product of the sizes of a shape."""
    many: Value = 1
    for size in cast("tuple[Value, ...]", value_of(shape)):
        many = many * size  # type: ignore[operator]  # numbers, sizes and expressions multiply
    return many


def named(sizes: Sequence[Quantity]) -> dict[str, Quantity]:
    """Sizes under the names of their axes: D; C, D; C, H, W; the axis' number where there are more."""
    names = {1: ("D",), 2: ("C", "D"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}.get(len(sizes))
    return dict(zip(names or map(str, range(len(sizes))), sizes, strict=True))


def axis_of(dim: int, axes: int, kind: str) -> int:
    """The axis of our shapes that torch calls `dim` with a batch axis in front, which no layer here may touch."""
    axis = dim - 1 if dim > 0 else dim + axes
    if isinstance(dim, bool) or dim == 0 or not 0 <= axis < axes:
        raise DoesNotFit(kind, {"dim": dim, "axes": axes})
    return axis


def every(values: object, least: int) -> bool:
    """Whether each of these numbers is at least so large, as far as they are known."""
    each = values if isinstance(values, tuple) else (values,)
    return all(not isinstance(value, bool | float) and not (isinstance(value, int) and value < least) for value in each)


def denied(demands: Iterable[Demand]) -> bool:
    """Whether a demand fails, as far as its sides are numbers."""
    known: Any = (each for each in demands if isinstance(each[1], int) and isinstance(each[2], int))
    return not all(KEPT[relation](one, other) for relation, one, other in known)


KEPT: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "|": lambda k, n: n % k == 0,
    ">=": lambda n, k: n >= k,
    "=": lambda n, k: n == k,
    "!=": lambda n, k: n != k,
}
"""When a relation between two numbers holds."""


def lengths(shape: Quantity) -> tuple[int, ...]:
    """The sizes behind the channels, which have to be known."""
    return tuple(whole(value_of(size)) for size in sizes_of(shape)[1:])


def whole(value: object) -> int:
    """A value that has to be an integer, as where cells are counted off."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise DoesNotFit("integer", {"value": value})
    return value
