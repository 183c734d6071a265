"""Tables that staff handed in to be filled: which files they are, what changes in them, and where they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, final

import click

from exercises.exercise import Language
from grader.gradebooks.cells import decimal
from grader.gradebooks.worksheets import Change, Earned, Filled, Row, fill, worksheet_formats
from grader.lateness import LATE
from grader.results import BY_HAND, ClassResult, Problem, Result, Student, summed
from grader.submissions import Wanted
from grader.submissions.columns import ROLES, is_role
from grader.submissions.reading import MOST_BYTES, File, files
from grader.submissions.reading import formats as submission_formats
from reports.feedback import feedback
from reports.words import words
from solver.frozen import frozen
from tirgul.files import write
from tirgul.language import language_in
from tirgul.options import printable, sentence

FOLDER = "worksheets"
OWN_FILES = ("nbgrader",)  # of which tirgul writes a file of its own where it is asked to, beside the worksheets
MOST_SHOWN = 400

Function = TypeVar("Function", bound=Callable[..., Any])


# --- options


def map_option(function: Function) -> Function:
    """`--map ROLE=COLUMN`, as often as there are columns."""
    return click.option(
        "--map", "wanted", multiple=True, metavar="ROLE=COLUMN", callback=_wanted, help="cli.option.map"
    )(function)


def exchange_options(function: Function) -> Function:
    """`--from`, `--to`, `--map` and `--dry-run`."""
    said = click.option("--dry-run", is_flag=True, help="cli.option.dry_run")(function)
    names = (*worksheet_formats(), *OWN_FILES)
    to = click.Choice(tuple(dict.fromkeys(names)))
    said = click.option("--to", "to", type=to, multiple=True, help="cli.option.to")(said)
    said = map_option(said)
    choice = click.Choice(("auto", *submission_formats()))
    form = click.option(
        "--from",
        "form",
        type=choice,
        default="auto",
        expose_value=False,
        is_eager=True,
        callback=_form,
        help="cli.option.from",
    )
    return form(said)


def _form(ctx: click.Context, _: click.Parameter, value: str) -> None:
    ctx.meta["tirgul.from"] = "" if value == "auto" else value


def _wanted(ctx: click.Context, _: click.Parameter, values: Sequence[str]) -> Wanted:
    columns = {}
    for value in values:
        role, sign, column = value.partition("=")
        if not sign or not column.strip() or not is_role(role.strip()):
            said = {"value": value, "roles": ", ".join(ROLES)}
            raise click.UsageError(sentence("cli.bad_map", language_in(ctx), **said))
        columns[role.strip()] = column.strip()
    return Wanted(ctx.meta.get("tirgul.from", ""), columns)


# --- filling


@final
@frozen(slots=True)
class Returned:
    """The tables that were filled, by the path that each had, and whether any were asked for."""

    tables: Mapping[Path, Filled]
    asked: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What a person has to know of them."""
        return tuple(problem for table in self.tables.values() for problem in table.problems)

    def write(self, out: Path) -> Iterator[str]:
        """Writes each under its own name into a folder of `out`, and gives the names; the sources stay as they are."""
        taken: set[str] = set()
        for path, table in self.tables.items():
            name, number = path.name, 2
            while name.casefold() in taken:
                name, number = f"{path.stem}-{number}{path.suffix}", number + 1
            taken.add(name.casefold())
            write(out / FOLDER / name, table.data)
            yield f"{FOLDER}/{name}"

    def said(self, language: Language) -> str:
        """Each cell that would change, line by line, the old value and the new one."""
        lines: list[str] = []
        for path, table in self.tables.items():
            counted = words(language).say_count("count.changes", len(table.changes))
            lines.append(f"{printable(path.as_posix())}: {counted}")
            lines += [f"  {_shown(change)}" for change in table.changes[:MOST_SHOWN]]
            lines += ["  …"] if len(table.changes) > MOST_SHOWN else []
        for problem in self.problems:
            lines.append(f"  {_problem_said(problem, language)}")
        if not self.tables:
            lines.append(sentence("cli.no_worksheet", language))
        lines.append(sentence("cli.nothing_written", language))
        return "\n".join(lines) + "\n"

    def summary(self, language: Language) -> str:
        """How many cells changed in each, a line a table; that there is none, where one was asked for."""
        if self.asked and not self.tables:
            return sentence("cli.no_worksheet", language) + "\n"
        return "".join(
            f"{FOLDER}/{printable(path.name)}: {words(language).say_count('count.changes', len(table.changes))}\n"
            for path, table in self.tables.items()
        )

    def data(self) -> dict[str, Any]:
        """The changes for programs."""
        return {
            "dry_run": True,
            "worksheets": [
                {
                    "file": path.as_posix(),
                    "changes": [
                        {"student": one.student, "line": one.line, "column": one.column, "old": one.old, "new": one.new}
                        for one in table.changes
                    ],
                    "problems": [
                        {"line": one.line, "reason": one.reason, "detail": one.detail} for one in table.problems
                    ],
                }
                for path, table in self.tables.items()
            ],
        }


