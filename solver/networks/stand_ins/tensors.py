"""Functions of tensors that are no signals: of their shapes alone."""

from __future__ import annotations

from math import prod
from typing import Any

from solver.networks.interpreter.stopped import Unread
from solver.networks.interpreter.values import Native
from solver.networks.stand_ins.objects import Tensor

DECIDING = frozenset("__bool__ item tolist __getitem__ __lt__ __gt__".split())
"""What depends on a tensor's numbers."""


def made(name: str, args: list[Any], line: int) -> Tensor:
    """A tensor that code makes: of sizes, or like numbers that it lists."""
    if name in ("tensor", "as_tensor", "FloatTensor") and args:
        return Tensor(_listed(args[0]))
    sizes = args[0] if args and isinstance(args[0], list | tuple) else args
    if not isinstance(sizes, list | tuple) or not all(isinstance(size, int) for size in sizes):
        raise Unread("needs_values", line, name)
    if name in ("arange", "linspace"):
        return Tensor((max(sizes[-1:] or [0]),))
    return Tensor(tuple(sizes))


def computed(name: str, args: list[Any], line: int) -> Tensor:
    """A function of tensors, whose shape stays or is that of the largest."""
    tensors = [each for each in args if isinstance(each, Tensor)]
    if name in DECIDING:
        raise Unread("needs_values", line, name.strip("_"))
    if name in ("view", "reshape"):
        sizes = tuple(args[1]) if len(args) == 2 and isinstance(args[1], tuple | list) else tuple(args[1:])
        if all(isinstance(size, int) for size in sizes):
            left = prod(tensors[0].shape) // max(1, prod(size for size in sizes if size != -1))
            return Tensor(tuple(left if size == -1 else size for size in sizes), tensors[0].learned)
    widest = max(tensors, key=lambda each: len(each.shape))
    return widest if name.endswith("_") else Tensor(widest.shape, any(each.learned for each in tensors))


def attribute(of: Tensor, name: str, line: int) -> Any:
    """What a tensor says of itself."""
    match name:
        case "shape" | "dtype":
            return getattr(of, name)
        case "size":
            return Native(name, lambda *at: of.shape[at[0]] if at else of.shape)
        case "dim":
            return Native(name, lambda: len(of.shape))
        case "numel":
            return Native(name, lambda: prod(of.shape))
        case "T":
            return Tensor(of.shape[::-1], of.learned)
        case "data" | "grad":
            return of
        case _:
            return Native(name, lambda *args, **named: computed(name, [of, *args], line))


def _listed(values: Any) -> tuple[int, ...]:
    """The shape of numbers in lists."""
    shape: list[int] = []
    while isinstance(values, list | tuple):
        shape.append(len(values))
        values = values[0] if values else None
    return tuple(shape)
