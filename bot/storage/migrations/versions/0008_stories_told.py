"""What reports mean, summaries that a model wrote, and how much is usual for topics and feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId, UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("article_terms") as batch:
        batch.add_column(sa.Column("meaning", sa.LargeBinary(), nullable=True))
    op.create_table(
        "written_summary",
        sa.Column("alert_id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sources", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_written_summary_alert_id_alert")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_written_summary_workspace_id_workspace"),
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_written_summary")),
    )
    op.create_index(op.f("ix_written_summary_sources"), "written_summary", ["sources"])
    op.create_table(
        "model_spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_model_spending")),
    )
    op.create_table(
        "usual",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=True),
        sa.Column("through", UtcTime(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_usual_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("subject", "subject_id", name=op.f("pk_usual")),
    )
