"""What to draw the weights of each layer with, seen from what follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile

import sympy
from sympy import Expr, Rational

from solver.layers.base import Operation
from solver.moments.activations import NoMoments
from solver.moments.propagation import layers
from solver.moments.propagation.backward import Met, Way, squared_slopes
from solver.moments.propagation.layers import Place
from solver.moments.propagation.rules import rule_of
from solver.moments.propagation.schemes import SCHEMES, Scheme, V, keeping
from solver.moments.propagation.state import Factor, Law, State, Weights, tidy
from solver.moments.propagation.table import Row

ALONE = (layers.activation, layers.kept, layers.moved, layers.normalised)
"""What follows a layer before its numbers are averaged or picked from."""


def with_schemes(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows with the gains of what follows each layer with weights, and a scheme for it."""
    users: dict[int, list[Row]] = {}
    for row in rows:
        for signal in row.inputs:
            users.setdefault(signal, []).append(row)
    blocks = sum(row.kind == "Add" for row in rows)
    judged: dict[int, Row] = {}
    for row in rows:
        judged[row.output] = _with_scheme(row, users, judged, blocks) if row.step.weights else row
    return tuple(judged[row.output] for row in rows)


def _with_scheme(row: Row, users: Mapping[int, list[Row]], before: Mapping[int, Row], blocks: int) -> Row:
    follow, end = _stage(row, users)
    normalised = any(_normalises(step.operation) for step in follow)
    alone = list(takewhile(lambda step: rule_of(step.operation) in ALONE, follow))
    judged = replace(row, following=_stage_gains(follow), activated=_stage_gains(alone), normalised=normalised)
    if end is not None and end.kind == "Add" and not normalised and (users[row.output][0] is end or follow):
        return replace(judged, recommended=_residual_scheme(judged, _arriving(row, users, before), blocks))
    return replace(judged, recommended=_scheme_for(judged))


def _arriving(row: Row, users: Mapping[int, list[Row]], before: Mapping[int, Row]) -> Expr:
    """E[x^2] of a layer at the end of a path, where the path starts with 1 and its other layers have their schemes."""
    path: list[Row] = []
    (signal,) = row.inputs[:1]
    while signal in before and len(users.get(signal, [])) == 1 and len(before[signal].inputs) == 1:
        path.insert(0, before[signal])
        (signal,) = before[signal].inputs
    if len(users.get(signal, [])) == 1:
        return sympy.S.One
    arriving, _ = _stage_gains(list(takewhile(lambda step: step.step.weights is None, path)))
    for step in path:
        if step.normalised and step.following is not None:
            arriving = step.following[0]
    return arriving


def _stage(row: Row, users: Mapping[int, list[Row]]) -> tuple[list[Row], Row | None]:
    """What follows a layer up to the next one with weights or to a join, and that one."""
    follow: list[Row] = []
    here = row
    while len(after := users.get(here.output, [])) == 1:
        (step,) = after
        if step.step.weights is not None or len(step.inputs) > 1 or step.inside:
            return follow, step
        follow.append(step)
        here = step
    return follow, after[0] if after else None


def _normalises(operation: Operation) -> bool:
    return rule_of(operation) in (layers.normalised, layers.root_mean_square)


def _stage_gains(follow: list[Row]) -> tuple[Expr, Expr]:
    """c and c': the gains of what follows on normal numbers of variance 1."""
    one = sympy.S.One
    state = State(sympy.S.Zero, one, Law(None, one), frozenset({0}), frozenset({0}))
    met: Way = ()
    for step in follow:
        rule = rule_of(step.operation)
        if rule is None or step.step.reason:
            break
        said = rule(step.operation, (state,), Place(step.shapes, step.shape, _no_weights))
        met, state = (*met, Met(said.passing[0] if said.passing else Factor(one), said.back[0] or one)), said.state
    back, *_ = squared_slopes(met)
    return _snapped(tidy(state.second)), _snapped(tidy(back))


def _snapped(gain: Expr) -> Expr:
    """1 and 1/2 where the digits say so: SELU's gain at its fixed point is 1."""
    if gain.is_number and not gain.is_Rational:
        near = [exact for exact in (sympy.S.One, Rational(1, 2)) if abs(gain.evalf(20) - exact) < 1e-14]
        return near[0] if near else gain
    return gain


def _no_weights(fan_in: Expr, fan_out: Expr, torch: Expr | None) -> tuple[int, Weights]:
    raise NoMoments("weights where none are expected")


def _residual_scheme(row: Row, arriving: Expr, blocks: int) -> Scheme | None:
    """A variance with which each of B paths beside a skip adds 1/B of what the skip brings."""
    assert row.fan_in is not None and row.activated is not None
    gain = row.activated[0] * arriving
    variance = keeping(row.fan_in * blocks, gain)
    said = sympy.Eq(row.fan_in * V * gain, Rational(1, blocks))
    return None if variance is None else Scheme("residual", variance, said, "(1 + 1/B)^B < e for B blocks")


def _scheme_for(row: Row) -> Scheme | None:
    """A variance that keeps the forward gain at 1, under the name that it goes by; None where nothing comes through."""
    assert row.fan_in is not None and row.activated is not None
    gain, _ = row.activated
    name = "lecun" if gain == 1 else "he" if gain.is_Rational else "gain"
    source = SCHEMES["he" if name == "gain" else name][1]
    name = "any" if row.normalised else name
    variance = keeping(row.fan_in, gain)
    return None if variance is None else Scheme(name, variance, sympy.Eq(row.fan_in * V * gain, 1), source)
