"""settings test: a message that says it is one, so that people see whether the bot can post here.

It goes the way of every message, as a notice; whether the bot may post was asked by the adapter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from bot.alerts.example import example_alert
from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.here import make_channel_here
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.text import flat, plain
from bot.storage import channels, deliveries
from bot.storage.database import Database
from bot.storage.notices import put_notice
from bot.storage.revisions import next_revision
from bot.words import later, say

TITLE = later("This is a test: alerts can be posted here")
_OUTLETS = 3


class RehearsalCommands:
    """The verb test, of settings."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def post(self, caller: Caller) -> Reply:
        """Want a test message in the caller's channel, and switch the channel on if it was off.

        Raises CommandError for a second test in a minute.
        """
        now = self._now()
        where = caller.here.name or caller.here.external_id
        async with self._database.write() as connection:
            channel = await make_channel_here(connection, caller, now=now)
            named = f"test/{channel.workspace}/{channel.id}/{now:%Y-%m-%dT%H:%M}"
            key = blake2b(named.encode(), digest_size=10).hexdigest()
            if await deliveries.find_by_key(connection, key) is not None:
                raise CommandError(
                    say(
                        "A test message for {where} was asked for within this minute.", where=where
                    ),
                    hint=say("Wait for it; `settings show` says if nothing can be sent there."),
                )
            if channel.disabled_reason is not None:
                await channels.put_channel(
                    connection,
                    workspace_id=channel.workspace,
                    platform=channel.platform,
                    external_id=channel.external_id,
                    name=channel.name,
                    now=now,
                    revision=await next_revision(connection),
                    added_by=caller.user,
                )
            await put_notice(
                connection, channel, key=key, title=say(TITLE), lines=_lines(now), now=now
            )
            await note(connection, caller, Did.SETTINGS_TEST, "a test message", now=now)
        return Reply(
            title=say("A test message is on its way to {where}", where=where),
            lines=(
                plain(say("It comes within seconds, whatever the quiet hours and digests are.")),
                with_commands(say("If it does not, `settings show` says what is in the way.")),
            ),
        )


def _lines(now: datetime) -> list[str]:
    """What it is, and what an alert would say, in words: nothing of it happened."""
    alert = example_alert(now, outlets=_OUTLETS)
    outlets = ", ".join(source.outlet for source in alert.sources)
    return [
        say("Somebody asked for it with “settings test”. Alerts arrive the same way."),
        say(
            "A made-up one: “{headline}”, reported by {outlets}.",
            headline=flat(alert.headline),
            outlets=outlets,
        ),
    ]
