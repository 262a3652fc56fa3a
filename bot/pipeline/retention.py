"""Deletes the stories that are too old to keep, in small transactions: other writers get their turn
in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog

from bot.model.ids import StoryId
from bot.storage.database import Database
from bot.storage.retention import OldStory, forget_stories, old_stories

log = structlog.get_logger()

STORIES_AT_ONCE = 1000
"""So many are looked up at a time."""
ARTICLES_AT_ONCE = 500
"""So many articles, or one story, are deleted in a transaction."""


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
