"""How often a message is edited as its story grows, and when it is left alone. Pure.

Level-triggered: what comes in between is in the next edit. https://discord.com/developers/docs
gives edits of old messages a lower limit, and a message that flickers is not read.
"""

from __future__ import annotations

from datetime import datetime, timedelta

PACES = (
    (timedelta(minutes=30), 1),
    (timedelta(hours=6), 5),
    (timedelta(days=1), 20),
)
"""While the message is younger than the first, at most one edit in so many intervals."""
SLOWEST = 60
INTERVAL = timedelta(minutes=1)
COOLS_AFTER = timedelta(hours=24)
"""A story without a report for so long is over for the channel; a later one joins it silently,
in the timeline."""


def next_edit_at(
    posted_at: datetime, shown_at: datetime, *, interval: timedelta = INTERVAL
) -> datetime:
    """When a message that was posted then and last changed then may be changed again."""
    age = shown_at - posted_at
    return shown_at + interval * next((many for until, many in PACES if age < until), SLOWEST)


def is_cool(last_report_at: datetime, now: datetime) -> bool:
    """Whether the story has come to rest, so that its message is edited no more."""
    return now - last_report_at >= COOLS_AFTER
