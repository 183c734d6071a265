"""What torch said of steps, kept so that it can be shown where torch is not installed, and without waiting for it.

A record is found by the fingerprint of a step, which covers its rules' formulas and everything that it rests on: a
changed rule or number finds no record. `records.json` holds those of the bank's own exercises and is written by
`tirgul verify --record`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from solver.derivation import Derivation, Derived, fingerprint, walk
from solver.verify.check import Check
from solver.verify.steps import symbols, verify_step

FILE = "records.json"


@cache
def recorded() -> Mapping[str, str]:
    """Fingerprint -> the torch version that agreed with the step."""
    found: dict[str, str] = json.loads(files("solver.verify").joinpath(FILE).read_text(encoding="utf-8"))["torch"]
    return found


def checks(node: Derived, *, live: bool = False) -> tuple[Check, ...]:
    """All that is known of a step: counted here and now, and torch's word from a record or, live, from torch itself."""
    counted = verify_step(node)
    if counted.method == "definition":
        return (counted,)
    asked = _asked(node) if live and find_spec("torch") else _remembered(node)
    return (counted, asked) if asked is not None else (counted,)


def agreed(derivations: Iterable[Derivation]) -> dict[str, str]:
    """Asks torch about every step that it knows: the fingerprints of those it agrees with, and its version."""
    import torch

    version = torch.__version__.partition("+")[0]
    return {
        fingerprint(node): version
        for derivation in derivations
        for node in walk(derivation)
        if (check := _asked(node)) is not None and check.verdict == "verified"
    }


def record(derivations: Iterable[Derivation]) -> int:
    """Writes what torch agreed with, and says how many steps that were."""
    said = agreed(derivations)
    path = Path(str(files("solver.verify").joinpath(FILE)))
    document = {"schema": "tirgul/records/1", "torch": dict(sorted(said.items()))}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return len(said)


def every_check(derivation: Derivation, *, live: bool = False) -> Iterator[tuple[Derived, tuple[Check, ...]]]:
    """The checks of each step that readers are shown, in reading order."""
    return ((node, checks(node, live=live)) for node in walk(derivation))


def _remembered(node: Derived) -> Check | None:
    version = recorded().get(fingerprint(node))
    return Check(node.rule.name, "torch", "verified", None, 0.0, version) if version else None


def _asked(node: Derived) -> Check | None:
    from solver.verify.torch_twins import TWINS

    if node.rule.name.startswith("gradient."):
        from solver.verify.torch_gradients import check_step

        return check_step(node)
    symbolic = any(symbols(premise.result) for premise in node.premises.values())
    return None if symbolic or node.rule.name not in TWINS else verify_step(node, TWINS, "torch")
