"""A live torch module as a network: its own `forward` runs on shapes, and what it does is recorded.

A `TorchGhost` answers what code asks of a tensor (shape, size, dim, isinstance) and `__torch_function__`, so no tensor is
computed and control flow on shapes works. torch's own layers are read by the names of their arguments; a function whose
formula nobody knows runs on meta tensors of these shapes: its shape is exact and its cost is a symbol, named.
The only module under `solver/networks` that imports torch.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import cache, cached_property, partial
from pathlib import Path
from types import FunctionType
from typing import Any, Final, TypeAlias, final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Join, Layer
from solver.layers.composite import Composite
from solver.networks.conditions import Undecided, times
from solver.networks.guarded import Guarded
from solver.networks.imported import Imported, Registered, Unused
from solver.networks.operations import OPERATIONS, last_axis, operation
from solver.networks.reshaping import merged
from solver.networks.steps import Unknown
from solver.networks.walk import CannotFollow, Ghost, Step, Walk, WithoutFormula, step, step_of
from solver.values import Shape, Size

Input: TypeAlias = "Sequence[int | str | Size] | torch.Tensor"
"""Sizes without a batch axis, some of which may be symbols; or a tensor with one, for its shape and type."""

OWN: Final = str(Path(__file__).parent)
TORCH: Final = str(Path(torch.__file__).parent)


# --- what stands for a tensor


class Sizes(tuple[Any, ...]):
    """A shape some of whose sizes are symbols, as code sees it."""

    __slots__ = ()

    def numel(self) -> Any:
        """The product of the sizes."""
        return times(size.value if isinstance(size, Guarded) else size for size in self)


class TorchGhost(Ghost):
    """A tensor without numbers, as a module's code sees it."""

    __slots__ = ()

    __class__ = property(lambda self: torch.Tensor)  # type: ignore[assignment]  # isinstance(x, torch.Tensor) holds

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _walk_of(args, kwargs).function(function, args, kwargs or {})

    @property
    def shape(self) -> Any:
        """The sizes, the batch axis among them."""
        full = self.full
        if all(type(size) is int for size in full):
            return torch.Size(full)
        return Sizes(map(self.walk.guarded, full))

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(torch.Tensor, name, None)
        if callable(attribute):
            return partial(_method, self, attribute)
        if name in ATTRIBUTES:
            return ATTRIBUTES[name](self)
        raise AttributeError(f"'Tensor' object has no attribute {name!r}")

    def __len__(self) -> Any:
        return self.shape[0]

    def __iter__(self) -> Any:
        return iter(self.walk.function(torch.Tensor.unbind, (self,), {}))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Ghost({'x'.join(map(str, self.full))})"

    __format__ = object.__format__
