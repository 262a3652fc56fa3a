"""When to poll a feed next. Pure: the time and the dice are given."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

MAX_AGE_HONOURED_S = 5 * 3600.0
BACK_OFF_CAP_S = 6 * 3600.0
"""A failing feed is asked at least this often: back-off never becomes silence."""
RETRY_AFTER_CAP_S = 24 * 3600.0
FLOOR_S = 1.0
CEILING_S = 7 * 24 * 3600.0
JITTER = 0.25
"""The most that chance adds, as a share, so that feeds added together drift apart."""


def next_interval(
    *,
    base_s: float,
    failures: int = 0,
    max_age_s: float | None = None,
    retry_after_s: float | None = None,
) -> float:
    """Seconds until the next poll, before chance: the longest of three wishes.

    Ours: `base_s`, doubled with each failure in a row after the first up to six hours, or up to
    `base_s` if that is longer. The publisher's max-age, honoured up to five hours, so that a
    wrong one costs half a day at most. Its Retry-After, honoured up to a day.
    """
    interval = min(max(_sane(base_s), FLOOR_S), CEILING_S)
    if failures > 0:
        doubled = interval * 2.0 ** min(failures - 1, 16)
        interval = min(doubled, max(BACK_OFF_CAP_S, interval))
    return max(
        interval,
        min(_sane(max_age_s), MAX_AGE_HONOURED_S),
        min(_sane(retry_after_s), RETRY_AFTER_CAP_S),
    )


def next_poll(
    *,
    now: datetime,
    base_s: float,
    failures: int = 0,
    max_age_s: float | None = None,
    retry_after_s: float | None = None,
    jitter: float = 0.0,
) -> datetime:
    """`now` and `next_interval`, and up to a quarter more by `jitter` (0 to 1).

    Chance only ever adds: a publisher's wish is a lower bound. Belongs in the feed's row, so
    that a restart changes nothing.
    """
    interval = next_interval(
        base_s=base_s, failures=failures, max_age_s=max_age_s, retry_after_s=retry_after_s
    )
    return now + timedelta(seconds=interval * (1.0 + JITTER * min(max(jitter, 0.0), 1.0)))


def _sane(seconds: float | None) -> float:
    return seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else 0.0
