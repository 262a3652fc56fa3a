"""How much of what is limited a workspace has: feeds and topics that stand, from wherever."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.tables import follow, topic


async def count_follows(connection: AsyncConnection, workspace: WorkspaceId) -> int:
    """How many feeds it follows, paused ones too."""
    return await _standing(connection, follow, workspace)


async def count_topics(connection: AsyncConnection, workspace: WorkspaceId) -> int:
    """How many topics it has, muted ones too. What people follow in person counts by person."""
    return await _standing(connection, topic, workspace, topic.c.person == "")


async def _standing(
    connection: AsyncConnection, table: Table, workspace: WorkspaceId, *more: ColumnElement[bool]
) -> int:
    counted = await connection.execute(
        select(func.count())
        .select_from(table)
        .where(table.c.workspace_id == workspace, ~table.c.removed, *more)
    )
    return int(counted.scalar_one())
