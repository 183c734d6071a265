"""The part of Python's standard library that networks' code calls: numbers, itertools, functools, simple objects."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from solver.networks.interpreter.builtin import Builtins
from solver.networks.interpreter.limits import MOST_ITEMS
from solver.networks.interpreter.values import Dotted, Instance, Native, Scope

PLAIN_VALUES: Final[Mapping[str, Any]] = {
    "math.pi": math.pi, "math.inf": math.inf, "math.e": math.e, "numpy.pi": math.pi,
    "typing.TYPE_CHECKING": False, "sys.argv": [],
}  # fmt: skip
FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{f"math.{each.__name__}": each for each in (
        math.sqrt, math.floor, math.ceil, math.log2, math.log10, math.log, math.prod, math.exp, math.gcd, math.isqrt,
        math.trunc, math.isclose,
    )},
    "numpy.prod": math.prod, "numpy.sqrt": math.sqrt, "numpy.floor": math.floor, "numpy.ceil": math.ceil,
    "numpy.log2": math.log2, "numpy.log": math.log, "numpy.exp": math.exp,
    "dict.fromkeys": lambda keys, value=None: dict.fromkeys(keys, value),
    "copy.copy": lambda value: value.copy() if isinstance(value, list | dict) else value,
    "collections.OrderedDict": lambda items=(), **named: dict(items, **named),
    "dataclasses.field": lambda **named: Instance(Dotted("dataclasses.field"), named),
    "types.SimpleNamespace": lambda **named: Instance(Dotted("types.SimpleNamespace"), named),
    "argparse.Namespace": lambda **named: Instance(Dotted("argparse.Namespace"), named),
}  # fmt: skip
"""Functions of values that call nothing."""
ITERTOOLS: Final = "pairwise chain chain.from_iterable product repeat islice accumulate zip_longest cycle".split()
"""Functions whose values a loop goes through: at most `MOST_ITEMS` of them."""
CALLING: Final = "functools.partial functools.reduce functools.wraps collections.namedtuple".split()
"""Functions that call, or make what is called: methods of `Library`, by their last name."""


class Library(Builtins):
    """What an imported name stands for, where it is one of these."""

    def resolved(self, value: Any) -> Any:
        """A dotted name as what we know under it."""
        if not isinstance(value, Dotted):
            return value
        name = f"numpy{value.name[2:]}" if value.name.startswith("np.") else value.name
        if name in PLAIN_VALUES:
            return PLAIN_VALUES[name]
        if name in FUNCTIONS:
            return Native(name, FUNCTIONS[name])
        if name in CALLING:
            return Native(name, getattr(self, f"_{value.last}"))
        module, _, rest = name.partition(".")
        if module == "itertools" and rest in ITERTOOLS:
            return Native(name, lambda *given: self._gone_through(rest, *given))
        return value

    def _gone_through(self, name: str, *given: Any) -> list[Any]:
        """What a function of itertools goes through, as a list."""
        match name:
            case "repeat":
                lists = list(given)
            case "chain.from_iterable":
                lists, name = [self.items(each) for each in self.items(given[0])], "chain"
            case _:
                lists = [each if isinstance(each, int) else self.items(each) for each in given]
        return list(itertools.islice(getattr(itertools, name)(*lists), MOST_ITEMS))

    def _partial(self, function: Any, *first: Any, **known: Any) -> Native:
        return Native("partial", lambda *more, **also: self.call(function, [*first, *more], known | also))

    def _reduce(self, function: Any, items: Any, *start: Any) -> Any:
        values = [*start, *self.items(items)]
        made = values[0]
        for item in values[1:]:
            made = self.call(function, [made, item], {})
        return made

    def _wraps(self, *wrapped: Any) -> Native:
        return Native("wraps", lambda function: function)

    def _namedtuple(self, name: str, wanted: Any, **more: Any) -> Native:
        """A class of objects with these fields."""
        fields = wanted.replace(",", " ").split() if isinstance(wanted, str) else wanted

        def made(*given: Any, **named: Any) -> Instance:
            values = {**dict(zip(fields, given, strict=False)), **named}
            if set(values) != set(fields) or len(given) > len(fields):
                self.broken("wrong_arguments", name)
            return Instance(Dotted(name), Scope(values))

        return Native(name, made)
