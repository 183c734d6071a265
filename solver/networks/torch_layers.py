"""torch's own layers in a module that is walked: read by the names of their arguments, their code does not run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache, partial
from operator import attrgetter
from typing import Any, Final, TypeAlias, final

import torch
from torch import nn

from solver.layers import kinds
from solver.layers.base import Layer
from solver.layers.composite import Composite
from solver.networks.operations import placed, told
from solver.networks.remembered import STEPS, Step, step_of
from solver.networks.table import OPERATIONS
from solver.networks.torch_ghosts import TorchGhost, ghosts_in
from solver.networks.torch_walk import TorchWalk
from solver.networks.walk import Ghost, natural
from solver.values import Shape

Reader: TypeAlias = "Callable[..., Any]"
"""Called with the walk, the module and what the module is called with; NotImplemented lets the module's code run."""

INSIDE: Final = ("in_channels", "in_features", "num_features", "num_channels")
"""What modules say of their inputs, which layers infer."""


@cache
def reader_of(kind: Any) -> Reader | None:
    """How modules of this class are read: None for those whose code runs."""
    layer = kinds().get(kind.__name__)
    if layer is None or not kind.__module__.startswith("torch.nn.modules.") or not issubclass(layer, Layer):
        return None
    if kind is nn.MultiheadAttention:
        return _attend
    if issubclass(layer, Composite):
        return None
    if kind in THROUGH_FUNCTIONS:
        return partial(_through_function, *THROUGH_FUNCTIONS[kind])
    return _Reading(kind.__name__, layer).read


THROUGH_FUNCTIONS: Final = {
    nn.Flatten: ("flatten", ("start_dim", "end_dim")),
    nn.Unflatten: ("unflatten", ("dim", "unflattened_size")),
}
"""Modules that may touch the batch axis, as functions of these arguments do."""


def _through_function(function: str, named: Sequence[str], walk: TorchWalk, module: Any, x: Any) -> Any:
    """The signal after a function that goes by the module's own name."""
    path, _ = walk.modules[id(module)]
    before = walk.path
    walk.path, _, name = path.rpartition(".")
    made = OPERATIONS[function](walk, name or function, x, *(getattr(module, each) for each in named))
    walk.path = before
    return made


@final
class _Reading:
    """Modules of one class of torch's as layers of one kind."""

    def __init__(self, kind: str, layer: type[Any]) -> None:
        known = [each.name for each in fields(layer)]
        self.kind, self.layer, self.biased = kind, layer, "bias" in known
        self.named = [name for name in known if name not in ("name", "bias", "inplace", "return_indices")]
        self.odd = "dim" in known or "return_indices" in known
        self.get: Callable[[Any], Any] | None = None

    def read(self, walk: TorchWalk, module: Any, x: Any, *more: Any, **named: Any) -> Any:
        """The signal after the module."""
        if type(x) is not TorchGhost or more or named or (self.odd and self._is_odd(module, x)):
            return NotImplemented
        values = (self.get or self._getter(module))(module)
        biased = self.biased and module._parameters["bias"] is not None
        try:
            step = STEPS.get((self.kind, biased, values)) or self._step(module, biased, values)
        except TypeError:  # an argument is a list
            step = self._step(module, biased, repr(values))
        path, own = walk.modules[id(module)]
        used = walk.weights.used
        if not x.batched or (x.field and not step.by_position and x.roles is not natural(len(x.sizes))):
            x, step = placed(walk, x, step)
        if walk.symbolic or x.sizes not in step.facts:
            x = self._checked(walk, module, x, step)
        if used.isdisjoint(own):
            used.update(own)
            return walk.layer(step, x, walk.again(path or self.kind))
        if used.issuperset(own):
            return walk.layer(step, x, walk.again(path or self.kind), learned=False)
        return walk.partly(step, x, path, module._parameters.values())

    def _is_odd(self, module: Any, x: TorchGhost) -> bool:
        """Whether it gives indices too, or acts along the batch axis."""
        along = hasattr(module, "dim") and not (x.batched and module.dim)
        return along or bool(getattr(module, "return_indices", False))

    def _step(self, module: Any, biased: bool, values: Any) -> Step:
        return step_of((self.kind, biased, values), partial(self._layer, module, biased))

    def _getter(self, module: Any) -> Callable[[Any], Any]:
        self.named = [name for name in self.named if hasattr(module, name)]
        told = [name for name in INSIDE if hasattr(module, name)]
        self.get = attrgetter(*self.named, *told) if self.named or told else lambda _: ()
        return self.get

    def _layer(self, module: Any, biased: bool) -> Any:
        arguments = {name: _hashable(getattr(module, name)) for name in self.named}
        return self.layer(**arguments, **({"bias": biased} if self.biased else {}))

    def _checked(self, walk: TorchWalk, module: Any, x: Any, step: Step) -> Any:
        """The signal, whose channels have to be those that the module was made for."""
        said = {name: getattr(module, name) for name in INSIDE if hasattr(module, name)}
        return told(walk, step.layer, x, said, walk.modules[id(module)][0])


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | torch.Size) else value


def _attend(walk: TorchWalk, module: Any, query: Any, key: Any, value: Any, *given: Any, **more: Any) -> Any:
    """nn.MultiheadAttention: one row where it is one layer, whatever its masks are."""
    same = query is key is value
    if len(query.shape) != 3 or not ghosts_in((query, key, value)):
        return NotImplemented
    first = walk.signal(query)
    signals = [first] if same else walk.signals((query, key, value))
    lines = [_sequence(walk, x, module.batch_first) for x in signals]
    if any(line is None for line in lines):
        return NotImplemented
    path, _ = walk.modules[id(module)]
    own = [key for inner in module.modules() for key in walk.modules[id(inner)][1]]
    walk.called.update(map(id, module.modules()))
    arguments = {
        "embed_dim": module.embed_dim, "num_heads": module.num_heads, "dropout": module.dropout,
        "bias": module.in_proj_bias is not None, "add_bias_kv": module.bias_k is not None,
        "add_zero_attn": module.add_zero_attn, "kdim": module.kdim, "vdim": module.vdim,
    }  # fmt: skip
    kind = kinds()["MultiheadAttention" if same else "CrossAttention"]
    layer = step_of((kind, tuple(arguments.items())), lambda: kind(**arguments))
    name = walk.again(path or "MultiheadAttention")
    learned = walk.weights.used.isdisjoint(own)
    walk.weights.used.update(own)
    x = walk.layer(layer, lines[0], name, learned) if same else walk.join(layer, lines, name, True, learned)
    x.roles = (lines[0].roles[0], None)
    weights = None
    if (given[1] if len(given) > 1 else more.get("need_weights", True)):
        scores = Shape((lines[0].sizes[0], lines[-2 if not same else 0].sizes[0]))
        weights = walk.constant(scores, 0, x, walk.again(f"{path}.weights"), True)
    return (x if module.batch_first else walk.permuted(x, (1, 0, 2), "permute")), weights


def _sequence(walk: TorchWalk, x: Ghost, batch_first: bool) -> Any:
    """A sequence as positions and features; None where there are several."""
    x = x if batch_first else walk.permuted(x, (1, 0, 2), "permute")
    x = x if x.batched or x.full[0] != 1 else walk.reshaped(x, x.full, "squeeze")
    return x if x.batched else None
