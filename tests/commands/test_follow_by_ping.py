"""Following by a ping: at what the channel is told anyway, and seen by nobody as a topic."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.commands.alerts import AlertCommands
from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination
from bot.commands.follows import FollowCommands
from bot.commands.topics import TopicCommands
from bot.commands.why import WhyCommands
from bot.errors import CommandError
from bot.model.alert import Alert
from bot.model.channel import PlatformName, Workspace
from bot.model.delivery import DeliveryKind
from bot.model.ids import FeedId, WorkspaceId
from bot.model.text import flat
from bot.pipeline.deliver import Deliverer
from bot.pipeline.holds import Holds
from bot.pipeline.running import Running
from bot.storage import deliveries
from bot.storage.database import Database
from bot.storage.tables import delivery
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article

GUILD = Workspace(id=WorkspaceId("discord:7"), platform=PlatformName.DISCORD, external_id="7")
HERE = Destination(platform=PlatformName.DISCORD, external_id="70", name="#news")
ED = Caller(workspace=GUILD, here=HERE, user="500")
ANN = replace(ED, user="501")
BOB = replace(ED, user="502")


class Desk:
    """#news watches Miami; four outlets are read."""

    def __init__(self, newsdesk: Newsdesk, feeds: list[FeedId]) -> None:
        self.newsdesk, self.feeds, database = newsdesk, feeds, newsdesk.database
        self.follows = FollowCommands(database=database, now=newsdesk.clock)
        self.topics = TopicCommands(database=database, now=newsdesk.clock)
        self._running = Running(database=database, now=newsdesk.clock)
        self.holds = Holds(database=database, now=newsdesk.clock)
        self._deliverer = Deliverer(
            database=database,
            platforms={PlatformName.DISCORD: newsdesk.recorder},
            now=newsdesk.clock,
            edit_interval=timedelta(0),
        )

    async def reported(self, title: str, outlet: int = 0, summary: str = "") -> None:
        one = article(title, summary=summary, at=self.newsdesk.clock())
        await self.newsdesk.listed(self.feeds[outlet], one)
        await self.delivered()

    async def delivered(self) -> None:
        await self._running.catch_up()
        await self.holds.release()
        await self._deliverer.drain(patience=timedelta(0))

    def cards(self) -> list[Alert]:
        return [one.alert for one in self.newsdesk.recorder.messages if one.thread is None]

    async def pinged(self) -> list[tuple[str, bool]]:
        """Who was pinged by what was posted, and whether by a reply."""
        async with self.newsdesk.database.read() as connection:
            rows = await connection.execute(
                select(delivery).where(delivery.c.posted_at.is_not(None)).order_by(delivery.c.id)
            )
            return [
                (mention.removeprefix("user:"), row.kind == DeliveryKind.REPLY)
                for row in rows
                for mention in (row.body or {}).get("mentions", ())
            ]


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Desk:
    newsdesk = await Newsdesk.open(database, clock)
    feeds = [
        await newsdesk.follow(f"https://o{n}.example/feed", name=f"Outlet {n}", by=GUILD)
        for n in range(3)
    ]
    desk = Desk(newsdesk, feeds)
    await desk.topics.watch(ED, "Miami")
    return desk


async def test_the_card_that_is_told_anyway_pings(desk: Desk) -> None:
    told = await desk.follows.follow(ANN, "Witkoff", here=True)
    assert "I ping you at what #news is told of it" in "\n".join(map(flat, told.lines))
    await desk.reported("Witkoff arrives in Miami")
    await desk.reported("Miami votes")
    first, second = desk.cards()
    assert await desk.pinged() == [("501", False)]
    assert (first.topics, second.topics) == (("Miami",), ("Miami",)), "hers is not named"


async def test_what_nobody_watches_there_is_not_posted_for_her(desk: Desk) -> None:
    await desk.follows.follow(ANN, "Witkoff", here=True)
    await desk.reported("Witkoff speaks in Geneva")
    assert desk.cards() == []
    await desk.reported("Witkoff speaks in Geneva", outlet=1, summary="He flies to Miami next.")
    assert len(desk.cards()) == 1
    assert await desk.pinged() == [("501", False)], "it waited until the channel was told"


async def test_a_card_that_stands_pings_once_in_its_thread(desk: Desk) -> None:
    await desk.reported("Talks in Miami")
    await desk.follows.follow(ANN, "Umerov", here=True)
    await desk.follows.follow(BOB, "Umerov", here=True)
    for outlet in (1, 2):
        await desk.reported("Talks in Miami", outlet=outlet, summary="Umerov joins them.")
    assert len(desk.cards()) == 1
    assert sorted(await desk.pinged()) == [("501", True), ("502", True)]


async def test_what_ran_before_pings_nobody(desk: Desk) -> None:
    await desk.reported("Witkoff arrives in Miami")
    await desk.follows.follow(ANN, "Witkoff", here=True)
    await desk.delivered()
    assert await desk.pinged() == []
    assert len(desk.newsdesk.recorder.messages) == 1, "and there is no digest of it"


async def test_after_quiet_hours_the_card_pings(desk: Desk, clock: Clock) -> None:
    quiet = f"{clock():%H:%M}-{clock() + timedelta(hours=1):%H:%M}"
    settings = AttentionCommands(database=desk.newsdesk.database, now=clock)
    await settings.change(ED, Wishes(quiet=quiet))
    await desk.follows.follow(ANN, "Witkoff", here=True)
    await desk.reported("Witkoff arrives in Miami")
    assert desk.cards() == []
    clock.forward(hours=1)
    await desk.delivered()
    assert await desk.pinged() == [("501", False)]


async def test_nobody_else_is_shown_it(desk: Desk, database: Database, clock: Clock) -> None:
    await desk.follows.follow(ANN, "Witkoff -golf", here=True)
    await desk.reported("Witkoff arrives in Miami")
    async with database.read() as connection:
        key = (await connection.execute(delivery.select())).one().key
        assert await deliveries.find_by_key(connection, key) is not None
    why = await AlertCommands(database=database, now=clock).why(BOB, key)
    assert "golf" not in "\n".join(map(flat, why.lines))
    url = desk.cards()[0].url
    asks = WhyCommands(database=database, now=clock)
    assert "golf" not in "\n".join(map(flat, (await asks.why(BOB, url)).lines))
    assert "golf" in "\n".join(map(flat, (await asks.why(ANN, url)).lines))
    assert "golf" not in "\n".join(map(flat, (await desk.topics.list_all(BOB)).lines))
    [line] = (await desk.follows.list_all(ANN)).lines
    assert flat(line).endswith("pings you in #news")


async def test_it_ends(desk: Desk) -> None:
    await desk.follows.follow(ANN, "Witkoff", here=True)
    await desk.follows.unfollow(ANN, "Witkoff")
    await desk.reported("Witkoff arrives in Miami")
    assert await desk.pinged() == []


async def test_where_nothing_is_watched_it_is_refused(desk: Desk) -> None:
    elsewhere = replace(ANN, here=replace(HERE, external_id="71", name="#lunch"))
    with pytest.raises(CommandError, match="Nothing is watched in #lunch"):
        await desk.follows.follow(elsewhere, "Witkoff", here=True)
    assert "nothing here yet" in (await desk.follows.list_all(ANN)).title
