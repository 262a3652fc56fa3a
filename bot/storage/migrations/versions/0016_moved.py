"""When a subscription was moved here: what was told where it came from is not told again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("subscription", sa.Column("moved_at", UtcTime(), nullable=True))
