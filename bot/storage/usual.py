"""How much is usual for topics, and what the last hours brought. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import Article
from bot.model.channel import Channel
from bot.model.ids import ChannelId, TopicId, WorkspaceId
from bot.model.topic import Topic
from bot.storage.articles import article_of, named, outlet_name
from bot.storage.channels import channels_by_id
from bot.storage.personal import is_shown_there
from bot.storage.tables import article, channel, feed, follow, match, subscription, topic, usual
from bot.storage.topics import topic_of
from bot.stories.bursts import Profile


class Subject(StrEnum):
    """Whose profile it is. The value is stored; keep it."""

    TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A profile that has learnt all hours until `through`. `fresh`: not stored yet."""

    subject: Subject
    id: int
    workspace: WorkspaceId | None
    through: datetime
    profile: Profile
    fresh: bool = False


async def get_usual(
    connection: AsyncConnection, subject: Subject, ids: Sequence[int]
) -> dict[int, Usual]:
    """The stored profiles among these."""
    found: dict[int, Usual] = {}
    for start in range(0, len(ids), 500):
        rows = await connection.execute(
            select(usual).where(
                usual.c.subject == subject, usual.c.subject_id.in_(ids[start : start + 500])
            )
        )
        for row in rows:
            found[row.subject_id] = Usual(
                subject=subject,
                id=row.subject_id,
                workspace=row.workspace_id and WorkspaceId(row.workspace_id),
                through=row.through,
                profile=Profile.from_json(row.profile),
            )
    return found


async def put_usual(connection: AsyncConnection, profiles: Sequence[Usual]) -> None:
    """Store them."""
    new = [one for one in profiles if one.fresh]
    old = [one for one in profiles if not one.fresh]
    if new:
        await connection.execute(
            insert(usual),
            [
                {
                    "subject": one.subject,
                    "subject_id": one.id,
                    "workspace_id": one.workspace,
                    "through": one.through,
                    "profile": one.profile.to_json(),
                }
                for one in new
            ],
        )
    if old:
        await connection.execute(
            update(usual)
            .where(usual.c.subject == bindparam("of"), usual.c.subject_id == bindparam("which"))
            .values(through=bindparam("until"), profile=bindparam("learnt")),
            [
                {
                    "of": one.subject,
                    "which": one.id,
                    "until": one.through,
                    "learnt": one.profile.to_json(),
                }
                for one in old
            ],
        )


async def watched_topics(connection: AsyncConnection) -> tuple[Topic, ...]:
    """Topics that a channel hears of."""
    rows = await connection.execute(
        select(topic)
        .where(
            ~topic.c.removed,
            topic.c.story_id.is_(None),
            topic.c.id.in_(select(subscription.c.topic_id).where(~subscription.c.removed)),
        )
        .order_by(topic.c.id)
    )
    return tuple(topic_of(row) for row in rows)


async def count_matched(
    connection: AsyncConnection, since: datetime, *, until: datetime
) -> dict[TopicId, int]:
    """How many articles met each topic, of those that any did."""
    rows = await connection.execute(
        select(match.c.topic_id, func.count().label("articles"))
        .join(article, article.c.id == match.c.article_id)
        .where(article.c.first_seen_at.between(since, until))
        .group_by(match.c.topic_id)
    )
    return {TopicId(row.topic_id): row.articles for row in rows}


async def matched_since(
    connection: AsyncConnection, topics: Sequence[TopicId], since: datetime, *, until: datetime
) -> dict[TopicId, list[Article]]:
    """The articles that met each of these topics, by when they were first seen, with their outlets'
    names as the topic's workspace knows them."""
    rows = await connection.execute(
        select(
            match.c.topic_id,
            article,
            outlet_name().label("known_as"),
            feed.c.url.label("feed_url"),
        )
        .join(article, article.c.id == match.c.article_id)
        .join(feed, feed.c.id == article.c.feed_id)
        .join(
            follow,
            (follow.c.feed_id == article.c.feed_id)
            & (follow.c.workspace_id == match.c.workspace_id),
        )
        .where(
            match.c.topic_id.in_(topics),
            article.c.first_seen_at.between(since, until),
            ~follow.c.removed,
        )
        .order_by(article.c.id)
    )
    found: dict[TopicId, list[Article]] = {}
    for row in rows:
        one = replace(article_of(row), outlet=named(row.known_as, row.feed_url))
        found.setdefault(TopicId(row.topic_id), []).append(one)
    return found


async def last_matches(
    connection: AsyncConnection, topics: Sequence[TopicId]
) -> dict[TopicId, datetime]:
    """When each topic was last met."""
    found: dict[TopicId, datetime] = {}
    for start in range(0, len(topics), 500):
        rows = await connection.execute(
            select(match.c.topic_id, func.max(article.c.first_seen_at).label("at"))
            .join(article, article.c.id == match.c.article_id)
            .where(match.c.topic_id.in_(topics[start : start + 500]))
            .group_by(match.c.topic_id)
        )
        found.update((TopicId(row.topic_id), row.at) for row in rows)
    return found


async def channels_hearing(connection: AsyncConnection, topic_id: int) -> tuple[Channel, ...]:
    """The channels that follow the topic and can be posted to."""
    rows = await connection.execute(
        select(subscription.c.channel_id)
        .join(topic, topic.c.id == subscription.c.topic_id)
        .join(channel, channel.c.id == subscription.c.channel_id)
        .where(subscription.c.topic_id == topic_id, ~subscription.c.removed, is_shown_there())
        .order_by(subscription.c.channel_id)
        .distinct()
    )
    found = await channels_by_id(connection, [ChannelId(row.channel_id) for row in rows])
    return tuple(one for one in found.values() if one.disabled_reason is None)


def profiles_of(
    subject: Subject,
    wanted: Mapping[int, WorkspaceId | None],
    stored: Mapping[int, Usual],
    *,
    through: datetime,
) -> list[Usual]:
    """The stored profile of each, or an empty one that begins at `through`."""
    return [
        stored.get(id_)
        or Usual(
            subject=subject,
            id=id_,
            workspace=workspace,
            through=through,
            profile=Profile(),
            fresh=True,
        )
        for id_, workspace in wanted.items()
    ]
