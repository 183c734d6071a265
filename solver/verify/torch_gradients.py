"""Steps of gradients in torch: ResBlockMLP with its own modules, every derivative asked of autograd.

At a tie, y = 0, the course's 1{y >= 0} is 1 and autograd's answer depends on how relu is written: `at_a_tie`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, TypeAlias, final

import sympy
import torch
from torch import Tensor, nn

from solver.derivation import Derived
from solver.moments.assumptions import Facts
from solver.notation.printing import ascii_text
from solver.symbols import D, indicator, relu
from solver.values import as_formula
from solver.verify.check import Check

Expr: TypeAlias = Any

WIDTH = 4
NETWORKS = 3
NEAR = 1e-9


@final
class Block:
    """ResBlockMLP in double precision behind a layer with the parameter w, and a cost of what comes out."""

    def __init__(self, facts: Facts, seed: int) -> None:
        random = torch.Generator().manual_seed(seed)

        def drawn(*sizes: int) -> Tensor:
            return torch.randn(*sizes, generator=random, dtype=torch.float64)

        first, second, norm = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH)
        for module in (first, second, norm):
            module.double().eval()
            for tensor in module.parameters():
                tensor.data = drawn(*tensor.shape)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean, norm.running_var = drawn(WIDTH), drawn(WIDTH) ** 2 + 0.1
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        w = drawn(1).requires_grad_()
        x = drawn(WIDTH) + drawn(WIDTH) * w
        z = first(x)
        h = norm(z[None])[0]
        a = torch.relu(h)
        known = facts.definitions()
        dead = any(isinstance(left, D) for left in known)
        y1 = second(a.detach() if dead else a)
        skip = all(left.base.label.name != "y" or right.is_Add for left, right in known.items() if _is_sum(left))
        y2 = y1 + x if skip else y1
        y = torch.relu(y2)
        cost = (drawn(WIDTH) * y + drawn(WIDTH) * y**2).sum()
        self.tensors: dict[str, Tensor] = {"w": w, "x": x, "z": z, "h": h, "a": a}
        self.tensors |= {"y": y, "y1": y1, "y2": y2, "C": cost}
        self.tensors |= {"u": first.weight, "b": first.bias, "v": second.weight, "c": second.bias}
        self.tensors |= {"s": scale, "t": norm.bias, "mu": norm.running_mean}

    def at(self, expr: Expr, indices: Mapping[Expr, int]) -> Tensor:
        """The number that an expression is, as a node of torch's graph."""
        match expr:
            case sympy.Integer():
                return torch.tensor(float(expr), dtype=torch.float64)
            case sympy.Add():
                return torch.stack([self.at(term, indices) for term in expr.args]).sum()
            case sympy.Mul():
                return torch.stack([self.at(factor, indices) for factor in expr.args]).prod()
            case sympy.Sum():
                ((index, _, _),) = expr.limits
                terms = [self.at(expr.function, {**indices, index: number}) for number in range(WIDTH)]
                return torch.stack(terms).sum()
            case sympy.KroneckerDelta():
                first, second = (self.index(one, indices) for one in expr.args)
                return torch.tensor(float(first == second), dtype=torch.float64)
            case D(args=(of, by)):
                return self.derivative(self.at(of, indices), by, indices)
            case indicator(args=(condition,)):
                return (self.at(condition.lhs, indices) >= 0).double()
            case relu(args=(inside,)):
                return torch.relu(self.at(inside, indices))
            case _:
                tensor, places = self.tensor(expr, indices)
                return tensor[places].reshape(())

    def derivative(self, of: Tensor, by: Expr, indices: Mapping[Expr, int]) -> Tensor:
        """What autograd says; 0 where nothing leads from one to the other."""
        tensor, places = self.tensor(by, indices)
        if not of.requires_grad:
            return torch.zeros((), dtype=torch.float64)
        (found,) = torch.autograd.grad(of, tensor, retain_graph=True, allow_unused=True)
        return torch.zeros((), dtype=torch.float64) if found is None else found[places].reshape(())

    def tensor(self, expr: Expr, indices: Mapping[Expr, int]) -> tuple[Tensor, tuple[int, ...]]:
        """The tensor that a variable is in, and its place."""
        if not isinstance(expr, sympy.Indexed):
            return self.tensors[str(expr)], ()
        name, places = str(expr.base), expr.indices
        if name == "y" and len(places) == 2:
            name, places = f"y{places[0]}", places[1:]
        return self.tensors[name], tuple(self.index(place, indices) for place in places)

    def index(self, expr: Expr, indices: Mapping[Expr, int]) -> int:
        """An index; one that a step leaves open is 1."""
        return int(expr) if expr.is_Integer else indices.get(expr, 1)


def _is_sum(left: Expr) -> bool:
    """Whether a definition says what y_2,k is."""
    return isinstance(left, sympy.Indexed) and len(left.indices) == 2 and left.indices[0] == 2


def check_step(node: Derived) -> Check:
    """A step of a gradient, both sides computed in torch, each derivative by autograd."""
    started = perf_counter()
    claim = f"{node.rule.name} = {ascii_text(as_formula(node.result))}"
    facts = Facts.among(premise.result for premise in node.premises.values())
    before = node.premises["expression"].result
    agreed = True
    for seed in range(NETWORKS):
        block = Block(facts, seed)
        agreed &= bool(torch.isclose(block.at(before, {}), block.at(node.result, {}), rtol=NEAR, atol=NEAR))
    return Check(claim, "torch", "verified" if agreed else "refuted", None, perf_counter() - started, "autograd")


RECTIFIERS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "clamp": lambda y: y.clamp(min=0),
    "maximum": lambda y: torch.maximum(y, torch.zeros_like(y)),
    "where": lambda y: torch.where(y >= 0, y, torch.zeros_like(y)),
}
"""Ways to write relu in torch, the same everywhere but in their derivative at 0."""


def at_a_tie() -> dict[str, float]:
    """The derivative at 0 that torch has for each way to write relu; 1{y >= 0} says 1.

    >>> at_a_tie()
    {'relu': 0.0, 'clamp': 1.0, 'maximum': 0.5, 'where': 1.0}
    """
    found = {}
    for name, rectify in RECTIFIERS.items():
        y = torch.zeros((), dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(rectify(y), y)
        found[name] = float(slope)
    return found
