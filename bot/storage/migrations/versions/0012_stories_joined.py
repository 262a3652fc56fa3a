"""Stories that were joined to older ones or follow closed ones, and when a card may change next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId, UtcTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("story", sa.Column("merged_into", RowId, nullable=True))
    op.add_column("story", sa.Column("follows", RowId, nullable=True))
    op.create_index(op.f("ix_story_merged_into"), "story", ["merged_into"])
    op.create_index(op.f("ix_story_follows"), "story", ["follows"])
    op.add_column("delivery", sa.Column("edit_after", UtcTime(), nullable=True))
