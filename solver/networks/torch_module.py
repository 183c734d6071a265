"""A live torch module as a network: its own `forward` runs on shapes, and what it does is recorded.

A `TorchGhost` answers what code asks of a tensor (shape, size, dim, isinstance) and `__torch_function__`, so no tensor
is computed and control flow on shapes works. torch's own layers are read by the names of their arguments; a function
whose formula nobody knows runs on meta tensors of these shapes: its shape is exact, its cost is a symbol, and it is
named. Nothing else under `solver/networks` imports torch.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache, partial, wraps
from itertools import count
from operator import attrgetter
from pathlib import Path
from types import FrameType, FunctionType, TracebackType
from typing import Any, Final, TypeAlias, final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Field, Layer
from solver.layers.composite import Composite
from solver.networks.arithmetic import OPERATIONS as ARITHMETIC
from solver.networks.arranging import OPERATIONS as ARRANGING
from solver.networks.conditions import Conditions, Domain, Undecided, at, size_from, symbols, times
from solver.networks.guarded import Guarded, bare
from solver.networks.imported import Imported, Registered
from solver.networks.operations import placed, told
from solver.networks.reshaping import Roles
from solver.networks.steps import Unknown
from solver.networks.walk import STEPS, CannotFollow, Ghost, Step, Walk, WithoutFormula, natural, step_of, undisturbed
from solver.values import Shape, Size

Input: TypeAlias = "Sequence[int | str | Size] | torch.Tensor"
"""Sizes without a batch axis, some of which may be symbols; or a tensor with one, for its shape and type."""

OPERATIONS: Final = ARITHMETIC | ARRANGING
"""The whole table: the modules that enter operations in it have been imported here."""

ON_SIGNALS: Final = {
    name for name, entry in OPERATIONS.items() if getattr(entry, "__annotations__", {}).get("input") == "Ghost"
}
"""Operations whose first argument has to be a signal, and not just any tensor."""

ELSEWHERE: Final = (str(Path(__file__).parents[1]), str(Path(torch.__file__).parent))
"""Where code is that is not the network's."""


# --- what stands for a tensor


class Sizes(tuple[Any, ...]):
    """A shape some of whose sizes are symbols, as code sees it."""

    __slots__ = ()

    def numel(self) -> Any:
        """The product of the sizes."""
        product: Any = 1
        for size in self:
            product = product * size
        return product


class TorchGhost(Ghost, torch.Tensor):
    """A tensor without numbers, as a module's code sees it.

    It is a tensor, so that compiled code which torch does not ask us about refuses it and does not crash: an empty one
    of bits, on which nothing can be computed.
    """

    walk: TorchWalk

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        (ghost, *_) = _ghosts((args, kwargs))
        return ghost.walk.function(function, args, kwargs or {})

    @property
    def shape(self) -> Any:
        """The sizes, the batch axis among them."""
        full = self.full
        if self.walk.symbolic and not all(isinstance(size, int) for size in full):
            return Sizes(map(self.walk.guarded, full))
        return torch.Size(full)

    @property
    def data(self) -> TorchGhost:
        """The tensor itself."""
        return self

    @data.setter
    def data(self, value: Ghost) -> None:
        self.become(value)

    def become(self, other: Ghost) -> None:
        """Stands for what another ghost stands for, as after an operation in place."""
        self.__dict__.update(other.__dict__)

    def __len__(self) -> Any:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.walk.function(torch.Tensor.unbind, (self,), {}))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Ghost({'x'.join(map(str, self.full))})"

    def __format__(self, how: str) -> str:
        return repr(self)


def ghost(
    walk: TorchWalk, index: int, sizes: Shape, batched: bool, seen: Field, roles: Roles, element: Any = torch.float32
) -> TorchGhost:
    """A ghost of these."""
    made: TorchGhost = _tensor(TorchGhost, NOTHING)
    made.walk = walk
    made.index = index
    made.sizes = sizes
    made.batched = batched
    made.field = seen
    made.roles = roles
    made.element = element
    return made


NOTHING: Final = torch.empty(0, dtype=torch.bits1x8, device="meta")

_tensor = torch.Tensor._make_subclass


def _operator(name: str) -> Callable[..., Any]:
    """An operator that asks the walk at once, without going through torch."""
    function = getattr(torch.Tensor, name)

    def operator(self: TorchGhost, *args: Any, **kwargs: Any) -> Any:
        return self.walk.function(function, (self, *args), kwargs)

    return operator


OPERATORS: Final = (
    "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv mod pow rpow matmul "
    "rmatmul neg abs invert and or xor eq ne lt le gt ge getitem setitem bool int float index complex contains array"
).split()