def filled(
    paths: Iterable[Path],
    without: Iterable[Path],
    result: ClassResult,
    wanted: Wanted,
    to: Sequence[str],
    language: Language,
) -> Returned:
    """The tables among what was handed in that have cells for marks; in the formats `to`, if any are named."""
    passed = {path.resolve() for path in without}
    rows = [row_of(student, result.exercises, language) for student in result.students]
    named = [name for name in to if name not in OWN_FILES]
    forms = named or [""]
    found: dict[Path, Filled] = {}
    for path in paths:
        for file in files(path, passed):
            if isinstance(file, File) and file.path.is_file() and file.path.stat().st_size <= MOST_BYTES:
                data = file.path.read_bytes()
                for form in forms:
                    table = fill(data, rows, file.source, wanted.names, form)
                    if table is not None:
                        found[file.path] = table
                        break
    return Returned(found, bool(named))


def write_more(result: ClassResult, to: Sequence[str], out: Path) -> Iterator[str]:
    """Writes the files of our own that were asked for, and gives their names."""
    for name in to:
        module = import_module(f"grader.gradebooks.{name.replace('-', '_')}")
        if hasattr(module, "OWN_FILE"):
            write(out / module.OWN_FILE, module.write(result))
            yield module.OWN_FILE


def row_of(student: Student, exercises: Sequence[str], language: Language) -> Row:
    """What a student earned in each exercise and in all; where a person decides first, nobody has marks yet."""
    return Row(student.student, _ByExercise(student, exercises, language))


@final
class _ByExercise(Mapping[str, Earned]):
    """Worked out when it is asked for: most of what is handed in is no table to be filled in."""

    def __init__(self, student: Student, exercises: Sequence[str], language: Language) -> None:
        self._student, self._exercises, self._language = student, (*exercises, ""), language

    def __getitem__(self, exercise: str) -> Earned:
        if exercise not in self._exercises:
            raise KeyError(exercise)
        return _earned([one for one in self._student.results if exercise in ("", one.exercise)], self._language)

    def __iter__(self) -> Iterator[str]:
        return iter(self._exercises)

    def __len__(self) -> int:
        return len(self._exercises)


def _earned(results: Sequence[Result], language: Language) -> Earned:
    waits = any(one.pending for one in results)
    marks, most = summed(one.marks for one in results), summed(one.max for one in results)
    said = " ".join(_said(one, language) for one in results)
    return Earned(None if waits else marks, most, said)


def _said(result: Result, language: Language) -> str:
    """One part in a remark: its place, its marks, a sentence; no word that the student wrote."""
    judgement = result.judgement
    say = words(language).say
    said = feedback(say, judgement.verdict if judgement else None)
    if BY_HAND in result.notes:
        said = say(f"note.{BY_HAND}")
    elif LATE in result.notes:
        said += f" {say(f'note.{LATE}')}."
    marks = "…" if result.marks is None else decimal(result.marks)
    return f"{result.exercise}/{result.part} ({marks}/{decimal(result.max)}): {said}"


# --- what is said


def _shown(change: Change) -> str:
    """A change in one line; of a long remark the beginning."""
    old, new = (printable(_short(text)) for text in (change.old, change.new))
    return f"{change.line}: {printable(change.student)}, {printable(change.column)}: {old!r} -> {new!r}"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _problem_said(problem: Problem, language: Language) -> str:
    where = f"{printable(problem.source)}:{problem.line}" if problem.line else printable(problem.source)
    said = sentence(f"problem.{problem.reason}", language)
    return f"{where}: {said}" + (f" ({printable(problem.detail)})" if problem.detail else "")
