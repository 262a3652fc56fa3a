"""settings export: all that a workspace owns, as JSON Lines in a ZIP; each table is one file.

What is in which file says `about.json`, and docs/operate/export.md in more words. Who may ask is
decided by the adapters.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, aclosing
from datetime import datetime
from typing import IO, Any

from bot import __version__
from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply, ReplyFile
from bot.commands.exchange import export_feeds
from bot.errors import CommandError
from bot.model.channel import Workspace
from bot.model.text import plain
from bot.storage.database import Database
from bot.storage.owned import NAMES, left_out, rows_of
from bot.words import say, say_many

FORMAT = 1
"""Of the files: raised when something that a reader may rely on changes its meaning."""
MOST_BYTES = 8_000_000
"""Of a file in a chat: Discord takes 10 MB of anybody.
https://support.discord.com/hc/en-us/articles/25444343291031"""
FILES: Mapping[str, str] = {
    "workspace": "the workspace itself: name, time zone, where notices go",
    "alert": "what was to be told: one for each story and channel, with its state and why it waits",
    "alias_group": "the workspace's own names that mean the same",
    "article": "the articles that a topic or a followed feed brought to one of its channels",
    "attempt": "each time a chat was asked to post or edit, and how that ended",
    "audit": "who changed what, for a year",
    "channel": "the channels, with their settings",
    "decision": "what became of an article for a subscription, and why",
    "delivery": "messages: which channel shows or shall show what, and since when",
    "digest": "digests that were cut: their channel and the time they cover",
    "digest_line": "which alert stands in which digest",
    "feed": "the feeds that are or were followed",
    "feed_notice": "changes of a feed's health that the workspace was told of",
    "follow": "the workspace's use of a feed: its name, pause, options",
    "match": "which article met which topic, with the words that did",
    "proposal": "edits of a query that were offered and not taken up yet",
    "slack_team": "who installed the hosted Slack app, and when; without its token",
    "subscription": "which channel hears of which topic or feed, with its rules",
    "topic": "what is looked for: a name and a query",
    "usual": "how much is usual for a topic, hour by hour",
    "written_summary": "summaries that a model wrote for alerts",
}
"""What each file holds; `NAMES` are the same, which a test holds up."""

OpenFile = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Opens one file of the export, by its name, to be written."""


async def write_export(
    database: Database,
    workspace: Workspace,
    open_file: OpenFile,
    *,
    person: str,
    now: datetime,
    check: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Write every file, as all of it stood at one moment. Returns the rows of each table.

    `person` is who is shown what they follow for themselves, "" nobody. `check` is called after
    each piece, and may raise to give it up.
    """
    counts = dict.fromkeys(NAMES, 0)
    async with database.read() as connection:
        for name in NAMES:
            rows = rows_of(connection, name, workspace.id, person=person)
            with open_file(f"{name}.jsonl") as file:
                async with aclosing(rows) as batches:
                    async for batch in batches:
                        file.write("".join(map(_line, batch)).encode("utf-8", "surrogatepass"))
                        counts[name] += len(batch)
                        check()
        others = await left_out(connection, workspace.id, person=person)
    with open_file("feeds.opml") as file:
        file.write(await export_feeds(database, workspace))
    with open_file("about.json") as file:
        file.write(json.dumps(_about(workspace, counts, others, now=now), indent=2).encode())
    check()
    return counts


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _about(
    workspace: Workspace, counts: Mapping[str, int], others: Mapping[str, int], *, now: datetime
) -> dict[str, Any]:
    files = {f"{name}.jsonl": {"rows": counts[name], "holds": FILES[name]} for name in NAMES}
    return {
        "format": FORMAT,
        "wirewatch": __version__,
        "workspace": workspace.id,
        "exported_at": now.isoformat(),
        "files": files | {"feeds.opml": {"holds": "the followed feeds, for any feed reader"}},
        "left_out": {"what other people follow for themselves": others},
    }


class ExportCommands:
    """The verb in a chat."""

    def __init__(
        self, *, database: Database, now: Callable[[], datetime], most_bytes: int = MOST_BYTES
    ) -> None:
        self._database = database
        self._now = now
        self._most_bytes = most_bytes

    async def export(self, caller: Caller) -> Reply:
        """All that the caller's workspace owns, with what the caller follows in person. Raises
        CommandError if it is more than a chat takes."""
        now, made = self._now(), io.BytesIO()

        def check() -> None:
            if made.tell() > self._most_bytes:
                megabytes = self._most_bytes // 1_000_000
                raise CommandError(
                    say("This is more than the {megabytes} MB that fit here.", megabytes=megabytes),
                    hint=say(
                        "Ask whoever runs the bot for it: "
                        "wirewatch workspace export {workspace} --to FILE.zip",
                        workspace=caller.workspace.id,
                    ),
                )

        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            counts = await write_export(
                self._database,
                caller.workspace,
                lambda name: packed.open(name, "w"),
                person=caller.user,
                now=now,
                check=check,
            )
        rows = sum(counts.values())
        async with self._database.write() as connection:
            if counts["workspace"]:  # else there is nothing that could be noted for anybody
                await note(connection, caller, Did.SETTINGS_EXPORT, f"{rows} rows", now=now)
        topics, alerts = counts["topic"], counts["alert"]
        return Reply(
            title=say_many("{count} row of this workspace", "{count} rows of this workspace", rows),
            lines=(
                plain(
                    say(
                        "Topics: {topics}; alerts: {alerts}; about.json says what is where.",
                        topics=topics,
                        alerts=alerts,
                    )
                ),
                plain(
                    say(
                        "The addresses of feeds may hold secrets, and the log of changes names "
                        "people: keep it to yourself."
                    )
                ),
            ),
            file=ReplyFile(name=f"wirewatch-{now:%Y-%m-%d}.zip", content=made.getvalue()),
        )
