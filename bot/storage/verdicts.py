"""What was decided about an article in one workspace, and what became of it. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import ArticleId, ChannelId, TopicId, WorkspaceId
from bot.storage.personal import is_shown_there
from bot.storage.tables import (
    alert,
    article,
    channel,
    decision,
    delivery,
    digest_line,
    feed,
    follow,
    match,
    subscription,
    topic,
)
from bot.topics.reason import Hit

MOST_COPIES = 5
"""Feeds that list one link, as far as they are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One subscription's answer to an article, with the alert and the message it led to."""

    article: ArticleId
    topic: TopicId | None
    subject: str
    channel: ChannelId
    outcome: Outcome
    why: str
    until: datetime | None
    decided_at: datetime
    hits: tuple[Hit, ...]
    alert: AlertState | None
    held_until: datetime | None
    message: DeliveryStatus | None  # of the card, else of the digest that carries it
    sent_at: datetime | None
    last_error: str | None


async def find_articles(
    connection: AsyncConnection, workspace: WorkspaceId, *, article_id: int = 0, url: str = ""
) -> list[ArticleId]:
    """The articles of that id or link in feeds that the workspace follows or has followed, and
    been told of; the newest first."""
    by = article.c.id == article_id if article_id else article.c.canonical_url == url
    told = select(decision.c.article_id).where(
        decision.c.article_id == article.c.id, decision.c.workspace_id == workspace
    )
    rows = await connection.execute(
        select(article.c.id)
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .where(by, follow.c.workspace_id == workspace, or_(~follow.c.removed, told.exists()))
        .order_by(article.c.id.desc())
        .limit(MOST_COPIES)
    )
    return [ArticleId(row.id) for row in rows]


async def verdicts(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    articles: Sequence[ArticleId],
    *,
    person: str = "",
) -> tuple[VerdictRow, ...]:
    """Every decision of the workspace about these articles, in the order they were made, but for
    what others than `person` follow in channels."""
    card, digest = delivery.alias("card"), delivery.alias("digest_message")
    rows = await connection.execute(
        select(
            decision.c.article_id,
            decision.c.channel_id,
            decision.c.outcome,
            decision.c.why,
            decision.c.until,
            decision.c.decided_at,
            subscription.c.topic_id,
            func.coalesce(
                topic.c.name, func.nullif(follow.c.name, ""), func.nullif(feed.c.title, ""), ""
            ).label("subject"),
            match.c.hits,
            alert.c.state,
            alert.c.held_until,
            func.coalesce(card.c.status, digest.c.status).label("message"),
            func.coalesce(card.c.sent_at, digest.c.sent_at, type_=card.c.sent_at.type).label(
                "shown_at"
            ),
            func.coalesce(card.c.last_error, digest.c.last_error).label("last_error"),
        )
        .join(subscription, subscription.c.id == decision.c.subscription_id)
        .outerjoin(topic, topic.c.id == subscription.c.topic_id)
        .outerjoin(feed, feed.c.id == subscription.c.feed_id)
        .outerjoin(
            follow,
            (follow.c.feed_id == subscription.c.feed_id)
            & (follow.c.workspace_id == decision.c.workspace_id),
        )
        .outerjoin(
            match,
            (match.c.article_id == decision.c.article_id)
            & (match.c.topic_id == subscription.c.topic_id),
        )
        .outerjoin(
            alert,
            (alert.c.story_id == decision.c.story_id)
            & (alert.c.channel_id == decision.c.channel_id),
        )
        .outerjoin(card, (card.c.alert_id == alert.c.id) & (card.c.kind == DeliveryKind.CARD))
        .outerjoin(digest_line, digest_line.c.alert_id == alert.c.id)
        .outerjoin(digest, digest.c.digest_id == digest_line.c.digest_id)
        .join(channel, channel.c.id == decision.c.channel_id)
        .where(
            decision.c.workspace_id == workspace,
            decision.c.article_id.in_(articles),
            or_(is_shown_there(), topic.c.person == person),
        )
        .order_by(decision.c.decided_at, decision.c.subscription_id)
    )
    return tuple(
        VerdictRow(
            article=ArticleId(row.article_id),
            topic=None if row.topic_id is None else TopicId(row.topic_id),
            subject=row.subject,
            channel=ChannelId(row.channel_id),
            outcome=Outcome(row.outcome),
            why=row.why,
            until=row.until,
            decided_at=row.decided_at,
            hits=tuple(Hit(**hit) for hit in row.hits or ()),
            alert=AlertState(row.state) if row.state else None,
            held_until=row.held_until,
            message=DeliveryStatus(row.message) if row.message else None,
            sent_at=row.shown_at,
            last_error=row.last_error,
        )
        for row in rows
    )
