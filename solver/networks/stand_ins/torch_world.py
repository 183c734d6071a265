"""torch, and the few other libraries whose names stand in networks' code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, final

from solver.layers import kinds
from solver.layers.composite import Composite
from solver.networks.conditions import Undecided
from solver.networks.guarded import Guarded
from solver.networks.interpreter.natives import MATHEMATICS
from solver.networks.interpreter.operations import ON_PLAIN
from solver.networks.interpreter.stopped import Broken, Unread
from solver.networks.interpreter.values import Class, Dotted, Instance, Native, Super
from solver.networks.stand_ins import tensors
from solver.networks.stand_ins.leaves import lazy, leaf
from solver.networks.stand_ins.modules import Modules
from solver.networks.stand_ins.names import CONTAINERS, IGNORED, LOSSES, MAKERS, PASSING, canonical
from solver.networks.stand_ins.objects import Leaf, Module, Registered, SourceGhost, Tensor, container, holds, is_module


@final
class TorchWorld(Modules):
    """What code meets beyond Python."""

    # --- names and calls

    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """A call of a name of torch's, of a module, or of something nobody knows."""
        if isinstance(function, Dotted):
            return self._named(canonical(function.name), args, named)
        if isinstance(function, Registered):
            return self.module(function, args, named)
        if isinstance(function, int | float | str | list | tuple | dict | Tensor | SourceGhost | None):
            raise Broken("not_callable", self.line, type(function).__name__)
        raise Unread("unknown_operation", self.line, type(function).__name__)

    def _named(self, name: str, args: list[Any], named: dict[str, Any]) -> Any:
        """A call of something imported."""
        line, last = self.line, name.rpartition(".")[2]
        if name in self._known:
            return self._known[name](args, named)
        if name.startswith("torch.nn.") and last[:1].isupper():
            return self._constructed(last, args, named, line)
        if callable(MATHEMATICS.get(name)):
            return self.interpreter.bounded(lambda: MATHEMATICS[name](*args, **named), name, line)
        if name.startswith(IGNORED):
            return False if last == "is_available" else next((each for each in args if isinstance(each, Tensor)), None)
        if name.startswith("torch."):
            if holds(SourceGhost, [*args, *named.values()]):
                return self.operation(last, args, named)
            if last in MAKERS:
                return tensors.made(last, args, line)
            if any(isinstance(each, Tensor) for each in args):
                return tensors.computed(last, args, line)
        if name.startswith(PASSING):
            return args[0] if args and isinstance(args[0], Module) else Dotted(name)
        raise Unread("unknown_name", line, name)

    @property
    def _known(self) -> dict[str, Callable[[list[Any], dict[str, Any]], Any]]:
        """Names outside of torch.nn that have a meaning of their own."""
        return {
            "collections.OrderedDict": lambda args, named: dict(*map(_pairs, args), **named),
            "functools.partial": self._partial,
            "torch.Size": lambda args, named: tuple(args[0]),
        }

    def _partial(self, args: list[Any], named: dict[str, Any]) -> Native:
        function, *first = args
        call = self.interpreter.call
        return Native("partial", lambda *more, **also: call(function, [*first, *more], named | also))

    def _constructed(self, kind: str, args: list[Any], named: dict[str, Any], line: int) -> Any:
        """A module or parameter of torch's."""
        if kind in LOSSES:
            return Leaf(Dotted(f"torch.nn.{kind}"), line=line)
        if kind in ("Parameter", "Buffer"):
            shape = args[0].shape if args and isinstance(args[0], Tensor) else ()
            return Tensor(tuple(shape), learned=kind == "Parameter" and named.get("requires_grad", True) is True)
        if kind in CONTAINERS:
            made = container(kind)
            self.filled(made, args, line)
            return made
        if kind.startswith("Lazy") and kind.removeprefix("Lazy") in kinds():
            return lazy(kind, args, named, line)
        if kind not in kinds() or issubclass(kinds()[kind], Composite):
            raise Unread("unknown_name", line, f"nn.{kind}")
        return leaf(kind, args, named, line)

    # --- objects

    def made(self, kind: Class) -> Instance:
        """An object of a class of the code: a module where the class is built on one of torch's."""
        if is_module(kind):
            return Module(kind)
        if any(isinstance(base, Dotted) and base.name.startswith("torch") for base in kind.order()):
            raise Unread("construct", kind.line, kind.name)
        return Instance(kind)

    def assigned(self, of: Instance, name: str, value: Any) -> None:
        """torch takes no module before its own constructor has run."""
        if isinstance(of, Module) and not of.ready and isinstance(value, Registered | Tensor):
            raise Broken("no_super_init", self.line, name)

    def attribute(self, value: Any, name: str) -> Any:
        """What torch's objects say of themselves."""
        match value:
            case Super():
                return self._of_super(value, name)
            case Registered():
                return self.of_module(value, name)
            case SourceGhost():
                return self.of_signal(value, name)
            case Tensor():
                return tensors.attribute(value, name, self.line)
            case Guarded() | int() | float() if name in ("item", "bit_length", "is_integer"):
                return Native(name, lambda: value)
            case _:
                return NotImplemented

    def _of_super(self, value: Super, name: str) -> Any:
        of = value.of
        if name != "__init__":
            return self.of_module(of, name) if isinstance(of, Module) else NotImplemented
        if not isinstance(of, Module):
            return Native(name, lambda *args, **named: None)

        def initial(*args: Any, **named: Any) -> None:
            of.ready = True
            if of.container:
                self.filled(of, list(args), self.line)

        return Native(name, initial)

    # --- operators

    def operated(self, name: str, operands: Sequence[Any]) -> Any:
        """An operator one of whose operands is a signal, a tensor, a module or a size in symbols."""
        if name == "isinstance":
            return _is_one(*operands)
        first = operands[0]
        if isinstance(first, Registered):
            return self.of_operator(name, first, operands)
        if any(isinstance(each, SourceGhost) for each in operands):
            if name == "__pos__":
                return first
            if isinstance(first, SourceGhost):
                return self.operation(name, list(operands), {})
            return self.operation(f"__r{name[2:]}", [operands[1], first], {})
        if any(isinstance(each, Tensor) for each in operands):
            return tensors.computed(name, list(operands), self.line)
        if name in ON_PLAIN and any(isinstance(each, Guarded) for each in operands):
            try:
                return ON_PLAIN[name](*operands)
            except (Undecided, TypeError):
                raise Unread("needs_values", self.line) from None
        return NotImplemented

    def items(self, value: Any) -> Iterable[Any] | None:
        """What a loop over a container or a shape goes through."""
        if isinstance(value, Module) and value.container:
            return [key if value.container == "ModuleDict" else each for key, each in value.children()]
        if hasattr(value, "__next__") or isinstance(value, set):
            return value  # type: ignore[no-any-return]  # an iterator of Python's own
        if isinstance(value, Guarded):
            raise Unread("needs_values", self.line)
        return value if type(value).__name__ in ("dict_keys", "dict_values", "dict_items") else None


def _is_one(value: Any, kind: Any) -> Any:
    """Whether a value is of one of torch's classes."""
    if not isinstance(kind, Dotted):
        return NotImplemented
    name = canonical(kind.name)
    if name in ("torch.Tensor", "torch.autograd.Variable"):
        return isinstance(value, SourceGhost | Tensor)
    if name == "torch.nn.Module":
        return isinstance(value, Registered)
    of = value.kind.name if isinstance(value, Registered) and isinstance(value.kind, Dotted) else ""
    return of == name or (isinstance(value, Module) and name == f"torch.nn.{value.container}")


def _pairs(items: Any) -> Any:
    return [tuple(item) for item in items] if isinstance(items, list) else items
