"""Forgets what nobody needs any more: what left its feed long ago, and stories too old to keep.

In small transactions: other writers get their turn in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from bot.model.ids import StoryId
from bot.storage import known_items
from bot.storage.database import Database
from bot.storage.retention import OldStory, forget_stories, old_stories
from bot.storage.watched_stories import end_watched
from bot.stories.window import STORY_CLOSES_AFTER

log = structlog.get_logger()

ITEMS_AT_ONCE = 1000
STORIES_AT_ONCE = 1000
"""So many are looked up at a time."""
ARTICLES_AT_ONCE = 500
"""So many articles, or one story, are deleted in a transaction."""


async def tidy(database: Database, *, now: datetime, keep_for: timedelta | None) -> None:
    """Forget items that left their feeds long ago, and stories that are older than `keep_for`
    (None: never); end the watch over stories that are closed."""
    async with database.write() as connection:
        await end_watched(connection, closed_before=now - STORY_CLOSES_AFTER)
    async with database.write() as connection:
        await known_items.forget_unfollowed(connection, now=now, limit=ITEMS_AT_ONCE)
    forgotten = ITEMS_AT_ONCE
    while forgotten == ITEMS_AT_ONCE:
        async with database.write() as connection:
            forgotten = await known_items.forget_seen(connection, now=now, limit=ITEMS_AT_ONCE)
    if keep_for is not None:
        await forget_old(database, before=now - keep_for)


async def forget_old(database: Database, *, before: datetime) -> None:
    """Delete the stories that brought nothing since then, and have nothing to tell any more."""
    gone = 0
    found = STORIES_AT_ONCE
    while found == STORIES_AT_ONCE:
        async with database.read() as connection:
            old = await old_stories(connection, before=before, limit=STORIES_AT_ONCE)
        found = len(old)
        for some in _steps(old):
            async with database.write() as connection:
                gone += await forget_stories(connection, some, before=before)
    if gone:
        log.info("old articles deleted", articles=gone, before=before.isoformat())


def _steps(old: Sequence[OldStory]) -> Iterator[list[StoryId]]:
    """The stories, as many at a time as have ARTICLES_AT_ONCE between them."""
    some: list[StoryId] = []
    articles = 0
    for one in old:
        if some and articles + one.articles > ARTICLES_AT_ONCE:
            yield some
            some, articles = [], 0
        some.append(one.id)
        articles += one.articles
    if some:
        yield some
