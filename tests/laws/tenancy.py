"""Nothing of one workspace in another's channels."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.decision import Outcome
from tests.laws.facts import Facts


def nobody_elses_rows(facts: Facts) -> Iterator[str]:
    """Everything in a channel belongs to the channel's workspace."""
    owner = _owners(facts)
    for table, rows in (
        ("delivery", facts.deliveries),
        ("alert", facts.alerts),
        ("digest", facts.digests),
        ("subscription", list(facts.subscriptions.values())),
    ):
        for one in rows:
            if one.workspace_id != owner[one.channel_id]:
                yield (
                    f"{facts.name(one.channel_id)} of {owner[one.channel_id]}: {table} {one.id}"
                    f" belongs to {one.workspace_id}"
                )
    for one in facts.subscriptions.values():
        topic = facts.topics.get(one.topic_id)
        if topic is not None and topic.workspace_id != owner[one.channel_id]:
            yield f"{facts.name(one.channel_id)}: follows topic {topic.id} of {topic.workspace_id}"


def nobody_elses_news(facts: Facts) -> Iterator[str]:
    """What speaks in a channel came from a feed that its workspace follows, or followed."""
    owner = _owners(facts)
    for one in facts.decisions:
        where = facts.place(one.story_id, one.channel_id)
        if one.workspace_id != owner[one.channel_id]:
            yield f"{where}: decided for {one.workspace_id}, not for {owner[one.channel_id]}"
        seen = (owner[one.channel_id], facts.feed_of[one.article_id])
        if one.outcome != Outcome.SUPPRESS and seen not in facts.followed:
            yield f"{where}: article {one.article_id} is from a feed that is not followed there"
    for one in facts.deliveries:
        if one.alert_id is not None:
            alert = facts.alert_of.get(one.alert_id)
            if alert is None or alert.channel_id != one.channel_id:
                yield f"delivery {one.id}: its alert is another channel's"


def _owners(facts: Facts) -> dict[int, str]:
    return {one.id: one.workspace_id for one in facts.channels.values()}


RULES = (nobody_elses_rows, nobody_elses_news)
