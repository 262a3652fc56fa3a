"""What polling remembers: what a document listed, the feed's rhythm and health, where it lives."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from yarl import URL

from bot.storage.tables import RowId, UtcTime

revision = "0006"
down_revision = "0005"

_FEED: tuple[sa.Column[Any], ...] = (
    sa.Column("host", sa.String(), nullable=False, server_default=""),
    sa.Column("polled_at", UtcTime(), nullable=True),
    sa.Column("fetched_at", UtcTime(), nullable=True),
    sa.Column("ttl_s", sa.Float(), nullable=True),
    sa.Column("gap_s", sa.Float(), nullable=True),
    sa.Column("longest_gap_s", sa.Float(), nullable=True),
    sa.Column("arrivals", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("failing_since", UtcTime(), nullable=True),
    sa.Column("lives_at", sa.Text(), nullable=True),
    sa.Column("moved_to", sa.Text(), nullable=True),
    sa.Column("moved_sightings", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("gone_sightings", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("gone_at", UtcTime(), nullable=True),
    sa.Column("told", sa.String(), nullable=False, server_default=""),
    sa.Column("told_at", UtcTime(), nullable=True),
)


def upgrade() -> None:
    for column in _FEED:
        op.add_column("feed", column)
    op.create_index(op.f("ix_feed_lives_at"), "feed", ["lives_at"])
    connection = op.get_bind()
    feed = sa.table("feed", sa.column("id"), sa.column("url"), sa.column("host"))
    for id_, url in connection.execute(sa.select(feed.c.id, feed.c.url)).all():
        connection.execute(
            sa.update(feed).where(feed.c.id == id_).values(host=URL(url).raw_host or "")
        )
    op.add_column(
        "seen", sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("article", sa.Column("listed_after", UtcTime(), nullable=True))
    op.create_table(
        "listing",
        sa.Column("feed_id", RowId, nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_listing_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_listing")),
    )
    op.create_table(
        "feed_notice",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("feed_id", RowId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_feed_notice_feed_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_feed_notice_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_notice")),
    )
    op.create_index(op.f("ix_feed_notice_told_at"), "feed_notice", ["told_at"])
    op.create_index(op.f("ix_subscription_workspace_id"), "subscription", ["workspace_id"])
