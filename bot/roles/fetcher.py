"""The role of many: plans what is due, and polls it. Its duty is its own: nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from bot.engine.port import Engine
from bot.pipeline.handover import Outbox
from bot.pipeline.rounds import BATCH, FETCH, PLAN, Planner, Rounds, plan_surely
from bot.pipeline.tally import Tally
from bot.settings import Settings
from bot.wiring import Parts

PLAN_EVERY = timedelta(seconds=1)
JOBS_AT_ONCE = 8
"""Most batches are small, and each may wait for one slow host; many more, and one fetcher would
have them all."""


class Fetching:
    """Serves the jobs of fetchers."""

    def __init__(
        self,
        settings: Settings,
        *,
        parts: Parts,
        engine: Engine,
        now: Callable[[], datetime],
        tally: Tally,
    ) -> None:
        self._engine = engine
        self._planner = Planner(database=parts.database, engine=engine, now=now)
        concurrency = settings.polling.concurrency
        self._at_once = max(JOBS_AT_ONCE, concurrency // BATCH)
        self._rounds = Rounds(
            database=parts.database,
            fetcher=parts.fetcher,
            workers=parts.workers,
            outbox=Outbox(database=parts.database, engine=engine, now=now),
            now=now,
            concurrency=concurrency,
            tally=tally,
        )
        self._serving = AsyncExitStack()

    async def begin(self) -> None:
        await self._serving.enter_async_context(
            self._engine.serving(PLAN, self._plan, every=PLAN_EVERY)
        )
        await self._serving.enter_async_context(
            self._engine.serving(FETCH, self._rounds.fetch, at_once=self._at_once)
        )

    async def _plan(self) -> None:
        await plan_surely(self._planner)

    async def go_on(self) -> None:
        """Its jobs are where they were."""

    async def end(self) -> None:
        await self._serving.aclose()
