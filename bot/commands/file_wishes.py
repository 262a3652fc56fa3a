"""The configuration file's wishes -> the channels: what it says counts from each start on, and what
it says no more returns to the default. What it is silent about is left to chat."""

from __future__ import annotations

from dataclasses import fields, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.attention import Attention, parse_attention, parse_timezone
from bot.model.ids import ChannelId, WorkspaceId
from bot.model.mention import parse_mention
from bot.settings import ChannelEntry, WorkspaceSettings
from bot.storage import channels, holds, topics
from bot.storage.attention import default_attention
from bot.storage.file_wishes import channel_key, file_wishes, keep_file_wishes, workspace_key

_PARTS = {
    "rhythm": ("rhythm", "at", "weekday"),
    "quiet": ("quiet_from", "quiet_to"),
    "budget": ("budget",),
    "on_doubt": ("on_doubt",),
    "all_quiet": ("all_quiet",),
    "timezone": ("timezone",),
    "crosspost": ("crosspost",),
    "tags": ("tags",),
}
"""Each wish, and the fields of Attention that it is made of."""
_OF_SOME_KINDS = frozenset({"crosspost", "tags"})
"""Those of some kinds of channels alone, which are kept as they are written."""


class WishWriter:
    """One application of the file in one transaction: `begin`, each owner, then `keep`."""

    def __init__(self, connection: AsyncConnection, revision: int) -> None:
        self._connection = connection
        self._revision = revision
        self._before: dict[str, frozenset[str]] = {}
        self._now: dict[str, frozenset[str]] = {}

    async def begin(self) -> None:
        """Read what the file said the last time."""
        self._before = await file_wishes(self._connection)

    async def workspace(self, workspace_id: WorkspaceId, said: WorkspaceSettings) -> None:
        """The workspace's time zone, before those of its channels."""
        key = workspace_key(workspace_id)
        if said.timezone is not None:
            self._now[key] = frozenset({"timezone"})
            await self._zone(workspace_id, parse_timezone(said.timezone))
        elif self._before.get(key):
            await self._zone(workspace_id, "UTC")

    async def _zone(self, workspace_id: WorkspaceId, timezone: str) -> None:
        standing = await channels.get_workspace(self._connection, workspace_id)
        if standing is not None and standing.timezone != timezone:
            await channels.set_workspace(
                self._connection, workspace_id, timezone=timezone, revision=self._revision
            )
            known = await channels.list_channels(self._connection, workspace_id)
            await holds.look_again(self._connection, [one.id for one in known])

    async def channel(self, channel_id: ChannelId, entry: ChannelEntry) -> None:
        """The channel's own wishes, and whom its topics ping."""
        said: dict[str, str | int | None] = {
            "rhythm": entry.digest,
            "quiet": entry.quiet,
            "budget": entry.alerts_an_hour,
            "on_doubt": entry.on_doubt,
            "all_quiet": entry.all_quiet,
            "timezone": entry.timezone,
            "crosspost": entry.crosspost,
            "tags": entry.tags,
        }
        said = {name: value for name, value in said.items() if value is not None}
        self._now[channel_key(channel_id)] = frozenset(said)
        await self._apply(channel_id, said)
        await self._mentions(channel_id, entry)

    async def _apply(self, channel_id: ChannelId, said: dict[str, str | int | None]) -> None:
        known = await channels.channels_by_id(self._connection, [channel_id])
        channel = known[channel_id]
        workspace = await channels.get_workspace(self._connection, channel.workspace)
        default = default_attention(channel.platform, workspace.timezone if workspace else "UTC")
        forgotten = self._before.get(channel_key(channel_id), frozenset()) | set(said)
        own = {name: value for name, value in said.items() if name in _OF_SOME_KINDS}
        said = {name: value for name, value in said.items() if name not in own}
        wanted = parse_attention(
            replace(_without(channel.attention, forgotten, default), **own),  # type: ignore[arg-type]
            **said,  # type: ignore[arg-type]
        )
        if wanted != channel.attention:
            await channels.set_attention(self._connection, channel, wanted, revision=self._revision)
            await holds.look_again(self._connection, [channel_id])

    async def _mentions(self, channel_id: ChannelId, entry: ChannelEntry) -> None:
        """Whoever writes the file runs the bot: it may ping whomever the bot may."""
        known = await channels.channels_by_id(self._connection, [channel_id])
        workspace = known[channel_id].workspace
        mention = parse_mention(entry.mention) if entry.mention else None
        for one in await topics.list_subscriptions(self._connection, workspace):
            if one.channel == channel_id and one.from_file and one.mention != mention:
                await topics.set_mention(
                    self._connection, one.id, mention=mention, by="", revision=self._revision
                )

    async def keep(self) -> None:
        """Forget the wishes of the channels that the file names no more, and remember the rest."""
        for key in sorted(self._before.keys() - self._now.keys()):
            kind, _, id_ = key.partition(" ")
            if kind == "channel":
                await self._apply(ChannelId(int(id_)), {})
            else:
                await self._zone(WorkspaceId(id_), "UTC")
        await keep_file_wishes(self._connection, self._now)


def _without(attention: Attention, wishes: frozenset[str], default: Attention) -> Attention:
    """`attention` with these wishes at their defaults."""
    parts = {part for wish in wishes for part in _PARTS[wish]}
    changed = {
        field.name: getattr(default, field.name)
        for field in fields(attention)
        if field.name in parts
    }
    return replace(attention, **changed)
