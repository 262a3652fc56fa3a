"""A story's timeline, for those who follow its outlets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.commands.caller import Caller, Destination
from bot.commands.story import LINES, StoryCommands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.tables import delivery
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
THEIRS = Caller(workspace=workspace("9"), here=HERE)
TITLE = "Talks in Miami end without a deal"


async def told(database: Database, clock: Clock, outlets: int) -> StoryCommands:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    for number in range(outlets):
        feed = await newsdesk.follow(f"https://{number}.example/feed", name=f"Outlet {number}")
        at = START + timedelta(minutes=number)
        one = article(TITLE, summary=f"Said by {number}.", url=f"https://{number}.example/a", at=at)
        await newsdesk.listed(feed, one)
    await newsdesk.delivered()
    return StoryCommands(database=database, now=clock)


async def test_who_reported_what(database: Database, clock: Clock) -> None:
    commands = await told(database, clock, 3)
    reply = await commands.story(OURS, "1")
    assert "3 reports" in reply.title
    said = [flat(line) for line in reply.lines]
    assert [f"Outlet {n}" in line for n, line in enumerate(said[-4:-1])] == [True] * 3


async def test_an_alert_leads_to_it(database: Database, clock: Clock) -> None:
    commands = await told(database, clock, 1)
    async with database.read() as connection:
        key = str((await connection.execute(select(delivery.c.key))).scalar_one())
    assert (await commands.of_alert(OURS, key)).title.startswith("Story 1: 1 report")
    with pytest.raises(CommandError, match="not known here"):
        await commands.of_alert(THEIRS, key)


async def test_strangers_and_wrong_numbers_learn_the_same(database: Database, clock: Clock) -> None:
    commands = await told(database, clock, 1)
    for caller, number in ((THEIRS, "1"), (OURS, "99")):
        with pytest.raises(CommandError, match="No feed that is followed here"):
            await commands.story(caller, number)


async def test_a_long_story_shows_its_beginning_and_its_end(
    database: Database, clock: Clock
) -> None:
    commands = await told(database, clock, LINES + 5)
    said = [flat(line) for line in (await commands.story(OURS, "1")).lines]
    assert any("5 more reports" in line for line in said)
    assert f"Outlet {LINES + 4} " in said[-2]
    assert said[-1] == "Times are UTC."


async def test_each_workspace_sees_its_own_outlets_alone(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    followers = {0: (LOCAL_WORKSPACE,), 1: (LOCAL_WORKSPACE, workspace("9")), 2: (workspace("9"),)}
    for number, theirs in followers.items():
        for one in theirs:
            feed = await newsdesk.follow(
                f"https://{number}.example/feed", name=f"Outlet {number}", by=one
            )
        at = START + timedelta(minutes=number)
        url = f"https://{number}.example/a"
        said = article(TITLE, summary=f"Said by {number}, at length.", url=url, at=at)
        await newsdesk.listed(feed, said)
    commands = StoryCommands(database=database, now=clock)
    elsewhere = Destination(platform=PlatformName.WEBHOOK, external_id="theirs", name="theirs")
    strangers = Caller(workspace=workspace("9"), here=elsewhere)
    for caller, link, seen, hidden in (
        (OURS, 0, ("Outlet 0", "Outlet 1"), "Outlet 2"),
        (strangers, 2, ("Outlet 1", "Outlet 2"), "Outlet 0"),
    ):
        reply = await commands.story(caller, f"https://{link}.example/a")
        said_ = "\n".join(map(flat, reply.lines))
        assert "2 reports" in reply.title
        assert all(one in said_ for one in seen)
        assert hidden not in said_
