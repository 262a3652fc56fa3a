"""Workspaces and their channels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import Channel, PlatformName, Workspace
from bot.model.ids import ChannelId, WorkspaceId
from bot.storage.tables import channel, workspace


def channel_of(row: Row[Any]) -> Channel:
    return Channel(
        id=ChannelId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        platform=PlatformName(row.platform),
        external_id=row.external_id,
        name=row.name,
        timezone=row.timezone,
        snoozed_until=row.snoozed_until,
        disabled_reason=row.disabled_reason,
    )


async def ensure_workspace(
    connection: AsyncConnection, wanted: Workspace, *, now: datetime
) -> None:
    """Make the workspace if it is new, and keep its name up to date."""
    changed = await connection.execute(
        update(workspace).where(workspace.c.id == wanted.id).values(name=wanted.name)
    )
    if changed.rowcount == 0:
        await connection.execute(
            insert(workspace).values(
                id=wanted.id,
                platform=wanted.platform,
                external_id=wanted.external_id,
                name=wanted.name,
                timezone=wanted.timezone,
                created_at=now,
            )
        )


async def find_channel(
    connection: AsyncConnection, platform: PlatformName, external_id: str
) -> Channel | None:
    row = (
        await connection.execute(
            select(channel).where(
                channel.c.platform == platform, channel.c.external_id == external_id
            )
        )
    ).one_or_none()
    return channel_of(row) if row else None


async def put_channel(
    connection: AsyncConnection,
    *,
    workspace_id: WorkspaceId,
    platform: PlatformName,
    external_id: str,
    name: str,
    now: datetime,
    revision: int,
) -> ChannelId:
    """Make the channel, or bring its name up to date; it is enabled again either way."""
    values = {"name": name, "disabled_reason": None, "revision": revision}
    before = await find_channel(connection, platform, external_id)
    if before is not None:
        await connection.execute(update(channel).where(channel.c.id == before.id).values(values))
        return before.id
    result = await connection.execute(
        insert(channel)
        .values(
            workspace_id=workspace_id,
            platform=platform,
            external_id=external_id,
            created_at=now,
            **values,
        )
        .returning(channel.c.id)
    )
    return ChannelId(result.scalar_one())


async def channels_by_id(
    connection: AsyncConnection, ids: Iterable[ChannelId]
) -> dict[ChannelId, Channel]:
    wanted = sorted(set(ids))
    found: dict[ChannelId, Channel] = {}
    for start in range(0, len(wanted), 500):
        rows = await connection.execute(
            select(channel).where(channel.c.id.in_(wanted[start : start + 500]))
        )
        found.update((ChannelId(row.id), channel_of(row)) for row in rows)
    return found


async def list_channels(
    connection: AsyncConnection, workspace_id: WorkspaceId
) -> tuple[Channel, ...]:
    rows = await connection.execute(
        select(channel).where(channel.c.workspace_id == workspace_id).order_by(channel.c.id)
    )
    return tuple(channel_of(row) for row in rows)


async def disable_channel(
    connection: AsyncConnection, channel_id: ChannelId, *, reason: str, revision: int
) -> None:
    """Send nothing there until a person acts: `reason` is shown to them."""
    await connection.execute(
        update(channel)
        .where(channel.c.id == channel_id)
        .values(disabled_reason=reason, revision=revision)
    )


async def enable_all(connection: AsyncConnection, *, revision: int) -> None:
    """Try every channel again."""
    await connection.execute(
        update(channel)
        .where(channel.c.disabled_reason.is_not(None))
        .values(disabled_reason=None, revision=revision)
    )


async def snooze_channel(
    connection: AsyncConnection, channel_id: ChannelId, *, until: datetime | None, revision: int
) -> None:
    """Hold the channel's alerts until then; None ends it."""
    await connection.execute(
        update(channel)
        .where(channel.c.id == channel_id)
        .values(snoozed_until=until, revision=revision)
    )
