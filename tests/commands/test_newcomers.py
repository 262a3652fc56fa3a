"""Which workspaces are greeted: new ones, once."""

from __future__ import annotations

from bot.commands.newcomers import NewWorkspaces
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.storage import channels
from bot.storage.database import Database
from tests.clock import Clock


async def test_each_is_greeted_once_whatever_asks(database: Database, clock: Clock) -> None:
    for platform in (PlatformName.DISCORD, PlatformName.SLACK):
        first, later = (NewWorkspaces(database=database, now=clock) for _ in range(2))
        assert await first.is_to_be_greeted(platform, "1")
        assert not await first.is_to_be_greeted(platform, "1")
        assert not await later.is_to_be_greeted(platform, "1")
        assert await later.is_to_be_greeted(platform, "2")


async def test_one_that_uses_the_bot_already_is_not(database: Database, clock: Clock) -> None:
    known = Workspace(
        id=WorkspaceId("discord:1"), platform=PlatformName.DISCORD, external_id="1", name=""
    )
    async with database.write() as connection:
        await channels.ensure_workspace(connection, known, now=clock())
    workspaces = NewWorkspaces(database=database, now=clock)
    assert not await workspaces.is_to_be_greeted(PlatformName.DISCORD, "1")
