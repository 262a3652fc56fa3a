"""What a workspace is told where the bot is invited first, and what the three buttons do."""

from __future__ import annotations

import asyncio

from bot.commands.newcomers import NewWorkspaces
from bot.model.channel import PlatformName
from bot.platforms.slack.forms import FEED, WATCH
from bot.platforms.slack.welcome import ASK_FEED, ASK_WATCH, SHOW
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.slack.conftest import Connect
from tests.platforms.slack.test_commands import assert_private
from tests.servers.slack.records import Posted
from tests.servers.slack_client import LoopbackSlack


async def invited(
    slack: LoopbackSlack, connect: Connect, database: Database, clock: Clock
) -> Posted:
    workspaces = NewWorkspaces(database=database, now=clock)

    async def greets(team: str) -> bool:
        return await workspaces.is_to_be_greeted(PlatformName.SLACK, team)

    await connect(greets=greets).start()
    joined = {"type": "member_joined_channel", "channel": slack.channel}
    await slack.event({**joined, "user": slack.member})  # somebody else
    await slack.event({**joined, "user": slack.bot_user})
    await slack.settled("chat.postMessage", 1)
    await slack.event({**joined, "user": slack.bot_user})
    await asyncio.sleep(0.1)
    (hello,) = await slack.messages()
    assert "Hello! I watch the news for you." in hello.drawn.text
    return hello


async def test_hello_is_said_once_and_shows_an_example(
    slack: LoopbackSlack, connect: Connect, database: Database, clock: Clock
) -> None:
    hello = await invited(slack, connect, database, clock)
    example = await slack.press(SHOW, hello.ts, replies=1)
    assert_private(example)
    assert "A made-up story" in example.text
    await slack.open_home()
    home = await slack.home()
    assert home is not None
    there = await slack.press(SHOW, home["id"], replies=1)
    assert there.views()[0]["title"]["text"] == "An example"
    assert await slack.violations() == []


async def test_its_forms_watch_a_topic_and_add_a_feed(
    slack: LoopbackSlack, connect: Connect, database: Database, clock: Clock
) -> None:
    hello = await invited(slack, connect, database, clock)
    opened = await slack.press(ASK_WATCH, hello.ts, replies=1)
    form = opened.views()[0]
    assert form["callback_id"] == WATCH
    wrong = await slack.submit_view(form["id"], {"said": "Miami AND", "where": slack.channel})
    assert "Something is missing" in str(wrong.ack_body)
    await slack.submit_view(form["id"], {"said": "Miami talks", "where": slack.channel})
    for _ in range(60):
        shown = await slack.view(form["id"])
        if shown and "Watching “Miami talks”" in str(shown["blocks"]):
            break
        await asyncio.sleep(0.05)
    assert "Watching “Miami talks” in #" in str(shown)
    assert "Miami talks" in (await slack.slash("list")).text
    asked = (await slack.press(ASK_FEED, hello.ts, replies=1)).views()[0]
    assert asked["callback_id"] == FEED
    assert await slack.violations() == []


async def test_a_guest_is_refused_before_any_form(
    slack: LoopbackSlack, connect: Connect, database: Database, clock: Clock
) -> None:
    hello = await invited(slack, connect, database, clock)
    guest = await slack.add_user("guest", is_restricted=True)
    for action in (ASK_WATCH, ASK_FEED):
        told = await slack.press(action, hello.ts, user=guest, replies=1)
        assert_private(told)
        assert "Only full members" in told.text
        assert told.views() == []
    assert await slack.violations() == []
