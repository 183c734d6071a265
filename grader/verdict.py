"""What can be said of an answer, in order of precedence, and what it earns.

Right     equal to the key
Follows   equal to what follows from the student's own answers to earlier parts (and, with slips, a mistake on top)
Slipped   equal to what a known mistake leads to; several explanations are all named
Wrong     none of these
Unreadable, Review   never wrong: the student is told what could not be read, or a person decides
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias, assert_never, final

from exercises.exercise import Part
from solver.frozen import frozen
from solver.notation.unreadable import Unreadable as Unreadable


@final
@frozen(slots=True)
class Slip:
    """A typical mistake: the rule it was made in, its name, and what it was about ("" for everywhere)."""

    rule: str
    name: str
    about: str = ""


FORM = "form"
"""What stands for the rule of a slip that is about the form alone."""

Explanation: TypeAlias = tuple[Slip, ...]
"""Slips which together lead to an answer."""


@final
@frozen(slots=True)
class Right:
    """The answer is the key. `note` is a remark worth making all the same, a key of the catalogs."""

    note: str = ""


@final
@frozen(slots=True)
class Follows:
    """The answer follows from the answers to these parts, which were wrong."""

    parts: tuple[str, ...]
    slips: tuple[Explanation, ...] = ()


@final
@frozen(slots=True)
class Slipped:
    """The answer is what each of these explanations leads to. `share` of the marks, where it is not the part's own."""

    slips: tuple[Explanation, ...]
    share: Fraction | None = None


@final
@frozen(slots=True)
class Wrong:
    """The answer was read and is none of the above. `note` is a remark, a key of the catalogs.

    `share` is what is earned all the same, as by the right steps of a derivation.
    """

    note: str = ""
    share: Fraction = Fraction(0)


@final
@frozen(slots=True)
class Review:
    """A person decides."""

    reason: str


Verdict: TypeAlias = Right | Follows | Slipped | Wrong | Unreadable | Review

NAMES: dict[type, str] = {
    Right: "right",
    Follows: "follows",
    Slipped: "slipped",
    Wrong: "wrong",
    Unreadable: "unreadable",
    Review: "review",
}


def name(verdict: Verdict) -> str:
    """The verdict's name in data: right, follows, slipped, wrong, unreadable, review."""
    return NAMES[type(verdict)]


Assumed: TypeAlias = "tuple[str, tuple[str, ...]]"
"""What is assumed of random names: a kind, a key of the catalogs, and the names that it is about."""
StepVerdict: TypeAlias = Literal["right", "consistent", "slipped", "wrong", "unsure", "unread"]


@final
@frozen(slots=True)
class Step:
    """One step of a student's working: from what stands before a sign of equality to what stands behind it.

    line       the line it ends in, from 1           at, end   where in the answer what it leads to stands
    since      where what it leads from begins, if that stands on the same line; else `at`
    verdict    right; consistent: right, behind a wrong one; unsure: nothing that was tried decides; unread
    rules      the rules that lead there, keys of the catalogs; () where none was recognised
    slips      what explains a wrong one
    unsaid     assumptions that it rests on and that the working does not name
    problem    why it cannot be read
    """

    line: int
    at: int
    end: int
    since: int
    verdict: StepVerdict
    rules: tuple[str, ...] = ()
    slips: tuple[Explanation, ...] = ()
    unsaid: tuple[Assumed, ...] = ()
    problem: Unreadable | None = None


@final
@frozen(slots=True)
class Requirement:
    """What code has to do, and whether it does.

    name   what is required, a key of the catalogs; where it is not met, what is the matter instead
    line   the line of the code that it is about, 0 for none        said   what the message names, in order
    """

    name: str
    met: bool
    line: int = 0
    said: tuple[str, ...] = ()


@final
@frozen(slots=True)
class Judgement:
    """An answer, how it was read ("" where it was not), and the verdict.

    Of a working there is the verdict on each step too, of code each of its requirements.
    """

    part: str
    answer: str
    read_as: str
    verdict: Verdict
    steps: tuple[Step, ...] = ()
    requirements: tuple[Requirement, ...] = ()


def marks(verdict: Verdict, part: Part) -> Fraction | None:
    """What a verdict earns; None where nobody knows yet."""
    full = Fraction(part.marks)
    match verdict:
        case Right():
            return full
        case Follows(_, slips):
            return full * part.follows * (part.slip if slips else 1)
        case Slipped(_, share):
            return full * (part.slip if share is None else share)
        case Wrong(_, share):
            return full * share
        case Unreadable() | Review():
            return None
        case _:
            assert_never(verdict)
