"""A course's own settings, `course.toml`, so that the daily command is `tirgul grade INBOX`.

`docs/course-sites.md` has them all. Paths are taken from the folder of the file, which is the current folder's, or
`--course FILE`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, final
from zoneinfo import ZoneInfo

from exercises.exercise import LANGUAGES, BadExercise, Exercise
from exercises.library import Library, UnknownExercise, placed
from grader.batch import POLICIES
from grader.lateness import Late
from grader.submissions.columns import is_role
from reports.pages.student import REVEALS, Reveal
from solver.frozen import frozen

FILE = "course.toml"


class BadCourse(Exception):
    """What is wrong with a course file: a key of the catalogs and what it is about."""

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(reason, about)
        self.reason, self.about = reason, about


@final
@frozen(slots=True)
class Course:
    """The settings; None and empty where nothing is said."""

    seed: str = ""
    lang: str = ""
    exercises: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    variants: bool = False
    duplicates: str = "last"
    engine: str = "local"
    store: str = ""
    out: Path | None = None
    pages: bool = True
    reveal: Reveal = "nothing"
    decimal: Literal[".", ","] | None = None
    marks: Mapping[str, Fraction] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    late: Late | None = None

    def own(self, exercise: Exercise) -> Exercise | None:
        """An exercise with the course's marks and decimal mark; None where it does not count."""
        if self.exercises and exercise.id not in self.exercises:
            return None
        parts = tuple(
            replace(
                part,
                marks=self.marks.get(f"{exercise.id}/{part.id}", part.marks),
                decimal=part.decimal or self.decimal,
            )
            for part in exercise.parts
        )
        return replace(exercise, parts=parts)

    def unknown(self, shelf: Library) -> Iterator[str]:
        """The exercises and parts that are named and that there are not."""
        for name in dict.fromkeys((*self.exercises, *(self.late.exercises if self.late else ()))):
            if _parts(shelf, name) is None:
                yield name
        for place in self.marks:
            exercise, _, part = place.partition("/")
            if part not in (_parts(shelf, exercise) or ()):
                yield place


def _parts(shelf: Library, exercise_id: str) -> tuple[str, ...] | None:
    """The parts of an exercise; None where there is none."""
    try:
        return tuple(part.id for part in shelf.exercise(exercise_id).parts)
    except (UnknownExercise, BadExercise):
        return None


def file_of(said: str) -> Path:
    """The file of the course of `--course`: itself, or in that folder; of a name, or of none, in the current one."""
    named = Path(said)
    if said and named.is_dir():
        return named / FILE
    return named if named.suffix == ".toml" else Path(FILE)


def course(said: str) -> Course:
    """The course of `--course`: a file, a folder that has one, or a name; else that of the current folder."""
    path = file_of(said)
    if said and not Path(said).is_dir() and Path(said).suffix != ".toml":
        return replace(course(""), seed=said)
    if not said and not path.is_file():
        return Course()
    try:
        return _course(tomllib.loads(path.read_text(encoding="utf-8-sig")), path.parent)
    except OSError as problem:
        raise BadCourse("cannot_read", problem.strerror or "") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadCourse("not_toml", str(problem)) from None


def _course(data: dict[str, Any], folder: Path) -> Course:
    unknown = sorted(data.keys() - {one.name for one in fields(Course)})
    if unknown:
        raise BadCourse("unknown_key", ", ".join(unknown))
    take: dict[str, Callable[[Any], Any]] = {
        "seed": _text,
        "lang": _one_of((*LANGUAGES, "both")),
        "exercises": lambda value: tuple(map(_text, _list(value))),
        "folders": lambda value: tuple(folder / _text(one) for one in _list(value)),
        "variants": _switch,
        "duplicates": _one_of(POLICIES),
        "engine": _text,
        "store": lambda value: _text(value) if "://" in _text(value) else str(folder / value),
        "out": lambda value: folder / _text(value),
        "pages": _switch,
        "reveal": _one_of(REVEALS),
        "decimal": _one_of((".", ",")),
        "marks": _marks,
        "columns": _columns,
        "late": _late,
    }
    values = {}
    for name, value in data.items():
        try:
            values[name] = take[name](value)
        except _NoChoice as words:
            raise BadCourse("bad_value", f"{name} ({words})") from None
        except _Wrong as wrong:
            raise BadCourse("bad_value", f"{name}.{wrong}") from None
        except (TypeError, ValueError):
            raise BadCourse("bad_value", name) from None
    return Course(**values)


