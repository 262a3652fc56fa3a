"""What people look for, and which channels hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import ChannelId, FeedId, StoryId, SubscriptionId, TopicId, WorkspaceId
from bot.model.mention import Mention
from bot.model.template import STANDARD, Template


class Updates(StrEnum):
    """How a channel hears what changes in a told story. The value is stored; keep it."""

    SILENT = "silent"  # its message is edited
    REPLIES = "replies"  # and what is material is said in the message's thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A name and a query, owned by a workspace. `from_file`: the configuration file owns it;
    `person`: it is one person's own (the platform's id), and nobody else is shown it. `story`: it
    is this one story, and its query is ""."""

    id: TopicId
    workspace: WorkspaceId
    name: str
    query: str
    person: str = ""
    from_file: bool = False
    urgent: bool = False  # passes quiet hours, rhythm and budget
    muted_until: datetime | None = None  # a mute discards and records
    snoozed_until: datetime | None = None  # a snooze holds, then summarises
    story: StoryId | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One channel following one topic, or every article of one feed: exactly one is set.

    `gate` is the number of independent outlets that must report a story before it is told;
    `mention` is who is pinged by it, as `mentioned_by` (the platform's id of a person) was allowed
    to when they set it. `moved_at`: the topic came from another channel then, and what it had told
    there it does not tell here.
    """

    id: SubscriptionId
    workspace: WorkspaceId
    channel: ChannelId
    topic: TopicId | None = None
    feed: FeedId | None = None
    gate: int = 1
    mention: Mention | None = None
    mentioned_by: str = ""
    updates: Updates = Updates.SILENT
    template: Template = STANDARD
    moved_at: datetime | None = None
    from_file: bool = False
    removed: bool = False
