"""A platform tells that a workspace or a channel is no longer ours: its channels are set aside.

Nothing is deleted here: a workspace that we come back to within the days that pipeline/departed.py
waits goes on by itself, a channel goes on when somebody watches a topic there again, and the topics
of one that is gone for good can be moved.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.storage import channels, notices
from bot.storage.database import Database
from bot.storage.departed import GONE_FOR_GOOD, WHEN_BACK, mark_left
from bot.storage.revisions import next_revision

log = structlog.get_logger()

_NEXT = {
    True: ". “topic move” takes its topics to another channel",
    False: ". Invite the bot there again, then watch a topic there",
}


def _how(reason: str) -> bool:
    """Whether the channel is gone for good."""
    return reason in GONE_FOR_GOOD


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
        why = f"{reason}{_NEXT[_how(reason)]}" if channel else f"{reason}: {WHEN_BACK}"
        async with self._database.write() as connection:
            lost = (
                await channels.find_channel(
                    connection, platform, channel, of=WorkspaceId(f"{platform}:{workspace}")
                )
                if channel
                else None
            )
            count = await channels.disable_lost(
                connection,
                platform,
                workspace=workspace,
                channel_id=channel,
                reason=why,
                revision=await next_revision(connection),
            )
            if not channel:
                await mark_left(connection, platform, workspace, now=self._now())
            elif lost is not None and count:
                name = f"lost/{lost.id}"
                await notices.tell_of_disabled(
                    connection, lost, reason=why, name=name, now=self._now()
                )
        log.warning("lost", platform=platform, workspace=workspace, channel=channel, reason=reason)
        return count
