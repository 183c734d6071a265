"""The tables in which graded classes are kept. Rows are added and never changed.

    submissions   what a student handed in, once however often it is graded; its hash is its name
    runs          a class graded once: what was handed in, with which settings, by which version
    marks         what a run found for a student, before any mark by hand
    ends          that a run was finished, and what it said of the whole class
    chunks        judgements made so far, so that a run that was interrupted goes on where it was
    hand_marks    marks that a person gave; the last one stands, in every run
    published     that a run's marks were handed out

`seq` is the order in which rows came, whatever the clock said. Students are called by their ids, because marks are
handed back under them.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from grader.schema import METADATA, Typed

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("student", Typed, nullable=False, index=True),
    Column("document", Text, nullable=False),
    Column("made", String(32), nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("version", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    Column("problems", Text, nullable=False),
    Column("of", Integer, ForeignKey("runs.seq")),
    Column("made", String(32), nullable=False),
    sqlite_autoincrement=True,
)

MARKS = Table(
    "marks",
    METADATA,
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("student", Typed, nullable=False),
    Column("submission", String(64), ForeignKey("submissions.hash"), nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("run", "student", name="one_row_a_student"),
)

ENDS = Table(
    "ends",
    METADATA,
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("document", Text, nullable=False),
    Column("made", String(32), nullable=False),
)

CHUNKS = Table(
    "chunks",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("said", Text, nullable=False),
)

HAND_MARKS = Table(
    "hand_marks",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("student", Typed, nullable=False, index=True),
    Column("exercise", String(200), nullable=False),
    Column("part", String(200), nullable=False),
    Column("marks", String(40), nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Typed, nullable=False),
    Column("made", String(32), nullable=False),
    sqlite_autoincrement=True,
)

PUBLISHED = Table(
    "published",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False),
    Column("who", String(200), nullable=False),
    Column("made", String(32), nullable=False),
    sqlite_autoincrement=True,
)
