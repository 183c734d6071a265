"""Every rule of the product: those that modules hold, and those that the bank's keys were derived with."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import solver
from exercises.exercise import Exercise
from solver.derivation import Derivation, Derived, Rule, everything

TORCH = tuple(f"solver.verify.{name}" for name in ("torch_twins", "torch_facts", "monte_carlo", "simulations"))


def bank() -> list[Exercise]:
    """The exercises that the product ships."""
    folder = Path(importlib.import_module("exercises.bank").__path__[0])
    names = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    return [importlib.import_module(f"exercises.bank.{name}").EXERCISE for name in names]


def keys() -> Iterator[tuple[str, str, Derivation]]:
    """Exercise, part and key of everything that the bank asks."""
    for exercise in bank():
        for part, key in exercise.canonical().keys.items():
            yield exercise.id, part, key


def every_rule() -> dict[str, list[Rule]]:
    """All rules by name; one name may have a formula for each number of axes, or of cells under a window."""
    found: dict[int, Rule] = {}
    for module in pkgutil.walk_packages(solver.__path__, "solver."):
        if module.name not in TORCH:
            found |= {id(rule): rule for rule in _held(vars(importlib.import_module(module.name)).values())}
    for _, _, key in keys():
        found |= {id(node.rule): node.rule for node in everything(key) if isinstance(node, Derived)}
    rules: dict[str, list[Rule]] = {}
    for rule in found.values():
        rules.setdefault(rule.name, []).append(rule)
    return rules


def _held(values: Iterable[Any]) -> Iterator[Rule]:
    """Rules, tables of rules, and what cached functions make that are annotated to give a rule."""
    for value in list(values):
        if isinstance(value, Rule):
            yield value
        elif isinstance(value, dict):
            yield from (rule for rule in value.values() if isinstance(rule, Rule))
        elif hasattr(value, "cache_info") and value.__annotations__.get("return") == "Rule":
            wanted = [kind for name, kind in value.__annotations__.items() if name != "return"]
            for arguments in product(*((False, True) if kind == "bool" else (2,) for kind in wanted)):
                yield value(*arguments)
