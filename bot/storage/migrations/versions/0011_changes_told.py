"""Material changes of a story, told in the thread of its card where that is wished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("subscription") as batch:
        batch.add_column(sa.Column("updates", sa.String(), nullable=False, server_default="silent"))
    with op.batch_alter_table("alert") as batch:
        batch.add_column(sa.Column("told", sa.JSON(), nullable=True))
