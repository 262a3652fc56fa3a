"""What a platform takes away is set aside, and nothing of anybody else's."""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.commands.departures import Departures
from bot.commands.newcomers import NewWorkspaces
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.tables import channel, workspace
from tests.clock import START


async def test_a_lost_workspace_or_channel_is_set_aside(database: Database) -> None:
    async with database.write() as connection:
        for guild, ids in (("1", ("10", "11")), ("2", ("20",))):
            owner = Workspace(
                id=WorkspaceId(f"discord:{guild}"),
                platform=PlatformName.DISCORD,
                external_id=guild,
            )
            await channels.ensure_workspace(connection, owner, now=START)
            for id_ in ids:
                await channels.put_channel(
                    connection,
                    workspace_id=owner.id,
                    platform=PlatformName.DISCORD,
                    external_id=id_,
                    name=id_,
                    now=START,
                    revision=1,
                )
    departures = Departures(database=database, now=lambda: START)
    discord = PlatformName.DISCORD
    assert await departures.record(discord, workspace="1", channel="10", reason="deleted") == 1
    assert await departures.record(discord, workspace="2", channel="11", reason="deleted") == 0
    assert await departures.record(discord, workspace="1", channel="", reason="kicked") == 1
    assert await departures.record(discord, workspace="1", channel="", reason="kicked") == 0
    async with database.read() as connection:
        rows = await connection.execute(select(channel.c.name, channel.c.disabled_reason))
        reasons = {row.name: re.split("[:.]", row.disabled_reason or "")[0] for row in rows}
        left = await connection.execute(select(workspace.c.id, workspace.c.left_at))
        assert {row.id: row.left_at for row in left} == {"discord:1": START, "discord:2": None}
    assert reasons == {"10": "deleted", "11": "kicked", "20": ""}


async def test_who_comes_back_has_not_left(database: Database) -> None:
    owner = Workspace(id=WorkspaceId("discord:1"), platform=PlatformName.DISCORD, external_id="1")

    async def left() -> bool:
        async with database.read() as connection:
            rows = await connection.execute(select(workspace.c.left_at))
            return rows.scalar_one() is not None

    departures = Departures(database=database, now=lambda: START)
    arrivals = NewWorkspaces(database=database, now=lambda: START)
    async with database.write() as connection:
        await channels.ensure_workspace(connection, owner, now=START)
    await departures.record(owner.platform, workspace="1", channel="10", reason="deleted")
    assert not await left()
    await departures.record(owner.platform, workspace="1", channel="", reason="kicked")
    assert await left()
    assert not await arrivals.is_to_be_greeted(owner.platform, "1")
    assert not await left()
    await departures.record(owner.platform, workspace="1", channel="", reason="kicked")
    async with database.write() as connection:  # as every command does that changes something
        await channels.ensure_workspace(connection, owner, now=START)
    assert not await left()
