"""What is said to students about their answers, for every format: a page hands in a `say` that gives markup."""

from __future__ import annotations

from functools import reduce
from typing import Protocol, assert_never

from grader.verdict import (
    FORM,
    Explanation,
    Follows,
    Requirement,
    Review,
    Right,
    Slip,
    Slipped,
    Step,
    Unreadable,
    Verdict,
    Wrong,
)
from reports.markup import Html
from reports.words import Unsaid


class Say(Protocol):
    """Puts values into the message under a key: `Words.say`, or the same with markup."""

    def __call__(self, key: str, /, **values: object) -> str: ...


def feedback(say: Say, verdict: Verdict | None, typed: str = "", alone: str = "") -> str:
    """A sentence about an answer, which never tells the key; None where there is no answer.

    `typed` is the answer; `alone` the kind of answer that is asked, where students check themselves and nobody looks.

    >>> from reports.words import words
    >>> feedback(words("en").say, Slipped(((Slip("window.output_size", "no_plus_one"),),)))
    'This answer comes from a typical mistake: the +1 at the end of the formula is missing.'
    """
    match verdict:
        case None:
            return say("feedback.missing")
        case Wrong("unfinished" | "step_wrong" | "code_breaks" | "code_differs" as note):
            return say(f"note.{note}")
        case Right(note) | Wrong(note):
            said = say("feedback.right" if isinstance(verdict, Right) else "feedback.wrong")
            return say("feedback.noted", said=said, note=say(f"note.{note}")) if note else said
        case Follows(parts, ()):
            return say("feedback.follows" if len(parts) == 1 else "feedback.follows_several", parts=", ".join(parts))
        case Follows(parts, slips):
            how = "feedback.follows_slipped" if len(parts) == 1 else "feedback.follows_slipped_several"
            return say(how, parts=", ".join(parts), slips=explained(say, slips))
        case Slipped(slips) if slips[0][0].rule == FORM:
            return say("feedback.form", lacks=explained(say, slips))
        case Slipped(slips):
            return say("feedback.slipped", slips=explained(say, slips))
        case Unreadable():
            said = say("feedback.unreadable", reason=cannot_read(say, verdict, typed))
            if verdict.reason == "empty" and not typed.strip():
                said = say("feedback.empty")
            return say("feedback.noted", said=said, note=say(f"feedback.write.{alone}" if alone else "feedback.person"))
        case Review(reason):
            return say("feedback.undecided" if alone else "feedback.review", reason=say(f"review.{reason}"))
        case _:
            assert_never(verdict)


def cannot_read(say: Say, verdict: Unreadable, typed: str = "") -> str:
    """Why an answer cannot be read, in a few words: with the word that it is about where there is one.

    >>> from reports.words import words
    >>> cannot_read(words("en").say, Unreadable("ambiguous")), cannot_read(words("en").say, Unreadable("empty"), "so")
    ('it can be read in more than one way', 'it has words and no answer')
    """
    if verdict.reason == "empty" and typed.strip():
        return say("unreadable.words_only")
    said = say(f"unreadable.{verdict.reason}", word=verdict.word or Html(""))
    return said if verdict.word else type(said)(said.rstrip(": "))


def explained(say: Say, explanations: tuple[Explanation, ...]) -> str:
    """Explanations, any of which may be what happened."""
    said = [together(say, explanation) for explanation in explanations]
    return reduce(lambda first, second: say("feedback.or", first=first, second=second), said)


def together(say: Say, explanation: Explanation) -> str:
    """Slips that were made together."""
    said = [slip_said(say, slip) for slip in explanation]
    return reduce(lambda first, second: say("feedback.also", first=first, second=second), said)


def step_said(say: Say, step: Step) -> str:
    """What is said of one step of a working, with what it silently rests on.

    >>> from reports.words import words
    >>> step_said(words("en").say, Step(1, 0, 1, 0, "right", ("moments.centred",)))
    'right: the expectation is zero'
    """
    match step.verdict:
        case "slipped":
            said = say("working.slipped", slips=explained(say, step.slips))
        case "unread":
            said = say("working.unread", reason=cannot_read(say, step.problem or Unreadable("syntax"), "…"))
        case verdict:
            said = say(f"working.{verdict}")
    if step.rules and step.verdict in ("right", "consistent"):
        rules = reduce(lambda first, second: say("working.then", first=first, second=second), _rules(say, step))
        said = say("working.by", said=said, rules=rules)
    if step.unsaid:
        facts = [say(f"assumption.{kind}", first=about[0], second=about[-1]) for kind, about in step.unsaid]
        uses = reduce(lambda first, second: say("working.and", first=first, second=second), facts)
        said = say("working.unsaid", said=said, assumptions=uses)
    return said


def requirement_said(say: Say, requirement: Requirement) -> str:
    """What is said of one thing that code has to do.

    >>> from reports.words import words
    >>> requirement_said(words("en").say, Requirement("misfit_channels", False, 12, ("conv2", "conv1", "8", "6")))
    'line 12: conv2 expects 8 channels and gets 6 from conv1'
    """
    places = ("first", "second", "third", "fourth")
    values = dict(zip(places, (*requirement.said, "", "", "", ""), strict=False))
    if not requirement.met and values["second"] == "":
        values["second"] = say("code.the_input")
    said = say(f"code.{requirement.name}" if requirement.met else f"code.not.{requirement.name}", **values)
    return say("code.line", line=requirement.line, said=said) if requirement.line else said


def _rules(say: Say, step: Step) -> list[str]:
    said = []
    for rule in step.rules:
        try:
            said.append(say(f"rule.{rule}"))
        except Unsaid:  # the rule of somebody's own exercise
            said.append(rule)
    return said


def hints(say: Say, verdict: Verdict | None) -> list[str]:
    """Where to look again after recognised slips: their rules, each once; nothing that tells the answer."""
    match verdict:
        case Slipped(slips) | Follows(_, slips):
            rules = dict.fromkeys(slip.rule for explanation in slips for slip in explanation if slip.rule)
        case _:
            return []
    found = []
    for rule in rules:
        try:
            found.append(say("feedback.hint", rule=say(f"rule.{rule}")))
        except Unsaid:  # the rule of somebody's own exercise
            continue
    return found


def slip_said(say: Say, slip: Slip) -> str:
    """One slip, and the layer it was made in where it was made in one only."""
    try:
        said = say(f"slip.{slip.name}")
    except Unsaid:  # the slip of somebody's own exercise
        said = say("slip.unnamed", name=slip.name)
    return say("slip.where", slip=said, where=slip.about) if slip.about else said
