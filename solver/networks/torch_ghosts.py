"""What stands for a torch tensor while a module's code runs on shapes: it answers what code asks of one.

Its operators and methods go to the walk that it is on, and compute nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import torch

from solver.layers.base import Field
from solver.networks.conditions import times
from solver.networks.reshaping import Roles
from solver.networks.walk import Ghost
from solver.values import Shape

if TYPE_CHECKING:
    from solver.networks.torch_walk import TorchWalk


class Sizes(tuple[Any, ...]):
    """A shape some of whose sizes are symbols, as code sees it."""

    __slots__ = ()

    def numel(self) -> Any:
        """The product of the sizes."""
        product: Any = 1
        for size in self:
            product = product * size
        return product


class TorchGhost(Ghost, torch.Tensor):
    """A tensor without numbers, as a module's code sees it.

    It is a tensor, so that compiled code which torch does not ask us about refuses it and does not crash: an empty one
    of bits, on which nothing can be computed.
    """

    walk: TorchWalk

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        (ghost, *_) = ghosts_in((args, kwargs))
        return ghost.walk.function(function, args, kwargs or {})

    @property
    def shape(self) -> Any:
        """The sizes, the batch axis among them."""
        full = self.full
        if self.walk.symbolic and not all(isinstance(size, int) for size in full):
            return Sizes(map(self.walk.guarded, full))
        return torch.Size(full)

    @property
    def data(self) -> TorchGhost:
        """The tensor itself."""
        return self

    @data.setter
    def data(self, value: Ghost) -> None:
        self.become(value)

    def __len__(self) -> Any:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.walk.function(torch.Tensor.unbind, (self,), {}))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Ghost({'x'.join(map(str, self.full))})"

    def __format__(self, how: str) -> str:
        return repr(self)


def ghost(
    walk: TorchWalk, index: int, sizes: Shape, batched: bool, seen: Field, roles: Roles, element: Any = torch.float32
) -> TorchGhost:
    """A ghost of these."""
    made: TorchGhost = _tensor(TorchGhost, NOTHING)
    made.walk = walk
    made.index = index
    made.sizes = sizes
    made.batched = batched
    made.field = seen
    made.roles = roles
    made.element = element
    return made


NOTHING: Final = torch.empty(0, dtype=torch.bits1x8, device="meta")

_tensor = torch.Tensor._make_subclass


def _operator(name: str) -> Callable[..., Any]:
    """An operator that asks the walk at once, without going through torch."""
    function = getattr(torch.Tensor, name)

    def operator(self: TorchGhost, *args: Any, **kwargs: Any) -> Any:
        return self.walk.function(function, (self, *args), kwargs)

    return operator


OPERATORS: Final = (
    "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv mod pow rpow matmul "
    "rmatmul neg abs invert and or xor eq ne lt le gt ge getitem setitem bool int float index complex contains array"
).split()

METHODS: Final = (
    "view reshape permute transpose flatten size dim mean sum contiguous chunk split expand unsqueeze squeeze softmax "
    "numel clone relu new_zeros new_ones new_empty new_full repeat tile narrow roll select"
).split()

for _each in (*(f"__{operator}__" for operator in OPERATORS), *METHODS):
    setattr(TorchGhost, _each, _operator(_each))


def _turned(ghost: Any) -> Any:
    return ghost.walk.function(torch.Tensor.transpose, (ghost, -2, -1), {})


ATTRIBUTES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ndim": lambda x: len(x.full),
    "dtype": lambda x: x.element,
    "device": lambda x: x.walk.device,
    "T": _turned,
    "mT": _turned,
    "H": _turned,
    "mH": _turned,
    "real": lambda x: x,
    "layout": lambda x: torch.strided,
    "grad": lambda x: None,
    "grad_fn": lambda x: None,
    "names": lambda x: (None,) * len(x.full),
    "is_leaf": lambda x: True,
    "itemsize": lambda x: 4,
    "nbytes": lambda x: x.walk.guarded(times(x.full)) * 4,
    "_version": lambda x: 0,
} | {
    name: lambda x: False
    for name in "requires_grad is_cuda is_cpu is_xpu is_mps is_meta is_mkldnn is_sparse is_sparse_csr is_quantized "
    "is_nested retains_grad is_vulkan is_ipu is_xla is_hpu is_mtia is_maia".split()
}

for _each, _answer in ATTRIBUTES.items():
    setattr(TorchGhost, _each, property(_answer))


def ghosts_in(value: Any) -> list[TorchGhost]:
    """The ghosts among arguments, also in lists."""
    if type(value) is TorchGhost:
        return [value]
    if isinstance(value, list | tuple) and type(value) is not torch.Size:
        return [ghost for item in value for ghost in ghosts_in(item)]
    return [ghost for item in value.values() for ghost in ghosts_in(item)] if type(value) is dict else []


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Arguments or results with tensors, real or not, exchanged."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(change, item) for item in value))
    if type(value) in (list, tuple) or hasattr(value, "n_sequence_fields"):  # torch.return_types are such sequences
        return type(value)(mapped(change, item) for item in value)
    return {key: mapped(change, item) for key, item in value.items()} if type(value) is dict else value