def carried(settings: Course) -> dict[str, Any]:
    """What marks rest on, as JSON that goes to another machine; nothing about places, and no time without a zone."""
    late = settings.late
    return {
        "marks": {place: str(mark) for place, mark in settings.marks.items()},
        "decimal": settings.decimal,
        "late": late
        and {
            "due": late.due and late.zoned(late.due).isoformat(),
            "exercises": {name: late.zoned(due).isoformat() for name, due in late.exercises.items()},
            "grace": late.grace.total_seconds(),
            "per_day": str(late.per_day),
            "most": str(late.most),
            "extra": dict(late.extra),
        },
    }


def unpacked(data: Mapping[str, Any]) -> Course:
    """The course that `carried` wrote."""
    late = data["late"]
    return Course(
        marks={place: Fraction(mark) for place, mark in data["marks"].items()},
        decimal=data["decimal"],
        late=late
        and Late(
            due=late["due"] and datetime.fromisoformat(late["due"]),
            exercises={name: datetime.fromisoformat(due) for name, due in late["exercises"].items()},
            grace=timedelta(seconds=late["grace"]),
            per_day=Fraction(late["per_day"]),
            most=Fraction(late["most"]),
            extra=late["extra"],
        ),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    def taken(value: Any) -> str:
        if value not in words:
            raise _NoChoice(" | ".join(words))
        return str(value)

    return taken


def _marks(value: Any) -> dict[str, Fraction]:
    """Marks by exercise and part, none of them negative; a part by itself may be worth nothing."""
    if not isinstance(value, dict):
        raise TypeError
    marks = {"/".join(placed(name)): Fraction(str(mark)) for name, mark in value.items()}
    if any(mark < 0 or isinstance(value[name], bool) for name, mark in zip(value, marks.values(), strict=True)):
        raise ValueError
    return marks


def _columns(value: Any) -> dict[str, str]:
    """What columns are called on the course's site, by role or place."""
    if not isinstance(value, dict):
        raise TypeError
    for name in value:
        if not is_role(name):
            raise _Wrong(name)
    return {name: _text(said) for name, said in value.items()}


class _NoChoice(ValueError):
    """A word that is none of those that may stand here; these."""


class _Wrong(ValueError):
    """A value inside a table that is none; its name."""


def _late(value: Any) -> Late:
    """What handing in late costs."""
    if not isinstance(value, dict):
        raise TypeError
    take: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "due": ("due", _time),
        "exercises": ("exercises", lambda said: {name: _time(one) for name, one in said.items()}),
        "grace": ("grace", lambda said: timedelta(minutes=int(_number(said)))),
        "per_day": ("per_day", lambda said: _number(said) / 100),
        "most": ("most", lambda said: min(Fraction(1), _number(said) / 100)),
        "extra_days": ("extra", lambda said: {name: int(_number(one)) for name, one in said.items()}),
        "zone": ("zone", lambda said: ZoneInfo(_text(said))),
    }
    settings = {}
    for name, said in value.items():
        try:
            field_name, read = take[name]
            settings[field_name] = read(said)
        except (TypeError, ValueError, AttributeError, KeyError):
            raise _Wrong(name) from None
    return Late(**settings)


def _time(value: Any) -> datetime:
    """A time of TOML, or a day, whose last minute it then is."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, datetime.max.time().replace(microsecond=0))


def _number(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise TypeError
    return Fraction(str(value))
