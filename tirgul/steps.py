"""Steps of derivations at a terminal: what each one is, what it says, and what checked it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from reports.lines import Line, Sayer
from reports.solution import Step, equation
from reports.steps import about_line, assumptions_line, checked, reason_line

About = Callable[[str], Line]


def step_lines(
    steps: Iterable[Step], say: Sayer, about: About = about_line, *, opening: bool = False, indent: str = "  "
) -> Iterator[str]:
    """Each step with a formula and its checks on lines of their own; `opening` those that lemmas open into too."""
    for step in steps:
        yield f"{indent}{reason(step, say, about)}"
        if len(step.sides) > 1 or step.truth is None:
            yield f"{indent}    {equation(step)}"
        if step.assumes:
            yield f"{indent}    {assumptions_line(step.assumes, say)}"
        yield f"{indent}    ({'; '.join(checked(check, say) for check in step.checks)})"
        if opening:
            yield from step_lines(step.inner, say, about, indent=f"{indent}        ")


def reason(step: Step, say: Sayer, about: About = about_line) -> str:
    """The rule's name, what it is about, and how often it applies."""
    said = reason_line(step, say, about)
    return f"{said} ({say.count('step.times', step.times)})" if step.times > 1 else said
