"""When a subscription was told of the stories that ran already. Those of before never will be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("subscription") as table:
        table.add_column(sa.Column("started_at", UtcTime(), nullable=True))
    op.execute("UPDATE subscription SET started_at = created_at")
