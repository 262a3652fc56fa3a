"""Feeds that a hub pushes to us (WebSub)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId, UtcTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "push",
        sa.Column("feed_id", RowId, nullable=False, autoincrement=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), server_default="", nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("next_try_at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("pushed_at", UtcTime(), nullable=True),
        sa.Column("ignored", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_push_feed_id_feed")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_push")),
        sa.UniqueConstraint("token", name=op.f("uq_push_token")),
    )
    op.create_index(op.f("ix_push_next_try_at"), "push", ["next_try_at"])
