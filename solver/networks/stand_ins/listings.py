"""What is registered in a module: modules and parameters, by name, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Final

from solver.networks.stand_ins.objects import Registered, Tensor
from solver.networks.walk import Walk


def inside(of: Registered, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Registered]]:
    """A module and all that are registered in it, outer ones first, each once."""
    seen = set() if seen is None else seen
    if id(of) in seen:
        return
    seen.add(id(of))
    yield path, of
    for name, inner in of.children():
        yield from inside(inner, f"{path}.{name}" if path else name, seen)


def _parameters(of: Registered) -> list[Tensor]:
    found = {id(tensor): tensor for _, module in inside(of) for _, tensor in module.weights()}
    return list(found.values())


LISTINGS: Final[dict[str, Callable[[Registered], list[Any]]]] = {
    "modules": lambda of: [module for _, module in inside(of)],
    "named_modules": lambda of: list(inside(of)),
    "children": lambda of: [module for _, module in of.children()],
    "named_children": lambda of: list(of.children()),
    "parameters": _parameters,
    "named_parameters": lambda of: [
        (f"{path}.{name}".lstrip("."), tensor) for path, module in inside(of) for name, tensor in module.weights()
    ],
    "buffers": lambda of: [],
}
"""What a module lists of itself."""


def frozen(of: Registered, requires_grad: Any = True) -> Registered:
    """The module, whose parameters are trained from now on, or no longer."""
    for tensor in _parameters(of):
        tensor.requires_grad_(requires_grad)
    return of


def register(walk: Walk, network: Registered, path: str = "") -> tuple[int, int]:
    """Names all modules and parameters of a network for a walk; how many numbers are trained and how many frozen.

    Shared ones count once.
    """
    counts = {True: 0, False: 0}
    for inner_path, module in inside(network, path):
        own = []
        for name, tensor in module.weights():
            if id(tensor) not in walk.weights.owners:
                count = prod(tensor.shape)
                walk.weights.owners[id(tensor)] = (f"{inner_path}.{name}".lstrip("."), count)
                counts[tensor.trained] += count
            own.append(id(tensor))
        walk.modules[id(module)] = (inner_path, tuple(own))
    return counts[True], counts[False]
