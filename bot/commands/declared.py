"""Makes the database agree with the configuration file, at start. Touches only its own rows.

What the file names is made, revived or changed and marked `from_file`; what it named before and
names no more is marked removed, never deleted, so that its return alerts nothing again. Of a
topic made in chat under a name that the file now uses, the file takes over and history stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.feeds import shown_url
from bot.commands.file_wishes import WishWriter
from bot.errors import CommandError, DeliveryError, QueryError, SettingsError
from bot.feeds.guard import parse_feed_url
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import LOCAL, ChannelId, FeedId, TopicId, WorkspaceId
from bot.model.layout import template_named
from bot.model.platform import Platform
from bot.settings import ChannelEntry, Settings
from bot.storage import channels, declared, feeds, following, topics
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.topics.query import parse

LOCAL_WORKSPACE = Workspace(
    id=LOCAL, platform=PlatformName.CONSOLE, external_id="local", name="this installation"
)
TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What was applied. `problems` are channels that could not be reached, in words."""

    feeds: int
    topics: int
    channels: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    entry: ChannelEntry
    workspace: Workspace
    name: str


def effective_channels(settings: Settings) -> tuple[ChannelEntry, ...]:
    """The file's channels; with none, and no chat connected, the terminal hears every topic."""
    if settings.channel or settings.chat_configured:
        return settings.channel
    return (
        ChannelEntry(
            platform=PlatformName.CONSOLE,
            id=TERMINAL,
            topics=tuple(entry.name for entry in settings.topic),
        ),
    )


def check_references(settings: Settings) -> None:
    """Raises SettingsError for a query that does not read, a bad URL, or an unknown name."""
    for topic in settings.topic:
        try:
            parse(topic.query)
        except QueryError as error:
            raise SettingsError(
                f"topic “{topic.name}”: {error.message}\n{error.pointer()}\n{error.hint}".rstrip()
            ) from error
    _check_feeds(settings)
    names = {topic.name for topic in settings.topic}
    if len({name.casefold() for name in names}) < len(settings.topic):
        raise SettingsError("two [[topic]] have the same name: give each its own")
    sources = {feed.name for feed in settings.feed} | {feed.url for feed in settings.feed}
    for channel in settings.channel:
        for name in channel.topics:
            if name not in names:
                raise SettingsError(f"channel {channel.id}: there is no [[topic]] “{name}”")
        for name in channel.every_article_from:
            if name not in sources:
                raise SettingsError(f"channel {channel.id}: there is no [[feed]] “{name}”")


def _check_feeds(settings: Settings) -> None:
    for feed in settings.feed:
        try:
            parse_feed_url(feed.url, allow_private=settings.polling.allow_private_addresses)
        except CommandError as error:
            raise SettingsError(
                f"feed {feed.name or shown_url(feed.url)}: {error.message} {error.hint}".rstrip()
            ) from error


async def apply_file(
    database: Database,
    settings: Settings,
    platforms: Mapping[PlatformName, Platform],
    *,
    now: datetime,
    elsewhere: bool = False,
) -> Declared:
    """Apply it all in one transaction. Raises SettingsError before anything is changed. With
    `elsewhere` other processes have the other platforms: their channels stay as they are known."""
    check_references(settings)
    resolved, unasked, problems = await _resolve(
        effective_channels(settings), platforms, elsewhere=elsewhere
    )
    async with database.write() as connection:
        # Not before: another process may just have made known what this one must not disown.
        for entry in unasked:
            if (one := await _as_known(connection, entry)) is not None:
                resolved.append(one)
        writer = _Writer(connection, settings, now, await next_revision(connection))
        await writer.apply(resolved)
    return Declared(
        feeds=len(settings.feed),
        topics=len(settings.topic),
        channels=len(resolved),
        problems=tuple(problems),
    )


async def _resolve(
    entries: tuple[ChannelEntry, ...],
    platforms: Mapping[PlatformName, Platform],
    *,
    elsewhere: bool,
) -> tuple[list[_Resolved], list[ChannelEntry], list[str]]:
    """Find the workspace of each channel: its platform knows it. Those that could not be asked for
    are as we knew them before."""
    resolved: list[_Resolved] = []
    unasked: list[ChannelEntry] = []
    problems: list[str] = []
    for entry in entries:
        platform = platforms.get(entry.platform)
        if platform is None:
            if not elsewhere:
                missing = f"no token for {entry.platform} is set"
                problems.append(f"{entry.platform} {entry.id}: {missing}")
            else:
                unasked.append(entry)
            continue
        try:
            probe = await platform.probe(entry.id)
        except DeliveryError as error:
            problems.append(f"{entry.platform} {entry.id}: {error.reason}")
            unasked.append(entry)
            continue
        problems += [f"{entry.platform} {entry.id}: {problem}" for problem in probe.problems]
        workspace = _workspace(entry.platform, probe.workspace, probe.workspace_name)
        resolved.append(_Resolved(entry=entry, workspace=workspace, name=probe.name))
    return resolved, unasked, problems


