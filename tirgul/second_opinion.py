"""A second opinion on code: what torch makes of it in a sandbox, in words."""

from __future__ import annotations

from exercises.exercise import Instance, Language, Part
from grader.code import reference
from solver.networks.source import from_notebook
from solver.verify.sandbox import NotRun, SecondOpinion, second_opinion
from tirgul.options import Refused, sentence


def asked(part: Part, answer: str, language: Language) -> SecondOpinion:
    """What torch makes of the code in a sandbox; without bubblewrap nothing is run."""
    if part.code is None or not part.code.input:
        raise Refused(sentence("cli.run_needs_network", language))
    code = part.code
    found = second_opinion(from_notebook(answer, code.wanted), code.input, code.wanted, code.arguments)
    if isinstance(found, NotRun) and found.reason == "no_bubblewrap":
        raise Refused(sentence("run.no_bubblewrap", language))
    return found


def said(found: SecondOpinion, instance: Instance, part: Part, language: Language) -> str:
    """The opinion in words."""
    if isinstance(found, NotRun):
        return sentence(f"run.{found.reason}", language)
    if found.raised or part.code is None:
        return sentence("run.raised", language, raised=found.raised)
    right = reference(part.code.right(instance.numbers), part.code)
    same = (found.parameters, found.output) == (right.parameters, tuple(right.output))
    values = {"parameters": found.parameters, "output": "x".join(map(str, found.output))}
    return sentence("run.as_asked" if same else "run.other", language, **values)
