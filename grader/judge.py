"""Judges one answer: right, following from earlier answers, explained by slips, wrong, unreadable, or for a person.

Everything is read off the derivation of the key. What follows from a student's own earlier answers is the key's
derivation replayed with those answers in place of the parts they answer; what a mistake leads to is the derivation
replayed with a rule exchanged for its slip.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations, count, groupby, islice
from threading import Lock
from typing import Any, TypeAlias, cast, final

from exercises.exercise import Instance
from grader.algebra import Algebra, Formulas
from grader.chances import Chances
from grader.gradients import Gradient
from grader.kinds import KINDS, AnswerKind, Expression, Numeric, Read, Reading, Sizes, Written
from grader.lines import STEPS_MISSING, Lines, answer_of, verdict_of, worked
from grader.moments import Moment
from grader.verdict import (
    FORM,
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
from grader.working import is_working
from solver.derivation import TERM_FORGOTTEN, TOTAL, Derivation, Given, Mistake, everything, mistakes, replay, walk
from solver.notation.forms import ROUNDED_WRONGLY, form, lacks, unit
from solver.notation.tree import Formula
from solver.values import Value, as_formula

EVERY_KIND: dict[str, type[AnswerKind]] = {
    **KINDS,
    "moment": Moment,
    "lines": Lines,
    "gradient": Gradient,
    "network": Written,
    "training": Written,
}

MOST_EXPLANATIONS = 8
MOST_REMEMBERED = 256
MOST_SUBSETS = 64
TRIVIAL = "trivial"
"""The note of an answer that follows from an earlier one only because that leaves nothing to work out."""

Earlier: TypeAlias = Mapping[str, str]
Likeness: TypeAlias = tuple[object, ...]
Level: TypeAlias = Mapping[Value, Sequence[Mistake]]
"""Mistakes with equally many slips, by what they lead to."""


def judge(instance: Instance, part_id: str, text: str, earlier: Earlier | None = None) -> Judgement:
    """The judgement of one answer; `earlier` are the same student's answers to other parts, by part id."""
    return Marker(instance).judge(part_id, text, earlier or {})


@final
class Marker:
    """Judges the answers to one instance, and keeps what is needed for each.

    Markers of variants of one exercise may share what they keep of parts that are alike in them.
    """

    def __init__(self, instance: Instance, shared: dict[Likeness, PartMarker] | None = None) -> None:
        self.instance = instance
        self._shared = {} if shared is None else shared
        self._parts: dict[str, PartMarker] = {}

    def judge(self, part_id: str, text: str, earlier: Earlier) -> Judgement:
        """The judgement of one answer; raises KeyError for an unknown part."""
        return self.part(part_id).judge(text, self._values(part_id, earlier))

    def judge_module(self, part_id: str, module: Any) -> Judgement:
        """The judgement of a live torch module, where a network is asked for; raises TypeError where none is."""
        part = self.part(part_id).part
        if part.code is None or not part.code.input:
            raise TypeError(part_id)
        from grader.code import judged_live  # what reads networks, without which other answers are judged

        return judged_live(part, part.code, self.instance.numbers, module)

    def part(self, part_id: str) -> PartMarker:
        """The marker of one part."""
        if part_id not in self._parts:
            alike = _likeness(self.instance, part_id)
            self._parts[part_id] = self._shared.get(alike) or PartMarker(self.instance, part_id)
            self._shared[alike] = self._parts[part_id]
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


def _likeness(instance: Instance, part_id: str) -> Likeness:
    """All that the judgement of a part rests on: alike in variants whose numbers differ where it does not matter."""
    derivation = instance.keys[part_id]
    parts: dict[int, tuple[str, ...]] = {}
    for name, node in instance.keys.beside(part_id).items():
        parts[id(node)] = (*parts.get(id(node), ()), name)
    number: dict[int, int] = {}
    said: list[object] = [part_id, instance.part(part_id).code and tuple(instance.numbers.items())]
    for node in everything(derivation):
        number[id(node)] = len(number)
        said.append(parts.get(id(node)))
        if isinstance(node, Given):
            said += (node.name, type(node.result), node.result)
        else:
            said += (node.rule, node.about, *node.premises, *(number[id(one)] for one in node.premises.values()))
    return tuple(said)


