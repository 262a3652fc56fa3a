"""Tells whoever is in charge that a channel was set aside: one notice, never a stream of them."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import DIRECT, Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.storage import channels, deliveries, notices
from bot.storage.installation import installation_id
from bot.storage.roster import next_revision


async def tell_owner(
    connection: AsyncConnection, failed: Channel, *, happened: str, remedy: str, now: datetime
) -> bool:
    """Want a notice about a channel that was just disabled, in the workspace's own channel for
    notices, else by direct message to whoever last put something into the channel. Returns
    whether anybody is told: nobody is if neither is known, or if they were told already."""
    if await notices.was_noticed(connection, failed.id):
        return False
    target = await _target(connection, failed, now)
    if target is None:
        return False
    line = f"{failed.label}: {happened}. {remedy}".strip()
    unseen = await notices.unseen_notice(connection, target.id, now=now)
    if unseen is None:
        installation = await installation_id(connection)
        name = f"{installation}/{target.id}/notice/{failed.id}/{now.isoformat()}"
        await deliveries.insert_deliveries(
            connection,
            [
                {
                    "workspace_id": target.workspace,
                    "channel_id": target.id,
                    "kind": DeliveryKind.NOTICE,
                    "key": blake2b(name.encode(), digest_size=10).hexdigest(),
                    "body": {"title": "Alerts stopped: this needs you", "lines": [line]},
                    "wanted": 1,
                    "status": DeliveryStatus.PENDING,
                    "created_at": now,
                }
            ],
        )
    else:
        await notices.add_line(connection, unseen, line)
    await notices.mark_noticed(connection, failed.id, now=now)
    return True


async def _target(connection: AsyncConnection, failed: Channel, now: datetime) -> Channel | None:
    """The first that is another channel than the one that failed, and not disabled itself."""
    workspace = await channels.get_workspace(connection, failed.workspace)
    wanted = [
        workspace.notices_to if workspace else "",
        f"{DIRECT}{failed.added_by}" if failed.added_by else "",
    ]
    for external_id in wanted:
        if not external_id or external_id == failed.external_id:
            continue
        known = await channels.find_channel(connection, failed.platform, external_id)
        if known is None:
            await channels.put_channel(
                connection,
                workspace_id=failed.workspace,
                platform=failed.platform,
                external_id=external_id,
                name="",
                now=now,
                revision=await next_revision(connection),
            )
            return await channels.find_channel(connection, failed.platform, external_id)
        if known.disabled_reason is None and known.workspace == failed.workspace:
            return known
    return None
