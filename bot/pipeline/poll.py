"""First stage: due feeds -> what each had to say. Fetches and parses; stores nothing itself.

    tick -> claim due feeds -> fetch -> unchanged? -> trim, parse (worker process) -> the desk

Every claimed feed ends as one `Poll` handed to the desk, failures included, because only the
desk's transaction may move a feed's state. A poll that dies on the way leaves the feed claimed
until its lease ends, and then due again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import Parser
from bot.feeds.pace import Pace
from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.pipeline.ask import Asker, OnDocument, Trust
from bot.pipeline.polled import Poll
from bot.pipeline.tally import Tally
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.feeds import host_of
from bot.storage.listings import get_packed

log = structlog.get_logger()

CLAIM_LEASE = timedelta(minutes=5)
"""Longer than the slowest fetch and parse together; what takes longer is not claimed twice by the
process that has it."""
CLOCK_STEP = timedelta(minutes=1)
"""A clock that is further behind than that was set back."""
AHEAD = 4
"""Polls under way for each one that is asking or reading: the others wait for their turn, or for
the desk, so that many share a claim and many a commit. None of those that wait has a document."""
_WINDOW = 4
"""Feeds looked at for each one that there is room for: some share a host."""


HandOver = Callable[[Poll], Awaitable[object]]


class Poller:
    """Asks and reads at most `concurrency` feeds at once, `per_host` of one host; `hand_over` is
    the desk's inbox. `on_document` is shown what was read, `pushed_until` asked until when a hub
    is trusted to push what a feed has."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: Parser,
        hand_over: HandOver,
        now: Callable[[], datetime],
        concurrency: int,
        per_host: int = 4,
        on_document: OnDocument | None = None,
        pushed_until: Trust = lambda _: None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._database = database
        self._hand_over = hand_over
        self._now = now
        self._asker = Asker(
            fetcher=fetcher,
            workers=workers,
            now=now,
            on_pause=self._pause,
            on_document=on_document,
            pushed_until=pushed_until,
            tally=self.tally,
        )
        self._turns = asyncio.Semaphore(concurrency)
        self._most = AHEAD * concurrency
        self._pace = Pace(per_host=per_host)
        self._in_flight: dict[FeedId, asyncio.Task[None]] = {}
        self._claiming = asyncio.Lock()
        self._begun = 0
        self._more = False  # the last claim left due feeds behind
        self._refill: asyncio.Task[int] | None = None
        self._last_tick: datetime | None = None

    @property
    def under_way(self) -> int:
        """How many polls are begun and not committed yet."""
        return len(self._in_flight)

    async def tick(self) -> int:
        """Claim what is due and fits, and start polling it. Returns how many were claimed."""
        async with self._claiming:
            await self._mind_the_clock()
            return await self._claim()

    async def poll_all(self) -> int:
        """Poll until no feed is due and none is in flight, a minute apart where a host is asked no
        oftener; where one asked for a pause, it has it. Returns how many were polled."""
        before = self._begun
        while True:
            await self.tick()
            if self._in_flight:
                await asyncio.wait(self._in_flight.values(), return_when=asyncio.FIRST_COMPLETED)
            elif (wait := await self._until_free()) is not None:
                await _pause(wait.total_seconds())
            else:
                return self._begun - before

    async def _until_free(self) -> timedelta | None:
        """How long until a due feed's host may be asked again; None if none waits for that."""
        now = self._now()
        spaced = self._pace.spaced(now=now)
        if not spaced:
            return None
        async with self._database.read() as connection:
            due = await feeds.due_hosts(
                connection, now=now, limit=_WINDOW * self._most, not_hosts=(), not_feeds=()
            )
        return min((spaced[host] - now for _, host in due if host in spaced), default=None)

    async def stop(self) -> None:
        """Give up what is in flight: those feeds are due again when their lease ends."""
        self._more = False
        tasks = [*self._in_flight.values(), *([self._refill] if self._refill else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _mind_the_clock(self) -> None:
        """A clock set back, before the start or since, must not stop the polling."""
        now, before = self._now(), self._last_tick
        self._last_tick = now
        if before is None or before - now > CLOCK_STEP:
            self._pace.clock_set_back()
            async with self._database.write() as connection:
                late = await feeds.forget_the_future(connection, now=now)
            if late:
                log.warning("the clock was set back", feeds_made_due=late)

    async def _claim(self) -> int:
        room = self._most - len(self._in_flight)
        if room <= 0:
            return 0
        async with self._database.read() as connection:
            if not await feeds.is_any_due(connection, now=self._now()):
                self._more = False
                return 0  # the common case costs no write
        claimed = 0
        async with self._database.write() as connection:
            while claimed < room:
                limit = _WINDOW * (room - claimed)
                chosen, window = await self._choose(connection, limit)
                chosen = chosen[: room - claimed]
                listed = await get_packed(connection, chosen)
                for feed in await feeds.claim(
                    connection, chosen, now=self._now(), lease=CLAIM_LEASE
                ):
                    self._start(feed, listed.get(feed.id, b""))
                    claimed += 1
                # Others wait for room, or for a host that is busy.
                self._more = window > len(chosen) or self._pace.is_any_full()
                if not chosen or window < limit:
                    break
        return claimed

    async def _choose(self, connection: AsyncConnection, limit: int) -> tuple[list[FeedId], int]:
        """Of the next `limit` feeds those to poll, no more of a host than it has room for; and
        how many were looked at."""
        now = self._now()
        due = await feeds.due_hosts(
            connection,
            now=now,
            limit=limit,
            not_hosts=self._pace.closed(now=now),
            not_feeds=self._in_flight,
        )
        chosen: list[FeedId] = []
        left: dict[str, int] = {}
        for feed, host in due:
            left.setdefault(host, self._pace.room(host, now=now))
            if left[host] > 0:
                left[host] -= 1
                chosen.append(feed)
        return chosen, len(due)

    def _start(self, feed: FeedState, listed: bytes) -> None:
        task = asyncio.create_task(self._poll(feed, listed), name=f"poll {feed.id}")
        self._in_flight[feed.id] = task
        self._begun += 1
        due = feed.next_poll_at
        self.tally.begun((self._now() - due).total_seconds() if due else 0.0)
        self._pace.begin(host_of(feed.address), now=self._now())
        task.add_done_callback(lambda _: self._done(feed))

    def _done(self, feed: FeedState) -> None:
        """Make room; where due feeds wait for it, claim again without waiting for the tick."""
        del self._in_flight[feed.id]
        self._pace.end(host_of(feed.address))
        claiming = self._claiming.locked() or (self._refill and not self._refill.done())
        if self._more and not claiming and len(self._in_flight) <= self._most // 2:
            self._refill = asyncio.create_task(self.tick(), name="claim again")

    def _pause(self, host: str, seconds: float) -> None:
        self._pace.pause(host, seconds=seconds, now=self._now())

    async def _poll(self, feed: FeedState, listed: bytes) -> None:
        async with self._turns:
            poll = await self._asker.ask(feed, listed)
        await self._hand_over(poll)


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
