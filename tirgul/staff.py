"""What the commands of staff have in common: the course's settings, the store of graded classes, engines, progress."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

import click

from exercises.codes import code_of
from exercises.exercise import Exercise, Language
from exercises.library import Library
from grader.batch import Policy, Told, grade
from grader.engines import NoEngine, engine
from grader.results import Answer, ClassResult, Problem
from grader.version import version
from solver.frozen import frozen
from tirgul.course import BadCourse, Course, course
from tirgul.options import Refused, library, printable, sentence
from tirgul.places import is_there, opened_store

if TYPE_CHECKING:
    from grader.ledger import Ledger

COURSE = "TIRGUL_COURSE"
WHO = "TIRGUL_WHO"

Function = TypeVar("Function", bound=Callable[..., Any])


# --- options


def course_option(function: Function) -> Function:
    """`--course NAME`, or the file of a course."""
    return click.option("--course", "said", envvar=COURSE, default="", metavar="NAME", help="cli.option.course_file")(
        function
    )


def engine_option(function: Function) -> Function:
    """`--engine local|serial|dask://HOST:PORT`."""
    return click.option("--engine", "engine_name", metavar="ENGINE", help="cli.option.engine")(function)


def ledger_option(function: Function) -> Function:
    """`--store FILE` of graded classes."""
    return click.option("--store", metavar="FILE", help="cli.option.ledger")(function)


def who_option(function: Function) -> Function:
    """`--who NAME`: who decides."""
    return click.option("--who", envvar=WHO, default=_user, metavar="NAME", help="cli.option.who")(function)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def course_of(said: str, language: Language) -> Course:
    """The course; refuses a file that is none."""
    try:
        return course(said)
    except BadCourse as bad:
        raise Refused(sentence(f"course.{bad.reason}", language, about=printable(bad.about))) from None


def languages_said(ctx: click.Context, lang: str, settings: Course) -> str:
    """The language that was typed, else the course's, else the environment's."""
    typed = any(
        one.get_parameter_source("lang") == click.core.ParameterSource.COMMANDLINE for one in (ctx, ctx.find_root())
    )
    return lang if typed or not settings.lang else settings.lang


# --- the store


@contextmanager
def ledger_of(where: str, language: Language, *, must_exist: bool = True) -> Iterator[Ledger]:
    """The graded classes that are kept there; refuses what cannot be opened, and says when nothing can be written."""
    from sqlalchemy.exc import SQLAlchemyError  # only where something is kept

    from grader.ledger import Ledger

    if not where:
        raise Refused(sentence("cli.no_store", language))
    if must_exist and not is_there(where):
        raise Refused(sentence("cli.store_not_found", language, store=printable(where)))
    store = opened_store(where, language)
    try:
        yield Ledger(store)
    except SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", None) or type(problem).__name__)
        raise Refused(sentence("cli.cannot_keep", language, store=printable(where), reason=printable(reason))) from None
    finally:
        store.close()


def files_of_store(where: str) -> list[Path]:
    """The files of a store, with its key and what it is writing: no answers, where an inbox is the course's folder."""
    path = Path(where)
    return list(path.parent.glob(f"{escape(path.name)}*")) if where and "://" not in where else []


# --- grading


@final
@frozen(slots=True)
class Grading:
    """How a class is graded: what `grade` and `regrade` do with answers."""

    shelf: Library
    settings: Course
    language: Language

    def result(self, answers: Iterable[Answer | Problem], ledger: Ledger | None) -> ClassResult:
        """The graded class; judgements are kept in the ledger as they come."""
        stamp = version(self.shelf.path)
        own = partial(code_of, course=self.settings.seed) if self.settings.variants else _canonical
        duplicates: Policy = self.settings.duplicates  # type: ignore[assignment]  # the course file knows no other
        try:
            with (
                engine(self.settings.engine, self.shelf.path, ledger, stamp) as judges,
                progress(self.language) as told,
            ):
                return grade(answers, self.shelf, duplicates, own, judges, self.settings.own, told, self.settings.late)
        except NoEngine as none:
            said = sentence(f"engine.{none.reason}", self.language, name=printable(none.name))
            raise Refused(said) from None

    def kept(self) -> dict[str, str]:
        """The settings on which marks rest, as a run remembers them."""
        known = self.settings
        return {
            "seed": known.seed,
            "variants": str(known.variants),
            "duplicates": known.duplicates,
            "exercises": " ".join(known.exercises),
            "marks": " ".join(f"{place}={mark}" for place, mark in sorted(known.marks.items())),
            **({"late": str(known.late)} if known.late else {}),
        }


def grading_of(settings: Course, folders: tuple[Path, ...], language: Language) -> Grading:
    """How a course is graded; refuses settings that name what there is not: nobody would see that they do nothing."""
    shelf = library((*settings.folders, *folders))
    if unknown := ", ".join(settings.unknown(shelf)):
        raise Refused(sentence("course.unknown_place", language, about=printable(unknown)))
    return Grading(shelf, settings, language)


def _canonical(exercise: Exercise, student: str) -> str:
    """No code: everybody has the course's own numbers."""
    return ""


@contextmanager
def progress(language: Language) -> Iterator[Told]:
    """One bar with the rate and the time left, for eyes at a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console  # only where a bar is drawn
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Answers a second."""

        def render(self, task: Any) -> Text:
            return Text(sentence("cli.rate", language, n=int(task.speed or 0)))

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(sentence("cli.grading", language), total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)


def run_option(function: Function) -> Function:
    """`--run N`: the last one where none is named."""
    return click.option("--run", type=int, metavar="N", help="cli.option.run")(function)


def finished_run(ledger: Ledger, run: int | None, language: Language) -> int:
    """The run that was named, or the last that was finished; refuses where there is none."""
    runs = [one.seq for one in ledger.runs() if one.finished]
    if not runs or run not in (None, *runs):
        known = ", ".join(map(str, runs)) or "—"
        raise Refused(sentence("cli.no_run", language, runs=known))
    return runs[-1] if run is None else run
