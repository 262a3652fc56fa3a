"""feed import and export in a chat: OPML as a file, or from an address. `exchange.py` does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.commands.caller import Caller, Reply, ReplyFile
from bot.commands.exchange import export_feeds, import_all, imported_reply
from bot.commands.feeds import FeedCommands
from bot.errors import CommandError
from bot.model.text import plain
from bot.storage import following
from bot.storage.database import Database
from bot.words import say, say_many


class TransferCommands:
    """The verbs that move many feeds at once."""

    def __init__(
        self, *, database: Database, now: Callable[[], datetime], feeds: FeedCommands
    ) -> None:
        self._database = database
        self._now = now
        self._feeds = feeds

    async def import_file(self, caller: Caller, content: bytes) -> Reply:
        """Follow every feed of an OPML document. Raises CommandError if it is none."""
        results = await import_all(
            self._database,
            content,
            workspace=caller.workspace,
            interval_s=self._feeds.interval_s,
            allow_private=self._feeds.allow_private,
            now=self._now(),
            who=caller.user,
            limits=self._feeds.limits,
        )
        return imported_reply(results)

    async def import_url(self, caller: Caller, url: str) -> Reply:
        """The same for a document at an address, fetched with all the care that feeds get."""
        return await self.import_file(caller, await self._feeds.document(url))

    async def export(self, caller: Caller) -> Reply:
        """The followed feeds as a file. Raises CommandError if there are none.

        Addresses may hold secrets of the workspace: the reply is private to who asked.
        """
        async with self._database.read() as connection:
            count = len(await following.list_follows(connection, caller.workspace.id))
        if not count:
            raise CommandError(
                say("No feed is followed yet."), hint=say("Add one: `feed add URL`.")
            )
        content = await export_feeds(self._database, caller.workspace)
        return Reply(
            title=say_many("{count} feed as OPML", "{count} feeds as OPML", count),
            lines=(plain(say("Any feed reader imports it, and so does Wirewatch.")),),
            file=ReplyFile(name="feeds.opml", content=content),
        )
