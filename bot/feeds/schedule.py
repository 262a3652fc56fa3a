"""When to poll a feed next. Pure: the time and the dice are given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_AGE_HONOURED_S = 5 * 3600.0
BACK_OFF_CAP_S = 6 * 3600.0
"""A failing feed is asked at least this often: back-off never becomes silence."""
RETRY_AFTER_CAP_S = 24 * 3600.0
RARELY_S = 6 * 3600.0
"""A feed that hardly ever brings anything is asked at least this often."""
IMMEDIATE_S = 30 * 60.0
"""A feed whose news somebody wants at once is asked at least this often, chance included, unless
its publisher asks for more with Retry-After or the configuration does."""
BACKUP_S = 3 * 3600.0
"""A feed that a hub pushes is polled this rarely, in case that the hub forgets something."""
VALIDATORS_LAST = timedelta(days=8)
"""Then a document is asked for whole: some servers answer 304 for ever."""
FLOOR_S = 1.0
CEILING_S = 7 * 24 * 3600.0
JITTER = 0.25
"""The most that chance adds, as a share, so that feeds added together drift apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What speaks for polling later or sooner; all in seconds.

    `base_s` is our own shortest interval, `gap_s` the feed's rhythm (None: unknown), `ttl_s` its
    publisher's hint in the document, `max_age_s` and `retry_after_s` its server's in the headers;
    `failures` in a row; `immediate`: somebody wants its news at once; `pushed_s`: for how long its
    hub is trusted to push what is new.
    """

    base_s: float
    gap_s: float | None = None
    ttl_s: float | None = None
    max_age_s: float | None = None
    retry_after_s: float | None = None
    failures: int = 0
    immediate: bool = False
    pushed_s: float | None = None


def next_interval(wishes: Wishes) -> float:
    """Seconds until the next poll, before chance: the longest of four wishes.

    Ours: `base_s`, doubled with each failure in a row after the first up to six hours, or up to
    `base_s` if that is longer. The feed's rhythm: half the usual gap, up to six hours; its ttl
    counts only where the rhythm bears it out, as most feeds have one that their software wrote.
    The publisher's max-age, honoured up to five hours, so that a wrong one costs half a day at
    most. Its Retry-After, honoured up to a day; this alone may exceed IMMEDIATE_S, save for a feed
    that does not fail and is pushed to us: BACKUP_S, but no longer than pushes are trusted.
    """
    base = min(max(_sane(wishes.base_s), FLOOR_S), CEILING_S)
    interval = base
    if wishes.failures > 0:
        doubled = base * 2.0 ** min(wishes.failures - 1, 16)
        interval = min(doubled, max(BACK_OFF_CAP_S, base))
    interval = max(
        interval,
        min(_own_rhythm(wishes), RARELY_S),
        min(_sane(wishes.max_age_s), MAX_AGE_HONOURED_S),
    )
    if wishes.immediate:
        interval = min(interval, max(IMMEDIATE_S, base))
    if not wishes.failures:
        interval = max(interval, min(_sane(wishes.pushed_s), BACKUP_S))
    return max(interval, min(_sane(wishes.retry_after_s), RETRY_AFTER_CAP_S))


def next_poll(wishes: Wishes, *, now: datetime, jitter: float = 0.0) -> datetime:
    """`now` and `next_interval`, and up to a quarter more by `jitter` (0 to 1).

    Chance only ever adds: a publisher's wish is a lower bound. Belongs in the feed's row, so
    that a restart changes nothing.
    """
    interval = next_interval(wishes)
    chance = 1.0 + JITTER * min(max(jitter, 0.0), 1.0)
    wait = interval * chance
    if wishes.immediate and interval <= IMMEDIATE_S:
        wait = min(wait, IMMEDIATE_S)
    return now + timedelta(seconds=wait)


def _own_rhythm(wishes: Wishes) -> float:
    gap, ttl = _sane(wishes.gap_s), _sane(wishes.ttl_s)
    return max(gap / 2, ttl if gap >= ttl else 0.0)


def _sane(seconds: float | None) -> float:
    return seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else 0.0
