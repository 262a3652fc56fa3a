"""What the story window is rebuilt from: each article's weighted terms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "article_terms",
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_terms_article_id_article")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_terms")),
    )
