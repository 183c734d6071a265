"""Graded classes: submissions, runs, marks, marks by hand, what was published."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "submissions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
    )
    op.create_index("ix_submissions_student", "submissions", ["student"])
    op.create_table(
        "runs",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("of", sa.Integer, sa.ForeignKey("runs.seq")),
        sa.Column("made", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "marks",
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.seq"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("submission", sa.String(64), sa.ForeignKey("submissions.hash"), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("run", "student", name="one_row_a_student"),
    )
    op.create_table(
        "ends",
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.seq"), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
    )
    op.create_table(
        "chunks", sa.Column("hash", sa.String(64), primary_key=True), sa.Column("said", sa.Text, nullable=False)
    )
    op.create_table(
        "hand_marks",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("exercise", sa.String(200), nullable=False),
        sa.Column("part", sa.String(200), nullable=False),
        sa.Column("marks", sa.String(40), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hand_marks_student", "hand_marks", ["student"])
    op.create_table(
        "published",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.seq"), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
