"""The unusual is told once, with its evidence, and to nobody who rests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.model.attention import parse_quiet
from bot.model.digest import Notice
from bot.model.ids import FeedId
from bot.model.text import flat
from bot.pipeline import bursts
from bot.pipeline.bursts import Bursts
from bot.storage import usual
from bot.storage.database import Database
from bot.storage.tables import channel, topic
from bot.storage.usual import Subject, Usual
from bot.stories.bursts import Profile
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Recorder

FEEDS = 6
HOUR = timedelta(hours=1)
QUIET_PROFILE = Profile(hours=500, level=0.2, variance=0.2, by_hour=(0.2,) * 24)
BUSY_PROFILE = Profile(hours=500, level=3.0, variance=3.0, by_hour=(3.0,) * 24)


class Room:
    """A desk with one topic, the tick, and a clock on the full hour."""

    def __init__(self, database: Database, clock: Clock, newsdesk: Newsdesk, feeds: list[FeedId]):
        self.database, self.clock, self.newsdesk, self.feeds = database, clock, newsdesk, feeds
        self.bursts = Bursts(database=database, now=clock)

    async def knows(self, profile: Profile) -> None:
        """The profile of the one topic, as it was learnt until now."""
        async with self.database.write() as connection:
            one = Usual(
                subject=Subject.TOPIC,
                id=1,
                workspace=None,
                through=self.clock().replace(minute=0, second=0, microsecond=0),
                profile=profile,
                fresh=True,
            )
            await usual.put_usual(connection, [one])

    async def stored(self, subject: Subject = Subject.TOPIC, id_: int = 1) -> Usual:
        async with self.database.read() as connection:
            return (await usual.get_usual(connection, subject, [id_]))[id_]

    async def reported(self, outlets: Sequence[int], *, text: str = "") -> None:
        """These outlets report on Miami, each in its own words unless `text` is given."""
        for number in outlets:
            told = article(
                f"Miami {number} {self.clock():%H%M}",
                url=f"https://o{number}.example/{self.clock():%d%H%M}",
                summary=text,
                at=self.clock(),
            )
            await self.newsdesk.desk.ingest([await self.newsdesk.poll(self.feeds[number], [told])])

    async def notices(self) -> list[Notice]:
        await self.newsdesk.delivered()
        said = [message.said for message in self.newsdesk.recorder.messages]
        return [one for one in said if isinstance(one, Notice)]


@pytest.fixture
async def room(database: Database, clock: Clock) -> Room:
    newsdesk = await Newsdesk.open(database, clock, recorder=Recorder())
    await newsdesk.watch("Miami", name="Miami talks")
    feeds = [await newsdesk.follow(f"https://o{n}.example/feed") for n in range(FEEDS)]
    return Room(database, clock, newsdesk, feeds)


async def test_many_outlets_within_an_hour_are_told_once(room: Room) -> None:
    await room.knows(QUIET_PROFILE)
    room.clock.forward(minutes=20)
    await room.reported(range(5))
    assert await room.bursts.tick() == 1
    (notice,) = await room.notices()
    assert notice.title == "Unusually much is reported on “Miami talks”"
    lines = [flat(line) for line in notice.lines]
    assert lines[0].startswith("5 independent outlets")
    assert "0.2 are usual" in lines[0]
    assert sum("Miami" in line for line in lines[1:]) == 3
    room.clock.forward(minutes=10)
    await room.reported([5])
    assert await room.bursts.tick() == 0
    assert len(await room.notices()) == 1


async def test_one_dispatch_in_many_papers_is_one(room: Room) -> None:
    await room.knows(QUIET_PROFILE)
    await room.reported(range(5), text="The envoys met on Sunday and will meet again soon. " * 4)
    assert await room.bursts.tick() == 0


async def test_nothing_is_told_before_it_is_known_what_is_usual(room: Room) -> None:
    await room.knows(replace(QUIET_PROFILE, hours=100))
    await room.reported(range(6))
    assert await room.bursts.tick() == 0


@pytest.mark.parametrize("where", ["channel muted", "channel snoozed", "topic muted", "quiet"])
async def test_who_rests_is_left_alone(room: Room, where: str) -> None:
    await room.knows(QUIET_PROFILE)
    later = room.clock() + timedelta(hours=5)
    if where == "quiet":
        start = room.clock()
        wish = f"{start:%H:%M}-{later:%H:%M}"
        start_at, end_at = parse_quiet(wish)
        await room.newsdesk.wishes(quiet_from=start_at, quiet_to=end_at)
    else:
        table = topic if where.startswith("topic") else channel
        column = "snoozed_until" if where.endswith("snoozed") else "muted_until"
        await room.newsdesk.change(table, **{column: later})
    await room.reported(range(5))
    assert await room.bursts.tick() == 0


async def test_full_hours_are_learnt_once(room: Room) -> None:
    await room.bursts.tick()
    assert (await room.stored()).profile.hours == 0
    room.clock.forward(minutes=5)
    await room.reported([0, 1])
    room.clock.forward(minutes=60)
    await room.bursts.tick()
    await room.bursts.tick()
    learnt = (await room.stored()).profile
    assert learnt.hours == 1
    assert learnt.level == 2


async def test_a_topic_that_falls_silent_is_told_of(room: Room) -> None:
    await room.reported([0])
    await room.knows(BUSY_PROFILE)
    told = []
    for _ in range(6):
        room.clock.forward(minutes=60)
        told.append(await room.bursts.tick())
    assert sum(told) == 1
    (notice,) = await room.notices()
    assert notice.title == "“Miami talks” is unusually silent"
    assert "are usual" in flat(notice.lines[0])


async def test_a_time_without_the_program_is_no_silence(room: Room) -> None:
    await room.reported([0])
    await room.knows(BUSY_PROFILE)
    room.clock.forward(minutes=60 * 30)
    assert await room.bursts.tick() == 0
    stored = await room.stored()
    assert stored.profile.hours == BUSY_PROFILE.hours
    assert stored.through == _hour(room.clock())


async def test_others_have_their_turn_between_two_topics(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of matches in an hour kept the loop for seconds, and with it every channel."""
    for name in ("one", "two", "three"):
        await room.newsdesk.watch("Miami", name=name)
    turns, seen, judge = 0, [], bursts._burst_of

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def judged(*given: Any) -> Any:
        seen.append(turns)
        return judge(*given)

    monkeypatch.setattr(bursts, "_burst_of", judged)
    other = asyncio.create_task(another())
    await room.bursts.tick()
    other.cancel()
    assert len(seen) == 4
    assert all(before < after for before, after in pairwise(seen))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
