"""First stage: due feeds -> what each had to say. Fetches and parses; stores nothing itself.

    tick -> claim due feeds -> fetch -> unchanged? -> parse (worker process) -> the desk

Every claimed feed ends as one `Poll` handed to the desk, failures included, because only the
desk's transaction may move a feed's state. A poll that dies on the way leaves the feed claimed
until its lease ends, and then due again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import FeedError, FetchError
from bot.feeds.fetch import Fetched, Fetcher, NotModified
from bot.feeds.schedule import next_poll
from bot.feeds.workers import ParseWorkers
from bot.model.article import ParsedFeed
from bot.model.feed import NO_VALIDATORS, FeedState, Validators
from bot.storage import feeds
from bot.storage.database import Database

log = structlog.get_logger()

CLAIM_LEASE = timedelta(minutes=5)
"""Longer than the slowest fetch, parse and hand-over together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll of a feed learnt. Exactly one of `parsed`, `unchanged`, `error` says it."""

    feed: FeedState
    polled_at: datetime
    next_poll_at: datetime
    validators: Validators = NO_VALIDATORS
    body_hash: str | None = None
    parsed: ParsedFeed | None = None
    unchanged: bool = False
    error: str | None = None


HandOver = Callable[[Poll], Awaitable[None]]


class Poller:
    """Keeps at most `concurrency` polls in flight; `hand_over` is the desk's inbox."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: ParseWorkers,
        hand_over: HandOver,
        now: Callable[[], datetime],
        concurrency: int,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._hand_over = hand_over
        self._now = now
        self._concurrency = concurrency
        self._in_flight: set[asyncio.Task[None]] = set()

    async def tick(self) -> int:
        """Claim what is due and fits, and start polling it. Returns how many were claimed."""
        room = self._concurrency - len(self._in_flight)
        if room <= 0:
            return 0
        async with self._database.read() as connection:
            if not await feeds.count_due(connection, now=self._now()):
                return 0  # the common case costs no write
        async with self._database.write() as connection:
            claimed = await feeds.claim_due(
                connection, now=self._now(), lease=CLAIM_LEASE, limit=room
            )
        for feed in claimed:
            task = asyncio.create_task(self._poll(feed), name=f"poll {feed.id}")
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        return len(claimed)

    async def poll_all(self) -> int:
        """Poll until no feed is due and none is in flight. Returns how many were polled."""
        polled = 0
        while True:
            claimed = await self.tick()
            polled += claimed
            if not claimed and not self._in_flight:
                return polled
            if self._in_flight:
                await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """Give up what is in flight: those feeds are due again when their lease ends."""
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll(self, feed: FeedState) -> None:
        try:
            poll = await self._ask(feed)
        except Exception:
            # The boundary of one feed: whatever a stranger's document did, the others go on.
            log.exception("poll failed unexpectedly", feed=feed.id)
            poll = self._failed(feed, "an unexpected error; the log has the details")
        await self._hand_over(poll)

    async def _ask(self, feed: FeedState) -> Poll:
        try:
            answer = await self._fetcher.fetch(
                feed.url, validators=feed.validators, body_hash=feed.body_hash
            )
            if isinstance(answer, NotModified):
                return self._unchanged(feed, answer)
            parsed = await self._workers.parse(
                answer.body, url=answer.url, content_type=answer.content_type, now=self._now()
            )
        except FetchError as error:
            return self._failed(feed, error.reason, retry_after_s=error.retry_after)
        except FeedError as error:
            return self._failed(feed, error.reason)
        return self._changed(feed, answer, parsed)

    def _changed(self, feed: FeedState, answer: Fetched, parsed: ParsedFeed) -> Poll:
        return Poll(
            feed=feed,
            polled_at=self._now(),
            next_poll_at=self._next(feed, max_age_s=answer.max_age_s),
            validators=answer.validators,
            body_hash=answer.body_hash,
            parsed=parsed,
        )

    def _unchanged(self, feed: FeedState, answer: NotModified) -> Poll:
        return Poll(
            feed=feed,
            polled_at=self._now(),
            next_poll_at=self._next(feed, max_age_s=answer.max_age_s),
            validators=answer.validators,
            body_hash=feed.body_hash,
            unchanged=True,
        )

    def _failed(self, feed: FeedState, reason: str, *, retry_after_s: float | None = None) -> Poll:
        return Poll(
            feed=feed,
            polled_at=self._now(),
            next_poll_at=self._next(feed, failures=feed.failures + 1, retry_after_s=retry_after_s),
            error=reason,
        )

    def _next(
        self,
        feed: FeedState,
        *,
        failures: int = 0,
        max_age_s: float | None = None,
        retry_after_s: float | None = None,
    ) -> datetime:
        return next_poll(
            now=self._now(),
            base_s=feed.interval_s,
            failures=failures,
            max_age_s=max_age_s,
            retry_after_s=retry_after_s,
            jitter=random.random(),
        )
