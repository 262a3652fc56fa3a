"""When a workspace was left: some days later all that is kept of it is deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("workspace", sa.Column("left_at", UtcTime(), nullable=True))
