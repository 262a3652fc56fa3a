"""When to poll a feed next. Pure: the time and the dice are given."""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_AGE_HONOURED_S = 5 * 3600.0
BACK_OFF_CAP_S = 6 * 3600.0
"""A failing feed is asked at least this often: back-off never becomes silence."""
RETRY_AFTER_CAP_S = 24 * 3600.0


def next_poll(
    *,
    now: datetime,
    base_s: float,
    failures: int = 0,
    max_age_s: float | None = None,
    retry_after_s: float | None = None,
    jitter: float = 0.0,
) -> datetime:
    """The longest of our interval, the publisher's max-age and its Retry-After.

    Each failure in a row doubles the interval up to six hours. `jitter`, from 0 to 1, adds up
    to a quarter, so that feeds added together drift apart.
    """
    interval = base_s
    if failures:
        interval = min(max(BACK_OFF_CAP_S, base_s), base_s * 2.0 ** min(failures - 1, 16))
    wait = max(
        interval * (1.0 + 0.25 * jitter),
        min(max_age_s or 0.0, MAX_AGE_HONOURED_S),
        min(retry_after_s or 0.0, RETRY_AFTER_CAP_S),
    )
    return now + timedelta(seconds=wait)
