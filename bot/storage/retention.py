"""Stories whose news is too old to keep, and all that hangs on them: found, and deleted.

A story goes as a whole, with those that were joined to it: its articles with their words in the
archive, what was decided and what was sent. What may still be told stays. `seen` stays too: an item
that its feed still lists is known for as long, so nothing alerts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.delivery import DeliveryStatus
from bot.model.ids import StoryId
from bot.storage.archive import take_out
from bot.storage.tables import (
    alert,
    article,
    article_terms,
    attempt,
    decision,
    delivery,
    digest,
    digest_line,
    match,
    page_text,
    shelved,
    story,
    written_summary,
)

_CHUNK = 500
_OF_ARTICLES = (page_text, article_terms, shelved, match, decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldStory:
    """A story that may go, and how many articles go with it."""

    id: StoryId
    articles: int


async def old_stories(
    connection: AsyncConnection, *, before: datetime, limit: int
) -> tuple[OldStory, ...]:
    """Up to `limit` stories that brought nothing since `before`, the oldest first."""
    count = select(func.count()).where(article.c.story_id == story.c.id).scalar_subquery()
    rows = await connection.execute(
        select(story.c.id, count.label("articles"))
        .where(*await _may_go(connection, before))
        .order_by(story.c.last_article_at, story.c.id)
        .limit(limit)
    )
    return tuple(OldStory(id=StoryId(row.id), articles=row.articles) for row in rows)


async def forget_stories(
    connection: AsyncConnection, asked: Sequence[StoryId], *, before: datetime
) -> int:
    """Delete those of the stories that may go still. Returns how many articles that were."""
    may_go = await _may_go(connection, before)
    roots: list[int] = []
    for some in _chunks(asked):
        found = select(story.c.id).where(story.c.id.in_(some), *may_go)
        roots += (await connection.execute(found)).scalars()
    stories = roots + await _ids(connection, story.c.id, story.c.merged_into, roots)
    alerts = await _ids(connection, alert.c.id, alert.c.story_id, stories)
    await _forget_alerts(connection, alerts)
    articles = await _ids(connection, article.c.id, article.c.story_id, stories)
    for some in _chunks(articles):
        await take_out(connection, some)
    for table in _OF_ARTICLES:
        await _drop(connection, table.c.article_id, articles)
    await _drop(connection, article.c.id, articles)
    for some in _chunks(stories):
        await connection.execute(
            update(story).where(story.c.follows.in_(some)).values(follows=None)
        )
    await _drop(connection, story.c.id, stories)
    return len(articles)


async def _may_go(connection: AsyncConnection, before: datetime) -> list[ColumnElement[bool]]:
    """What is true of a story that is too old to keep and of which nothing is to be told any more.

    A card that waits for more outlets is not kept: its story is closed, so no more will come. The
    highest numbers stay: the desk counts on from them, and none may come to mean something else.
    """
    part = story.alias()
    lately = exists().where(article.c.story_id == story.c.id, article.c.first_seen_at >= before)
    living_part = exists().where(
        part.c.merged_into == story.c.id,
        or_(part.c.last_article_at >= before, _is_to_be_told(part.c.id)),
    )
    return [
        story.c.last_article_at < before,
        func.coalesce(story.c.merged_into, 0) == 0,  # SQLite would read all such by its index
        story.c.id.not_in(await _last(connection)),
        ~lately,
        ~_is_to_be_told(story.c.id),
        ~living_part,
    ]


def _is_to_be_told(of: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an alert of the story is held, or a message about it is on its way."""
    # Said so that SQLite looks at the alert's few messages, not at all that are pending.
    pending = delivery.c.status.not_in([DeliveryStatus.SENT, DeliveryStatus.ABANDONED])
    sending = exists().where(delivery.c.alert_id == alert.c.id, pending)
    carrying = exists().where(
        digest_line.c.alert_id == alert.c.id,
        delivery.c.digest_id == digest_line.c.digest_id,
        pending,
    )
    return exists().where(
        alert.c.story_id == of, or_(alert.c.state == AlertState.HELD, sending, carrying)
    )


async def _last(connection: AsyncConnection) -> set[int]:
    """The stories that hold the highest numbers of a story, an article and an alert."""
    newest = [
        select(func.max(story.c.id)),
        select(article.c.story_id).order_by(article.c.id.desc()).limit(1),
        select(alert.c.story_id).order_by(alert.c.id.desc()).limit(1),
    ]
    found = [(await connection.execute(one)).scalar() for one in newest]
    rows = await connection.execute(
        select(func.coalesce(story.c.merged_into, story.c.id)).where(
            story.c.id.in_([one for one in found if one is not None])
        )
    )
    return set(rows.scalars())


async def _forget_alerts(connection: AsyncConnection, alerts: Sequence[int]) -> None:
    """What was told and how; a digest goes with the last of its lines."""
    sent = await _ids(connection, delivery.c.id, delivery.c.alert_id, alerts)
    digests = await _ids(connection, digest_line.c.digest_id, digest_line.c.alert_id, alerts)
    await _drop(connection, digest_line.c.alert_id, alerts)
    emptied: list[int] = []
    for some in _chunks(sorted(set(digests))):
        left = exists().where(digest_line.c.digest_id == digest.c.id)
        rows = await connection.execute(select(digest.c.id).where(digest.c.id.in_(some), ~left))
        emptied += rows.scalars()
    sent += await _ids(connection, delivery.c.id, delivery.c.digest_id, emptied)
    await _drop(connection, attempt.c.delivery_id, sent)
    await _drop(connection, delivery.c.id, sent)
    await _drop(connection, digest.c.id, emptied)
    await _drop(connection, written_summary.c.alert_id, alerts)
    await _drop(connection, alert.c.id, alerts)


async def _ids(
    connection: AsyncConnection, wanted: Any, column: Any, values: Sequence[int]
) -> list[int]:
    """`wanted` of the rows that have one of the values in `column`."""
    found: list[int] = []
    for some in _chunks(values):
        found += (await connection.execute(select(wanted).where(column.in_(some)))).scalars()
    return found


async def _drop(connection: AsyncConnection, column: Any, values: Sequence[int]) -> None:
    """Delete the rows that have one of the values in `column`."""
    for some in _chunks(values):
        await connection.execute(delete(column.table).where(column.in_(some)))


def _chunks(values: Sequence[int]) -> list[Sequence[int]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
