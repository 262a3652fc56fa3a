"""Articles and the stories they were assigned to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import Article, ParsedArticle
from bot.model.ids import ArticleId, FeedId, StoryId, WorkspaceId
from bot.storage.tables import article, feed, follow, story


def article_of(row: Row[Any]) -> Article:
    return Article(
        id=ArticleId(row.id),
        feed=FeedId(row.feed_id),
        story=StoryId(row.story_id),
        parsed=ParsedArticle(
            uid=row.uid,
            url=row.url,
            canonical_url=row.canonical_url,
            title=row.title,
            summary=row.summary,
            published_at=row.published_at,
            authors=tuple(row.authors),
            categories=tuple(row.categories),
            image_url=row.image_url,
            language=row.language,
        ),
        outlet=row.outlet,
        first_seen_at=row.first_seen_at,
        corrected_at=row.corrected_at,
        listed_after=row.listed_after,
    )


def article_row(one: Article) -> dict[str, Any]:
    return {
        "id": one.id,
        "feed_id": one.feed,
        "story_id": one.story,
        "uid": one.parsed.uid,
        "url": one.parsed.url,
        "canonical_url": one.parsed.canonical_url,
        "title": one.parsed.title,
        "summary": one.parsed.summary,
        "published_at": one.parsed.published_at,
        "first_seen_at": one.first_seen_at,
        "corrected_at": one.corrected_at,
        "listed_after": one.listed_after,
        "authors": list(one.parsed.authors),
        "categories": list(one.parsed.categories),
        "image_url": one.parsed.image_url,
        "language": one.parsed.language,
        "outlet": one.outlet,
    }


async def last_ids(connection: AsyncConnection) -> tuple[ArticleId, StoryId]:
    """The highest ids in use. The desk is their only writer and counts on from here, so that
    a whole batch goes in with one statement a table."""
    row = (
        await connection.execute(
            select(
                select(func.coalesce(func.max(article.c.id), 0)).scalar_subquery(),
                select(func.coalesce(func.max(story.c.id), 0)).scalar_subquery(),
            )
        )
    ).one()
    return ArticleId(row[0]), StoryId(row[1])


async def insert_articles(connection: AsyncConnection, articles: Sequence[Article]) -> None:
    if articles:
        rows = [
            {
                **article_row(one),
                "placed_url": one.parsed.canonical_url,
                "placed_title": one.parsed.title,
            }
            for one in articles
        ]
        await connection.execute(insert(article), rows)


async def correct_article(connection: AsyncConnection, one: Article) -> None:
    """Store what an edited article says now. Its story stays: assignment is final."""
    await connection.execute(update(article).where(article.c.id == one.id).values(article_row(one)))


async def get_article(connection: AsyncConnection, article_id: ArticleId) -> Article | None:
    row = (
        await connection.execute(select(article).where(article.c.id == article_id))
    ).one_or_none()
    return article_of(row) if row else None


async def insert_stories(
    connection: AsyncConnection,
    opened: Mapping[StoryId, datetime],
    follows: Mapping[StoryId, StoryId],
) -> None:
    """Open stories: id -> the time of its first article; and the closed ones they go on with."""
    if opened:
        await connection.execute(
            insert(story),
            [
                {
                    "id": id_,
                    "opened_at": at,
                    "last_article_at": at,
                    "follows": follows.get(id_),
                }
                for id_, at in opened.items()
            ],
        )


async def touch_stories(connection: AsyncConnection, touched: Mapping[StoryId, datetime]) -> None:
    """Keep stories open: id -> the time of its newest article."""
    if touched:
        await connection.execute(
            update(story)
            .where(story.c.id == bindparam("story"), story.c.last_article_at < bindparam("at"))
            .values(last_article_at=bindparam("at")),
            [{"story": id_, "at": at} for id_, at in touched.items()],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A stored article as a workspace knows it: who reported it, and its feed's title."""

    article: Article
    outlet: str
    feed_title: str


async def followed_articles(
    connection: AsyncConnection, workspace: WorkspaceId, *, since: datetime, chunk: int = 500
) -> AsyncIterator[Archived]:
    """Every article since then in feeds that the workspace follows, newest first."""
    before: ArticleId | None = None
    while True:
        query = (
            select(
                article,
                outlet_name().label("known_as"),
                feed.c.title.label("feed_title"),
                feed.c.url.label("feed_url"),
            )
            .join(follow, follow.c.feed_id == article.c.feed_id)
            .join(feed, feed.c.id == article.c.feed_id)
            .where(
                follow.c.workspace_id == workspace,
                ~follow.c.removed,
                article.c.first_seen_at > since,
            )
            .order_by(article.c.id.desc())
            .limit(chunk)
        )
        if before is not None:
            query = query.where(article.c.id < before)
        rows = (await connection.execute(query)).all()
        for row in rows:
            yield Archived(
                article=article_of(row),
                outlet=named(row.known_as, row.feed_url),
                feed_title=row.feed_title,
            )
        if len(rows) < chunk:
            return
        before = ArticleId(rows[-1].id)


def outlet_name() -> Any:
    """SQL for who reported an article: its own source, else the follow's name, the feed's title.
    "" if there is none of these: see `named`. Needs `article`, `follow` and `feed`."""
    return func.coalesce(
        func.nullif(article.c.outlet, ""),
        func.nullif(follow.c.name, ""),
        feed.c.title,
        "",
    )


def named(known_as: str, feed_url: str) -> str:
    """The outlet's name, at last its host: the rest of a feed's address may be a secret."""
    return known_as or urlsplit(feed_url).hostname or "unknown outlet"
