"""Self-check in a notebook.

    from tirgul import check
    check("11.1/2", "48")          shows what is said of the answer; `.verdict`, `.hint()`, `bool(…)`
    check("lenet5/code", net)      a live torch module, or its class; check("lenet5/loop", train) a function

    %%tirgul 11.1/1a               an answer below it as it is, Hebrew, LaTeX and backslashes too
    10 \\times 10 \\times 3

What is shown are the same words in several formats, and the notebook takes the one that it can show: JupyterLab cleans
MathML out of notebooks that nobody has trusted yet, so its HTML holds LaTeX between dollar signs; Colab has no LaTeX
there and draws MathML.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from textwrap import dedent
from typing import Any, Final, final

from exercises.codes import code_of
from exercises.exercise import Instance, Language, Part
from exercises.library import Library, UnknownPart, part_named, placed, search_path
from grader.gradebooks.marks_json import judged, number
from grader.hints import about_slip, ladder, reached
from grader.judge import Marker
from grader.verdict import Follows, Judgement, Right, Slip, Slipped, Unreadable, marks, name
from reports.bidi import RIGHT_TO_LEFT, isolated
from reports.feedback import feedback, requirement_said
from reports.hints import hint
from reports.html.blocks import line_html, typed_html
from reports.lines import Line, Math, Sayer, inert, joined, token
from reports.mathematics.latex import latex
from reports.text import options_said, text_plain
from reports.words import words
from solver.notation.printing import plain
from solver.notation.reading import read
from solver.notation.tree import Formula
from solver.notation.unreadable import Unreadable as CannotRead
from tirgul.language import spoken

COLOURS: Final = {
    "right": ("#1f6f43", "#e4f2e9"),
    "follows": ("#8a5a00", "#faf0d7"),
    "slipped": ("#8a5a00", "#faf0d7"),
    "wrong": ("#a32020", "#f9e3e1"),
    "unreadable": ("#5b3a8c", "#ece6f5"),
    "review": ("#5b3a8c", "#ece6f5"),
}

_asked: dict[tuple[str, str, str], tuple[int, set[str]]] = {}
"""Hints asked for and wrong answers given in this session, by exercise, variant and part."""


def check(
    place: str,
    answer: object,
    *,
    lang: Language | None = None,
    earlier: Mapping[str, object] | None = None,
    student: str = "",
    variant: str = "",
) -> Checked:
    """Judges an answer, typed as `11.1/2`; an unknown exercise or part raises NoSuch with what there is.

    The answer is text, a number, a shape, or, where code is asked for, a live torch module or a function.

    >>> bool(check("11.1/2", 48)), check("11.1/2", "51").verdict
    (True, 'slipped')
    """
    exercise_id, part_id = placed(str(place))  # without its quotation marks 11.1 is a number
    shelf = _shelf()
    language = spoken(lang)
    try:
        exercise = shelf.exercise(exercise_id)
        part = part_named(exercise, part_id)
    except KeyError as unknown:
        raise NoSuch(_unknown(unknown, exercise_id, part_id, language), language) from None
    code = variant or (code_of(exercise, student, os.environ.get("TIRGUL_COURSE", "")) if student else "")
    marker = _marker(exercise.id, code)
    before = {part_named(exercise, other).id: str(said) for other, said in (earlier or {}).items()}
    if part.code is not None and part.code.input and hasattr(answer, "named_modules"):
        made = answer(*part.code.arguments) if isinstance(answer, type) else answer
        judgement = marker.judge_module(part.id, made)
    else:
        judgement = marker.judge(part.id, _typed(answer, language), before)
    return Checked(marker, part, judgement, language)


@final
class NoSuch(LookupError):
    """There is no such exercise or part, or no source; a notebook shows the sentence and no traceback."""

    def __init__(self, said: str, language: Language) -> None:
        super().__init__(said)
        self.language = language

    def _render_traceback_(self) -> list[str]:
        said = text_plain(str(self), self.language, isolate=True)  # where it is shown lines run from left to right
        return [isolated(said, RIGHT_TO_LEFT) if self.language == "he" else said]


IMPORTED: Final = "import torch; from torch import nn, optim; import torch.nn.functional as F\n"
"""What stands in other cells than a function."""


def _typed(answer: object, language: Language) -> str:
    """An answer as it would be typed: the source of a function, the numbers of an array."""
    if inspect.isfunction(answer):
        try:
            return IMPORTED + dedent(inspect.getsource(answer))
        except OSError:
            raise NoSuch(words(language).say("notebook.no_source", name=answer.__name__), language) from None
    if isinstance(answer, tuple):
        return str(tuple(answer))
    return str(answer.tolist() if hasattr(answer, "tolist") else answer)


@final
class Checked:
    """An answer that was checked; true where it is right."""

    def __init__(self, marker: Marker, part: Part, judgement: Judgement, language: Language) -> None:
        self._marker, self._part, self._language = marker, part, language
        self._given: tuple[Any, ...] = ()
        self.judgement = judgement
        if self.verdict in ("wrong", "slipped", "follows"):
            _asked.setdefault(self._key, (0, set()))[1].add(judgement.answer.strip())

    def __bool__(self) -> bool:
        return isinstance(self.judgement.verdict, Right)

    @property
    def verdict(self) -> str:
        """right, follows, slipped, wrong, unreadable or review."""
        return name(self.judgement.verdict)

    @property
    def score(self) -> float | None:
        """What the answer earns; None where a person decides."""
        return number(marks(self.judgement.verdict, self._part))

    @property
    def read_as(self) -> str:
        """How the answer was read."""
        return self.judgement.read_as

    def hint(self) -> Checked:
        """The same with one hint more; wrong answers earn more specific ones."""
        asked, wrong = _asked.get(self._key, (0, set()))
        _asked[self._key] = (asked + 1, wrong)
        rungs = ladder(self._marker, self._part.id)
        slips = [about_slip(self._marker, self._part.id, slip) for slip in _slips(self.judgement)]
        more = Checked(self._marker, self._part, self.judgement, self._language)
        more._given = (*slips, *rungs[: reached(asked + 1, len(wrong), len(rungs))])
        return more

    # --- how it is shown

    def __repr__(self) -> str:
        said = [self._plain_feedback(), *self._plain_requirements(), *self._plain_read_as(), *self._plain_hints()]
        return "\n".join(said)

    def _repr_markdown_(self) -> str:
        say = words(self._language).say
        lines = [f"**{_marked_down(self._plain_feedback())}**", *map(_marked_down, self._plain_requirements())]
        if self.read_as:
            lines.append(say("cli.read_as", formula=self._latex_read_as()))
        lines += [f"- {hint(say, _dollars, rung)}" for rung in self._given]
        return "\n\n".join(lines)

    def _repr_html_(self) -> str:
        """Inline style only, and neither script nor MathML: what JupyterLab leaves in place for anybody."""
        said = Sayer(words(self._language))
        direction = words(self._language).direction
        ink, paper = COLOURS[self.verdict]
        verdict = self.judgement.verdict
        lines = [f"<b>{line_html(inert(feedback(said, verdict, self.judgement.answer, self._kind)))}</b>"]
        if isinstance(verdict, Unreadable) and verdict.reason not in ("empty", "too_long"):
            lines.append(f'<code dir="ltr">{typed_html(self.judgement.answer, verdict.at)}</code>')
        lines += [line_html(inert(each)) for each in self._plain_requirements()]
        if self.read_as:
            lines.append(line_html(said("web.read_as", formula=self._drawn_read_as())))
        hints = [f"<li>{line_html(inert(hint(said, _drawn, rung)))}</li>" for rung in self._given]
        listed = f"<ol>{''.join(hints)}</ol>" if hints else ""
        side = "right" if direction == "rtl" else "left"
        style = (
            f"direction:{direction};text-align:{side};border-{side}:4px solid {ink};background:{paper};color:#1f2328;"
            "padding:6px 12px;max-width:48em"
        )
        return f'<div dir="{direction}" lang="{self._language}" style="{style}">{"<br>".join(lines)}{listed}</div>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            "text/markdown": self._repr_markdown_(),
            "application/vnd.tirgul+json": self._json(),
        }

    # --- pieces

    @property
    def _instance(self) -> Instance:
        return self._marker.instance

    @property
    def _kind(self) -> str:
        return self._instance.kind(self._part)

    @property
    def _key(self) -> tuple[str, str, str]:
        return (self._instance.exercise.id, self._instance.variant, self._part.id)

    def _json(self) -> dict[str, Any]:
        data = {
            "schema": "tirgul/check/1",
            "exercise": self._instance.exercise.id,
            "part": self._part.id,
            "variant": self._instance.variant,
            "answer": self.judgement.answer,
            "marks": self.score,
            "max": number(self._part.marks),
            "feedback": self._plain_feedback(),
            "hints": self._plain_hints(),
            **judged(self.judgement),
        }
        return dict(json.loads(json.dumps(data)))

    def _plain_feedback(self) -> str:
        say = words(self._language).say
        return feedback(say, self.judgement.verdict, self.judgement.answer, self._kind)

    def _plain_requirements(self) -> list[str]:
        say = words(self._language).say
        return [f"{'✓' if each.met else '✗'} {requirement_said(say, each)}" for each in self.judgement.requirements]

    def _plain_read_as(self) -> list[str]:
        if not self.read_as:
            return []
        return [words(self._language).say("cli.read_as", formula=", ".join(self._options()) or self.read_as)]

    def _plain_hints(self) -> list[str]:
        return [hint(words(self._language).say, plain, rung) for rung in self._given]

    def _options(self) -> list[str]:
        if not self._part.options:
            return []
        said = options_said(self._part, self.read_as, self._language)
        return [text_plain(text, self._language) for text in said]

    def _drawn_read_as(self) -> Line:
        if self._part.options:
            return joined(map(inert, self._options()), ", ")
        formula = self._formula_read()
        return token(self.read_as) if formula is None else _drawn(formula)

    def _latex_read_as(self) -> str:
        formula = self._formula_read()
        return ", ".join(self._options()) or (self.read_as if formula is None else _dollars(formula))

    def _formula_read(self) -> Formula | None:
        """What the answer was read as, where that is a formula: code is read as a name and numbers."""
        formula = None if self.judgement.requirements else read(self.read_as)
        return None if isinstance(formula, CannotRead) else formula


def _slips(judgement: Judgement) -> tuple[Slip, ...]:
    match judgement.verdict:
        case Slipped(slips) | Follows(_, slips) if slips:
            return slips[0]
        case _:
            return ()


def _drawn(formula: Formula) -> Line:
    """A formula where this notebook can draw it in HTML."""
    return Line(Math(formula)) if "google.colab" in sys.modules else token(_dollars(formula))


def _dollars(formula: Formula) -> str:
    return f"${latex(formula)}$"


def _marked_down(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|$~" else one for one in text)


@cache
def _shelf() -> Library:
    return Library(search_path())


@cache
def _marker(exercise_id: str, code: str) -> Marker:
    return Marker(_shelf().instance(exercise_id, code))


def _unknown(unknown: KeyError, exercise_id: str, part_id: str, language: Language) -> str:
    """What there is instead: the exercise's parts, or exercises with a like name."""
    say = words(language).say
    if isinstance(unknown, UnknownPart):
        exercise = _shelf().exercise(unknown.exercise)
        parts = [part.id for part in exercise.parts]
        there_are = say("notebook.parts", names=", ".join(parts), place=f"{exercise.id}/{parts[0]}")
        return f"{say('cli.unknown_part', exercise=exercise.id, part=part_id)} {there_are}" if part_id else there_are
    near = ", ".join(getattr(unknown, "near", ()))
    instead = say("cli.near", names=near) if near else say("cli.see_list")
    return f"{say('cli.unknown_exercise', exercise=exercise_id)} {instead}"


# --- the magic


def magic(line: str, cell: str) -> Checked:
    """`%%tirgul 11.1/2`: the cell is the answer, as it stands."""
    place, _, rest = line.strip().partition(" ")
    wanted = rest.strip().removeprefix("--lang").strip(" =")
    return check(place, cell.strip("\n"), lang="he" if wanted == "he" else "en" if wanted == "en" else None)


def register(shell: Any) -> None:
    """Makes the magic known to a notebook."""
    shell.register_magic_function(magic, "cell", "tirgul")
