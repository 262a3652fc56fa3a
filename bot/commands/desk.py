"""All the use cases together, as an adapter is given them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.commands.alerts import AlertCommands
from bot.commands.aliases import AliasCommands
from bot.commands.attention import AttentionCommands
from bot.commands.audit import AuditCommands
from bot.commands.digest import DigestCommands
from bot.commands.feedback import FeedbackCommands
from bot.commands.feeds import FeedCommands
from bot.commands.follows import FollowCommands
from bot.commands.latest import LatestCommands
from bot.commands.limits import NO_LIMITS, BacktestMeter, Limits
from bot.commands.moving import MoveCommands
from bot.commands.overview import OverviewCommands
from bot.commands.pauses import PauseCommands
from bot.commands.publishing import PublishingCommands
from bot.commands.rehearsal import RehearsalCommands
from bot.commands.showing import ShowingCommands
from bot.commands.starters import Starters
from bot.commands.story import StoryCommands
from bot.commands.story_follow import StoryFollowCommands
from bot.commands.topics import TopicCommands
from bot.commands.transfer import TransferCommands
from bot.commands.why import WhyCommands
from bot.commands.workspace_export import ExportCommands
from bot.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What a person can ask for, by noun."""

    topics: TopicCommands
    feeds: FeedCommands
    alerts: AlertCommands
    aliases: AliasCommands
    why: WhyCommands
    feedback: FeedbackCommands
    attention: AttentionCommands
    moving: MoveCommands
    pauses: PauseCommands
    digest: DigestCommands
    stories: StoryCommands
    latest: LatestCommands
    follows: FollowCommands
    story_follows: StoryFollowCommands
    overview: OverviewCommands
    transfer: TransferCommands
    audit: AuditCommands
    rehearsal: RehearsalCommands
    showing: ShowingCommands
    exports: ExportCommands
    publishing: PublishingCommands


def commands_on(
    database: Database,
    *,
    now: Callable[[], datetime],
    feeds: FeedCommands,
    starters: Starters | None = None,
    limits: Limits = NO_LIMITS,
) -> Commands:
    """Every use case on one database; those of feeds need a fetcher as well, so they are given."""
    trials = BacktestMeter(limits, now=now)
    return Commands(
        topics=TopicCommands(
            database=database, now=now, starters=starters, limits=limits, trials=trials
        ),
        feeds=feeds,
        alerts=AlertCommands(database=database, now=now),
        aliases=AliasCommands(database=database, now=now),
        why=WhyCommands(database=database, now=now),
        feedback=FeedbackCommands(database=database, now=now, trials=trials),
        attention=AttentionCommands(database=database, now=now),
        moving=MoveCommands(database=database, now=now),
        pauses=PauseCommands(database=database, now=now),
        digest=DigestCommands(database=database, now=now),
        stories=StoryCommands(database=database, now=now),
        latest=LatestCommands(database=database, now=now),
        follows=FollowCommands(database=database, now=now, trials=trials),
        story_follows=StoryFollowCommands(database=database, now=now),
        overview=OverviewCommands(database=database, now=now),
        transfer=TransferCommands(database=database, now=now, feeds=feeds),
        audit=AuditCommands(database=database, now=now),
        rehearsal=RehearsalCommands(database=database, now=now),
        showing=ShowingCommands(database=database, now=now),
        exports=ExportCommands(database=database, now=now),
        publishing=PublishingCommands(database=database, now=now),
    )
