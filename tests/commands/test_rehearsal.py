"""settings test: a message on the way of all messages, and what it does to the channel."""

from __future__ import annotations

from datetime import time

import pytest

from bot.alerts.example import OUTLETS
from bot.commands.caller import Caller, Destination
from bot.commands.rehearsal import TITLE, RehearsalCommands
from bot.errors import CommandError
from bot.model.attention import Rhythm
from bot.model.channel import PlatformName
from bot.model.digest import Notice
from bot.model.text import flat
from bot.storage import audit, channels
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
ANNA = Caller(workspace=LOCAL_WORKSPACE, here=HERE, user="17")


async def test_it_is_posted_once_a_minute_and_says_what_it_is(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    await newsdesk.wishes(quiet_from=time(11), quiet_to=time(13), rhythm=Rhythm.DAILY)
    commands = RehearsalCommands(database=database, now=clock)
    assert (await commands.post(ANNA)).title == "A test message is on its way to desk"
    with pytest.raises(CommandError, match="within this minute"):
        await commands.post(ANNA)
    [message] = await newsdesk.delivered()
    assert message.startswith(TITLE)
    said = newsdesk.recorder.messages[0].said
    assert isinstance(said, Notice)
    assert OUTLETS[0] in flat(said.lines[-1])
    clock.forward(minutes=1)
    await commands.post(ANNA)
    assert len(await newsdesk.delivered()) == 2
    async with database.read() as connection:
        done = await audit.newest(connection, LOCAL_WORKSPACE.id, limit=9)
    assert [(one.what, one.who) for one in done[:2]] == [("settings test", "17")] * 2


async def test_a_channel_that_was_set_aside_is_tried_again(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    async with database.write() as connection:
        found = await channels.find_channel(connection, HERE.platform, HERE.external_id)
        assert found is not None
        await channels.disable_channel(connection, found.id, reason="full", revision=99)
    await RehearsalCommands(database=database, now=clock).post(ANNA)
    assert len(await newsdesk.delivered()) == 1


async def test_a_channel_that_two_workspaces_share_is_tested_by_each(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    rehearsals = RehearsalCommands(database=database, now=clock)
    for whose in ("9", "10"):
        await rehearsals.post(Caller(workspace=workspace(whose), here=HERE))
    assert len(await newsdesk.delivered()) == 2