METHODS: Final = (
    "view reshape permute transpose flatten size dim mean sum contiguous chunk split expand unsqueeze squeeze softmax "
    "numel clone relu new_zeros new_ones new_empty new_full repeat tile narrow roll select"
).split()

for _each in (*(f"__{operator}__" for operator in OPERATORS), *METHODS):
    setattr(TorchGhost, _each, _operator(_each))


def _turned(ghost: Any) -> Any:
    return ghost.walk.function(torch.Tensor.transpose, (ghost, -2, -1), {})


ATTRIBUTES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ndim": lambda x: len(x.full),
    "dtype": lambda x: x.element,
    "device": lambda x: x.walk.device,
    "T": _turned,
    "mT": _turned,
    "H": _turned,
    "mH": _turned,
    "real": lambda x: x,
    "layout": lambda x: torch.strided,
    "grad": lambda x: None,
    "grad_fn": lambda x: None,
    "names": lambda x: (None,) * len(x.full),
    "is_leaf": lambda x: True,
    "itemsize": lambda x: 4,
    "nbytes": lambda x: x.walk.guarded(times(x.full)) * 4,
    "_version": lambda x: 0,
} | {
    name: lambda x: False
    for name in "requires_grad is_cuda is_cpu is_xpu is_mps is_meta is_mkldnn is_sparse is_sparse_csr is_quantized "
    "is_nested retains_grad is_vulkan is_ipu is_xla is_hpu is_mtia is_maia".split()
}

for _each, _answer in ATTRIBUTES.items():
    setattr(TorchGhost, _each, property(_answer))


def _ghosts(value: Any) -> list[TorchGhost]:
    """The ghosts among arguments, also in lists."""
    if type(value) is TorchGhost:
        return [value]
    if isinstance(value, list | tuple) and type(value) is not torch.Size:
        return [ghost for item in value for ghost in _ghosts(item)]
    return [ghost for item in value.values() for ghost in _ghosts(item)] if type(value) is dict else []


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Arguments or results with tensors, real or not, exchanged."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_mapped(change, item) for item in value))
    if type(value) in (list, tuple):
        return type(value)(_mapped(change, item) for item in value)
    return {key: _mapped(change, item) for key, item in value.items()} if type(value) is dict else value


# --- the walk


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
        if not (type(args and args[0]) is TorchGhost or _ghosts((args, kwargs))):
            return self.aside(function, name, args, kwargs)
        in_place = name[-1] == "_" and (name[:2] != "__" or name[2] == "i")
        if in_place and name not in OPERATIONS and name[:2] != "__":
            name = name[:-1]
        handler = OPERATIONS.get(name)
        if name in ON_SIGNALS and args and type(args[0]) is not TorchGhost:
            beside, *_ = _ghosts((args, kwargs))
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
            _mapped(lambda tensor: self.weights.rests(tensor, sources), made)
        if name in COSTED and self.inputs:
            self.at_a_cost(name, tensors, args, kwargs, made)
        return made

    def at_a_cost(self, name: str, tensors: list[Any], args: Any, kwargs: Any, made: Any) -> None:
        """Records a product of tensors that are no signals."""
        first = tensors[0]
        ghost = self.signal(first, self.inputs[0])
        args, kwargs = (_mapped(lambda tensor: ghost if tensor is first else tensor, each) for each in (args, kwargs))
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
        ghosts = list({id(ghost): ghost for ghost in _ghosts((args, kwargs))}.values())
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
                runs.append(function(*_mapped(change, args), **_mapped(change, kwargs)))
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

    _mapped(met, value)
    return found


def _exchanged(made: Any, stands: Sequence[Ghost]) -> Any:
    """Results with ghosts in place of their tensors, of the same types of numbers."""
    left = iter(stands)

    def stand(tensor: Any) -> Ghost:
        ghost = next(left)
        ghost.element = tensor.dtype
        return ghost

    return _mapped(stand, made)


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
    "kthvalue searchsorted bucketize one_hot meshgrid broadcast_tensors masked_scatter hsplit vsplit dsplit block_diag"
).split()
"""Operations that multiply nothing and whose shape torch says."""

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


# --- torch's own layers, by the names of their arguments

Reader: TypeAlias = "Callable[..., Any]"
"""Called with the walk, the module and what the module is called with; NotImplemented lets the module's code run."""

INSIDE: Final = ("in_channels", "in_features", "num_features", "num_channels")
"""What modules say of their inputs, which layers infer."""


