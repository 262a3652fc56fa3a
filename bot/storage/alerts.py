"""Matches, decisions and alerts: what met a topic, what was decided, what a channel is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import Speaking, StoryView
from bot.model.alert import AlertState, Earlier
from bot.model.article import Article
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import (
    AlertId,
    ArticleId,
    ChannelId,
    StoryId,
    SubscriptionId,
    TopicId,
    WorkspaceId,
)
from bot.storage.articles import article_of, named, outlet_name
from bot.storage.earlier import earlier
from bot.storage.tables import (
    alert,
    article,
    decision,
    delivery,
    feed,
    follow,
    match,
    page_text,
    story,
    subscription,
    topic,
)
from bot.topics.reason import Hit


async def last_alert_id(connection: AsyncConnection) -> AlertId:
    """The highest id in use; only the desk makes alerts, and counts on from here."""
    return AlertId(
        (await connection.execute(select(func.coalesce(func.max(alert.c.id), 0)))).scalar_one()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The alert that a (story, channel) has already. `fresh`: since this very batch."""

    id: AlertId
    state: AlertState
    revision: int = 1
    held_until: datetime | None = None
    fresh: bool = False


async def standing(
    connection: AsyncConnection, pairs: Iterable[tuple[StoryId, ChannelId]]
) -> dict[tuple[StoryId, ChannelId], Standing]:
    """The alerts that the pairs have already."""
    wanted = sorted(set(pairs))
    found: dict[tuple[StoryId, ChannelId], Standing] = {}
    for start in range(0, len(wanted), 200):
        rows = await connection.execute(
            select(alert).where(
                tuple_(alert.c.story_id, alert.c.channel_id).in_(wanted[start : start + 200])
            )
        )
        for row in rows:
            pair = (StoryId(row.story_id), ChannelId(row.channel_id))
            found[pair] = Standing(
                id=AlertId(row.id),
                state=AlertState(row.state),
                revision=row.revision,
                held_until=row.held_until,
            )
    return found


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


async def insert_rows(
    connection: AsyncConnection,
    *,
    matches: Sequence[Mapping[str, Any]],
    decisions: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
) -> None:
    """Add what one batch decided, a statement a table."""
    for table, rows in ((match, matches), (decision, decisions), (alert, alerts)):
        if rows:
            await connection.execute(insert(table), list(rows))


