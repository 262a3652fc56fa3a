"""import and export: a workspace's feeds as OPML."""

from __future__ import annotations

from datetime import datetime

from bot.commands.caller import Reply
from bot.commands.feeds import display_name
from bot.errors import CommandError
from bot.feeds.guard import parse_feed_url
from bot.feeds.opml import OpmlFeed, parse_opml, write_opml
from bot.model.channel import Workspace
from bot.model.text import plain
from bot.storage import channels, feeds
from bot.storage.database import Database
from bot.storage.roster import next_revision


async def import_feeds(
    database: Database,
    content: bytes,
    *,
    workspace: Workspace,
    interval_s: float,
    allow_private: bool,
    now: datetime,
) -> Reply:
    """Follow every feed of an OPML document; a bad one is named and the others go in.

    Raises CommandError if the document is no OPML. Feeds are read at their first poll.
    """
    good: list[OpmlFeed] = []
    bad: list[str] = []
    for one in parse_opml(content):
        try:
            url = parse_feed_url(one.url, allow_private=allow_private)
        except CommandError as error:
            bad.append(f"{one.name or one.url}: {error.message}")
        else:
            good.append(OpmlFeed(url=str(url), name=one.name, category=one.category))
    added = 0
    async with database.write() as connection:
        await channels.ensure_workspace(connection, workspace, now=now)
        revision = await next_revision(connection)
        for one in good:
            feed = await feeds.ensure_feed(connection, one.url, now=now, interval_s=interval_s)
            before = await feeds.find_follow(connection, workspace.id, feed.id)
            if before is not None and not before.removed:
                continue
            await feeds.put_follow(
                connection,
                workspace=workspace.id,
                feed_id=feed.id,
                name=one.name,
                from_file=False,
                now=now,
                revision=revision,
            )
            added += 1
    known = len(good) - added
    lines = [f"{known} were followed already."] if known else []
    lines += [f"Not added: {problem}" for problem in bad]
    return Reply(
        title=f"Following {added} more feed{'s' if added != 1 else ''}",
        lines=tuple(plain(line) for line in lines),
        ok=not bad,
    )


async def export_feeds(database: Database, workspace: Workspace) -> bytes:
    """The feeds that the workspace follows, as OPML 2.0."""
    async with database.read() as connection:
        followed = await feeds.list_follows(connection, workspace.id)
    return write_opml(
        [
            OpmlFeed(url=feed.url, name=display_name(follow, feed), category="")
            for follow, feed in followed
        ],
        title=f"Wirewatch feeds of {workspace.name or workspace.id}",
    )
