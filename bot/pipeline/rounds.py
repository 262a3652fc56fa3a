"""Polling by many fetchers: batches of due feeds become jobs, and a job becomes polls.

    plan (one fetcher, each second): due feeds -> by host -> claim + job, one transaction
    fetch (any fetcher): a job's feeds -> ask each -> hand over

A host belongs to one of SHARDS, and a shard's jobs take turns: so no host is asked by two fetchers
at a time. A job of a fetcher that died is done again by another one; what it had handed over
before is left out. Stores nothing of what a poll learnt: the desk does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zlib import crc32

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.port import Engine, EngineDown, Job
from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import Parser
from bot.feeds.pace import PAUSE_CAP, apart
from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.pipeline.ask import Asker
from bot.pipeline.handover import Outbox
from bot.pipeline.poll import CLAIM_LEASE, CLOCK_STEP
from bot.pipeline.tally import Tally
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.feeds import host_of
from bot.storage.handed import pause_hosts, paused_hosts, still_claimed
from bot.storage.listings import get_packed

log = structlog.get_logger()

PLAN, FETCH = "plan", "fetch"
SHARDS = 32
"""No more jobs a second than that, and no more fetchers at work; a slow host keeps those waiting
that share its shard."""
BATCH = 50
LOOK = 4000
"""Due feeds looked at in one plan; more would wait for their shards anyway."""


class Planner:
    """Makes jobs of the feeds that are due."""

    def __init__(self, *, database: Database, engine: Engine, now: Callable[[], datetime]) -> None:
        self._database = database
        self._engine = engine
        self._now = now
        self._last_plan: datetime | None = None

    async def plan(self) -> int:
        """Claim feeds, all batches in one transaction with their jobs. Returns how many."""
        now, before = self._now(), self._last_plan
        self._last_plan = now
        if before is None or before - now > CLOCK_STEP:
            async with self._database.write() as connection:
                await feeds.forget_the_future(connection, now=now)
        async with self._database.read() as connection:
            if not await feeds.is_any_due(connection, now=now):
                return 0  # the common case costs no write
        until = now + CLAIM_LEASE
        async with self._database.write() as connection:
            closed = await paused_hosts(connection, now=now)
            due = await feeds.due_hosts(connection, now=now, limit=LOOK, not_hosts=closed)
            batches, pauses = batched(due, now=now)
            jobs = [
                Job(
                    kind=FETCH,
                    args={"feeds": batch, "until": until.isoformat()},
                    lock=f"hosts {shard}",
                    once=f"hosts {shard}",
                )
                for shard, batch in batches.items()
            ]
            taken = await self._engine.defer(connection, jobs)
            chosen = [
                feed
                for job, is_taken in zip(jobs, taken, strict=True)
                if is_taken
                for feed in job.args["feeds"]
            ]
            await feeds.claim(connection, chosen, now=now, lease=CLAIM_LEASE)
            claimed = frozenset(chosen)
            hosts = {host for feed, host in due if feed in claimed}
            await pause_hosts(
                connection, {host: at for host, at in pauses.items() if host in hosts}
            )
        return len(chosen)


def batched(
    due: Sequence[tuple[FeedId, str]], *, now: datetime
) -> tuple[dict[int, list[FeedId]], dict[str, datetime]]:
    """One batch a shard, and until when its hosts are to be left alone that must be asked rarely:
    of each of these there is one feed."""
    batches: dict[int, list[FeedId]] = {}
    pauses: dict[str, datetime] = {}
    for feed, host in due:
        batch = batches.setdefault(crc32(host.encode()) % SHARDS, [])
        if len(batch) >= BATCH or host in pauses:
            continue
        if pause := apart(host):
            pauses[host] = now + pause
        batch.append(feed)
    return {shard: batch for shard, batch in batches.items() if batch}, pauses


class Rounds:
    """Does the jobs that a plan made."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: Parser,
        outbox: Outbox,
        now: Callable[[], datetime],
        concurrency: int,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._database = database
        self._outbox = outbox
        self._now = now
        self._turns = asyncio.Semaphore(concurrency)
        self._paused: dict[str, datetime] = {}
        self._asker = Asker(
            fetcher=fetcher, workers=workers, now=now, on_pause=self._pause, tally=self.tally
        )

    async def fetch(self, feeds: Sequence[int], until: str) -> None:
        """Poll those of the feeds that are still to be polled; returns when that is committed."""
        ids = [FeedId(one) for one in feeds]
        async with self._database.read() as connection:
            states = await still_claimed(connection, ids, until=datetime.fromisoformat(until))
            listed = await get_packed(connection, ids)
        await asyncio.gather(*(self._poll(one, listed.get(one.id, b"")) for one in states))

    async def _poll(self, feed: FeedState, listed: bytes) -> None:
        async with self._turns:
            # One that is left out because its host wants peace is due again when its claim ends.
            if self._paused.get(host_of(feed.address), self._now()) > self._now():
                return
            self.tally.polls += 1
            poll = await self._asker.ask(feed, listed)
        await self._outbox.hand_over(poll)

    def _pause(self, host: str, seconds: float) -> None:
        now = self._now()
        self._paused = {one: at for one, at in self._paused.items() if at > now}
        self._paused[host] = now + min(timedelta(seconds=seconds), PAUSE_CAP)
        self._outbox.pause(host, self._paused[host])


async def plan_surely(planner: Planner) -> None:
    """A tick: what fails is planned the next time."""
    try:
        await planner.plan()
    except (SQLAlchemyError, OSError, EngineDown) as error:
        log.warning("cannot plan now", why=str(error))
