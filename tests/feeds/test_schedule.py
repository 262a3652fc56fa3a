from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.schedule import BACK_OFF_CAP_S, next_interval, next_poll

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
        ({"base_s": 0}, 1),
        ({"base_s": math.inf}, 1),
        ({"base_s": 10**12}, 7 * 86_400),
    ],
)
def test_the_longest_wish_wins(wishes: dict[str, float], seconds: float) -> None:
    interval = next_interval(**{"base_s": 600, **wishes})  # type: ignore[arg-type]
    assert interval == seconds


def test_chance_only_adds() -> None:
    assert next_poll(now=NOW, base_s=600, jitter=0) == NOW + timedelta(seconds=600)
    assert next_poll(now=NOW, base_s=600, jitter=1) == NOW + timedelta(seconds=750)
    assert next_poll(now=NOW, base_s=600, jitter=9) == NOW + timedelta(seconds=750)
    assert next_poll(now=NOW, base_s=600, retry_after_s=3600, jitter=0.5) >= NOW + timedelta(
        seconds=3600
    )


@given(st.floats(), st.integers(-5, 10**6), SECONDS, SECONDS, st.floats(0, 1))
def test_never_now_and_never_silence(
    base_s: float,
    failures: int,
    max_age_s: float | None,
    retry_after_s: float | None,
    jitter: float,
) -> None:
    at = next_poll(
        now=NOW,
        base_s=base_s,
        failures=failures,
        max_age_s=max_age_s,
        retry_after_s=retry_after_s,
        jitter=jitter,
    )
    assert timedelta(seconds=1) <= at - NOW <= timedelta(days=9)
