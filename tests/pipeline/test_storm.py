"""A platform that answers 429 to everything: nobody asks it before it wants to be asked again."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.errors import Retryable
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Payload, Posted
from bot.storage import claims
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Recorder

CHANNELS = 5
TEN_MINUTES = timedelta(minutes=10)
INVALID_A_CHANNEL = 11
"""However the jitter falls. Discord bans a bot for 10,000 refused requests in 10 minutes; this is a
ninth of that in a hundred channels: https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit"""


class Storm(Recorder):
    """Refuses everything until `over`, and notes who asked when."""

    def __init__(self, clock: Clock, *, retry_after: float, lasts: timedelta) -> None:
        super().__init__()
        self._clock, self._retry_after = clock, retry_after
        self._over = clock() + lasts
        self.asked: dict[str, list[datetime]] = defaultdict(list)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        self.asked[channel.external_id].append(self._clock())
        if self._clock() < self._over:
            raise Retryable(channel.external_id, "slow down", retry_after=self._retry_after)
        return await super().send(channel, payload, key=key, thread=thread)


async def next_wake(database: Database) -> datetime | None:
    async with database.read() as connection:
        return await claims.next_wake(
            connection, edit_interval=timedelta(0), platforms=[PlatformName.WEBHOOK]
        )


@pytest.mark.parametrize("retry_after", [1.0, 30.0, 400.0])
async def test_nobody_asks_before_retry_after(
    database: Database, clock: Clock, retry_after: float
) -> None:
    storm = Storm(clock, retry_after=retry_after, lasts=TEN_MINUTES)
    newsdesk = await Newsdesk.open(database, clock, recorder=storm)
    feed = await newsdesk.follow("https://a.example/feed")
    names = [f"desk {number}" for number in range(CHANNELS)]
    for name in names:
        await newsdesk.watch("harbour", channel=name)
    await newsdesk.listed(feed, article("Harbour floods", at=clock()))
    await newsdesk.delivered()
    while (wake := await next_wake(database)) is not None:
        clock.forward(seconds=(wake - clock()).total_seconds())
        await newsdesk.delivered()
    for name in names:
        asked = storm.asked[name]
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(asked)]
        assert min(gaps) >= retry_after
        assert 2 <= len(asked) <= INVALID_A_CHANNEL
    assert sorted(message.channel for message in storm.messages) == sorted(names)
