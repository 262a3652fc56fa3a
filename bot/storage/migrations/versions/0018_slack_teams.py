"""The Slack teams that installed a hosted app, each with the token that it gave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "slack_team",
        sa.Column("workspace_id", sa.String(), sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("bot_token", sa.String(), nullable=False),
        sa.Column("installed_by", sa.String(), nullable=False, server_default=""),
        sa.Column("installed_at", UtcTime(), nullable=False),
    )
