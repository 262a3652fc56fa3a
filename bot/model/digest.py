"""Messages that are not about one story: a digest of many, and a notice to whoever is in charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import AlertId, StoryId
from bot.model.text import RichText
from bot.words import say


class DigestKind(StrEnum):
    """Why there is a digest. The value is part of its key; keep it."""

    QUIET = "quiet"  # what quiet hours or a snooze held
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    OVERFLOW = "overflow"  # what was beyond the channel's budget
    RUNNING = "running"  # the stories that ran already when a subscription began


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One story, in one line. `headline` is text from a feed, `url` "" if there is no link;
    `outlets` counts the independent outlets, `outlet` is the one that is linked."""

    story: StoryId
    headline: str
    url: str
    outlets: int
    outlet: str
    at: datetime
    alert: AlertId


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestGroup:
    """The lines under one topic's name ("" for none), in the order to draw them."""

    topic: str
    lines: tuple[DigestLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What every platform draws. It tells of `stories` stories from `since` to `until` (aware
    UTC), of which `left_out` have no line; `timezone` is the channel's, to show times in."""

    title: str
    groups: tuple[DigestGroup, ...]
    since: datetime
    until: datetime
    stories: int
    left_out: int
    timezone: str

    @property
    def more(self) -> str:
        """The last line: "and 12 more", or "" if every story has a line."""
        return say("and {left_out:,} more", left_out=self.left_out) if self.left_out else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What happened, and in `lines` what to do, where it `asks` a person to act."""

    title: str
    lines: tuple[RichText, ...]
    asks: bool = True
