from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.feeds.pace import PAUSE_CAP, Pace

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOST = "harbour.example"


def test_a_host_gets_so_many_at_once() -> None:
    pace = Pace(per_host=2)
    pace.begin(HOST, now=NOW)
    assert pace.room(HOST, now=NOW) == 1
    pace.begin(HOST, now=NOW)
    assert pace.closed(now=NOW) == {HOST}
    assert pace.is_any_full()
    pace.end(HOST)
    pace.end(HOST)
    assert pace.room(HOST, now=NOW) == 2
    assert pace.closed(now=NOW) == frozenset()


def test_reddit_gets_one_a_minute() -> None:
    pace = Pace(per_host=4)
    assert pace.room("www.reddit.com", now=NOW) == 1
    pace.begin("www.reddit.com", now=NOW)
    pace.end("www.reddit.com")
    assert pace.closed(now=NOW + timedelta(seconds=59)) == {"www.reddit.com"}
    assert pace.room("www.reddit.com", now=NOW + timedelta(seconds=60)) == 1
    assert pace.room("notreddit.com", now=NOW) == 4


def test_a_host_that_asks_for_a_pause_gets_it_within_reason() -> None:
    pace = Pace(per_host=4)
    pace.pause(HOST, seconds=90, now=NOW)
    pace.pause(HOST, seconds=30, now=NOW)
    assert pace.closed(now=NOW + timedelta(seconds=89)) == {HOST}
    assert pace.closed(now=NOW + timedelta(seconds=90)) == frozenset()
    pace.pause(HOST, seconds=10**9, now=NOW)
    assert pace.room(HOST, now=NOW + PAUSE_CAP) == 4
    pace.clock_set_back()
    assert pace.room(HOST, now=NOW) == 4
