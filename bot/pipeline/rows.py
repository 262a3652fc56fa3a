"""The rows of new deliveries, and the keys that make each message one of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from bot.model.channel import Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ChannelId, StoryId, SubscriptionId
from bot.model.mention import Mention
from bot.pipeline.roster import Watch
from bot.words import say, speaking


def card_key(installation: str, story: StoryId, channel: ChannelId) -> str:
    """The idempotency key of a card: 20 characters, the same after any restart, and another one
    in every installation, so that two databases in one channel do not swallow each other's."""
    return _key(f"{installation}/{channel}/{story}/{DeliveryKind.CARD}")


def reply_key(
    installation: str, story: StoryId, channel: ChannelId, subscription: SubscriptionId
) -> str:
    """The same of the one reply by which a subscription pings in the thread of a card."""
    return _key(f"{installation}/{channel}/{story}/{DeliveryKind.REPLY}/{subscription}")


def change_key(installation: str, story: StoryId, channel: ChannelId, number: int) -> str:
    """The same of the reply that tells the story's so-manieth material change in the thread."""
    return _key(f"{installation}/{channel}/{story}/{DeliveryKind.REPLY}/change {number}")


def digest_delivery_key(installation: str, name: str) -> str:
    """The same of a digest; `name` is what `alerts.attention.digest_key` calls it."""
    return _key(f"{installation}/{name}")


def card_row(
    alert: Mapping[str, Any], *, mentions: Iterable[Mention], installation: str, now: datetime
) -> dict[str, Any]:
    """A card for an alert's row: its id, story, channel, workspace and revision."""
    pings = list(dict.fromkeys(str(mention) for mention in mentions))
    return {
        "workspace_id": alert["workspace_id"],
        "channel_id": alert["channel_id"],
        "alert_id": alert["id"],
        "kind": DeliveryKind.CARD,
        "key": card_key(installation, alert["story_id"], alert["channel_id"]),
        "body": {"mentions": pings} if pings else None,
        "wanted": alert["revision"],
        "status": DeliveryStatus.PENDING,
        "created_at": now,
    }


def reply_row(
    watch: Watch, *, alert: AlertId, story: StoryId, installation: str, now: datetime
) -> dict[str, Any]:
    """A reply that carries the subscription's mention to a story whose card stands already."""
    with speaking(watch.channel.language):
        subject = f"“{watch.topic.name}”" if watch.topic else say("a feed that is watched here")
        line = say("This story now matches {subject} too.", subject=subject)
    channel = watch.channel
    return {
        "workspace_id": channel.workspace,
        "channel_id": channel.id,
        "alert_id": alert,
        "kind": DeliveryKind.REPLY,
        "key": reply_key(installation, story, channel.id, watch.subscription.id),
        "body": {
            "mentions": [str(watch.subscription.mention)],
            "line": line,
        },
        "wanted": 1,
        "status": DeliveryStatus.PENDING,
        "created_at": now,
    }


def change_row(
    channel: Channel,
    *,
    alert: AlertId,
    story: StoryId,
    number: int,
    line: str,
    installation: str,
    now: datetime,
) -> dict[str, Any]:
    """A reply that tells what is new in the story, and pings nobody."""
    return {
        "workspace_id": channel.workspace,
        "channel_id": channel.id,
        "alert_id": alert,
        "kind": DeliveryKind.REPLY,
        "key": change_key(installation, story, channel.id, number),
        "body": {"mentions": [], "line": line},
        "wanted": 1,
        "status": DeliveryStatus.PENDING,
        "created_at": now,
    }


def _key(text: str) -> str:
    return blake2b(text.encode(), digest_size=10).hexdigest()
