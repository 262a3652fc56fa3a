"""OPML in and out of a real database."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.commands.exchange import AT_ONCE, Result, export_feeds, import_all, imported_reply
from bot.feeds.opml import OpmlFeed, parse_opml, write_opml
from bot.storage.database import Database
from bot.storage.tables import feed, follow
from tests.clock import START
from tests.newsdesk import LOCAL_WORKSPACE

MANY = 5000


def opml(*feeds: OpmlFeed) -> bytes:
    return write_opml(feeds, title="Feeds")


async def count(database: Database) -> tuple[int, int]:
    async with database.read() as connection:
        feeds = await connection.execute(select(func.count()).select_from(feed))
        follows = select(func.count()).select_from(follow).where(~follow.c.removed)
        return feeds.scalar_one(), (await connection.execute(follows)).scalar_one()


async def test_five_thousand_feeds_each_with_its_result(database: Database) -> None:
    listed = [OpmlFeed(url=f"https://h{n}.example/feed", name=f"Feed {n}") for n in range(MANY)]
    listed[17] = OpmlFeed(url="http://127.0.0.1/feed", name="Bad")
    steps: list[tuple[int, int]] = []
    for expected in (Result.ADDED, Result.KNOWN):
        results = await import_all(
            database,
            opml(*listed),
            workspace=LOCAL_WORKSPACE,
            interval_s=600,
            allow_private=False,
            now=START,
            progress=lambda done, of: steps.append((done, of)),
        )
        assert [one.name for one in results] == [one.name for one in listed]
        assert results[17].result is Result.REFUSED
        assert results[17].reason
        assert {one.result for one in results} == {expected, Result.REFUSED}
    assert len(steps) == 2 * MANY / AT_ONCE
    assert steps[-1] == (MANY, MANY)
    assert await count(database) == (MANY - 1, MANY - 1)
    async with database.read() as connection:
        assert (await connection.execute(select(feed.c.host).limit(1))).scalar_one() == "h0.example"


async def test_what_goes_out_comes_in_again(database: Database) -> None:
    listed = (
        OpmlFeed(url="https://a.example/feed", name="A & B"),
        OpmlFeed(url="https://b.example/feed?x=1&y=2", name="C"),
    )
    reply = imported_reply(
        await import_all(
            database,
            opml(*listed, OpmlFeed(url="https://a.example/feed#top", name="Again")),
            workspace=LOCAL_WORKSPACE,
            interval_s=600,
            allow_private=False,
            now=START,
        )
    )
    assert reply.ok
    assert reply.title == "Following 2 more feeds"
    assert parse_opml(await export_feeds(database, LOCAL_WORKSPACE)) == listed
