"""When a message is to be published to the servers that follow its channel, and when it was; and a
channel that two workspaces share becomes one of each."""

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
    with op.batch_alter_table("channel") as table:
        table.drop_constraint(op.f("uq_channel_platform_external_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_channel_workspace_id_platform_external_id"),
            ["workspace_id", "platform", "external_id"],
        )
