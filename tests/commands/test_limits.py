"""[limits]: what one workspace may have, what it is told at the end of it, and who has none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.commands.caller import Caller, Destination, refusal
from bot.commands.desk import Commands, commands_on
from bot.commands.exchange import Result, import_all, imported_reply
from bot.commands.feeds import FeedCommands
from bot.commands.limits import Limits
from bot.commands.topics import TopicCommands
from bot.errors import CommandError
from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import ParseLanes
from bot.feeds.opml import OpmlFeed, write_opml
from bot.feeds.workers import ParseWorkers
from bot.model.channel import PlatformName, Workspace
from bot.model.text import flat
from bot.settings import Settings
from bot.storage.database import Database
from bot.wiring import build_commands
from tests.clock import Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, workspace
from tests.servers.feeds import Page, feed_server

LIMITS = Limits(feeds_per_workspace=2, topics_per_workspace=2, backtests_an_hour=3)
RSS = b"""<rss version="2.0"><channel><title>Wire</title>
<item><title>Talks</title><link>https://m.example/1</link></item></channel></rss>"""


def somebody(of: Workspace, channel: str = "1") -> Caller:
    here = Destination(platform=of.platform, external_id=channel, name=f"#{channel}")
    return Caller(workspace=of, here=here, user="17")


OURS = somebody(workspace("1"), "11")
THEIRS = somebody(workspace("2"), "22")
OPERATOR = Caller(
    workspace=LOCAL_WORKSPACE,
    here=Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk"),
)


@pytest.fixture
async def commands(database: Database, clock: Clock) -> AsyncIterator[Commands]:
    async with (
        Fetcher(allow_private=True, user_agent="Wirewatch/test") as fetcher,
        ParseWorkers() as workers,
    ):
        feeds = FeedCommands(
            database=database,
            fetcher=fetcher,
            workers=workers,
            now=clock,
            interval_s=600,
            allow_private=True,
            limits=LIMITS,
        )
        yield commands_on(database, now=clock, feeds=feeds, limits=LIMITS)


async def test_topics_end_at_the_limit_and_removed_ones_make_room(commands: Commands) -> None:
    for query in ("Oslo", "Kyiv"):
        await commands.topics.watch(OURS, query)
    with pytest.raises(CommandError) as caught:
        await commands.topics.watch(OURS, "Miami")
    told = refusal(caught.value)
    assert told.title == "There are 2 topics already, and no more may be watched here."
    assert "topic unwatch NAME" in flat(told.lines[0])
    assert (await commands.topics.list_all(OURS)).title == "2 topics"
    elsewhere = somebody(OURS.workspace, "12")
    await commands.topics.watch(elsewhere, "Oslo")  # in a second channel it is no second topic
    await commands.topics.watch(THEIRS, "Miami")
    await commands.topics.unwatch(OURS, "Kyiv")
    await commands.topics.watch(OURS, "Miami")


async def test_the_last_place_is_given_once(commands: Commands) -> None:
    await commands.topics.watch(OURS, "Oslo")
    both = await asyncio.gather(
        commands.topics.watch(OURS, "Kyiv"),
        commands.topics.watch(OURS, "Miami"),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["CommandError", "Reply"]


async def test_feeds_end_at_the_limit(commands: Commands, database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    for number in range(2):
        await newsdesk.follow(f"https://{number}.example/feed", name=f"{number}", by=OURS.workspace)
    async with feed_server() as server:
        url = server.put("/rss", Page(body=RSS))
        with pytest.raises(CommandError, match="2 feeds already, and no more") as caught:
            await commands.feeds.add(OURS, url)
        assert "feed remove NAME" in caught.value.hint
        assert (await commands.feeds.list_all(OURS)).title == "2 feeds"
        await commands.feeds.remove(OURS, "1")
        await commands.feeds.add(OURS, url)


async def test_an_import_fills_what_is_left_and_says_what_did_not_fit(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://0.example/feed", by=OURS.workspace)
    listed = [OpmlFeed(url=f"https://{n}.example/feed", name="", category="") for n in range(4)]
    content = write_opml([listed[1], listed[2], listed[0], listed[3]], title="all")

    async def imported(of: Workspace) -> list[Result]:
        results = await import_all(
            database,
            content,
            workspace=of,
            interval_s=600,
            allow_private=False,
            now=clock(),
            limits=LIMITS,
        )
        if of == OURS.workspace:
            said = [flat(line) for line in imported_reply(results).lines]
            assert any("no more may be followed here" in line for line in said)
        return [one.result for one in results]

    added, known, refused = Result.ADDED, Result.KNOWN, Result.REFUSED
    assert await imported(OURS.workspace) == [added, refused, known, refused]
    assert await imported(OURS.workspace) == [known, refused, known, refused]
    assert refused not in await imported(LOCAL_WORKSPACE)


async def test_backtests_end_at_the_limit_of_an_hour(commands: Commands, clock: Clock) -> None:
    await commands.topics.test(OURS, "Oslo")
    await commands.topics.watch(OURS, "Kyiv")
    clock.forward(minutes=20)
    await commands.topics.edit(OURS, "Kyiv", "Kyiv OR Odesa")
    with pytest.raises(CommandError) as caught:
        await commands.topics.test(OURS, "Miami")
    assert caught.value.message.startswith("3 queries were tried on the archive within this hour")
    assert "in 40 minutes" in caught.value.hint
    reply = await commands.topics.watch(OURS, "Miami")
    assert reply.ok, "what only comes with a trial stands without it"
    assert "It was not tried on the archive" in flat(reply.lines[0])
    with pytest.raises(CommandError, match="must be from 1"):
        await commands.topics.test(THEIRS, "Oslo", days=0)
    for _ in range(3):  # another workspace has its own; what was refused counted for nothing
        await commands.topics.test(THEIRS, "Oslo")
    clock.forward(minutes=40)
    await commands.topics.test(OURS, "Miami")


async def test_whoever_runs_the_bot_has_no_limits(commands: Commands) -> None:
    for number in range(5):
        await commands.topics.watch(OPERATOR, f"word{number}")
        await commands.topics.test(OPERATOR, "Oslo")
    assert (await commands.topics.list_all(OPERATOR)).title == "5 topics"


async def test_nought_is_no_limit(database: Database, clock: Clock) -> None:
    topics = TopicCommands(database=database, now=clock, limits=Limits())
    for number in range(5):
        await topics.watch(OURS, f"word{number}")


async def test_the_configuration_sets_them(database: Database, clock: Clock) -> None:
    tables = {"feeds_per_workspace": 1, "topics_per_workspace": 1, "backtests_an_hour": 2}
    built = build_commands(
        Settings.model_validate({"limits": tables}),
        database=database,
        fetcher=Fetcher(allow_private=False, user_agent="test"),
        workers=ParseLanes(),
        now=clock,
    )
    await built.topics.watch(OURS, "Oslo")
    with pytest.raises(CommandError, match="No second topic may be watched"):
        await built.topics.watch(OURS, "Kyiv")
    await built.topics.test(OURS, "Kyiv")
    with pytest.raises(CommandError, match="2 queries were tried"):
        await built.topics.test(OURS, "Kyiv")
    assert Limits(**Settings().limits.model_dump()) == Limits(
        feeds_per_workspace=500, topics_per_workspace=500, backtests_an_hour=120
    )
