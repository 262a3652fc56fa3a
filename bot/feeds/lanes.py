"""Two lanes of parse workers, so that documents that take long hold up nobody else's.

Nearly all documents are read within a few hundredths of a second. One that is not is stopped after
half a second and begun again in the slow lane: one process that stands back for the others, with
the rest of the time that a document may have. So a feed that is hostile, or only huge, waits for
its like.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from bot.errors import ParseError
from bot.feeds.news import News
from bot.feeds.workers import ParseWorkers, TookTooLongError
from bot.model.article import ParsedFeed

QUICK_S = 0.5
SLOW_SHARE = 0.8
"""Of a document's time in the slow lane: both lanes and a new worker together keep within it."""
NICENESS = 10
MOST_WAITING = 20
"""More than these do not wait for the slow lane: each keeps a poll from ending."""


class ParseLanes:
    """`ParseWorkers` twice. One worker more than `processes` serves the quick lane: it is started
    only when another is being replaced. Leaving this async context manager kills them all."""

    def __init__(self, *, processes: int = 1, timeout_s: float = 10, memory_mb: int = 512) -> None:
        self._quick = ParseWorkers(
            processes=processes + 1, timeout_s=min(QUICK_S, timeout_s), memory_mb=memory_mb
        )
        self._slow = ParseWorkers(
            timeout_s=timeout_s * SLOW_SHARE, memory_mb=memory_mb, niceness=NICENESS
        )
        self._waiting = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._quick)
        await self._stack.enter_async_context(self._slow)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def pids(self) -> tuple[int, ...]:
        """The processes that have been started and not been replaced."""
        return self._quick.pids() + self._slow.pids()

    async def parse(
        self, body: bytes, *, url: str, content_type: str = "", now: datetime
    ) -> ParsedFeed:
        """`bot.feeds.parse.parse` in a worker. Raises ParseError."""
        news = await self.parse_news(body, url=url, content_type=content_type, now=now, known=None)
        return news.feed

    async def parse_news(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        now: datetime,
        known: Collection[str] | None,
    ) -> News:
        """`bot.feeds.parse.parse_news` in a worker. Raises ParseError."""
        try:
            return await self._quick.parse_news(
                body, url=url, content_type=content_type, now=now, known=known
            )
        except TookTooLongError as error:
            if self._waiting >= MOST_WAITING:
                reason = "its document takes long to read, and too many such are before it"
                raise ParseError(url, reason) from error
        self._waiting += 1
        try:
            return await self._slow.parse_news(
                body, url=url, content_type=content_type, now=now, known=known
            )
        finally:
            self._waiting -= 1

    async def read_page(self, body: bytes, *, url: str) -> str:
        """`bot.feeds.page_text.opening_of` in the slow lane: nobody waits for a page. Raises
        ParseError."""
        return await self._slow.read_page(body, url=url)


Parser = ParseLanes | ParseWorkers
"""What parses: the lanes, or workers by themselves where nobody else is waiting."""
