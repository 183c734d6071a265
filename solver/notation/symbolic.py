"""The last rung: SymPy, for what nothing else computes, in a process of its own that is killed when it takes too long.

It is asked for integrals, for derivatives of written-out formulas and for sums and products to a symbolic limit. It may
say that two formulas are equal. It can never make equal ones different: where it finds nothing, nothing is decided.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Final

from solver.notation.comparison import Comparison, equal, undecided
from solver.notation.sampling import Domain
from solver.notation.tree import Fold, Formula, Name, Partial, names, subformulas

SECONDS: Final = 5.0
"""Of wall-clock time, the start of the process and SymPy's import included."""
_LARGEST: Final = 60
"""Nodes of a formula that SymPy is asked about."""


def is_needed(formula: Formula) -> bool:
    """Whether a formula holds what only SymPy computes.

    >>> from solver.notation.reading import formula
    >>> is_needed(formula("∫_0^1 x dx")), is_needed(formula("dL/dx")), is_needed(formula("diff(x^2, x)"))
    (True, False, True)
    """
    return any(_is_needed(part) for part in subformulas(formula))


def _is_needed(part: Formula) -> bool:
    match part:
        case Fold("int", _):
            return True
        case Partial(of, Name(by)):
            return not isinstance(of, Name) and by in names(of)
        case _:
            return False


def compared(said: Formula, wanted: Formula, assume: Mapping[str, Domain]) -> Comparison:
    """Whether SymPy finds that two formulas are equal."""
    if sum(1 for side in (said, wanted) for _ in subformulas(side)) > _LARGEST:
        return undecided("symbolic")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, said, wanted, dict(assume)), daemon=True)
    process.start()
    theirs.close()
    try:
        same = ours.poll(SECONDS) and ours.recv() is True
    except EOFError:
        same = False
    finally:
        process.kill()
        process.join()
        ours.close()
    return equal("symbolic", "sampled") if same else undecided("symbolic")


def _work(answers: Connection, said: Formula, wanted: Formula, assume: Mapping[str, Domain]) -> None:
    import sympy  # only this process needs it

    from solver.notation.bridge import to_sympy

    free = {*names(said), *names(wanted)} - {"pi", "e", "infinity"}
    kinds = {"size": dict(integer=True, positive=True), "integer": dict(integer=True), "positive": dict(positive=True)}
    symbols = {name: sympy.Symbol(name, **kinds.get(assume.get(name, "real"), dict(real=True))) for name in free}
    difference = to_sympy(said, symbols) - to_sympy(wanted, symbols)
    answers.send(bool(sympy.simplify(difference.doit()) == 0))
