"""Matches and decisions: what met a topic, what each subscription answered, and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.decision import Outcome
from bot.model.ids import (
    ArticleId,
    StoryId,
    SubscriptionId,
    TopicId,
)
from bot.storage.tables import (
    decision,
    match,
    story,
)


async def spoken(
    connection: AsyncConnection, pairs: Iterable[tuple[StoryId, SubscriptionId]]
) -> set[tuple[StoryId, SubscriptionId]]:
    """Those of the pairs in which the subscription has had its say about the story already."""
    found: set[tuple[StoryId, SubscriptionId]] = set()
    wanted = sorted(set(pairs))
    for start in range(0, len(wanted), 200):
        rows = await connection.execute(
            select(decision.c.story_id, decision.c.subscription_id)
            .where(
                tuple_(decision.c.story_id, decision.c.subscription_id).in_(
                    wanted[start : start + 200]
                ),
                decision.c.outcome.in_([Outcome.FIRE, Outcome.JOIN, Outcome.HOLD]),
            )
            .distinct()
        )
        found.update((StoryId(row.story_id), SubscriptionId(row.subscription_id)) for row in rows)
    return found


async def waiting(
    connection: AsyncConnection, stories: Sequence[StoryId]
) -> tuple[tuple[StoryId, SubscriptionId], ...]:
    """Which subscriptions wait for these stories to be reported by more outlets."""
    found: set[tuple[StoryId, SubscriptionId]] = set()
    for start in range(0, len(stories), 500):
        rows = await connection.execute(
            select(decision.c.story_id, decision.c.subscription_id)
            .where(
                decision.c.story_id.in_(stories[start : start + 500]),
                decision.c.outcome == Outcome.WAIT,
            )
            .distinct()
        )
        found.update((StoryId(row.story_id), SubscriptionId(row.subscription_id)) for row in rows)
    return tuple(sorted(found))


async def waiting_for(
    connection: AsyncConnection, subscriptions: Sequence[SubscriptionId], *, since: datetime
) -> tuple[tuple[StoryId, SubscriptionId], ...]:
    """The stories that these subscriptions wait with and that were reported on since then."""
    found: set[tuple[StoryId, SubscriptionId]] = set()
    for start in range(0, len(subscriptions), 500):
        rows = await connection.execute(
            select(decision.c.story_id, decision.c.subscription_id)
            .join(story, story.c.id == decision.c.story_id)
            .where(
                decision.c.subscription_id.in_(subscriptions[start : start + 500]),
                decision.c.outcome == Outcome.WAIT,
                story.c.last_article_at >= since,
            )
            .distinct()
        )
        found.update((StoryId(row.story_id), SubscriptionId(row.subscription_id)) for row in rows)
    return tuple(sorted(found))


async def answer_waiting(
    connection: AsyncConnection,
    story: StoryId,
    subscription_id: SubscriptionId,
    *,
    outcome: Outcome,
    why: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Replace the decisions that waited by what was decided now."""
    await connection.execute(
        update(decision)
        .where(
            decision.c.story_id == story,
            decision.c.subscription_id == subscription_id,
            decision.c.outcome == Outcome.WAIT,
        )
        .values(outcome=outcome, why=why, until=until, decided_at=now)
    )


async def decided(
    connection: AsyncConnection, articles: Sequence[ArticleId]
) -> set[tuple[ArticleId, SubscriptionId]]:
    """Which subscriptions have already answered to these articles."""
    if not articles:
        return set()
    rows = await connection.execute(
        select(decision.c.article_id, decision.c.subscription_id).where(
            decision.c.article_id.in_(articles)
        )
    )
    return {(ArticleId(row.article_id), SubscriptionId(row.subscription_id)) for row in rows}


async def matched(
    connection: AsyncConnection, articles: Sequence[ArticleId]
) -> set[tuple[ArticleId, TopicId]]:
    """(article, topic) pairs that are recorded already."""
    if not articles:
        return set()
    rows = await connection.execute(
        select(match.c.article_id, match.c.topic_id).where(match.c.article_id.in_(articles))
    )
    return {(ArticleId(row.article_id), TopicId(row.topic_id)) for row in rows}
