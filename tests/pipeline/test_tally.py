"""What is counted of the whole way, from a poll to the chats' answers, and how it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Ambiguous, Retryable
from bot.model.attention import Rhythm
from bot.pipeline.tally import Spread, Tally
from bot.storage import feeds
from bot.storage.database import Database
from bot.web.metrics import exposition, of_queues, of_tally
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault


async def test_each_match_is_counted_to_its_end(database: Database, clock: Clock) -> None:
    desk = await Newsdesk.open(database, clock)
    tally = desk.desk.tally = desk.deliverer.tally = Tally()
    feed = await desk.follow("https://a.example/feed")
    await desk.watch("harbour")
    await desk.watch("harbour", channel="digests", name="the same")
    await desk.wishes("digests", rhythm=Rhythm.HOURLY)
    desk.recorder.faults += [
        Fault(Retryable("desk", "slow down", retry_after=1, too_many=True)),
        Fault(Ambiguous("desk", "the answer was lost")),
    ]
    await desk.listed(feed, article("The harbour is open", at=clock()))
    await desk.listed(feed, article("Nothing that anybody watches", at=clock()))
    for _ in range(3):
        await desk.delivered()
        clock.forward(seconds=40)
    lines = exposition(of_tally(tally)).splitlines()
    assert "wirewatch_matches_total 2" in lines
    assert {line for line in lines if line.startswith("wirewatch_decisions_total{")} == {
        'wirewatch_decisions_total{outcome="fire",why="matched"} 1',
        'wirewatch_decisions_total{outcome="hold",why="rhythm"} 1',
    }
    assert {line for line in lines if line.startswith("wirewatch_sends")} == {
        'wirewatch_sends_total{platform="webhook",outcome="in doubt"} 1',
        'wirewatch_sends_total{platform="webhook",outcome="posted"} 1',
        'wirewatch_sends_total{platform="webhook",outcome="put off"} 1',
        'wirewatch_sends_429_total{platform="webhook"} 1',
    }
    assert 'wirewatch_delivery_seconds_bucket{kind="card",le="60"} 0' in lines
    assert 'wirewatch_delivery_seconds_bucket{kind="card",le="300"} 1' in lines
    assert 'wirewatch_delivery_seconds_sum{kind="card"} 80' in lines


async def test_what_is_rolled_back_is_not_counted(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await Newsdesk.open(database, clock)
    tally = desk.desk.tally = Tally()
    feed = await desk.follow("https://a.example/feed")
    await desk.watch("harbour")
    poll = await desk.poll(feed, [article("The harbour is open", at=clock())])
    with monkeypatch.context() as broken:
        broken.setattr(feeds, "record_polls", _full_disk)
        with pytest.raises(OSError, match="no room"):
            await desk.desk.ingest([poll])
    assert (tally.matches, tally.decisions) == (0, {})
    await desk.desk.ingest([poll])
    assert (tally.matches, tally.decisions.total()) == (1, 1)


async def _full_disk(*_: object) -> None:
    raise OSError("no room")


def test_a_spread_is_cumulative() -> None:
    spread = Spread(bounds=(1.0, 60.0))
    for seconds in (0.2, 1.0, 30.0, 7200.0, -5.0):
        spread.add(seconds)
    tally = Tally(late=spread)
    lines = [line for line in exposition(of_tally(tally)).splitlines() if "poll_delay" in line]
    assert lines[1:] == [
        "# TYPE wirewatch_poll_delay_seconds histogram",
        'wirewatch_poll_delay_seconds_bucket{le="1"} 3',
        'wirewatch_poll_delay_seconds_bucket{le="60"} 4',
        'wirewatch_poll_delay_seconds_bucket{le="+Inf"} 5',
        "wirewatch_poll_delay_seconds_sum 7231.2",
        "wirewatch_poll_delay_seconds_count 5",
    ]


def test_a_late_poll_and_the_queues() -> None:
    tally = Tally()
    tally.begun(timedelta(minutes=2).total_seconds())
    assert (tally.polls, tally.late.counts[4]) == (1, 1)
    page = exposition(of_queues({"desk": 3, "lanes": 0}))
    assert 'wirewatch_queue_depth{queue="desk"} 3\n' in page
