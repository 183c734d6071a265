"""What the names in training code stand for: optimisers, objectives, networks, parameters, what is switched off."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final, final

FUNCTIONAL: Final = {
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "mse_loss": "MSELoss", "l1_loss": "L1Loss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}  # fmt: skip
"""torch's functions that are objectives, and the modules that do the same."""
OPTIMISERS: Final = frozenset("SGD Adam AdamW RMSprop Adagrad Adadelta NAdam RAdam Adamax Rprop LBFGS ASGD".split())
GIVEN: Final = "given"
"""An objective that the code is given and does not make."""


@final
class Plain(ast.NodeTransformer):
    """Code with one name and one value in each assignment: of `a: T = f()` as of `a, b = f(), g()`."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        match node:
            case ast.Assign([ast.Tuple(names)], ast.Tuple(values)) if len(names) == len(values) and not any(
                isinstance(each, ast.Starred) for each in (*names, *values)
            ):
                pairs = zip(names, values, strict=True)
                return [ast.copy_location(ast.Assign([name], value), node) for name, value in pairs]
            case _:
                return node


@final
class Names:
    """What the names of a piece of code stand for wherever they stand: optimisers, objectives, networks, functions."""

    def __init__(self, tree: ast.Module) -> None:
        self.losses: dict[str, str] = {}
        self.schedulers: set[str] = set()
        self.networks = {"net", "model", "network"}
        self.trained: set[str] = set()
        """What an optimiser is given the parameters of."""
        self.drawn: set[str] = set()
        """What loops go through: batches, inputs, labels."""
        self.parameters: set[str] = set()
        """What loops over parameters go through."""
        self.without_gradients: set[int] = set()
        """Calls, by their id, under `with no_grad():` or in a function that is decorated so."""
        self.optimiser = ""
        self.functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        for node in ast.walk(tree):
            match node:
                case ast.Assign([ast.Name() | ast.Attribute() as target], ast.Call() as value):
                    self._assigned(last(target), last(value.func), value)
                case ast.Assign([ast.Name() | ast.Attribute() as target], value) if last(value) in FUNCTIONAL:
                    self.losses[last(target)] = FUNCTIONAL[last(value)]
                case ast.For(target):
                    names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
                    (self.parameters if over_parameters(node) else self.drawn).update(names)
                case ast.With(items, body) if _without_gradients(item.context_expr for item in items):
                    self.without_gradients |= {id(call) for each in body for call in calls_in(each)}
                case ast.FunctionDef(decorator_list=around) if _without_gradients(around):
                    self.without_gradients |= {id(call) for call in calls_in(node)}
                case ast.Call(ast.Attribute(ast.Name() | ast.Attribute() as of, "parameters" | "train" | "eval")):
                    self.networks.add(last(of))

    def _assigned(self, name: str, called: str, value: ast.Call) -> None:
        if called.endswith("Loss"):
            self.losses[name] = called
        elif called == "partial" and value.args and last(value.args[0]) in FUNCTIONAL:
            self.losses[name] = FUNCTIONAL[last(value.args[0])]
        elif called in OPTIMISERS:
            self.optimiser = called
            self.trained |= {
                last(each.func.value)
                for given in value.args[:1] for each in calls_in(given)
                if isinstance(each.func, ast.Attribute) and each.func.attr == "parameters"
            }  # fmt: skip
        elif called.endswith("LR") or "scheduler" in ast.unparse(value.func).casefold():
            self.schedulers.add(name)

    def loss_of(self, call: ast.Call) -> str:
        """The objective that a call computes, if it is one."""
        name = last(call.func)
        if isinstance(call.func, ast.Call) and name.endswith("Loss"):
            return name
        if name in FUNCTIONAL:
            return FUNCTIONAL[name]
        return self.losses.get(name, GIVEN if name in ("criterion", "loss_fn", "loss_func", "loss_function") else "")

    def kind(self, call: ast.Call) -> str:
        """Which event a call is, "" for none."""
        match call.func:
            case ast.Attribute(of, "zero_grad"):
                return "zero"
            case ast.Attribute(of, "zero_") if is_gradient(of):
                return "zero"
            case ast.Attribute(_, "backward"):
                return "backward"
            case ast.Attribute(of, "grad") if last(of) == "autograd":
                return "gradients"
            case ast.Attribute(of, "step") if last(of) not in self.schedulers and "sched" not in last(of).casefold():
                return "step"
            case ast.Attribute(of, "sub_" | "add_") if any(map(is_gradient, call.args)) or self.is_parameter(of):
                return "step"
        if self.loss_of(call):
            return "loss"
        match call.func:
            case ast.Attribute(ast.Name() | ast.Attribute() as of, "forward") if last(of) in self.networks:
                return "forward"
            case ast.Name() | ast.Attribute() if last(call.func) in self.networks:
                return "forward"
            case _:
                return ""

    def is_parameter(self, node: ast.expr) -> bool:
        """Whether something is a parameter that a loop over parameters goes through, or its data."""
        of = node.value if isinstance(node, ast.Attribute) and node.attr == "data" else node
        return isinstance(of, ast.Name) and of.id in self.parameters

    def called(self, call: ast.Call) -> ast.FunctionDef | None:
        """The function of the code that a call is of, if it is one: `step(…)`, `self.step(…)`."""
        match call.func:
            case ast.Name(name) | ast.Attribute(ast.Name("self"), name):
                return self.functions.get(name)
            case _:
                return None


def over_parameters(loop: ast.For | ast.While) -> bool:
    """Whether a loop goes through parameters and not through batches."""
    over = ast.unparse(loop.iter) if isinstance(loop, ast.For) else ""
    return "parameters()" in over or "param_groups" in over


def _without_gradients(around: Iterable[ast.expr]) -> bool:
    """Whether one of the expressions around code switches gradients off."""
    return any("no_grad" in ast.unparse(each) or "inference_mode" in ast.unparse(each) for each in around)


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def is_gradient(node: ast.AST) -> bool:
    """Whether something is, or is computed from, the gradient of a parameter."""
    return any(isinstance(each, ast.Attribute) and each.attr == "grad" for each in ast.walk(node))


def last(node: ast.expr) -> str:
    """The last name of a dotted one."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(_, name):
            return name
        case ast.Call(function):
            return last(function)
        case _:
            return ""
