"""Why? and Mute: answered for the alert's own workspace, and for nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.commands.alerts import AlertCommands
from bot.commands.caller import Caller, Destination
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.tables import delivery, topic
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
THEIRS = Caller(workspace=workspace("9"), here=HERE)


async def posted(database: Database, clock: Clock) -> str:
    """One alert, delivered; its key."""
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    await newsdesk.delivered()
    async with database.read() as connection:
        return str((await connection.execute(select(delivery.c.key))).scalar_one())


async def test_why_names_topic_word_and_outlet(database: Database, clock: Clock) -> None:
    key = await posted(database, clock)
    reply = await AlertCommands(database=database, now=clock).why(OURS, key)
    said = " ".join(flat(line) for line in reply.lines)
    assert "Miami" in said
    assert "Meridian" in said


async def test_mute_mutes_the_alerts_topic_for_a_day(database: Database, clock: Clock) -> None:
    key = await posted(database, clock)
    await AlertCommands(database=database, now=clock).mute(OURS, key)
    async with database.read() as connection:
        until = (await connection.execute(select(topic.c.muted_until))).scalar_one()
    assert (until - START).total_seconds() == 24 * 3600


async def test_a_stranger_with_the_key_learns_and_changes_nothing(
    database: Database, clock: Clock
) -> None:
    key = await posted(database, clock)
    commands = AlertCommands(database=database, now=clock)
    for verb in (commands.why, commands.mute):
        with pytest.raises(CommandError, match="not known here"):
            await verb(THEIRS, key)
    async with database.read() as connection:
        assert (await connection.execute(select(topic.c.muted_until))).scalar_one() is None
