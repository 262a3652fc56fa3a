"""The articles as a full-text archive: what a backtest may look at.

Written in the desk's own transaction, so that it is never behind the articles. Narrows down which
articles may match; whether they do is the matcher's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import Article
from bot.model.ids import ArticleId, StoryId, WorkspaceId
from bot.storage.articles import named, outlet_name
from bot.storage.coverage import count_articles, day_of
from bot.storage.dialect import passing, put_statement, put_values, take_out_statement
from bot.storage.tables import article, feed, follow, shelved
from bot.topics.document import Document
from bot.topics.sieve import Sieve, indexed

_CHUNK = 100
_PLACES = 4


async def keep(
    connection: AsyncConnection, new: Sequence[Article], edited: Sequence[Article] = ()
) -> None:
    """Archive new articles, and what edited ones are about to say: their rows must still say what
    they said before, since that is what has to leave the index."""
    dialect = connection.dialect.name
    before = await _unindex(connection, [one.id for one in edited]) if edited else []
    words = [put_values(dialect, one.id, indexed(_said(one.parsed))) for one in (*new, *edited)]
    if words:
        await connection.execute(put_statement(dialect), words)
    places = [{"article_id": one.id, "feed_id": one.feed, "story_id": one.story} for one in new]
    if places:
        await connection.execute(insert(shelved), places)
    days = Counter((int(one.feed), day_of(one.at)) for one in (*new, *edited))
    days.subtract(_days_of(before))
    await count_articles(connection, days)


async def take_out(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Take articles out of the index, and out of what a backtest says it covers, before their rows
    go. What an article is shelved by is left to whoever deletes it."""
    days: Counter[tuple[int, date]] = Counter()
    days.subtract(_days_of(await _unindex(connection, ids)))
    await count_articles(connection, days)


async def _unindex(connection: AsyncConnection, ids: Sequence[int]) -> list[Row[Any]]:
    """Take out of the index what these articles' rows say; returns the rows."""
    found = await connection.execute(
        select(
            article.c.id,
            article.c.feed_id,
            article.c.title,
            article.c.summary,
            article.c.language,
            article.c.published_at,
            article.c.first_seen_at,
        ).where(article.c.id.in_(ids))
    )
    rows: list[Row[Any]] = [*found]
    dialect = connection.dialect.name
    if rows:
        words = [put_values(dialect, row.id, indexed(_said(row))) for row in rows]
        await connection.execute(take_out_statement(dialect), words)
    return rows


def _days_of(rows: Sequence[Row[Any]]) -> list[tuple[int, date]]:
    """The feed and the day that each of the articles counts for."""
    return [(row.feed_id, day_of(row.published_at or row.first_seen_at)) for row in rows]


async def archive_rows(connection: AsyncConnection, rows: Sequence[Any]) -> None:
    """Index articles that are stored already, by their rows; who has which is copied otherwise."""
    dialect = connection.dialect.name
    words = [put_values(dialect, row.id, indexed(_said(row))) for row in rows]
    await connection.execute(put_statement(dialect), words)


