"""The tables in which a course's work is kept. Rows are added and never changed; only `forget` takes any away.

    settings      what belongs to the whole course, as a fingerprint of the key that ids are hashed with
    attempts      what a student did in self-check: an answer with what was said of it, or a hint that was asked for
    overrides     marks that a person gave to an attempt; the last one stands

`seq` is the order in which rows came, whatever the clock said. Students are pseudonyms: a hash of the id under the
course's key.
"""

from __future__ import annotations

import re
from typing import Any, final

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, TypeDecorator

METADATA = MetaData()

_ESCAPE = "\ue000"
_ODD = re.compile(f"[\0\ud800-\udfff{_ESCAPE}]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")


@final
class Typed(TypeDecorator[str]):
    """A text that people chose, such as an id: it comes back as it was, also where a database has no place for it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """The text with odd characters written as numbers."""
        return value if value is None else _ODD.sub(lambda odd: f"{_ESCAPE}{ord(odd[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """The text as it was."""
        return value if value is None else _ESCAPED.sub(lambda odd: chr(int(odd[1], 16)), value)

SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("student", String(64), nullable=False),
    Column("session", String(64), nullable=False),
    Column("exercise", String(200), nullable=False),
    Column("variant", String(16), nullable=False),
    Column("part", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("judgement", Text, nullable=False),
    Column("made", String(32), nullable=False),
    Index("attempts_of_session", "session", "exercise", "variant"),
    Index("attempts_of_student", "student"),
    Index("attempts_by_verdict", "exercise", "part", "verdict"),
    sqlite_autoincrement=True,
)

OVERRIDES = Table(
    "overrides",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("attempt", String(64), ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("marks", String(40), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("made", String(32), nullable=False),
    sqlite_autoincrement=True,
)
