"""Clocks that jump, and the two Sundays when local time does: each digest comes once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.model.attention import Rhythm
from bot.model.digest import Digest
from bot.model.ids import FeedId
from bot.storage.database import Database
from bot.storage.tables import delivery, digest
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk, article

HALF_AN_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)
SUNDAYS = (
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
)
"""Zones with the instants of 2026 at which their clocks jump; on Lord Howe by half an hour."""
RHYTHMS: dict[str, dict[str, Any]] = {
    "hourly": {"rhythm": Rhythm.HOURLY},
    "at 2:15": {"rhythm": Rhythm.DAILY, "at": time(2, 15)},
    "at 1:45": {"rhythm": Rhythm.DAILY, "at": time(1, 45)},
    "sundays": {"rhythm": Rhythm.WEEKLY, "weekday": 6, "at": time(2, 30)},
}


@dataclass
class Days:
    """A channel for each rhythm, and a story at each step of the virtual clock."""

    newsdesk: Newsdesk
    clock: Clock
    feed: FeedId
    zone: ZoneInfo
    told: list[str] = field(default_factory=list)
    hours: int = 0
    """How often local clocks showed a full hour."""

    @classmethod
    async def begin(cls, database: Database, clock: Clock, *, timezone: str) -> Days:
        newsdesk = await Newsdesk.open(database, clock)
        feed = await newsdesk.follow("https://a.example/feed")
        for channel, wished in RHYTHMS.items():
            await newsdesk.watch("harbour", channel=channel)
            await newsdesk.wishes(channel, timezone=timezone, **wished)
        return cls(newsdesk, clock, feed, ZoneInfo(timezone))

    async def last(self, duration: timedelta, *, step: timedelta) -> None:
        for _ in range(duration // step):
            now = self.clock.forward(seconds=step.total_seconds())
            self.hours += now.astimezone(self.zone).minute == 0
            await self.end_holds()
            number = len(self.told)
            self.told.append(f"Harbour {number} hears of {number * 7919} and {number * 104729}")
            await self.newsdesk.listed(self.feed, article(self.told[-1], at=now))

    async def end_holds(self) -> None:
        await self.newsdesk.holds.release()
        await self.newsdesk.delivered()

    def digests(self, channel: str) -> list[Digest]:
        return [
            message.said
            for message in self.newsdesk.recorder.messages
            if message.channel == channel and isinstance(message.said, Digest)
        ]

    def lines(self, channel: str) -> Counter[str]:
        """How often each story has a line; those that are only counted are under ""."""
        found: Counter[str] = Counter()
        for one in self.digests(channel):
            found.update(line.headline for group in one.groups for line in group.lines)
            found[""] += one.left_out
        return found


@pytest.mark.parametrize(("timezone", "jump"), SUNDAYS)
async def test_each_digest_comes_once_on_the_sunday_of_a_jump(
    database: Database, timezone: str, jump: datetime
) -> None:
    clock = Clock(jump - 3 * HOUR)
    days = await Days.begin(database, clock, timezone=timezone)
    await days.last(6 * HOUR, step=HALF_AN_HOUR)
    digests = {channel: days.digests(channel) for channel in RHYTHMS}
    assert len(digests["hourly"]) == days.hours
    assert [len(digests[channel]) for channel in RHYTHMS if channel != "hourly"] == [1, 1, 1]
    titles = [one.title for one in digests["at 2:15"] + digests["at 1:45"]]
    local = jump.astimezone(ZoneInfo(timezone))
    assert all(f"Sun {local.day} " in title for title in titles), titles
    for channel in RHYTHMS:
        assert set(days.lines(channel).values()) <= {0, 1}, "a story twice"
    assert await violations(database, drained=True, now=clock()) == []


async def test_a_clock_that_jumps_a_day_forward_and_back_repeats_no_digest(
    database: Database,
) -> None:
    zone = "Europe/Berlin"
    clock = Clock(datetime(2026, 6, 3, 20, tzinfo=UTC))
    days = await Days.begin(database, clock, timezone=zone)
    await days.last(5 * HOUR, step=HOUR)
    clock.forward(days=1)
    await days.last(3 * HOUR, step=HOUR)
    clock.forward(days=-1)
    await days.last(28 * HOUR, step=HOUR)
    clock.forward(days=8)
    for _ in range(6):
        clock.forward(hours=1)
        await days.end_holds()
    for channel in RHYTHMS:
        lines = days.lines(channel)
        missing = [title for title in days.told if not lines[title]]
        assert len(missing) == lines[""], channel
        assert all(count == 1 for title, count in lines.items() if title), channel
    async with database.read() as connection:
        keys = (await connection.execute(select(delivery.c.key))).scalars().all()
        named = (await connection.execute(select(digest.c.kind, digest.c.until))).all()
    assert len(keys) == len(set(keys))
    daily = Counter(until.astimezone(ZoneInfo(zone)) for kind, until in named if kind == "daily")
    assert max(daily.values()) == 1, "one day's digest twice"
