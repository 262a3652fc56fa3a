"""Mute and snooze: a mute discards and records, a snooze holds and sums up; both can be ended."""

from __future__ import annotations

import pytest

from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination
from bot.commands.pauses import PauseCommands, PauseKind
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.storage import channels
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
MUTE, SNOOZE = PauseKind.MUTE, PauseKind.SNOOZE


@pytest.fixture
def pauses(database: Database, clock: Clock) -> PauseCommands:
    return PauseCommands(database=database, now=clock)


@pytest.mark.parametrize("of_topic", [True, False])
async def test_a_mute_discards_and_can_be_ended(
    pauses: PauseCommands, database: Database, clock: Clock, of_topic: bool
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("Miami")

    async def pause(until: str) -> str:
        if of_topic:
            return (await pauses.topic(CALLER, "miami", until, MUTE)).title
        return (await pauses.channel(CALLER, until, MUTE)).title

    what = "“Miami”" if of_topic else "desk"
    assert await pause("2h") == f"Muted {what} until 14:00 UTC"
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    clock.forward(hours=3)
    await newsdesk.holds.release()
    assert await newsdesk.delivered() == []
    await pause("2h")
    assert await pause("off") == f"No longer muted: {what}"
    await newsdesk.listed(feed, article("Rain over Miami again", at=clock()))
    assert await newsdesk.delivered() == ["Rain over Miami again"]


@pytest.mark.parametrize("of_topic", [True, False])
async def test_a_snooze_holds_and_tells_at_its_end(
    pauses: PauseCommands, database: Database, clock: Clock, of_topic: bool
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("Miami")
    if of_topic:
        await pauses.topic(CALLER, "Miami", "2h", SNOOZE)
    else:
        await pauses.channel(CALLER, "2h", SNOOZE)
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    clock.forward(hours=1)
    await newsdesk.holds.release()
    assert await newsdesk.delivered() == []
    clock.forward(hours=1, minutes=1)
    await newsdesk.holds.release()
    assert len(await newsdesk.delivered()) == 1


async def test_a_mute_takes_what_was_held_already(
    pauses: PauseCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("Miami")
    await pauses.channel(CALLER, "2h", SNOOZE)
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    await pauses.topic(CALLER, "Miami", "3h", MUTE)
    await newsdesk.holds.release()
    await pauses.channel(CALLER, "off", SNOOZE)
    await newsdesk.holds.release()
    assert await newsdesk.delivered() == []


async def test_times_are_the_channels_own(
    pauses: PauseCommands, database: Database, clock: Clock
) -> None:
    settings = AttentionCommands(database=database, now=clock)
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    await newsdesk.watch("Miami", channel="other")
    await settings.change(CALLER, Wishes(timezone="Europe/Kyiv"))
    reply = await pauses.topic(CALLER, "Miami", "until 8:00", MUTE)
    assert reply.title == "Muted “Miami” in every channel until Tue 3 Mar 08:00 Europe/Kyiv"
    reply = await pauses.channel(CALLER, "", SNOOZE)
    assert reply.title == "Snoozed desk until Tue 3 Mar 14:00 Europe/Kyiv", "a day if unsaid"


async def test_what_does_not_read_and_what_is_not_ours(
    pauses: PauseCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    with pytest.raises(CommandError, match="no time"):
        await pauses.topic(CALLER, "Miami", "for a bit", MUTE)
    stranger = Caller(workspace=workspace("9"), here=HERE)
    with pytest.raises(CommandError, match="no topic"):
        await pauses.topic(stranger, "Miami", "2h", MUTE)
    await pauses.channel(stranger, "2h", MUTE)
    async with database.read() as connection:
        ours = await channels.find_channel(
            connection, HERE.platform, HERE.external_id, of=CALLER.workspace.id
        )
    assert ours is not None
    assert ours.muted_until is None, "it is their own that is muted"
