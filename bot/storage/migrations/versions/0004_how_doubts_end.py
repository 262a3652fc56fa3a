"""How the doubt about an attempt ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("attempt") as table:
        table.add_column(sa.Column("settled", sa.String(), nullable=True))
