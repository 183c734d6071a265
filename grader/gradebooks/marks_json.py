"""Everything that grading found, as one document for programs.

* marks are numbers to two decimals; one that a person has to decide is null, counted 0 in the totals
* each answer with how it was read, the verdict and what the verdict is about
* problems and answers that were set aside, each with its file and line
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, TypeAlias, final

from grader.gradebooks.cells import hundredths
from grader.once import MOST_JUDGEMENTS, MOST_RESULTS, Once
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
from solver.patterns import pattern

FILE = "marks.json"
SCHEMA = "tirgul/marks/1"

# direction marks and other invisible characters, separators that end lines for some programs, lone surrogates
_TURNING = pattern("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")

_ENCODER = json.JSONEncoder(allow_nan=False)

Document: TypeAlias = dict[str, Any]  # what json.dumps takes


def write(result: ClassResult) -> bytes:
    """The document, indented, in UTF-8."""
    return b"".join(pieces(result))


def pieces(result: ClassResult) -> Iterator[bytes]:
    """The document, student by student."""
    results = Results()
    yield _opened({"schema": SCHEMA, "exercises": list(result.exercises)}, 0).encode()
    yield b',\n "students": '
    yield from (text.encode() for text in _listed((results.of(student) for student in result.students), 1))
    for listed, rest in (
        ("problems", (_block(_problem(problem), 2) for problem in result.problems)),
        ("duplicates", (_block(_answer(answer), 2) for answer in result.duplicates)),
    ):
        yield f',\n "{listed}": '.encode()
        yield from (text.encode() for text in _listed(rest, 1))
    yield b"\n}\n"


def dumped(data: Document) -> str:
    """A document as text; letters of any language are themselves, what turns text around is escaped."""
    return _block(data, 0) + "\n"


def _block(data: object, depth: int) -> str:
    """Data as it is written this deep in a document, each item on a line of its own."""
    if isinstance(data, str):
        return _word(data)
    if isinstance(data, dict):
        blocks = [f"{_word(key)}: {_block(value, depth + 1)}" for key, value in data.items()]
        return _lines("{", blocks, "}", depth) if blocks else "{}"
    if isinstance(data, list | tuple):
        blocks = [_block(value, depth + 1) for value in data]
        return _lines("[", blocks, "]", depth) if blocks else "[]"
    if isinstance(data, float) and isfinite(data):
        return float.__repr__(data)
    return _ENCODER.encode(data)


def _lines(opening: str, blocks: Iterable[str], closing: str, depth: int) -> str:
    line = "\n" + " " * depth
    return f"{opening}{line} {f',{line} '.join(blocks)}{line}{closing}"


def _word(text: str) -> str:
    text = encode_basestring(text)
    return text if text.isascii() else _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _opened(data: Document, depth: int) -> str:
    """The beginning of an object, to which more is to be written."""
    return _block(data, depth)[: -len("\n}") - depth]


def _inside(data: Document, depth: int) -> str:
    """What is written between the braces of an object, without the white space beside them."""
    return _block(data, depth)[len("{\n") + depth + 1 : -len("\n}") - depth]


def _listed(blocks: Iterable[str], depth: int) -> Iterator[str]:
    """A list of blocks."""
    between = "[\n" + " " * (depth + 1)
    for block in blocks:
        yield between + block
        between = ",\n" + " " * (depth + 1)
    yield "[]" if between.startswith("[") else "\n" + " " * depth + "]"


MISSING: Document = {"answer": None, "verdict": "missing", "read_as": "", "slips": []}


@final
class Results:
    """Students as they are written, with the text of what many have written once."""

    def __init__(self) -> None:
        self._mark = Once(_mark, MOST_RESULTS)
        self._said = Once(_said, MOST_JUDGEMENTS)
        self._text = Once(self._result, MOST_RESULTS)

    def of(self, student: Student) -> str:
        """A student."""
        listed = _lines("[", map(self._text, student.results), "]", 3) if student.results else "[]"
        return f'{_opened(_student(student), 2)},\n   "results": {listed}\n  }}'

    def _result(self, result: Result) -> str:
        said = {
            "exercise": _word(result.exercise),
            "part": _word(result.part),
            "marks": self._mark(result.marks),
            "max": self._mark(result.max),
            "notes": _block(result.notes, 5),
        }
        if result.variant:
            said["variant"] = _word(result.variant)
        lines = [f'"{name}": {text}' for name, text in said.items()]
        lines.append(self._said(result.judgement) if result.judgement else _inside(MISSING, 4))
        return _lines("{", lines, "}", 4)


def number(mark: Fraction | int | None) -> float | None:
    """A mark to two decimals; None where nobody knows yet."""
    return None if mark is None else hundredths(mark) / 100


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


def requirements_of(said: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """The requirements that such a document holds."""
    return tuple(
        Requirement(each["name"], each["met"], each.get("line", 0), tuple(each["said"]))
        for each in said.get("requirements", ())
    )


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
    }


def _mark(mark: Fraction | None) -> str:
    return _block(number(mark), 0)


def _said(judgement: Judgement) -> str:
    return _inside({"answer": judgement.answer} | judged(judgement), 4)


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