@final
class _Outcomes:
    """What a derivation leads to, given values for some of the parts it rests on: its result, and its mistakes."""

    def __init__(self, derivation: Derivation, instead: Mapping[int, Value], parts: tuple[str, ...]) -> None:
        self.parts = parts

        def exchange(node: Derivation) -> Value | None:
            return instead.get(id(node))

        self.result = replay(derivation, exchange) if instead else derivation.result
        self._mistakes = groupby(mistakes(derivation, exchange), key=lambda mistake: len(mistake.slips))
        self._levels: list[Level] = []
        self._turn = Lock()

    def levels(self) -> Iterator[Level]:
        """The mistakes with one slip, with two, by what they lead to; worked out when they are first asked for."""
        for index in count():
            with self._turn:
                if index == len(self._levels):
                    _, level = next(self._mistakes, (0, ()))
                    table: dict[Value, list[Mistake]] = {}
                    for mistake in level:
                        table.setdefault(mistake.value, []).append(mistake)
                    self._levels.append(table)
            if not self._levels[index]:
                return
            yield self._levels[index]


@final
class PartMarker:
    """Judges the answers to one part."""

    def __init__(self, instance: Instance, part_id: str) -> None:
        self.part = instance.part(part_id)
        self.numbers = instance.numbers
        self.keys = instance.keys.beside(part_id)
        self.derivation: Derivation = self.keys[part_id]
        self.key = self.derivation.result
        given = tuple(node.result for node in everything(self.derivation) if isinstance(node, Given))
        self.kind: AnswerKind = EVERY_KIND[instance.kind(self.part)](self.part, self.key, given)
        self.form = form(self.part.form)
        self._remembered: dict[tuple[tuple[str, Value], ...], _Outcomes] = {}
        self._judged: dict[tuple[str, tuple[tuple[str, Value], ...]], Judgement] = {}

    @cached_property
    def rests_on(self) -> tuple[str, ...]:
        """The parts whose keys stand somewhere in this part's derivation."""
        inside = {id(node) for node in everything(self.derivation)} - {id(self.derivation)}
        return tuple(part for part, node in self.keys.items() if id(node) in inside)

    def judge(self, text: str, earlier: Mapping[str, Value]) -> Judgement:
        """What is said of an answer, given the values of earlier answers; the last ones are remembered."""
        asked = (text, tuple(earlier.items()))
        judgement = self._judged.get(asked)
        if judgement is None:
            if len(self._judged) >= MOST_REMEMBERED:
                self._judged.clear()
            judgement = self._judged[asked] = self._judgement(text, earlier)
        return judgement

    def _judgement(self, text: str, earlier: Mapping[str, Value]) -> Judgement:
        if self.part.code is not None:
            from grader.code import judged  # what reads networks, without which other answers are judged

            return judged(self.part, self.part.code, self.numbers, text)
        if self.algebra is not None and self._is_working(text):
            return self._working(self.algebra, text, earlier)
        read = self.kind.read(text)
        if isinstance(read, Unreadable):
            return Judgement(self.part.id, text, "", read)
        verdict = self._formed(text, read, self._verdict(read, earlier))
        if isinstance(self.kind, Lines) and isinstance(verdict, Right):
            verdict = Slipped(((Slip("", STEPS_MISSING),),))
        return Judgement(self.part.id, text, read.shown, verdict)

    @cached_property
    def algebra(self) -> Algebra | None:
        """What judges the steps of a working; None where the part takes no formula."""
        kind = self.kind.result if isinstance(self.kind, Lines) else self.kind
        match kind:
            case Moment():
                return Chances(self.part, self.derivation, kind)
            case Numeric() | Sizes() | Expression():
                return Formulas(self.derivation, self.part.decimal)
            case _:
                return None

    def _is_working(self, text: str) -> bool:
        """Whether an answer shows steps; what reads as a shape, as H = 10, W = 10, C = 3, is one."""
        return is_working(text) and not (isinstance(self.kind, Sizes) and isinstance(self.kind.read(text), Read))

    def _working(self, algebra: Algebra, text: str, earlier: Mapping[str, Value]) -> Judgement:
        """The judgement of steps, and of what they lead to."""
        answer = answer_of(algebra, text)
        read = self.kind.read(answer)
        plain = read if isinstance(read, Unreadable) else self._formed(answer, read, self._verdict(read, earlier))
        algebra.begins(plain)
        found = worked(algebra, text, self.part.slip, max(1, sum(1 for _ in walk(self.derivation))))
        shown = "" if isinstance(read, Unreadable) else read.shown
        return Judgement(self.part.id, text, shown, verdict_of(found, plain, self.part), found.steps)

    def explanations(self) -> Iterator[tuple[Value, Explanation]]:
        """What mistakes lead to, fewest slips first."""
        for level in self._outcomes({}).levels():
            for mistake in chain.from_iterable(level.values()):
                yield mistake.value, tuple(_slips(mistake))

    def reading(self, value: Value) -> Reading:
        """A value as an answer that says it would be read."""
        literal = isinstance(value, bool | int | Fraction | tuple)
        return value if literal else as_formula(value)

    def is_key(self, value: Value) -> bool:
        """Whether an answer that says a value is right."""
        return self.kind.same(self.reading(value), self.key) is True

    def _formed(self, text: str, read: Read, verdict: Verdict) -> Verdict:
        """The verdict on an answer with the right value, which may not have the form that is demanded."""
        if self.form is None:
            return verdict
        said = self.kind.typed(text, read)
        if isinstance(verdict, Right) and said is not None and (slip := lacks(self.form, said)):
            return Slipped(((Slip(FORM, slip),),), self.part.formless)
        if isinstance(verdict, Wrong) and self.form.rounds and said is not None and not lacks(self.form, said):
            match self.key, read.readings[0]:
                case (int() | Fraction() as key, int() | Fraction() as value) if abs(Fraction(value) - key) < unit(
                    self.form, Fraction(key)
                ):
                    return Slipped(((Slip(FORM, ROUNDED_WRONGLY),),), self.part.formless)
        return verdict

    def prepare(self) -> None:
        """Works out beforehand what mistakes lead to."""
        deque(self._outcomes({}).levels(), maxlen=0)

    def says_key(self, text: str) -> bool:
        """Whether a text says the key, in whatever form."""
        read = self.kind.read(text)
        return not isinstance(read, Unreadable) and self._same(read, self.key) is True

    def wrong_value(self, text: str) -> Value | None:
        """The likeliest value of an answer that is not the key, for answers that may rest on it."""
        if self.algebra is not None and self._is_working(text):
            text = answer_of(self.algebra, text)
        read = self.kind.read(text)
        if isinstance(read, Unreadable) or not read.readings or self._same(read, self.key):
            return None
        value = self.kind.completed(read.readings[0])
        return None if isinstance(value, Formula) else value

    def _verdict(self, read: Read, earlier: Mapping[str, Value]) -> Verdict:
        if self.part.free:
            return Review("count_given" if self._same(read, self.key) else "count_not_given")
        same = self._same(read, self.key)
        if same is not False:
            return Right() if same else Review("undecided")
        followed = [self._outcomes(some) for some in _subsets(earlier)]
        changed = [outcomes for outcomes in followed if outcomes.result not in (None, self.key)]
        moved = [outcomes for outcomes in changed if not self._is_trivial(outcomes, earlier)]
        for outcomes in moved:
            if self._same(read, cast("Value", outcomes.result)):
                return Follows(outcomes.parts)
        explained = () if self.part.options else self._explained(read, self._outcomes({}))
        if explained and len(explained[0]) == 1:
            return Slipped(explained)
        for outcomes in moved:
            followed_slips = self._explained(read, outcomes)
            if followed_slips and (not explained or len(followed_slips[0]) < len(explained[0])):
                return Follows(outcomes.parts, followed_slips)
        if explained:
            return Slipped(explained)
        trivial = (cast("Value", outcomes.result) for outcomes in changed if outcomes not in moved)
        return Wrong(TRIVIAL) if any(self._same(read, value) for value in trivial) else self._left_out(read, moved)

    def _is_trivial(self, outcomes: _Outcomes, earlier: Mapping[str, Value]) -> bool:
        """Whether the answers that something follows from leave nothing to work out, where the key does not."""
        alike = [part for part in outcomes.parts if self.keys[part].result == self.key]
        values = [earlier[part] for part in outcomes.parts if part not in alike]
        return _leaves_nothing(cast("Value", outcomes.result), self.key, values)

    def _left_out(self, read: Read, moved: Sequence[_Outcomes]) -> Verdict:
        """Slipped where a reading lacks a part of the key, following where it lacks it of what follows; else wrong."""
        for reading in read.readings:
            slip = self.kind.incomplete(reading, self.key)
            if slip:
                return Slipped(((Slip("", slip),),))
            for outcomes in moved:
                slip = self.kind.incomplete(reading, cast("Value", outcomes.result))
                if slip:
                    return Follows(outcomes.parts, ((Slip("", slip),),))
        return Wrong()

    def _outcomes(self, earlier: Mapping[str, Value]) -> _Outcomes:
        """What the key's derivation leads to with these answers in place of the parts that they answer."""
        at = tuple(earlier.items())
        outcomes = self._remembered.get(at)
        if outcomes is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            instead = {id(self.keys[part]): value for part, value in at}
            outcomes = self._remembered[at] = _Outcomes(self.derivation, instead, tuple(earlier))
        return outcomes

    def _same(self, read: Read, key: Value) -> bool | None:
        """Whether one of the readings is the key; None where none is and one is undecided."""
        said = [self.kind.same(reading, key) for reading in read.readings]
        return True if True in said else None if None in said else False

    def _explained(self, read: Read, outcomes: _Outcomes) -> tuple[Explanation, ...]:
        """The explanations with the fewest slips that lead to the answer, each once."""
        for level in outcomes.levels():
            if self.kind.literal:
                made = [mistake for one in read.readings for mistake in level.get(cast("Value", one), ())]
            else:
                every = chain.from_iterable(level.values())
                made = [one for one in every if any(self.kind.explained_by(said, one.value) for said in read.readings)]
            if made:
                return told_apart(dict.fromkeys(tuple(_slips(mistake)) for mistake in made))[:MOST_EXPLANATIONS]
        return ()


