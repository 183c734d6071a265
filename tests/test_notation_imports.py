"""What a comparison imports: neither SymPy nor torch for what the first rungs decide, SymPy never in this process."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST = [("n*(n+1)/2", "(n^2+n)/2"), ("456", "25*3*6+6"), ("n Var(w) E[x]^2", "n Var(w) E[x^2]"), ("(3,5)", "3x5")]
ALL = [*FIRST, ("sqrt(2/n)", "sqrt(2)/sqrt(n)"), ("floor(n/2)", "ceil(n/2)"), ("x^2<4", "-2<x<2"), ("sqrt(-4)", "2i")]


@pytest.mark.parametrize(
    ("pairs", "unwanted"), [(FIRST, ("sympy", "mpmath", "numpy", "torch")), (ALL, ("sympy", "numpy", "torch"))]
)
def test_comparing_imports_little(pairs: list[tuple[str, str]], unwanted: tuple[str, ...]) -> None:
    asked = f"""
import sys
from solver.notation.equality import compare
assert {{compare(*pair).verdict for pair in {pairs!r}}} <= {{"equal", "different"}}
print(*sorted({set(unwanted)!r} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_this_test_can_fail() -> None:
    asked = "import sympy, sys; print('sympy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, timeout=120)
    assert run.stdout.split() == [b"True"]
