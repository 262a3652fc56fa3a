"""When a message is to be published to the servers that follow its channel, and when it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("publish_at", UtcTime))
    op.add_column("delivery", sa.Column("published_at", UtcTime))
    op.create_index("ix_delivery_publish_at", "delivery", ["publish_at"])
