"""Self-check, whatever face it has: an attempt is started, answers are checked, hints are given, progress is shown.

    service.start(who, place)                        the exercise, and what was done with it before
    service.check(who, place, "2", "48", once)       judges an answer and keeps it, once for each `once`
    service.hint(who, place, "2", once)              one hint more
    service.progress(who, place)                     each part: its last answer, its hints, how often it was tried

Nothing that it gives back holds a key, in any form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import final

from exercises.exercise import Part
from grader.gradebooks.marks_json import requirements_of, verdict_of
from grader.store import Attempt, Override, Store, answered
from grader.verdict import Follows, Judgement, Slip, Slipped, Verdict, marks
from solver.frozen import frozen
from tirgul.desk import Asked, Desk, Hints, Place, Question, Sheet

MOST_ANSWERS = 100
MOST_CHARACTERS = 400
MOST_TEXT = 8_000
CODE_KINDS = ("network", "training")
LONG_KINDS = ("free", "lines", *CODE_KINDS)
"""The kinds whose answers are more than a line."""
MISTAKEN = ("wrong", "slipped", "follows")


class TooOften(Exception):
    """A part was answered so often that it is no longer answered but guessed."""


class TooLong(Exception):
    """An answer has more characters than are read; carries how many may be."""


@final
@frozen(slots=True)
class Who:
    """A student, by pseudonym, and the session in which they work: only their session's work is shown to them."""

    student: str
    session: str


@final
@frozen(slots=True)
class Progress:
    """What was done with one part."""

    part: str
    answers: tuple[Attempt, ...] = ()
    asked: int = 0
    override: Override | None = None

    @property
    def last(self) -> Attempt | None:
        """The last answer."""
        return self.answers[-1] if self.answers else None

    @property
    def verdict(self) -> Verdict | None:
        """What was said of the last answer."""
        return verdict_of(self.last.judgement) if self.last else None

    @property
    def judgement(self) -> Judgement | None:
        """The last answer, how it was read, and the verdict."""
        if self.last is None:
            return None
        said = self.last.judgement
        read_as, required = said.get("read_as", ""), requirements_of(said)
        return Judgement(self.part, self.last.text, read_as, verdict_of(said), requirements=required)

    @property
    def done(self) -> bool:
        """Whether the part was answered rightly, at any time."""
        return any(attempt.verdict == "right" for attempt in self.answers)

    @property
    def wrong(self) -> int:
        """How many different answers were wrong."""
        return len({attempt.text.strip() for attempt in self.answers if attempt.verdict in MISTAKEN})

    def marks(self, part: Part) -> Fraction | None:
        """What the last answer earns; a mark by hand stands."""
        if self.override is not None:
            return self.override.marks
        return marks(self.verdict, part) if self.verdict is not None else Fraction(0)


@final
@frozen
class Service:
    """Self-check over a desk, which has the keys, and a store, which keeps what was done."""

    desk: Desk
    store: Store

    def start(self, who: Who, place: Place) -> tuple[Sheet, Mapping[str, Progress]]:
        """The exercise and what was done with it; raises UnknownExercise, BadCode or BadExercise."""
        sheet = self.desk.sheet(place)
        return sheet, self.progress(who, place, sheet)

    def progress(self, who: Who, place: Place, sheet: Sheet | None = None) -> Mapping[str, Progress]:
        """What was done with each part."""
        exercise, variant = place
        attempts = self.store.attempts(session=who.session, exercise=exercise, variant=variant)
        reviewed = [one.id for one in attempts if one.verdict in ("review", "unreadable")]
        parts = (sheet or self.desk.sheet(place)).kinds
        return states(parts, attempts, self.store.overrides(reviewed))

    def check(self, who: Who, place: Place, part: str, text: str, once: str) -> Mapping[str, Progress]:
        """Judges an answer and keeps it; gives where each part then stands. Raises TooLong or TooOften."""
        sheet, before = self.start(who, place)
        (judgement,) = self.desk.check([question(sheet, place, part, text, before)])
        return after(before, *self.store.add(self.attempt(who, place, once, judgement)))

    def attempt(self, who: Who, place: Place, once: str, judgement: Judgement) -> Attempt:
        """A judged answer as it is kept."""
        name = self._id(who, once, *place, judgement.part, "answer", judgement.answer)
        return answered(name, who.student, who.session, *place, judgement)

    def hint(self, who: Who, place: Place, part: str, once: str) -> None:
        """Keeps that a hint was asked for."""
        name = self._id(who, once, *place, part, "hint")
        self.store.add(Attempt(name, who.student, who.session, *place, part, "hint"))

    def hints(self, place: Place, states: Mapping[str, Progress], part: str) -> Hints:
        """The hints to a part that were earned so far."""
        state = states[part]
        slips = _slips(state.verdict) if state.asked else ()
        done = tuple(other for other, one in states.items() if one.done)
        return self.desk.hints(place, part, Asked(state.asked, state.wrong, slips, done))

    def _id(self, who: Who, once: str, *what: str) -> str:
        """An attempt's name: a form whose reply was lost may bring something else, which is kept too."""
        return self.store.signed("attempt", who.session, once, *what)[:32]


def states(
    parts: Sequence[str] | Mapping[str, str], attempts: Sequence[Attempt], overrides: Mapping[str, Override]
) -> dict[str, Progress]:
    """What was done with each part, from attempts in their order."""
    found = {}
    for part in parts:
        mine = [one for one in attempts if one.part == part]
        answers = tuple(one for one in mine if one.kind == "answer")
        marked = [overrides[one.id] for one in answers[-1:] if one.id in overrides]
        found[part] = Progress(part, answers, len(mine) - len(answers), marked[0] if marked else None)
    return found


def question(sheet: Sheet, place: Place, part: str, text: str, before: Mapping[str, Progress]) -> Question:
    """What the desk is asked about an answer; raises TooLong or TooOften."""
    most = MOST_TEXT if sheet.kinds[part] in LONG_KINDS else MOST_CHARACTERS
    if len(text) > most:
        raise TooLong(most)
    if len(before[part].answers) >= MOST_ANSWERS:
        raise TooOften
    earlier = (
        (other, state.last.text)
        for other, state in before.items()
        if other != part and state.last and state.last.verdict not in ("unreadable", "review")
    )
    return Question(place, part, text, tuple(earlier))


def after(before: Mapping[str, Progress], kept: Attempt) -> Mapping[str, Progress]:
    """Where each part stands after one more answer, which may be one that was there before."""
    state = before[kept.part]
    if any(one.id == kept.id for one in state.answers):
        return before
    return {**before, kept.part: Progress(kept.part, (*state.answers, kept), state.asked)}


def _slips(verdict: Verdict | None) -> tuple[Slip, ...]:
    """The slips of the first explanation."""
    match verdict:
        case Slipped(slips) | Follows(_, slips) if slips:
            return slips[0]
        case _:
            return ()
