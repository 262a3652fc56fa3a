"""settings aliases: a workspace's own names, taken up by a desk that runs already."""

from __future__ import annotations

import pytest

from bot.commands.aliases import AliasCommands
from bot.commands.caller import Caller, Destination
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.aliases import aliases_of
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
THEIRS = Caller(workspace=workspace("9"), here=HERE)


@pytest.fixture
def commands(database: Database, clock: Clock) -> AliasCommands:
    return AliasCommands(database=database, now=clock)


async def test_a_running_desk_takes_aliases_over(
    commands: AliasCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.watch("Acme")
    await newsdesk.listed(feed, article("Coyote Supplies opens a shop", at=START))
    assert await newsdesk.delivered() == []
    await commands.add(OURS, "Acme, Coyote Supplies")
    await newsdesk.listed(feed, article("Coyote Supplies shuts its shop in Reno", at=START))
    assert len(await newsdesk.delivered()) == 1
    await commands.remove(OURS, "ACME")
    await newsdesk.listed(feed, article("Anvils: Coyote Supplies recalls four kinds", at=START))
    assert len(await newsdesk.delivered()) == 1


async def test_another_workspace_is_not_concerned(
    commands: AliasCommands, database: Database
) -> None:
    await commands.add(OURS, "Acme, Coyote Supplies")
    async with database.read() as connection:
        theirs = await aliases_of(connection, THEIRS.workspace.id)
    assert theirs.others("Acme") == ()
    assert (await commands.list_all(THEIRS)).title.startswith("No aliases")


async def test_groups_that_share_a_name_become_one(commands: AliasCommands) -> None:
    await commands.add(OURS, "Acme, Coyote Supplies")
    reply = await commands.add(OURS, "acme, ACM")
    assert reply.title == "“Acme” also finds 2 other names"
    listed = await commands.list_all(OURS)
    assert listed.title == "1 group of names"
    assert "ACM" in flat(listed.lines[0])


async def test_a_built_in_name_takes_more(commands: AliasCommands, database: Database) -> None:
    await commands.add(OURS, "NATO, the Alliance")
    async with database.read() as connection:
        known = await aliases_of(connection, LOCAL_WORKSPACE.id)
    assert {"OTAN", "the Alliance"} <= set(known.others("NATO"))


@pytest.mark.parametrize("typed", ["Acme", "", "Acme, , ", "Acme, " + "x" * 61, "Acme, !!"])
async def test_what_is_no_group_is_refused(commands: AliasCommands, typed: str) -> None:
    with pytest.raises(CommandError):
        await commands.add(OURS, typed)
    assert (await commands.list_all(OURS)).title.startswith("No aliases")


async def test_an_unknown_name_cannot_be_forgotten(commands: AliasCommands) -> None:
    with pytest.raises(CommandError, match="in no group"):
        await commands.remove(OURS, "NATO")
