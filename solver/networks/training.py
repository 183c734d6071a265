"""A training loop from source code that is read and not run: what it minimises, with which optimiser, in which order.

What happens to one batch is the body of the innermost loop that goes backward or takes a step. Its events, in the order
in which Python reaches them, are a cycle, as one batch follows another:

    zero      the gradients are set to zero
    forward   the network's output on a batch
    loss      the objective of output and labels
    backward  gradients are added to the parameters' gradients
    step      the optimiser changes the parameters

The cycle is right when gradients are zeroed after each step and before the next backward, and each step follows a
backward.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

from solver.networks.interpreter.stopped import Unread
from solver.networks.interpreter.syntax import parse
from solver.networks.source import from_notebook

FUNCTIONAL: Final = {
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "mse_loss": "MSELoss", "l1_loss": "L1Loss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}  # fmt: skip
"""torch's functions that are objectives, and the modules that do the same."""

SOFTMAXES: Final = frozenset(("softmax", "log_softmax", "Softmax", "LogSoftmax"))
OPTIMISERS: Final = frozenset("SGD Adam AdamW RMSprop Adagrad Adadelta NAdam RAdam Adamax Rprop LBFGS ASGD".split())

GIVEN: Final = "given"
"""An objective that the code is given and does not make."""

Event: TypeAlias = "tuple[str, int]"
"""What happens, and in which line."""


@final
@dataclass(frozen=True, slots=True)
class Training:
    """A training loop as it was read.

    objective   the loss's module in torch, "" where it is none that we know
    optimiser   the optimiser's class in torch, "" where the code is given one
    events      what happens to one batch, in order
    slips       the mistakes that are made, by name, each with its line
    """

    objective: str
    optimiser: str
    events: tuple[Event, ...]
    slips: tuple[Event, ...]


def read_training(code: str) -> Training:
    """The training loop in a piece of code; raises Unread where there is none.

    >>> said = read_training('''
    ... def train(net, loader, eta):
    ...     criterion = nn.CrossEntropyLoss()
    ...     optimiser = torch.optim.SGD(net.parameters(), lr=eta)
    ...     for x, y in loader:
    ...         loss = criterion(net(x), y)
    ...         loss.backward()
    ...         optimiser.step()
    ... ''')
    >>> said.objective, said.optimiser, [name for name, _ in said.events], said.slips
    ('CrossEntropyLoss', 'SGD', ['forward', 'loss', 'backward', 'step'], (('no_zero_grad', 7),))
    """
    tree = parse(from_notebook(code))
    known = _Names(tree)
    loop = _batch_loop(tree, known)
    if loop is None:
        raise Unread("no_training", 0)
    events = tuple(_events(loop.body, known))
    return Training(known.objective(), known.optimiser, events, tuple(_slips(tree, loop, events, known)))


