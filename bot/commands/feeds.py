"""feed add, preview, list, health, pause, resume, remove: what a workspace reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.feed_health import all_feeds, condition_line, one_feed
from bot.commands.feed_words import contents, display_name, lasting_name, shown_url
from bot.commands.limits import NO_LIMITS, Limits
from bot.commands.reading import Found, Reading, the_one
from bot.commands.typed import with_commands
from bot.errors import CommandError, FeedError
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_feed_url
from bot.feeds.lanes import Parser
from bot.model.article import ParsedFeed
from bot.model.feed import FeedState, Follow
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import channels, feed_notices, feeds, following, pushes
from bot.storage.database import Database
from bot.storage.lag import lag
from bot.storage.revisions import next_revision
from bot.words import say, say_many

__all__ = ["FeedCommands", "display_name", "shown_url"]

PREVIEWED = 5


class FeedCommands:
    """The verbs on feeds. `interval_s` is how often a new feed is polled."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: Parser,
        now: Callable[[], datetime],
        interval_s: float,
        allow_private: bool,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._database = database
        self._reading = Reading(fetcher=fetcher, workers=workers, now=now)
        self._now = now
        self.interval_s = interval_s
        self.allow_private = allow_private
        self.limits = limits

    async def add(
        self, caller: Caller, url: str, *, name: str = "", full_text: bool = False
    ) -> Reply:
        """Follow a feed after reading it once, so that a wrong address is told at once. Of a page,
        the feed that it offers. With `full_text` its articles' pages are read for summaries.

        Raises CommandError for a bad URL, for one that is no feed, or one followed already, and
        where no more may be followed.
        """
        found = await self.find(url)
        address, parsed = found.url, found.parsed
        now = self._now()
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=now)
            feed = await feeds.ensure_feed(connection, address, now=now, interval_s=self.interval_s)
            before = await following.find_follow(connection, caller.workspace.id, feed.id)
            if before is not None and not before.removed:
                raise CommandError(
                    say("“{name}” is followed already.", name=before.name or shown_url(feed.url)),
                    hint=say("`feed list` shows all of them."),
                )
            revision = await next_revision(connection)
            await self.limits.check_feeds(connection, caller.workspace.id)
            await following.put_follow(
                connection,
                workspace=caller.workspace.id,
                feed_id=feed.id,
                name=" ".join((name or parsed.title).split())[:80],
                from_file=False,
                now=now,
                revision=revision,
                full_text=full_text,
            )
            await feeds.revive(connection, feed.id, now=now)
            called = name or parsed.title or shown_url(address)
            await note(connection, caller, Did.FEED_ADD, f"“{lasting_name(called)}”", now=now)
        return Reply(
            title=say("Following “{called}”", called=called),
            lines=(
                *contents(parsed, now=now, newest=3),
                plain(say("Its articles reach your topics from the next poll on.")),
            ),
        )

    async def document(self, url: str) -> bytes:
        """Whatever is at an address. Raises CommandError for a bad URL, or if nothing comes."""
        address = str(parse_feed_url(url, allow_private=self.allow_private))
        try:
            return await self._reading.document(address)
        except FeedError as error:
            raise CommandError(
                say(
                    "{shown_url} could not be read: {reason}.",
                    shown_url=shown_url(address),
                    reason=error.reason,
                ),
                hint=say("Check the address in a browser."),
            ) from error

    async def preview(self, caller: Caller, url: str) -> Reply:
        """What a feed, or the feeds of a page, would bring, without following any.

        Raises CommandError as `add` does.
        """
        address = str(parse_feed_url(url, allow_private=self.allow_private))
        found = await self._look(address)
        lines: list[RichText] = []
        for one in found[:PREVIEWED]:
            lines += [
                (
                    Span(text=one.parsed.title or say("untitled"), mark=Mark.STRONG),
                    Span(text="  feed add "),
                    Span(text=one.url, mark=Mark.CODE),
                ),
                *contents(one.parsed, now=self._now(), newest=5 if len(found) == 1 else 2),
            ]
        feeds_ = say_many("{count} feed", "{count} feeds", len(found))
        return Reply(
            title=say("{shown_url} has {feeds}", shown_url=shown_url(address), feeds=feeds_),
            lines=tuple(lines),
        )

    async def find(self, url: str) -> Found:
        """The one feed that an address means. Raises CommandError in words for a person."""
        address = str(parse_feed_url(url, allow_private=self.allow_private))
        return the_one(await self._look(address), shown_url(address))

    async def read(self, url: str) -> ParsedFeed:
        """Fetch and parse once, at this very address. Raises CommandError likewise."""
        try:
            return (await self._reading.read(url)).parsed
        except FeedError as error:
            raise _unreadable(url, error) from error

    async def _look(self, address: str) -> tuple[Found, ...]:
        try:
            return await self._reading.find(address)
        except FeedError as error:
            raise _unreadable(address, error) from error

    async def list_all(self, caller: Caller) -> Reply:
        """The workspace's feeds, with what is wrong with those that fail."""
        async with self._database.read() as connection:
            followed = await following.list_follows(connection, caller.workspace.id)
        if not followed:
            return Reply(
                title=say("No feeds yet"), lines=(with_commands(say("Follow one: `feed add URL`")),)
            )
        return Reply(
            title=say_many("{count} feed", "{count} feeds", len(followed)),
            lines=tuple(
                condition_line(display_name(follow, feed), follow, feed, now=self._now())
                for follow, feed in followed
            ),
        )

    async def health(self, caller: Caller, name_or_url: str = "") -> Reply:
        """How the workspace's feeds do, those in trouble first; or one of them, in full."""
        now = self._now()
        async with self._database.read() as connection:
            followed = await following.list_follows(connection, caller.workspace.id)
            owed = await feed_notices.due_notices(connection, workspace=caller.workspace.id)
            measured = await lag(connection, caller.workspace.id, now=now)
            agreed = await pushes.pushes_of(connection, [feed.id for _, feed in followed])
        if not followed:
            return Reply(
                title=say("No feeds yet"), lines=(with_commands(say("Follow one: `feed add URL`")),)
            )
        notices = owed.get(caller.workspace.id, [])
        if name_or_url:
            follow, feed = _find(followed, name_or_url)
            due = next((one for one in notices if one.feed == feed.id), None)
            return one_feed(
                display_name(follow, feed), follow, feed, due, agreed.get(feed.id), now=now
            )
        named = [(display_name(follow, feed), follow, feed) for follow, feed in followed]
        return all_feeds(named, measured, agreed, now=now)

    async def pause(self, caller: Caller, name_or_url: str) -> Reply:
        """Stop reading a feed for this workspace, until `resume`."""
        name = await self._set_paused(caller, name_or_url, paused=True)
        return Reply(
            title=say("“{name}” is paused", name=name),
            lines=(plain(say("What it lists meanwhile is old news when you resume it.")),),
        )

    async def resume(self, caller: Caller, name_or_url: str) -> Reply:
        """Read a paused feed again; one that was given up as gone, or that fails, at once."""
        name = await self._set_paused(caller, name_or_url, paused=False)
        return Reply(title=say("“{name}” is read again", name=name))

    async def _set_paused(self, caller: Caller, name_or_url: str, *, paused: bool) -> str:
        async with self._database.write() as connection:
            follow, feed = _find(
                await following.list_follows(connection, caller.workspace.id), name_or_url
            )
            name = display_name(follow, feed)
            if follow.paused and paused:
                raise CommandError(
                    say("“{name}” is paused already.", name=name),
                    hint=say("`feed resume` undoes it."),
                )
            revision = await next_revision(connection)
            await following.pause_follow(connection, follow.id, paused=paused, revision=revision)
            if paused:
                await feeds.restart_unread(connection)
            else:
                await feeds.revive(connection, feed.id, now=self._now())
            did = Did.FEED_PAUSE if paused else Did.FEED_RESUME
            await note(connection, caller, did, f"“{lasting_name(name)}”", now=self._now())
        return name

    async def remove(self, caller: Caller, name_or_url: str) -> Reply:
        """Stop following. Raises CommandError if it is unknown, or owned by the file."""
        async with self._database.write() as connection:
            follow, feed = _find(
                await following.list_follows(connection, caller.workspace.id), name_or_url
            )
            if follow.from_file:
                raise CommandError(
                    say(
                        "“{display_name}” belongs to the configuration file.",
                        display_name=display_name(follow, feed),
                    ),
                    hint=say("Take it out of the file."),
                )
            await following.remove_follow(
                connection, follow.id, revision=await next_revision(connection)
            )
            await feeds.restart_unread(connection)
            name = display_name(follow, feed)
            left = f"“{lasting_name(name)}”"
            await note(connection, caller, Did.FEED_REMOVE, left, now=self._now())
        return Reply(title=say("No longer following “{name}”", name=name))


def _unreadable(url: str, error: FeedError) -> CommandError:
    return CommandError(
        say("{shown_url} cannot be read: {reason}.", shown_url=shown_url(url), reason=error.reason),
        hint=say(
            "Check the address in a browser; it should show XML or JSON, or a page that"
            " links to its feed."
        ),
    )


def _find(
    followed: tuple[tuple[Follow, FeedState], ...], name_or_url: str
) -> tuple[Follow, FeedState]:
    wanted = name_or_url.strip()
    for follow, feed in followed:
        if wanted == feed.url or wanted.casefold() == display_name(follow, feed).casefold():
            return follow, feed
    names = ", ".join(f"“{display_name(*one)}”" for one in followed[:10])
    raise CommandError(
        say("There is no feed “{wanted}”.", wanted=wanted),
        hint=say("There are: {names}.", names=names)
        if names
        else say("There are none yet: `feed add URL`."),
    )
