"""What a person follows for themselves, and that nobody else learns of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.commands.alerts import AlertCommands
from bot.commands.caller import Caller, Destination
from bot.commands.follows import MOST, FollowCommands
from bot.commands.topics import TopicCommands
from bot.commands.why import WhyCommands
from bot.errors import CommandError, QueryError
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import flat
from bot.storage import audit, channels, notices
from bot.storage.database import Database
from bot.storage.tables import channel, delivery
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article

GUILD = Workspace(id=WorkspaceId("discord:7"), platform=PlatformName.DISCORD, external_id="7")
HERE = Destination(platform=PlatformName.DISCORD, external_id="70", name="#news")
ANN = Caller(workspace=GUILD, here=HERE, user="501")
BOB = replace(ANN, user="502")


def text(reply: object) -> str:
    return "\n".join(map(flat, reply.lines))  # type: ignore[attr-defined]


async def test_a_story_comes_to_the_person_and_to_nobody_else(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    follows = FollowCommands(database=database, now=clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire", by=GUILD)
    told = await follows.follow(ANN, "Miami -Heat")
    assert told.title == "You follow “Miami -Heat”"
    assert "unfollow Miami -Heat" in text(told)
    await newsdesk.listed(feed, article("Talks begin in Miami", at=START))
    await newsdesk.listed(feed, article("Miami Heat win again tonight", at=START))
    async with database.read() as connection:
        rows = await connection.execute(
            select(channel.c.external_id).join(delivery, delivery.c.channel_id == channel.c.id)
        )
        assert [row.external_id for row in rows] == ["user:501@7"]
        [there] = await channels.list_channels(connection, GUILD.id)
    assert there.person == "501"
    assert "Miami" in text(await follows.list_all(ANN))
    assert "nothing here yet" in (await follows.list_all(BOB)).title
    listed = await TopicCommands(database=database, now=clock).list_all(BOB)
    assert listed.title == "No topics yet"


async def test_why_tells_nobody_what_others_follow(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    follows = FollowCommands(database=database, now=clock)
    why = WhyCommands(database=database, now=clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire", by=GUILD)
    await follows.follow(ANN, "Miami")
    url = "https://a.example/1"
    await newsdesk.listed(feed, article("Talks begin in Miami", url=url, at=START))
    assert "Miami" in " ".join(one.subject for one in (await why.account(ANN, url)).verdicts)
    assert (await why.account(BOB, url)).verdicts == ()


async def test_two_people_and_a_channel_may_use_one_name(database: Database, clock: Clock) -> None:
    follows = FollowCommands(database=database, now=clock)
    topics = TopicCommands(database=database, now=clock)
    await topics.watch(ANN, "NATO (membership OR accession)", name="NATO")
    assert "NATO (membership OR accession)" in text(await follows.follow(BOB, "nato")) + text(
        await follows.list_all(BOB)
    )
    await follows.follow(ANN, "NATO")
    assert (await follows.unfollow(ANN, "nato")).title == "You no longer follow “NATO”"
    assert "You follow 1 topic" in (await follows.list_all(BOB)).title
    assert "1 topic" in (await topics.list_all(ANN)).title
    with pytest.raises(CommandError, match="You follow nothing here"):
        await follows.unfollow(ANN, "NATO")


async def test_what_is_followed_in_two_servers_comes_from_both(
    database: Database, clock: Clock
) -> None:
    follows = FollowCommands(database=database, now=clock)
    other = Workspace(id=WorkspaceId("discord:8"), platform=PlatformName.DISCORD, external_id="8")
    await follows.follow(ANN, "Miami")
    await follows.follow(replace(ANN, workspace=other), "Oslo")
    async with database.read() as connection:
        rows = await connection.execute(select(channel.c.workspace_id, channel.c.external_id))
        assert set(map(tuple, rows)) == {
            ("discord:7", "user:501@7"),
            ("discord:8", "user:501@8"),
        }
    await follows.unfollow(ANN, "everything")
    assert "Oslo" in text(await follows.list_all(replace(ANN, workspace=other)))


async def test_there_is_an_end_to_it_and_a_terminal_has_nobody(
    database: Database, clock: Clock
) -> None:
    follows = FollowCommands(database=database, now=clock)
    for number in range(MOST):
        await follows.follow(ANN, f"word{number}")
    await follows.follow(ANN, "WORD3")  # again: no twenty-first
    with pytest.raises(CommandError, match=f"You follow {MOST} topics here already"):
        await follows.follow(ANN, "one more")
    with pytest.raises(QueryError):
        await follows.follow(BOB, "Miami AND")
    terminal = Destination(platform=PlatformName.CONSOLE, external_id="terminal")
    with pytest.raises(CommandError, match="Only people in Discord and Slack"):
        await follows.follow(replace(ANN, here=terminal, user=""), "NATO")


async def test_who_only_follows_is_in_charge_of_nothing(database: Database, clock: Clock) -> None:
    follows = FollowCommands(database=database, now=clock)
    await follows.follow(ANN, "Miami")
    async with database.write() as connection:
        assert await notices.place_of(connection, GUILD.id, now=clock()) is None
        [there] = await channels.list_channels(connection, GUILD.id)
        told = await notices.tell_of_disabled(
            connection, there, reason="messages are refused", name="k", now=clock()
        )
    assert not told


async def test_a_button_in_direct_messages_is_its_reader_s_alone(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    follows = FollowCommands(database=database, now=clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire", by=GUILD)
    await follows.follow(ANN, "Miami")
    await newsdesk.listed(feed, article("Talks begin in Miami", at=START))
    async with database.read() as connection:
        key = str((await connection.execute(select(delivery.c.key))).scalar_one())
    assert (await follows.pressed(PlatformName.DISCORD, "501", key)).workspace.id == GUILD.id
    for platform, user, what in (
        (PlatformName.DISCORD, "502", key),
        (PlatformName.SLACK, "501", key),
        (PlatformName.DISCORD, "501", "no such key"),
    ):
        with pytest.raises(CommandError, match="not known here"):
            await follows.pressed(platform, user, what)
    ann = await follows.pressed(PlatformName.DISCORD, "501", key)
    muted = await AlertCommands(database=database, now=clock).mute(ann, key)
    assert "Muted “Miami”" in muted.title
    async with database.read() as connection:
        assert await audit.newest(connection, GUILD.id, limit=9) == (), "nobody else reads of it"
