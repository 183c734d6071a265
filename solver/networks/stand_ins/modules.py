"""Modules: the signal after one, what they say of themselves, and containers, which hold others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from solver.layers.base import Layer
from solver.networks.interpreter.stopped import Broken, Unknown, Unread
from solver.networks.interpreter.values import Dotted, Native
from solver.networks.operations import placed, told
from solver.networks.remembered import step_of
from solver.networks.stand_ins.listings import LISTINGS, frozen, register
from solver.networks.stand_ins.names import ITSELF
from solver.networks.stand_ins.objects import Leaf, Module, Registered, SourceGhost, Tensor, container, holds
from solver.networks.stand_ins.signals import Signals
from solver.networks.table import OPERATIONS
from solver.networks.walk import Walk

THROUGH: Final = {"Flatten": ("start_dim", "end_dim"), "Unflatten": ("dim", "unflattened_size")}
"""Modules that do what a function of the same name does, and its arguments."""


class Modules(Signals):
    """Modules of one reading."""

    # --- the signal after a module

    def module(self, of: Registered, args: list[Any], named: dict[str, Any]) -> Any:
        """The signal after a module."""
        walk = self.walk
        if isinstance(of, Leaf) and of.layer is None:
            raise Unread("needs_values", self.line, "loss")
        given = [*args, *named.values()]
        if walk is None and holds(Tensor, given):
            return self._tested(of, args, named)
        if walk is None or not holds(SourceGhost, given):
            raise Unread("needs_values", self.line)
        before, walk.path = walk.path, self._path(walk, of)
        try:
            return self._through_leaf(walk, of, args, named) if isinstance(of, Leaf) else self._own(of, args, named)
        finally:
            walk.path = before

    def _tested(self, of: Registered, args: list[Any], named: dict[str, Any]) -> Any:
        """What a module gives on tensors that are no signals, as a constructor tries it to learn a size."""

        def ask(walk: Walk, args: list[Any], named: dict[str, Any]) -> Any:
            register(walk, of)
            return self.module(of, args, named)

        return self.aside(ask, args, named, (True, False))

    def _own(self, of: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """The signal after a module of the code's own class, or a container."""
        if self.walk is not None:
            self.walk.called.add(id(of))
        forward = self.interpreter.found(of.kind, "forward", of)
        if forward is not NotImplemented:
            return self.interpreter.call(forward, args, named)
        return self._contained(of, args)

    def _contained(self, of: Module, args: list[Any]) -> Any:
        """The signal after all modules of a Sequential, one after the other."""
        if not of.container:
            raise Broken("no_forward", of.kind.line, of.kind.name)
        if of.container != "Sequential":
            raise Broken("not_callable", self.line, of.container)
        (x,) = args
        for _, inner in of.children():
            x = self.module(inner, list(x) if isinstance(x, tuple) else [x], {})
        return x

    def _path(self, walk: Walk, of: Registered) -> str:
        if id(of) not in walk.modules:  # in a plain list: torch runs it and does not register it
            register(walk, of, f"unregistered_{len(walk.modules)}")
        path, _ = walk.modules[id(of)]
        return path

    def _through_leaf(self, walk: Walk, of: Leaf, args: list[Any], named: dict[str, Any]) -> Any:
        layer = of.layer
        path, own = walk.modules[id(of)]
        kind = layer.kind
        x = args[0] if args else next(iter(named.values()), None)
        if kind in THROUGH:
            walk.path, _, name = path.rpartition(".")
            arguments = [layer.arguments[each] for each in THROUGH[kind]]
            through = OPERATIONS[kind.lower()]
            made = self.recorded(walk, lambda: through(walk, name or kind.lower(), x, *arguments), args)
            self.marked(made, args, merging=kind == "Flatten")
            return made
        if kind == "Bilinear" and len(args) == 2:
            return self.operation("bilinear", [*args, of.fields.get("weight"), of.fields.get("bias")], {})
        if len(args) != 1 or named or not isinstance(x, SourceGhost) or not isinstance(layer, Layer):
            raise Unread("unknown_operation", self.line, kind)

        def after() -> Any:
            signal, step = placed(walk, x, step_of((type(layer), layer), lambda: layer))
            signal = told(walk, step.layer, signal, of.told, path)
            used = walk.weights.used
            learned = used.isdisjoint(own)
            used.update(own)
            return walk.layer(step, signal, walk.again(path or kind), learned=learned or not own)

        if kind == "Linear":
            self.refuse_merged(x, path)
        made = self.recorded(walk, after, args)
        self.marked(made, args, merging=False)
        walk.called.add(id(of))
        return made

    # --- what a module says of itself

    def of_module(self, of: Registered, name: str) -> Any:
        """An attribute or method of a module."""
        if isinstance(of, Leaf) and of.layer is not None:
            found = of.told.get(name, of.layer.arguments.get(name, NotImplemented))
            if found is not NotImplemented:
                return found
        if name in ITSELF:
            return Native(name, lambda *args, **named: of)
        if name == "requires_grad_":
            return Native(name, lambda *args, **named: frozen(of, *args, **named))
        if name in LISTINGS:
            return Native(name, lambda *args, **named: LISTINGS[name](of))
        match name:
            case "training":
                return False
            case "forward" | "__call__":
                return Native(name, lambda *args, **named: self.module(of, list(args), named))
            case "_modules":
                return dict(of.children())
            case "_parameters":
                return dict(of.weights())
        return self._of_container(of, name) if isinstance(of, Module) else NotImplemented

    def of_super(self, of: Module, name: str) -> Any:
        """What torch's own class has for a module whose class has its own."""
        match name:
            case "__init__":
                return Native(name, lambda *args, **named: self.initialised(of, list(args)))
            case "forward" if of.container:
                return Native(name, lambda *args: self._contained(of, list(args)))
            case _:
                return self.of_module(of, name)

    def initialised(self, of: Module, args: list[Any]) -> None:
        """Runs torch's own constructor of a module."""
        of.ready = True
        if of.container:
            self.filled(of, args, self.line)

    def _of_container(self, of: Module, name: str) -> Any:
        def add(key: Any, value: Any) -> None:
            self.assigned(of, str(key), value)
            of.fields[str(key)] = value

        def append(value: Any) -> Module:
            add(sum(key.isdigit() for key in of.fields), value)
            return of

        def extend(values: Any) -> Module:
            for value in self.interpreter.items(values):
                append(value)
            return of

        known: dict[str, Callable[..., Any]] = {
            "add_module": add, "register_module": add, "register_parameter": add,
            "register_buffer": lambda key, value, *more, **named: of.fields.__setitem__(key, value),
            "append": append, "extend": extend,
            "keys": lambda: [key for key, _ in of.children()], "values": lambda: [each for _, each in of.children()],
            "items": lambda: list(of.children()),
            "load_state_dict": lambda *args, **named: None, "state_dict": dict,
            "register_forward_hook": lambda *args: None,
        }  # fmt: skip
        return Native(name, known[name]) if name in known else NotImplemented

    # --- containers

    def filled(self, made: Module, args: list[Any], line: int) -> None:
        """Puts modules into a container, as its constructor does."""
        match args:
            case []:
                entries = {}
            case [dict() as entries]:
                pass
            case [list() as pairs] if made.container == "ModuleDict":
                entries = {str(name): each for name, each in pairs}
            case _:
                values = args if made.container == "Sequential" else self.interpreter.items(args[0])
                entries = {str(place): each for place, each in enumerate(values)}
        for name, value in entries.items():
            if isinstance(value, Unknown):
                raise value.stopped
            if not isinstance(value, Tensor if made.container == "ParameterList" else Registered):
                shown = f"nn.{value.last}" if isinstance(value, Dotted) else type(value).__name__
                raise Broken("not_a_layer", line, f"{made.container}: {shown}")
            made.fields[name] = value

    def of_operator(self, name: str, of: Registered, operands: Sequence[Any]) -> Any:
        """What an operator does to a module."""
        match name:
            case "__bool__":
                return True
            case "__eq__" | "__ne__":
                return (of is operands[1]) is (name == "__eq__")
            case "__getitem__" if isinstance(of, Module) and of.container:
                return self._entry(of, operands[1])
            case "__setitem__" if isinstance(of, Module) and of.container:
                of.fields[str(operands[1])] = operands[2]
                return None
            case "__delitem__" if isinstance(of, Module) and of.container:
                self._left_out(of, operands[1])
                return None
            case "__add__" if isinstance(of, Module) and of.container in ("Sequential", "ModuleList"):
                both = [each for one in operands for _, each in one.children()]
                return container(of.container, {str(place): each for place, each in enumerate(both)})
            case _:
                return NotImplemented

    def _left_out(self, of: Module, index: Any) -> None:
        """Takes an entry out of a container; the others are numbered anew."""
        if isinstance(index, str):
            self.interpreter.bounded(lambda: of.fields.pop(index))
            return
        kept = list(of.children())
        self.interpreter.bounded(lambda: kept.__delitem__(index))
        of.fields.clear()
        of.fields |= {str(place) if name.isdigit() else name: each for place, (name, each) in enumerate(kept)}

    def _entry(self, of: Module, index: Any) -> Any:
        values: list[Any] = [each for _, each in (*of.children(), *of.weights())]
        if isinstance(index, str):
            if index not in of.fields:
                raise Broken("missing_attribute", self.line, index)
            return of.fields[index]
        if isinstance(index, slice):
            return container(of.container, {str(place): each for place, each in enumerate(values[index])})
        return self.interpreter.bounded(lambda: values[index])
