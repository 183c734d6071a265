"""The desk: everything that needs the keys. What it is asked and what it answers can be sent between processes.

At a terminal it is part of the program; behind a web page it sits in worker processes of its own, so that an answer
which takes too long can be ended, and the process that talks to students never holds a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple, Protocol, TypeAlias, final

from exercises.exercise import LANGUAGES, Language, Numbers
from exercises.library import Library
from grader.hints import Rung, about_slip, ladder, reached
from grader.judge import Marker
from grader.prose import without_words
from grader.verdict import Judgement, Slip, Unreadable
from reports.document import Block
from reports.pages.exhibits import exhibited
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import read

MOST_MARKERS = 1_000
CALCULATED = ("whole", "number")

Place: TypeAlias = tuple[str, str]
"""An exercise's id and the code of a variant, "" for the course's own numbers."""


@final
@frozen(slots=True)
class Sheet:
    """What may be known of an exercise: its numbers, the kinds of answers that parts take, which have pictures."""

    numbers: Numbers
    kinds: Mapping[str, str]
    pictured: tuple[str, ...] = ()


class Question(NamedTuple):
    """An answer that is to be judged, with the answers to other parts, from which it may follow."""

    place: Place
    part: str
    text: str
    earlier: tuple[tuple[str, str], ...] = ()


@final
@frozen(slots=True)
class Asked:
    """What a student has asked and answered so far: hints to a part, wrong answers to it, the last slip, parts done."""

    hints: int = 0
    wrong: int = 0
    slips: tuple[Slip, ...] = ()
    done: tuple[str, ...] = ()


@final
@frozen(slots=True)
class Hints:
    """The hints that a student sees, and whether there is another."""

    rungs: tuple[Rung, ...]
    more: bool


Pictures: TypeAlias = Mapping[str, tuple[Block, ...]]
"""What is shown with the statement and with parts before they are answered; no key is in it."""


class Desk(Protocol):
    """What is asked of a desk."""

    def sheet(self, place: Place) -> Sheet:
        """The exercise's numbers; raises UnknownExercise, BadCode or BadExercise."""
        ...

    def check(self, questions: Sequence[Question]) -> Sequence[Judgement]:
        """The judgement of each answer."""
        ...

    def hints(self, place: Place, part: str, asked: Asked) -> Hints:
        """The hints to a part."""
        ...

    def read(self, place: Place, part: str, text: str) -> str | Unreadable:
        """How an answer is read, before it is checked."""
        ...

    def pictures(self, place: Place, language: Language) -> Pictures:
        """What is shown beside the questions."""
        ...


@final
class OwnDesk:
    """A desk in this process."""

    def __init__(self, shelf: Library) -> None:
        self.shelf = shelf
        self._markers: dict[Place, Marker] = {}
        self._pictures: dict[tuple[Place, Language], Pictures] = {}
        self._ladders: dict[tuple[Place, str, frozenset[str]], tuple[Rung, ...]] = {}

    def sheet(self, place: Place) -> Sheet:
        """The exercise's numbers and kinds of answers."""
        instance = self._marker(place).instance
        kinds = {part.id: instance.kind(part) for part in instance.exercise.parts}
        return Sheet(instance.numbers, kinds, tuple(instance.pictures))

    def check(self, questions: Sequence[Question]) -> Sequence[Judgement]:
        """The judgement of each answer."""
        return [self._marker(one.place).judge(one.part, one.text, dict(one.earlier)) for one in questions]

    def hints(self, place: Place, part: str, asked: Asked) -> Hints:
        """The hints to a part: first about a slip that was just made, then up the ladder."""
        marker = self._marker(place)
        rungs = self._ladder(place, part, frozenset(asked.done) - {part})
        shown = reached(asked.hints, asked.wrong, len(rungs))
        slips = [about_slip(marker, part, slip) for slip in asked.slips] if asked.hints else []
        return Hints((*slips, *rungs[:shown]), shown < len(rungs))

    def read(self, place: Place, part: str, text: str) -> str | Unreadable:
        """How an answer is read."""
        marker = self._marker(place)
        asked = marker.instance.part(part)
        said = marker.part(part).kind.read(text)
        if isinstance(said, Unreadable):
            return said
        if marker.instance.kind(asked) in CALCULATED:
            # as it stands: what it comes to is for the student to know
            formula = read(without_words(text), decimal=asked.decimal)
            return said.shown if isinstance(formula, Unreadable) else plain(formula)
        return said.shown

    def pictures(self, place: Place, language: Language) -> Pictures:
        """The figures of the statement and of parts."""
        if (place, language) not in self._pictures:
            shown = self._marker(place).instance.pictures
            self._pictures[place, language] = {
                part: tuple(chain(*(exhibited(one, language) for one in figures))) for part, figures in shown.items()
            }
        return self._pictures[place, language]

    def warm(self, exercises: Sequence[str]) -> None:
        """Works out beforehand what the pages of the course's own numbers and answers to them will need."""
        for exercise in exercises:
            marker = self._marker((exercise, ""))
            for part in marker.instance.exercise.parts:
                marker.part(part.id).prepare()
            for language in LANGUAGES:
                self.pictures((exercise, ""), language)

    def _marker(self, place: Place) -> Marker:
        if place not in self._markers:
            if len(self._markers) >= MOST_MARKERS:
                self._markers.clear()
                self._ladders.clear()
                self._pictures.clear()
            self._markers[place] = Marker(self.shelf.instance(*place))
        return self._markers[place]

    def _ladder(self, place: Place, part: str, done: frozenset[str]) -> tuple[Rung, ...]:
        key = (place, part, done)
        if key not in self._ladders:
            self._ladders[key] = ladder(self._marker(place), part, done)
        return self._ladders[key]
