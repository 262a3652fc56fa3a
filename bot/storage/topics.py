"""Topics and subscriptions. Removed ones stay as rows: history keeps its names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ChannelId, FeedId, StoryId, SubscriptionId, TopicId, WorkspaceId
from bot.model.mention import Mention, parse_mention
from bot.model.template import STANDARD, Template, stored_as, template_of
from bot.model.topic import Subscription, Topic, Updates
from bot.storage.tables import subscription, topic


def topic_of(row: Row[Any]) -> Topic:
    return Topic(
        id=TopicId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        name=row.name,
        query=row.query,
        person=row.person,
        from_file=row.from_file,
        urgent=row.urgent,
        muted_until=row.muted_until,
        snoozed_until=row.snoozed_until,
        story=None if row.story_id is None else StoryId(row.story_id),
        removed=row.removed,
    )


def subscription_of(row: Row[Any]) -> Subscription:
    return Subscription(
        id=SubscriptionId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        channel=ChannelId(row.channel_id),
        topic=None if row.topic_id is None else TopicId(row.topic_id),
        feed=None if row.feed_id is None else FeedId(row.feed_id),
        gate=row.gate,
        mention=parse_mention(row.mention) if row.mention else None,
        mentioned_by=row.mentioned_by,
        updates=Updates(row.updates),
        template=template_of(row.template),
        moved_at=row.moved_at,
        from_file=row.from_file,
        removed=row.removed,
    )


async def find_topic(
    connection: AsyncConnection, workspace: WorkspaceId, name: str, *, person: str = ""
) -> Topic | None:
    """The topic of that name, in any case, even if it was removed: a shared one, or the person's
    own."""
    row = (
        await connection.execute(
            select(topic).where(
                topic.c.workspace_id == workspace, topic.c.name_key == _key(name, person)
            )
        )
    ).one_or_none()
    return topic_of(row) if row else None


async def list_topics(
    connection: AsyncConnection, workspace: WorkspaceId, *, persons: Sequence[str] = ("",)
) -> tuple[Topic, ...]:
    """The workspace's topics that stand, by name: shared ones (""), and those of `persons`."""
    rows = await connection.execute(
        select(topic)
        .where(
            topic.c.workspace_id == workspace, ~topic.c.removed, topic.c.person.in_(set(persons))
        )
        .order_by(topic.c.name_key)
    )
    return tuple(topic_of(row) for row in rows)


def _key(name: str, person: str) -> str:
    """A line break is in no name, so a person's topics and shared ones never clash."""
    return f"{person}\n{name.casefold()}" if person else name.casefold()


async def put_topic(
    connection: AsyncConnection,
    *,
    workspace: WorkspaceId,
    name: str,
    query: str,
    from_file: bool,
    now: datetime,
    revision: int,
    urgent: bool | None = None,
    person: str = "",
    story: StoryId | None = None,
) -> TopicId:
    """Make the topic, or revive and change the one that had the name before. `urgent` None leaves
    it."""
    values: dict[str, Any] = {
        "name": name,
        "name_key": _key(name, person),
        "person": person,
        "query": query,
        "story_id": story,
        "from_file": from_file,
        "removed": False,
        "revision": revision,
    }
    if urgent is not None:
        values["urgent"] = urgent
    before = await find_topic(connection, workspace, name, person=person)
    if before is not None:
        await connection.execute(update(topic).where(topic.c.id == before.id).values(values))
        return before.id
    result = await connection.execute(
        insert(topic).values(workspace_id=workspace, created_at=now, **values).returning(topic.c.id)
    )
    return TopicId(result.scalar_one())


async def remove_topic(connection: AsyncConnection, topic_id: TopicId, *, revision: int) -> None:
    """Switch the topic off. Its subscriptions stay as they are and speak no more."""
    await connection.execute(
        update(topic).where(topic.c.id == topic_id).values(removed=True, revision=revision)
    )


async def mute_topic(
    connection: AsyncConnection, topic_id: TopicId, *, until: datetime | None, revision: int
) -> None:
    """Discard and record the topic's matches until then; None ends it."""
    await connection.execute(
        update(topic).where(topic.c.id == topic_id).values(muted_until=until, revision=revision)
    )


async def snooze_topic(
    connection: AsyncConnection, topic_id: TopicId, *, until: datetime | None, revision: int
) -> None:
    """Hold the topic's alerts until then, everywhere; None ends it."""
    await connection.execute(
        update(topic).where(topic.c.id == topic_id).values(snoozed_until=until, revision=revision)
    )


