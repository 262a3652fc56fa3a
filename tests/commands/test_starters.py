"""A chat that follows nothing begins with the bundled feeds, once; nobody else does."""

from __future__ import annotations

import asyncio

import pytest

from bot.commands.caller import Caller, Destination
from bot.commands.starters import Starter, Starters
from bot.commands.topics import TopicCommands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import flat
from bot.storage import following
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article

STARTERS = Starters(
    feeds=(
        Starter(url="https://one.example/rss", name="One"),
        Starter(url="https://two.example/rss", name=""),
    )
)


def caller(number: int = 1) -> Caller:
    guild = Workspace(
        id=WorkspaceId(f"discord:{number}"),
        platform=PlatformName.DISCORD,
        external_id=str(number),
        name="",
    )
    here = Destination(platform=PlatformName.DISCORD, external_id=f"9{number}", name="#desk")
    return Caller(workspace=guild, here=here)


@pytest.fixture
def topics(database: Database, clock: Clock) -> TopicCommands:
    return TopicCommands(database=database, now=clock, starters=STARTERS)


async def followed(database: Database, of: Caller) -> list[str]:
    async with database.read() as connection:
        return [feed.url for _, feed in await following.list_follows(connection, of.workspace.id)]


async def test_words_alone_make_a_working_subscription(
    topics: TopicCommands, database: Database
) -> None:
    reply = await topics.watch(caller(), "NATO")
    said = "\n".join(flat(line) for line in reply.lines)
    assert "One, " in said
    assert "two.example" in said
    assert set(await followed(database, caller())) == {one.url for one in STARTERS.feeds}
    again = await topics.watch(caller(), "Miami")
    assert "to begin with" not in "\n".join(flat(line) for line in again.lines)


async def test_each_workspace_begins_for_itself(topics: TopicCommands, database: Database) -> None:
    await topics.watch(caller(1), "NATO")
    assert await followed(database, caller(2)) == []
    await topics.watch(caller(2), "NATO")
    assert len(await followed(database, caller(2))) == 2


async def test_who_removed_them_all_meant_it(topics: TopicCommands, database: Database) -> None:
    await topics.watch(caller(), "NATO")
    async with database.write() as connection:
        for one, _ in await following.list_follows(connection, caller().workspace.id):
            await following.remove_follow(connection, one.id, revision=99)
    await topics.watch(caller(), "Miami")
    assert await followed(database, caller()) == []


async def test_the_terminal_has_its_file(topics: TopicCommands, database: Database) -> None:
    here = Destination(platform=PlatformName.CONSOLE, external_id="terminal")
    local = Caller(workspace=LOCAL_WORKSPACE, here=here)
    await topics.watch(local, "NATO")
    assert await followed(database, local) == []


async def test_the_backtest_waits_for_their_first_reading(database: Database, clock: Clock) -> None:
    one = Starters(feeds=STARTERS.feeds[:1], patience_s=10)
    topics = TopicCommands(database=database, now=clock, starters=one)
    newsdesk = await Newsdesk.open(database, clock)
    asked = asyncio.create_task(topics.watch(caller(), "NATO"))
    for _ in range(500):
        if await followed(database, caller()):
            break
        await asyncio.sleep(0.01)
    async with database.read() as connection:
        [(_, feed)] = await following.list_follows(connection, caller().workspace.id)
    await newsdesk.listed(feed.id, article("NATO meets in Oslo", at=clock()))
    said = "\n".join(flat(line) for line in (await asked).lines)
    assert "Would have fired on 1 story" in said
    assert "NATO meets in Oslo" in said


async def test_no_figure_is_told_of_feeds_that_were_never_read(topics: TopicCommands) -> None:
    said = "\n".join(flat(line) for line in (await topics.watch(caller(), "NATO")).lines)
    assert "Would have fired" not in said
    assert "topic test NATO" in said
