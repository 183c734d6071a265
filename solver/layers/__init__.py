"""One class a layer kind, named and called as in torch; in_channels and in_features are inferred.

A kind is a final class of a layer or a join, in any module of this folder: writing one is all that it takes.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def kinds() -> dict[str, type[Any]]:
    """Every kind of layer and join by its name, as {"Conv2d": ..., "ReLU": ..., "Add": ...}.

    >>> kinds()["Conv2d"](8, kernel_size=3)
    Conv2d(name='', out_channels=8, kernel_size=(3, 3), ...)
    """
    from importlib import import_module  # only where every kind is asked for
    from itertools import chain
    from pkgutil import iter_modules

    from solver.layers.base import Operation

    found: dict[str, type[Any]] = {}
    for module in iter_modules(__path__):
        held = vars(import_module(f"{__name__}.{module.name}"))
        tables = [table.values() for table in held.values() if isinstance(table, dict)]
        found |= {
            kind.__name__: kind
            for kind in chain(held.values(), *tables)
            if isinstance(kind, type) and issubclass(kind, Operation) and getattr(kind, "__final__", False)
        }
    return dict(sorted(found.items()))