async def _as_known(connection: AsyncConnection, entry: ChannelEntry) -> _Resolved | None:
    """The channel as it was when its platform could be asked."""
    known = await channels.find_channel(connection, entry.platform, entry.id)
    if known is None:
        return None
    workspace = _workspace(entry.platform, known.workspace.partition(":")[2], "")
    return _Resolved(entry=entry, workspace=workspace, name=known.name)


def _workspace(platform: PlatformName, external_id: str, name: str) -> Workspace:
    if not external_id or platform in (PlatformName.CONSOLE, PlatformName.WEBHOOK):
        return LOCAL_WORKSPACE
    id_ = WorkspaceId(f"{platform}:{external_id}")
    return Workspace(id=id_, platform=platform, external_id=external_id, name=name)


class _Writer:
    """One application of the file, within one transaction."""

    def __init__(
        self, connection: AsyncConnection, settings: Settings, now: datetime, revision: int
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._now = now
        self._revision = revision
        self._wishes = WishWriter(connection, revision)

    async def apply(self, resolved: list[_Resolved]) -> None:
        """Disown everything, then own what the file names: what stays disowned is removed."""
        await declared.disown_all(self._connection, revision=self._revision)
        await self._wishes.begin()
        workspaces = {one.workspace.id: one.workspace for one in resolved}
        workspaces.setdefault(LOCAL, LOCAL_WORKSPACE)
        for workspace in workspaces.values():
            await channels.ensure_workspace(self._connection, workspace, now=self._now)
            await self._wishes.workspace(workspace.id, self._settings.workspace)
            feed_ids = await self._feeds(workspace.id)
            topic_ids = await self._topics(workspace.id)
            for one in resolved:
                if one.workspace.id == workspace.id:
                    await self._channel(one, feed_ids, topic_ids)
        await self._wishes.keep()
        await declared.remove_disowned(self._connection, revision=self._revision)
        await feeds.restart_unread(self._connection)
        # What stopped a channel may be mended by now; if not, the next send says so again.
        await channels.enable_all(self._connection, revision=self._revision)

    async def _feeds(self, workspace: WorkspaceId) -> dict[str, FeedId]:
        """Follow the file's feeds; returns them by name and by URL."""
        polling = self._settings.polling
        found: dict[str, FeedId] = {}
        for entry in self._settings.feed:
            url = str(parse_feed_url(entry.url, allow_private=polling.allow_private_addresses))
            feed = await feeds.ensure_feed(
                self._connection, url, now=self._now, interval_s=polling.interval_minutes * 60
            )
            await following.put_follow(
                self._connection,
                workspace=workspace,
                feed_id=feed.id,
                name=entry.name,
                from_file=True,
                now=self._now,
                revision=self._revision,
                full_text=entry.full_text,
            )
            found[entry.url] = feed.id
            if entry.name:
                found[entry.name] = feed.id
        return found

    async def _topics(self, workspace: WorkspaceId) -> dict[str, TopicId]:
        return {
            entry.name: await topics.put_topic(
                self._connection,
                workspace=workspace,
                name=entry.name,
                query=entry.query,
                from_file=True,
                now=self._now,
                revision=self._revision,
                urgent=entry.urgent,
            )
            for entry in self._settings.topic
        }

    async def _channel(
        self, one: _Resolved, feed_ids: dict[str, FeedId], topic_ids: dict[str, TopicId]
    ) -> None:
        channel: ChannelId = await channels.put_channel(
            self._connection,
            workspace_id=one.workspace.id,
            platform=one.entry.platform,
            external_id=one.entry.id,
            name=one.name,
            now=self._now,
            revision=self._revision,
        )
        subjects: list[tuple[TopicId | None, FeedId | None]] = [
            *((topic_ids[name], None) for name in one.entry.topics),
            *((None, feed_ids[name]) for name in one.entry.every_article_from),
        ]
        for topic_id, feed_id in subjects:
            await topics.put_subscription(
                self._connection,
                workspace=one.workspace.id,
                channel=channel,
                topic_id=topic_id,
                feed_id=feed_id,
                from_file=True,
                now=self._now,
                revision=self._revision,
                gate=one.entry.outlets_needed,
                updates=one.entry.updates,
                template=template_named(one.entry.template),
            )
        await self._wishes.channel(channel, one.entry)
