"""Reads a feed once for a person who names an address: the feed's own, or a page's that has feeds.

Stores nothing. What is fetched is judged like any poll; pages are searched in the worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import CommandError, FeedError
from bot.feeds.discover import feeds_of_site
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.lanes import Parser
from bot.feeds.page import PageError
from bot.model.article import ParsedFeed
from bot.words import say

LOOKING_S = 40.0
"""A person waits: after so long the search is over."""
OFFERED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed, read once. `url` is its address as it is to be followed; `answer` what came."""

    url: str
    parsed: ParsedFeed
    answer: Fetched


class Reading:
    """Finds and reads feeds."""

    def __init__(self, *, fetcher: Fetcher, workers: Parser, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._now = now

    async def document(self, url: str) -> bytes:
        """Fetch once. Raises FeedError."""
        return (await self._fetched(url)).body

    async def _fetched(self, url: str) -> Fetched:
        answer = await self._fetcher.fetch(url)
        if not isinstance(answer, Fetched):
            raise FeedError(url, say("it answered without a document"))
        return answer

    async def read(self, url: str) -> Found:
        """Fetch and parse once. Raises FeedError."""
        answer = await self._fetched(url)
        parsed = await self._workers.parse(
            answer.body, url=answer.url, content_type=answer.content_type, now=self._now()
        )
        return Found(url=url, parsed=parsed, answer=answer)

    async def find(self, url: str) -> tuple[Found, ...]:
        """The feed at `url`, or the feeds of the page there: those that it links to, comments
        last; else the first that works of what its site or its software is known to offer.

        Raises FeedError: what is wrong with the address itself, if it has no feed.
        """
        try:
            return (await self.read(url),)
        except FeedError as error:
            try:
                async with asyncio.timeout(LOOKING_S):
                    found = await self._around(url, error)
            except TimeoutError:
                found = ()
            if not found:
                raise
            return found

    async def _around(self, url: str, error: FeedError) -> tuple[Found, ...]:
        offered, guesses = feeds_of_site(url), tuple[str, ...]()
        if isinstance(error, PageError):
            offered, guesses = error.offered, error.guesses
        found = await self._readable(offered[:OFFERED])
        if found:
            return found
        for guess in guesses:
            readable = await self._readable([guess])
            if readable:
                return readable
        return ()

    async def _readable(self, urls: Sequence[str]) -> tuple[Found, ...]:
        """Those that are feeds, each content once: many sites offer theirs as RSS and as Atom."""
        results = await asyncio.gather(*map(self.read, urls), return_exceptions=True)
        found: list[Found] = []
        for result in results:
            if isinstance(result, Found):
                if not any(_says_the_same(result, one) for one in found):
                    found.append(result)
            elif not isinstance(result, FeedError):
                raise result
        return tuple(sorted(found, key=_is_of_comments))


def _says_the_same(one: Found, other: Found) -> bool:
    mine = {article.canonical_url for article in one.parsed.articles} - {""}
    theirs = {article.canonical_url for article in other.parsed.articles} - {""}
    return bool(mine) and len(mine & theirs) * 2 >= min(len(mine), len(theirs)) > 0


def _is_of_comments(found: Found) -> bool:
    return "comment" in found.url.lower() or found.parsed.title.lower().startswith("comments")


def the_one(found: Sequence[Found], url: str) -> Found:
    """The feed that is meant. Raises CommandError that names the choices where there are more."""
    news = [one for one in found if not _is_of_comments(one)] or list(found)
    if len(news) == 1:
        return news[0]
    listed = "; ".join(f"{one.parsed.title or say('untitled')}: {one.url}" for one in news)
    raise CommandError(
        say("{url} offers {count} feeds.", url=url, count=len(news)),
        hint=say("Add the one you mean. {listed}", listed=listed),
    )
