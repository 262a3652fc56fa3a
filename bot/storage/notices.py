"""Notices to whoever is in charge: one for each channel that was disabled, never a stream."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import DIRECT, Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.storage.channels import find_channel, get_workspace, put_channel
from bot.storage.roster import next_revision
from bot.storage.tables import channel, delivery


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
    there = await _told(connection, failed, now=now) if first.rowcount else None
    if there is None:
        return False
    line = f"{failed.label}: {reason}"
    unseen = await _unseen(connection, there, now=now)
    if unseen is not None:
        lines = [*unseen.body["lines"][:-1], line, _NEXT]
        body = {"title": f"{len(lines) - 1} channels get no news any more", "lines": lines}
        await connection.execute(
            update(delivery).where(delivery.c.id == unseen.id).values(body=body)
        )
        return True
    await connection.execute(
        insert(delivery).values(
            workspace_id=failed.workspace,
            channel_id=there.id,
            kind=DeliveryKind.NOTICE,
            key=blake2b(f"notice/{name}/{now.isoformat()}".encode(), digest_size=10).hexdigest(),
            body={"title": "A channel gets no news any more", "lines": [line, _NEXT]},
            wanted=1,
            status=DeliveryStatus.PENDING,
            created_at=now,
        )
    )
    return True


_NEXT = (
    "Nothing is lost: what is waiting is posted when it works again. Put that right, then repeat"
    " any watch or follow command in the channel to switch it on."
)


async def _told(connection: AsyncConnection, failed: Channel, *, now: datetime) -> Channel | None:
    """Where the notice goes: never into a channel that cannot be posted to itself."""
    workspace = await get_workspace(connection, failed.workspace)
    places = [workspace.notices_to] if workspace and workspace.notices_to else []
    if failed.added_by:
        places.append(f"{DIRECT}{failed.added_by}")
    for external_id in places:
        there = await find_channel(connection, failed.platform, external_id)
        if there is None:
            await put_channel(
                connection,
                workspace_id=failed.workspace,
                platform=failed.platform,
                external_id=external_id,
                name="",
                now=now,
                revision=await next_revision(connection),
            )
            there = await find_channel(connection, failed.platform, external_id)
        if there is not None and there.disabled_reason is None and there.id != failed.id:
            return there
    return None


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
