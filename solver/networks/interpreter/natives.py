"""Python's own functions and methods on plain values: the part that cannot reach into objects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from solver.networks.interpreter.limits import MOST_ITEMS
from solver.networks.interpreter.values import Instance


def _through(items: Any) -> Any:
    """What Python goes through, of something plain; objects of the code's own go through their numbered fields."""
    if isinstance(items, Instance):
        return [value for key, value in items.fields.items() if key.isdigit()]
    if not isinstance(items, list | tuple | dict | str | range) and not hasattr(items, "__next__"):
        raise TypeError(f"{type(items).__name__} is not iterable")
    if isinstance(items, range) and len(items) > MOST_ITEMS:
        raise OverflowError("range")
    return items


def _rounded(value: float, digits: int | None = None) -> Any:
    return round(value, digits) if digits is None or abs(digits) < 20 else value


def _sized(value: Any) -> int:
    return len(_through(value) if isinstance(value, Instance) else value)


BUILTINS: Final[Mapping[str, Callable[..., Any]]] = {
    "len": _sized,
    "range": lambda *bounds: range(*bounds),
    "enumerate": lambda items, start=0: list(enumerate(_through(items), start)),
    "zip": lambda *lists, strict=False: list(zip(*map(_through, lists), strict=strict)),
    "list": lambda items=(): list(_through(items)),
    "tuple": lambda items=(): tuple(_through(items)),
    "set": lambda items=(): list(dict.fromkeys(_through(items))),
    "dict": lambda items=(), **named: dict(items, **named),
    "reversed": lambda items: list(_through(items))[::-1],
    "sorted": lambda items: sorted(_through(items)),
    "min": lambda *items: min(*items) if len(items) > 1 else min(_through(items[0])),
    "max": lambda *items: max(*items) if len(items) > 1 else max(_through(items[0])),
    "any": lambda items: any(_through(items)),
    "all": lambda items: all(_through(items)),
    "abs": abs,
    "round": _rounded,
    "int": lambda value=0: int(value),
    "float": lambda value=0: float(value),
    "bool": lambda value=False: bool(value),
    "str": lambda value="": str(value) if isinstance(value, int | float | str) else "…",
}

METHODS: Final[Mapping[type, frozenset[str]]] = {
    list: frozenset("append extend insert pop index count reverse copy clear remove".split()),
    dict: frozenset("get items keys values pop update setdefault copy".split()),
    str: frozenset("lower upper startswith endswith strip split join replace isdigit".split()),
    tuple: frozenset(("index", "count")),
}
"""Methods of plain values; texts are not formatted, which reaches into objects."""

MATHEMATICS: Final[Mapping[str, Any]] = {
    "math.sqrt": math.sqrt, "math.floor": math.floor, "math.ceil": math.ceil, "math.log2": math.log2,
    "math.log": math.log, "math.prod": math.prod, "math.pi": math.pi, "numpy.prod": math.prod,
    "numpy.sqrt": math.sqrt, "numpy.floor": math.floor, "numpy.ceil": math.ceil, "math.inf": math.inf,
}  # fmt: skip
"""What libraries of numbers compute on plain values."""
