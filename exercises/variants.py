"""Variants: an exercise's numbers drawn anew, so that students have numbers of their own and fresh ones to practise on.

    Variants(exercise).drawn(code)    the exercise with the numbers that belong to a code, derived and verified

Not every draw is a fair exercise. A draw is passed over where a mistake leads to the key, where two mistakes lead to
the same answer or two parts have the same key, unless the course's own numbers do that too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property, partial
from itertools import combinations
from typing import TypeAlias, final

from exercises.codes import SLOTS, BadCode, has_variants, hashed, plain_code
from exercises.exercise import BadExercise, Exercise, Instance, Numbers, Range, Row
from exercises.library import derived
from solver.derivation import Derivation, Derived, Rule, explained_by, fingerprint, nodes, replay, walk
from solver.values import Value
from solver.verify.steps import verify_step

MOST_DRAWS = 400
MOST_DERIVED = 60

Fault: TypeAlias = Hashable
"""Something that makes numbers unfair, told apart from the same thing elsewhere."""


# --- drawing


def draws(exercise: Exercise, seed: str) -> Iterator[Numbers]:
    """Numbers drawn for a seed, time and again, without those that the exercise does not need."""
    for attempt in range(MOST_DRAWS):
        numbers = {
            name: _number(said, "number", exercise.id, seed, str(attempt), name)
            for name, said in exercise.numbers.items()
        }
        if exercise.needs(**numbers):
            yield numbers


@final
class Variants:
    """The variants of one exercise."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._drawn: dict[str, Instance] = {}

    def drawn(self, code: str) -> Instance:
        """The exercise with the numbers of a code; raises BadCode, or BadExercise where no numbers give keys."""
        code = plain_code(code)
        if not has_variants(self.exercise):
            raise BadCode(code)
        if code not in self._drawn:
            if len(self._drawn) >= 2 * SLOTS:
                self._drawn.clear()
            self._drawn[code] = self._draw(code)
        return self._drawn[code]

    def _draw(self, code: str) -> Instance:
        """The first fair draw, or the one with the fewest faults."""
        least, chosen = None, None
        for instance in self._candidates(code):
            faults = len(self._faults(instance) - self._accepted)
            if least is None or faults < least:
                least, chosen = faults, instance
            if faults == 0:
                break
        if chosen is None:
            raise BadExercise(self.exercise.id, "no-draws")
        self._verify(chosen)
        return chosen

    def _candidates(self, code: str) -> Iterator[Instance]:
        """Variants whose keys can be derived and are of the kinds that the course's own are."""
        kinds = [self._canonical.kind(part) for part in self.exercise.parts]
        tried = 0
        for numbers in draws(self.exercise, code):
            if numbers == self._canonical.numbers:
                continue  # whose solution everybody has seen
            if tried == MOST_DERIVED:
                return
            tried += 1
            try:
                instance = derived(Instance(self.exercise, numbers, code))
            except BadExercise:
                continue
            if [instance.kind(part) for part in self.exercise.parts] == kinds:
                yield instance

    def _verify(self, instance: Instance) -> None:
        """Counts every step of every key that is not the course's own; raises BadExercise where one is refuted."""
        for part, key in self._changed(instance).items():
            for step in walk(key):
                if verify_step(step).verdict == "refuted":
                    raise BadExercise(self.exercise.id, "refuted", part=part, rule=step.rule.name)

    # --- what is fair

    @cached_property
    def _canonical(self) -> Instance:
        return derived(self.exercise.canonical())

    @cached_property
    def _accepted(self) -> frozenset[Fault]:
        """What is wrong with the course's own numbers too, and cannot be helped."""
        return self._faults(self._canonical)

    def _faults(self, instance: Instance) -> frozenset[Fault]:
        return frozenset(
            fault
            for part, key in self._changed(instance).items()
            for fault in (*_same_keys(part, instance.keys), *_trivial(part, key), *_untold(part, key))
        )

    def _changed(self, instance: Instance) -> Mapping[str, Derivation]:
        """The keys that rest on drawn numbers; a formula in symbols is the same in every variant."""
        return {part: key for part, key in instance.keys.items() if part in self._varying}

    @cached_property
    def _varying(self) -> frozenset[str]:
        """The parts whose keys a draw changes."""
        own = {part: fingerprint(key) for part, key in self._canonical.keys.items()}
        drawn = next(self._candidates("VARIES"), self._canonical)
        return frozenset(part for part, key in drawn.keys.items() if fingerprint(key) != own[part])


def _same_keys(part: str, keys: Mapping[str, Derivation]) -> Iterator[Fault]:
    """Other parts with the same key: an answer to one gives the other away."""
    for other, key in keys.items():
        if other != part and _is_whole(key.result) and key.result == keys[part].result:
            yield ("same", frozenset((part, other)))


def _trivial(part: str, key: Derivation) -> Iterator[Fault]:
    if _is_whole(key.result) and key.result in (0, 1):
        yield ("trivial", part)


def _untold(part: str, key: Derivation) -> Iterator[Fault]:
    """Mistakes that lead to the key, and pairs of mistakes that lead to the same answer."""
    led_to = _outcomes(key)
    for slip, value in led_to.items():
        if value == key.result:
            yield ("hidden", part, slip)
    for (one, first), (other, second) in combinations(led_to.items(), 2):
        if first is not None and first == second != key.result:
            yield ("collides", part, frozenset((one, other)))


def _outcomes(key: Derivation) -> Mapping[tuple[str, str], Value | None]:
    """What each slip of the key's rules leads to, made wherever it can be."""
    slips = {
        (node.rule.name, slip): None
        for node in nodes(key, explained_by)
        if isinstance(node, Derived)
        for slip in node.rule.slips
    }
    return {slip: replay(key, partial(_slipped, slip)) for slip in slips}


def _slipped(made: tuple[str, str], node: Derivation) -> Rule | None:
    """The slip in place of its rule."""
    rule, slip = made
    return node.rule.slips.get(slip) if isinstance(node, Derived) and node.rule.name == rule else None


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# --- numbers from hashes


def _number(said: Range | Row, *seed: str) -> int | tuple[int, ...]:
    match said:
        case Range(low, high):
            return low + hashed(*seed) % (high - low + 1)
        case Row(low, high, canonical):
            return tuple(low + hashed(*seed, str(at)) % (high - low + 1) for at in range(len(canonical)))
