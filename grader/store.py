"""Where attempts are kept: SQLite in a file, or PostgreSQL by its URL.

    store = opened("attempts.db")                made if need be, brought up to date, with its key beside it
    store.add(attempt, …)                        kept before this returns; the same id twice is one attempt
    store.attempts(session=…, exercise=…)        in the order in which they came
    store.override(id, marks, who, why)          a mark by hand, which stands from then on
    store.forget("012345678")                    everything of one student

Nothing is changed once it is written. SQLite runs with a write-ahead log and full synchronisation: what a student was
shown survives the loss of power. Students' ids are never kept, only their hash under the course's key.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import field
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import make_url

from exercises.codes import plain_id
from grader.gradebooks.marks_json import judged
from grader.schema import ATTEMPTS, OVERRIDES, SETTINGS
from grader.verdict import Judgement
from solver.frozen import frozen

HEAD = "0002"
MIGRATIONS = Path(__file__).parent / "migrations"
KEY = "TIRGUL_COURSE_KEY"
FINGERPRINT = "key"
MOST_SECONDS = 10  # to wait for others who write
PRAGMAS = (
    f"PRAGMA busy_timeout = {1000 * MOST_SECONDS}",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)

Kind: TypeAlias = Literal["answer", "hint"]


class WrongKey(Exception):
    """The course's key is not the one that the database was made with: every student would be somebody else."""


class NoDriver(Exception):
    """The driver of a database is not installed."""


@final
@frozen(slots=True)
class Attempt:
    """What a student did: an answer and what was said of it, or a hint that was asked for."""

    id: str
    student: str
    session: str
    exercise: str
    variant: str
    part: str
    kind: Kind
    text: str = ""
    verdict: str = ""
    judgement: Mapping[str, Any] = field(default_factory=dict)
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@final
@frozen(slots=True)
class Override:
    """A mark that a person gave to an attempt."""

    attempt: str
    marks: Fraction
    who: str
    why: str
    made: str


def answered(
    attempt_id: str, student: str, session: str, exercise: str, variant: str, judgement: Judgement
) -> Attempt:
    """An answer with what was said of it."""
    part, text, said = judgement.part, judgement.answer, judged(judgement)
    share = getattr(judgement.verdict, "share", None)
    if share is not None:
        said["share"] = str(share)
    return Attempt(attempt_id, student, session, exercise, variant, part, "answer", text, said["verdict"], said)


# --- opening


def opened(where: str | Path, key: bytes | None = None) -> Store:
    """The store at a path or a URL; raises WrongKey or NoDriver."""
    url = str(where) if "://" in str(where) else f"sqlite:///{Path(where)}"
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if "+psycopg" in url:
        try:
            import psycopg  # noqa: F401  # SQLAlchemy loads it; here it is asked for by name
        except ImportError:
            raise NoDriver("psycopg") from None
    database = make_url(url).database
    if url.startswith("sqlite") and database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    return Store(_engine(url), key or course_key(Path(f"{database}.key") if url.startswith("sqlite") else None))


def course_key(file: Path | None) -> bytes:
    """The course's key: TIRGUL_COURSE_KEY, or what a file holds that is made where there is none."""
    said = os.environ.get(KEY, "")
    if said:
        return said.encode()
    if file is None:
        raise WrongKey(KEY)
    with suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as new:
            new.write(secrets.token_hex(32))
            new.flush()
            os.fsync(new.fileno())
    return file.read_text(encoding="ascii").strip().encode()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not when sqlite3 thinks so
        _keep_log(connection)
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _keep_log(connection: sqlite3.Connection) -> None:
    """Has a file written ahead of in a log; SQLite does not wait by itself while another process does just that."""
    until = time.monotonic() + MOST_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


