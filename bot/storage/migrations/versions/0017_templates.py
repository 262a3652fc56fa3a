"""How much of a story a subscription shows: a size, or a layout of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column(
        "subscription",
        sa.Column("template", sa.String(), nullable=False, server_default="standard"),
    )
