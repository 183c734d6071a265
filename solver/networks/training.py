"""A training loop from source code that is read and not run: what it minimises, with which optimiser, in which order.

What happens to one batch is the body of the innermost loop that goes backward or takes a step. Its events, in the order
in which Python reaches them, are a cycle, as one batch follows another:

    zero      the gradients are set to zero
    forward   the network's output on a batch
    loss      the objective of output and labels
    backward  gradients are added to the parameters' gradients
    step      the optimiser changes the parameters

The cycle is right when gradients are zeroed after each step and before the next backward, and each step follows a
backward. Functions of the code are followed into where the loop calls them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, TypeAlias, final

from solver.frozen import frozen
from solver.networks.interpreter.stopped import Unread
from solver.networks.interpreter.syntax import parse
from solver.networks.source import from_notebook
from solver.networks.training_names import GIVEN, Names, Plain, calls_in, is_gradient, last, over_parameters

CUT: Final = frozenset(("detach", "numpy", "tolist"))
"""What gives the numbers of a tensor without the way back to the network."""
MOVED: Final = frozenset("to cuda cpu float view reshape flatten unsqueeze squeeze contiguous".split())
"""What gives a tensor in another form or place."""
SOFTMAXES: Final = frozenset(("softmax", "log_softmax", "Softmax", "LogSoftmax"))
PREDICTING: Final = frozenset(("argmax", "max"))

MOST_EVENTS: Final = 1_000
MOST_REACHED: Final = 10_000

Event: TypeAlias = "tuple[str, int]"
"""What happens, and in which line."""


@final
@frozen(slots=True)
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
    try:
        return _read(Plain().visit(parse(from_notebook(code))))
    except RecursionError:
        raise Unread("too_deep") from None


def _read(tree: ast.Module) -> Training:
    known = Names(tree)
    followed = _batch_loop(tree, known)
    if followed is None:
        raise Unread("no_training", 0)
    events = tuple(followed.events)
    if "loss" not in dict(events) and followed.unknown is not None:
        raise Unread("unknown_operation", followed.unknown.lineno, ast.unparse(followed.unknown)[:40])
    slips = dict.fromkeys((*_slips(tree, followed, known), *followed.slips))
    return Training(followed.objective, known.optimiser, events, tuple(slips))


@final
@dataclass
class _Followed:
    """What happens to one batch, in order, with what each name stands for at that place.

    made      name -> the expression that it was given last
    within    name -> the calls that its value comes from, up to the network's
    here      the names that are set in the loop
    signs     name -> 1 or -1, the sign with which its value goes along a gradient
    summed    what is added to without having been set in the loop
    aliases   a function's parameter -> what a call gives it
    """

    known: Names
    events: list[Event] = field(default_factory=list)
    slips: list[Event] = field(default_factory=list)
    objective: str = ""
    unknown: ast.expr | None = None
    made: dict[str, ast.expr] = field(default_factory=dict)
    within: dict[str, tuple[ast.Call, ...]] = field(default_factory=dict)
    here: set[str] = field(default_factory=set)
    signs: dict[str, int] = field(default_factory=dict)
    summed: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    inside: tuple[str, ...] = ()
    reached: Iterator[int] = field(default_factory=count)

    # --- statements and calls, in the order in which Python reaches them

    def block(self, body: Sequence[ast.stmt]) -> None:
        """One statement after the other."""
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """One statement."""
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                return
            case ast.With(items, body):
                self.expressions(*(item.context_expr for item in items))
                self.block(body)
            case ast.For() | ast.While() | ast.If() | ast.Try():
                if isinstance(node, ast.For) and _root(node.target) and self.calls(node.iter):
                    self.assign(node.target, node.iter)
                self.expressions(*(each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)))
                for part in ("body", "handlers", "orelse", "finalbody"):
                    self.block([each for each in getattr(node, part, ()) if isinstance(each, ast.stmt)])
            case ast.Assign(targets, value):
                self.expressions(value)
                for target in targets:
                    if is_gradient(target):
                        self.events.append(("zero", node.lineno))
                    elif isinstance(target, ast.Attribute) and target.attr == "data" and self.sign(value):
                        self.stepped(node, self.sign(value))
                    self.assign(target, value)
                    self.signs[_root(target)] = self.sign(value)
            case ast.AugAssign(target, how, value):
                self.expressions(value)
                down = isinstance(how, ast.Sub)
                if self.known.is_parameter(target) or self.sign(value) or (down and is_gradient(value)):
                    self.stepped(node, -self.sign(value) if down else self.sign(value))
                if isinstance(target, ast.Name):
                    if target.id not in self.here:
                        self.summed.add(target.id)
                    self.within[target.id] = _once(*self.within.get(target.id, ()), *self.calls(value))
            case _:
                self.expressions(*(each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)))

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Notes what a name, or each of several, comes from."""
        names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
        calls = _once(*self.calls(value))
        for name in names:
            self.made[name], self.within[name] = value, calls
        self.here.update(names)

    def expressions(self, *nodes: ast.expr) -> None:
        """The calls in expressions, arguments before the call."""
        for node in nodes:
            if isinstance(node, ast.Lambda):
                continue
            self.expressions(*(each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)))
            if isinstance(node, ast.Call):
                self.expressions(*(keyword.value for keyword in node.keywords))
                self.call(node)

    def call(self, call: ast.Call) -> None:
        """One call: an event, or a function of the code, which is followed."""
        if len(self.events) > MOST_EVENTS or next(self.reached) > MOST_REACHED:
            raise Unread("too_many_steps", call.lineno)
        for given in call.args:  # optimizer.step(closure)
            if isinstance(given, ast.Name) and given.id in self.known.functions and given.id not in self.inside:
                self.follow(self.known.functions[given.id], ())
        function = self.known.called(call)
        if function is not None and function.name not in self.inside:
            self.follow(function, call.args)
            return
        kind = self.kind(call)
        if kind == "gradients" and call.args:
            self.backward(call, call.args[0])
            self.events += ("zero", call.lineno), ("backward", call.lineno)
            return
        if kind == "step" and isinstance(call.func, ast.Attribute) and call.func.attr in ("add_", "sub_"):
            self.stepped(call, self.sign_of_arguments(call) * (1 if call.func.attr == "add_" else -1))
            return
        if kind == "loss":
            self.loss(call)
        if kind == "backward" and isinstance(call.func, ast.Attribute):
            self.backward(call, call.func.value)
        if kind:
            self.events.append((kind, call.lineno))

    def follow(self, function: ast.FunctionDef, given: Sequence[ast.expr]) -> None:
        """The body of a function of the code, its parameters standing for what the call gives."""
        parameters = [each.arg for each in function.args.args]
        if parameters[:1] == ["self"]:
            del parameters[0]
        for name, value in zip(parameters, given, strict=False):
            self.assign(ast.Name(name), value)
            self.aliases[name] = self.aliases.get(last(value), last(value))
        within = replace(self, inside=(*self.inside, function.name))
        within.block(function.body)
        self.objective, self.unknown = within.objective, within.unknown

    def named(self, call: ast.Call) -> ast.Call:
        """The call, of what its name stands for outside of the function."""
        match call.func:
            case ast.Name(name) if name in self.aliases:
                return ast.copy_location(ast.Call(ast.Name(self.aliases[name]), call.args, call.keywords), call)
            case _:
                return call

    def kind(self, call: ast.Call) -> str:
        """Which event a call is, "" for none."""
        return self.known.kind(self.named(call))

    def calls(self, node: ast.expr) -> tuple[ast.Call, ...]:
        """The calls that a value comes from; what the network is given is no part of them."""
        match node:
            case ast.Name(name):
                return self.within.get(name, ())
            case ast.Call() if self.kind(node) == "forward":
                return (node,)
            case ast.Call():
                function = self.known.called(node)
                mine: tuple[ast.Call, ...] = (node,) if function is None else (node, *_returned(function))
            case _:
                mine = ()
        inner = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
        return (*mine, *(call for each in inner for call in self.calls(each)))

    # --- mistakes about what is computed

    def loss(self, call: ast.Call) -> None:
        """The objective, and what it is given."""
        objective = self.known.loss_of(self.named(call))
        if objective == GIVEN or self.objective:
            objective = self.objective
        output, labels = _given(call, 0, "input"), _given(call, 1, "target")
        if output is None:
            return
        first = self.calls(output)
        functions = {last(each.func) for each in first}
        classes = set(map(self._stands_for, functions))
        forward = [each for each in first if self.kind(each) == "forward"]
        if objective == "NLLLoss" and forward:
            if "log_softmax" in functions or "LogSoftmax" in classes:
                objective = "CrossEntropyLoss"
            else:
                self.slips.append(("nll_without_log_softmax", call.lineno))
        elif objective == "CrossEntropyLoss":
            self._cross_entropy(call, functions | classes)
        if labels is not None and self._is_output(labels) and not self._is_output(output):
            self.slips.append(("arguments_exchanged", call.lineno))
        elif self._source(output) in self.known.drawn:
            self.slips.append(("inputs_in_objective", call.lineno))
        if forward and functions & CUT:
            self.slips.append(("output_detached", call.lineno))
        if forward and self.known.trained and id(call) not in self.known.without_gradients:
            self._trains_another(forward[0])
        self.objective = objective

    def _cross_entropy(self, call: ast.Call, made: set[str]) -> None:
        """Softmax before an objective that has it already, and classes in place of logits."""
        if made & SOFTMAXES:
            self.slips.append(("softmax_before_cross_entropy", call.lineno))
        elif made & PREDICTING:
            self.slips.append(("predictions_in_objective", call.lineno))

    def _trains_another(self, forward: ast.Call) -> None:
        """An optimiser that is given the parameters of another network than the one that is run."""
        called = forward.func
        if isinstance(called, ast.Attribute) and called.attr == "forward":
            called = called.value
        run = self.aliases.get(last(called), last(called))
        related = {run, *self._mentioned(run), *(name for name in self.known.trained if run in self._mentioned(name))}
        if self.known.trained.isdisjoint(related) and self.known.trained <= self.known.networks:
            self.slips.append(("other_network", forward.lineno))

    def _mentioned(self, name: str) -> set[str]:
        """The names in what a name was made of."""
        made = self.made.get(name)
        return set() if made is None else {last(each) for each in ast.walk(made) if isinstance(each, ast.Name)}

    def _stands_for(self, name: str) -> str:
        """The class of torch's that a name was made of."""
        return last(self.made[name]) if name in self.made else ""

    def _is_output(self, node: ast.expr) -> bool:
        return any(self.kind(call) == "forward" for call in self.calls(node))

    def _source(self, node: ast.expr) -> str:
        """The name that a tensor comes from which is only moved; "" where something is computed."""
        met: set[str] = set()
        while True:
            match node:
                case ast.Name(name) if name in met or name not in self.here:
                    return name
                case ast.Name(name):
                    met.add(name)
                    node = self.made[name]
                case ast.Subscript(of) | ast.Call(ast.Attribute(of, _)) if not (
                    isinstance(node, ast.Call) and last(node.func) not in MOVED
                ):
                    node = of
                case _:
                    return ""

    # --- steps that are taken by hand

    def stepped(self, node: ast.stmt | ast.Call, sign: int) -> None:
        """A change of a parameter: against the gradient, where its sign can be seen."""
        self.events.append(("step", node.lineno))
        if sign > 0:
            self.slips.append(("uphill", node.lineno))

    def sign(self, node: ast.expr) -> int:
        """The sign with which a gradient stands in an expression; 0 where there is none, or it cannot be seen."""
        match node:
            case ast.Attribute(_, "grad"):
                return 1
            case ast.Attribute(of, "data") | ast.Subscript(of):
                return self.sign(of)
            case ast.Name(name):
                return self.signs.get(name, 0)
            case ast.UnaryOp(ast.USub(), of):
                return -self.sign(of)
            case ast.BinOp(left, ast.Add(), right):
                return self.sign(left) or self.sign(right)
            case ast.BinOp(left, ast.Sub(), right):
                return self.sign(left) or -self.sign(right)
            case ast.BinOp(left, ast.Mult() | ast.Div(), right):
                one, other = (left, right) if self.sign(left) else (right, left)
                return self.sign(one) * (-1 if _is_negative(other) else 1)
            case _:
                return 0

    def sign_of_arguments(self, call: ast.Call) -> int:
        """The same of `p.add_(p.grad, alpha=-eta)`, whose other arguments are factors."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        found = next((self.sign(each) for each in given if self.sign(each)), 0)
        return -found if any(_is_negative(each) and not self.sign(each) for each in given) else found

    def backward(self, call: ast.Call, of: ast.expr) -> None:
        """Going backward: from a tensor, and from what objective."""
        made = self.made.get(of.id, of) if isinstance(of, ast.Name) else of
        if isinstance(made, ast.Call) and last(made.func) == "item":
            self.slips.append(("backward_on_number", call.lineno))
        calls = self.calls(of)
        self._backward_slips(call, of, made, calls)
        if not any(self.known.loss_of(self.named(each)) for each in calls):
            if {last(each.func) for each in calls} & {"log_softmax", "logsumexp"}:
                self.events.append(("loss", made.lineno))
                self.objective = "CrossEntropyLoss"
            elif calls:
                self.unknown = made

    def _backward_slips(self, call: ast.Call, of: ast.expr, made: ast.expr, calls: Sequence[ast.Call]) -> None:
        """Going backward where nothing is kept for gradients, from no objective, uphill, or through earlier batches."""
        kinds = [(self.kind(each), each) for each in calls]
        ways = [each for kind, each in kinds if kind == "forward"]
        objectives = [each for kind, each in kinds if kind == "loss"]
        cut = [each for each in (*ways, *objectives) if id(each) in self.known.without_gradients]
        if cut and (cut[: len(ways)] == ways or objectives == cut):
            self.slips.append(("forward_without_gradients", cut[0].lineno))
        if not objectives and made in ways:
            self.slips.append(("backward_on_output", call.lineno))
        if objectives and isinstance(made, ast.UnaryOp) and isinstance(made.op, ast.USub):
            self.slips.append(("uphill", made.lineno))
        if isinstance(of, ast.Name) and of.id in self.summed:
            self.slips.append(("backward_on_sum", call.lineno))


def _batch_loop(tree: ast.Module, known: Names) -> _Followed | None:
    """What happens in the innermost loop that goes backward or takes a step."""
    found = None
    before = _Followed(known)
    for node in ast.walk(tree):  # what is made outside of loops, for names
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            before.made.setdefault(node.targets[0].id, node.value)
    for node in ast.walk(tree):  # outer ones first
        if isinstance(node, ast.For | ast.While) and not over_parameters(node):
            around = next((f.name for f in known.functions.values() if node in ast.walk(f)), "")
            followed = _Followed(known, made=dict(before.made), inside=(around,))
            followed.block(node.body)
            if {"backward", "step"} & dict(followed.events).keys():
                found = followed
                if _inner_losses(node, known):
                    found.slips.append(("outside_batches", dict(reversed(found.events)).get("backward", node.lineno)))
    return found


def _inner_losses(loop: ast.For | ast.While, known: Names) -> bool:
    """Whether a loop goes backward behind an inner loop that computes the objective of each batch."""
    inner = [each for each in loop.body if isinstance(each, ast.For | ast.While) and not _over_outputs(each, known)]
    own = [each for each in loop.body if not isinstance(each, ast.For | ast.While)]
    kinds = {known.kind(call) for each in inner for call in calls_in(each)}
    outer = {known.kind(call) for each in own for call in calls_in(each)}
    return "loss" in kinds and "backward" not in kinds and "backward" in outer and "loss" not in outer


def _over_outputs(loop: ast.For | ast.While, known: Names) -> bool:
    """Whether a loop goes through the outputs of a network for one batch."""
    return isinstance(loop, ast.For) and "forward" in map(known.kind, calls_in(loop.iter))


def _given(call: ast.Call, at: int, name: str) -> ast.expr | None:
    """An argument of a call, by place or by name."""
    if len(call.args) > at:
        return call.args[at]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is_negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _root(node: ast.expr) -> str:
    """The name that something is a part of."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _once(*calls: ast.Call) -> tuple[ast.Call, ...]:
    return tuple(dict.fromkeys(calls))


def _returned(function: ast.FunctionDef) -> Iterator[ast.Call]:
    """The calls in what a function gives."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from calls_in(node.value)


def _slips(tree: ast.Module, followed: _Followed, known: Names) -> Iterator[Event]:
    """The mistakes in the order of events, with the line that each is about."""
    events = followed.events
    lines = dict(reversed(events))
    order = [kind for kind, _ in events if kind in ("zero", "backward", "step")]
    if "backward" not in lines:
        yield "no_backward", lines["step"]
    if "step" not in lines:
        yield "no_step", lines["backward"]
    if "zero" not in lines and "backward" in lines:
        zeroed = [call for call in calls_in(tree) if known.kind(call) == "zero"]
        yield ("zero_grad_outside", zeroed[0].lineno) if zeroed else ("no_zero_grad", lines["backward"])
    if {"backward", "step"} <= lines.keys():
        at = order.index("backward")
        following = next(kind for kind in (order * 2)[at + 1 :] if kind != "backward")
        if following == "zero" and "step" in order[:at]:
            yield "step_before_backward", lines["step"]
        elif following == "zero":
            yield "zero_after_backward", lines["zero"]