def _said(one: Any) -> Document:
    """What an article's row, or a parsed article, says."""
    return Document(title=one.title, summary=one.summary, language=one.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A stored article as a workspace knows it: what a topic sees of it, and who reported it."""

    id: ArticleId
    story: StoryId
    at: datetime
    url: str
    outlet: str
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The part of the archive that a question is about: a workspace's feeds since a moment.

    `first` is the lowest id that can be in it: the desk counts ids up as it sees articles.
    """

    workspace: WorkspaceId
    since: datetime
    first: int


async def shelf(connection: AsyncConnection, workspace: WorkspaceId, since: datetime) -> Shelf:
    """What the workspace follows and has been seen since then."""
    first = await connection.execute(
        select(article.c.id)
        .where(article.c.first_seen_at > since)
        .order_by(article.c.first_seen_at)
        .limit(1)
    )
    return Shelf(workspace=workspace, since=since, first=first.scalar_one_or_none() or 0)


async def count_passing(connection: AsyncConnection, shelf: Shelf, sieve: Sieve | None) -> int:
    """How many articles on the shelf pass a sieve; all of them pass None."""
    passed = _passing(connection, shelf, sieve).subquery()
    return int((await connection.execute(select(func.count()).select_from(passed))).scalar_one())


async def pick_passing(
    connection: AsyncConnection,
    shelf: Shelf,
    sieve: Sieve | None,
    *,
    one_in: int = 1,
    limit: int | None = None,
) -> list[ArticleId]:
    """The articles on the shelf that pass a sieve, newest first, of every `one_in`-th story; at
    most `limit`.

    Whole stories are picked, so that counts of stories scale.
    """
    query = _passing(connection, shelf, sieve)
    if one_in > 1:
        query = query.where(shelved.c.story_id % one_in == 0)
    rows = await connection.execute(query.order_by(shelved.c.article_id.desc()).limit(limit))
    return [ArticleId(row.article_id) for row in rows]


async def pick_any(connection: AsyncConnection, shelf: Shelf, *, limit: int) -> list[ArticleId]:
    """Up to `limit` articles from all over the shelf, whatever they are about. Looks at a few times
    as many places: fewer come back where few of all articles are on the shelf."""
    last = (await connection.execute(select(func.max(shelved.c.article_id)))).scalar_one() or 0
    step = max(1, (last - shelf.first + 1) // (limit * _PLACES))
    places = list(range(shelf.first, last + 1, step))[: limit * _PLACES]
    rows = await connection.execute(
        _passing(connection, shelf, None)
        .where(shelved.c.article_id.in_(places))
        .limit(limit * _PLACES)
    )
    found = [ArticleId(row.article_id) for row in rows]
    return found[:: max(1, len(found) // limit)][:limit]


def _passing(connection: AsyncConnection, shelf: Shelf, sieve: Sieve | None) -> Select[Any]:
    followed = select(follow.c.feed_id).where(
        follow.c.workspace_id == shelf.workspace, ~follow.c.removed
    )
    query = select(shelved.c.article_id).where(
        shelved.c.article_id >= shelf.first, shelved.c.feed_id.in_(followed)
    )
    if sieve is not None:
        found = passing(connection.dialect.name, sieve, first=shelf.first)
        query = query.where(shelved.c.article_id.in_(found))
    return query


async def read_articles(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    ids: Sequence[ArticleId],
    *,
    dropped: bool = False,
) -> list[Archived]:
    """These articles, in no order; those of feeds that were followed once only if `dropped`. At
    most a few hundred at a time keep the event loop free."""
    rows = await connection.execute(
        select(
            article.c.id,
            article.c.story_id,
            article.c.url,
            article.c.canonical_url,
            article.c.title,
            article.c.summary,
            article.c.authors,
            article.c.categories,
            article.c.language,
            article.c.outlet,
            article.c.published_at,
            article.c.first_seen_at,
            outlet_name().label("known_as"),
            feed.c.title.label("feed_title"),
            feed.c.url.label("feed_url"),
        )
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .join(feed, feed.c.id == article.c.feed_id)
        .where(
            article.c.id.in_(ids),
            follow.c.workspace_id == workspace,
            or_(~follow.c.removed, literal(dropped)),
        )
    )
    return [
        Archived(
            id=ArticleId(row.id),
            story=StoryId(row.story_id),
            at=row.published_at or row.first_seen_at,
            url=row.url if row.canonical_url else "",
            outlet=named(row.known_as, row.feed_url),
            document=Document(
                title=row.title,
                summary=row.summary,
                source=row.outlet or row.feed_title,
                authors=tuple(row.authors),
                categories=tuple(row.categories),
                language=row.language,
            ),
        )
        for row in rows
    ]


def in_chunks(ids: Sequence[ArticleId]) -> list[Sequence[ArticleId]]:
    """The ids, a few hundred at a time."""
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
