"""The openings of articles' own pages, for the workspaces that asked for them by feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.delivery import DeliveryKind
from bot.model.ids import AlertId, ArticleId
from bot.storage.tables import alert, article, delivery, follow, page_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An article whose page may say more than its feed."""

    article: ArticleId
    url: str


async def unread(
    connection: AsyncConnection, *, since: datetime, shorter_than: int, limit: int
) -> tuple[Unread, ...]:
    """Articles first seen after `since` with a short summary, of feeds that are followed with full
    text, in stories whose card stands in a channel of that workspace. The newest first."""
    rows = await connection.execute(
        select(article.c.id, article.c.url)
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .join(
            alert,
            (alert.c.story_id == article.c.story_id)
            & (alert.c.workspace_id == follow.c.workspace_id),
        )
        .join(delivery, delivery.c.alert_id == alert.c.id)
        .outerjoin(page_text, page_text.c.article_id == article.c.id)
        .where(
            follow.c.full_text,
            ~follow.c.removed,
            article.c.first_seen_at > since,
            article.c.url != "",
            func.length(article.c.summary) < shorter_than,
            delivery.c.kind == DeliveryKind.CARD,
            delivery.c.sent > 0,
            page_text.c.article_id.is_(None),
        )
        .order_by(article.c.id.desc())
        .distinct()
        .limit(limit)
    )
    return tuple(Unread(article=ArticleId(row.id), url=row.url) for row in rows)


async def put_openings(
    connection: AsyncConnection, openings: Mapping[ArticleId, tuple[str, str]], *, now: datetime
) -> None:
    """Keep what each page began with, or why it could not be read: (opening, reason)."""
    rows = [
        {"article_id": id_, "opening": opening, "reason": reason, "tried_at": now}
        for id_, (opening, reason) in openings.items()
    ]
    if rows:
        await connection.execute(insert(page_text), rows)


async def alerts_showing(
    connection: AsyncConnection, articles: Sequence[ArticleId]
) -> list[AlertId]:
    """The alerts of these articles' stories in workspaces that asked for the pages."""
    rows = await connection.execute(
        select(alert.c.id)
        .join(article, article.c.story_id == alert.c.story_id)
        .join(
            follow,
            (follow.c.feed_id == article.c.feed_id)
            & (follow.c.workspace_id == alert.c.workspace_id),
        )
        .where(article.c.id.in_(articles), follow.c.full_text, ~follow.c.removed)
        .order_by(alert.c.id)
        .distinct()
    )
    return [AlertId(row.id) for row in rows]