class _Names:
    """What the names of a piece of code stand for, as far as a training loop needs it."""

    def __init__(self, tree: ast.Module) -> None:
        self.losses: dict[str, str] = {}
        self.optimisers: set[str] = set()
        self.schedulers: set[str] = set()
        self.networks: set[str] = set()
        self.made: dict[str, ast.expr] = {}
        self.optimiser = ""
        self.used: list[str] = []
        for node in ast.walk(tree):
            match node:
                case ast.Assign([ast.Name(name)], value):
                    self.made[name] = value
                    if isinstance(value, ast.Call):
                        self._assigned(name, _last(value.func), value)
                case ast.Call(ast.Attribute(ast.Name(name), "parameters")):
                    self.networks.add(name)
                case ast.Call(ast.Attribute(ast.Name(name), "train" | "eval")):
                    self.networks.add(name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "zero_grad":
                owner = _last(node.func.value)
                if owner not in self.networks:
                    self.optimisers.add(owner)

    def _assigned(self, name: str, called: str, value: ast.Call) -> None:
        if called.endswith("Loss"):
            self.losses[name] = called
        elif called in OPTIMISERS:
            self.optimisers.add(name)
            self.optimiser = called
        elif called.endswith("LR") or "scheduler" in ast.unparse(value.func).casefold():
            self.schedulers.add(name)

    def loss_of(self, call: ast.Call) -> str:
        """The objective that a call computes, if it is one."""
        name = _last(call.func)
        if isinstance(call.func, ast.Call) and _last(call.func.func).endswith("Loss"):
            return _last(call.func.func)
        if name in FUNCTIONAL:
            return FUNCTIONAL[name]
        return self.losses.get(name, GIVEN if name in ("criterion", "loss_fn", "loss_func", "loss_function") else "")

    def objective(self) -> str:
        """The objective that the loop's code computes."""
        known = [name for name in self.used if name != GIVEN]
        return known[0] if known else ""


def _batch_loop(tree: ast.Module, known: _Names) -> Any:
    """The innermost loop that goes backward or takes a step."""
    found = None
    for node in ast.walk(tree):  # outer ones first
        if isinstance(node, ast.For | ast.While):
            kinds = {_kind(call, known) for call in _calls(node)}
            found = node if kinds & {"backward", "step"} else found
    return found


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _kind(call: ast.Call, known: _Names) -> str:
    """Which event a call is, "" for none."""
    match call.func:
        case ast.Attribute(_, "zero_grad"):
            return "zero"
        case ast.Attribute(_, "backward"):
            return "backward"
        case ast.Attribute(of, "step") if _last(of) not in known.schedulers:
            return "step"
    if known.loss_of(call):
        return "loss"
    called = isinstance(call.func, ast.Name | ast.Attribute)
    return "forward" if called and _last(call.func) in known.networks | {"net", "model", "network"} else ""


def _events(body: list[ast.stmt], known: _Names) -> Iterator[Event]:
    """The events of a block in the order in which Python reaches them: arguments before the call."""
    for statement in body:
        for call in _in_order(statement):
            kind = _kind(call, known)
            if kind == "loss":
                known.used.append(known.loss_of(call))
            if kind:
                yield kind, call.lineno


def _in_order(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
    if isinstance(node, ast.Call):
        yield node


def _slips(tree: ast.Module, loop: Any, events: tuple[Event, ...], known: _Names) -> Iterator[Event]:
    """The mistakes in a loop, with the line that each is about."""
    lines = dict(reversed(events))
    order = [kind for kind, _ in events if kind in ("zero", "backward", "step")]
    here = loop.lineno
    if "backward" not in lines:
        yield "no_backward", lines.get("step", here)
    if "step" not in lines:
        yield "no_step", lines.get("backward", here)
    if "zero" not in lines and "backward" in lines:
        zeroed = [call for call in _calls(tree) if _kind(call, known) == "zero"]
        yield ("zero_grad_outside", zeroed[0].lineno) if zeroed else ("no_zero_grad", lines["backward"])
    if {"backward", "step"} <= lines.keys():
        at = order.index("backward")
        following = next(kind for kind in (order * 2)[at + 1 :] if kind != "backward")
        if following == "zero" and "step" in order[:at]:
            yield "step_before_backward", lines["step"]
        elif following == "zero":
            yield "zero_after_backward", lines["zero"]
    yield from _softmaxed(tree, loop, known)


def _softmaxed(tree: ast.Module, loop: Any, known: _Names) -> Iterator[Event]:
    """Softmax before an objective that has it already, and labels where the output belongs."""
    for call in _calls(loop):
        if known.loss_of(call) != "CrossEntropyLoss" or not call.args:
            continue
        first: ast.expr = call.args[0]
        seen: set[str] = set()
        while isinstance(first, ast.Name) and first.id in known.made and first.id not in seen:
            seen.add(first.id)
            first = known.made[first.id]
        if any(_last(inner.func) in SOFTMAXES for inner in _calls(first)):
            yield "softmax_before_cross_entropy", call.lineno
        elif any(_last(inner.func) in ("argmax", "max") for inner in _calls(first)):
            yield "predictions_in_objective", call.lineno
        if len(call.args) > 1 and _is_output(call.args[1], known) and not _is_output(call.args[0], known):
            yield "arguments_exchanged", call.lineno


def _is_output(node: ast.expr, known: _Names) -> bool:
    """Whether an expression is what the network gives."""
    if isinstance(node, ast.Name):
        made = known.made.get(node.id)
        return made is not None and any(_kind(call, known) == "forward" for call in _calls(made))
    return any(_kind(call, known) == "forward" for call in _calls(node))


def _last(node: ast.expr) -> str:
    """The last name of a dotted one."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(_, name):
            return name
        case ast.Call(function):
            return _last(function)
        case _:
            return ""
