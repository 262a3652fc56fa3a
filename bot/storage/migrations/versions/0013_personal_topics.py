"""Topics that one person follows for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("topic", sa.Column("person", sa.Text(), nullable=False, server_default=""))
