"""What people look for, and which channels hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import ChannelId, FeedId, SubscriptionId, TopicId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A name and a query, owned by a workspace. `from_file`: the configuration file owns it."""

    id: TopicId
    workspace: WorkspaceId
    name: str
    query: str
    from_file: bool = False
    muted_until: datetime | None = None  # a mute discards and records
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One channel following one topic, or every article of one feed: exactly one is set."""

    id: SubscriptionId
    workspace: WorkspaceId
    channel: ChannelId
    topic: TopicId | None = None
    feed: FeedId | None = None
    from_file: bool = False
    removed: bool = False
