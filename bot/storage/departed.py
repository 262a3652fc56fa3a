"""Which workspaces were left, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.storage.revisions import next_revision
from bot.storage.tables import channel, workspace

WHEN_BACK = "alerts go on once it is back"
"""How the reason ends for which the channels of a workspace that was left are set aside."""
GONE_FOR_GOOD = (
    "the channel was deleted",
    "the thread was deleted",
    "the channel was archived",
    "the channel is archived",
)
"""How the reason begins for which a channel is set aside that nobody can type in any more."""


async def mark_left(
    connection: AsyncConnection, platform: PlatformName, external_id: str, *, now: datetime
) -> None:
    """The platform says that we are not in the workspace any more. Told again, nothing changes."""
    await connection.execute(
        update(workspace)
        .where(
            workspace.c.platform == platform,
            workspace.c.external_id == external_id,
            workspace.c.left_at.is_(None),
        )
        .values(left_at=now)
    )


async def mark_returned(connection: AsyncConnection, workspace_id: WorkspaceId) -> None:
    """We are in it again: what was set aside because we were not goes on."""
    await connection.execute(
        update(channel)
        .where(
            channel.c.workspace_id == workspace_id, channel.c.disabled_reason.endswith(WHEN_BACK)
        )
        .values(disabled_reason=None, noticed_at=None, revision=await next_revision(connection))
    )
    await connection.execute(
        update(workspace).where(workspace.c.id == workspace_id).values(left_at=None)
    )


async def left_before(connection: AsyncConnection, before: datetime) -> tuple[WorkspaceId, ...]:
    """The workspaces that were left by then, and not returned to."""
    rows = await connection.execute(
        select(workspace.c.id).where(workspace.c.left_at <= before).order_by(workspace.c.id)
    )
    return tuple(WorkspaceId(row.id) for row in rows)
