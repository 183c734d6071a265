"""Everything that grading found, as one document for programs.

* marks are numbers to two decimals; one that a person has to decide is null, counted 0 in the totals
* each answer with how it was read, the verdict and what the verdict is about
* problems and answers that were set aside, each with its file and line
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from grader.results import Answer, ClassResult, Problem, Result, Student
from grader.verdict import (
    Explanation,
    Follows,
    Judgement,
    Requirement,
    Review,
    Right,
    Slip,
    Slipped,
    Step,
    Unreadable,
    Verdict,
    Wrong,
    name,
)

FILE = "marks.json"
SCHEMA = "tirgul/marks/1"

# direction marks and other invisible characters, separators that end lines for some programs, lone surrogates
_TURNING = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")

Document: TypeAlias = dict[str, Any]  # what json.dumps takes


def write(result: ClassResult) -> bytes:
    """The document, indented, in UTF-8."""
    return dumped(document(result)).encode()


def dumped(data: Document) -> str:
    """A document as text; letters of any language are themselves, what turns text around is escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    return _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def document(result: ClassResult) -> Document:
    """The document's data."""
    return {
        "schema": SCHEMA,
        "exercises": list(result.exercises),
        "students": [_student(student) for student in result.students],
        "problems": [_problem(problem) for problem in result.problems],
        "duplicates": [_answer(answer) for answer in result.duplicates],
    }


def number(mark: Fraction | int | None) -> float | None:
    """A mark to two decimals; None where nobody knows yet."""
    return None if mark is None else round(mark * 100) / 100


def judged(judgement: Judgement) -> Document:
    """How an answer was read and what is said of it: verdict, read_as, slips, and reason, at, word, parts, note."""
    said: Document = {"verdict": name(judgement.verdict), "read_as": judgement.read_as, "slips": []}
    steps = {"steps": [_step(step, judgement.answer) for step in judgement.steps]} if judgement.steps else {}
    required = {"requirements": [_required(each) for each in judgement.requirements]} if judgement.requirements else {}
    return said | _about(judgement.verdict) | steps | required


def _required(requirement: Requirement) -> Document:
    """What code has to do, whether it does, the line that it is about, and what the message names."""
    said = {"name": requirement.name, "met": requirement.met, "said": list(requirement.said)}
    return said | ({"line": requirement.line} if requirement.line else {})


def _step(step: Step, answer: str) -> Document:
    """A step of a working: what it leads to and where that stands, the verdict, rules, slips, what it rests on."""
    said: Document = {
        "line": step.line,
        "at": step.at,
        "since": step.since,
        "text": answer[step.at : step.end],
        "verdict": step.verdict,
        "rules": list(step.rules),
        "slips": explained(step.slips),
        "unsaid": [f"{kind}({', '.join(about)})" for kind, about in step.unsaid],
    }
    return said | ({"reason": step.problem.reason} if step.problem else {})


def _about(verdict: Verdict) -> Document:
    match verdict:
        case Right(note) | Wrong(note):
            return {"note": note} if note else {}
        case Follows(parts, slips):
            return {"parts": list(parts), "slips": explained(slips)}
        case Slipped(slips):
            return {"slips": explained(slips)}
        case Unreadable(reason, at, word):
            return {"reason": reason, "at": at, "word": word}
        case Review(reason):
            return {"reason": reason}


def verdict_of(said: Mapping[str, Any]) -> Verdict:
    """The verdict that `judged` wrote.

    >>> verdict_of({"verdict": "follows", "parts": ["2"], "slips": []})
    Follows(parts=('2',), slips=())
    """
    slips = tuple(
        tuple(Slip(slip["rule"], slip["name"], slip["about"]) for slip in one) for one in said.get("slips", ())
    )
    match said["verdict"]:
        case "right":
            return Right(said.get("note", ""))
        case "wrong":
            return Wrong(said.get("note", ""), Fraction(said.get("share", 0)))
        case "follows":
            return Follows(tuple(said["parts"]), slips)
        case "slipped":
            return Slipped(slips, Fraction(said["share"]) if "share" in said else None)
        case "unreadable":
            return Unreadable(said["reason"], said["at"], said["word"])
        case _:
            return Review(said["reason"])


def explained(explanations: tuple[Explanation, ...]) -> list[list[Document]]:
    """Explanations, each of one or more slips which together lead to the answer."""
    return [[{"rule": slip.rule, "name": slip.name, "about": slip.about} for slip in one] for one in explanations]


def _student(student: Student) -> Document:
    return {
        "student": student.student,
        "total": number(student.total),
        "max": number(student.max),
        "pending": student.pending,
        "results": [_result(result) for result in student.results],
    }


def _result(result: Result) -> Document:
    said: Document = {
        "exercise": result.exercise,
        "part": result.part,
        "marks": number(result.marks),
        "max": number(result.max),
        "notes": list(result.notes),
    }
    if result.variant:
        said["variant"] = result.variant
    if result.judgement is None:
        return said | {"answer": None, "verdict": "missing", "read_as": "", "slips": []}
    return said | {"answer": result.judgement.answer} | judged(result.judgement)


def _problem(problem: Problem) -> Document:
    return {"file": problem.source, "line": problem.line, "reason": problem.reason, "detail": problem.detail}


def _answer(answer: Answer) -> Document:
    return {
        "student": answer.student,
        "exercise": answer.exercise,
        "part": answer.part,
        "answer": answer.text,
        "file": answer.source,
        "line": answer.line,
    }
