"""The last rung: SymPy, for what nothing else computes, in a process of its own that is killed when it takes too long.

It is asked for integrals, for derivatives of written-out formulas and for sums and products to a symbolic limit. It may
say that two formulas are equal. It can never make equal ones different: where it finds nothing, nothing is decided.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from solver.notation.comparison import Comparison, equal, undecided
from solver.notation.printing import ascii_text
from solver.notation.reading import formula
from solver.notation.sampling import Domain
from solver.notation.tree import Fold, Formula, Name, Partial, names, subformulas

SECONDS: Final = 15.0
"""Of wall-clock time, the start of the process and SymPy's import included."""
_LARGEST: Final = 60
"""Nodes of a formula that SymPy is asked about."""


def is_needed(part: Formula) -> bool:
    """Whether a part of a formula is what only SymPy computes.

    >>> from solver.notation.reading import formula
    >>> is_needed(formula("∫_0^1 x dx")), is_needed(formula("dL/dx")), is_needed(formula("diff(x^2, x)"))
    (True, False, True)
    """
    match part:
        case Fold("int", _):
            return True
        case Partial(of, Name(by)):
            return of == Name(by) or (not isinstance(of, Name) and by in names(of))
        case _:
            return False


def compared(said: Formula, wanted: Formula, assume: Mapping[str, Domain]) -> Comparison:
    """Whether SymPy finds that two formulas are equal."""
    if sum(1 for side in (said, wanted) for _ in subformulas(side)) > _LARGEST:
        return undecided("symbolic")
    asked = json.dumps([ascii_text(said), ascii_text(wanted), {**assume}])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "solver.notation.symbolic"]
    try:
        run = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=SECONDS, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return undecided("symbolic")
    return equal("symbolic", "sampled") if run.stdout.strip() == "equal" else undecided("symbolic")


def _work(asked: str) -> str:
    """In the process of its own: the formulas are read again, by this package's reader and not by SymPy."""
    import sympy  # nobody else needs it

    from solver.notation.bridge import to_sympy

    left, right, assume = json.loads(asked)
    said, wanted = formula(left), formula(right)
    free = {*names(said), *names(wanted)} - {"pi", "e", "infinity"}
    symbols = {name: sympy.Symbol(name, **_ASSUMED[assume.get(name, "real")]) for name in free}
    difference = to_sympy(said, symbols) - to_sympy(wanted, symbols)
    return "equal" if sympy.simplify(difference.doit()) == 0 else "undecided"


_ASSUMED: Final[Mapping[str, Mapping[str, bool]]] = {
    "size": {"integer": True, "positive": True},
    "integer": {"integer": True},
    "positive": {"positive": True},
    "real": {"real": True},
}

if __name__ == "__main__":
    print(_work(sys.stdin.read()))
