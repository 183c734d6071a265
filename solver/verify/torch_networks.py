"""What torch says of a whole network: it is built, or taken as it is, run, counted, differentiated and marked.

Sizes are those of an execution, parameters are `numel`, multiply-accumulates half of what torch's own counter counts
on meta tensors. What a unit sees is found twice: by the gradient of a copy whose weights are positive and whose
activations are passed over, so that nothing cancels, and by putting NaN, which nothing takes away, into lines of
pixels.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Final, final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from solver.derivation import DoesNotFit, value_of
from solver.frozen import frozen
from solver.layers.base import Layer
from solver.layers.composite import Branches, Chain, Concat, Sum
from solver.layers.repeated import Repeat
from solver.questions import output_size
from solver.values import Shape

MOST_RUN: Final = 20_000_000_000
"""Multiply-accumulates above which a network runs on meta tensors only, which have shapes and no numbers."""

PASSED_OVER: Final = frozenset(
    "relu relu_ relu6 hardtanh hardswish hardsigmoid silu gelu elu selu celu leaky_relu leaky_relu_ rrelu mish "
    "softplus softsign tanhshrink hardshrink softshrink threshold logsigmoid sigmoid tanh prelu dropout sigmoid_ "
    "tanh_".split()
)
"""Functions of single numbers, whose gradient may vanish where it says nothing about what is seen."""


# --- a network of layers as a module


class _Sum(nn.Module):
    def __init__(self, paths: Sequence[nn.Module]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x: Any) -> Any:
        return sum(path(x) for path in self.paths)


class _Concat(_Sum):
    def forward(self, x: Any) -> Any:
        return torch.cat([path(x) for path in self.paths], dim=1)


def built(layer: Layer, shape: Shape, found: dict[str, nn.Module]) -> nn.Module:
    """torch's module of a layer on inputs of this shape; `found` gets every module under its layer's name."""
    match layer:
        case Chain(layers):
            modules = []
            for inner in layers:
                modules.append(built(inner, shape, found))
                shape = _after(inner, shape)
            return nn.Sequential(*modules)
        case Repeat(inner, int() as times):
            return built(Chain((inner,) * times), shape, found)
        case Sum() | Concat():
            paths = [built(path, shape, found) for path in layer.paths]
            made: nn.Module = _Sum(paths) if isinstance(layer, Sum) else _Concat(paths)
        case Branches():
            raise DoesNotFit("verify", {"layer": layer.kind})
        case _:
            kind = getattr(nn, layer.kind, None)
            if kind is None or layer.kind == "MultiheadAttention":
                raise DoesNotFit("verify", {"layer": layer.kind})
            arguments = {name: value for name, value in layer.arguments.items() if value is not None}
            made = kind(**{**layer.inferred(shape), **arguments})
    found[layer.name] = made
    return made


def _after(layer: Layer, shape: Shape) -> Shape:
    after = value_of(output_size(layer, shape))
    assert isinstance(after, Shape)
    return after


# --- asking it


@final
@frozen
class Twin:
    """A module, its inputs' shapes, and its modules by the names that rows have."""

    module: nn.Module
    shapes: tuple[tuple[int, ...], ...]
    modules: Mapping[str, nn.Module]
    macs: int = 0

    @staticmethod
    def of(network: Any, shapes: tuple[tuple[int, ...], ...], macs: int) -> Twin:
        """A copy of a module in evaluation, or what a network of layers is in torch."""
        if isinstance(network, Layer):
            found: dict[str, nn.Module] = {}
            return Twin(built(network, Shape(shapes[0]), found).eval(), shapes, found, macs)
        module = copy.deepcopy(network).eval()
        return Twin(module, shapes, dict(module.named_modules()), macs)

    def output(self) -> tuple[tuple[int, ...], bool]:
        """The shape that comes out, without its batch axis, and whether numbers were computed."""
        real = self.macs <= MOST_RUN
        made = self._run(self.module) if real else self._run(self.meta)
        return tuple(_first(made).shape[1:]), real

    @property
    def parameters(self) -> int:
        """The numbers in its parameters, shared ones once."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    @property
    def buffers(self) -> int:
        """The numbers in its buffers."""
        return sum(buffer.numel() for buffer in self.module.buffers())

    @cached_property
    def meta(self) -> nn.Module:
        """A copy without numbers."""
        return copy.deepcopy(self.module).to("meta")

    def counted(self) -> int:
        """Half of what torch's own counter counts."""
        with FlopCounterMode(display=False) as counter:
            self._run(self.meta)
        return int(counter.get_total_flops()) // 2

    def marks(self, name: str, unit: tuple[int, ...], lines: Sequence[tuple[int, int]]) -> list[bool] | None:
        """For each line of pixels, an axis and a place, whether a unit of a layer depends on any of it in any input."""
        marked = [torch.zeros(len(lines), *shape, dtype=torch.float64) for shape in self.shapes]
        for each in marked:
            for number, (axis, place) in enumerate(lines):
                each[number].select(axis + 1, place).fill_(float("nan"))
        with torch.no_grad():
            made = self._made(copy.deepcopy(self.module).double(), name, marked)
        if made is None:
            return None
        return [bool(made[(number, slice(None), *unit)].isnan().any()) for number in range(len(lines))]

    def gradient(self, name: str, unit: tuple[int, ...]) -> tuple[range, ...] | None:
        """From the first to the last pixel whose gradient is not zero in any input, along each axis."""
        pixels = [torch.ones(1, *shape, dtype=torch.float64, requires_grad=True) for shape in self.shapes]
        with Positive():
            made = self._made(_positive(self.module), name, pixels)
        if made is None:
            return None
        made[(0, slice(None), *unit)].sum().backward()
        masks = [each.grad[0].abs().sum(0) for each in pixels if each.grad is not None]
        if not masks or not len(seen := torch.stack(masks).sum(0).nonzero()):
            return None
        return tuple(range(int(axis.min()), int(axis.max()) + 1) for axis in seen.T)

    def _made(self, module: nn.Module, name: str, pixels: Sequence[Any]) -> Any:
        """What a layer of a copy makes, at the call that its name says: relu#2; None where it is no module."""
        own, _, call = name.partition("#")
        place = next((path for path, inner in self.module.named_modules() if inner is self.modules.get(own)), None)
        if place is None:
            return None
        made: list[Any] = []
        handle = module.get_submodule(place).register_forward_hook(lambda _module, _given, out: made.append(out))
        try:
            module(*pixels)
        finally:
            handle.remove()
        number = int(call or 1) - 1
        return made[number] if number < len(made) and isinstance(made[number], torch.Tensor) else None

    def _run(self, module: nn.Module) -> Any:
        """What a module makes of numbers, or, where it takes none, of indices."""
        device = next(chain(module.parameters(), module.buffers()), torch.empty(0)).device
        for element in (torch.float32, torch.int64):
            given = [torch.zeros(1, *shape, dtype=element, device=device) for shape in self.shapes]
            try:
                with torch.no_grad(), torch.device(device):
                    return module(*given)
            except (RuntimeError, TypeError) as error:
                if element is torch.int64 or "indices" not in str(error):
                    raise
        raise AssertionError


