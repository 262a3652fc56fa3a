"""Workspaces and their channels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.attention import Attention
from bot.model.channel import Channel, PlatformName, Workspace
from bot.model.ids import ChannelId, WorkspaceId
from bot.storage.attention import attention_json, attention_of
from bot.storage.departed import mark_returned
from bot.storage.tables import channel, workspace
from bot.storage.tables import workspace as owners


def all_channels() -> Select[Any]:
    """Channels, each with its workspace's time zone and language, as `channel_of` needs them."""
    return select(
        channel, workspace.c.timezone.label("workspace_timezone"), workspace.c.language
    ).join(workspace, workspace.c.id == channel.c.workspace_id)


def channel_of(row: Row[Any]) -> Channel:
    return Channel(
        id=ChannelId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        platform=PlatformName(row.platform),
        external_id=row.external_id,
        name=row.name,
        attention=attention_of(row.attention, PlatformName(row.platform), row.workspace_timezone),
        muted_until=row.muted_until,
        snoozed_until=row.snoozed_until,
        disabled_reason=row.disabled_reason,
        added_by=row.added_by,
        language=row.language,
    )


async def ensure_workspace(
    connection: AsyncConnection, wanted: Workspace, *, now: datetime
) -> None:
    """Make the workspace if it is new, and keep its name up to date. Whoever asks is in it, so one
    that was left goes on."""
    left = select(workspace.c.left_at).where(workspace.c.id == wanted.id)
    if (await connection.execute(left)).scalar_one_or_none() is not None:
        await mark_returned(connection, wanted.id)
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


async def list_workspaces(connection: AsyncConnection) -> list[WorkspaceId]:
    """All of them, by id."""
    rows = await connection.execute(select(workspace.c.id).order_by(workspace.c.id))
    return [WorkspaceId(row.id) for row in rows]


async def find_channel(
    connection: AsyncConnection,
    platform: PlatformName,
    external_id: str,
    *,
    of: WorkspaceId | None = None,
) -> Channel | None:
    """The channel as workspace `of` has it: one that two share is a channel of each. None: the
    first that there is, whosever."""
    found = all_channels().where(
        channel.c.platform == platform, channel.c.external_id == external_id
    )
    if of is not None:
        found = found.where(channel.c.workspace_id == of)
    row = (await connection.execute(found.order_by(channel.c.id).limit(1))).one_or_none()
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
    added_by: str = "",
) -> ChannelId:
    """Make the channel, or bring its name up to date; it is enabled again either way."""
    values = {"name": name, "disabled_reason": None, "noticed_at": None, "revision": revision}
    if added_by:
        values["added_by"] = added_by
    before = await find_channel(connection, platform, external_id, of=workspace_id)
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
            all_channels().where(channel.c.id.in_(wanted[start : start + 500]))
        )
        found.update((ChannelId(row.id), channel_of(row)) for row in rows)
    return found


async def list_channels(
    connection: AsyncConnection, workspace_id: WorkspaceId
) -> tuple[Channel, ...]:
    rows = await connection.execute(
        all_channels().where(channel.c.workspace_id == workspace_id).order_by(channel.c.id)
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


async def disable_lost(
    connection: AsyncConnection,
    platform: PlatformName,
    *,
    workspace: str,
    channel_id: str,
    reason: str,
    revision: int,
) -> int:
    """Send nothing to a channel, or ("") to all of a workspace, both by the platform's own ids.
    Returns how many there were."""
    owner = select(owners.c.id).where(
        owners.c.platform == platform, owners.c.external_id == workspace
    )
    lost = [
        channel.c.platform == platform,
        channel.c.workspace_id.in_(owner),
        channel.c.disabled_reason.is_(None),
    ]
    if channel_id:
        lost.append(channel.c.external_id == channel_id)
    changed = await connection.execute(
        update(channel).where(*lost).values(disabled_reason=reason, revision=revision)
    )
    return int(changed.rowcount)


async def enable_all(connection: AsyncConnection, *, revision: int) -> None:
    """Try every channel again."""
    await connection.execute(
        update(channel)
        .where(channel.c.disabled_reason.is_not(None))
        .values(disabled_reason=None, noticed_at=None, revision=revision)
    )


async def set_attention(
    connection: AsyncConnection, changed: Channel, attention: Attention, *, revision: int
) -> None:
    """Keep the channel's wishes. What it shares with its workspace goes on following that."""
    zone = (
        await connection.execute(
            select(workspace.c.timezone).where(workspace.c.id == changed.workspace)
        )
    ).scalar_one()
    await connection.execute(
        update(channel)
        .where(channel.c.id == changed.id)
        .values(attention=attention_json(attention, changed.platform, zone), revision=revision)
    )


async def mute_channel(
    connection: AsyncConnection, channel_id: ChannelId, *, until: datetime | None, revision: int
) -> None:
    """Discard and record the channel's matches until then; None ends it."""
    await connection.execute(
        update(channel)
        .where(channel.c.id == channel_id)
        .values(muted_until=until, revision=revision)
    )


async def set_workspace(
    connection: AsyncConnection,
    workspace_id: WorkspaceId,
    *,
    timezone: str | None = None,
    notices_to: str | None = None,
    language: str | None = None,
    revision: int,
) -> None:
    """Change what its channels share. None leaves it."""
    said = {"timezone": timezone, "notices_to": notices_to, "language": language}
    values = {name: value for name, value in said.items() if value is not None}
    if values:
        await connection.execute(
            update(workspace).where(workspace.c.id == workspace_id).values(values)
        )
    if timezone is not None or language is not None:
        await connection.execute(
            update(channel).where(channel.c.workspace_id == workspace_id).values(revision=revision)
        )


async def get_workspace(connection: AsyncConnection, workspace_id: WorkspaceId) -> Workspace | None:
    row = (
        await connection.execute(select(workspace).where(workspace.c.id == workspace_id))
    ).one_or_none()
    if row is None:
        return None
    return Workspace(
        id=WorkspaceId(row.id),
        platform=PlatformName(row.platform),
        external_id=row.external_id,
        name=row.name,
        timezone=row.timezone,
        notices_to=row.notices_to,
        language=row.language,
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
