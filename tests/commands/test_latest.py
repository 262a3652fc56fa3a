"""What was told here lately: stories as they stand, of this channel and this workspace only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.caller import Caller, Destination
from bot.commands.latest import LatestCommands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)


async def opened(database: Database, clock: Clock) -> tuple[Newsdesk, LatestCommands]:
    newsdesk = await Newsdesk.open(database, clock)
    return newsdesk, LatestCommands(database=database, now=clock)


async def test_the_newest_first_and_by_topic(database: Database, clock: Clock) -> None:
    newsdesk, commands = await opened(database, clock)
    await newsdesk.watch("Miami")
    await newsdesk.watch("Kyiv")
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire")
    for minute, title in enumerate(("Talks begin in Miami", "Power is back in Kyiv")):
        at = START + timedelta(minutes=minute)
        await newsdesk.listed(feed, article(title, url=f"https://a.example/{minute}", at=at))
    assert "Nothing was told here yet" in (await commands.latest(OURS)).title
    await newsdesk.delivered()
    told = [flat(line) for line in (await commands.latest(OURS)).lines]
    assert told[0].startswith("Power is back in Kyiv")
    assert told[1].startswith("Talks begin in Miami")
    assert await commands.headlines(OURS) == {2: "Power is back in Kyiv", 1: "Talks begin in Miami"}
    [only, _] = (await commands.latest(OURS, "miami")).lines
    assert flat(only).startswith("Talks begin in Miami")
    with pytest.raises(CommandError, match="There is no topic “Oslo”"):
        await commands.latest(OURS, "Oslo")


async def test_before_anything_was_told_the_feeds_speak(database: Database, clock: Clock) -> None:
    newsdesk, commands = await opened(database, clock)
    assert "feed health" in flat((await commands.latest(OURS)).lines[0])
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire")
    await newsdesk.listed(feed, article("Rain in Spain", at=START))
    lines = [flat(line) for line in (await commands.latest(OURS)).lines]
    assert lines[0] == "The feeds brought last:"
    assert "Rain in Spain" in lines[1]


async def test_another_workspace_sees_nothing_of_ours(database: Database, clock: Clock) -> None:
    newsdesk, commands = await opened(database, clock)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian Wire")
    await newsdesk.listed(feed, article("Talks begin in Miami", at=START))
    await newsdesk.delivered()
    elsewhere = Destination(platform=PlatformName.WEBHOOK, external_id="other", name="other")
    theirs = Caller(workspace=workspace("9"), here=elsewhere)
    reply = await commands.latest(theirs)
    assert "Miami" not in "".join(map(flat, reply.lines))
    reply = await commands.latest(Caller(workspace=workspace("9"), here=HERE))
    assert "Miami" not in "".join(map(flat, reply.lines))
