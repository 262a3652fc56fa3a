from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.rhythm import LONGEST_S, SHORTEST_S, after_news, expected_gap_s, from_dates
from bot.model.feed import Rhythm

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOUR = 3600.0


def hours_ago(*hours: float) -> list[datetime | None]:
    return [NOW - timedelta(hours=each) for each in hours]


def test_a_first_document_tells_by_its_dates() -> None:
    rhythm = from_dates([*hours_ago(1, 3, 5, 29, 31), None, None])
    assert rhythm == Rhythm(gap_s=2 * HOUR, longest_s=24 * HOUR, arrivals=1)


def test_a_few_dates_tell_nothing() -> None:
    assert from_dates([*hours_ago(1, 2, 3), None]) == Rhythm(arrivals=1)
    assert from_dates(hours_ago(1, 1, 1, 1, 1)) == Rhythm(arrivals=1)


def test_the_gap_follows_what_is_seen() -> None:
    rhythm = Rhythm(gap_s=HOUR, longest_s=HOUR, arrivals=1)
    for _ in range(20):
        rhythm = after_news(rhythm, count=2, since_s=8 * HOUR)
    assert rhythm.gap_s is not None
    assert 3.9 * HOUR < rhythm.gap_s < 4 * HOUR
    assert rhythm.longest_s == 8 * HOUR
    assert rhythm.arrivals == 21


def test_one_odd_day_does_not_turn_it_over() -> None:
    rhythm = after_news(Rhythm(gap_s=HOUR), count=1, since_s=24 * HOUR)
    assert rhythm.gap_s is not None
    assert rhythm.gap_s < 2 * HOUR


def test_a_long_silence_counts_more_and_more() -> None:
    rhythm = Rhythm(gap_s=HOUR)
    assert expected_gap_s(rhythm, silent_s=None) == HOUR
    assert expected_gap_s(rhythm, silent_s=8 * HOUR) == HOUR
    assert expected_gap_s(rhythm, silent_s=100 * HOUR) == 10 * HOUR
    assert expected_gap_s(Rhythm(), silent_s=100 * HOUR) is None


@given(st.lists(st.tuples(st.integers(-1, 10**6), st.none() | st.floats(-1e12, 1e12))))
def test_whatever_comes_the_gap_stays_believable(news: list[tuple[int, float | None]]) -> None:
    rhythm = Rhythm()
    for count, since_s in news:
        rhythm = after_news(rhythm, count=count, since_s=since_s)
        assert rhythm.gap_s is None or SHORTEST_S * 0.99 <= rhythm.gap_s <= LONGEST_S * 1.01
