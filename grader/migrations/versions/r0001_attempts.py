"""The beginning: attempts, overrides, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "settings", sa.Column("name", sa.String(40), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table(
        "attempts",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("student", sa.String(64), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("exercise", sa.String(200), nullable=False),
        sa.Column("variant", sa.String(16), nullable=False),
        sa.Column("part", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("judgement", sa.Text, nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("attempts_of_session", "attempts", ["session", "exercise", "variant"])
    op.create_index("attempts_of_student", "attempts", ["student"])
    op.create_index("attempts_by_verdict", "attempts", ["exercise", "part", "verdict"])
    op.create_table(
        "overrides",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("attempt", sa.String(64), sa.ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("marks", sa.String(40), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_overrides_attempt", "overrides", ["attempt"])
