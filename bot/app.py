"""Composition root: builds the parts, starts and stops them in order. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import structlog
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.declared import Declared, apply_file
from bot.commands.desk import Commands
from bot.engine.local import LocalEngine
from bot.engine.port import Job
from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import ParseLanes
from bot.model.channel import PlatformName
from bot.model.decision import Why
from bot.model.platform import Platform
from bot.pipeline.deliver import Deliverer
from bot.pipeline.departed import Departed
from bot.pipeline.ingest import Desk
from bot.pipeline.meaning import load_meaning
from bot.pipeline.poll import Poller
from bot.pipeline.polled import Poll
from bot.pipeline.publish import Publisher
from bot.pipeline.tally import Tally
from bot.pipeline.websub import Subscriber
from bot.roles.upkeep import Upkeep
from bot.scheduler import Ticks
from bot.settings import Settings
from bot.storage import claims, feeds
from bot.storage.database import Database
from bot.storage.holds import tell_now
from bot.web.health import HealthPages
from bot.web.server import WebServer
from bot.web.status import StatusPages
from bot.web.websub import HubPages
from bot.wiring import (
    build_heartbeat,
    build_platforms,
    open_parts,
    utc_now,
)

log = structlog.get_logger()

LANES = Job(kind="lanes", once="lanes")
"""The wake-up of all lanes of this process."""
ONCE_PATIENCE = timedelta(seconds=60)
"""How long `--once` waits for retries before it leaves them to the next run."""


class App:
    """Every part of one process, built once. Use `open_app`."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: ParseLanes,
        platforms: Mapping[PlatformName, Platform],
        commands: Commands,
        now: Callable[[], datetime],
        backfill: bool,
    ) -> None:
        self.settings = settings
        self.database = database
        self.platforms = platforms
        self.commands = commands
        self.now = now
        self.tally = Tally()
        self.deliverer = Deliverer(
            database=database,
            platforms=platforms,
            now=now,
            edit_interval=timedelta(seconds=settings.delivery.edit_interval_seconds),
            lanes=settings.delivery.lanes,
            tally=self.tally,
        )
        self.publisher = Publisher(database=database, platforms=platforms, now=now)
        self.engine = LocalEngine()
        self.desk = Desk(
            database=database,
            now=now,
            backfill=backfill,
            similar=settings.stories.similar_words,
            meaning=load_meaning() if settings.stories.semantic else None,
            replies_apart=timedelta(seconds=settings.delivery.reply_interval_seconds),
            keep_for=settings.storage.keep_for,
            within=self._wake_when_committed,
            tally=self.tally,
        )
        self.upkeep = Upkeep(
            settings,
            database=database,
            fetcher=fetcher,
            workers=workers,
            desk=self.desk,
            now=now,
            on_commit=self._wake,
        )
        self.departed = Departed(database=database, platforms=platforms, now=now)
        self.health = HealthPages(
            database=database,
            platforms=platforms,
            now=now,
            tally=self.tally,
            depths=self._depths,
        )
        self.heartbeat = build_heartbeat(settings, self.health)
        self.subscriber = self._subscriber(fetcher, workers) if settings.web.public_url else None
        self.poller = Poller(
            database=database,
            fetcher=fetcher,
            workers=workers,
            hand_over=self.desk.submit,
            now=now,
            concurrency=settings.polling.concurrency,
            per_host=settings.polling.per_host,
            on_document=self.subscriber.found if self.subscriber else None,
            pushed_until=self.subscriber.trusted_until if self.subscriber else lambda _: None,
            tally=self.tally,
        )

    def _wake(self) -> None:
        self.engine.now(LANES)

    async def _wake_when_committed(
        self, connection: AsyncConnection, _polls: Sequence[Poll]
    ) -> None:
        await self.engine.defer(connection, [LANES])

    def _subscriber(self, fetcher: Fetcher, workers: ParseLanes) -> Subscriber:
        return Subscriber(
            database=self.database,
            fetcher=fetcher,
            workers=workers,
            submit=self.desk.submit,
            now=self.now,
            callbacks=self.settings.web.public_url,
            allow_private=self.settings.polling.allow_private_addresses,
        )

    def _depths(self) -> dict[str, int]:
        return {
            "polls": self.poller.under_way,
            "desk": self.desk.waiting,
            "lanes": self.deliverer.lanes_open,
        }

    async def prepare(self) -> Declared:
        """Connect the platforms, apply the file, rebuild the desk's caches."""
        for platform in self.platforms.values():
            await platform.start()
        declared = await apply_file(self.database, self.settings, self.platforms, now=self.now())
        async with self.database.write() as connection:
            await claims.release_leases(connection, now=self.now())
        await self.desk.start()
        if self.subscriber is not None:
            await self.subscriber.start()
        return declared

    async def run_once(self) -> int:
        """Poll every feed, ingest it all, then deliver it all. Returns how many still wait."""
        async with self.database.write() as connection:
            await feeds.make_due(connection, now=self.now())
        desk = asyncio.create_task(self.desk.run(), name="desk")
        try:
            await self.upkeep.running.catch_up()
            await self.upkeep.full_text.tick()  # for the cards of earlier runs
            await self.poller.poll_all()
            await self.upkeep.feed_notices.tick()
            await self._tell_all()
            waiting = await self.deliverer.drain(patience=ONCE_PATIENCE)
            await self.publisher.tick()
            await self.desk.tidy()
            return waiting
        finally:
            desk.cancel()
            await asyncio.gather(desk, return_exceptions=True)
            await self.deliverer.stop()

    async def _tell_all(self) -> None:
        """Nobody comes back at the next full hour: what is beyond a budget is told in a digest
        at once. Quiet hours, snoozes and digests at set times hold for the next run."""
        async with self.database.write() as connection:
            await tell_now(connection, now=self.now(), held_for=Why.OVER_BUDGET)
        await self.upkeep.holds.release()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll, ingest and deliver until `stop` is set; then finish what is in flight."""
        async with AsyncExitStack() as stack:
            if self.settings.web.listen:
                await stack.enter_async_context(self._web())
            await self._run(stop)

    def _web(self) -> WebServer:
        web = self.settings.web
        health = self.health
        routes = health.routes()
        if token := web.status_token.get_secret_value():
            routes += StatusPages(
                token=token, database=self.database, checks=health.checks, now=self.now
            ).routes()
        if self.subscriber is not None:
            most = int(self.settings.polling.max_megabytes * 1_000_000)
            routes += HubPages(self.subscriber, max_bytes=most).routes()
        for platform in self.platforms.values():
            routes += getattr(platform, "routes", ())  # a chat that is reached by HTTP
        return WebServer(host=web.host, port=web.port, routes=routes)

    async def _run(self, stop: asyncio.Event) -> None:
        ticks = Ticks()
        ticks.every(timedelta(seconds=1), "poll", self.poller.tick)
        ticks.every(timedelta(seconds=1), "deliver", self.deliverer.tick)
        ticks.every(timedelta(seconds=2), "publish", self.publisher.tick)
        ticks.every(timedelta(hours=1), "departed", self.departed.tick)
        self.upkeep.register(ticks)
        if self.subscriber is not None:
            ticks.every(timedelta(seconds=10), "websub", self.subscriber.tick)
        if self.heartbeat is not None:
            ticks.every(timedelta(minutes=1), "heartbeat", self.heartbeat.tick)
        desk = asyncio.create_task(self.desk.run(), name="desk")
        # Lanes open at once when there is something to deliver, rather than at the next tick.
        async with self.engine.serving(LANES.kind, self.deliverer.tick):
            ticks.start()
            try:
                await stop.wait()
            finally:
                ticks.stop()
                await self.poller.stop()
                await self.deliverer.stop()
                desk.cancel()
                await asyncio.gather(desk, return_exceptions=True)


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    console: Console,
    now: Callable[[], datetime] = utc_now,
    backfill: bool = False,
) -> AsyncIterator[App]:
    """Build everything, and take it down in the reverse order."""
    async with open_parts(settings, now=now) as parts, AsyncExitStack() as stack:
        platforms = build_platforms(
            settings,
            console=console,
            database=parts.database,
            commands=parts.commands,
            now=now,
        )
        for platform in platforms.values():
            stack.push_async_callback(platform.stop)
        yield App(
            settings,
            database=parts.database,
            fetcher=parts.fetcher,
            workers=parts.workers,
            platforms=platforms,
            commands=parts.commands,
            now=now,
            backfill=backfill,
        )