@final
class Store:
    """The attempts of a course. Its methods may be called from any thread."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._hash = hmac.new(key, digestmod="sha256")
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite_dialect.insert
        self._new = self._insert(ATTEMPTS).on_conflict_do_nothing(index_elements=["id"])
        _migrate(engine)
        self._know_key()

    @property
    def engine(self) -> Engine:
        """The database, for `grader.ledger`."""
        return self._engine

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def signed(self, purpose: str, *words: str) -> str:
        """A hash under the course's key, which nobody can make who does not have it."""
        made = self._hash.copy()  # keyed once; it is asked for several times a request
        made.update("\0".join((purpose, *words)).encode("utf-8", "surrogatepass"))
        return made.hexdigest()

    def pseudonym(self, student: str) -> str:
        """What a student is called here."""
        return self.signed("student", unicodedata.normalize("NFC", plain_id(student)))[:32]

    # --- writing

    def add(self, *attempts: Attempt) -> list[Attempt]:
        """Keeps attempts, all or none; gives those that are kept under their ids, which are the first."""
        with self._writing() as connection:
            if connection.execute(self._new, [_row(one) for one in attempts]).rowcount == len(attempts):
                return list(attempts)
            same = select(ATTEMPTS).where(ATTEMPTS.c.id.in_([one.id for one in attempts]))
            kept = {row.id: _attempt(row) for row in connection.execute(same)}
        return [kept[one.id] for one in attempts]

    def override(self, attempt: str, marks: Fraction, who: str, why: str) -> None:
        """Gives an attempt a mark by hand; raises KeyError where there is no such attempt."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing() as connection:
            if connection.execute(select(ATTEMPTS.c.seq).where(ATTEMPTS.c.id == attempt)).first() is None:
                raise KeyError(attempt)
            row = {"attempt": attempt, "marks": str(marks), "who": who, "why": why, "made": made}
            connection.execute(insert(OVERRIDES).values(row))

    def forget(self, student: str) -> int:
        """Takes away everything of a student, by id; gives how many attempts that were."""
        with self._writing() as connection:
            name = self.pseudonym(student)
            mine = select(ATTEMPTS.c.id).where(ATTEMPTS.c.student == name)
            connection.execute(delete(OVERRIDES).where(OVERRIDES.c.attempt.in_(mine)))
            forgotten = int(connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.student == name)).rowcount)
        self.wipe()
        return forgotten

    def wipe(self) -> None:
        """Leaves nothing of rows that were taken away in the log of the file, where there is one."""
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            with closing(sqlite3.connect(self._engine.url.database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- reading

    def attempts(self, *, most: int | None = None, **where: str) -> list[Attempt]:
        """The attempts whose columns have these values, in the order in which they came; `most` gives the last ones."""
        asked = _select(tuple(where), most)
        with self._engine.connect() as connection:
            rows = connection.execute(asked, where).all()
        return [_attempt(row) for row in reversed(rows)]

    def overrides(self, attempts: Sequence[str] | None = None) -> dict[str, Override]:
        """The mark by hand that stands for each attempt that has one."""
        asked = select(OVERRIDES).order_by(OVERRIDES.c.seq)
        if attempts is not None:
            if not attempts:
                return {}
            asked = asked.where(OVERRIDES.c.attempt.in_(attempts))
        with self._engine.connect() as connection:
            rows = connection.execute(asked).all()
        return {
            row.attempt: Override(row.attempt, Fraction(row.marks), row.who, row.why, row.made) for row in rows
        }

    def counts(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """For each exercise, part and verdict: how many answers, and by how many students."""
        place = (ATTEMPTS.c.exercise, ATTEMPTS.c.part, ATTEMPTS.c.verdict)
        asked = select(*place, func.count(), func.count(ATTEMPTS.c.student.distinct())).where(
            ATTEMPTS.c.kind == "answer"
        )
        with self._engine.connect() as connection:
            rows = connection.execute(asked.group_by(*place)).all()
        return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}

    # --- opening

    def _writing(self) -> Any:
        return self._engine.execution_options(writes=True).begin()

    def _know_key(self) -> None:
        """The database remembers which key it was made with, and not the key."""
        mark = self.signed("fingerprint")
        with self._writing() as connection:
            row = {"name": FINGERPRINT, "value": mark}
            connection.execute(self._insert(SETTINGS).values(row).on_conflict_do_nothing(index_elements=["name"]))
            known = connection.execute(select(SETTINGS.c.value).where(SETTINGS.c.name == FINGERPRINT)).scalar_one()
        if not hmac.compare_digest(known, mark):
            raise WrongKey(KEY)


@lru_cache
def _select(columns: tuple[str, ...], most: int | None) -> Select[Any]:
    """The attempts with given values in these columns, the last first; made once, for that costs as much as asking."""
    found = select(ATTEMPTS).where(*(ATTEMPTS.c[name] == bindparam(name) for name in columns))
    return found.order_by(ATTEMPTS.c.seq.desc()).limit(most)


def _row(attempt: Attempt) -> dict[str, Any]:
    """An attempt as it is written: without the character 0 and half characters, for which there is no place."""
    row = {name: getattr(attempt, name) for name in Attempt.__slots__}
    for name in ("text", "exercise", "part"):
        row[name] = row[name].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return row | {"judgement": json.dumps(dict(attempt.judgement), ensure_ascii=True)}


def _attempt(row: Row[Any]) -> Attempt:
    values = dict(row._mapping)
    del values["seq"]
    return Attempt(**{**values, "judgement": json.loads(values["judgement"])})


# --- versions


def _migrate(engine: Engine) -> None:
    """Brings a database up to date, after a copy of it was made where there was one before."""
    version = _version(engine)
    if version == HEAD:
        return
    database = engine.url.database
    if version and engine.dialect.name == "sqlite" and database:
        backup = Path(f"{database}.before-{HEAD}")
        backup.unlink(missing_ok=True)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
    from alembic import command  # 350 ms, and only where something has to be made
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7361)"))  # one of several that start at once
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(engine: Engine) -> str:
    """The revision that a database is at; "" where there is none yet."""
    if not inspect(engine).has_table("alembic_version"):
        return ""
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
