"""The channel that a command is about, as it is stored, and times as people there read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.caller import Caller
from bot.errors import CommandError
from bot.model.channel import Channel
from bot.model.topic import Topic
from bot.storage import channels, topics
from bot.storage.attention import default_attention
from bot.storage.revisions import next_revision
from bot.words import day_and_month, say, weekday


async def channel_here(connection: AsyncConnection, caller: Caller) -> Channel | None:
    """The caller's channel; None if their workspace never put anything there. One that two
    workspaces share (Slack Connect) is a channel of each, and neither sees the other's."""
    return await channels.find_channel(
        connection, caller.here.platform, caller.here.external_id, of=caller.workspace.id
    )


async def make_channel_here(
    connection: AsyncConnection, caller: Caller, *, now: datetime
) -> Channel:
    """The caller's channel, made if it is new. Raises as `channel_here` does."""
    await channels.ensure_workspace(connection, caller.workspace, now=now)
    found = await channel_here(connection, caller)
    if found is not None:
        return found
    await channels.put_channel(
        connection,
        workspace_id=caller.workspace.id,
        platform=caller.here.platform,
        external_id=caller.here.external_id,
        name=caller.here.name,
        now=now,
        revision=await next_revision(connection),
        added_by=caller.user,
    )
    made = await channel_here(connection, caller)
    if made is None:
        raise RuntimeError("a channel that was just made is not there")
    return made


async def zone_here(connection: AsyncConnection, caller: Caller) -> str:
    """The time zone that the caller reads times in: the channel's, else the workspace's."""
    found = await channel_here(connection, caller)
    if found is not None:
        return found.attention.timezone
    workspace = await channels.get_workspace(connection, caller.workspace.id)
    timezone = workspace.timezone if workspace else caller.workspace.timezone
    return default_attention(caller.here.platform, timezone).timezone


async def topic_named(connection: AsyncConnection, caller: Caller, name: str) -> Topic:
    """The workspace's topic of that name. Raises CommandError with those that there are."""
    found = await topics.find_topic(connection, caller.workspace.id, name)
    if found is not None and not found.removed:
        return found
    standing = await topics.list_topics(connection, caller.workspace.id)
    names = ", ".join(f"“{topic.name}”" for topic in standing[:10])
    raise CommandError(
        say("There is no topic “{name}”.", name=name),
        hint=say("There are: {names}.", names=names) if names else say("None is watched yet."),
    )


def local(instant: datetime, timezone: str, *, now: datetime) -> str:
    """E.g. "18:30 Europe/Kyiv" for one within a day, else "Tue 3 Mar 18:30 Europe/Kyiv"."""
    there = instant.astimezone(ZoneInfo(timezone))
    if there.date() == now.astimezone(ZoneInfo(timezone)).date():
        return f"{there:%H:%M} {timezone}"
    return f"{weekday(there)} {day_and_month(there)} {there:%H:%M} {timezone}"
