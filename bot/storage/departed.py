"""Which workspaces were left, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.storage.tables import workspace


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
    """We are in it again."""
    await connection.execute(
        update(workspace).where(workspace.c.id == workspace_id).values(left_at=None)
    )


async def left_before(connection: AsyncConnection, before: datetime) -> tuple[WorkspaceId, ...]:
    """The workspaces that were left by then, and not returned to."""
    rows = await connection.execute(
        select(workspace.c.id).where(workspace.c.left_at <= before).order_by(workspace.c.id)
    )
    return tuple(WorkspaceId(row.id) for row in rows)
