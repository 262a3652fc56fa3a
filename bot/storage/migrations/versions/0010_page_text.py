"""Feeds whose articles' own pages are read, and what the pages begin with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId, UtcTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "follow",
        sa.Column("full_text", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "page_text",
        sa.Column("article_id", RowId, nullable=False, autoincrement=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tried_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_page_text")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_page_text_article_id")
        ),
    )
