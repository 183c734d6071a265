"""Tensors that are no signals: made from sizes, and what they say of themselves."""

from __future__ import annotations

from math import prod
from typing import Any, Final

from solver.networks.interpreter.stopped import Unread
from solver.networks.stand_ins.objects import Tensor

DECIDING: Final = frozenset("__bool__ item tolist numpy __lt__ __gt__ __le__ __ge__ __eq__ __ne__".split())
"""What depends on a tensor's numbers."""


def made(name: str, args: list[Any], line: int) -> Tensor:
    """A tensor that code makes: of sizes, or like numbers that it lists."""
    if name in ("tensor", "as_tensor", "FloatTensor") and args:
        return Tensor(_listed(args[0]))
    sizes = args[0] if args and isinstance(args[0], list | tuple) else args
    if name == "randint":
        sizes = next((each for each in args if isinstance(each, list | tuple)), ())
    if name == "full":
        sizes = sizes if isinstance(args[0], list | tuple) else args[:-1]
    if not isinstance(sizes, list | tuple) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise Unread("needs_values", line, name)
    match name, *sizes:
        case ("arange", stop):
            return Tensor((stop,))
        case ("arange", start, stop, *by):
            return Tensor((len(range(start, stop, *by)),))
        case ("linspace", *_, number):
            return Tensor((number,))
        case ("eye", side):
            return Tensor((side, side))
        case _:
            return Tensor(tuple(sizes))


def said(of: Tensor, name: str) -> Any:
    """What a tensor says of itself; NotImplemented where it is no fact of its own."""
    match name:
        case "shape" | "dtype":
            return getattr(of, name)
        case "ndim":
            return len(of.shape)
        case "requires_grad":
            return of.learned and of.trained
        case "data" | "grad":
            return of
        case "device" | "is_cuda":
            return False
        case _:
            return NotImplemented


def asked(of: Tensor, name: str) -> Any:
    """A method of a tensor that asks for its sizes; NotImplemented for others."""
    match name:
        case "size":
            return lambda *at: of.shape[at[0]] if at else of.shape
        case "dim":
            return lambda: len(of.shape)
        case "numel" | "nelement":
            return lambda: prod(of.shape)
        case _:
            return NotImplemented


def _listed(values: Any) -> tuple[int, ...]:
    """The shape of numbers in lists."""
    shape: list[int] = []
    while isinstance(values, list | tuple):
        shape.append(len(values))
        values = values[0] if values else None
    return tuple(shape)
