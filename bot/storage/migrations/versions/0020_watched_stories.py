"""A person's topic may be one story instead of a query."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("topic", sa.Column("story_id", RowId, nullable=True))
    op.create_index("ix_topic_story_id", "topic", ["story_id"])
