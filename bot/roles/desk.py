"""The role of one: takes in what fetchers hand over, and does what comes up by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.declared import apply_file
from bot.engine.port import Engine, EngineDown
from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.pipeline.handover import DESK
from bot.pipeline.inbox import Inbox, within
from bot.pipeline.ingest import Desk
from bot.pipeline.meaning import load_meaning
from bot.pipeline.tally import Tally
from bot.pipeline.wake import Wakes
from bot.roles.upkeep import Upkeep
from bot.scheduler import Ticks
from bot.settings import Settings
from bot.storage.duty import Duty, OffDuty
from bot.wiring import Parts

log = structlog.get_logger()

SWEEP_S = 1.0
"""The inbox is looked into so often, woken or not."""
PAUSE_S = 0.5


class Deskwork:
    """The desk while this process is it. Its caches are rebuilt each time that it begins.

    `platforms` are those that need no connection; the channels of others are known from before.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        parts: Parts,
        engine: Engine,
        duty: Duty,
        platforms: dict[PlatformName, Platform],
        now: Callable[[], datetime],
        backfill: bool,
        tally: Tally,
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._engine = engine
        self._platforms = platforms
        self._now = now
        self._work = AsyncExitStack()
        self._news = asyncio.Event()
        database = parts.database
        self._wakes = Wakes(
            database=database,
            engine=engine,
            now=now,
            edit_interval=timedelta(seconds=settings.delivery.edit_interval_seconds),
        )
        self._desk = Desk(
            database=database,
            now=now,
            backfill=backfill,
            similar=settings.stories.similar_words,
            meaning=load_meaning() if settings.stories.semantic else None,
            replies_apart=timedelta(seconds=settings.delivery.reply_interval_seconds),
            keep_for=settings.storage.keep_for,
            within=within(duty.guard, self._wakes.defer),
            tally=tally,
        )
        self._inbox = Inbox(database=database, desk=self._desk)
        self._upkeep = Upkeep(
            settings,
            database=database,
            fetcher=parts.fetcher,
            workers=parts.workers,
            desk=self._desk,
            now=now,
            on_commit=self._wakes.soon,
        )

    async def begin(self) -> None:
        declared = await apply_file(
            self._parts.database, self._settings, self._platforms, now=self._now(), elsewhere=True
        )
        for problem in declared.problems:
            log.warning("a problem in the configuration", problem=problem)
        await self._desk.start()
        for name, work in (("take in", self._take_in), ("wake", self._wakes.run)):
            task = asyncio.create_task(work(), name=name)
            self._work.push_async_callback(_cancelled, task)
        ticks = Ticks()
        self._upkeep.register(ticks)
        ticks.start()
        self._work.callback(ticks.stop)
        await self._work.enter_async_context(self._engine.serving(DESK, self._woken))

    async def go_on(self) -> None:
        self._news.set()

    async def end(self) -> None:
        await self._work.aclose()

    async def _woken(self) -> None:
        self._news.set()

    async def _take_in(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._news.wait()
            self._news.clear()
            try:
                await self._inbox.drain()
            except OffDuty:
                log.warning("somebody else is the desk")
                await asyncio.sleep(SWEEP_S)
            except (SQLAlchemyError, OSError, EngineDown) as error:
                log.warning("cannot take in now", why=str(error))
                await asyncio.sleep(PAUSE_S)
            except Exception:
                log.exception("the inbox failed")
                await asyncio.sleep(SWEEP_S)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