async def set_urgent(
    connection: AsyncConnection, topic_id: TopicId, *, urgent: bool, revision: int
) -> None:
    await connection.execute(
        update(topic).where(topic.c.id == topic_id).values(urgent=urgent, revision=revision)
    )


async def set_gate(
    connection: AsyncConnection, subscription_id: SubscriptionId, *, gate: int, revision: int
) -> None:
    """How many independent outlets the subscription wants."""
    await connection.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(gate=gate, revision=revision)
    )


async def set_updates(
    connection: AsyncConnection, subscription_id: SubscriptionId, *, updates: Updates, revision: int
) -> None:
    """Whether material changes of its stories are told in their threads."""
    await connection.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(updates=updates, revision=revision)
    )


async def set_template(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    *,
    template: Template,
    revision: int,
) -> None:
    """How much of a story the subscription shows, from the next time that a message is drawn."""
    await connection.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(template=stored_as(template), revision=revision)
    )


async def set_mention(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    *,
    mention: Mention | None,
    by: str,
    revision: int,
) -> None:
    """Whom the subscription pings, set by the person `by`; None pings nobody."""
    await connection.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(
            mention=None if mention is None else str(mention), mentioned_by=by, revision=revision
        )
    )


async def list_subscriptions(
    connection: AsyncConnection, workspace: WorkspaceId
) -> tuple[Subscription, ...]:
    """The workspace's subscriptions that stand."""
    rows = await connection.execute(
        select(subscription)
        .where(subscription.c.workspace_id == workspace, ~subscription.c.removed)
        .order_by(subscription.c.id)
    )
    return tuple(subscription_of(row) for row in rows)


async def is_heard(connection: AsyncConnection, channel: ChannelId) -> bool:
    """Whether the channel follows a shared topic, or a whole feed."""
    found = await connection.execute(
        select(subscription.c.id)
        .outerjoin(topic, topic.c.id == subscription.c.topic_id)
        .where(
            subscription.c.channel_id == channel,
            ~subscription.c.removed,
            or_(topic.c.id.is_(None), and_(~topic.c.removed, topic.c.person == "")),
        )
        .limit(1)
    )
    return found.first() is not None


async def find_subscription(
    connection: AsyncConnection, topic_id: TopicId, channel: ChannelId
) -> Subscription | None:
    """The channel's subscription to the topic, even if it was removed."""
    row = (
        await connection.execute(
            select(subscription).where(
                subscription.c.topic_id == topic_id, subscription.c.channel_id == channel
            )
        )
    ).one_or_none()
    return subscription_of(row) if row else None


async def put_subscription(
    connection: AsyncConnection,
    *,
    workspace: WorkspaceId,
    channel: ChannelId,
    topic_id: TopicId | None = None,
    feed_id: FeedId | None = None,
    from_file: bool,
    now: datetime,
    revision: int,
    gate: int | None = None,
    updates: Updates | None = None,
    template: Template | None = None,
) -> None:
    """Subscribe the channel, or revive the subscription that was removed, without its old terms.
    `gate`, `updates` and `template` None leave those of one that stands."""
    values: dict[str, Any] = {"from_file": from_file, "removed": False, "revision": revision}
    if gate is not None:
        values["gate"] = gate
    if updates is not None:
        values["updates"] = updates
    if template is not None:
        values["template"] = stored_as(template)
    this = and_(
        subscription.c.channel_id == channel,
        subscription.c.topic_id == topic_id,
        subscription.c.feed_id == feed_id,
    )
    await connection.execute(
        update(subscription)
        .where(this, subscription.c.removed)
        .values(
            gate=1,
            mention=None,
            mentioned_by="",
            updates=Updates.SILENT,
            template=stored_as(STANDARD),
            moved_at=None,
        )
    )
    changed = await connection.execute(update(subscription).where(this).values(values))
    if changed.rowcount == 0:
        await connection.execute(
            insert(subscription).values(
                workspace_id=workspace,
                channel_id=channel,
                topic_id=topic_id,
                feed_id=feed_id,
                created_at=now,
                **values,
            )
        )


async def remove_subscription(
    connection: AsyncConnection, subscription_id: SubscriptionId, *, revision: int
) -> None:
    await connection.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(removed=True, revision=revision)
    )
