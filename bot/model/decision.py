"""What became of a match. A silence is recorded with its reason, as a fire is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.words import later


class Outcome(StrEnum):
    """FIRE opens the channel's alert of the story (or lets one out that was held or waiting), JOIN
    adds to one that stands, HOLD is until a time, WAIT until the subscription's gate is met."""

    FIRE = "fire"
    JOIN = "join"
    HOLD = "hold"
    WAIT = "wait"
    SUPPRESS = "suppress"


class Why(StrEnum):
    """The stage that decided. The value is stored and shown; keep it."""

    MATCHED = later("matched")
    SAME_STORY = later("the story already has its alert here")
    MUTED = later("the topic is muted")
    CHANNEL_MUTED = later("the channel is muted")
    SNOOZED = later("snoozed")
    QUIET = later("quiet hours")
    RHYTHM = later("the channel reads digests")
    OVER_BUDGET = later("beyond the channel's cards an hour")
    GATE = later("too few independent outlets yet")
    CORROBORATED = later("enough independent outlets report it by now")
    URGENT = later("the topic is urgent")
    RUNNING = later("the story ran already when it was first watched for here")
    NOT_TOLD_HERE = later("the channel has not been told of it yet")
    STORY_WATCHED = later("somebody watches this story")
    ASKED = later("somebody asked for the digest")
    MOVED = later("told in the channel that the topic was moved from")
    UNWATCHED = later("nobody watches it here any more")
    FIRST_POLL_OLD = later("older than 24 h when the feed was first read")
    FIRST_POLL_UNDATED = later("undated when the feed was first read")
    FIRST_POLL_LIMIT = later("beyond the newest 3 when the feed was first read")
    CLOSED = later("the alert was closed: its message was deleted, or its channel is gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One subscription's answer to one matching article. `until` is set for a hold; `pings` asks
    for a reply that carries the subscription's mention."""

    outcome: Outcome
    why: Why
    until: datetime | None = None
    pings: bool = False

    @property
    def speaks(self) -> bool:
        """Whether the match shows in the channel's alert, now or when a hold ends."""
        return self.outcome is not Outcome.SUPPRESS
