"""Judges one answer: right, following from earlier answers, explained by slips, wrong, unreadable, or for a person.

Everything is read off the derivation of the key. What follows from a student's own earlier answers is the key's
derivation replayed with those answers in place of the parts they answer; what a mistake leads to is the derivation
replayed with a rule exchanged for its slip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias, cast, final

from exercises.exercise import Instance
from grader.kinds import KINDS, AnswerKind, Read
from grader.verdict import (
    Explanation,
    Follows,
    Judgement,
    Review,
    Right,
    Slip,
    Slipped,
    Unreadable,
    Verdict,
    Wrong,
)
from solver.derivation import Derivation, Mistake, everything, mistakes, replay
from solver.notation.tree import Formula
from solver.values import Value

MOST_EXPLANATIONS = 3
MOST_REMEMBERED = 256

Earlier: TypeAlias = Mapping[str, str]


def judge(instance: Instance, part_id: str, text: str, earlier: Earlier | None = None) -> Judgement:
    """The judgement of one answer; `earlier` are the same student's answers to other parts, by part id."""
    return Marker(instance).judge(part_id, text, earlier or {})


@final
class Marker:
    """Judges the answers to one instance, and keeps what is needed for each."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._parts: dict[str, _PartMarker] = {}

    def judge(self, part_id: str, text: str, earlier: Earlier) -> Judgement:
        """The judgement of one answer; raises KeyError for an unknown part."""
        return self.part(part_id).judge(text, self._values(part_id, earlier))

    def part(self, part_id: str) -> _PartMarker:
        """The marker of one part."""
        if part_id not in self._parts:
            self._parts[part_id] = _PartMarker(self.instance, part_id)
        return self._parts[part_id]

    def rests_on(self, part_id: str) -> tuple[str, ...]:
        """The other parts whose keys are premises of this part's key."""
        return self.part(part_id).rests_on

    def _values(self, part_id: str, earlier: Earlier) -> dict[str, Value]:
        """What the student answered wrongly to the parts that this one rests on."""
        values: dict[str, Value] = {}
        for part in self.rests_on(part_id):
            if earlier.get(part, "").strip():
                value = self.part(part).wrong_value(earlier[part])
                if value is not None:
                    values[part] = value
        return values


@final
class _Outcomes:
    """What a derivation leads to, given values for some of the parts it rests on: its result, and its mistakes."""

    def __init__(self, derivation: Derivation, instead: Mapping[int, Value]) -> None:
        def exchange(node: Derivation) -> Value | None:
            return instead.get(id(node))

        self.result = replay(derivation, exchange) if instead else derivation.result
        self.mistakes = tuple(mistakes(derivation, exchange))

    @cached_property
    def led_to(self) -> dict[Value, list[Mistake]]:
        """The mistakes by what they lead to."""
        table: dict[Value, list[Mistake]] = {}
        for mistake in self.mistakes:
            table.setdefault(mistake.value, []).append(mistake)
        return table


@final
class _PartMarker:
    def __init__(self, instance: Instance, part_id: str) -> None:
        self.part = instance.part(part_id)
        self.keys = instance.keys
        self.derivation: Derivation = self.keys[part_id]
        self.key = self.derivation.result
        self.kind: AnswerKind = KINDS[instance.kind(self.part)](self.part, self.key)
        self._remembered: dict[tuple[tuple[str, Value], ...], _Outcomes] = {}

    @cached_property
    def rests_on(self) -> tuple[str, ...]:
        inside = {id(node) for node in everything(self.derivation)} - {id(self.derivation)}
        return tuple(part for part, node in self.keys.items() if id(node) in inside)

    def judge(self, text: str, earlier: Mapping[str, Value]) -> Judgement:
        read = self.kind.read(text)
        if isinstance(read, Unreadable):
            return Judgement(self.part.id, text, "", read)
        return Judgement(self.part.id, text, read.shown, self._verdict(read, earlier))

    def wrong_value(self, text: str) -> Value | None:
        """The likeliest value of an answer that is not the key, for answers that may rest on it."""
        read = self.kind.read(text)
        if isinstance(read, Unreadable) or not read.readings or self._same(read, self.key):
            return None
        value = read.readings[0]
        return None if isinstance(value, Formula) else value

    def _verdict(self, read: Read, earlier: Mapping[str, Value]) -> Verdict:
        if self.part.free:
            return Review("count_given" if self._same(read, self.key) else "count_not_given")
        same = self._same(read, self.key)
        if same is not False:
            return Right() if same else Review("undecided")
        following = self._outcomes(earlier) if earlier else None
        moved = following is not None and following.result not in (None, self.key)
        if following is not None and moved and self._same(read, cast("Value", following.result)):
            return Follows(tuple(earlier))
        explained = self._explained(read, self._outcomes({}))
        if explained:
            return Slipped(explained)
        if following is not None and moved:
            explained = self._explained(read, following)
            if explained:
                return Follows(tuple(earlier), explained)
        for reading in read.readings:
            left_out = self.kind.incomplete(reading, self.key)
            if left_out:
                return Slipped(((Slip("", left_out),),))
        return Wrong()

    def _outcomes(self, earlier: Mapping[str, Value]) -> _Outcomes:
        """What the key's derivation leads to with these answers in place of the parts that they answer."""
        at = tuple(earlier.items())
        if at not in self._remembered:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            instead = {id(self.keys[part]): value for part, value in at}
            self._remembered[at] = _Outcomes(self.derivation, instead)
        return self._remembered[at]

    def _same(self, read: Read, key: Value) -> bool | None:
        """Whether one of the readings is the key; None where none is and one is undecided."""
        said = [self.kind.same(reading, key) for reading in read.readings]
        return True if True in said else None if None in said else False

    def _explained(self, read: Read, outcomes: _Outcomes) -> tuple[Explanation, ...]:
        """The explanations with the fewest slips that lead to the answer, each once."""
        found: dict[Explanation, None] = {}
        for mistake in self._candidates(read, outcomes):
            if found and len(mistake.slips) > len(next(iter(found))):
                break
            if self._same(read, mistake.value):
                found[tuple(_slips(mistake))] = None
        everywhere = {tuple(slip.name for slip in said) for said in found if not any(slip.about for slip in said)}
        kept = [
            said
            for said in found
            if not any(slip.about for slip in said) or tuple(slip.name for slip in said) not in everywhere
        ]
        return tuple(kept[:MOST_EXPLANATIONS])

    def _candidates(self, read: Read, outcomes: _Outcomes) -> Iterable[Mistake]:
        """The mistakes that may explain an answer: all, or those looked up."""
        if not self.kind.literal:
            return outcomes.mistakes
        return [mistake for reading in read.readings for mistake in outcomes.led_to.get(cast("Value", reading), ())]


def _slips(mistake: Mistake) -> Iterator[Slip]:
    for name, about in mistake.slips:
        rule = next(step.rule.name for step in mistake.steps if name in step.rule.slips)
        yield Slip(rule, name, about)
