"""Notices to whoever is in charge: one for each channel that was disabled, never a stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import DIRECT, Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import WorkspaceId
from bot.storage.channels import find_channel, get_workspace, put_channel
from bot.storage.revisions import next_revision
from bot.storage.tables import channel, delivery
from bot.words import later, say


async def tell_of_disabled(
    connection: AsyncConnection, failed: Channel, *, reason: str, name: str, now: datetime
) -> bool:
    """Want a notice that the channel gets nothing any more: in the workspace's channel for notices,
    else to the person who added it. `name` makes its key; it is one of a kind in this installation.

    False if somebody was told already since the channel was last enabled, or nobody can be. What
    nobody has seen yet takes it in.
    """
    first = await connection.execute(
        update(channel)
        .where(channel.c.id == failed.id, channel.c.noticed_at.is_(None))
        .values(noticed_at=now)
    )
    is_own = "@" in failed.external_id and bool(failed.person)  # what somebody follows is private
    tell = first.rowcount and not is_own
    there = await _told(connection, failed, now=now) if tell else None
    if there is None:
        return False
    line = f"{failed.label}: {reason}"
    unseen = await _unseen(connection, there, now=now)
    if unseen is not None:
        lines = [*unseen.body["lines"][:-1], line, say(NEXT)]
        body = {
            "title": say("{value} channels get no news any more", value=len(lines) - 1),
            "lines": lines,
        }
        await connection.execute(
            update(delivery).where(delivery.c.id == unseen.id).values(body=body)
        )
        return True
    await put_notice(
        connection,
        there,
        key=blake2b(f"notice/{name}/{now.isoformat()}".encode(), digest_size=10).hexdigest(),
        title=say("A channel gets no news any more"),
        lines=[line, say(NEXT)],
        now=now,
    )
    return True


NEXT = later(
    "Nothing is lost: what is waiting is posted when it works again. Put that right, then repeat"
    " any watch or follow command in the channel to switch it on; “topic move” takes a topic to"
    " another channel."
)


async def place_of(
    connection: AsyncConnection, workspace_id: WorkspaceId, *, now: datetime
) -> Channel | None:
    """Where a workspace is told of what concerns all of it: in its channel for notices, else by a
    message to the person who last put something into a channel. None: nobody can be told."""
    people = await connection.execute(
        select(channel.c.added_by)
        .where(
            channel.c.workspace_id == workspace_id,
            channel.c.added_by != "",
            ~channel.c.external_id.startswith(DIRECT),  # who only follows is in charge of nothing
            channel.c.disabled_reason.is_(None),
        )
        .order_by(channel.c.id.desc())
        .limit(1)
    )
    return await _place(connection, workspace_id, person=people.scalar_one_or_none(), now=now)


async def _told(connection: AsyncConnection, failed: Channel, *, now: datetime) -> Channel | None:
    """Where the notice goes: never into a channel that cannot be posted to itself."""
    return await _place(
        connection, failed.workspace, person=failed.added_by, but_not=failed, now=now
    )


async def _place(
    connection: AsyncConnection,
    workspace_id: WorkspaceId,
    *,
    person: str | None,
    now: datetime,
    but_not: Channel | None = None,
) -> Channel | None:
    workspace = await get_workspace(connection, workspace_id)
    if workspace is None:
        return None
    platform = but_not.platform if but_not is not None else workspace.platform
    places = [workspace.notices_to] if workspace.notices_to else []
    if person:
        places.append(f"{DIRECT}{person}")
    for external_id in places:
        there = await find_channel(connection, platform, external_id, of=workspace_id)
        if there is None:
            await put_channel(
                connection,
                workspace_id=workspace_id,
                platform=platform,
                external_id=external_id,
                name="",
                now=now,
                revision=await next_revision(connection),
            )
            there = await find_channel(connection, platform, external_id, of=workspace_id)
        if there is None or there.disabled_reason is not None:
            continue
        if but_not is None or there.id != but_not.id:
            return there
    return None


async def put_notice(
    connection: AsyncConnection,
    there: Channel,
    *,
    key: str,
    title: str,
    lines: Sequence[str],
    now: datetime,
    asks: bool = True,
) -> None:
    """Want a notice of its own in a channel. `key` is its name for ever; `asks`: somebody is to do
    something about it."""
    await connection.execute(
        insert(delivery).values(
            workspace_id=there.workspace,
            channel_id=there.id,
            kind=DeliveryKind.NOTICE,
            key=key,
            body={"title": title, "lines": list(lines), "asks": asks},
            wanted=1,
            status=DeliveryStatus.PENDING,
            created_at=now,
        )
    )


async def _unseen(connection: AsyncConnection, there: Channel, *, now: datetime) -> Any:
    """A notice of there that surely nobody has seen, and that nobody is sending."""
    found = await connection.execute(
        select(delivery.c.id, delivery.c.body)
        .where(
            delivery.c.channel_id == there.id,
            delivery.c.kind == DeliveryKind.NOTICE,
            delivery.c.status == DeliveryStatus.PENDING,
            delivery.c.remote_id.is_(None),
            delivery.c.unsure_since.is_(None),
            or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= now),
        )
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    return found.one_or_none()
