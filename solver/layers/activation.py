"""Activation functions. One that maps every number by itself is one more entry of ACTIVATIONS."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, cast, final

from solver.derivation import Quantity, component, formula, rank, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, Demand, Elementwise, Field, Hyper, axis_of, denied, every, named, sizes_of


@frozen
class Activation(Elementwise):
    """x -> s(x) for the activation function s; no multiplications are counted."""

    function: ClassVar[str]


@cache
def _called(arguments: tuple[tuple[str, object], ...]) -> type[Activation]:
    """An activation that is called with these arguments; an ellipsis has to be given."""
    held: dict[str, object] = {name: default for name, default in arguments if default is not ...}
    held["__annotations__"] = {name: type(default).__name__ for name, default in arguments}
    held["__doc__"], held["__module__"] = Activation.__doc__, __name__
    return frozen(cast("type[Activation]", ABCMeta("Activation", (Activation,), held)))


def _activation(name: str, function: str, *, view: bool = False, **arguments: object) -> type[Activation]:
    held = {"function": function, "view": view, "__module__": __name__}
    held["__doc__"] = f"x -> {function}(x), element by element."
    return final(cast("type[Activation]", ABCMeta(name, (_called(tuple(arguments.items())),), held)))


ACTIVATIONS: dict[str, type[Any]] = {
    made.__name__: made
    for made in (
        _activation("ReLU", "relu", inplace=False),
        _activation("ReLU6", "relu6", inplace=False),
        _activation("LeakyReLU", "leaky_relu", negative_slope=0.01, inplace=False),
        _activation("RReLU", "rrelu", lower=1 / 8, upper=1 / 3, inplace=False),
        _activation("ELU", "elu", alpha=1.0, inplace=False),
        _activation("CELU", "celu", alpha=1.0, inplace=False),
        _activation("SELU", "selu", inplace=False),
        _activation("GELU", "gelu", approximate="none"),
        _activation("SiLU", "silu", inplace=False),
        _activation("Mish", "mish", inplace=False),
        _activation("Softplus", "softplus", beta=1.0, threshold=20.0),
        _activation("Softsign", "softsign"),
        _activation("Tanh", "tanh"),
        _activation("Tanhshrink", "tanhshrink"),
        _activation("Sigmoid", "sigmoid"),
        _activation("LogSigmoid", "logsigmoid"),
        _activation("Hardtanh", "hardtanh", min_val=-1.0, max_val=1.0, inplace=False),
        _activation("Hardsigmoid", "hardsigmoid", inplace=False),
        _activation("Hardswish", "hardswish", inplace=False),
        _activation("Hardshrink", "hardshrink", lambd=0.5),
        _activation("Softshrink", "softshrink", lambd=0.5),
        _activation("Threshold", "threshold", threshold=..., value=..., inplace=False),
        _activation("Identity", "identity", view=True),
    )
}
"""torch's name of the layer -> its class."""

ReLU: Callable[..., Activation] = ACTIVATIONS["ReLU"]
Tanh: Callable[..., Activation] = ACTIVATIONS["Tanh"]
Sigmoid: Callable[..., Activation] = ACTIVATIONS["Sigmoid"]


def __getattr__(name: str) -> type[Any]:
    """An activation of the table, by torch's name."""
    try:
        return ACTIVATIONS[name]
    except KeyError:
        raise AttributeError(name) from None


PRELU = formula("prelu.parameters", "m", symbol="N", source="He et al. 2015, section 2.1", slope_for_each_channel="m*C")

HALVED = formula("glu.size", "floor(n/2)", symbol="n_out", needs="mod(n, 2) = 0", size_kept="n")


@final
@frozen
class PReLU(Elementwise):
    """max(x, 0) + w min(x, 0) with one learned slope for all, or one for each channel."""

    num_parameters: Hyper = 1
    init: float = 0.25

    def __post_init__(self) -> None:
        if not every(self.num_parameters, 1):
            raise self.misfit(num_parameters=self.num_parameters)

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        if self.num_parameters != 1:
            yield "=", value_of(component(shape, 0)), self.num_parameters

    def output(self, shape: Quantity) -> Quantity:
        if denied(self.demands(shape)):
            raise self.misfit(num_parameters=self.num_parameters, channels=value_of(component(shape, 0)))
        return shape

    def parameters(self, shape: Quantity) -> Quantity:
        return PRELU(self.name, m=self.num_parameters, C=component(shape, 0))


@frozen
class AlongAxis(Elementwise):
    """A layer that looks along the axis that torch calls `dim`, the batch axis being 0."""

    dim: int | None = None

    def output(self, shape: Quantity) -> Quantity:
        self.along(rank(shape))
        return shape

    def reach(self, field: Field) -> Field:
        """Along the channels every position is by itself."""
        return field if field == WHOLE or self.along(len(field) + 1) == 0 else WHOLE

    def along(self, axes: int) -> int:
        """The axis of our shape; torch takes its axis 1 if none is given, but 0, the batch, of three."""
        dim = self.dim if self.dim is not None else 0 if axes == 2 else 1
        return axis_of(dim, axes, self.kind)


@final
class Softmax(AlongAxis):
    """exp(x_i) over the sum of exp(x_j) along an axis."""


@final
class LogSoftmax(AlongAxis):
    """x_i minus the logarithm of the sum of exp(x_j) along an axis."""


@final
class Softmin(AlongAxis):
    """exp(-x_i) over the sum of exp(-x_j) along an axis."""


@final
@frozen
class Softmax2d(Elementwise):
    """Softmax over the channels of each position of (C, H, W)."""

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) != 3:
            raise self.misfit(shape=value_of(shape))
        return shape


@final
@frozen
class GLU(AlongAxis):
    """a sigmoid(b) for the first half a and the second half b along an axis."""

    dim: int = -1

    def demands(self, shape: Quantity) -> Iterable[Demand]:
        yield "|", 2, value_of(component(shape, self.along(rank(shape))))

    def output(self, shape: Quantity) -> Quantity:
        axis = self.along(rank(shape))
        sizes = sizes_of(shape)
        sizes[axis] = HALVED(self.name, n=sizes[axis])
        return shape_of(named(sizes), self.name)


@frozen
class Drop(Elementwise):
    """Sets some numbers to zero in training; the identity at inference."""

    p: float = 0.5
    inplace: bool = False

    view: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise self.misfit(p=self.p)


@final
class Dropout(Drop):
    """Each number by itself is dropped with probability p."""


@final
class Dropout1d(Drop):
    """Each channel of (C, L) as a whole is dropped with probability p."""

    def output(self, shape: Quantity) -> Quantity:
        if rank(shape) > 2:
            raise self.misfit(shape=value_of(shape))
        return shape


@final
class Dropout2d(Drop):
    """Each channel of (C, H, W) as a whole is dropped with probability p."""


@final
class Dropout3d(Drop):
    """Each channel of (C, D, H, W) as a whole is dropped with probability p."""


@final
class AlphaDropout(Drop):
    """Dropout that keeps mean and variance of what SELU gives."""


@final
class FeatureAlphaDropout(Drop):
    """AlphaDropout of each channel as a whole."""