@cache
def _reader(kind: Any) -> Reader | None:
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
    if len(query.shape) != 3 or not _ghosts((query, key, value)):
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


# --- reading


def read_module(
    module: Any, *inputs: Input, named: Mapping[str, Input] | None = None, training: bool = False
) -> Imported:
    """The network that a module computes on inputs of these shapes, found by running its own code on shapes.

    Sizes are without a batch axis; a string is a symbol: (3, "H", "W"). A tensor says its shape and type instead. The
    module is walked as in evaluation (what only training uses is reported as not used), or as it is if `training`. A
    graph is read as well: an fx.GraphModule, or what torch.export gives, whose checks of inputs are passed over.
    Raises CannotFollow where numbers would decide what happens, and DoesNotFit where a layer does not fit its input.
    """
    module = getattr(module, "_orig_mod", module)
    if hasattr(module, "graph_module"):
        module = module.module()
        module._forward_pre_hooks.clear()
    conditions = Conditions()
    while True:
        walk = TorchWalk(ghost, _place, ELEMENTS, conditions=conditions, device=_device(module))
        try:
            return _walked(walk, module, inputs, named or {}, training)
        except CannotFollow as refusal:
            granting = walk.conditions.granting() if refusal.reason == "raised" else None
            if granting is None:
                raise
            conditions = granting  # a module that raises where H is not 224 is one for H = 224


def _walked(
    walk: TorchWalk, module: Any, inputs: Sequence[Input], named: Mapping[str, Input], training: bool
) -> Imported:
    """The network, walked once under the walk's conditions."""
    with READING, undisturbed(), torch.no_grad():
        registered, trained = _registered(walk, module)
        given = tuple(_input(walk, each) for each in inputs)
        keywords = {name: _input(walk, each) for name, each in named.items()}
        walk.symbolic = any(not isinstance(size, int) for x in walk.inputs for size in x.sizes)
        with _evaluated([] if training else trained), _patched(walk), Watch(walk), _explained(walk):
            made = module(*given, **keywords)
    outputs = _ghosts(_plain(made))
    if not outputs:
        raise CannotFollow("not_a_signal", type(module).__name__, detail=repr(made))
    shapes = tuple(x.sizes for x in walk.inputs)
    return Imported(type(module).__name__, shapes, registered, walk, tuple(outputs))


ELEMENTS: Final = {"truth": torch.bool, "integer": torch.int64, "float": torch.float32}


READING: Final = threading.RLock()
"""One walk at a time: while it lasts, calls of modules in its thread are recorded."""


def _input(walk: TorchWalk, given: Input) -> Any:
    if isinstance(given, torch.Tensor):
        return walk.input(Shape(given.shape[1:]), given.dtype)
    known = walk.conditions.known
    sizes = (Size.symbol(size) if isinstance(size, str) else size for size in given)
    numbers = (size.at(known[size.name]) if isinstance(size, Size) and size.name in known else size for size in sizes)
    return walk.input(Shape(numbers), torch.float32)


def _device(module: Any) -> Any:
    first = next(iter(module.parameters()), None)
    return first.device if first is not None else torch.device("cpu")


def _plain(made: Any) -> Any:
    """Results in lists and dictionaries, of whatever class these are."""
    if isinstance(made, Mapping):
        return [_plain(value) for value in made.values()]
    if hasattr(made, "__dataclass_fields__"):
        return [_plain(value) for value in vars(made).values()]
    return [_plain(value) for value in made] if isinstance(made, list | tuple) else made


def _registered(walk: TorchWalk, module: Any) -> tuple[Registered, list[Any]]:
    """Names all modules and parameters, counts what is registered, shared ones once, and says what is in training."""
    owners, modules, classes = walk.weights.owners, walk.modules, walk.classes
    counts = {True: 0, False: 0}
    buffers: dict[int, int] = {}
    trained = []
    stack = [("", module)]
    while stack:
        path, here = stack.pop()
        if id(here) in modules:
            continue
        known = here.__dict__
        if type(here) not in classes:
            if isinstance(here, torch.jit.ScriptModule):
                raise CannotFollow("compiled", type(here).__name__, path)
            classes[type(here)] = None
        prefix = path + "." if path else ""
        own: tuple[int, ...] = ()
        for name, parameter in known["_parameters"].items():
            if parameter is None:
                continue
            key = id(parameter)
            own += (key,)
            if key not in owners:
                if type(parameter) is nn.parameter.UninitializedParameter:
                    raise CannotFollow("not_initialised", name)
                count = parameter.numel()
                owners[key] = (prefix + name, count)
                counts[parameter.requires_grad] += count
        for buffer in known["_buffers"].values():
            if buffer is not None:
                buffers[id(buffer)] = buffer.numel()
        if known["training"]:
            trained.append(here)
        modules[id(here)] = (path, own)
        if inside := known["_modules"]:
            stack += [(prefix + name, inner) for name, inner in reversed(inside.items()) if inner is not None]
    return Registered(counts[True], counts[False], sum(buffers.values())), trained


