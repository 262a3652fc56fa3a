"""A channel that two workspaces share, as Slack Connect has them, is a channel of each."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_constraint(op.f("uq_channel_platform_external_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_channel_workspace_id_platform_external_id"),
            ["workspace_id", "platform", "external_id"],
        )
