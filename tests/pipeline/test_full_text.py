"""A card stands first and is improved by its article's own page, where somebody asked for that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.model.ids import FeedId
from bot.pipeline.full_text import FullText
from bot.storage.database import Database
from bot.storage.tables import follow, page_text
from tests.clock import Clock
from tests.feeds.test_page_text import STORY, page
from tests.newsdesk import Newsdesk, article, workspace
from tests.servers.feeds import FeedServer, Page, feed_server


@dataclass
class Desk:
    newsdesk: Newsdesk
    server: FeedServer
    full_text: FullText
    feed: FeedId

    async def told(self, address: str, *, summary: str = "") -> str:
        """An article with this page; what its card says once the tick has passed."""
        one = article("Harbour opens", url=address, summary=summary, at=self.newsdesk.clock())
        await self.newsdesk.listed(self.feed, one)
        await self.newsdesk.delivered()
        await self.tick()
        return self.card()

    async def tick(self) -> int:
        read = await self.full_text.tick()
        self.newsdesk.clock.forward(minutes=2)
        await self.newsdesk.delivered()
        return read

    def card(self) -> str:
        message = self.newsdesk.recorder.messages[-1]
        return "".join(span.text for span in message.alert.summary)


@pytest.fixture
async def desk(database: Database, clock: Clock) -> AsyncIterator[Desk]:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("harbour")
    async with (
        feed_server() as server,
        Fetcher(allow_private=True, user_agent="Wirewatch/test", timeout_s=5) as fetcher,
        ParseWorkers() as workers,
    ):
        full_text = FullText(database=database, fetcher=fetcher, workers=workers, now=clock)
        await newsdesk.change(follow, full_text=True)
        yield Desk(newsdesk, server, full_text, feed)


async def reasons(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(select(page_text.c.reason))).scalars())


async def test_the_card_stands_first_and_then_says_more(desk: Desk) -> None:
    address = desk.server.put("/1", Page(body=page(STORY * 30), content_type="text/html"))
    said = await desk.told(address, summary="Ships come in.")
    assert said.startswith(STORY[0])
    assert len(said) <= 400, "a summary, not the text"
    (message,) = desk.newsdesk.recorder.messages
    assert len(message.texts) == 2, "posted once, edited once"
    assert len(desk.server.asked("/1")) == 1
    assert await desk.tick() == 0
    assert len(desk.server.asked("/1")) == 1, "a page is asked for once"


async def test_a_feed_that_says_enough_is_enough(desk: Desk) -> None:
    address = desk.server.put("/1", Page(body=page(STORY), content_type="text/html"))
    enough = "The port of Meridian is open again, and ships with grain have come in. " * 4
    assert (await desk.told(address, summary=enough)).startswith("The port of Meridian")
    assert len(desk.server.asked("/1")) == 0


async def test_nobody_asked_so_no_page_is_read(desk: Desk) -> None:
    await desk.newsdesk.change(follow, full_text=False)
    address = desk.server.put("/1", Page(body=page(STORY), content_type="text/html"))
    assert await desk.told(address, summary="Ships come in.") == "Ships come in."
    assert len(desk.server.asked("/1")) == 0


async def test_a_stub_or_a_missing_page_leaves_the_feed_s_own_words(desk: Desk) -> None:
    stub = desk.server.put("/1", Page(body=page(("Log in.",)), content_type="text/html"))
    assert await desk.told(stub, summary="Ships come in.") == "Ships come in."
    gone = desk.server.put("/2", Page(status=404))
    shut = article("A harbour is shut", url=gone, summary="Ice is everywhere today.")
    await desk.newsdesk.listed(desk.feed, shut)
    await desk.newsdesk.delivered()
    assert await desk.tick() == 0
    assert desk.card() == "Ice is everywhere today."
    first, second = await reasons(desk.newsdesk.database)
    assert "no article" in first
    assert "404" in second
    assert await desk.tick() == 0
    assert (len(desk.server.asked("/1")), len(desk.server.asked("/2"))) == (1, 1), (
        "not asked for ever"
    )


async def test_a_private_address_is_not_dialled(desk: Desk, database: Database) -> None:
    async with (
        Fetcher(allow_private=False, user_agent="Wirewatch/test") as fetcher,
        ParseWorkers() as workers,
    ):
        desk.full_text = FullText(
            database=database, fetcher=fetcher, workers=workers, now=desk.newsdesk.clock
        )
        address = desk.server.put("/1", Page(body=page(STORY), content_type="text/html"))
        assert await desk.told(address, summary="Ships come in.") == "Ships come in."
    assert len(desk.server.asked("/1")) == 0
    assert "private" in (await reasons(database))[0]


async def test_another_workspace_that_did_not_ask_does_not_see_it(
    desk: Desk, database: Database
) -> None:
    other = workspace("other")
    await desk.newsdesk.follow("https://a.example/feed", by=other)
    await desk.newsdesk.watch("harbour", channel="elsewhere", by=other)
    async with database.write() as connection:
        theirs = follow.c.workspace_id == other.id
        await connection.execute(update(follow).where(theirs).values(full_text=False))
    address = desk.server.put("/1", Page(body=page(STORY), content_type="text/html"))
    await desk.told(address, summary="Ships come in.")
    said = {
        message.channel: "".join(span.text for span in message.alert.summary)
        for message in desk.newsdesk.recorder.messages
    }
    assert said["elsewhere"] == "Ships come in."
    assert said["desk"].startswith(STORY[0])
