"""What torch said of steps, kept so that it can be shown where torch is not installed, and without waiting for it.

A record is found by the fingerprint of a step, which covers its rules' formulas and everything that it rests on: a
changed rule or number finds no record. `records.json` holds those of the bank's own exercises and is written by
`tirgul verify --record`: of modules the version of torch that agreed, of simulations also the method and the samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from solver.derivation import Derivation, Derived, fingerprint, walk
from solver.verify.check import Check
from solver.verify.steps import symbols, verify_step

FILE = "records.json"


@cache
def _file() -> Mapping[str, Any]:
    """The records: the engine's version and the day on which they were made, and what agreed."""
    document: dict[str, Any] = json.loads(files("solver.verify").joinpath(FILE).read_text(encoding="utf-8"))
    return document


def recorded() -> Mapping[str, str]:
    """Fingerprint -> the torch version that agreed with the step."""
    found: dict[str, str] = _file()["torch"]
    return found


def simulated() -> Mapping[str, Mapping[str, int]]:
    """Fingerprint -> the methods by which simulations verified the claim that the step ends in, with their samples."""
    found: dict[str, dict[str, int]] = _file()["simulated"]
    return found


def checks(node: Derived, *, live: bool = False, seed: int = 0) -> tuple[Check, ...]:
    """All that is known of a step: counted here and now, and torch's word from a record or, live, from torch itself."""
    counted = verify_step(node)
    if counted.method == "definition":
        return (counted,)
    if node.rule.assumes is not None:
        return (counted, *(_samples(node, seed) if live and find_spec("torch") else _samples_remembered(node)))
    asked = _asked(node) if live and find_spec("torch") else _remembered(node)
    return (counted, asked) if asked is not None else (counted,)


def agreed(derivations: Iterable[Derivation]) -> dict[str, str]:
    """Asks torch about every step that it knows: the fingerprints of those it agrees with, and its version."""
    import torch  # which reading records does without

    release = torch.__version__.partition("+")[0]
    return {
        fingerprint(node): release
        for derivation in derivations
        for node in walk(derivation)
        if (check := _asked(node)) is not None and check.verdict == "verified"
    }


def record(derivations: Iterable[Derivation]) -> int:
    """Writes what torch agreed with, and says how many steps that were."""
    derivations = tuple(derivations)
    said, drawn = agreed(derivations), sampled(derivations)
    path = Path(str(files("solver.verify").joinpath(FILE)))
    from importlib.metadata import version  # takes 30 ms, and only recording needs it

    document = {
        "schema": "tirgul/records/1",
        "engine": version("tirgul"),
        "date": date.today().isoformat(),
        "torch": dict(sorted(said.items())),
        "simulated": dict(sorted(drawn.items())),
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    _file.cache_clear()
    return len(said) + len(drawn)


def sampled(derivations: Iterable[Derivation]) -> dict[str, dict[str, int]]:
    """Runs the simulations of all claims: the fingerprints of those that are verified, the samples of each method."""
    nodes = {fingerprint(node): node for one in derivations for node in walk(one) if node.rule.assumes is not None}
    found: dict[str, dict[str, int]] = {}
    for mark, node in nodes.items():
        for check in _samples(node, seed=0):
            if check.verdict == "verified":
                counts = found.setdefault(mark, {})
                counts[check.method] = counts.get(check.method, 0) + check.samples
    return found


def every_check(
    derivation: Derivation, *, live: bool = False, seed: int = 0
) -> Iterator[tuple[Derived, tuple[Check, ...]]]:
    """The checks of each step that readers are shown, in reading order."""
    return ((node, checks(node, live=live, seed=seed)) for node in walk(derivation))


def _samples(node: Derived, seed: int) -> Iterator[Check]:
    from solver.verify.simulations import simulate, simulations  # torch, which a record does without

    return (simulate(simulation, seed) for simulation in simulations(node))


def _samples_remembered(node: Derived) -> Iterator[Check]:
    found = simulated()
    for method, count in found.get(fingerprint(node), {}).items():
        scope = f"N\u00a0=\u00a0{count:,}"
        yield Check(node.rule.name, method, "verified", scope=scope, samples=count, recorded=_file()["date"])


def _remembered(node: Derived) -> Check | None:
    torch = recorded().get(fingerprint(node))
    return Check(node.rule.name, "torch", "verified", None, 0.0, torch, recorded=_file()["date"]) if torch else None


def _asked(node: Derived) -> Check | None:
    from solver.verify.torch_twins import TWINS  # torch, which a record does without

    if node.rule.name.startswith("gradient."):
        from solver.verify.torch_gradients import check_step  # only for steps of gradients

        return check_step(node)
    symbolic = any(symbols(premise.result) for premise in node.premises.values())
    return None if symbolic or node.rule.name not in TWINS else verify_step(node, TWINS, "torch")
