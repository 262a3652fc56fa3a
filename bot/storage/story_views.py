"""What alerts are told from: their stories, as the workspace of each may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import Speaking, StoryView
from bot.model.alert import AlertState, Earlier
from bot.model.article import Article
from bot.model.decision import Outcome
from bot.model.ids import (
    AlertId,
    ArticleId,
    StoryId,
    TopicId,
)
from bot.model.template import template_of
from bot.storage.articles import article_of, named, outlet_name
from bot.storage.earlier import earlier
from bot.storage.personal import is_shown_there
from bot.storage.tables import (
    alert,
    article,
    channel,
    decision,
    feed,
    follow,
    match,
    page_text,
    story,
    subscription,
    topic,
)
from bot.topics.reason import Hit


async def view(connection: AsyncConnection, alert_id: AlertId) -> StoryView:
    """Everything an alert's message is composed from, as its workspace may see it."""
    return (await views(connection, [alert_id]))[alert_id]


async def views(connection: AsyncConnection, alerts: Sequence[AlertId]) -> dict[AlertId, StoryView]:
    """`view` of each. What several alerts tell of the same story is read once."""
    found: dict[AlertId, StoryView] = {}
    for start in range(0, len(alerts), VIEWS):
        found.update(await _views(connection, alerts[start : start + VIEWS]))
    return found


VIEWS = 200
"""Alerts that are read at a time: their stories may have hundreds of articles each."""

_ALERTS = (
    select(
        alert.c.id,
        func.coalesce(story.c.merged_into, story.c.id).label("story_id"),
        alert.c.channel_id,
        alert.c.workspace_id,
        alert.c.revision,
        alert.c.state,
        story.c.follows,
    )
    .join(story, story.c.id == alert.c.story_id)
    .where(alert.c.id.in_(bindparam("alerts", expanding=True)))
)

_REPORTS = (
    select(
        article,
        follow.c.workspace_id,
        follow.c.removed,
        outlet_name().label("known_as"),
        feed.c.url.label("feed_url"),
        page_text.c.opening,
    )
    .join(follow, follow.c.feed_id == article.c.feed_id)
    .join(feed, feed.c.id == article.c.feed_id)
    .outerjoin(page_text, (page_text.c.article_id == article.c.id) & follow.c.full_text)
    .where(
        article.c.story_id.in_(bindparam("stories", expanding=True)),
        follow.c.workspace_id.in_(bindparam("workspaces", expanding=True)),
    )
    .order_by(article.c.id)
)

_SPEAKING = (
    select(
        decision.c.story_id,
        decision.c.channel_id,
        decision.c.article_id,
        subscription.c.topic_id,
        subscription.c.template,
        topic.c.muted_until,
        topic.c.story_id.is_not(None).label("is_story"),
        func.coalesce(
            topic.c.name, func.nullif(follow.c.name, ""), func.nullif(feed.c.title, ""), ""
        ).label("subject"),
        match.c.hits,
    )
    .join(subscription, subscription.c.id == decision.c.subscription_id)
    .join(channel, channel.c.id == decision.c.channel_id)
    .outerjoin(topic, topic.c.id == subscription.c.topic_id)
    .outerjoin(feed, feed.c.id == subscription.c.feed_id)
    .outerjoin(
        follow,
        (follow.c.feed_id == subscription.c.feed_id)
        & (follow.c.workspace_id == subscription.c.workspace_id),
    )
    .outerjoin(
        match,
        (match.c.article_id == decision.c.article_id)
        & (match.c.topic_id == subscription.c.topic_id),
    )
    .where(
        decision.c.story_id.in_(bindparam("stories", expanding=True)),
        decision.c.channel_id.in_(bindparam("channels", expanding=True)),
        decision.c.outcome != Outcome.SUPPRESS,
        is_shown_there(),
    )
    .order_by(decision.c.article_id, decision.c.subscription_id)
)


async def _views(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> dict[AlertId, StoryView]:
    heads = (await connection.execute(_ALERTS, {"alerts": list(alerts)})).all()
    stories = sorted({row.story_id for row in heads})
    reports: dict[tuple[int, str], list[tuple[Article, bool]]] = {}
    drawn: dict[tuple[int, str, bool], Article] = {}
    for row in await connection.execute(
        _REPORTS,
        {"stories": stories, "workspaces": sorted({row.workspace_id for row in heads})},
    ):
        outlet = named(row.known_as, row.feed_url)
        key = (row.id, outlet, bool(row.opening))
        if key not in drawn:
            drawn[key] = _told(replace(article_of(row), outlet=outlet), row.opening)
        reports.setdefault((row.story_id, row.workspace_id), []).append((drawn[key], row.removed))
    speaking: dict[tuple[int, int], list[Speaking]] = {}
    for row in await connection.execute(
        _SPEAKING,
        {"stories": stories, "channels": sorted({row.channel_id for row in heads})},
    ):
        speaking.setdefault((row.story_id, row.channel_id), []).append(
            Speaking(
                article=ArticleId(row.article_id),
                subject=row.subject,
                topic=None if row.topic_id is None else TopicId(row.topic_id),
                story=bool(row.is_story),
                hits=tuple(Hit(**hit) for hit in row.hits or ()),
                template=template_of(row.template),
                muted_until=row.muted_until,
            )
        )
    followed = [(StoryId(head.follows), head.channel_id) for head in heads if head.follows]
    told = await earlier(connection, followed) if followed else {}
    return {
        AlertId(head.id): _view(
            head,
            reports.get((head.story_id, head.workspace_id), []),
            tuple(speaking.get((head.story_id, head.channel_id), ())),
            told.get((head.follows, head.channel_id)),
        )
        for head in heads
    }


def _told(one: Article, opening: str | None) -> Article:
    """With its page's opening for a summary, where that says more than the feed."""
    if not opening or len(opening) <= len(one.parsed.summary):
        return one
    return replace(one, parsed=replace(one.parsed, summary=opening))


def _view(
    head: Any,
    reports: Sequence[tuple[Article, bool]],
    speaking: tuple[Speaking, ...],
    follows: Earlier | None,
) -> StoryView:
    spoke = {one.article for one in speaking}
    return StoryView(
        alert=AlertId(head.id),
        story=StoryId(head.story_id),
        revision=head.revision,
        moved=head.state == AlertState.MERGED,
        follows=follows,
        # A feed that is followed no more shows nothing new, but what was said stays said.
        articles=tuple(one for one, removed in reports if not removed or one.id in spoke),
        speaking=speaking,
    )
