"""Judges a student's working: each step against the one before it, then what it leads to as an answer.

The answer is what the last line ends in, and is judged as any answer. Steps add to that: the first wrong one is told,
by its slip where one explains it, later ones are judged as they follow from it, and steps that are right earn their
share. What a step may rest on is what the part declares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, final

from exercises.exercise import Part, kind_of
from grader.algebra import Algebra, Link, about
from grader.kinds import KINDS, AnswerKind, Read, Reading
from grader.moments import Moment
from grader.verdict import Assumed, Follows, Right, Slipped, Step, StepVerdict, Unreadable, Verdict, Wrong
from grader.working import Line, Side, lines
from solver.frozen import frozen
from solver.notation.tree import Call, Formula, Number, names
from solver.values import Value

UNFINISHED: Final = "unfinished"
STEP: Final = "step_wrong"
STEPS_MISSING: Final = "steps_missing"
"""The slip of giving a result alone where its steps are asked for."""

_SAID: Final = {  # what names an assumption in a remark
    "centred": r"=\s*0|\bmean (?:is )?(?:zero|0)|zero[ -]mean|cent(?:e)?red|symmetr"
    r"|סימטרי|תוחלת\S*\s+(?:היא\s+)?(?:0|אפס)|מתאפס",
    "independent": r"indep|\bi\.?i\.?d|תלוי|תלות|ב[\"״]ת",
    "alike": r"identical|\bsame\b|\bi\.?i\.?d|\balike|equal|שווי|אותה|אותו|זהה|זהות|שוות",
    "uncorrelated": r"correlat|מתאם|מתואמ|\bindep|\bi\.?i\.?d|תלוי|תלות|ב[\"״]ת|cov\S*\s*=\s*0",
}
_SAID["symmetric"] = _SAID["centred"]


@final
@frozen(slots=True)
class Worked:
    """The steps of a working, the share of the marks that they earn, and how many a solution has."""

    steps: tuple[Step, ...]
    share: Fraction
    most: int


@final
class Lines(AnswerKind):
    """A working whose steps are asked for, and not its result alone; that is read as the part's own kind of answer."""

    def __init__(self, part: Part, key: Value, given: tuple[Value, ...] = ()) -> None:
        super().__init__(part, key, given)
        named = kind_of(key, part.within is not None)
        self.result: AnswerKind = (Moment if part.quantities is not None else KINDS[named])(part, key, given)

    def read(self, text: str) -> Read | Unreadable:
        return self.result.read(text)

    def same(self, reading: Reading, key: Value) -> bool | None:
        return self.result.same(reading, key)

    def incomplete(self, reading: Reading, key: Value) -> str:
        return self.result.incomplete(reading, key)

    def completed(self, reading: Reading) -> Reading:
        return self.result.completed(reading)

    def explained_by(self, reading: Reading, value: Value) -> bool:
        return self.result.explained_by(reading, value)

    @property
    def literal(self) -> bool:
        return self.result.literal


# --- the walk along the lines


