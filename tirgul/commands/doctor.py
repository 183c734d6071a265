"""Says whether this installation has what it needs."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, final

import click

import reports
import tirgul
from exercises.exercise import Language
from exercises.library import search_path, survey
from tirgul.course import BadCourse, Course, course, file_of
from tirgul.language import language_option, spoken
from tirgul.options import Command, bad_exercise, document, json_option, library, printable, sentence
from tirgul.staff import course_option, languages_said

NEEDED = ("sympy", "numpy", "mpmath", "click", "rich", "jinja2", "sqlalchemy", "alembic", "pebble")
WELCOME = ("torch", "distributed", "psycopg", "typst")
FONTS = Path(reports.__file__ or "").parent / "fonts"
OLDEST_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)

State: TypeAlias = Literal["ok", "missing", "wrong"]


@final
class Found(NamedTuple):
    """What was looked at, how it is, and a detail: `missing` can be done without, `wrong` cannot."""

    what: str
    state: State
    detail: str


@click.command("doctor", cls=Command)
@language_option
@course_option
@json_option
@click.pass_context
def command(ctx: click.Context, lang: Language, said: str, as_json: bool) -> int:
    """Looks at versions, fonts, torch, exercises, permissions, clock, course; exit code 1 where something is wrong."""
    try:
        settings, about = course(said), ""
    except BadCourse as bad:
        settings, about = Course(), sentence(f"course.{bad.reason}", lang, about=printable(bad.about))
    lang = spoken(languages_said(ctx, lang, settings))
    found = list(_looked(settings, lang))
    if not about and (unknown := ", ".join(settings.unknown(library(settings.folders)))):
        about = sentence("course.unknown_place", lang, about=printable(unknown))
    if about:
        found.append(Found("course", "wrong", about))
    elif (file := file_of(said)).is_file():
        found.append(Found("course", "ok", str(file)))
    if as_json:
        click.echo(document("doctor", {"found": [one._asdict() for one in found]}), nl=False)
    else:
        for one in found:
            what, state = sentence(f"doctor.{one.what}", lang), sentence(f"doctor.{one.state}", lang)
            click.echo(f"{state}  {what}: {printable(one.detail)}")
    return int(any(one.state == "wrong" for one in found))


def _looked(settings: Course, language: Language) -> Iterator[Found]:
    yield Found("version", "ok", f"tirgul {tirgul.__version__}, Python {platform.python_version()}")
    for names, absent in ((NEEDED, "wrong"), (WELCOME, "missing")):
        for name in names:
            known = _version(name)
            yield Found("library", "ok" if known else absent, f"{name} {known}".strip())  # type: ignore[arg-type]
    yield Found("sqlite", "ok" if sqlite3.sqlite_version_info >= (3, 35) else "wrong", sqlite3.sqlite_version)
    fonts = sorted(path.name for path in FONTS.glob("*.woff2")) + sorted(path.name for path in FONTS.glob("*.?tf"))
    yield Found("fonts", "ok" if fonts else "wrong", ", ".join(fonts))
    exercises, broken = survey(search_path(settings.folders))
    yield Found("exercises", "ok", ", ".join(exercise.id for exercise in exercises))
    yield from (Found("exercises", "wrong", bad_exercise(bad, language)) for bad in broken)
    written = (settings.out, Path(settings.store) if settings.store and "://" not in settings.store else None)
    folders = (next(one for one in (path, *path.absolute().parents) if one.is_dir()) for path in written if path)
    for place in dict.fromkeys((Path.cwd(), Path(tempfile.gettempdir()), *folders)):
        yield Found("writing", "ok" if _can_write(place) else "wrong", str(place))
    yield Found("processors", "ok", str(os.cpu_count() or 1))
    now = datetime.now().astimezone()
    clock: State = "ok" if now >= OLDEST_CLOCK else "wrong"
    yield Found("clock", clock, f"{now.isoformat(timespec='seconds')} {os.environ.get('TZ') or time.tzname[0]}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
