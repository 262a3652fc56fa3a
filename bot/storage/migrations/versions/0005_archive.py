"""The archive that backtests search, a workspace's aliases, and proposed edits of queries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.storage.dialect import CREATE, put_statement, put_values
from bot.storage.tables import RowId, UtcTime
from bot.topics.document import Document
from bot.topics.sieve import indexed

revision = "0005"
down_revision = "0004"

CHUNK = 1000


def upgrade() -> None:
    op.create_table(
        "coverage",
        sa.Column("feed_id", RowId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "day", name=op.f("pk_coverage")),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_coverage_feed_id")),
    )
    op.create_table(
        "shelved",
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("feed_id", RowId, nullable=False),
        sa.Column("story_id", RowId, nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_shelved")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_shelved_article_id")),
    )
    op.execute(
        "INSERT INTO shelved (article_id, feed_id, story_id)"
        " SELECT id, feed_id, story_id FROM article"
    )
    op.create_table(
        "alias_group",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("removed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias_group")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_alias_group_workspace_id")
        ),
    )
    op.create_index(op.f("ix_alias_group_revision"), "alias_group", ["revision"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("topic_id", RowId, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_proposal")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_proposal_workspace_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_proposal_topic_id")),
    )
    op.create_index(op.f("ix_article_canonical_url"), "article", ["canonical_url"], unique=False)
    connection = op.get_bind()
    for statement in CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    _archive_what_is_stored(connection)


def _archive_what_is_stored(connection: sa.Connection) -> None:
    """Give the index the articles of an older installation, as the desk does with new ones."""
    stored = sa.text(
        "SELECT id, feed_id, title, summary, language,"
        " coalesce(published_at, first_seen_at) AS at"
        " FROM article WHERE id > :last ORDER BY id LIMIT :chunk"
    )
    dialect = connection.dialect.name
    counted: dict[tuple[int, object], int] = {}
    last = 0
    while True:
        rows = connection.execute(stored, {"last": last, "chunk": CHUNK}).all()
        if not rows:
            break
        last = rows[-1].id
        values = [put_values(dialect, row.id, indexed(_document(row))) for row in rows]
        connection.execute(put_statement(dialect), values)
        for row in rows:
            pair = (row.feed_id, _day(row.at))
            counted[pair] = counted.get(pair, 0) + 1
    if counted:
        table = sa.table(
            "coverage",
            sa.column("feed_id", sa.Integer),
            sa.column("day", sa.Date),
            sa.column("articles", sa.Integer),
        )
        rows_of = [
            {"feed_id": feed, "day": day, "articles": count}
            for (feed, day), count in counted.items()
        ]
        connection.execute(sa.insert(table), rows_of)


def _document(row: sa.Row[Any]) -> Document:
    return Document(title=row.title, summary=row.summary, language=row.language)


def _day(at: datetime | str) -> object:
    """The UTC day; SQLite hands times out as text here."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (when.astimezone(UTC) if when.tzinfo else when).date()
