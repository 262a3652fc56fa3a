"""All the use cases together, as an adapter is given them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.alerts import AlertCommands
from bot.commands.aliases import AliasCommands
from bot.commands.feeds import FeedCommands
from bot.commands.topics import TopicCommands
from bot.commands.why import WhyCommands


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What a person can ask for, by noun."""

    topics: TopicCommands
    feeds: FeedCommands
    alerts: AlertCommands
    aliases: AliasCommands
    why: WhyCommands
