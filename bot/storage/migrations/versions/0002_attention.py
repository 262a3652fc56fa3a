"""Digests, replies and notices; how each channel wants to be spoken to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import RowId, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("channel_id", RowId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_digest_workspace_id")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_digest_channel_id")),
    )
    op.create_index(op.f("ix_digest_channel_id"), "digest", ["channel_id"], unique=False)
    op.create_table(
        "digest_line",
        sa.Column("digest_id", RowId, nullable=False),
        sa.Column("alert_id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest_id", "alert_id", name=op.f("pk_digest_line")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_digest_line_alert_id")),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_digest_line_digest_id")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_digest_line_alert_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_digest_line_workspace_id")
        ),
    )
    no = sa.false()
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("notices_to", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("topic") as table:
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=no))
        table.add_column(sa.Column("snoozed_until", UtcTime(), nullable=True))
    with op.batch_alter_table("channel") as table:
        table.drop_column("timezone")
        table.add_column(sa.Column("attention", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("muted_until", UtcTime(), nullable=True))
        table.add_column(sa.Column("noticed_at", UtcTime(), nullable=True))
        table.add_column(sa.Column("added_by", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("subscription") as table:
        table.add_column(sa.Column("gate", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("mention", sa.String(), nullable=True))
        table.add_column(sa.Column("mentioned_by", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("alert") as table:
        table.add_column(sa.Column("held_why", sa.String(), nullable=True))
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=no))
    with op.batch_alter_table("delivery") as table:
        table.alter_column("alert_id", existing_type=RowId, nullable=True)
        table.add_column(sa.Column("digest_id", RowId, nullable=True))
        table.add_column(sa.Column("body", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("posted_at", UtcTime(), nullable=True))
        table.create_unique_constraint(op.f("uq_delivery_digest_id"), ["digest_id"])
        table.create_foreign_key(op.f("fk_delivery_digest_id"), "digest", ["digest_id"], ["id"])
        table.create_index(op.f("ix_delivery_channel_id_posted_at"), ["channel_id", "posted_at"])
        table.create_check_constraint(
            op.f("ck_delivery_of_an_alert"),
            "(kind IN ('card', 'reply')) = (alert_id IS NOT NULL)",
        )
        table.create_check_constraint(
            op.f("ck_delivery_of_a_digest"), "(kind = 'digest') = (digest_id IS NOT NULL)"
        )
        table.create_check_constraint(
            op.f("ck_delivery_has_a_body"),
            "kind NOT IN ('reply', 'notice') OR body IS NOT NULL",
        )
    op.execute("UPDATE delivery SET posted_at = sent_at WHERE remote_id IS NOT NULL")
