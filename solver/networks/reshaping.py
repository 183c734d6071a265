"""How the axes of a tensor become other axes: which runs of axes hold the numbers of which others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from solver.derivation import DoesNotFit
from solver.networks.conditions import Conditions, at, quotient, symbols, times
from solver.values import Shape

Roles: TypeAlias = "tuple[int | None, ...]"
"""For each axis of a shape the axis of the field that it runs along; None for channels, MIXED for a mixture."""

Grouping: TypeAlias = "tuple[tuple[tuple[int, ...], tuple[Any, ...]], ...]"
"""Runs of axes, each with the sizes that they become; -1 is whatever is left."""

MIXED: Final = -1

SAMPLE: Final = 720_720 * 2**12
"""A size that most numbers divide, powers of two above all, at which products of symbols are compared."""


def merged(roles: Sequence[int | None]) -> int | None:
    """The role of an axis that several were put into."""
    return MIXED if any(role is not None for role in roles) else None


def grouped(
    before: Sequence[Any], wanted: Sequence[Any], roles: Roles, conditions: Conditions
) -> tuple[Grouping, Roles]:
    """Which runs of axes become which sizes, and the roles of these; raises DoesNotFit.

    >>> grouped((64, 8, 8), (64, -1), (None, 0, 1), Conditions())
    ((((0,), (-1,)), ((1, 2), (-1,))), (None, -1))
    >>> grouped((64, 8), (4, -1, 8), (None, 0), Conditions())
    ((((0,), (4, -1)), ((1,), (-1,))), (None, None, 0))
    """
    target = _filled(before, wanted, conditions)
    grouping: list[tuple[tuple[int, ...], tuple[Any, ...]]] = []
    after: list[int | None] = []
    start = first = 0
    while start < len(before) or first < len(target):
        end, to = _run(before, target, start, first, conditions)
        axes, sizes = tuple(range(start, end)), tuple(wanted[first:to])
        kept = len(axes) == len(sizes) == 1
        role = roles[start] if kept else merged(roles[start:end])
        grouping.append((axes, (-1,) if axes and len(sizes) == 1 else sizes))
        after.extend([role] * len(sizes))
        start, first = end, to
    return tuple(grouping), tuple(after)


def _filled(before: Sequence[Any], wanted: Sequence[Any], conditions: Conditions) -> list[Any]:
    """The sizes that are wanted, with what is left in place of -1."""
    target = list(wanted)
    if -1 not in target:
        return target
    whole, known = times(before), times(size for size in target if size != -1)
    left = quotient(whole, known)
    if left is None:
        left = next((size for size in before if conditions.fit(whole, times((known, size)))), None)
    if left is None:
        raise DoesNotFit("reshaped", {"shape": Shape(before), "sizes": tuple(wanted)})
    target[target.index(-1)] = left
    return target


def _run(
    before: Sequence[Any], target: Sequence[Any], start: int, first: int, conditions: Conditions
) -> tuple[int, int]:
    """The ends of the shortest runs of axes from here on that hold as many numbers."""
    mine, theirs = tuple(before[start : start + 1]), tuple(target[first : first + 1])
    if mine == theirs:
        return start + 1, first + 1
    if theirs == (1,):
        return start, first + 1
    if mine == (1,):
        return start + 1, first
    names = sorted(set().union(*map(symbols, (*before, *target))))
    point = {name: SAMPLE * (index + 1) for index, name in enumerate(names)}
    end, to = start + 1, first + 1
    while end <= len(before) and to <= len(target):
        here, there = times(before[start:end]), times(target[first:to])
        difference = at(here, point) - at(there, point)
        if difference == 0 and conditions.fit(here, there):
            return end, to
        end, to = end + (difference <= 0), to + (difference > 0)
    raise DoesNotFit("reshaped", {"shape": Shape(before), "sizes": tuple(target)})
