"""An answer sheet in Markdown, as `tirgul sheet EXERCISE --blank` prints it, filled in.

* the first line says which exercise it is: `<!-- tirgul sheet: 11.1 -->`
* a line names the student; where it was left empty, the file's name does
* a heading names each part, `## 11.1/1a`, and a label stands before its answer, which ends at the next heading
* what stands below another heading, or behind a second label, has no place: it is told of and waits for a person
* editors may drop the labels' asterisks or put direction marks around them
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import final

from exercises.codes import is_code
from exercises.library import EDGES, placed
from grader.results import Answer, Problem, State
from grader.submissions.reading import MOST_CHARACTERS, Read, undecodable
from grader.submissions.table import lines_of
from solver.frozen import frozen

_SPACE = f"[{re.escape(EDGES)}]*"
_MARKUP = f"[{re.escape(EDGES)}*_]*"
_FIRST = re.compile(rf"^{_SPACE}<!--\s*tirgul sheet:\s*(\S+?)\s*(?:variant:\s*(\S+?)\s*)?-->{_SPACE}$", re.IGNORECASE)
_STUDENT = re.compile(
    rf"^{_MARKUP}(?:students?|סטודנטים|סטודנטית|סטודנט|מזהה|תעודת זהות){_MARKUP}:{_MARKUP}(.*)$", re.IGNORECASE
)
_ANSWER = re.compile(rf"^{_MARKUP}(?:answer|תשובה){_MARKUP}:\**(.*)$", re.IGNORECASE)
_PART = re.compile(rf"^{_SPACE}##{_SPACE}([^\s/#]+/[^\s/]+)")
_HEADING = re.compile(rf"^{_SPACE}##+{_SPACE}(\S.*)$")
_OPENS = re.compile(r"(`{3,}|~{3,})[^`~]*$")
_COMMENT = re.compile(r"<!--.*?-->")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[^\n]*\n(.*?)(?:\n\s*\1\s*)?$", re.DOTALL)
_BLANK = re.compile(rf"^[{re.escape(EDGES)}_.…]*$")


def recognises(text: str) -> bool:
    """Whether the first line that is not blank is the mark of a sheet, or headings and labels look like one's."""
    lines = lines_of(text)
    return _first(lines) is not None or (any(map(_PART.match, lines)) and any(map(_ANSWER.match, lines)))


def read(text: str, source: str) -> Read:
    """One answer a part; a part that was left empty is an answer without text."""
    yield from read_owned(text, source, "")


def read_owned(text: str, source: str, student: str) -> Read:
    """The same, by this student where one is given, whoever the sheet names."""
    lines = lines_of(text)
    first = _first(lines)
    at, exercise, variant = first or (1, "", "")
    head = next((index for index, line in enumerate(lines) if _PART.match(line)), len(lines))
    student = student or _student(lines[at if first else 0 : head]) or _named(source, exercise)
    if first is None:
        yield Problem(source, 1, "no_header")
    elif not student or undecodable(student):
        yield Problem(source, at, "not_utf8" if student else "no_student")
    if not student or undecodable(student):
        return
    whole = Answer(student, exercise, "", "", source, at, variant=variant)
    sheet = whole._replace(text="\n".join(lines)[:MOST_CHARACTERS], state="unplaced")
    sections = list(_sections(lines, head, exercise))
    if first is None:
        yield from (section.unread(whole)._replace(state="unread") for section in sections)
    elif variant and not is_code(variant):
        yield Problem(source, at, "unknown_variant", variant)
        yield sheet._replace(variant="")
    elif not any(section.reason == "" for section in sections):
        yield Problem(source, at, "no_label", exercise)
        yield sheet
    else:
        yield whole
        for section in sections:
            yield from section.read(whole)


@final
@frozen(slots=True)
class Section:
    """A part's heading and the lines below it; with a reason, something that has no place, and what it is called.

    `cut`: something without a place stands behind it, which may belong to it.
    """

    name: str
    line: int
    lines: Sequence[str]
    reason: str = ""
    cut: bool = False

    def read(self, sheet: Answer) -> Read:
        """What stands after the label."""
        if self.reason:
            yield Problem(sheet.source, self.line, self.reason, "" if undecodable(self.name) else self.name)
            if self._said.strip(EDGES):
                yield sheet._replace(text=self._said[:MOST_CHARACTERS], line=self.line, state="unplaced")
            return
        reason = "" if self._label is not None else "no_label"
        if undecodable("\n".join((self.name, *self.lines))):
            reason = "not_utf8"
        elif len(self._said) > MOST_CHARACTERS:
            reason = "field_too_big"
        if reason:
            yield Problem(sheet.source, self.line, reason, "" if reason == "not_utf8" else self.name)
            yield self.unread(sheet)
        else:
            exercise, part = placed(self.name)
            line = self.line + 1 + (self._label or 0)
            state: State = "cut" if self.cut else "read"
            yield Answer(sheet.student, exercise, part, self._said, sheet.source, line, state, sheet.variant)

    def unread(self, sheet: Answer) -> Answer:
        """That something may stand below this heading, for a person to look at; the heading names the part."""
        exercise, part = (sheet.exercise, "") if self.reason or undecodable(self.name) else placed(self.name)
        text = self._said[:MOST_CHARACTERS]
        return Answer(sheet.student, exercise, part, text, sheet.source, self.line, "unread" if part else "unplaced")

    @property
    def _label(self) -> int | None:
        """The index of the line with the label."""
        return next((index for index, line in enumerate(self.lines) if _ANSWER.match(line)), None)

    @property
    def _said(self) -> str:
        """What stands after the label; everything where there is none."""
        if self._label is None:
            return _tidy("\n".join(self.lines))
        label = _ANSWER.match(self.lines[self._label])
        return _tidy("\n".join([label[1] if label else "", *self.lines[self._label + 1 :]]))