def told_apart(found: Iterable[Explanation]) -> tuple[Explanation, ...]:
    """Explanations of one answer, without what another says better: one made everywhere, or a term forgotten."""
    said = list(found)
    everywhere = {tuple(slip.name for slip in one) for one in said if not any(slip.about for slip in one)}
    kept = [
        one for one in said if not any(slip.about for slip in one) or tuple(slip.name for slip in one) not in everywhere
    ]
    better = [one for one in kept if all(slip.name != TERM_FORGOTTEN for slip in one)]
    return tuple(better or kept)


def _subsets(earlier: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """The ways to rest on some of the earlier answers, on most of them first."""
    count = len(earlier)
    sizes = dict.fromkeys((count, count - 1, *range(1, count - 1))) if count > 2 else range(count, 0, -1)
    ways = (some for size in sizes for some in combinations(earlier, size))
    for some in islice(ways, MOST_SUBSETS):
        yield {part: earlier[part] for part in some}


def _leaves_nothing(result: Value, key: Value, earlier: Iterable[Value]) -> bool:
    """Whether an earlier answer left nothing to work out: 0 follows, nothing at all, or that answer itself."""
    if isinstance(result, tuple):
        return not result or (0 in result and not (isinstance(key, tuple) and 0 in key))
    return result == 0 or any(result is not True and result == value for value in earlier)


def _slips(mistake: Mistake) -> Iterator[Slip]:
    for name, about in mistake.slips:
        if name == TERM_FORGOTTEN:
            yield Slip(TOTAL.name, name, about)
            continue
        rule = next((step.rule.name for step in mistake.steps if name in step.rule.slips), mistake.steps[0].rule.name)
        yield Slip(rule, name, about)
