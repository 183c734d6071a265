"""A step in words, the same on pages and at a terminal: why it holds, what it assumes, what checked it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from reports.document import Badge
from reports.lines import Line, Math, Sayer, joined, link, token, whole
from reports.solution import Assumption, Step
from solver.notation.reading import read
from solver.notation.tree import Name
from solver.verify.check import Check


def rule_line(rule: str, say: Sayer) -> Line:
    """A rule by its name; one of somebody's own by the name that its author gave it."""
    key = f"rule.{rule}"
    return say(key) if key in say.words else token(rule)


def about_line(about: str) -> Line:
    """What a step is about: a letter and a name with an index as formulas have them, any other as it is."""
    said = read(about, (about,)) if "_" in about or len(about) == 1 else None
    return Line(Math(said)) if isinstance(said, Name) else token(about)


def reason_line(step: Step, say: Sayer, about: Callable[[str], Line] = about_line, entry: str = "") -> Line:
    """The rule, which leads to its entry where there is one, and what it is about."""
    rule = rule_line(step.rule, say)
    if entry:
        rule = link(rule, f"#{entry}")
    if step.labels:
        return say("step.parts", rule=rule, parts=joined(map(about, step.labels), ", "))
    return say("step.of", rule=rule, about=about(step.about)) if step.about else rule


def assumptions_line(assumptions: Sequence[Assumption], say: Sayer) -> Line:
    """What a step or a result assumes.

    >>> from reports.words import words
    >>> assumptions_line([Assumption("independent", (Name("w"), Name("x")))], Sayer(words("en")))
    'assumes: w and x are independent'
    """
    return say("step.assumes", assumptions=joined((_assumption(one, say) for one in assumptions), "; "))


def _assumption(assumption: Assumption, say: Sayer) -> Line:
    first, *_, last = (Line(Math(said)) for said in (*assumption.about, assumption.about[-1]))
    return say(f"assumption.{assumption.kind}", first=first, second=last)


def badge(check: Check, say: Sayer) -> Badge:
    """What checked a step; a sign that it is verified is the printer's."""
    method = say(f"method.{check.method}")
    said = say("check.badge", method=method, scope=token(_unbroken(check.scope))) if check.scope else method
    if check.recorded:
        said = say("check.recorded", said=said, date=whole(token(check.recorded)))
    if check.verdict == "refuted":
        said = say("check.by", verdict=say("check.refuted"), method=said)
    if check.verdict == "inconclusive":
        said = say("check.inconclusive")
    label = checked(check, say)
    data = {"scope": check.scope, "recorded": check.recorded, "because": check.because}
    return Badge(said, label, check.verdict, check.method, {name: value for name, value in data.items() if value})


def checked(check: Check, say: Sayer) -> Line:
    """What checked a step, for where there is no sign before it."""
    verdict, method = say(f"check.{check.verdict}"), say(f"method.{check.method}")
    if check.verdict == "inconclusive":
        return verdict
    if check.scope:
        return say("check.scope", verdict=verdict, method=method, scope=check.scope)
    return say("check.by", verdict=verdict, method=method)


def _unbroken(scope: str) -> str:
    """`K = 1..6` with its sides on one line, and `n = 0, 1, 2` as a whole."""
    return re.sub(r"(?<=\d), (?=\d)", ",\u00a0", scope.replace(" = ", "\u00a0=\u00a0"))
