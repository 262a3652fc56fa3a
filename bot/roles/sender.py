"""The role of one a platform: delivers to its channels, and answers what is asked there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import structlog

from bot.commands.declared import apply_file
from bot.engine.port import Engine
from bot.model.channel import PlatformName
from bot.model.ids import ChannelId
from bot.model.platform import Platform
from bot.pipeline.deliver import Deliverer
from bot.pipeline.departed import Departed
from bot.pipeline.publish import Publisher
from bot.pipeline.tally import Tally
from bot.pipeline.wake import lanes_of
from bot.scheduler import Ticks
from bot.settings import Settings
from bot.storage.claims import release_leases
from bot.storage.database import Database
from bot.storage.duty import Duty

log = structlog.get_logger()


class Sending:
    """The lanes of one platform, while this process has it. `make` builds its adapter anew for
    each time; `connected` shows it to others."""

    def __init__(
        self,
        settings: Settings,
        *,
        name: PlatformName,
        make: Callable[[], Platform],
        connected: dict[PlatformName, Platform],
        database: Database,
        engine: Engine,
        duty: Duty,
        now: Callable[[], datetime],
        tally: Tally,
    ) -> None:
        self._settings = settings
        self._name = name
        self._make = make
        self._connected = connected
        self._database = database
        self._engine = engine
        self._duty = duty
        self._now = now
        self._tally = tally
        self._work = AsyncExitStack()
        self._deliverer: Deliverer | None = None

    async def begin(self) -> None:
        platform = self._make()
        self._connected[self._name] = platform
        self._work.callback(self._connected.pop, self._name, None)
        self._work.push_async_callback(platform.stop)
        await platform.start()
        here = {self._name: platform}
        declared = await apply_file(
            self._database, self._settings, here, now=self._now(), elsewhere=True
        )
        for problem in declared.problems:
            log.warning("a problem in the configuration", problem=problem)
        self._deliverer = Deliverer(
            database=self._database,
            platforms=here,
            now=self._now,
            edit_interval=timedelta(seconds=self._settings.delivery.edit_interval_seconds),
            lanes=self._settings.delivery.lanes,
            guard=self._duty.guard,
            tally=self._tally,
        )
        await self._release()
        departed = Departed(database=self._database, platforms=here, now=self._now)
        publisher = Publisher(database=self._database, platforms=here, now=self._now)
        ticks = Ticks()
        ticks.every(timedelta(seconds=1), "deliver", self._deliverer.tick)
        ticks.every(timedelta(seconds=2), "publish", publisher.tick)
        ticks.every(timedelta(hours=1), "departed", departed.tick)
        ticks.start()
        self._work.callback(ticks.stop)
        await self._work.enter_async_context(
            self._engine.serving(
                lanes_of(self._name), self._wake, at_once=self._settings.delivery.lanes
            )
        )
        # Ended first: then no wake-up waits for a lane any more.
        self._work.push_async_callback(self._deliverer.stop)

    async def go_on(self) -> None:
        await self._release()

    async def end(self) -> None:
        self._deliverer = None
        await self._work.aclose()

    async def _wake(self, channel: int) -> None:
        if self._deliverer is not None:
            await self._deliverer.wake(ChannelId(channel))

    async def _release(self) -> None:
        """Claims of a holder that is gone, and our own whose commit had no answer."""
        if self._deliverer is None:
            return
        async with self._database.write() as connection:
            await self._duty.guard(connection)
            await release_leases(
                connection,
                now=self._now(),
                platform=self._name,
                not_channels=self._deliverer.at_work_in,
            )