@contextmanager
def _evaluated(trained: Sequence[Any]) -> Iterator[None]:
    """Modules as in evaluation, and then as in training again."""
    for module in trained:
        module.__dict__["training"] = False
    try:
        yield
    finally:
        for module in trained:
            module.__dict__["training"] = True


@contextmanager
def _patched(walk: TorchWalk) -> Iterator[None]:
    """Calls of the network's modules in this thread go through the walk.

    Only the classes that occur are changed: every class below a changed one has to look up all its methods anew.
    """
    thread, modules, called = threading.get_ident(), walk.modules, walk.called
    own = {kind: kind.__dict__.get("__call__") for kind in walk.classes}
    genuine, entered = nn.Module.__call__, set[int]()

    def original(module: Any, args: Any, kwargs: Any) -> Any:
        if id(module) in entered:  # a class's own __call__ goes on to the one of nn.Module
            return genuine(module, *args, **kwargs)
        calls = (own[kind] if kind in own else kind.__dict__.get("__call__") for kind in type(module).__mro__)
        entered.add(id(module))
        try:
            return next(filter(None, calls))(module, *args, **kwargs)
        finally:
            entered.discard(id(module))

    def calling(reader: Reader | None) -> Callable[..., Any]:
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            here = modules.get(id(module))
            if here is None:
                return original(module, args, kwargs)
            known = module.__dict__
            plain = not (known["_forward_hooks"] or known["_forward_pre_hooks"] or "forward" in known)
            if reader is not None and plain:
                made = reader(walk, module, *args, **kwargs)
                if made is not NotImplemented:
                    return made
            if threading.get_ident() != thread:
                return original(module, args, kwargs)
            called.add(id(module))
            before, walk.path = walk.path, here[0]
            made = module.forward(*args, **kwargs) if plain else original(module, args, kwargs)
            walk.path = before
            return made

        return call

    for kind in own:
        kind.__call__ = calling(_reader(kind))
    made = _made_of_symbols(walk) if walk.symbolic else {}
    for name, function in made.items():
        setattr(torch, name, function)
    try:
        yield
    finally:
        for name, function in made.items():
            setattr(torch, name, function.__wrapped__)
        for kind, before in own.items():
            if before is None:
                del kind.__call__
            else:
                kind.__call__ = before


def _made_of_symbols(walk: TorchWalk) -> dict[str, Any]:
    """torch's functions that make tensors of given sizes, for symbols, which compiled code does not take."""

    def accepting(name: str, function: Any) -> Any:
        @wraps(function)
        def make(*args: Any, **kwargs: Any) -> Any:
            sizes = [bare(size) for size in _numbers((args, kwargs))]
            if all(isinstance(size, int | float) for size in sizes):
                return function(*args, **kwargs)
            return OPERATIONS[name](walk, name, *args, **kwargs)

        return make

    return {name: accepting(name, getattr(torch, name)) for name in MAKERS}


MAKERS: Final = ("zeros", "ones", "empty", "full", "rand", "randn", "arange", "reshape")


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [number for item in value for number in _numbers(item)]
    if isinstance(value, dict):
        return _numbers(tuple(value.values()))
    return [value] if isinstance(value, int | float | Guarded) else []


@contextmanager
def _explained(walk: TorchWalk) -> Iterator[None]:
    """What goes wrong in a module's code, said with where."""
    try:
        yield
    except (CannotFollow, DoesNotFit):
        raise
    except Undecided as error:
        raise CannotFollow("needs_size", error.asked, walk.path, _place_of(error.__traceback__)) from error
    except Exception as error:
        if walk.symbolic and Guarded.__name__ in str(error):
            raise CannotFollow("needs_size", "size", walk.path, _place_of(error.__traceback__), str(error)) from error
        detail = f"{type(error).__name__}: {error}"
        raise CannotFollow("raised", type(error).__name__, walk.path, _place_of(error.__traceback__), detail) from error


def _place() -> str:
    """The file and line of the network's code that is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(ELSEWHERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


def _place_of(trace: TracebackType | None) -> str:
    """The last file and line of the network's own code in a traceback."""
    place = ""
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(ELSEWHERE):
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