async def bump(
    connection: AsyncConnection, alerts: Sequence[AlertId], *, soon: bool = False
) -> None:
    """The story of these alerts changed: their cards, if any, are behind from now on. One that was
    given up is tried again with what is new. A reply says what it said. `soon`: what they show is
    wrong by now, so that the pace of growing cards does not hold them up."""
    now: dict[str, Any] = {"edit_after": None} if soon else {}
    for start in range(0, len(alerts), 500):
        ids = alerts[start : start + 500]
        await connection.execute(
            update(alert).where(alert.c.id.in_(ids)).values(revision=alert.c.revision + 1)
        )
        await connection.execute(
            update(delivery)
            .where(delivery.c.alert_id.in_(ids), delivery.c.kind == DeliveryKind.CARD)
            .values(wanted=delivery.c.wanted + 1, status="pending", **now)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert that can still change, and whose it is."""

    id: AlertId
    channel: ChannelId
    workspace: WorkspaceId


async def stories_shown(
    connection: AsyncConnection, stories: Sequence[StoryId]
) -> dict[StoryId, list[Shown]]:
    """The alerts of these stories that can still change."""
    found: dict[StoryId, list[Shown]] = {}
    for start in range(0, len(stories), 500):
        rows = await connection.execute(
            select(alert.c.id, alert.c.story_id, alert.c.channel_id, alert.c.workspace_id).where(
                alert.c.story_id.in_(stories[start : start + 500]),
                alert.c.state.in_([AlertState.READY, AlertState.HELD]),
            )
        )
        for row in rows:
            shown = Shown(
                id=AlertId(row.id),
                channel=ChannelId(row.channel_id),
                workspace=WorkspaceId(row.workspace_id),
            )
            found.setdefault(StoryId(row.story_id), []).append(shown)
    return found


async def workspaces_of(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> dict[AlertId, WorkspaceId]:
    """Whose each alert is."""
    rows = await connection.execute(
        select(alert.c.id, alert.c.workspace_id).where(alert.c.id.in_(alerts))
    )
    return {AlertId(row.id): WorkspaceId(row.workspace_id) for row in rows}


async def set_state(
    connection: AsyncConnection, alerts: Sequence[AlertId], state: AlertState
) -> None:
    """One that is MERGED stays so: its story is told by another."""
    await connection.execute(
        update(alert)
        .where(alert.c.id.in_(alerts), alert.c.state != AlertState.MERGED)
        .values(state=state, held_until=None)
    )


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
        func.coalesce(
            topic.c.name, func.nullif(follow.c.name, ""), func.nullif(feed.c.title, ""), ""
        ).label("subject"),
        match.c.hits,
    )
    .join(subscription, subscription.c.id == decision.c.subscription_id)
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
                hits=tuple(Hit(**hit) for hit in row.hits or ()),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert with its card's delivery, if there is one yet."""

    id: AlertId
    story: StoryId
    channel: ChannelId
    state: AlertState
    why: str
    decided_at: datetime
    status: DeliveryStatus | None
    key: str | None
    remote_id: str | None
    wanted: int
    sent: int
    attempts: int
    last_error: str | None
    sent_at: datetime | None


async def recent(connection: AsyncConnection, *, limit: int) -> tuple[AlertRow, ...]:
    """The newest alerts, newest first. `why` is what decided first."""
    why = (
        select(decision.c.why)
        .where(
            decision.c.story_id == alert.c.story_id,
            decision.c.channel_id == alert.c.channel_id,
            decision.c.outcome.in_([Outcome.FIRE, Outcome.HOLD]),
        )
        .order_by(decision.c.decided_at)
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            alert.c.id,
            alert.c.story_id,
            alert.c.channel_id,
            alert.c.state,
            alert.c.decided_at,
            alert.c.revision,
            why.label("why"),
            *(
                delivery.c[name]
                for name in (
                    "status",
                    "key",
                    "remote_id",
                    "wanted",
                    "sent",
                    "attempts",
                    "last_error",
                    "sent_at",
                )
            ),
        )
        .outerjoin(delivery, delivery.c.alert_id == alert.c.id)
        .order_by(alert.c.id.desc())
        .limit(limit)
    )
    return tuple(
        AlertRow(
            id=AlertId(row.id),
            story=StoryId(row.story_id),
            channel=ChannelId(row.channel_id),
            state=AlertState(row.state),
            why=row.why or "",
            decided_at=row.decided_at,
            status=DeliveryStatus(row.status) if row.status else None,
            key=row.key,
            remote_id=row.remote_id,
            wanted=row.wanted or row.revision,
            sent=row.sent or 0,
            attempts=row.attempts or 0,
            last_error=row.last_error,
            sent_at=row.sent_at,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRow:
    """A match that a channel was not told of."""

    story: StoryId
    channel: ChannelId
    title: str
    url: str
    subject: str
    why: str
    decided_at: datetime


async def suppressed(connection: AsyncConnection, *, limit: int) -> tuple[SuppressedRow, ...]:
    """The newest suppressed matches, newest first."""
    rows = await connection.execute(
        select(
            decision.c.story_id,
            decision.c.channel_id,
            decision.c.why,
            decision.c.decided_at,
            article.c.title,
            article.c.url,
            func.coalesce(topic.c.name, feed.c.title, "").label("subject"),
        )
        .join(article, article.c.id == decision.c.article_id)
        .join(subscription, subscription.c.id == decision.c.subscription_id)
        .outerjoin(topic, topic.c.id == subscription.c.topic_id)
        .outerjoin(feed, feed.c.id == subscription.c.feed_id)
        .where(decision.c.outcome == Outcome.SUPPRESS)
        .order_by(decision.c.decided_at.desc(), decision.c.article_id.desc())
        .limit(limit)
    )
    return tuple(
        SuppressedRow(
            story=StoryId(row.story_id),
            channel=ChannelId(row.channel_id),
            title=row.title,
            url=row.url,
            subject=row.subject,
            why=row.why,
            decided_at=row.decided_at,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """Articles by what became of them at best: opened or joined an alert, only suppressed, or
    matched nothing."""

    articles: int
    joined: int
    suppressed: int
    unmatched: int


async def count_outcomes(connection: AsyncConnection) -> OutcomeCounts:
    """How many articles there are, and what was decided about them."""
    total = (await connection.execute(select(func.count()).select_from(article))).scalar_one()
    rows = await connection.execute(select(decision.c.article_id, decision.c.outcome))
    outcomes: dict[int, set[str]] = {}
    for row in rows:
        outcomes.setdefault(row.article_id, set()).add(row.outcome)
    opened = sum(1 for found in outcomes.values() if found & {Outcome.FIRE, Outcome.HOLD})
    suppressed_only = sum(1 for found in outcomes.values() if found == {Outcome.SUPPRESS})
    return OutcomeCounts(
        articles=total,
        joined=len(outcomes) - opened - suppressed_only,
        suppressed=suppressed_only,
        unmatched=total - len(outcomes),
    )
