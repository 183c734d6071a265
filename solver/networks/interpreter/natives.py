"""Python's own functions and methods on plain values: the part that cannot reach into objects."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from solver.networks.interpreter.limits import MOST_ITEMS, MOST_LETTERS


class TooMuch(Exception):
    """What Python would compute and we do not."""


def _through(items: Any) -> Any:
    """What Python goes through, of something plain."""
    if not isinstance(items, list | tuple | dict | str | range) and not hasattr(items, "__next__"):
        raise TypeError(f"{type(items).__name__} is not iterable")
    return items


def _range(*bounds: int) -> range:
    if len(range(*bounds)) > MOST_ITEMS:
        raise TooMuch
    return range(*bounds)


def _rounded(value: float, digits: int | None = None) -> Any:
    return round(value, digits) if digits is None or abs(digits) < 20 else value


SPECIFIED: Final = re.compile(r"[<>^=]?[+\- ]?0?\d{0,2},?(\.\d{1,2})?[bdoxXeEfFgGs%]?")
"""What may stand behind the colon of a value in a text: widths of two digits at most."""
PLACES: Final = re.compile(r"\{\{|\}\}|\{(\w*)(?::([^{}]*))?\}")


def said(value: Any, how: str = "") -> str:
    """A value in a text, as f"{value:how}" says it; what is no number and no text is a dot."""
    if not isinstance(value, int | float | str):
        return "…"
    if not SPECIFIED.fullmatch(how):
        raise TooMuch
    return format(value, how)


def fillable(text: str) -> bool:
    """Whether all places of a text are ones that `filled` fills."""
    return not {"{", "}"} & set(PLACES.sub("", text))


def filled(text: str, *given: Any, **named: Any) -> str:
    """The text with values in its places, as text.format(…) fills them; it reaches into nothing."""
    numbers = itertools.count()

    def value(place: re.Match[str]) -> str:
        name, how = place[1], place[2] or ""
        if name is None:
            return place[0][0]
        if name.isidentifier():
            return said(named[name], how)
        return said(given[int(name) if name else next(numbers)], how)

    return PLACES.sub(value, text)


def replaced(text: str, old: str, new: str, *most: int) -> str:
    """text.replace(old, new), unless it would be far too long."""
    if text.count(old) * len(new) > MOST_LETTERS:
        raise TooMuch
    return text.replace(old, new, *most)


BUILTINS: Final[Mapping[str, Callable[..., Any]]] = {
    "len": lambda value: value.shape[0] if hasattr(value, "shape") else len(value),
    "range": _range,
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
    "divmod": divmod,
    "iter": lambda items: iter(_through(items)),
    "next": lambda items, *default: next(iter(_through(items)), *default),
    "round": _rounded,
    "int": lambda value=0: int(value),
    "float": lambda value=0: float(value),
    "bool": lambda value=False: bool(value),
    "str": lambda value="": said(value),
}

METHODS: Final[Mapping[type, frozenset[str]]] = {
    list: frozenset("append extend insert pop index count reverse copy clear remove".split()),
    dict: frozenset("get items keys values pop update setdefault copy".split()),
    str: frozenset(
        "lower upper title capitalize startswith endswith strip lstrip rstrip split join replace isdigit count find "
        "removeprefix removesuffix format".split()
    ),
    tuple: frozenset(("index", "count")),
}
"""Methods of plain values; `format` is ours, as Python's own reaches into objects."""
