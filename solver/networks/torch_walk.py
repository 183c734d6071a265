"""A walk through a torch module's own code: what becomes of each function of torch's that it calls.

A function of the table of operations is a step. One that is written in Python runs; any other runs on meta tensors of
these shapes: its shape is exact, its cost is a symbol, and it is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from types import FunctionType
from typing import Any, Final, final

import torch
from torch.overrides import TorchFunctionMode

from solver.networks.conditions import Domain, at, size_from, symbols
from solver.networks.remembered import Step
from solver.networks.steps import Unknown
from solver.networks.table import OPERATIONS
from solver.networks.torch_ghosts import TorchGhost, ghosts_in, mapped
from solver.networks.walk import CannotFollow, Ghost, Walk, WithoutFormula
from solver.values import Shape

ON_SIGNALS: Final = {
    name for name, entry in OPERATIONS.items() if getattr(entry, "__annotations__", {}).get("input") == "Ghost"
}
"""Operations whose first argument has to be a signal, and not just any tensor."""


@final
@dataclass
class TorchWalk(Walk):
    """A walk through a module's own code."""

    device: Any = None
    classes: dict[Any, None] = field(default_factory=dict)
    """The classes of the network's modules."""

    def function(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function or method of torch's gives."""
        name = "unfold_axis" if function is torch.Tensor.unfold else function.__name__.partition(".")[0]
        if not (type(args and args[0]) is TorchGhost or ghosts_in((args, kwargs))):
            return self.aside(function, name, args, kwargs)
        in_place = name[-1] == "_" and (name[:2] != "__" or name[2] == "i")
        if in_place and name not in OPERATIONS and name[:2] != "__":
            name = name[:-1]
        handler = OPERATIONS.get(name)
        if name in ON_SIGNALS and args and type(args[0]) is not TorchGhost:
            beside, *_ = ghosts_in((args, kwargs))
            args = (self.signal(args[0], beside), *args[1:])
        made = NotImplemented if handler is None else handler(self, name, *args, **kwargs)
        if made is NotImplemented:
            made = self.unknown(function, name, args, kwargs)
        if in_place and name not in NOT_IN_PLACE and type(args[0]) is TorchGhost and type(made) is TorchGhost:
            args[0].become(made)
            return args[0]
        return made

    def aside(self, function: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function gives on tensors that are no signals: parameters, masks. It is computed."""
        made = function(*args, **kwargs)
        if name.startswith("__") and name.endswith("et__"):
            return made
        tensors = _tensors((args, kwargs))
        sources = [self.weights.sources(tensor) for tensor in tensors]
        if any(sources):
            mapped(lambda tensor: self.weights.rests(tensor, sources), made)
        if name in COSTED and self.inputs:
            self.at_a_cost(name, tensors, args, kwargs, made)
        return made

    def at_a_cost(self, name: str, tensors: list[Any], args: Any, kwargs: Any, made: Any) -> None:
        """Records a product of tensors that are no signals."""
        first = tensors[0]
        ghost = self.signal(first, self.inputs[0])
        args, kwargs = (mapped(lambda tensor: ghost if tensor is first else tensor, each) for each in (args, kwargs))
        stands = OPERATIONS[name](self, name, *args, **kwargs)
        if isinstance(stands, Ghost) and isinstance(made, torch.Tensor):
            self.weights.made[id(made)] = (made, frozenset())
            self.weights.signals[id(made)] = stands

    def unknown(self, function: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function without a formula gives: its own code runs if it has some, else it runs on meta tensors."""
        inner = _opened(function)
        if inner is not None:
            with Watch(self):
                return inner(*args, **kwargs)
        ghosts = list({id(ghost): ghost for ghost in ghosts_in((args, kwargs))}.values())
        made, shapes = self.on_meta(function, name, args, kwargs, ghosts)
        learned, count = self.weights.take(_tensors((args, kwargs)))
        if count:
            self.constant(Shape((count,)), count, ghosts[0], self.again(learned))
        row = self.unique(name)
        cost = "" if name in MOVES else "_".join(re.findall(r"[A-Za-z0-9]+", row))
        met = tuple(ghost.sizes for ghost in ghosts)
        outputs = [Shape(full[1:] if len(full) > 1 and full[0] == 1 else full) for full in shapes]
        stands = []
        for part, (full, output) in enumerate(zip(shapes, outputs, strict=True)):
            join = Step(Unknown(name, met, output, "" if part else cost))
            own = self.again(f"{row}:{part}") if part else row
            stands.append(self.join(join, ghosts, own, len(full) > len(output)))
        if cost:
            said = WithoutFormula(row, name, self.path, self.place(), cost, met, tuple(outputs))
            self.without_formula.append(said)
        return _exchanged(made, stands)

    def on_meta(
        self, function: Any, name: str, args: Any, kwargs: Any, ghosts: Sequence[Ghost]
    ) -> tuple[Any, list[tuple[Any, ...]]]:
        """What torch makes of meta tensors of these shapes, and the shapes of its results, symbols among them."""
        names = sorted({key for ghost in ghosts for size in ghost.sizes for key in symbols(size)})
        turns = range(5 if names else 1)
        points = [{key: self._sample(number, key, turn) for number, key in enumerate(names)} for turn in turns]
        runs = []
        for point in points:
            change = partial(_meta, point=point)
            try:
                runs.append(function(*mapped(change, args), **mapped(change, kwargs)))
            except (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError) as error:
                raise CannotFollow("unknown_operation", name, self.path, self.place(), str(error)) from error
        shapes = [[tuple(tensor.shape) for tensor in _tensors(run)] for run in runs]
        sizes = {size for ghost in ghosts for size in ghost.sizes}
        made = [
            tuple(size_from(points, values, sizes) for values in zip(*one, strict=True))
            for one in zip(*shapes, strict=True)
        ]
        if any(None in full for full in made):
            raise CannotFollow("needs_size", name, self.path, self.place())
        return runs[0], made

    def _sample(self, number: int, key: str, turn: int) -> int:
        """A number that a symbol may be, with other remainders at each turn; small, as some operations are loops."""
        start = 30 + (7 * turn * turn + (5 + 8 * number) * turn + 3 * number) % 61
        domain = self.conditions.domains.get(key, Domain())
        return next(n for n in count(start) if n in domain)


def _tensors(value: Any) -> list[Any]:
    """The tensors among arguments or results that are no ghosts."""
    found: list[Any] = []

    def met(tensor: Any) -> Any:
        if type(tensor) is not TorchGhost:
            found.append(tensor)
        return tensor

    mapped(met, value)
    return found


def _exchanged(made: Any, stands: Sequence[Ghost]) -> Any:
    """Results with ghosts in place of their tensors, of the same types of numbers."""
    left = iter(stands)

    def stand(tensor: Any) -> Ghost:
        ghost = next(left)
        ghost.element = tensor.dtype
        return ghost

    return mapped(stand, made)


def _meta(tensor: Any, point: Mapping[str, int]) -> Any:
    if type(tensor) is TorchGhost:
        return torch.empty(tuple(at(size, point) for size in tensor.full), dtype=tensor.element, device="meta")
    return torch.empty_like(tensor, device="meta")


@cache
def _opened(function: Any) -> Any:
    """A function of torch's that is written in Python, as it runs when nobody intercepts it; None for another."""
    code, known = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    if code is None or not any(name.startswith("has_torch_function") for name in code.co_names):
        return None
    blind = {name: (lambda *tensors: False) for name in known if name.startswith("has_torch_function")}
    inner = FunctionType(code, {**known, **blind}, code.co_name, function.__defaults__, function.__closure__)
    inner.__kwdefaults__ = function.__kwdefaults__
    return inner


MOVES: Final = (
    "__getitem__ index gather index_select take take_along_dim scatter scatter_add index_add index_fill topk sort "
    "argsort repeat_interleave repeat tile tensor_split unfold_axis as_strided diagonal diag_embed rot90 cummax cummin "
    "kthvalue searchsorted bucketize one_hot meshgrid broadcast_tensors masked_scatter hsplit vsplit dsplit block_diag "
    "grid_sampler grid_sampler_2d grid_sampler_3d"
).split()
"""Operations that multiply nothing, as interpolation does not, and whose shape torch says."""

NOT_IN_PLACE: Final = ("requires_grad_",)

COSTED: Final = (
    "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d matmul mm bmm addmm baddbmm einsum "
    "__matmul__ scaled_dot_product_attention bilinear"
).split()
"""Functions whose cost counts also where no signal is among their arguments."""


class Watch(TorchFunctionMode):
    """Sees what torch is asked about parameters alone, and about ghosts where torch would not look for them."""

    def __init__(self, walk: TorchWalk) -> None:
        super().__init__()
        self.walk = walk

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.walk.function(function, args, kwargs or {})
