"""An interaction -> who asks, and where: the Caller of a command. Checks permissions.

Raises CommandError in words for the person who typed the command.
"""

from __future__ import annotations

import discord
from discord import app_commands

from bot.commands.caller import Caller, Destination
from bot.errors import CommandError
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.platforms.discord.places import PERMISSIONS_PAGE, Place
from bot.words import later, say

Interaction = discord.Interaction[discord.Client]
Chosen = app_commands.AppCommandChannel | app_commands.AppCommandThread

IN_SERVERS = later("Wirewatch works in servers, not in direct messages.")
INVITE_IT = later("Invite the bot to a server and type the command in one of its channels.")


def reader_of(interaction: Interaction) -> Caller:
    """Whoever may see the command or the message, for what only reads."""
    place = Destination(
        platform=PlatformName.DISCORD,
        external_id=str(interaction.channel_id),
        name=_named(interaction.channel),
    )
    return Caller(workspace=_workspace(interaction), here=place, user=str(interaction.user.id))


def manager_of(interaction: Interaction) -> Caller:
    """Somebody who may change what the whole server reads: Manage Channels where they type."""
    caller = reader_of(interaction)
    _require_manager(interaction.permissions, caller.here.name or say("this channel"))
    return caller


def administrator_of(interaction: Interaction) -> Caller:
    """Somebody who may see all that stands in the server: Manage Server."""
    caller = reader_of(interaction)
    if not interaction.permissions.manage_guild:
        raise CommandError(
            say("You need Manage Server for that."), hint=say("Ask somebody who has it.")
        )
    return caller


async def manager_in(
    interaction: Interaction, chosen: Chosen | None, *, posting: bool
) -> tuple[Caller, Place]:
    """Somebody who manages the target channel, in which the bot may post if it shall.

    Discord's own check of a command looks at the channel it is typed in, and a server may lift
    it: so the target is asked about here, with its overwrites.
    """
    caller = reader_of(interaction)
    if chosen is None or chosen.id == interaction.channel_id:
        place = _here(interaction)
    else:
        place = await _elsewhere(interaction, chosen)
    _require_manager(place.asker, place.label)
    if posting:
        _require_posting(place)
    there = Destination(platform=PlatformName.DISCORD, external_id=str(place.id), name=place.label)
    return Caller(workspace=caller.workspace, here=there, user=caller.user), place


def _workspace(interaction: Interaction) -> Workspace:
    guild_id = interaction.guild_id
    if guild_id is None:
        raise CommandError(say(IN_SERVERS), hint=say(INVITE_IT))
    return Workspace(
        id=WorkspaceId(f"{PlatformName.DISCORD}:{guild_id}"),
        platform=PlatformName.DISCORD,
        external_id=str(guild_id),
        name=interaction.guild.name if interaction.guild else "",
    )


def _named(channel: object) -> str:
    name = getattr(channel, "name", "")
    return f"#{name}" if name else ""


def _here(interaction: Interaction) -> Place:
    """Discord sends both permissions with every interaction, computed for its channel."""
    channel = interaction.channel
    return Place(
        id=interaction.channel_id or 0,
        name=getattr(channel, "name", None) or "",
        kind=channel.type if channel is not None else discord.ChannelType.text,
        bot=interaction.app_permissions,
        asker=interaction.permissions,
        needs_tag=_needs_tag(channel),
        tags=_tags(channel),
    )


async def _elsewhere(interaction: Interaction, chosen: Chosen) -> Place:
    """Computed from the roles and overwrites that we keep of the server."""
    guild, user = interaction.guild, interaction.user
    try:
        channel = chosen.resolve()
        if channel is None:
            channel = await chosen.fetch()
    except (discord.Forbidden, discord.NotFound) as error:
        raise CommandError(
            say("I cannot see #{name}.", name=chosen.name),
            hint=say(
                "Give the bot View Channel there ({permissions_page}), then try again.",
                permissions_page=PERMISSIONS_PAGE,
            ),
        ) from error
    bot = interaction.client.user
    ours = guild.get_member(bot.id) if guild is not None and bot is not None else None
    if ours is None or not isinstance(user, discord.Member):
        raise CommandError(
            say("Discord has not told me about this server yet."),
            hint=say("Try again in a minute."),
        )
    return Place(
        id=chosen.id,
        name=chosen.name,
        kind=chosen.type,
        bot=channel.permissions_for(ours),
        asker=channel.permissions_for(user),
        needs_tag=_needs_tag(channel),
        tags=_tags(channel),
    )


def _needs_tag(channel: object) -> bool:
    return isinstance(channel, discord.ForumChannel) and channel.flags.require_tag


def _tags(channel: object) -> tuple[str, ...]:
    if not isinstance(channel, discord.ForumChannel):
        return ()
    return tuple(tag.name for tag in channel.available_tags)


def _require_manager(permissions: discord.Permissions, where: str) -> None:
    if not permissions.manage_channels:
        raise CommandError(
            say("You need Manage Channels in {where} for that.", where=where),
            hint=say("Ask somebody who has it, or type the command in a channel that you manage."),
        )


def _require_posting(place: Place) -> None:
    if not place.is_postable or place.missing():
        problem = place.problems()[0]
        raise CommandError(
            say("I cannot post in {label}.", label=place.label),
            hint=say(
                "{upper}{problem}. Then try again.", upper=problem[0].upper(), problem=problem[1:]
            ),
        )
