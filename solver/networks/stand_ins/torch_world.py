"""torch, and the few other libraries whose names stand in networks' code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, final

from solver.layers import kinds
from solver.layers.composite import Composite
from solver.networks.conditions import Undecided
from solver.networks.guarded import Guarded
from solver.networks.interpreter.library import FUNCTIONS, PLAIN_VALUES
from solver.networks.interpreter.limits import MOST_ITEMS
from solver.networks.interpreter.operations import ON_PLAIN
from solver.networks.interpreter.stopped import Broken, Unknown, Unread
from solver.networks.interpreter.values import Class, Dotted, Instance, Native, Super
from solver.networks.stand_ins import tensors
from solver.networks.stand_ins.leaves import lazy, leaf
from solver.networks.stand_ins.modules import Modules
from solver.networks.stand_ins.names import CONTAINERS, IGNORED, LOSSES, MAKERS, OTHERS, PASSING, USUAL, canonical
from solver.networks.stand_ins.objects import Leaf, Module, Registered, SourceGhost, Tensor, container, holds, is_module
from solver.networks.table import OPERATIONS


@final
class TorchWorld(Modules):
    """What code meets beyond Python."""

    usual = USUAL

    # --- names and calls

    def exports(self, module: str, name: str) -> bool:
        """Whether a module of torch's has a name, for those whose names we know."""
        match module:
            case "torch.nn":
                return is_in_torch_nn(name)
            case "torch" | "torch.nn.functional":
                return name in OPERATIONS or (module == "torch" and (name in MAKERS or name == "nn"))
            case "math":
                return f"math.{name}" in FUNCTIONS or f"math.{name}" in PLAIN_VALUES
            case _:
                return False

    def imported(self, name: str, line: int) -> Any:
        """What a dotted name stands for: itself."""
        module, _, last = canonical(name).rpartition(".")
        if module == "torch.nn" and not is_in_torch_nn(last) and not last.startswith("_"):
            raise Broken("missing_attribute", line, f"nn.{last}")
        if module == "torch.nn.functional" and last in kinds():
            raise Broken("missing_attribute", line, f"nn.functional.{last}")
        return Dotted(name)

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
        """A call of something imported; of what no library that we know has, nobody knows the value."""
        line, last = self.line, name.rpartition(".")[2]
        if last == "__init__" and args and isinstance(args[0], Instance):
            return self._initial(args[0], args[1:])
        if name.startswith("torch.nn.") and last[:1].isupper():
            return self._constructed(last, args, named, line)
        if name.startswith(IGNORED):
            return False if last == "is_available" else next((each for each in args if isinstance(each, Tensor)), None)
        if name == "torch.Size":
            return tuple(args[0])
        if not name.startswith("torch."):
            return Unknown(Unread("unknown_name", line, name))
        given = [*args, *named.values()]
        if holds(SourceGhost, given):
            return self.operation(last, args, named)
        if last in MAKERS:
            return tensors.made(last, args or [named.get("size", ())], line)
        if holds(Tensor, given):
            return self.computed(last, args, named)
        if name.startswith(PASSING):
            return args[0] if args and isinstance(args[0], Module) else Dotted(name)
        raise Unread("unknown_name", line, name)

    def _constructed(self, kind: str, args: list[Any], named: dict[str, Any], line: int) -> Any:
        """A module or parameter of torch's."""
        if kind not in ("Parameter", "Buffer") and holds(SourceGhost, [*args, *named.values()]):
            raise Broken("layer_on_signal", line, f"nn.{kind}")
        if kind in LOSSES:
            return Leaf(Dotted(f"torch.nn.{kind}"), line=line)
        if kind in ("Parameter", "Buffer"):
            shape = args[0].shape if args and isinstance(args[0], Tensor) else ()
            trained = named.get("requires_grad", args[1] if len(args) > 1 else True) is True
            return Tensor(tuple(shape), learned=kind == "Parameter", trained=trained)
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

    def assigned(self, of: Any, name: str, value: Any) -> None:
        """torch takes no module before its own constructor has run; a parameter may be frozen."""
        if isinstance(of, Module) and not of.ready and isinstance(value, Registered | Tensor):
            raise Broken("no_super_init", self.line, name)
        if isinstance(of, Tensor) and name == "requires_grad":
            of.trained = bool(value)
        if isinstance(of, Tensor) and name == "data" and isinstance(value, Tensor):
            of.shape = value.shape

    def attribute(self, value: Any, name: str) -> Any:
        """What torch's objects say of themselves."""
        match value:
            case Super():
                return self._of_super(value.of, name)
            case Registered():
                return self.of_module(value, name)
            case SourceGhost():
                return self.of_signal(value, name)
            case Tensor():
                return self.of_tensor(value, name)
            case Guarded() | int() | float() if name in ("item", "bit_length", "is_integer"):
                return Native(name, lambda: value)
            case _:
                return NotImplemented

    def _of_super(self, of: Any, name: str) -> Any:
        """What the classes that are not the code's own have."""
        if isinstance(of, Module):
            return self.of_super(of, name)
        return Native(name, lambda *args, **named: None) if name == "__init__" else NotImplemented

    def _initial(self, of: Instance, args: list[Any]) -> None:
        """nn.Module.__init__(self)"""
        if isinstance(of, Module):
            self.initialised(of, args)

    # --- operators

    def operated(self, name: str, operands: Sequence[Any]) -> Any:
        """An operator one of whose operands is a signal, a tensor, a module or a size in symbols."""
        if name == "isinstance":
            return _is_one(*operands)
        first = operands[0]
        if isinstance(first, Dotted):
            return True if name == "__bool__" and first.name.startswith("torch.nn.") else NotImplemented
        if isinstance(first, Registered):
            return self.of_operator(name, first, operands)
        if any(isinstance(each, SourceGhost) for each in operands):
            if name == "__pos__":
                return first
            if isinstance(first, SourceGhost):
                return self.operation(name, list(operands), {})
            return self.operation(f"__r{name[2:]}", [operands[1], first], {})
        if any(isinstance(each, Tensor) for each in operands):
            return self.computed(name if isinstance(first, Tensor) else f"__r{name[2:]}", _turned(operands), {})
        if name in ON_PLAIN and any(isinstance(each, Guarded) for each in operands):
            try:
                return ON_PLAIN[name](*operands)
            except (Undecided, TypeError):
                raise Unread("needs_values", self.line) from None
        return NotImplemented

    def items(self, value: Any) -> Iterable[Any] | None:
        """What a loop over a container or a shape goes through."""
        if isinstance(value, Module) and value.container:
            held = (*value.children(), *value.weights())
            return [key if value.container == "ModuleDict" else each for key, each in held]
        if isinstance(value, Tensor):
            return self._parts(value)
        if hasattr(value, "__next__") or isinstance(value, set):
            return value  # type: ignore[no-any-return]  # an iterator of Python's own
        if isinstance(value, Guarded):
            raise Unread("needs_values", self.line)
        return value if type(value).__name__ in ("dict_keys", "dict_values", "dict_items") else None

    def _parts(self, of: Tensor) -> list[Tensor]:
        """A tensor's parts along its first axis."""
        if not of.shape or of.shape[0] > MOST_ITEMS:
            raise Unread("needs_values", self.line)
        return [self.computed("__getitem__", [of, place], {}) for place in range(of.shape[0])]


def _turned(operands: Sequence[Any]) -> list[Any]:
    """Operands with a tensor first."""
    return list(operands) if isinstance(operands[0], Tensor) else list(operands)[::-1]


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



def is_in_torch_nn(name: str) -> bool:
    """Whether torch.nn has this name."""
    eager = name.removeprefix("Lazy")
    return (
        (eager in kinds() and not issubclass(kinds()[eager], Composite))
        or name in CONTAINERS | OTHERS
        or name.endswith("Loss")
    )
