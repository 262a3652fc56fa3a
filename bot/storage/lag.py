"""How long news took from being listed by its publisher to being posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.decision import Outcome
from bot.model.ids import WorkspaceId
from bot.storage.tables import alert, article, decision, delivery

OVER = timedelta(days=7)
MOST = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds from listed to sent over `posts` posts: half within `p50_s`, 95 % within `p95_s`."""

    posts: int
    p50_s: float
    p95_s: float


async def lag(connection: AsyncConnection, workspace: WorkspaceId, *, now: datetime) -> Lag | None:
    """The lag of the last seven days' posts that an article fired at once; None without any.

    Nobody says when an item was listed: certainly after the poll before the one that found it,
    and hardly before its own date. Articles of a first poll are left out: nobody knows of them.
    """
    rows = await connection.execute(
        select(
            delivery.c.id,
            delivery.c.posted_at,
            article.c.published_at,
            article.c.listed_after,
            article.c.first_seen_at,
        )
        .join(alert, alert.c.id == delivery.c.alert_id)
        .join(
            decision,
            and_(
                decision.c.story_id == alert.c.story_id,
                decision.c.channel_id == alert.c.channel_id,
                decision.c.outcome == str(Outcome.FIRE),
            ),
        )
        .join(article, article.c.id == decision.c.article_id)
        .where(
            delivery.c.workspace_id == workspace,
            delivery.c.posted_at >= now - OVER,
            article.c.listed_after.is_not(None),
        )
        .order_by(delivery.c.id.desc(), article.c.id)
        .limit(MOST)
    )
    waits: dict[int, float] = {}
    for row in rows:
        listed = row.listed_after
        if row.published_at is not None:
            listed = min(max(row.published_at, row.listed_after), row.first_seen_at)
        waits.setdefault(row.id, (row.posted_at - listed).total_seconds())
    if not waits:
        return None
    ranked = sorted(waits.values())
    return Lag(posts=len(ranked), p50_s=_share(ranked, 0.5), p95_s=_share(ranked, 0.95))


def _share(ranked: list[float], share: float) -> float:
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]
