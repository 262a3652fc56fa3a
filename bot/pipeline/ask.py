"""One feed: ask its server, read what it says. Stores nothing; a failure is a poll as well."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.errors import FeedError, FetchError
from bot.feeds.fetch import Fetched, Fetcher, NotModified
from bot.feeds.lanes import Parser
from bot.feeds.news import News
from bot.feeds.schedule import VALIDATORS_LAST
from bot.model.feed import NO_VALIDATORS, FeedState
from bot.pipeline.polled import Poll, changed, failed, unchanged
from bot.pipeline.tally import Tally
from bot.storage.feeds import host_of
from bot.storage.listings import unpack

log = structlog.get_logger()

OnDocument = Callable[[FeedState, Fetched], Awaitable[None]]
Trust = Callable[[FeedState], datetime | None]


class Asker:
    """Fetches and parses. `on_pause` is told which host asked for how many seconds of peace,
    `on_document` is shown what was read, `pushed_until` asked until when a hub is trusted to push
    what a feed has."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        workers: Parser,
        now: Callable[[], datetime],
        on_pause: Callable[[str, float], None],
        on_document: OnDocument | None = None,
        pushed_until: Trust = lambda _: None,
        tally: Tally,
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._on_pause = on_pause
        self._on_document = on_document
        self._pushed_until = pushed_until
        self._tally = tally

    async def ask(self, feed: FeedState, listed: bytes) -> Poll:
        """Poll it. `listed`: what its last document had, packed."""
        try:
            return await self._ask(feed, listed)
        except Exception:
            # The boundary of one feed: whatever a stranger's document did, the others go on.
            log.exception("poll failed unexpectedly", feed=feed.id)
            return self._failed(feed, FeedError(feed.url, "an unexpected error; see the log"))

    async def _ask(self, feed: FeedState, listed: bytes) -> Poll:
        fresh = feed.fetched_at is not None and self._now() - feed.fetched_at < VALIDATORS_LAST
        try:
            answer = await self._fetcher.fetch(
                feed.address,
                validators=feed.validators if fresh else NO_VALIDATORS,
                body_hash=feed.body_hash,
            )
            if isinstance(answer, NotModified):
                return unchanged(
                    feed, answer, now=self._now(), pushed_until=self._pushed_until(feed)
                )
            news = await self._parse(answer, listed)
        except FeedError as error:
            return self._failed(feed, error)
        if self._on_document is not None:
            await self._on_document(feed, answer)
        return self._answered(feed, answer, news)

    async def _parse(self, answer: Fetched, listed: bytes) -> News:
        """Items whose source the feed's last document had already are left out unread."""
        began = time.perf_counter()
        try:
            return await self._workers.parse_news(
                answer.body,
                url=answer.url,
                content_type=answer.content_type,
                now=self._now(),
                known=unpack(listed).hashes.keys(),
            )
        finally:
            self._tally.parses += 1
            self._tally.parse_s += time.perf_counter() - began

    def _answered(self, feed: FeedState, answer: Fetched, news: News) -> Poll:
        # What no hub had told us: the next poll shows if that is usual.
        surprised = bool(news.feed.articles)
        trusted = None if surprised else self._pushed_until(feed)
        return changed(feed, answer, news, now=self._now(), pushed_until=trusted)

    def _failed(self, feed: FeedState, error: FeedError) -> Poll:
        if isinstance(error, FetchError):
            if error.status == 429:
                self._tally.too_many += 1
            if error.retry_after:
                self._on_pause(host_of(feed.address), error.retry_after)
        return failed(feed, error, now=self._now(), pushed_until=self._pushed_until(feed))
