"""What happens to second moments where several signals meet: sums, products, concatenations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import prod
from typing import Any

import sympy

from solver.moments.activations import NoMoments
from solver.moments.propagation.layers import Place, elements, size_along, summed
from solver.moments.propagation.state import Factor, Label, Law, Noise, State, Step, Unfollowed, tidy, worse
from solver.symbols import expression


def _independent(first: State, second: State) -> bool:
    """Whether signs can be turned that turn one of the two signals and leave the other as it is."""
    turns = (first.fresh and not first.fresh & second.rests) or (second.fresh and not second.fresh & first.rests)
    return bool(turns)


def _refuse_dependent(layer: Any, states: tuple[State, ...]) -> None:
    """Refuses signals that are functions of the same weighted sums: x and relu(x)."""
    if any(x.sources & z.sources for x, z in combinations(states, 2)):
        raise NoMoments(f"{layer.kind} of numbers that depend on one another", why="dependent", kind=layer.kind)


def _fresh_together(states: tuple[State, ...]) -> frozenset[int]:
    """Weights whose signs turn all the signals at once."""
    fresh = frozenset().union(*(state.fresh for state in states))
    turns = all(state.fresh and not (fresh - state.fresh) & state.rests for state in states)
    return fresh if turns else frozenset()


def _together(states: tuple[State, ...], label: Label, *assumptions: str, **changes: Any) -> State:
    said = tuple(dict.fromkeys(name for state in states for name in state.assumptions))
    merged = replace(
        states[0],
        label=worse(*(state.label for state in states)),
        assumptions=said,
        rests=frozenset().union(*(state.rests for state in states)),
        sources=frozenset().union(*(state.sources for state in states)),
        fresh=_fresh_together(states),
        nonnegative=all(state.nonnegative for state in states),
    )
    return merged.now(label, *assumptions, **changes)


def _added_laws(states: tuple[State, ...]) -> Law | None:
    """Normal parts add their variances; at most one part may be of another kind."""
    laws = [state.law for state in states]
    known = [law for law in laws if law is not None]
    bases = [law.base for law in known if law.base is not None]
    if len(known) < len(laws) or len(bases) > 1:
        return None
    return Law(bases[0] if bases else None, tidy(sympy.Add(*(law.spread for law in known))))


def add(layer: Any, states: tuple[State, ...], place: Place, sign: int = 1) -> Step:
    """E[(x + y)^2] = E[x^2] + E[y^2] + 2 E[x y], and E[x y] = 0 where the sign of one can be turned by itself."""
    ones = (sympy.S.One,) * len(states)
    if all(state is states[0] for state in states[1:]) and len(states) > 1:
        factor = sympy.Integer(len(states) if sign > 0 else 2 - len(states))
        after = states[0].now(second=factor**2 * states[0].second, mean=factor * states[0].mean, law=None)
        backs = (abs(factor),) * len(states)  # together factor^2: the same gradient comes along each
        return Step(after, backs, passing=(Factor(factor),) * len(states))
    pairs = list(combinations(states, 2))
    apart = all(_independent(x, z) for x, z in pairs)
    if not apart:
        _refuse_dependent(layer, states)
    cross = sympy.S.Zero if apart else sympy.Add(*(2 * sign * x.mean * z.mean for x, z in pairs))
    second = sympy.Add(*(state.second for state in states)) + cross
    mean = states[0].mean + sympy.Add(*(sign * state.mean for state in states[1:]))
    after = _together(
        states,
        "exact" if apart else "mean field",
        *(() if apart else ("branches_independent",)),
        mean=tidy(mean),
        second=second,
        law=_added_laws(states) if sign > 0 else None,
    )
    if sign < 0:
        return Step(replace(after, nonnegative=False), ones, passing=(Unfollowed(),) * len(states))
    return Step(after, ones, passing=tuple(_others(states, index) for index in range(len(states))))


def _others(states: tuple[State, ...], index: int) -> Noise | Unfollowed:
    """What a sum adds to one of its terms, where the others are normal."""
    laws = [state.law for state in states[:index] + states[index + 1 :]]
    normal = [law.spread for law in laws if law is not None and law.base is None]
    return Noise(sympy.Add(*normal)) if len(normal) == len(laws) else Unfollowed()


def subtract(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    return add(layer, states, place, -1)


def multiply(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[x^2 y^2] = E[x^2] E[y^2] for independent x and y."""
    _refuse_dependent(layer, states)
    return _product(states)


def _product(states: tuple[State, ...]) -> Step:
    seconds = [state.second for state in states]
    backs = tuple(tidy(prod(seconds[:i] + seconds[i + 1 :])) for i in range(len(states)))
    after = _together(
        states,
        "mean field",
        "branches_independent",
        mean=tidy(prod(state.mean for state in states)),
        second=prod(seconds),
        law=None,
        fresh=frozenset(),
    )
    return Step(after, backs, "mean field", ("gradients_independent",), passing=(Unfollowed(),) * len(states))


def concatenated(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """The mean over all numbers, those of each part by their share."""
    parts = [elements(shape) for shape in place.shapes]
    whole = sympy.Add(*parts)
    second = sympy.Add(*(part * state.second for part, state in zip(parts, states, strict=True))) / whole
    mean = sympy.Add(*(part * state.mean for part, state in zip(parts, states, strict=True))) / whole
    normal = all(state.law is not None and state.law.base is None for state in states)
    alike = normal and len({state.second for state in states}) == 1
    after = _together(
        states, "exact", mean=tidy(mean), second=tidy(second), law=Law(None, states[0].second) if alike else None
    )
    return Step(after, (sympy.S.One,) * len(states))


def bilinear(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[v^2] = D_1 D_2 Var(w) E[x_1^2] E[x_2^2]"""
    first, second = states
    sizes = [size_along(shape, -1) for shape in place.shapes]
    n, m = sizes[0] * sizes[1], expression(layer.out_features)
    product = _product(states)
    step = summed(product.state, place, n, m, 1 / (3 * sizes[0]))
    assert step.weights is not None
    backs = (m * sizes[1] * step.weights.variance * second.second, m * sizes[0] * step.weights.variance * first.second)
    return replace(step, back=tuple(map(tidy, backs)), back_label="mean field", averages=True)


def matrix_product(layer: Any, states: tuple[State, ...], place: Place) -> Step:
    """E[(sum of n products)^2] = n E[x^2] E[y^2] + n (n - 1) E[x]^2 E[y]^2"""
    first, second = states
    n = size_along(place.shapes[0], -1)
    means = first.mean**2 * second.mean**2
    moment = n * first.second * second.second + n * (n - 1) * means
    after = _together(states, "mean field", "branches_independent", mean=n * first.mean * second.mean, second=moment)
    after = replace(after, law=Law(None, after.second) if after.mean == 0 else None, fresh=frozenset())
    columns, rows = size_along(place.shapes[1], -1), size_along(place.shapes[0], -2)
    backs = (tidy(columns * second.second), tidy(rows * first.second))
    return Step(after, backs, "mean field", ("gradients_independent",), averages=True)
