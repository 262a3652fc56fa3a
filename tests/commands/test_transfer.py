"""feed import and export in a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.commands.caller import Caller, Destination
from bot.commands.feeds import FeedCommands
from bot.commands.transfer import TransferCommands
from bot.errors import CommandError
from bot.feeds.fetch import Fetcher
from bot.feeds.opml import parse_opml
from bot.feeds.workers import ParseWorkers
from bot.model.channel import PlatformName
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import workspace
from tests.servers.feeds import Page, feed_server

HERE = Destination(platform=PlatformName.DISCORD, external_id="70", name="#news")
OURS = Caller(workspace=workspace("1"), here=HERE, user="5")
THEIRS = Caller(workspace=workspace("2"), here=HERE, user="6")
OPML = b"""<opml version='2.0'><body><outline text='A' xmlUrl='https://a.example/feed'/>
<outline text='B' xmlUrl='https://b.example/feed'/><outline text='C' xmlUrl='ftp://c.example'/>
</body></opml>"""


@pytest.fixture
async def transfer(database: Database, clock: Clock) -> AsyncIterator[TransferCommands]:
    async with (
        Fetcher(allow_private=True, user_agent="Wirewatch/test", timeout_s=5) as fetcher,
        ParseWorkers() as workers,
    ):
        feeds = FeedCommands(
            database=database,
            fetcher=fetcher,
            workers=workers,
            now=clock,
            interval_s=600,
            allow_private=True,
        )
        yield TransferCommands(database=database, now=clock, feeds=feeds)


async def test_a_file_in_and_a_file_out(transfer: TransferCommands) -> None:
    with pytest.raises(CommandError, match="No feed is followed yet"):
        await transfer.export(OURS)
    told = await transfer.import_file(OURS, OPML)
    assert told.title == "Following 2 more feeds"
    given = (await transfer.export(OURS)).file
    assert given is not None
    assert given.name == "feeds.opml"
    assert {one.url for one in parse_opml(given.content)} == {
        "https://a.example/feed",
        "https://b.example/feed",
    }
    with pytest.raises(CommandError, match="No feed is followed yet"):
        await transfer.export(THEIRS)


async def test_a_document_at_an_address(transfer: TransferCommands) -> None:
    async with feed_server() as server:
        server.put("/f.opml", Page(body=OPML, content_type="text/x-opml"))
        told = await transfer.import_url(OURS, server.url("/f.opml"))
        assert told.title == "Following 2 more feeds"
        with pytest.raises(CommandError, match="could not be read"):
            await transfer.import_url(OURS, server.url("/gone.opml"))
