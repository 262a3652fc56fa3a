"""All the use cases together, as an adapter is given them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.alerts import AlertCommands
from bot.commands.feeds import FeedCommands
from bot.commands.story import StoryCommands
from bot.commands.topics import TopicCommands


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What a person can ask for, by noun."""

    topics: TopicCommands
    feeds: FeedCommands
    alerts: AlertCommands
    stories: StoryCommands
