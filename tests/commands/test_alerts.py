"""Why? and Mute: answered for the alert's own workspace, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.commands.alerts import AlertCommands
from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination
from bot.commands.sent import list_alerts, list_messages
from bot.commands.terms import Terms
from bot.errors import CommandError, FailureClass, Permanent
from bot.model.channel import PlatformName
from bot.model.delivery import DeliveryStatus
from bot.model.text import flat
from bot.storage import deliveries
from bot.storage.database import Database
from bot.storage.tables import delivery, topic
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace
from tests.recorder import Fault

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


async def listed(database: Database, **wanted: bool) -> list[dict[str, Any]]:
    async with database.read() as connection:
        return await list_alerts(connection, limit=10, **wanted)


async def test_the_list_says_what_is_held_waiting_carried_and_sent(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    first = await newsdesk.follow("https://a.example/feed", name="Meridian")
    second = await newsdesk.follow("https://b.example/feed", name="Harbour")
    await newsdesk.watch("Miami")
    await newsdesk.topics.watch(OURS, "Kyiv", terms=Terms(outlets=2))
    settings = AttentionCommands(database=database, now=clock)
    await settings.change(OURS, Wishes(rhythm="daily 8:30"))
    await newsdesk.listed(
        first, article("Talks in Miami", at=START), article("Rain in Kyiv again", at=START)
    )
    held, waiting = sorted(await listed(database), key=lambda one: str(one["state"]))
    assert (held["state"], waiting["state"]) == ("held", "waiting")
    assert held["held_until"] == "2026-03-03T08:30:00+00:00"
    assert held["held_why"] == "the channel reads digests"
    assert waiting["why"] == "too few independent outlets yet"
    assert held["key"] is None
    clock.forward(days=1)
    await newsdesk.holds.release()
    await newsdesk.delivered()
    (carried,) = [one for one in await listed(database) if one["state"] == "carried"]
    assert carried["digest"]["state"] == "sent"
    async with database.read() as connection:
        (digest,) = await list_messages(connection, limit=10)
    assert (digest["kind"], digest["digest"], digest["stories"]) == ("digest", "daily", 1)
    assert digest["key"] == carried["digest"]["key"]
    await settings.change(OURS, Wishes(rhythm="immediate"))
    await newsdesk.listed(second, article("Rain in Kyiv again", at=clock()))
    await newsdesk.delivered()
    (sent,) = [one for one in await listed(database) if one["headline"] == "Rain in Kyiv again"]
    assert sent["state"] == "sent"
    reply = await AlertCommands(database=database, now=clock).why(OURS, sent["key"])
    assert "Told for “Kyiv”" in flat(reply.lines[-1])
    assert "enough independent outlets report it by now" in flat(reply.lines[-1])


async def test_a_message_that_was_given_up_says_why(database: Database, clock: Clock) -> None:
    await posted(database, clock)
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    newsdesk.recorder.faults.append(
        Fault(Permanent("desk", "it is malformed", failure=FailureClass.PAYLOAD))
    )
    await newsdesk.listed(feed, article("Rain over Miami again", at=START))
    await newsdesk.delivered()
    last = (await listed(database))[-1]
    assert last["state"] == "abandoned"
    assert "it is malformed" in last["last_error"]


async def test_a_retracted_alert_is_closed_and_its_message_wanted_gone(
    database: Database, clock: Clock
) -> None:
    key = await posted(database, clock)
    commands = AlertCommands(database=database, now=clock)
    with pytest.raises(CommandError, match="not known here"):
        await commands.retract(THEIRS, key)
    assert (await commands.retract(OURS, key)).title == "The alert is being deleted"
    (one,) = await listed(database)
    assert one["state"] == "closed"
    async with database.read() as connection:
        found = await deliveries.find_by_key(connection, key)
    assert found is not None
    assert found.is_deletion
    assert found.status is DeliveryStatus.PENDING
    assert "already" in (await commands.retract(OURS, key)).title
    newsdesk = await Newsdesk.open(database, clock)
    second = await newsdesk.follow("https://b.example/feed")
    await newsdesk.listed(second, article("Talks in Miami", at=START))
    async with database.read() as connection:
        found = await deliveries.find_by_key(connection, key)
    assert found is not None
    assert found.is_deletion, "a later report does not bring it back"
