"""import and export: a workspace's feeds as OPML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.audit import Did
from bot.commands.caller import Reply
from bot.commands.feeds import display_name
from bot.commands.limits import NO_LIMITS, Limits
from bot.errors import CommandError
from bot.feeds.guard import parse_feed_url
from bot.feeds.opml import OpmlFeed, parse_opml, write_opml
from bot.model.channel import Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import plain
from bot.storage import audit, channels, following
from bot.storage.audit import Audited
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.words import ENGLISH, say, say_many, speaking

NAMED = 50
AT_ONCE = 200
"""Feeds in one transaction: a running bot gets its turn in between."""

Progress = Callable[[int, int], None]
"""Told how many feeds of how many are dealt with."""


class Result(StrEnum):
    """What became of one feed of the document."""

    ADDED = "added"
    KNOWN = "followed already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One feed of the document: what became of it, and why if it was refused."""

    name: str
    url: str
    result: Result
    reason: str = ""


async def import_all(
    database: Database,
    content: bytes,
    *,
    workspace: Workspace,
    interval_s: float,
    allow_private: bool,
    now: datetime,
    who: str = "",
    limits: Limits = NO_LIMITS,
    progress: Progress = lambda _done, _all: None,
) -> tuple[Imported, ...]:
    """Follow every feed of an OPML document; a bad one is named and the others go in. Returns what
    became of each, in the document's order. `who` asks for it, "" being somebody at a terminal;
    the feeds beyond what the workspace may follow are refused.

    Raises CommandError if the document is no OPML. Feeds are read at their first poll. A crash
    half way leaves whole transactions behind: the same import again does the rest.
    """
    listed = [_judged(one, allow_private=allow_private) for one in parse_opml(content)]
    async with database.write() as connection:
        await channels.ensure_workspace(connection, workspace, now=now)
    results: list[Imported] = []
    for start in range(0, len(listed), AT_ONCE):
        some = listed[start : start + AT_ONCE]
        async with database.write() as connection:
            revision = await next_revision(connection)
            some = await _within(connection, some, limits, workspace.id)
            follows: dict[str, str] = {}
            for one in some:
                if one.result is not Result.REFUSED:
                    follows.setdefault(one.url, one.name)
            added = await following.follow_many(
                connection,
                follows,
                workspace=workspace.id,
                interval_s=interval_s,
                now=now,
                revision=revision,
            )
            if added:
                with speaking(ENGLISH):
                    said = say_many("{count} feed", "{count} feeds", len(added))
                told = Audited(at=now, who=who, what=Did.FEED_IMPORT, detail=said, channel="")
                await audit.record(connection, workspace.id, told)
        for one in some:
            is_new = one.url in added and one.result is not Result.REFUSED
            results.append(replace(one, result=Result.ADDED) if is_new else one)
            added.discard(one.url)
        progress(len(results), len(listed))
    return tuple(results)


async def _within(
    connection: AsyncConnection, some: list[Imported], limits: Limits, workspace: WorkspaceId
) -> list[Imported]:
    """With those refused for which there is no room; what is followed already takes none."""
    room = await limits.room_for_feeds(connection, workspace)
    if room is None:
        return some
    follows = await following.list_follows(connection, workspace)
    known = {url for _, feed in follows for url in (feed.url, feed.lives_at) if url}
    judged = []
    for one in some:
        if one.result is not Result.REFUSED and one.url not in known:
            if room == 0:
                one = replace(one, result=Result.REFUSED, reason=limits.no_feed_more())
            else:
                room -= 1
                known.add(one.url)
        judged.append(one)
    return judged


def _judged(one: OpmlFeed, *, allow_private: bool) -> Imported:
    try:
        url = str(parse_feed_url(one.url, allow_private=allow_private))
    except CommandError as error:
        return Imported(name=one.name, url=one.url, result=Result.REFUSED, reason=error.message)
    return Imported(name=one.name, url=url, result=Result.KNOWN)


def imported_reply(results: Sequence[Imported]) -> Reply:
    """The sum of it, and each feed that was refused."""
    count = Counter(one.result for one in results)
    added, known = count[Result.ADDED], count[Result.KNOWN]
    lines = [say("{known} were followed already.", known=known)] if known else []
    refused = [one for one in results if one.result is Result.REFUSED]
    lines += [
        say("Not added: {name}: {reason}", name=one.name or one.url[:80], reason=one.reason)
        for one in refused[:NAMED]
    ]
    if len(refused) > NAMED:
        lines.append(say("… and {value} more were not added.", value=len(refused) - NAMED))
    return Reply(
        title=say_many("Following {count} more feed", "Following {count} more feeds", added),
        lines=tuple(plain(line) for line in lines),
        ok=not refused,
    )


async def export_feeds(database: Database, workspace: Workspace) -> bytes:
    """The feeds that the workspace follows, as OPML 2.0."""
    async with database.read() as connection:
        followed = await following.list_follows(connection, workspace.id)
    return write_opml(
        [
            OpmlFeed(url=feed.url, name=display_name(follow, feed), category="")
            for follow, feed in followed
        ],
        title=say("Wirewatch feeds of {name}", name=workspace.name or workspace.id),
    )
