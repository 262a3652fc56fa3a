"""How a feed does, by its own rhythm, and when its followers are owed a word about it. Pure.

One notice when it breaks, one when it is well again, and none for a second break until it has
brought something new in between: never more downtime notices than news.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.model.feed import FeedNotice, FeedState, NoticeKind, Rhythm
from bot.words import later, say

FAILURES_NEEDED = 3
BROKEN_AFTER_S = (3600.0, 86_400.0)
"""A failing feed is called broken when news was to be expected in the meantime: after its usual
gap, within these bounds."""
SILENT_AFTER_S = 86_400.0
SILENT_GAPS = 5.0
SILENT_LONGEST = 1.5
ARRIVALS_NEEDED = 5
"""A feed is called silent after five of its gaps and half as long again as it ever was silent
before, a day at least, and not before it has brought news five times."""


class Condition(StrEnum):
    """How a feed does now."""

    NEW = later("not read yet")
    WELL = later("well")
    FAILING = "failing"  # not for long enough to speak of
    BROKEN = later("broken")
    SILENT = later("silent for unusually long")
    GONE = later("gone")


_TOLD = {
    Condition.BROKEN: NoticeKind.BROKEN,
    Condition.SILENT: NoticeKind.SILENT,
    Condition.GONE: NoticeKind.GONE,
}


def broken_after_s(rhythm: Rhythm) -> float:
    """For how many seconds a feed must fail to be called broken."""
    least, most = BROKEN_AFTER_S
    return min(max(rhythm.gap_s or least, least), most)


def silent_after_s(rhythm: Rhythm) -> float | None:
    """For how many seconds without news it is unusually silent; None while nobody can say."""
    if rhythm.gap_s is None or rhythm.arrivals < ARRIVALS_NEEDED:
        return None
    longest = rhythm.longest_s or 0.0
    return max(SILENT_AFTER_S, rhythm.gap_s * SILENT_GAPS, longest * SILENT_LONGEST)


def condition(feed: FeedState, *, now: datetime) -> Condition:
    """How the feed does, as its state says after its last poll."""
    if feed.gone_at is not None:
        return Condition.GONE
    if feed.failures:
        since = feed.failing_since or now
        lasting = (now - since).total_seconds() >= broken_after_s(feed.rhythm)
        broken = lasting and feed.failures >= FAILURES_NEEDED
        return Condition.BROKEN if broken else Condition.FAILING
    if feed.last_success_at is None:
        return Condition.NEW
    limit = silent_after_s(feed.rhythm)
    if limit is None or feed.last_new_at is None:
        return Condition.WELL
    silent = (now - feed.last_new_at).total_seconds() >= limit
    return Condition.SILENT if silent else Condition.WELL


def due_notice(feed: FeedState, *, now: datetime) -> FeedNotice | None:
    """What followers are to be told after this poll, given what they were told before."""
    state = condition(feed, now=now)
    if feed.told:
        return _recovery(feed, state)
    kind = _TOLD.get(state)
    if kind is None or not _news_since_told(feed):
        return None
    return FeedNotice(kind=kind, reason=_reason(feed, kind, now))


def _recovery(feed: FeedState, state: Condition) -> FeedNotice | None:
    if feed.told == NoticeKind.SILENT:
        if state is Condition.GONE:
            return FeedNotice(kind=NoticeKind.GONE, reason=feed.last_error or "")
        if feed.told_at and feed.last_new_at and feed.last_new_at > feed.told_at:
            return FeedNotice(kind=NoticeKind.RECOVERED, reason=say("it brings news again"))
        return None
    if state in (Condition.WELL, Condition.SILENT):
        return FeedNotice(kind=NoticeKind.RECOVERED, reason=say("it can be read again"))
    if state is Condition.GONE and feed.told != NoticeKind.GONE:
        return FeedNotice(kind=NoticeKind.GONE, reason=feed.last_error or "")
    return None


def _news_since_told(feed: FeedState) -> bool:
    if feed.told_at is None:
        return True
    return feed.last_new_at is not None and feed.last_new_at > feed.told_at


def _reason(feed: FeedState, kind: NoticeKind, now: datetime) -> str:
    if kind is NoticeKind.SILENT and feed.last_new_at is not None:
        silence = in_words((now - feed.last_new_at).total_seconds())
        return say(
            "nothing new for {silence}; usual is {in_words}",
            silence=silence,
            in_words=in_words(feed.rhythm.gap_s or 0.0),
        )
    return feed.last_error or say("it cannot be read")


def in_words(seconds: float) -> str:
    """A duration to one unit: "40 min", "5 h", "3 days"."""
    if seconds < 5400:
        return say("{max} min", max=max(1, round(seconds / 60)))
    if seconds < 2 * 86_400:
        return f"{round(seconds / 3600)} h"
    return say("{round} days", round=round(seconds / 86400))