@final
@dataclass
class _Walk:
    """The state of judging line after line."""

    algebra: Algebra
    said: tuple[Line, ...]
    steps: list[Step] = field(default_factory=list)
    counted: list[tuple[Formula, Formula]] = field(default_factory=list)
    heads: dict[Formula, Formula] = field(default_factory=dict)
    head: Formula | None = None
    last: Formula | None = None
    before: Side | None = None
    wrong: bool = False

    def run(self) -> None:
        for index, line in enumerate(self.said):
            self.remarks = " ".join(one.remark for one in self.said[: index + 1])
            self.line(line, is_last=not any(later.sides for later in self.said[index + 1 :]))

    def line(self, line: Line, is_last: bool) -> None:
        sides = list(line.sides)
        self.before = None
        if not sides:
            return
        continued = line.continued or (line.titled and self.algebra.chained)
        if not continued and line.titled:
            self.head = self.last = None
        elif not continued and len(sides) > 1:
            self.begin(sides.pop(0), line, is_last)
        elif not continued and not self.algebra.chained:
            self.last = self.head = None
        for side in sides:
            self.side(side, line)

    def begin(self, side: Side, line: Line, is_last: bool) -> None:
        """The first side of an equation: what an earlier one was about, or something new."""
        said = self.algebra.read(side)
        if isinstance(said, Unreadable):
            if not self.algebra.is_title(side):
                self.unread(line, side, said)
            self.head = self.last = None
            return
        if said not in self.heads:
            link = self.algebra.began(said)
            if link is not None:
                self.step(line, side, link, None, said)
            self.heads[said] = said
        self.head, self.last, self.before = said, self.heads[said], side

    def side(self, side: Side, line: Line) -> None:
        said = self.algebra.read(side)
        if isinstance(said, Unreadable):
            self.unread(line, side, said)
            self.last = None
            return
        before = self.last if self.last is not None or self.head is not None else self.algebra.asked
        if before is not None:
            link = about(before, said) if side.about else self.algebra.link(before, said)
            self.step(line, side, link, before, said)
        else:
            link_alone = self.algebra.began(said)
            if link_alone is not None:
                self.step(line, side, link_alone, None, said)
        self.last, self.before = said, side
        if self.head is None:
            self.head = self.algebra.asked
        if self.head is not None:
            self.heads[self.head] = said

    def unread(self, line: Line, side: Side, why: Unreadable) -> None:
        self.steps.append(Step(line.number, side.at, side.end, self._since(side), "unread", problem=why))

    def step(self, line: Line, side: Side, link: Link, before: Formula | None, said: Formula) -> None:
        unsaid = tuple(one for one in link.rests_on if not self.is_said(one))
        verdict: StepVerdict
        if link.holds is None:
            verdict = "unsure"
        elif link.holds:
            verdict = "consistent" if self.wrong else "right"
        else:
            verdict = "slipped" if link.slips else "wrong"
            self.wrong = True
        since = self._since(side)
        self.steps.append(Step(line.number, side.at, side.end, since, verdict, link.rules, link.slips, unsaid))
        pair = (before or said, said)
        if link.holds and link.counts and pair not in self.counted:
            self.counted.append(pair)

    def _since(self, side: Side) -> int:
        return side.at if self.before is None else self.before.at

    def is_said(self, fact: Assumed) -> bool:
        """Whether the working names an assumption: in a remark, or on a line of its own."""
        kind, named = fact
        if re.search(_SAID.get(kind, r"(?!)"), self.remarks, re.IGNORECASE):
            return True
        zero = [head for head, last in self.heads.items() if last == Number(0) and isinstance(head, Call)]
        means = {name.split("_")[0] for head in zero if head.function == "E" for name in names(head)}
        return kind in ("centred", "symmetric") and not means.isdisjoint(named)


def worked(algebra: Algebra, text: str, slip: Fraction, most: int) -> Worked:
    """The steps of a working; `most` is how many right steps earn anything, so that padding earns nothing."""
    walk_along = _Walk(algebra, lines(text))
    walk_along.run()
    steps = tuple(walk_along.steps)
    right = min(most, len(walk_along.counted))
    slipped = sum(step.verdict == "slipped" for step in steps)
    wrong = sum(step.verdict == "wrong" for step in steps)
    share = (right + slip * slipped) / Fraction(max(1, right + slipped + wrong))
    return Worked(steps, share, most)


def answer_of(algebra: Algebra, text: str) -> str:
    """What a working leads to: its last side, behind what it is equal to where the working says so."""
    whole = [line for line in lines(text) if line.sides]
    if not whole:
        return ""
    last = whole[-1].sides[-1].text.strip(" ,.;")
    continued = [line.continued or (line.titled and algebra.chained) for line in whole]
    begun = next((line for line, more in zip(reversed(whole), reversed(continued), strict=True) if not more), whole[0])
    head = begun.sides[0] if len(begun.sides) > 1 or begun is not whole[-1] else None
    if head is None or head is whole[-1].sides[-1] or isinstance(algebra.read(head), Unreadable):
        return last
    return f"{head.text.strip()} = {last}" if algebra.chained else last


def verdict_of(found: Worked, plain: Verdict, part: Part) -> Verdict:
    """What is said of the whole: the answer's verdict, unless a step before it is wrong."""
    steps = found.steps
    unread = next((step for step in steps if step.verdict == "unread"), None)
    bad = [step for step in steps if step.verdict in ("wrong", "slipped")]
    if isinstance(plain, Right) and not bad:
        return plain
    if isinstance(plain, Follows):
        return plain
    if not bad and unread is not None and unread.problem is not None:
        return unread.problem
    if not bad:
        if isinstance(plain, Unreadable) and plain.reason in ("not_worked_out", "other_quantity", "unknown_name"):
            return Wrong(UNFINISHED, _less(found, steps))
        if isinstance(plain, Slipped):
            return replace(plain, share=max(part.slip, found.share * part.slip))
        return replace(plain, note=UNFINISHED, share=_less(found, steps)) if isinstance(plain, Wrong) else plain
    share = found.share
    if all(step.verdict == "slipped" for step in bad):
        explained = tuple(dict.fromkeys(explanation for step in bad[:1] for explanation in step.slips))
        return Slipped(explained, max(share, part.slip))
    if isinstance(plain, Slipped):
        return replace(plain, share=max(share, part.slip))
    return Wrong(STEP, share)


def _less(found: Worked, steps: Sequence[Step]) -> Fraction:
    """What right steps earn that stop before the answer: as if one more were missing."""
    right = sum(step.verdict == "right" for step in steps)
    return found.share * Fraction(right, max(right + 1, found.most))
