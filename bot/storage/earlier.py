"""The closed stories that others go on with, as their channels were told of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState, Earlier
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind
from bot.model.ids import ChannelId, StoryId
from bot.storage.tables import alert, article, decision, delivery

_TOLD = (AlertState.READY, AlertState.CARRIED)


async def earlier(
    connection: AsyncConnection, pairs: Iterable[tuple[StoryId, ChannelId]]
) -> dict[tuple[StoryId, ChannelId], Earlier]:
    """Of each (story, channel) what the channel was told first: an article that matched there, so
    that nobody sees what they did not ask for. Nothing where it was told nothing."""
    found: dict[tuple[StoryId, ChannelId], Earlier] = {}
    rows = await connection.execute(
        select(
            decision.c.story_id,
            decision.c.channel_id,
            article.c.title,
            article.c.url,
            article.c.canonical_url,
            delivery.c.remote_id,
        )
        .join(article, article.c.id == decision.c.article_id)
        .join(
            alert,
            and_(
                alert.c.story_id == decision.c.story_id,
                alert.c.channel_id == decision.c.channel_id,
            ),
        )
        .outerjoin(
            delivery,
            and_(
                delivery.c.alert_id == alert.c.id,
                delivery.c.kind == DeliveryKind.CARD,
                delivery.c.wanted > 0,
            ),
        )
        .where(
            tuple_(decision.c.story_id, decision.c.channel_id).in_(sorted(set(pairs))),
            decision.c.outcome.not_in([Outcome.SUPPRESS, Outcome.WAIT]),
            alert.c.state.in_(_TOLD),
        )
        .order_by(decision.c.article_id)
    )
    for row in rows:
        told = Earlier(
            headline=row.title,
            url=row.url if row.canonical_url else "",
            card=row.remote_id or "",
        )
        found.setdefault((StoryId(row.story_id), ChannelId(row.channel_id)), told)
    return found
