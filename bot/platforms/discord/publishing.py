"""/settings crosspost and /settings tags: for announcement channels, and for forums.

What kind a channel is, and which tags it has, is what discord.py keeps of the server.
"""

from __future__ import annotations

from dataclasses import replace

import discord
from discord import app_commands

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.text import plain
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_in
from bot.platforms.discord.options import Where, Words
from bot.platforms.discord.places import FORUMS, Place
from bot.platforms.discord.tags import MOST_TAGS
from bot.words import say

NONE = "none"


def add_publishing(settings: app_commands.Group, commands: Commands) -> None:
    """The two verbs, under /settings."""

    @settings.command(name="crosspost", description="Publish an announcement channel’s alerts")
    @app_commands.describe(
        publish="To the servers that follow the channel",
        channel="Which; this channel if left out",
    )
    async def crosspost(
        interaction: Interaction, publish: bool, channel: Where | None = None
    ) -> None:
        async def ask() -> Reply:
            caller, place = await manager_in(interaction, channel, posting=publish)
            if publish:
                _require_announcements(place)
            return await commands.publishing.crosspost(caller, publish=publish)

        await answer(interaction, ask)

    @settings.command(name="tags", description="The tags of all that is posted in a forum")
    @app_commands.describe(
        names="With commas between them; none for none",
        channel="Which forum; this one if left out",
    )
    async def tags(interaction: Interaction, names: Words, channel: Where | None = None) -> None:
        async def ask() -> Reply:
            caller, place = await manager_in(interaction, channel, posting=False)
            if names.strip().casefold() == NONE:
                return await commands.publishing.tags(caller, ())
            return await commands.publishing.tags(caller, _tags(place, names))

        await answer(interaction, ask)


async def with_advice(
    reply: Reply, commands: Commands, caller: Caller, place: Place, *, topic: str
) -> Reply:
    """With what will go wrong in the channel although alerts can be posted there now."""
    lines = list(reply.lines)
    if not place.bot.read_message_history:
        lines.append(plain(f"Note: {place.advice()}."))
    if place.needs_tag and topic.casefold() not in {tag.casefold() for tag in place.tags}:
        standing = await commands.attention.standing(caller)
        if not standing.tags:
            note = say("Note: {channel} asks for a tag on each post: `settings tags` chooses one.",
                       channel=place.label)  # fmt: skip
            lines.append(with_commands(note))
    return replace(reply, lines=tuple(lines))


def _require_announcements(place: Place) -> None:
    if place.kind is not discord.ChannelType.news:
        raise CommandError(
            say("{channel} is no announcement channel.", channel=place.label),
            hint=say(
                "Make it one (Edit Channel → Overview → Announcement Channel), or name one with"
                " the option channel."
            ),
        )


def _tags(place: Place, names: str) -> tuple[str, ...]:
    """The forum's own spelling of the tags that somebody typed."""
    if place.kind not in FORUMS:
        raise CommandError(
            say("{channel} is no forum.", channel=place.label),
            hint=say("Name one with the option channel."),
        )
    known = {tag.casefold(): tag for tag in place.tags}
    typed = dict.fromkeys(part.strip() for part in names.split(",") if part.strip())
    unknown = [name for name in typed if name.casefold() not in known]
    if unknown or not typed:
        there = ", ".join(known.values())
        raise CommandError(
            say("{channel} has no tag “{tag}”.", channel=place.label, tag=(unknown or [names])[0]),
            hint=say("There are: {tags}.", tags=there)
            if there
            else say("Add tags in Edit Channel → Overview first."),
        )
    if len(typed) > MOST_TAGS:
        raise CommandError(
            say("A post has at most {count} tags.", count=MOST_TAGS),
            hint=say("Name fewer."),
        )
    return tuple(dict.fromkeys(known[name.casefold()] for name in typed))
