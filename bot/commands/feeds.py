"""feed add, list, remove: what a workspace reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from yarl import URL

from bot.commands.caller import Caller, Reply
from bot.commands.typed import with_commands
from bot.errors import CommandError, FeedError
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.guard import parse_feed_url
from bot.feeds.workers import ParseWorkers
from bot.model.article import ParsedFeed
from bot.model.feed import FeedState, Follow
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import channels, feeds
from bot.storage.database import Database
from bot.storage.roster import next_revision


class FeedCommands:
    """The verbs on feeds. `interval_s` is how often a new feed is polled."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: ParseWorkers,
        now: Callable[[], datetime],
        interval_s: float,
        allow_private: bool,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._interval_s = interval_s
        self._allow_private = allow_private

    async def add(self, caller: Caller, url: str, *, name: str = "") -> Reply:
        """Follow a feed after reading it once, so that a wrong address is told at once.

        Raises CommandError for a bad URL, for one that is no feed, or one followed already.
        """
        address = parse_feed_url(url, allow_private=self._allow_private)
        parsed = await self.read(str(address))
        now = self._now()
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=now)
            feed = await feeds.ensure_feed(
                connection, str(address), now=now, interval_s=self._interval_s
            )
            before = await feeds.find_follow(connection, caller.workspace.id, feed.id)
            if before is not None and not before.removed:
                raise CommandError(
                    f"“{before.name or shown_url(feed.url)}” is followed already.",
                    hint="`feed list` shows all of them.",
                )
            await feeds.put_follow(
                connection,
                workspace=caller.workspace.id,
                feed_id=feed.id,
                name=" ".join((name or parsed.title).split())[:80],
                from_file=False,
                now=now,
                revision=await next_revision(connection),
            )
        newest = sorted(parsed.articles, key=lambda one: one.published_at or now, reverse=True)[:3]
        return Reply(
            title=f"Following “{name or parsed.title or shown_url(str(address))}”",
            lines=(
                plain(f"It lists {len(parsed.articles)} articles now; the newest:"),
                *(plain(f"• {one.title or shown_url(one.url)}") for one in newest),
                plain("Its articles reach your topics from the next poll on."),
            ),
        )

    async def read(self, url: str) -> ParsedFeed:
        """Fetch and parse once. Raises CommandError in words for a person."""
        try:
            answer = await self._fetcher.fetch(url)
            if not isinstance(answer, Fetched):
                raise CommandError(f"{shown_url(url)} answered without a document.")
            return await self._workers.parse(
                answer.body, url=answer.url, content_type=answer.content_type, now=self._now()
            )
        except FeedError as error:
            raise CommandError(
                f"{shown_url(url)} cannot be read: {error.reason}.",
                hint="Check the address in a browser; it should show XML or JSON, not a page.",
            ) from error

    async def list_all(self, caller: Caller) -> Reply:
        """The workspace's feeds, with what is wrong with those that fail."""
        async with self._database.read() as connection:
            followed = await feeds.list_follows(connection, caller.workspace.id)
        if not followed:
            return Reply(title="No feeds yet", lines=(with_commands("Follow one: `feed add URL`"),))
        return Reply(
            title=f"{len(followed)} feed{'s' if len(followed) != 1 else ''}",
            lines=tuple(_line(follow, feed) for follow, feed in followed),
        )

    async def remove(self, caller: Caller, name_or_url: str) -> Reply:
        """Stop following. Raises CommandError if it is unknown, or owned by the file."""
        async with self._database.write() as connection:
            follow, feed = _find(
                await feeds.list_follows(connection, caller.workspace.id), name_or_url
            )
            if follow.from_file:
                raise CommandError(
                    f"“{display_name(follow, feed)}” belongs to the configuration file.",
                    hint="Take it out of the file.",
                )
            await feeds.remove_follow(
                connection, follow.id, revision=await next_revision(connection)
            )
            await feeds.restart_unread(connection)
        return Reply(title=f"No longer following “{display_name(follow, feed)}”")


def display_name(follow: Follow, feed: FeedState) -> str:
    """The name it was given, else its own title, else its host."""
    return follow.name or feed.title or shown_url(feed.url)


def shown_url(url: str) -> str:
    """A URL without what may be secret in it: paths and queries of feeds carry tokens."""
    parsed = URL(url)
    return f"{parsed.scheme}://{parsed.host}/…" if parsed.host else url


def _line(follow: Follow, feed: FeedState) -> RichText:
    if follow.paused:
        state = "paused"
    elif feed.failures:
        state = f"failing {feed.failures} times in a row: {feed.last_error}"
    elif feed.last_success_at is None:
        state = "not polled yet"
    else:
        state = f"read at {feed.last_success_at:%-d %b %H:%M} UTC"
    owner = "; from the configuration file" if follow.from_file else ""
    return (
        Span(text=display_name(follow, feed), mark=Mark.STRONG),
        Span(text=f"  {shown_url(feed.url)}  {state}{owner}"),
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
        f"There is no feed “{wanted}”.",
        hint=f"There are: {names}." if names else "There are none yet: `feed add URL`.",
    )
