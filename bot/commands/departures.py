"""A platform tells that a workspace or a channel is no longer ours: its channels are set aside.

Nothing is deleted here: whoever invites the bot again within the days that pipeline/departed.py
waits, or watches a topic there again, finds it all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.model.channel import PlatformName
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.departed import mark_left
from bot.storage.roster import next_revision

log = structlog.get_logger()


class Departures:
    """Sets channels aside when a platform says that they are lost. Harmless to be told twice."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def record(
        self, platform: PlatformName, *, workspace: str, channel: str, reason: str
    ) -> int:
        """`workspace` and `channel` are the platform's own ids; "" for all channels of the
        workspace. Returns how many channels that were."""
        async with self._database.write() as connection:
            count = await channels.disable_lost(
                connection,
                platform,
                workspace=workspace,
                channel_id=channel,
                reason=f"{reason}: invite the bot again, then watch a topic there",
                revision=await next_revision(connection),
            )
            if not channel:
                await mark_left(connection, platform, workspace, now=self._now())
        log.warning("lost", platform=platform, workspace=workspace, channel=channel, reason=reason)
        return count
