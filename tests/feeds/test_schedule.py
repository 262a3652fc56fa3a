from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.schedule import (
    BACK_OFF_CAP_S,
    IMMEDIATE_S,
    RETRY_AFTER_CAP_S,
    Wishes,
    next_interval,
    next_poll,
)

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SECONDS = st.none() | st.floats()


@pytest.mark.parametrize(
    ("wishes", "seconds"),
    [
        ({}, 600),
        ({"max_age_s": 300}, 600),
        ({"max_age_s": 1800}, 1800),
        ({"max_age_s": 86_400}, 5 * 3600),
        ({"retry_after_s": 60}, 600),
        ({"retry_after_s": 7200}, 7200),
        ({"retry_after_s": 10**9}, 86_400),
        ({"failures": 1}, 600),
        ({"failures": 2}, 1200),
        ({"failures": 4}, 4800),
        ({"failures": 50}, BACK_OFF_CAP_S),
        ({"failures": 10**9}, BACK_OFF_CAP_S),
        ({"failures": 2, "retry_after_s": 9000, "max_age_s": 4000}, 9000),
        ({"base_s": 43_200, "failures": 5}, 43_200),
        ({"gap_s": 600}, 600),
        ({"gap_s": 3600}, 1800),
        ({"gap_s": 10 * 86_400}, 6 * 3600),
        ({"ttl_s": 3600}, 600),  # nothing is known that bears it out
        ({"ttl_s": 3600, "gap_s": 1200}, 600),
        ({"ttl_s": 3600, "gap_s": 5000}, 3600),
        ({"gap_s": 10 * 86_400, "immediate": True}, 1800),
        ({"max_age_s": 86_400, "immediate": True}, 1800),
        ({"failures": 50, "immediate": True}, 1800),
        ({"base_s": 7200, "immediate": True}, 7200),  # the configuration's own wish
        ({"retry_after_s": 7200, "immediate": True}, 7200),
        ({"base_s": 0}, 1),
        ({"base_s": math.inf}, 1),
        ({"base_s": 10**12}, 7 * 86_400),
    ],
)
def test_the_longest_wish_wins(wishes: dict[str, float], seconds: float) -> None:
    assert next_interval(Wishes(**{"base_s": 600, **wishes})) == seconds  # type: ignore[arg-type]


def test_chance_only_adds() -> None:
    usual = Wishes(base_s=600)
    assert next_poll(usual, now=NOW, jitter=0) == NOW + timedelta(seconds=600)
    assert next_poll(usual, now=NOW, jitter=1) == NOW + timedelta(seconds=750)
    assert next_poll(usual, now=NOW, jitter=9) == NOW + timedelta(seconds=750)
    asked = Wishes(base_s=600, retry_after_s=3600)
    assert next_poll(asked, now=NOW, jitter=0.5) >= NOW + timedelta(seconds=3600)


WISHES = st.builds(
    Wishes,
    base_s=st.floats(),
    gap_s=SECONDS,
    ttl_s=SECONDS,
    max_age_s=SECONDS,
    retry_after_s=SECONDS,
    failures=st.integers(-5, 10**6),
    immediate=st.booleans(),
)


@given(WISHES, st.floats(0, 1))
def test_never_now_and_never_silence(wishes: Wishes, jitter: float) -> None:
    at = next_poll(wishes, now=NOW, jitter=jitter)
    assert timedelta(seconds=1) <= at - NOW <= timedelta(days=9)


@given(WISHES, st.floats(0, 1))
def test_what_is_wanted_at_once_is_asked_for_within_half_an_hour(
    wishes: Wishes, jitter: float
) -> None:
    within = max(IMMEDIATE_S, wishes.base_s * 1.25 if wishes.base_s > IMMEDIATE_S else 0)
    within = max(within, min(wishes.retry_after_s or 0, RETRY_AFTER_CAP_S) * 1.25)
    at = next_poll(replace(wishes, immediate=True), now=NOW, jitter=jitter)
    if math.isfinite(within):
        assert (at - NOW).total_seconds() <= within + 1
