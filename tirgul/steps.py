"""Steps of derivations at a terminal: what each one is, what it says, and what checked it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exercises.exercise import Language
from reports.assumptions import assumptions_said
from reports.solution import Step, equation
from reports.words import words
from solver.verify.check import Check


def step_lines(
    steps: Iterable[Step], language: Language, *, opening: bool = False, indent: str = "  "
) -> Iterator[str]:
    """Each step with a formula and its checks on lines of their own; `opening` those that lemmas open into too."""
    for step in steps:
        yield f"{indent}{reason(step, language)}"
        if len(step.sides) > 1 or step.truth is None:
            yield f"{indent}    {equation(step)}"
        if step.assumes:
            yield f"{indent}    {assumptions_said(words(language).say, step.assumes)}"
        yield f"{indent}    ({'; '.join(checked(check, language) for check in step.checks)})"
        if opening:
            yield from step_lines(step.inner, language, indent=f"{indent}        ")


def reason(step: Step, language: Language) -> str:
    """The rule's name, what it is about, and how often it applies."""
    say = words(language).say
    said = say(f"rule.{step.rule}") if f"rule.{step.rule}" in words(language) else step.rule
    said = say("step.of", rule=said, about=step.about) if step.about else said
    said = say("step.parts", rule=said, parts=", ".join(step.labels)) if step.labels else said
    return f"{said} ({words(language).say_count('step.times', step.times)})" if step.times > 1 else said


def checked(check: Check, language: Language) -> str:
    """The verdict of a check and its method."""
    say = words(language).say
    verdict = say(f"check.{check.verdict}")
    if check.verdict == "inconclusive":
        return verdict
    method = say(f"method.{check.method}")
    if check.scope:
        return say("check.scope", verdict=verdict, method=method, scope=check.scope)
    return say("check.by", verdict=verdict, method=method)
