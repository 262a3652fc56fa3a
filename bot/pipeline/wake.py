"""Wake-ups of channel lanes in other processes. A wake-up that is lost costs a tick, no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.port import Engine, EngineDown, Job
from bot.model.channel import PlatformName
from bot.storage import claims
from bot.storage.database import Database

log = structlog.get_logger()

MOST = 200
"""Channels woken at once: beyond that the senders' own ticks are as quick."""


def lanes_of(platform: PlatformName) -> str:
    """The kind of the jobs that wake this platform's lanes."""
    return f"lanes {platform}"


class Wakes:
    """Says which channels have something to do."""

    def __init__(
        self,
        *,
        database: Database,
        engine: Engine,
        now: Callable[[], datetime],
        edit_interval: timedelta,
    ) -> None:
        self._database = database
        self._engine = engine
        self._now = now
        self._edit_interval = edit_interval
        self._news = asyncio.Event()

    async def defer(self, connection: AsyncConnection) -> None:
        """Wake the lanes of all channels that are due, when this transaction is committed."""
        now = self._now()
        due = await claims.due_channels(
            connection,
            now=now,
            edits_before=now - self._edit_interval,
            platforms=tuple(PlatformName),
        )
        jobs = [
            Job(
                kind=lanes_of(one.platform),
                args={"channel": one.channel},
                lock=f"channel {one.channel}",
                once=f"channel {one.channel}",
            )
            for one in due[:MOST]
        ]
        await self._engine.defer(connection, jobs)

    def soon(self) -> None:
        """Something was committed that deliveries may come of."""
        self._news.set()

    async def run(self) -> None:
        """Wake lanes after each `soon`, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                async with self._database.write() as connection:
                    await self.defer(connection)
            except (SQLAlchemyError, OSError, EngineDown) as error:
                log.warning("cannot wake the lanes now", why=str(error))
