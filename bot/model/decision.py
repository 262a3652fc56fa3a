"""What became of a match. A silence is recorded with its reason, as a fire is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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

    MATCHED = "matched"
    SAME_STORY = "the story already has its alert here"
    MUTED = "the topic is muted"
    CHANNEL_MUTED = "the channel is muted"
    SNOOZED = "snoozed"
    QUIET = "quiet hours"
    RHYTHM = "the channel reads digests"
    OVER_BUDGET = "beyond the channel's cards an hour"
    GATE = "too few independent outlets yet"
    CORROBORATED = "enough independent outlets report it by now"
    URGENT = "the topic is urgent"
    RUNNING = "the story ran already when it was first watched for here"
    STORY_WATCHED = "somebody watches this story"
    ASKED = "somebody asked for the digest"
    MOVED = "told in the channel that the topic was moved from"
    UNWATCHED = "nobody watches it here any more"
    FIRST_POLL_OLD = "older than 24 h when the feed was first read"
    FIRST_POLL_UNDATED = "undated when the feed was first read"
    FIRST_POLL_LIMIT = "beyond the newest 3 when the feed was first read"
    CLOSED = "the alert was closed: its message was deleted, or its channel is gone"


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
