"""The tick for the daily line of channels in which nothing happened.

    channels that wish for it -> its time of the day? -> told nothing since the day before?
      -> ONE transaction: a notice named after the channel and the local date

The name makes it one a day, whatever crashes and however clocks jump.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from hashlib import blake2b

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.all_quiet import SPAN, due_day, told_of
from bot.model.channel import Channel
from bot.storage import all_quiet, deliveries, notices
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.words import speaking


class AllQuiet:
    """Wants the lines that are due. `on_commit` is told when there are some."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit

    async def tick(self) -> int:
        """Returns how many channels are told."""
        now = self._now()
        async with self._database.read() as connection:
            wishing = await all_quiet.wishing(connection)
        due = [(one, day) for one in wishing if (day := due_day(one.attention, now)) is not None]
        if not due:
            return 0
        async with self._database.read() as connection:
            fresh = [
                (one, day, key)
                for one, day in due
                if await deliveries.find_by_key(connection, key := await _key(connection, one, day))
                is None
            ]
        told = 0
        if fresh:  # the common case costs no write
            async with self._database.write() as connection:
                for channel, _, key in fresh:
                    told += await self._tell(connection, channel, key, now)
        if told:
            self._on_commit()
        return told

    async def _tell(
        self, connection: AsyncConnection, channel: Channel, key: str, now: datetime
    ) -> bool:
        if channel.muted_until is not None and channel.muted_until > now:
            return False
        if await deliveries.find_by_key(connection, key) is not None:
            return False
        if await all_quiet.was_told(connection, channel.id, since=now - SPAN):
            return False
        quiet = await all_quiet.quiet_of(connection, channel)
        with speaking(channel.language):
            title, lines = told_of(quiet, now=now)
        await notices.put_notice(
            connection, channel, key=key, title=title, lines=lines, now=now, asks=False
        )
        return True


async def _key(connection: AsyncConnection, channel: Channel, day: date) -> str:
    name = f"all quiet/{await installation_id(connection)}/{channel.id}/{day.isoformat()}"
    return blake2b(name.encode(), digest_size=10).hexdigest()
