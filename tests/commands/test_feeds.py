"""What people can do with feeds, on a real database and a loopback publisher."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.commands.caller import Caller, Destination, Reply
from bot.commands.feeds import FeedCommands
from bot.errors import CommandError
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.model.channel import PlatformName
from bot.model.text import RichText
from bot.storage import feed_notices
from bot.storage.database import Database
from bot.storage.tables import feed, feed_notice, follow
from tests.clock import Clock
from tests.feeds import documents
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace
from tests.servers.feeds import FeedServer, Page, feed_server

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
FEED = documents.RSS_20
OTHER = FEED.replace(b"harbour.example", b"other.example").replace(b"The Harbour", b"The Other")
COMMENTS = OTHER.replace(b"other.example", b"talk.example").replace(b"The Other", b"Comments on")


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


@pytest.fixture
async def commands(database: Database, clock: Clock) -> AsyncIterator[FeedCommands]:
    async with (
        Fetcher(allow_private=True, user_agent="Wirewatch/test", timeout_s=5) as fetcher,
        ParseWorkers() as workers,
    ):
        yield FeedCommands(
            database=database,
            fetcher=fetcher,
            workers=workers,
            now=clock,
            interval_s=600,
            allow_private=True,
        )


def words(line: RichText) -> str:
    return "".join(span.text for span in line)


def text(reply: Reply) -> str:
    return "\n".join([reply.title, *map(words, reply.lines)])


def page(*links: str) -> Page:
    tags = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links
    )
    return Page(body=f"<html><head>{tags}</head></html>".encode(), content_type="text/html")


async def urls(database: Database) -> list[str]:
    async with database.read() as connection:
        return [row.url for row in await connection.execute(select(feed.c.url))]


async def test_a_page_is_as_good_as_the_feed_that_it_links_to(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    server.put("/feed", Page(body=FEED))
    reply = await commands.add(CALLER, server.put("/", page("/feed", "/broken")))
    assert reply.title == "Following “The Harbour Post”"
    assert await urls(database) == [server.url("/feed")]


async def test_the_same_content_twice_and_its_comments_leave_one_feed(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    server.put("/comments/feed", Page(body=COMMENTS))
    server.put("/rss", Page(body=FEED))
    server.put("/atom", Page(body=documents.ATOM_10))
    await commands.add(CALLER, server.put("/", page("/comments/feed", "/rss", "/atom")))
    assert await urls(database) == [server.url("/rss")]


async def test_of_several_feeds_the_person_chooses(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    server.put("/a", Page(body=FEED))
    server.put("/b", Page(body=OTHER))
    with pytest.raises(CommandError, match="offers 2 feeds") as refused:
        await commands.add(CALLER, server.put("/", page("/a", "/b")))
    assert server.url("/b") in refused.value.hint
    assert await urls(database) == []


async def test_a_page_without_links_is_searched_at_the_usual_places(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    server.put("/atom.xml", Page(body=FEED, content_type="text/xml"))
    await commands.add(CALLER, server.put("/news/", page()))
    assert await urls(database) == [server.url("/atom.xml")]


async def test_a_page_without_a_feed_says_so(commands: FeedCommands, server: FeedServer) -> None:
    with pytest.raises(CommandError, match="a web page, and it names no feed"):
        await commands.add(CALLER, server.put("/", page()))


async def test_a_preview_shows_and_follows_nothing(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    server.put("/a", Page(body=FEED))
    server.put("/b", Page(body=OTHER))
    shown = text(await commands.preview(CALLER, server.put("/", page("/a", "/b"))))
    assert "has 2 feeds" in shown
    assert f"feed add {server.url('/b')}" in shown
    assert "• Talks begin in Miami" in shown
    assert await urls(database) == []


async def test_a_paused_feed_is_not_read_until_it_is_resumed(
    commands: FeedCommands, server: FeedServer, database: Database
) -> None:
    await commands.add(CALLER, server.put("/feed", Page(body=FEED)), name="Harbour")
    await commands.pause(CALLER, "harbour")
    async with database.read() as connection:
        assert (await connection.execute(select(follow.c.paused))).scalar_one()
    assert "paused" in text(await commands.list_all(CALLER))
    with pytest.raises(CommandError, match="paused already"):
        await commands.pause(CALLER, "Harbour")
    await commands.resume(CALLER, "Harbour")
    assert "not polled yet" in text(await commands.list_all(CALLER))


async def test_what_a_paused_feed_listed_meanwhile_is_old_news(
    commands: FeedCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed_id = await newsdesk.follow("https://a.example/feed", name="Harbour")
    await newsdesk.listed(feed_id, article("Talks in Miami", at=clock()))
    assert len(await newsdesk.delivered()) == 1
    await commands.pause(CALLER, "Harbour")
    clock.forward(days=3)
    await commands.resume(CALLER, "Harbour")
    await newsdesk.listed(feed_id, article("Old talks in Miami", at=clock() - timedelta(days=2)))
    assert len(await newsdesk.delivered()) == 1
    await newsdesk.listed(feed_id, article("New talks in Miami", at=clock()))
    assert len(await newsdesk.delivered()) == 2


async def test_resuming_tries_again_what_was_given_up(
    commands: FeedCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://a.example/feed", name="Harbour")
    later = clock() + timedelta(days=1)
    async with database.write() as connection:
        await connection.execute(
            update(feed).values(
                gone_at=clock(), gone_sightings=3, failures=3, next_poll_at=later, last_error="gone"
            )
        )
    assert "asked no more" in text(await commands.list_all(CALLER))
    await commands.resume(CALLER, "Harbour")
    async with database.read() as connection:
        row = (await connection.execute(select(feed.c.gone_at, feed.c.next_poll_at))).one()
    assert row.gone_at is None
    assert row.next_poll_at == clock()


async def broken(newsdesk: Newsdesk, *, hours: int, error: str | None = "not found (404)") -> None:
    """Every feed is asked once an hour, and fails; with `error` None it answers."""
    async with newsdesk.database.read() as connection:
        ids = [row.id for row in await connection.execute(select(feed.c.id))]
    for _ in range(hours):
        newsdesk.clock.forward(hours=1)
        for id_ in ids:
            poll = await newsdesk.poll(id_, ())
            failed = replace(poll, parsed=None, error=error, unchanged=error is None)
            await newsdesk.desk.ingest([failed])


async def notices(database: Database) -> list[tuple[str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(select(feed_notice).order_by(feed_notice.c.id))
        return [(row.workspace_id, row.kind) for row in rows]


async def test_followers_are_owed_one_word_when_a_feed_breaks_and_one_when_it_is_well(
    commands: FeedCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed_id = await newsdesk.follow("https://a.example/feed", name="Harbour")
    other = workspace("2")
    await newsdesk.follow("https://a.example/feed", by=other)
    await newsdesk.listed(feed_id, article("Talks in Miami", at=clock()))
    await broken(newsdesk, hours=2)
    assert await notices(database) == []
    await broken(newsdesk, hours=30)
    assert sorted(await notices(database)) == [(other.id, "broken"), ("local", "broken")]
    shown = text(await commands.health(CALLER))
    assert shown.startswith("0 of 1 feeds do well")
    assert "failing 32 times in a row, for 31 h: not found (404)" in shown
    assert "Notice due" in text(await commands.health(CALLER, "Harbour"))

    async with database.write() as connection:
        owed = await feed_notices.due_notices(connection, workspace=LOCAL_WORKSPACE.id)
        ids = [one.id for one in owed[LOCAL_WORKSPACE.id]]
        await feed_notices.mark_told(connection, ids, now=clock())
    await broken(newsdesk, hours=1, error=None)
    # The other workspace had not heard of it yet: it is told neither.
    assert sorted(await notices(database)) == [
        (other.id, "withdrawn"),
        ("local", "broken"),
        ("local", "recovered"),
    ]
    await broken(newsdesk, hours=50)
    assert len(await notices(database)) == 3  # no news in between, no second word
    assert "1 of 1 feeds" not in text(await commands.health(CALLER))


async def test_the_lag_is_counted_from_when_news_was_listed(
    commands: FeedCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed_id = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed_id, article("First read in Miami", at=clock()))
    await newsdesk.delivered()
    assert "From listed to posted" not in text(await commands.health(CALLER))
    published = clock.forward(minutes=2)
    clock.forward(minutes=8)
    await newsdesk.listed(feed_id, article("Talks in Miami", at=published))
    await newsdesk.delivered()
    shown = text(await commands.health(CALLER))
    assert "half within 8 min, 95 % within 8 min (1 posts)" in shown