def _first(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """The number of the line that marks a sheet, the exercise, and the variant or nothing."""
    for number, line in enumerate(lines[:50], start=1):
        if line.strip(EDGES):
            mark = _FIRST.match(line)
            return (number, mark[1], mark[2] or "") if mark else None
    return None


def _sections(lines: Sequence[str], head: int, exercise: str) -> Iterator[Section]:
    """The parts, each up to the next heading, and what stands between them without a place."""
    starts = [index for index in range(head, len(lines)) if _PART.match(lines[index])]
    before = list(_pieces(lines, 0, head, exercise))
    yield from (piece for piece in before if piece.reason and any(map(_ANSWER.match, piece.lines)))
    for start, end in pairwise([*starts, len(lines)]):
        heading = _PART.match(lines[start])
        yield from _pieces(lines, start, end, heading[1].strip(EDGES) if heading else "")


def _pieces(lines: Sequence[str], start: int, end: int, name: str) -> Iterator[Section]:
    """A part's section, and what is broken off from it."""
    breaks = [*_breaks(lines, start + 1, end)]
    at = [start, *(index for index, _ in breaks), end]
    yield Section(name, start + 1, lines[start + 1 : at[1]], cut=bool(breaks))
    for (index, reason), stop in zip(breaks, at[2:], strict=True):
        heading = _HEADING.match(lines[index])
        begin = index + 1 if heading else index
        yield Section(heading[1].strip(EDGES)[:100] if heading else name, index + 1, lines[begin:stop], reason)


def _breaks(lines: Sequence[str], start: int, end: int) -> Iterator[tuple[int, str]]:
    """Where something else begins: another heading, a second label; inside a fence that is closed nothing does."""
    labels, index = 0, start
    while index < end:
        line = lines[index]
        fence = _OPENS.search(line)
        closed = _closed(lines, index, end, fence[1]) if fence else index
        if _HEADING.match(line):
            yield index, "unknown_heading"
            labels = 0
        elif _ANSWER.match(line):
            labels += 1
            if labels > 1:
                yield index, "second_label"
        index = closed + 1


def _closed(lines: Sequence[str], start: int, end: int, fence: str) -> int:
    """The line that closes a fence: the last of the part where nobody closed it, unless another label comes first."""
    for index in range(start + 1, end):
        if lines[index].strip(EDGES) == fence:
            return index
    return start if any(map(_ANSWER.match, lines[start + 1 : end])) else end


def _student(lines: Sequence[str]) -> str:
    """The id that the sheet gives, exactly as written between blanks."""
    for line in lines:
        label = _STUDENT.match(line)
        if label:
            said = _COMMENT.sub("", label[1]).strip(EDGES)
            return "" if _BLANK.match(said) else said
    return ""


def _named(source: str, exercise: str) -> str:
    """The id that the file's name gives: what it has besides the exercise and the language.

    >>> [_named(f"sheets/{name}.md", "11.1") for name in ("012345678", "11.1-012345678.he", "11.1.he", "sheet-11.1")]
    ['012345678', '012345678', '', '']
    """
    stem = PurePath(source).stem
    stem = re.sub(r"\.(he|en)$", "", stem)
    stem = re.sub(rf"^(sheet[-_. ]?)?({re.escape(exercise)}([-_. ]|$))?", "", stem)
    return stem.strip(EDGES)


def _tidy(text: str) -> str:
    """An answer without remarks of the sheet, the fence around code, and blanks at its ends."""
    text = _COMMENT.sub("", text).strip("\n").rstrip()
    fenced = _FENCE.match(text)
    if fenced:
        return fenced[2]
    text = text.removesuffix("**") if text.count("**") % 2 else text  # typed before the label's last asterisks
    text = text.strip(EDGES)
    return "" if _BLANK.match(text) else text
