"""The language in which a workspace is spoken to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column(
        "workspace", sa.Column("language", sa.String(), nullable=False, server_default="")
    )
