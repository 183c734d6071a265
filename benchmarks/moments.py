"""How long moments take: deriving and checking Var(v), all activations, the same in sympy.stats, samples a second.

    python -m benchmarks.moments        a table; `--json` prints the numbers
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, TypeAlias

Row: TypeAlias = "tuple[str, float, str]"

DRAWN = 4_000_000


def timed(run: Callable[[], Any], least: float = 0.0) -> float:
    """Seconds of one run; the best of several where one is short and `least` seconds are to be filled."""
    times: list[float] = []
    while not times or sum(times) < least:
        started = perf_counter()
        run()
        times.append(perf_counter() - started)
    return min(times)


def derivations() -> Iterator[Row]:
    """Var(v) = n Var(w) E[x^2]: derived from nothing remembered, then checked with all the steps of its lemmas."""
    from solver.derivation import walk
    from solver.moments import neuron
    from solver.verify.law_checks import check_step, inner_checks

    first = timed(neuron.variance)
    steps = list(walk(neuron.variance()))
    yield f"Var(v) derived, {len(steps)} steps, first time", first, ""
    inside = [step for node in steps for step, _ in inner_checks(node)]
    yield f"Var(v) checked, {len(steps)} steps", timed(lambda: [check_step(step) for step in steps], 1.0), ""
    yield f"Var(v) checked, {len(inside)} inner steps", timed(lambda: [check_step(step) for step in inside], 1.0), ""


def activations() -> Iterator[Row]:
    """All closed forms, and all numbers to 15 digits."""
    from solver.moments.activations import ACTIVATIONS, FACTS, activation_moments

    every = [activation_moments(name) for name in ACTIVATIONS]
    closed = timed(lambda: [getattr(one, fact) for one in every for fact in FACTS])
    yield f"{len(every)} activations in closed form, first time", closed, ""
    yield f"{len(every)} activations, numbers to 15 digits", timed(lambda: [one.numeric(2) for one in every]), ""


def against_sympy() -> Iterator[Row]:
    """What sympy.stats can do too: E[relu(y)^2], E[|y|] and Var(x y), y normal."""
    import sympy
    from sympy import stats

    from solver.moments import neuron
    from solver.moments.activations import activation_moments
    from solver.moments.activations.moments import made

    q = sympy.Symbol("q", positive=True)
    y = stats.Normal("y", 0, sympy.sqrt(q))

    def ours(name: str, fact: str) -> Callable[[], Any]:
        def run() -> Any:
            made.cache_clear()
            return getattr(activation_moments(name), fact)

        return run

    means, deviations = sympy.symbols("a b", real=True), sympy.symbols("s t", positive=True)
    x, z = (stats.Normal(name, mean, s) for name, mean, s in zip("xz", means, deviations, strict=True))
    pairs: tuple[tuple[str, Callable[[], Any], Callable[[], Any]], ...] = (
        ("E[relu(y)^2]", ours("relu", "second"), lambda: stats.E(sympy.Max(y, 0) ** 2)),
        ("E[|y|]", ours("abs", "mean"), lambda: stats.E(sympy.Abs(y))),
        ("Var(x y), ours for any laws", neuron.product_variance, lambda: stats.variance(x * z)),
    )
    for name, own, other in pairs:
        sympy.core.cache.clear_cache()
        theirs = timed(other)
        mine = timed(own)
        yield name, mine, f"sympy.stats {theirs:.2f} s, {theirs / mine:.0f} times ours"


def samples() -> Iterator[Row]:
    """Each kind of simulation, in random numbers a second, beside bare torch.randn of the same size."""
    import torch

    from solver.verify.simulations import INPUTS, NEURONS, SIMULATIONS, SINGLE, generator

    bare = timed(lambda: torch.randn(DRAWN, dtype=torch.float64), 2.0)
    yield f"torch.randn, {DRAWN:,} doubles", bare, f"{DRAWN / bare / 1e6:.0f} million a second"
    sizes = {"e_process skewed_weights": NEURONS * (2 * INPUTS + 1), "sign_flip normal": SINGLE}
    for simulation in SIMULATIONS:
        size = sizes.get(f"{simulation.method} {simulation.setting}")
        if size is None:
            continue
        seconds = timed(lambda one=simulation: one.draw(generator(one, 0), 1.0), 1.0)  # type: ignore[misc]  # bound now
        same = timed(lambda count=size: torch.randn(count, dtype=torch.float64), 0.5)  # type: ignore[misc]  # bound now
        said = f"{size / seconds / 1e6:.1f} million draws a second, {seconds / same:.1f} times bare torch.randn"
        yield f"{simulation.name}, {size:,} draws", seconds, said


def main() -> None:
    rows = [row for part in (derivations, activations, against_sympy, samples) for row in part()]
    if "--json" in sys.argv[1:]:
        print(json.dumps([{"what": what, "seconds": seconds, "said": said} for what, seconds, said in rows], indent=1))
        return
    for what, seconds, said in rows:
        print(f"{seconds:9.4f} s  {what}{f'  ({said})' if said else ''}")


if __name__ == "__main__":
    main()
