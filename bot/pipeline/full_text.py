"""The tick for full text: cards that stand already get a better summary by a later edit.

    feeds followed with full text -> articles on cards whose feed says little -> their pages
      -> the guarded fetcher, the worker -> the opening is kept, and the card is behind

The first alert never waits for it, a page is asked for once, and what is kept of it is its opening,
of which a card shows what it shows of any summary: at most three sentences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.errors import FeedError
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.lanes import Parser
from bot.model.ids import ArticleId
from bot.storage import alerts, page_texts
from bot.storage.database import Database
from bot.storage.page_texts import Unread

log = structlog.get_logger()

PAGES_A_TICK = 10
YOUNGER_THAN = timedelta(hours=24)
LITTLE = 200
"""Characters of a feed's own summary; more is enough for a card."""


class FullText:
    """Reads pages for the feeds that ask for it. `on_commit` is told when a card is behind."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: Parser,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._on_commit = on_commit

    async def tick(self) -> int:
        """Read a few pages. Returns how many said something."""
        since = self._now() - YOUNGER_THAN
        async with self._database.read() as connection:
            due = await page_texts.unread(
                connection, since=since, shorter_than=LITTLE, limit=PAGES_A_TICK
            )
        if not due:
            return 0
        read = dict(await asyncio.gather(*map(self._read, due)))
        better = [id_ for id_, (opening, _) in read.items() if opening]
        async with self._database.write() as connection:
            await page_texts.put_openings(connection, read, now=self._now())
            await alerts.bump(connection, await page_texts.alerts_showing(connection, better))
        if better:
            self._on_commit()
        return len(better)

    async def _read(self, one: Unread) -> tuple[ArticleId, tuple[str, str]]:
        try:
            answer = await self._fetcher.fetch(one.url)
            assert isinstance(answer, Fetched)  # noqa: S101 - it was asked without conditions
            return one.article, (await self._workers.read_page(answer.body, url=answer.url), "")
        except FeedError as error:
            log.info("a page was not read", article=one.article, why=error.reason)
            return one.article, ("", error.reason)
