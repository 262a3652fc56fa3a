"""What may be asked of a platform, and when: counted from the clock it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.model.channel import PlatformName
from bot.model.ids import ChannelId, WorkspaceId
from bot.model.platform import Capabilities
from bot.pipeline.pace import Pace
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Recorder

SLACK = Capabilities(
    edit=True, threads=True, buttons=True, resend_s=0.0, channel_pause_s=1.0, posts_a_minute=4
)


def take(pace: Pace, channel: int, now: datetime, *, is_post: bool = True) -> datetime:
    return pace.take(
        PlatformName.SLACK,
        WorkspaceId("slack:T1"),
        ChannelId(channel),
        SLACK,
        is_post=is_post,
        now=now,
    )


def test_a_channel_gets_one_post_a_second_and_edits_do_not_count() -> None:
    pace = Pace()
    assert take(pace, 1, START) == START
    assert take(pace, 1, START) == START + timedelta(seconds=1)
    assert take(pace, 2, START) == START
    assert take(pace, 1, START, is_post=False) == START


def test_a_platform_that_wants_nothing_gets_nothing_from_anybody() -> None:
    pace = Pace()
    pace.refused_everywhere(PlatformName.SLACK, until=START + timedelta(seconds=30))
    assert take(pace, 1, START) == take(pace, 2, START) == START + timedelta(seconds=30)


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0, 20)), max_size=60))
def test_no_workspace_gets_more_in_a_minute_than_it_may(asks: list[tuple[int, float]]) -> None:
    pace, now = Pace(), START
    posted: list[datetime] = []
    for channel, seconds in asks:
        now += timedelta(seconds=seconds)
        if take(pace, channel, now) == now:
            posted.append(now)
    for at in posted:
        assert sum(at - timedelta(minutes=1) < one <= at for one in posted) <= 4


async def test_a_run_that_ends_does_not_keep_to_the_pace(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, recorder=Recorder(capabilities=SLACK))
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, *(article(f"Miami day {n}", at=START) for n in range(6)))
    assert len(await newsdesk.delivered()) == 6
