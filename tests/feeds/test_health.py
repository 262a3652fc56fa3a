from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.health import Condition, condition, due_notice, in_words, silent_after_s
from bot.model.article import ParsedArticle, ParsedFeed
from bot.model.feed import FeedNotice, FeedState, NoticeKind, Rhythm
from bot.model.ids import FeedId
from bot.pipeline.learnt import learn
from bot.pipeline.polled import Poll

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = Rhythm(gap_s=3600, longest_s=8 * 3600, arrivals=50)
WELL = FeedState(
    id=FeedId(1),
    url="https://harbour.example/feed",
    first_polled_at=NOW - 90 * 24 * HOUR,
    last_success_at=NOW,
    last_new_at=NOW - HOUR,
    rhythm=HOURLY,
)


def failing(*, hours: float, failures: int, rhythm: Rhythm = HOURLY) -> FeedState:
    return replace(
        WELL,
        failures=failures,
        failing_since=NOW - hours * HOUR,
        last_error="not found (404)",
        rhythm=rhythm,
    )


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (WELL, Condition.WELL),
        (replace(WELL, last_success_at=None), Condition.NEW),
        (failing(hours=0.5, failures=3), Condition.FAILING),
        (failing(hours=2, failures=2), Condition.FAILING),
        (failing(hours=2, failures=3), Condition.BROKEN),
        (failing(hours=20, failures=9, rhythm=Rhythm(gap_s=7 * 86_400)), Condition.FAILING),
        (failing(hours=25, failures=9, rhythm=Rhythm(gap_s=7 * 86_400)), Condition.BROKEN),
        (failing(hours=2, failures=9, rhythm=Rhythm()), Condition.BROKEN),
        (replace(WELL, last_new_at=NOW - 23 * HOUR), Condition.WELL),
        (replace(WELL, last_new_at=NOW - 24 * HOUR), Condition.SILENT),
        (replace(WELL, gone_at=NOW), Condition.GONE),
    ],
)
def test_how_a_feed_does_is_told_by_its_own_rhythm(feed: FeedState, expected: Condition) -> None:
    assert condition(feed, now=NOW) is expected


def test_silence_is_measured_against_the_longest_before() -> None:
    weekends_off = Rhythm(gap_s=1800, longest_s=63 * 3600, arrivals=50)
    assert silent_after_s(weekends_off) == 63 * 3600 * 1.5
    assert silent_after_s(replace(HOURLY, arrivals=4)) is None
    assert silent_after_s(Rhythm(arrivals=50)) is None


def test_one_notice_when_it_breaks_and_one_when_it_is_well() -> None:
    broken = failing(hours=2, failures=3)
    notice = due_notice(broken, now=NOW)
    assert notice == FeedNotice(kind=NoticeKind.BROKEN, reason="not found (404)")
    told = replace(broken, told="broken", told_at=NOW)
    assert due_notice(replace(told, failures=9), now=NOW + HOUR) is None
    well = replace(told, failures=0, failing_since=None, last_error=None)
    again = due_notice(well, now=NOW + HOUR)
    assert again is not None
    assert again.kind is NoticeKind.RECOVERED


def test_no_second_notice_before_there_was_news() -> None:
    broken = replace(failing(hours=2, failures=3), told_at=NOW - 3 * HOUR)
    assert due_notice(replace(broken, last_new_at=NOW - 4 * HOUR), now=NOW) is None
    assert due_notice(replace(broken, last_new_at=NOW - 2 * HOUR), now=NOW) is not None


def test_silence_is_told_with_its_measure() -> None:
    notice = due_notice(replace(WELL, last_new_at=NOW - 50 * HOUR), now=NOW)
    assert notice == FeedNotice(
        kind=NoticeKind.SILENT, reason="nothing new for 2 days; usual is 60 min"
    )
    told = replace(WELL, last_new_at=NOW - 50 * HOUR, told="silent", told_at=NOW)
    assert due_notice(told, now=NOW + HOUR) is None
    assert due_notice(replace(told, last_new_at=NOW + HOUR), now=NOW + HOUR) is not None


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "1 min"), (3000, "50 min"), (7200, "2 h"), (10**6, "12 days")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


ARTICLE = ParsedArticle(uid="1", url="", canonical_url="", title="t", summary="")
OUTCOMES = st.sampled_from(["fails", "gone", "nothing new", "news"])
STEPS = st.lists(st.tuples(OUTCOMES, st.integers(1, 400_000)), max_size=60)


@given(STEPS)
def test_never_more_downtime_notices_than_news(steps: list[tuple[str, int]]) -> None:
    """But for a feed that never worked, and the word that one is gone for good."""
    feed, now = FeedState(id=FeedId(1), url="https://harbour.example/feed"), NOW
    news = downtimes = 0
    before_any = 0  # told of a feed that never brought anything
    open_ = False
    for outcome, seconds in steps:
        now += timedelta(seconds=seconds)
        news += outcome == "news"
        failed = outcome in ("fails", "gone")
        poll = Poll(
            feed=feed,
            polled_at=now,
            next_poll_at=now + HOUR,
            parsed=None if failed else ParsedFeed(title="", articles=(ARTICLE,)),
            gone=outcome == "gone",
            error="it fails" if failed else None,
        )
        feed, notice = learn(poll, new=int(outcome == "news"))
        if notice is None:
            continue
        if notice.kind is NoticeKind.RECOVERED:
            assert open_
            open_ = False
        else:
            assert not open_ or notice.kind is NoticeKind.GONE
            open_ = True
            downtimes += notice.kind is not NoticeKind.GONE
            before_any += notice.kind is not NoticeKind.GONE and news == 0
    assert downtimes <= news + before_any
    assert before_any <= 1
