"""A live torch module as a network: its own `forward` runs on shapes, and what it does is recorded.

Tensors without numbers go in (`torch_ghosts`), so that control flow on shapes works; torch's own layers are read by the
names of their arguments (`torch_layers`), what functions do is recorded by the walk (`torch_walk`). Nothing else under
`solver/networks` imports torch.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import wraps
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, TypeAlias

import torch
from torch import nn

from solver.derivation import DoesNotFit
from solver.networks.conditions import Conditions, Undecided
from solver.networks.guarded import Guarded, bare
from solver.networks.imported import Imported, Registered
from solver.networks.table import OPERATIONS
from solver.networks.torch_ghosts import ghost, ghosts_in
from solver.networks.torch_layers import Reader, reader_of
from solver.networks.torch_walk import TorchWalk, Watch
from solver.networks.walk import CannotFollow, undisturbed
from solver.values import Shape, Size

Input: TypeAlias = "Sequence[int | str | Size] | torch.Tensor"
"""Sizes without a batch axis, some of which may be symbols; or a tensor with one, for its shape and type."""

ELSEWHERE: Final = (str(Path(__file__).parents[1]), str(Path(torch.__file__).parent))
"""Where code is that is not the network's."""


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
    outputs = ghosts_in(_plain(made))
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
        kind.__call__ = calling(reader_of(kind))
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
    except DoesNotFit as misfit:
        misfit.about = misfit.about or walk.path
        raise
    except CannotFollow:
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


def takes_batches(module: nn.Module, *shapes: Sequence[int]) -> bool:
    """Whether a module that works on one input gives two outputs for two: a copy of it is asked."""
    try:
        copied = deepcopy(module).eval()
        _output(copied, 1, shapes)
    except Exception:  # a module of somebody's own, which fails in ways of its own whatever the batch
        return True
    try:
        return len(_output(copied, 2, shapes)) == 2
    except Exception:  # as above
        return False


def _output(module: nn.Module, batch: int, shapes: Sequence[Sequence[int]]) -> torch.Tensor:
    """The first output for so many inputs of zeros."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        made = module(*(torch.zeros(batch, *shape) for shape in shapes))
    first: torch.Tensor = made[0] if isinstance(made, tuple | list) else made
    return first