def _first(made: Any) -> Any:
    """The first tensor among results."""
    if isinstance(made, torch.Tensor):
        return made
    items = made.values() if isinstance(made, Mapping) else made
    return _first(next(iter(items)))


def _positive(module: nn.Module) -> nn.Module:
    """A copy whose weights are positive and keep the scale of what they are applied to."""
    twin = copy.deepcopy(module).double()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.fill_(1 / max(1, parameter[0].numel()) if parameter.dim() > 1 else 1.0)
    return twin


class Positive(TorchFunctionMode):
    """Passes over activations, and takes means for maxima: a maximum has a gradient at one pixel alone."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name in PASSED_OVER:
            return args[0] if args else kwargs["input"]
        if name.removesuffix("_with_indices") in ("max_pool1d", "max_pool2d", "max_pool3d"):
            return _summed(function, *args, **kwargs)
        if name.startswith("adaptive_max_pool"):
            return getattr(nn.functional, name.replace("max", "avg").partition("_with")[0])(*args[:2])
        return function(*args, **kwargs)


def _summed(
    function: Any,
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **_: Any,
) -> Any:
    """The mean over each window of a max pooling, as a convolution where the window has gaps."""
    axes = x.dim() - 2
    k, s, p, d = (value if isinstance(value, tuple | list) else (value,) * axes
                  for value in (kernel_size, stride or kernel_size, padding, dilation))  # fmt: skip
    after = function(x.detach(), kernel_size, stride, padding, dilation, ceil_mode).shape[2:]
    channels = x.shape[1]
    axis_by_axis = zip(after, k, s, p, d, x.shape[2:], strict=True)
    needed = [max(0, (o - 1) * b + e * (a - 1) + 1 - n - 2 * c) for o, a, b, c, e, n in axis_by_axis]
    sides = [side for c, more in zip(reversed(p), reversed(needed), strict=True) for side in (c, c + more)]
    ones = torch.ones(channels, 1, *k, dtype=x.dtype) / max(1, torch.Size(k).numel())
    convolve = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}[axes]
    made = convolve(nn.functional.pad(x, sides), ones, None, tuple(s), 0, tuple(d), channels)
    return made[(slice(None), slice(None), *(slice(size) for size in after))]
