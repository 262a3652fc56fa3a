"""settings crosspost and settings tags: what kinds of channels have that others have not.

The adapter has checked that the channel is of that kind: only it can know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.here import make_channel_here
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.attention import Attention
from bot.model.text import plain
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.file_wishes import channel_key, file_wishes
from bot.storage.revisions import next_revision
from bot.words import say


class PublishingCommands:
    """The two verbs."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def crosspost(self, caller: Caller, *, publish: bool) -> Reply:
        """Publish what is posted in an announcement channel from now on, or do not any more.

        Raises CommandError for what is the configuration file's, as `tags` does.
        """
        words = "on" if publish else "off"
        await self._keep(
            caller,
            lambda now: replace(now, crosspost=publish),
            Did.CROSSPOST,
            wish="crosspost",
            words=words,
        )
        name = caller.here.name or caller.here.external_id
        if not publish:
            return Reply(
                title=say("Alerts of {channel} are not published", channel=name),
                lines=(plain(say("What was published before stays so.")),),
            )
        limit = say(
            "Discord publishes ten messages an hour of a channel: what is beyond that follows"
            " within six hours, or not at all. Notices are never published."
        )
        return Reply(
            title=say("Alerts of {channel} are published from now on", channel=name),
            lines=(
                plain(say("Every server that follows the channel gets them, and their edits.")),
                plain(limit),
            ),
        )

    async def tags(self, caller: Caller, names: tuple[str, ...]) -> Reply:
        """The tags that each post in a forum gets, before those that are called like its topics."""
        words = ", ".join(names)
        await self._keep(
            caller,
            lambda now: replace(now, tags=words),
            Did.TAGS,
            wish="tags",
            words=words or "none",
        )
        name = caller.here.name or caller.here.external_id
        own = plain(say("A tag that is called like a topic is put on its posts by itself."))
        if not names:
            return Reply(title=say("No tags for every post in {channel}", channel=name),
                         lines=(own,))  # fmt: skip
        hint = with_commands(say("`settings tags none` takes them off again."))
        return Reply(
            title=say("Each post in {channel} is tagged {tags}", channel=name, tags=words),
            lines=(own, hint),
        )

    async def _keep(
        self,
        caller: Caller,
        change: Callable[[Attention], Attention],
        did: Did,
        *,
        wish: str,
        words: str,
    ) -> None:
        now = self._now()
        async with self._database.write() as connection:
            channel = await make_channel_here(connection, caller, now=now)
            if wish in (await file_wishes(connection)).get(channel_key(channel.id), ()):
                raise CommandError(
                    say("{wish} is set in the configuration file.", wish=wish),
                    hint=say(
                        "Change it in the [[channel]] of {channel} and restart, or take it out"
                        " of there.",
                        channel=caller.here.name or caller.here.external_id,
                    ),
                )
            await channels.set_attention(
                connection,
                channel,
                change(channel.attention),
                revision=await next_revision(connection),
            )
            await note(connection, caller, did, words, now=now)
