"""What is kept of a workspace that was left is deleted a week later, if its platform agrees."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from bot.commands.departures import Departures
from bot.errors import DeliveryError, FailureClass, Permanent, Retryable
from bot.model.channel import PlatformName
from bot.model.platform import Probe
from bot.pipeline.departed import Departed
from bot.storage.database import Database
from bot.storage.departed import left_before
from bot.storage.tables import workspace as workspace_table
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article, workspace
from tests.recorder import Recorder

HARBOUR = workspace("8100")
LOST = Permanent("10", "it is not there", failure=FailureClass.GONE)
HIDDEN = Permanent("10", "we may not look", failure=FailureClass.PERMISSION)
REFUSED = Permanent("10", "the token is refused", failure=FailureClass.CREDENTIAL)
DOWN = Retryable("10", "Discord is not reached")


@dataclass(slots=True)
class Guilds(Recorder):
    """Says of each channel what it was told to say."""

    name: PlatformName = PlatformName.DISCORD
    says: dict[str, DeliveryError | str] = field(default_factory=dict)

    async def probe(self, external_id: str) -> Probe:
        said = self.says.get(external_id, LOST)
        if isinstance(said, DeliveryError):
            raise said
        return Probe(name=external_id, workspace=said)


@dataclass(slots=True)
class Left:
    """A workspace with two channels that was left."""

    newsdesk: Newsdesk
    guilds: Guilds
    departed: Departed

    async def kept(self, **later: float) -> bool:
        """Whether there is something of it, so much later."""
        self.newsdesk.clock.forward(**later)
        await self.departed.tick()
        async with self.newsdesk.database.read() as connection:
            rows = await connection.execute(select(workspace_table.c.id))
            return HARBOUR.id in rows.scalars()


@pytest.fixture
async def left(database: Database, clock: Clock) -> Left:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", by=HARBOUR)
    for channel in ("10", "11"):
        await newsdesk.watch("Miami", by=HARBOUR, channel=channel)
    await newsdesk.watch("Miami")
    await newsdesk.listed(feed, article("Talks in Miami", at=clock()))
    await newsdesk.delivered()
    departures = Departures(database=database, now=clock)
    await departures.record(
        PlatformName.DISCORD, workspace=HARBOUR.external_id, channel="", reason="kicked"
    )
    guilds = Guilds()
    platforms = {PlatformName.DISCORD: guilds}
    return Left(newsdesk, guilds, Departed(database=database, platforms=platforms, now=clock))


async def test_it_is_kept_for_a_week(left: Left) -> None:
    assert await left.kept(days=6, hours=23)
    assert not await left.kept(hours=1)


@pytest.mark.parametrize("said", [DOWN, REFUSED])
async def test_it_is_kept_while_nobody_knows(left: Left, said: DeliveryError) -> None:
    left.guilds.says["11"] = said
    assert await left.kept(days=30)
    left.guilds.says["11"] = HIDDEN
    assert not await left.kept(hours=1)


async def test_it_is_kept_while_its_platform_is_not_connected(
    left: Left, database: Database, clock: Clock
) -> None:
    left.departed = Departed(database=database, platforms={}, now=clock)
    assert await left.kept(days=30)


async def test_who_returned_while_no_bot_ran_has_not_left(left: Left, database: Database) -> None:
    left.guilds.says["11"] = HARBOUR.external_id
    assert await left.kept(days=30)
    left.guilds.says.clear()
    assert await left.kept(days=30), "it was not left again"
    async with database.read() as connection:
        assert await left_before(connection, left.newsdesk.clock()) == ()


async def test_who_returns_at_the_last_moment_is_kept(left: Left) -> None:
    probe = left.guilds.probe

    class Returning(Guilds):
        async def probe(self, external_id: str) -> Probe:
            await left.newsdesk.follow("https://a.example/feed", by=HARBOUR)
            return await probe(external_id)

    left.departed = Departed(
        database=left.newsdesk.database,
        platforms={PlatformName.DISCORD: Returning()},
        now=left.newsdesk.clock,
    )
    assert await left.kept(days=8)
