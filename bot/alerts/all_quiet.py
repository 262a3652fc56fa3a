"""The daily line that tells quiet from dead: when it is due, and what it says. Pure.

Somebody chose its time, so that it comes in quiet hours too. A channel that was told something
since the day before needs none: it is seen to live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.attention import Attention
from bot.words import say, say_many

SPAN = timedelta(hours=24)
LATE = timedelta(hours=3)
"""After an outage it comes that late; later than that it waits for the next day."""
STALE = timedelta(hours=3)
"""Feeds are polled far more often than that: nothing read for so long is our own trouble."""
NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What the channel's workspace can be told: feeds that are read, the names of those that fail,
    when one was last read, when the newest article came, and how many topics listen here."""

    feeds: int
    failing: Sequence[str]
    read_at: datetime | None
    newest_at: datetime | None
    topics: int


def due_day(attention: Attention, now: datetime) -> date | None:
    """The local day whose line is due now; None if none is. Of a time that clocks skip the instant
    is an hour later, of one they show twice the first."""
    if attention.all_quiet is None:
        return None
    zone = ZoneInfo(attention.timezone)
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        at = datetime.combine(day, attention.all_quiet, tzinfo=zone).astimezone(UTC)
        if at <= now < at + LATE:
            return day
    return None


def told_of(quiet: Quiet, *, now: datetime) -> tuple[str, list[str]]:
    """The title and the lines, all's well or not."""
    if not quiet.feeds:
        return say("Quiet: no feed is followed here."), [say("Follow one with “feed add”.")]
    read = say_many("{count} feed is read", "{count} feeds are read", quiet.feeds)
    listening = say_many("{count} topic listens here", "{count} topics listen here", quiet.topics)
    lines = [f"{read}, {_newest(quiet, now)}; {listening}."]
    if quiet.read_at is None or now - quiet.read_at > STALE:
        lines.append(say("Whoever runs Wirewatch should have a look: “wirewatch status”."))
        return say("Quiet because nothing was read for hours"), lines
    if quiet.failing:
        lines.append(_failing(quiet.failing))
        title = say_many(
            "Quiet, and {count} feed cannot be read",
            "Quiet, and {count} feeds cannot be read",
            len(quiet.failing),
        )
        return title, lines
    return say("All quiet: nothing to tell since yesterday"), lines


def _newest(quiet: Quiet, now: datetime) -> str:
    if quiet.newest_at is None:
        return say("no article has come yet")
    minutes = max(0, int((now - quiet.newest_at).total_seconds() // 60))
    if minutes < 2 * 60:
        return say_many(
            "the newest article came {count} minute ago",
            "the newest article came {count} minutes ago",
            minutes,
        )
    return say_many(
        "the newest article came {count} hour ago",
        "the newest article came {count} hours ago",
        minutes // 60,
    )


def _failing(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:NAMED])
    more = len(names) - NAMED
    if more > 0:
        shown = say("{names} and {count} more", names=shown, count=more)
    return say("It is {names}: “feed health” says why.", names=shown)
