"""Gradients back through a network: E[d^2] of each signal.

What comes back through weights is a sum over many units, so that it no longer depends on the signal at this one. From
there it is multiplied by the slopes that it meets at this unit, and these depend on one another: relu'(g) and
relu'(relu(g) + v) are both 1 with probability 3/8, and not 1/2 * 5/8, for g and v of one variance. So

    E[d^2] = sum over ways back of (what came back through weights) * E[product of squared slopes met since]

where the law of the signal is followed from slope to slope, each of its points weighted by the squares met so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import prod
from typing import TypeAlias, final

import sympy
from sympy import Expr, Rational

from solver.frozen import frozen
from solver.moments.activations import NoMoments
from solver.moments.propagation.images import (
    as_float,
    base_and_spread,
    both_positive,
    share_below,
    sloped,
    spread_out,
)
from solver.moments.propagation.state import (
    DIGITS,
    Factor,
    Label,
    Largest,
    Law,
    Nodes,
    Noise,
    Passing,
    Slope,
    Step,
    Unfollowed,
    tidy,
    worse,
)
from solver.moments.propagation.table import Row

DIGITS_OF_LARGEST = 4
"""How much is told of a mean over what is the largest, whose law is known at points."""


@final
@frozen(eq=False)
class Met:
    """A layer on the way back: what it does to a number, and the mean of its squared slope."""

    passing: Passing
    gain: Expr

    @property
    def varies(self) -> bool:
        """Whether its slope depends on the number."""
        match self.passing:
            case Slope() | Largest():
                return True
            case Unfollowed(varies):
                return varies
            case _:
                return False


Way: TypeAlias = "tuple[Met, ...]"
"""Layers from a signal on, up to the last slope before weights."""

PLAIN: Way = ()
"""The way of a gradient that has met no slope since it came through weights."""


@final
@frozen(eq=False)
class Gradient:
    """E[d^2] of a signal where that of the output is 1; None where it is not followed.

    ways     what came back through weights, by the way since
    """

    ways: Mapping[Way, Expr] | None
    second: Expr | None
    label: Label
    assumptions: tuple[str, ...]

    @property
    def has_met_slopes(self) -> bool:
        """Whether it depends on the number that it is the gradient of."""
        return any(way != PLAIN for way in self.ways or ())


OUTPUT: Mapping[Way, Expr] = {PLAIN: sympy.S.One}
BEFORE_A_SLOPE: Mapping[Way, Expr] = {(Met(Unfollowed(varies=True), sympy.S.One),): sympy.S.One}
"""What arrives at an output that some slope follows."""


def gradients(rows: Iterable[Row], output: int, count: int, arriving: Mapping[Way, Expr] = OUTPUT) -> list[Gradient]:
    """The gradient of each signal: what comes back along each use is added up."""
    ways: list[dict[Way, Expr] | None] = [{} for _ in range(count)]
    ways[output] = dict(arriving)
    labels: dict[int, Label] = {output: "exact"}
    found: dict[int, Gradient] = {}
    for row in reversed(list(rows)):
        if row.output not in labels:
            continue
        here = found[row.output] = _gradient(ways[row.output], labels[row.output])
        label = worse(here.label, row.step.back_label)
        for index, signal in enumerate(row.inputs):
            labels[signal] = worse("mean field", labels[signal], label) if signal in labels else label
            ways[signal] = _with(ways[signal], here, row.step, index)
    return [found.get(signal) or _gradient(ways[signal], labels.get(signal, "exact")) for signal in range(count)]


def assumptions_of(found: Iterable[Gradient]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for gradient in found for name in gradient.assumptions))


def _with(there: dict[Way, Expr] | None, here: Gradient, step: Step, index: int) -> dict[Way, Expr] | None:
    """What is there, and what comes back to an input of a step; nothing comes back from where nothing arrives."""
    gain = step.back[index]
    if here.ways == {}:
        return there
    if there is None or here.ways is None or gain is None:
        return None
    for way, amount in _through(here, step, index, gain):
        if amount != 0:
            there[way] = tidy(there.get(way, 0) + amount)
    return there


def _through(here: Gradient, step: Step, index: int, gain: Expr) -> Iterator[tuple[Way, Expr]]:
    """The ways back to an input of a step, and what came along each."""
    assert here.ways is not None and here.second is not None
    passing = step.passing[index] if step.passing else None
    met = None if passing is None else Met(passing, gain)
    arriving = {PLAIN: here.second} if step.averages else here.ways
    for way, amount in arriving.items():
        if met is None or (way == PLAIN and not met.varies):
            yield way, amount * gain
        else:
            yield (met, *way), amount


def _gradient(ways: Mapping[Way, Expr] | None, label: Label) -> Gradient:
    if ways is None:
        return Gradient(None, None, label, ())
    means = [(amount, *squared_slopes(way)) for way, amount in ways.items()]
    second = sympy.Add(*(amount * mean for amount, mean, _, _ in means))
    said = tuple(dict.fromkeys(name for *_, names in means for name in names))
    return Gradient(ways, tidy(second), worse(label, *(found for _, _, found, _ in means)), said)


def squared_slopes(way: Way) -> tuple[Expr, Label, tuple[str, ...]]:
    """E[product of squared slopes], how far it holds and what it assumes.

    The product of their means where no more than one depends on the number; in closed form where only signs count;
    else along the points of the law.
    """
    slopes = [index for index, met in enumerate(way) if met.varies]
    if len(slopes) < 2:
        return prod((met.gain for met in way), start=sympy.S.One), "exact", ()
    others = prod((met.gain for met in way if not isinstance(met.passing, Slope)), start=sympy.S.One)
    since = way[slopes[0] :]
    closed = _by_sign(since)
    if closed is None:
        closed = _by_two_signs(since)
    if closed is not None:
        return closed * others, "mean field", ()
    try:
        nodes, _ = _followed(since)
        digits = DIGITS if all(not isinstance(met.passing, Largest) for met in since) else DIGITS_OF_LARGEST
        return sympy.Float(float(nodes.weights.sum()), digits) * others, "numeric", ()
    except NoMoments:
        return prod((met.gain for met in way), start=sympy.S.One), "mean field", ("slopes_independent",)


def _is_normal(passing: Passing) -> bool:
    return isinstance(passing, Slope | Largest) and passing.law is not None and passing.law.base is None


def _by_sign(way: Way) -> Expr | None:
    """s_-^2 2^-k + s_+^2 (1 - 2^-k): slopes that see only the sign of the largest of k normal numbers; k = 1 without.

    It is negative where all of them are.
    """
    squares, cells = [sympy.S.One, sympy.S.One], [sympy.S.One]
    for met in way:
        match met.passing:
            case Slope(held) if held.slopes is not None and all(slope.is_nonnegative for slope in held.slopes):
                squares = [square * slope**2 for square, slope in zip(squares, held.slopes, strict=True)]
            case Largest(count, law) if law is not None:
                cells.append(count)
            case Factor(_, shift) if shift == 0:
                pass
            case _:
                return None
    if not _is_normal(way[0].passing) or len(cells) > 2:
        return None
    below = Rational(1, 2) ** cells[-1]
    return squares[0] * below + squares[1] * (1 - below)


def _by_two_signs(way: Way) -> Expr | None:
    """P(g > 0 and g + v > 0): relu, sums with v ~ N(0, u), relu."""
    match [met.passing for met in way]:
        case [Slope(first, Law(None, variance)), *sums, Slope(last)] if first.name == last.name == "relu":
            spreads = [added.spread for added in sums if isinstance(added, Noise)]
            return both_positive(variance, sympy.Add(*spreads)) if len(spreads) == len(sums) else None
    return None


@lru_cache(maxsize=256)
def _followed(way: Way) -> tuple[Nodes, float]:
    """The number behind a way, as nodes + N(0, spread); each node weighted by the squared slopes that it met."""
    passing = way[-1].passing
    nodes, spread = _followed(way[:-1]) if len(way) > 1 else _start(passing)
    match passing:
        case Noise(variance):
            return nodes, spread + as_float(variance)
        case Factor(times, shift):
            times, shift = as_float(times), as_float(shift)
            return Nodes((nodes.values - shift) * times, nodes.weights), spread * times**2
        case Slope(held):
            return sloped(held, nodes, spread), 0.0
        case Largest(count, law) if law is not None:
            at, k = spread_out(nodes, spread), int(count)
            return Nodes(at.values, at.weights * k * share_below(law, at.values) ** (k - 1)), 0.0
        case _:
            raise NoMoments("what follows is not known number by number", why="other")


def _start(passing: Passing) -> tuple[Nodes, float]:
    if not isinstance(passing, Slope | Largest) or passing.law is None:
        raise NoMoments("slopes that meet numbers whose law is not followed", why="other")
    return base_and_spread(passing.law)
